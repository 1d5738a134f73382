using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Cli.Dissect.Keys;

/// <summary>The keys of one direction of an IKE SA.</summary>
internal sealed class IkeKey : IDisposable
{
    private readonly SecretBytes? _cbcKey;

    /// <summary>Keys that fit the algorithms; they are copied.</summary>
    public IkeKey(EncryptionId encryption, int keyBits, IntegrityId integrity, ReadOnlySpan<byte> encryptionKey, ReadOnlySpan<byte> integrityKey)
    {
        Cipher = IkeCipher.Create(encryption, keyBits, integrity, encryptionKey, integrityKey);
        if (encryption == EncryptionId.AesCbc) _cbcKey = new SecretBytes(encryptionKey);
    }

    /// <summary>Opens what is authentic.</summary>
    public IkeCipher Cipher { get; }

    /// <summary>What is within an SK payload whose ICV is wrong, if that can be told: it looks like payloads. Only of a cipher that does without the ICV.</summary>
    public byte[]? OpenAltered(ReadOnlySpan<byte> body, IkePayloadType first)
    {
        if (_cbcKey is null) return null;
        int block = UncheckedCbc.BlockLength(EncryptionId.AesCbc), icv = Cipher.SealedLength(0) - 2 * block, length = body.Length - block - icv;
        if (length < block) return null;
        byte[] text = body.Slice(block, length).ToArray();
        if (!UncheckedCbc.TryDecrypt(EncryptionId.AesCbc, _cbcKey.Span, body[..block], text)) return null;
        int plain = length - 1 - text[^1];
        return plain >= 0 && IkePayloadChain.TryParse(first, text.AsSpan(0, plain), out _, out _) ? text[..plain] : null;
    }

    public void Dispose()
    {
        Cipher.Dispose();
        _cbcKey?.Dispose();
    }
}
