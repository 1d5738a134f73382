using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests;

public sealed unsafe class EspCipherTests
{
    public static TheoryData<EncryptionId, int, IntegrityId> Suites { get; } = new()
    {
        { EncryptionId.AesGcm16, 128, IntegrityId.None },
        { EncryptionId.AesGcm16, 192, IntegrityId.None },
        { EncryptionId.AesGcm16, 256, IntegrityId.None },
        { EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None },
        { EncryptionId.NullAesGmac, 128, IntegrityId.None },
        { EncryptionId.NullAesGmac, 256, IntegrityId.None },
        { EncryptionId.AesCbc, 128, IntegrityId.HmacSha1 },
        { EncryptionId.AesCbc, 256, IntegrityId.HmacSha256 },
        { EncryptionId.AesCbc, 192, IntegrityId.HmacSha384 },
        { EncryptionId.AesCbc, 256, IntegrityId.HmacSha512 },
        { EncryptionId.Null, 0, IntegrityId.HmacSha256 },
    };

    [Theory]
    [MemberData(nameof(Suites))]
    public void Packet_SealedAndOpened_IsTheSame(EncryptionId encryption, int bits, IntegrityId integrity)
    {
        foreach (bool esn in (bool[])[false, true])
        {
            var suite = new EspSuite(encryption, bits, integrity, esn);
            using EspCipher sealer = EspCipher.CreateSealer(suite, Key(suite)), opener = EspCipher.CreateOpener(suite, Key(suite));
            foreach (int length in (int[])[16, 64, 1408, 9008, 65008])
            {
                for (ulong sequence = 1; sequence < 4; sequence++)
                {
                    byte[] packet = Packet(sealer, length, sequence);
                    byte[] plain = [.. packet];
                    fixed (byte* p = packet)
                    {
                        sealer.Seal(p, length, sequence | 5ul << 32);
                        bool encrypts = encryption is not (EncryptionId.Null or EncryptionId.NullAesGmac);
                        Assert.Equal(encrypts, !packet.AsSpan(8 + sealer.IvLength, length).SequenceEqual(plain.AsSpan(8 + sealer.IvLength, length)));
                        Assert.True(opener.TryOpen(p, length, sequence | 5ul << 32));
                    }
                    Assert.Equal(plain.AsSpan(8 + sealer.IvLength, length), packet.AsSpan(8 + sealer.IvLength, length));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void Packet_AnyBitFlipped_IsRefused(EncryptionId encryption, int bits, IntegrityId integrity)
    {
        var suite = new EspSuite(encryption, bits, integrity, Esn: true);
        using EspCipher sealer = EspCipher.CreateSealer(suite, Key(suite)), opener = EspCipher.CreateOpener(suite, Key(suite));
        byte[] packet = Packet(sealer, 32, 9);
        fixed (byte* p = packet) sealer.Seal(p, 32, 9);
        for (int bit = 0; bit < packet.Length * 8; bit++)
        {
            // The sequence number in the packet is what the receiver takes the sequence from.
            if (bit / 8 is >= 4 and < 8) continue;
            byte[] flipped = [.. packet];
            flipped[bit / 8] ^= (byte)(1 << bit % 8);
            fixed (byte* p = flipped) Assert.False(opener.TryOpen(p, 32, 9), $"bit {bit}");
        }
        fixed (byte* p = packet)
        {
            byte[] copy = [.. packet];
            Assert.False(opener.TryOpen(p, 32, 9 | 1ul << 32), "another upper half");
            copy.CopyTo(packet, 0);
            Assert.True(opener.TryOpen(p, 32, 9));
        }
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void ManyPackets_SealedAndOpened_AllocateNothing(EncryptionId encryption, int bits, IntegrityId integrity)
    {
        var suite = new EspSuite(encryption, bits, integrity, Esn: false);
        using EspCipher sealer = EspCipher.CreateSealer(suite, Key(suite)), opener = EspCipher.CreateOpener(suite, Key(suite));
        byte[] packet = Packet(sealer, 1408, 1);
        long before = 0;
        fixed (byte* p = packet)
        {
            for (uint i = 0; i < 2000; i++)
            {
                if (i == 1000) before = GC.GetAllocatedBytesForCurrentThread();
                sealer.Seal(p, 1408, i);
                if (!opener.TryOpen(p, 1408, i)) Assert.Fail("not opened");
            }
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static byte[] Key(EspSuite suite)
    {
        byte[] key = new byte[EspCipher.KeyMaterialLength(suite)];
        for (int i = 0; i < key.Length; i++) key[i] = (byte)(i * 7 + 1);
        return key;
    }

    private static byte[] Packet(EspCipher cipher, int length, ulong sequence)
    {
        byte[] packet = new byte[8 + cipher.IvLength + length + cipher.IcvLength];
        packet[0] = 0x12;
        packet[7] = (byte)sequence;
        for (int i = 0; i < length; i++) packet[8 + cipher.IvLength + i] = (byte)i;
        return packet;
    }
}
