using System.Buffers.Binary;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>
/// AES-GCM and ChaCha20-Poly1305 for SK payloads (RFC 5282, RFC 7634): the nonce is salt and IV, what is in front of the body is associated data, no padding but the pad length. Keeps the key alone: IKE
/// messages are rare, and a hub has 100,000 of these; the thread's context is keyed for each.
/// </summary>
internal sealed unsafe class CombinedIkeCipher : IkeCipher
{
    private const int IvLength = 8;
    private const int SaltLength = 4;
    private const int IcvLength = 16;

    [ThreadStatic]
    private static nint t_context;

    private readonly nint _cipher;
    private readonly SecretBytes _key;
    private ulong _iv;

    public CombinedIkeCipher(EncryptionId encryption, int keyBits, ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, EncryptionKeyLength(encryption, keyBits), nameof(key));
        _cipher = CryptoLibrary.Cipher(encryption, keyBits);
        _key = new SecretBytes(key);
    }

    public override int SealedLength(int plaintextLength) => IvLength + plaintextLength + 1 + IcvLength;

    public override void Seal(Span<byte> message, int bodyOffset, ReadOnlySpan<byte> plaintext)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(message.Length - bodyOffset, SealedLength(plaintext.Length), nameof(message));
        BinaryPrimitives.WriteUInt64BigEndian(message[bodyOffset..], ++_iv);
        plaintext.CopyTo(message[(bodyOffset + IvLength)..]);
        message[bodyOffset + IvLength + plaintext.Length] = 0;
        fixed (byte* start = message)
        {
            byte* body = start + bodyOffset;
            nint context = Start(body, encrypt: 1);
            int written;
            CryptoLibrary.Check(LibCrypto.CipherUpdate(context, null, &written, start, bodyOffset), "authenticate a header");
            CryptoLibrary.Check(LibCrypto.CipherUpdate(context, body + IvLength, &written, body + IvLength, plaintext.Length + 1), "encrypt");
            CryptoLibrary.Check(LibCrypto.CipherFinal(context, body + IvLength + plaintext.Length + 1, &written), "finish");
            CryptoLibrary.Check(LibCrypto.CipherControl(context, LibCrypto.ControlGetTag, IcvLength, body + IvLength + plaintext.Length + 1), "tell the ICV");
        }
    }

    public override bool TryOpen(Span<byte> message, int bodyOffset, out int plaintextOffset, out int plaintextLength)
    {
        plaintextOffset = bodyOffset + IvLength;
        plaintextLength = message.Length - plaintextOffset - IcvLength;
        if (plaintextLength < 1) return false;
        fixed (byte* start = message)
        {
            byte* body = start + bodyOffset;
            nint context = Start(body, encrypt: 0);
            int written;
            bool good = LibCrypto.CipherControl(context, LibCrypto.ControlSetTag, IcvLength, body + IvLength + plaintextLength) > 0
                && LibCrypto.CipherUpdate(context, null, &written, start, bodyOffset) > 0
                && LibCrypto.CipherUpdate(context, body + IvLength, &written, body + IvLength, plaintextLength) > 0
                && LibCrypto.CipherFinal(context, body + IvLength + plaintextLength, &written) > 0;
            if (!good)
            {
                LibCrypto.ClearErrors();
                return false;
            }
        }
        int padding = message[plaintextOffset + plaintextLength - 1];
        plaintextLength -= 1 + padding;
        return plaintextLength >= 0;
    }

    public override void Dispose() => _key.Dispose();

    private nint Start(byte* iv, int encrypt)
    {
        if (t_context == 0) t_context = LibCrypto.CipherContextNew();
        byte* nonce = stackalloc byte[SaltLength + IvLength];
        int keyLength = _key.Length - SaltLength;
        _key.Span[keyLength..].CopyTo(new Span<byte>(nonce, SaltLength));
        new ReadOnlySpan<byte>(iv, IvLength).CopyTo(new Span<byte>(nonce + SaltLength, IvLength));
        fixed (byte* key = _key.Span) CryptoLibrary.Check(LibCrypto.CipherInit(t_context, _cipher, key, nonce, encrypt, 0), "take a key");
        return t_context;
    }
}
