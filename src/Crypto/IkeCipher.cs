using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>
/// What protects SK and SKF payloads in one direction (RFC 7296 3.14, RFC 5282): a combined-mode cipher, or AES-CBC with an HMAC. The body of such a payload is
/// IV, ciphertext (with padding and pad length), ICV. Not for two threads at once.
/// </summary>
public abstract class IkeCipher : IDisposable
{
    /// <summary>Octets of SK_ei or SK_er: the key, and for combined-mode ciphers the 4-octet salt behind it. 0 for what is not supported in IKE.</summary>
    public static int EncryptionKeyLength(EncryptionId encryption, int keyBits) => encryption switch
    {
        EncryptionId.AesCbc when keyBits is 128 or 192 or 256 => keyBits / 8,
        EncryptionId.AesGcm16 when keyBits is 128 or 192 or 256 => keyBits / 8 + 4,
        EncryptionId.ChaCha20Poly1305 => 36,
        _ => 0,
    };

    /// <summary>Octets of SK_ai or SK_ar; 0 for none.</summary>
    public static int IntegrityKeyLength(IntegrityId integrity) => integrity switch
    {
        IntegrityId.HmacSha1 => 20,
        IntegrityId.HmacSha256 => 32,
        IntegrityId.HmacSha384 => 48,
        IntegrityId.HmacSha512 => 64,
        _ => 0,
    };

    /// <summary>
    /// A cipher with these keys, which are copied. One alone for each key that seals: the IVs of combined modes count from 1, and the same IV twice under one key would give it away.
    /// </summary>
    public static IkeCipher Create(
        EncryptionId encryption, int keyBits, IntegrityId integrity, ReadOnlySpan<byte> encryptionKey, ReadOnlySpan<byte> integrityKey) =>
        encryption == EncryptionId.AesCbc
            ? new SeparateIkeCipher(keyBits, integrity, encryptionKey, integrityKey)
            : new CombinedIkeCipher(encryption, keyBits, integrity, encryptionKey);

    /// <summary>Octets of a payload body for <paramref name="plaintextLength"/> octets of inner payloads.</summary>
    public abstract int SealedLength(int plaintextLength);

    /// <summary>
    /// Protects in place. <paramref name="message"/> is the whole IKE message, complete with all lengths; from <paramref name="bodyOffset"/> to its end is the payload's body
    /// (<see cref="SealedLength"/> octets), before which the associated data is (for SKF that includes the fragment numbers). <paramref name="plaintext"/> is copied in. The IV is fresh:
    /// random for CBC, a counter for combined modes (unique for the life of the key).
    /// </summary>
    public abstract void Seal(Span<byte> message, int bodyOffset, ReadOnlySpan<byte> plaintext);

    /// <summary>Checks and decrypts in place. False for a forged or damaged message, of which nothing may be used.</summary>
    /// <param name="message">The whole IKE message; the body is overwritten.</param>
    /// <param name="bodyOffset">Where the payload's body starts.</param>
    /// <param name="plaintextOffset">Where the inner payloads are afterwards.</param>
    /// <param name="plaintextLength">How long they are.</param>
    public abstract bool TryOpen(Span<byte> message, int bodyOffset, out int plaintextOffset, out int plaintextLength);

    /// <summary>Zeroes the keys.</summary>
    public abstract void Dispose();
}
