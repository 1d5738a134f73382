using System.Security.Cryptography;
using System.Text;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests.Vectors;

/// <summary>SK payloads and their parts that documents print.</summary>
public sealed class IkeVectorTests
{
    // RFC 7634, appendix B: an INFORMATIONAL request with SET_WINDOW_SIZE 10.
    private const string Message =
        "c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029 1011121314151617 610394701f8d017f7c12924889 6b71bfe25236efd7cdc67066906315b2";

    [Fact]
    public void MessageOfRfc7634_Opened_IsThatNotify()
    {
        byte[] key = [.. Enumerable.Range(0x80, 36).Select(i => (byte)i)], message = Octets.Of(Message);
        using IkeCipher cipher = IkeCipher.Create(EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None, key, []);
        Assert.True(cipher.TryOpen(message, 32, out int offset, out int length));
        Assert.Equal("0000000c000040010000000a", Convert.ToHexStringLower(message.AsSpan(offset, length)));
    }

    [Fact]
    public void NotifyOfRfc7634_Encrypted_IsThatMessage()
    {
        byte[] expected = Octets.Of(Message), text = Octets.Of("0000000c000040010000000a00"), tag = new byte[16];
        byte[] key = [.. Enumerable.Range(0x80, 32).Select(i => (byte)i)], nonce = Octets.Of("a0a1a2a3 1011121314151617");
        CipherMessage.Seal(CryptoLibrary.Cipher(EncryptionId.ChaCha20Poly1305, 0), key, nonce, expected.AsSpan(0, 32), text, tag);
        Assert.Equal(expected[40..], (byte[])[.. text, .. tag]);
    }

    // RFC 3602 4, cases 1 to 4.
    [Theory]
    [InlineData("06a9214036b8a15b512e03d534120006", "3dafba429d9eb430b422da802c9fac41", "53696e676c6520626c6f636b206d7367", "e353779c1079aeb82708942dbe77181a")]
    [InlineData(
        "c286696d887c9aa0611bbb3e2025a45a", "562e17996d093d28ddb3ba695a2e6f58", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1")]
    [InlineData(
        "6c3ea0477630ce21a2ce334aa746c2cd", "c782dc4c098c66cbd9cd27d825682c81",
        "5468697320697320612034382d62797465206d657373616765202865786163746c7920332041455320626c6f636b7329",
        "d0a02b3836451753d493665d33f0e8862dea54cdb293abc7506939276772f8d5021c19216bad525c8579695d83ba2684")]
    [InlineData(
        "56e47a38c5598974bc46903dba290349", "8ce82eefbea0da3c44699ed7db51b7d9",
        "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf",
        "c30e32ffedc0774e6aff6af0869f71aa0f3af07a9a31a9c684db207eb0ef8e4e35907aa632c3ffdf868bb7b29d3d46ad83ce9f9a102ee99d49a53e87f4c3da55")]
    public void CbcOfRfc3602_BothWays_IsThat(string key, string iv, string text, string encrypted)
    {
        byte[] octets = Octets.Of(text);
        CipherMessage.Cbc(128, Octets.Of(key), Octets.Of(iv), octets, encrypt: true);
        Assert.Equal(encrypted, Convert.ToHexStringLower(octets));
        CipherMessage.Cbc(128, Octets.Of(key), Octets.Of(iv), octets, encrypt: false);
        Assert.Equal(text, Convert.ToHexStringLower(octets));
    }

    // RFC 7296 3.14: IV, text, padding, pad length, ICV over all in front of it. The base class library judges.
    [Theory]
    [InlineData(128, IntegrityId.HmacSha1, 12)]
    [InlineData(256, IntegrityId.HmacSha512, 32)]
    public void SeparateCipher_Sealed_IsWhatAnotherImplementationMakes(int bits, IntegrityId integrity, int icvLength)
    {
        byte[] encryptionKey = RandomNumberGenerator.GetBytes(bits / 8), integrityKey = RandomNumberGenerator.GetBytes(IkeCipher.IntegrityKeyLength(integrity));
        using IkeCipher cipher = IkeCipher.Create(EncryptionId.AesCbc, bits, integrity, encryptionKey, integrityKey);
        byte[] text = Encoding.ASCII.GetBytes("twenty octets, no more"[..20]), message = new byte[32 + cipher.SealedLength(text.Length)];
        Assert.Equal(32 + 16 + 32 + icvLength, message.Length);
        cipher.Seal(message, 32, text);
        using HMAC hmac = integrity == IntegrityId.HmacSha1 ? new HMACSHA1(integrityKey) : new HMACSHA512(integrityKey);
        Assert.Equal(hmac.ComputeHash(message[..^icvLength])[..icvLength], message[^icvLength..]);
        using Aes aes = Aes.Create();
        aes.SetKey(encryptionKey);
        byte[] plain = aes.DecryptCbc(message.AsSpan(48, 32), message.AsSpan(32, 16), PaddingMode.None);
        Assert.Equal((byte[])[.. text, .. new byte[11], 11], plain);
    }
}
