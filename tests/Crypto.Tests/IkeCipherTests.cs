using System.Security.Cryptography;
using CsCheck;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests;

public sealed class IkeCipherTests
{
    private const int Body = 32;

    public static TheoryData<EncryptionId, int, IntegrityId> Suites { get; } = new()
    {
        { EncryptionId.AesGcm16, 128, IntegrityId.None },
        { EncryptionId.AesGcm16, 192, IntegrityId.None },
        { EncryptionId.AesGcm16, 256, IntegrityId.None },
        { EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None },
        { EncryptionId.AesCbc, 128, IntegrityId.HmacSha1 },
        { EncryptionId.AesCbc, 256, IntegrityId.HmacSha256 },
        { EncryptionId.AesCbc, 192, IntegrityId.HmacSha384 },
        { EncryptionId.AesCbc, 256, IntegrityId.HmacSha512 },
    };

    [Theory]
    [MemberData(nameof(Suites))]
    public void Message_SealedAndOpened_IsTheSameAndNothingElseOpens(EncryptionId encryption, int bits, IntegrityId integrity)
    {
        using IkeCipher a = Create(encryption, bits, integrity), b = Create(encryption, bits, integrity);
        for (int length = 0; length < 70; length++)
        {
            byte[] plain = new byte[length];
            Array.Fill(plain, (byte)0x77);
            byte[] message = Seal(a, plain), sealedMessage = [.. message];
            Assert.True(b.TryOpen(message, Body, out int at, out int size));
            Assert.Equal(plain, message.AsSpan(at, size));
            for (int i = 0; i < sealedMessage.Length; i++)
            {
                byte[] flipped = [.. sealedMessage];
                flipped[i] ^= 0x10;
                Assert.False(b.TryOpen(flipped, Body, out _, out _));
            }
            for (int cut = Body; cut < sealedMessage.Length; cut++) Assert.False(b.TryOpen(sealedMessage.AsSpan(0, cut).ToArray(), Body, out _, out _));
            Assert.False(b.TryOpen((byte[])[.. sealedMessage, 0], Body, out _, out _));
        }
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void Message_OfAnyContentWithAnyBitFlipped_IsRefused(EncryptionId encryption, int bits, IntegrityId integrity)
    {
        using IkeCipher a = Create(encryption, bits, integrity), b = Create(encryption, bits, integrity);
        Gen.Select(Gen.Byte.Array[0, 1400], Gen.UInt).Sample((plain, random) =>
        {
            byte[] message;
            // One sealer, as in the product: its IVs are its own.
            lock (a) message = Seal(a, plain);
            byte[] flipped = [.. message];
            int bit = (int)(random % (uint)(message.Length * 8));
            flipped[bit / 8] ^= (byte)(1 << bit % 8);
            return !b.TryOpen(flipped, Body, out _, out _) && b.TryOpen(message, Body, out int at, out int length) && message.AsSpan(at, length).SequenceEqual(plain);
        }, iter: 200);
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void Messages_SealedOneAfterTheOther_HaveDifferentIvs(EncryptionId encryption, int bits, IntegrityId integrity)
    {
        using IkeCipher a = Create(encryption, bits, integrity);
        var seen = new HashSet<string>();
        for (int i = 0; i < 1000; i++) Assert.True(seen.Add(Convert.ToHexString(Seal(a, [1, 2, 3]), Body, integrity == IntegrityId.None ? 8 : 16)));
    }

    // RFC 7296 3.14: a receiver takes any padding that leaves room for itself.
    [Fact]
    public void PadLength_LongerThanTheText_IsRefusedAndAnyOtherTaken()
    {
        byte[] key = new byte[20];
        using IkeCipher cipher = IkeCipher.Create(EncryptionId.AesGcm16, 128, IntegrityId.None, key, []);
        for (int padding = 0; padding < 20; padding++)
        {
            byte[] text = [1, 2, 3, 4, 5, 6, 7, 8, 9, (byte)padding], tag = new byte[16], header = new byte[Body], iv = new byte[8];
            CipherMessage.Seal(CryptoLibrary.Cipher(EncryptionId.AesGcm16, 128), key.AsSpan(0, 16), new byte[12], header, text, tag);
            byte[] message = [.. header, .. iv, .. text, .. tag];
            Assert.Equal(padding <= 9, cipher.TryOpen(message, Body, out int at, out int length));
            if (padding > 9) continue;
            Assert.Equal(Body + 8, at);
            Assert.Equal(9 - padding, length);
        }
    }

    [Theory]
    [InlineData(15, 0)]
    [InlineData(0, 15)]
    [InlineData(16, -1)]
    [InlineData(255, -1)]
    public void PadLengthOfCbc_LongerThanTheText_IsRefusedAndAnyOtherTaken(byte padding, int expected)
    {
        byte[] encryptionKey = new byte[16], integrityKey = new byte[32], text = new byte[16], start = new byte[Body + 16];
        text[^1] = padding;
        CipherMessage.Cbc(128, encryptionKey, start.AsSpan(Body), text, encrypt: true);
        byte[] message = [.. start, .. text, .. HMACSHA256.HashData(integrityKey, (byte[])[.. start, .. text])[..16]];
        using IkeCipher cipher = IkeCipher.Create(EncryptionId.AesCbc, 128, IntegrityId.HmacSha256, encryptionKey, integrityKey);
        Assert.Equal(expected >= 0, cipher.TryOpen(message, Body, out int at, out int length));
        if (expected >= 0) Assert.Equal((Body + 16, expected), (at, length));
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void Cipher_Disposed_NeitherSealsNorOpens(EncryptionId encryption, int bits, IntegrityId integrity)
    {
        IkeCipher cipher = Create(encryption, bits, integrity);
        byte[] message = Seal(cipher, [1, 2, 3]);
        cipher.Dispose();
        cipher.Dispose();
        Assert.ThrowsAny<Exception>(() => Seal(cipher, [1, 2, 3]));
        Assert.Throws<ObjectDisposedException>(() => cipher.TryOpen(message, Body, out _, out _));
    }

    [Theory]
    [InlineData(EncryptionId.AesCbc, 128, IntegrityId.None, 16, 0)] // no integrity
    [InlineData(EncryptionId.AesGcm16, 128, IntegrityId.HmacSha256, 20, 32)] // twice
    [InlineData(EncryptionId.AesGcm16, 128, IntegrityId.None, 16, 0)] // no salt
    [InlineData(EncryptionId.Null, 0, IntegrityId.HmacSha256, 0, 32)] // RFC 5996 3.3.2: not in IKE
    [InlineData(EncryptionId.NullAesGmac, 128, IntegrityId.None, 20, 0)]
    [InlineData(EncryptionId.TripleDes, 0, IntegrityId.HmacSha1, 24, 20)]
    [InlineData(EncryptionId.AesCbc, 100, IntegrityId.HmacSha1, 0, 20)]
    [InlineData(EncryptionId.AesCbc, 128, IntegrityId.HmacMd5, 16, 16)]
    public void Suite_ThatIsNone_IsRefused(EncryptionId encryption, int bits, IntegrityId integrity, int keyLength, int integrityLength) =>
        Assert.ThrowsAny<ArgumentException>(() => IkeCipher.Create(encryption, bits, integrity, new byte[keyLength], new byte[integrityLength]));

    private static IkeCipher Create(EncryptionId encryption, int bits, IntegrityId integrity)
    {
        byte[] encryptionKey = new byte[IkeCipher.EncryptionKeyLength(encryption, bits)], integrityKey = new byte[IkeCipher.IntegrityKeyLength(integrity)];
        Array.Fill(encryptionKey, (byte)3);
        Array.Fill(integrityKey, (byte)5);
        return IkeCipher.Create(encryption, bits, integrity, encryptionKey, integrityKey);
    }

    private static byte[] Seal(IkeCipher cipher, byte[] plain)
    {
        byte[] message = new byte[Body + cipher.SealedLength(plain.Length)];
        Array.Fill(message, (byte)0xA5);
        cipher.Seal(message, Body, plain);
        return message;
    }
}
