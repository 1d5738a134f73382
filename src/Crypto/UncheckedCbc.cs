using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>
/// Decrypts what no ICV was checked of, and by a cipher that we never offer: to look into a capture whose key file has no integrity key. What comes out may be anything; no packet
/// on its way is opened by this.
/// </summary>
public static class UncheckedCbc
{
    /// <summary>Octets of a block, which is also the IV's length; 0 for what is no cipher in CBC mode.</summary>
    public static int BlockLength(EncryptionId encryption) => encryption switch
    {
        EncryptionId.AesCbc => 16,
        EncryptionId.TripleDes => 8,
        _ => 0,
    };

    /// <summary>Has a key of the cipher this many octets?</summary>
    public static bool IsKeyLength(EncryptionId encryption, int octets) => encryption switch
    {
        EncryptionId.AesCbc => octets is 16 or 24 or 32,
        EncryptionId.TripleDes => octets == 24,
        _ => false,
    };

    /// <summary>Decrypts in place. False, and nothing is done, when the lengths are none of the cipher's.</summary>
    public static bool TryDecrypt(EncryptionId encryption, ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, Span<byte> text)
    {
        int block = BlockLength(encryption);
        if (!IsKeyLength(encryption, key.Length) || iv.Length != block || text.IsEmpty || text.Length % block != 0) return false;
        nint cipher = encryption == EncryptionId.TripleDes ? CryptoLibrary.TripleDes() : CryptoLibrary.Cipher(EncryptionId.AesCbc, key.Length * 8);
        CipherMessage.Cbc(cipher, key, iv, text, encrypt: false);
        return true;
    }
}
