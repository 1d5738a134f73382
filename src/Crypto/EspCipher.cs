using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>
/// ESP's cipher for one direction of one SA, on one thread. The libcrypto contexts are made once and kept for its life; only the IV is set for each packet, and nothing is
/// allocated. All pointers are into packet buffers; the packet is
/// <code>
/// | SPI 4 | sequence 4 | IV | payload, padding, pad length, next header | ICV |
/// </code>
/// </summary>
public abstract unsafe class EspCipher : IDisposable
{
    /// <summary>Octets of key material for one direction (RFC 7296 2.17): encryption key, salt, integrity key. 0 for what is not supported.</summary>
    public static int KeyMaterialLength(EspSuite suite)
    {
        int encryption = suite.Encryption switch
        {
            EncryptionId.AesCbc when suite.KeyBits is 128 or 192 or 256 => suite.KeyBits / 8,
            EncryptionId.AesGcm16 or EncryptionId.NullAesGmac when suite.KeyBits is 128 or 192 or 256 => suite.KeyBits / 8 + 4,
            EncryptionId.ChaCha20Poly1305 => 36,
            EncryptionId.Null => 0,
            _ => -1,
        };
        bool combined = suite.Encryption is EncryptionId.AesGcm16 or EncryptionId.NullAesGmac or EncryptionId.ChaCha20Poly1305;
        int integrity = IkeCipher.IntegrityKeyLength(suite.Integrity);
        return encryption < 0 || combined != (integrity == 0) ? 0 : encryption + integrity;
    }

    /// <summary>For packets that go out.</summary>
    public static EspCipher CreateSealer(EspSuite suite, ReadOnlySpan<byte> keyMaterial) => Create(suite, keyMaterial, seals: true);

    /// <summary>For packets that come in.</summary>
    public static EspCipher CreateOpener(EspSuite suite, ReadOnlySpan<byte> keyMaterial) => Create(suite, keyMaterial, seals: false);

    /// <summary>Octets of the IV in the packet: 8 for combined modes, 16 for CBC, 0 for NULL.</summary>
    public abstract int IvLength { get; }

    /// <summary>Octets of the ICV.</summary>
    public abstract int IcvLength { get; }

    /// <summary>Payload with padding and trailer is a multiple of this: 4, or 16 for CBC.</summary>
    public abstract int Alignment { get; }

    /// <summary>
    /// Writes the IV and the ICV and encrypts in place. SPI, sequence number, payload and trailer are there. Combined modes take the 64-bit sequence number as IV, which is unique for the key.
    /// </summary>
    /// <param name="packet">The SPI.</param>
    /// <param name="payloadLength">Octets of payload, padding and trailer.</param>
    /// <param name="sequence">The full sequence number; its upper half is authenticated with ESN.</param>
    public abstract void Seal(byte* packet, int payloadLength, ulong sequence);

    /// <summary>Checks the ICV and decrypts in place. False when it is wrong.</summary>
    /// <param name="packet">The SPI.</param>
    /// <param name="payloadLength">Octets between IV and ICV; the caller has checked the alignment.</param>
    /// <param name="sequence">The full sequence number.</param>
    public abstract bool TryOpen(byte* packet, int payloadLength, ulong sequence);

    /// <summary>Frees the contexts, which zeroes their keys.</summary>
    public abstract void Dispose();

    private static EspCipher Create(EspSuite suite, ReadOnlySpan<byte> keyMaterial, bool seals)
    {
        int length = KeyMaterialLength(suite);
        if (length == 0 || keyMaterial.Length != length) throw new ArgumentOutOfRangeException(nameof(suite), "no such ESP suite, or key material of another length");
        return suite.Encryption is EncryptionId.AesGcm16 or EncryptionId.NullAesGmac or EncryptionId.ChaCha20Poly1305
            ? new CombinedEspCipher(suite, keyMaterial, seals)
            : new SeparateEspCipher(suite, keyMaterial, seals);
    }
}
