using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests;

public sealed class IkeCipherTests
{
    public static TheoryData<EncryptionId, int, IntegrityId> Suites { get; } = new()
    {
        { EncryptionId.AesGcm16, 128, IntegrityId.None },
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
        byte[] encryptionKey = new byte[IkeCipher.EncryptionKeyLength(encryption, bits)], integrityKey = new byte[IkeCipher.IntegrityKeyLength(integrity)];
        Array.Fill(encryptionKey, (byte)3);
        Array.Fill(integrityKey, (byte)5);
        using IkeCipher a = IkeCipher.Create(encryption, bits, integrity, encryptionKey, integrityKey), b = IkeCipher.Create(encryption, bits, integrity, encryptionKey, integrityKey);
        for (int length = 0; length < 70; length++)
        {
            byte[] plain = new byte[length];
            Array.Fill(plain, (byte)0x77);
            byte[] message = new byte[32 + a.SealedLength(length)];
            Array.Fill(message, (byte)0xA5);
            a.Seal(message, 32, plain);
            byte[] sealedMessage = [.. message];
            Assert.True(b.TryOpen(message, 32, out int at, out int size));
            Assert.Equal(plain, message.AsSpan(at, size));
            for (int i = 0; i < sealedMessage.Length; i++)
            {
                byte[] flipped = [.. sealedMessage];
                flipped[i] ^= 0x10;
                Assert.False(b.TryOpen(flipped, 32, out _, out _));
                Assert.False(i < 32 ? false : b.TryOpen(sealedMessage.AsSpan(0, i).ToArray(), 32, out _, out _));
            }
        }
    }
}
