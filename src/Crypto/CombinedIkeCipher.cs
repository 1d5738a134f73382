using System.Buffers.Binary;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>
/// AES-GCM and ChaCha20-Poly1305 for SK payloads (RFC 5282, RFC 7634 3): the nonce is salt and IV, what is in front of the body is associated data, no padding but the pad length. Keeps the key alone: a hub
/// has 20,000 of these.
/// </summary>
internal sealed class CombinedIkeCipher : IkeCipher
{
    private const int IvLength = 8;
    private const int SaltLength = 4;
    private const int IcvLength = CipherMessage.TagLength;

    private readonly nint _cipher;
    private readonly SecretBytes _key;
    private ulong _iv;

    public CombinedIkeCipher(EncryptionId encryption, int keyBits, IntegrityId integrity, ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual((int)integrity, (int)IntegrityId.None, nameof(integrity));
        ArgumentOutOfRangeException.ThrowIfZero(key.Length, nameof(key));
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, EncryptionKeyLength(encryption, keyBits), nameof(key));
        _cipher = CryptoLibrary.Cipher(encryption, keyBits);
        _key = new SecretBytes(key);
    }

    public override int SealedLength(int plaintextLength) => IvLength + plaintextLength + 1 + IcvLength;

    public override void Seal(Span<byte> message, int bodyOffset, ReadOnlySpan<byte> plaintext)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(message.Length - bodyOffset, SealedLength(plaintext.Length), nameof(message));
        Span<byte> iv = message.Slice(bodyOffset, IvLength), text = message.Slice(bodyOffset + IvLength, plaintext.Length + 1);
        BinaryPrimitives.WriteUInt64BigEndian(iv, ++_iv);
        plaintext.CopyTo(text);
        text[^1] = 0;
        Span<byte> nonce = stackalloc byte[CipherMessage.NonceLength];
        CipherMessage.Seal(_cipher, SplitKey(iv, nonce), nonce, message[..bodyOffset], text, message[^IcvLength..]);
        GC.KeepAlive(_key);
    }

    public override bool TryOpen(Span<byte> message, int bodyOffset, out int plaintextOffset, out int plaintextLength)
    {
        plaintextOffset = bodyOffset + IvLength;
        plaintextLength = message.Length - plaintextOffset - IcvLength;
        if (plaintextLength < 1) return false;
        Span<byte> text = message.Slice(plaintextOffset, plaintextLength);
        Span<byte> nonce = stackalloc byte[CipherMessage.NonceLength];
        ReadOnlySpan<byte> key = SplitKey(message.Slice(bodyOffset, IvLength), nonce);
        bool good = CipherMessage.TryOpen(_cipher, key, nonce, message[..bodyOffset], text, message[^IcvLength..]);
        GC.KeepAlive(_key);
        // The pad length is the last octet; of a forgery it means nothing.
        if (good) plaintextLength -= 1 + text[^1];
        return good && plaintextLength >= 0;
    }

    public override void Dispose() => _key.Dispose();

    /// <summary>The cipher's key; its salt and the IV as nonce.</summary>
    private ReadOnlySpan<byte> SplitKey(ReadOnlySpan<byte> iv, Span<byte> nonce)
    {
        ObjectDisposedException.ThrowIf(_key.Length == 0, this);
        ReadOnlySpan<byte> all = _key.Span;
        all[^SaltLength..].CopyTo(nonce);
        iv.CopyTo(nonce[SaltLength..]);
        return all[..^SaltLength];
    }
}
