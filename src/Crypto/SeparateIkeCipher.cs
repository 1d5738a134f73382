using System.Security.Cryptography;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>AES-CBC with an HMAC for SK payloads (RFC 7296 3.14): a random IV, padding to the block, an ICV over the whole message, checked before anything is decrypted.</summary>
internal sealed class SeparateIkeCipher : IkeCipher
{
    private const int BlockLength = 16;

    private readonly int _keyBits;
    private readonly IntegrityId _integrity;
    private readonly int _icvLength;
    private readonly SecretBytes _encryptionKey;
    private readonly SecretBytes _integrityKey;

    public SeparateIkeCipher(int keyBits, IntegrityId integrity, ReadOnlySpan<byte> encryptionKey, ReadOnlySpan<byte> integrityKey)
    {
        ArgumentOutOfRangeException.ThrowIfZero(encryptionKey.Length, nameof(encryptionKey));
        ArgumentOutOfRangeException.ThrowIfNotEqual(encryptionKey.Length, EncryptionKeyLength(EncryptionId.AesCbc, keyBits), nameof(encryptionKey));
        ArgumentOutOfRangeException.ThrowIfNotEqual(integrityKey.Length, IntegrityKeyLength(integrity), nameof(integrityKey));
        ArgumentOutOfRangeException.ThrowIfZero(integrityKey.Length, nameof(integrity));
        _keyBits = keyBits;
        _integrity = integrity;
        _icvLength = Hmac.IcvLength(integrity);
        _encryptionKey = new SecretBytes(encryptionKey);
        _integrityKey = new SecretBytes(integrityKey);
    }

    public override int SealedLength(int plaintextLength) => BlockLength + Padded(plaintextLength) + _icvLength;

    public override void Seal(Span<byte> message, int bodyOffset, ReadOnlySpan<byte> plaintext)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(message.Length - bodyOffset, SealedLength(plaintext.Length), nameof(message));
        Span<byte> iv = message.Slice(bodyOffset, BlockLength);
        Span<byte> text = message[(bodyOffset + BlockLength)..^_icvLength];
        IvSource.Next(iv);
        plaintext.CopyTo(text);
        text[plaintext.Length..].Clear();
        text[^1] = (byte)(text.Length - plaintext.Length - 1);
        RunCbc(iv, text, encrypt: true);
        Span<byte> icv = stackalloc byte[Hmac.MaximumLength];
        ComputeIcv(message[..^_icvLength], icv);
        icv[.._icvLength].CopyTo(message[^_icvLength..]);
    }

    public override bool TryOpen(Span<byte> message, int bodyOffset, out int plaintextOffset, out int plaintextLength)
    {
        plaintextOffset = bodyOffset + BlockLength;
        plaintextLength = message.Length - plaintextOffset - _icvLength;
        if (plaintextLength < BlockLength || plaintextLength % BlockLength != 0) return false;
        Span<byte> icv = stackalloc byte[Hmac.MaximumLength];
        ComputeIcv(message[..^_icvLength], icv);
        if (!CryptographicOperations.FixedTimeEquals(icv[.._icvLength], message[^_icvLength..])) return false;
        Span<byte> text = message.Slice(plaintextOffset, plaintextLength);
        RunCbc(message.Slice(bodyOffset, BlockLength), text, encrypt: false);
        plaintextLength -= 1 + text[^1];
        return plaintextLength >= 0;
    }

    public override void Dispose()
    {
        _encryptionKey.Dispose();
        _integrityKey.Dispose();
    }

    // Room for the pad length, and to a whole number of blocks.
    private static int Padded(int length) => (length + 1 + BlockLength - 1) / BlockLength * BlockLength;

    private void RunCbc(ReadOnlySpan<byte> iv, Span<byte> text, bool encrypt)
    {
        CipherMessage.Cbc(_keyBits, _encryptionKey.Span, iv, text, encrypt);
        GC.KeepAlive(_encryptionKey);
    }

    private void ComputeIcv(ReadOnlySpan<byte> message, Span<byte> icv)
    {
        // An HMAC takes an empty key as well: anybody could make that ICV.
        ObjectDisposedException.ThrowIf(_integrityKey.Length == 0, this);
        Hmac.Compute(_integrity, _integrityKey.Span, message, icv);
        GC.KeepAlive(_integrityKey);
    }
}
