using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Dmvpn.Tests;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests;

public sealed unsafe partial class EspCipherTests
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
    public void ManyPackets_SealedOpenedAndForged_AllocateNothing(EncryptionId encryption, int bits, IntegrityId integrity)
    {
        const int Longest = 4096;
        foreach (bool esn in (bool[])[false, true])
        {
            var suite = new EspSuite(encryption, bits, integrity, esn);
            using EspCipher sealer = EspCipher.CreateSealer(suite, Key(suite)), opener = EspCipher.CreateOpener(suite, Key(suite));
            byte[] packet = Packet(sealer, Longest, 1);
            long before = 0;
            fixed (byte* p = packet)
            {
                for (uint i = 0; i < 4000; i++)
                {
                    if (i == 1000) before = GC.GetAllocatedBytesForCurrentThread();
                    int length = i % 2 == 0 ? 64 : Longest;
                    sealer.Seal(p, length, i);
                    bool forged = i % 4 > 1;
                    if (forged) p[8 + sealer.IvLength + length] ^= 1;
                    if (opener.TryOpen(p, length, i) == forged) Assert.Fail("not judged rightly");
                }
            }
            Allocation.AssertNone(GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    // RFC 3602 3: an IV that nobody can foretell. Twice the same one of 2^128 would be a fault of ours, over the ends of batches and between SAs and threads.
    [Fact]
    public void CbcPackets_OfSeveralSasAndThreads_HaveIvsOfTheirOwn()
    {
        var suite = new EspSuite(EncryptionId.AesCbc, 128, IntegrityId.HmacSha256, Esn: false);
        var seen = new ConcurrentDictionary<UInt128, int>();
        int sealedPackets = 0;
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            using EspCipher a = EspCipher.CreateSealer(suite, Key(suite)), b = EspCipher.CreateSealer(suite, Key(suite));
            byte[] packet = Packet(a, 16, 1);
            fixed (byte* p = packet)
            {
                for (uint i = 1; i <= 500; i++)
                {
                    (i % 2 == 0 ? a : b).Seal(p, 16, i);
                    seen.TryAdd(BinaryPrimitives.ReadUInt128BigEndian(packet.AsSpan(8, 16)), 0);
                    Interlocked.Increment(ref sealedPackets);
                }
            }
        });
        Assert.Equal(2000, sealedPackets);
        Assert.Equal(2000, seen.Count);
        // Every bit is set in about half of them.
        for (int bit = 0; bit < 128; bit++) Assert.InRange(seen.Keys.Count(iv => (iv >> bit & 1) == 1), 800, 1200);
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void ForgedPackets_Opened_LeaveNoErrorBehind(EncryptionId encryption, int bits, IntegrityId integrity)
    {
        var suite = new EspSuite(encryption, bits, integrity, Esn: false);
        using EspCipher opener = EspCipher.CreateOpener(suite, Key(suite));
        byte[] packet = Packet(opener, 64, 1);
        ClearErrors();
        fixed (byte* p = packet)
        {
            for (uint i = 0; i < 100; i++) Assert.False(opener.TryOpen(p, 64, 1));
        }
        // The thread's queue of errors is the base class library's as well: it would take ours for its own.
        Assert.Equal(0, PeekError());
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void Cipher_Disposed_ThrowsInsteadOfEndingTheProcess(EncryptionId encryption, int bits, IntegrityId integrity)
    {
        var suite = new EspSuite(encryption, bits, integrity, Esn: false);
        EspCipher sealer = EspCipher.CreateSealer(suite, Key(suite)), opener = EspCipher.CreateOpener(suite, Key(suite));
        byte[] packet = Packet(sealer, 64, 1);
        foreach (EspCipher cipher in (EspCipher[])[sealer, opener])
        {
            cipher.Dispose();
            cipher.Dispose();
        }
        Assert.Throws<ObjectDisposedException>(() => Seal(sealer, packet, 64));
        Assert.Throws<ObjectDisposedException>(() => Open(opener, packet, 64));
    }

    [Theory]
    [InlineData(EncryptionId.AesGcm16, 128, IntegrityId.None, 20)]
    [InlineData(EncryptionId.AesGcm16, 256, IntegrityId.None, 36)]
    [InlineData(EncryptionId.NullAesGmac, 192, IntegrityId.None, 28)]
    [InlineData(EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None, 36)]
    [InlineData(EncryptionId.AesCbc, 256, IntegrityId.HmacSha256, 64)]
    [InlineData(EncryptionId.Null, 0, IntegrityId.HmacSha512, 64)]
    [InlineData(EncryptionId.AesGcm16, 64, IntegrityId.None, 0)]
    [InlineData(EncryptionId.AesGcm16, 128, IntegrityId.HmacSha256, 0)] // RFC 7296 3.3.3: no integrity beside a combined mode
    [InlineData(EncryptionId.AesCbc, 256, IntegrityId.None, 0)] // RFC 8221 4: no encryption without integrity
    [InlineData(EncryptionId.Null, 0, IntegrityId.None, 0)]
    [InlineData(EncryptionId.AesCbc, 128, IntegrityId.HmacMd5, 0)]
    [InlineData(EncryptionId.TripleDes, 0, IntegrityId.HmacSha1, 0)]
    public void KeyMaterial_OfASuite_HasItsLengthOrNone(EncryptionId encryption, int bits, IntegrityId integrity, int expected)
    {
        var suite = new EspSuite(encryption, bits, integrity, Esn: false);
        Assert.Equal(expected, EspCipher.KeyMaterialLength(suite));
        Assert.Throws<ArgumentOutOfRangeException>(() => EspCipher.CreateSealer(suite, new byte[expected + 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => EspCipher.CreateOpener(suite, new byte[Math.Max(0, expected - 1)]));
        if (expected == 0) Assert.Throws<ArgumentOutOfRangeException>(() => EspCipher.CreateOpener(suite, []));
    }

    private static void Seal(EspCipher cipher, byte[] packet, int length)
    {
        fixed (byte* p = packet) cipher.Seal(p, length, 1);
    }

    private static void Open(EspCipher cipher, byte[] packet, int length)
    {
        fixed (byte* p = packet) cipher.TryOpen(p, length, 1);
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

    [LibraryImport("libcrypto.so.3", EntryPoint = "ERR_peek_error")]
    private static partial nint PeekError();

    [LibraryImport("libcrypto.so.3", EntryPoint = "ERR_clear_error")]
    private static partial void ClearErrors();
}
