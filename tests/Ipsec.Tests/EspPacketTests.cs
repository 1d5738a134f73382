using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ipsec.Tests;

/// <summary>ESP from end to end: what is sealed opens once, and nothing that was changed opens at all.</summary>
public unsafe class EspPacketTests
{
    public static TheoryData<EncryptionId, int, IntegrityId, bool> Suites => new()
    {
        { EncryptionId.AesGcm16, 128, IntegrityId.None, false },
        { EncryptionId.AesGcm16, 256, IntegrityId.None, true },
        { EncryptionId.ChaCha20Poly1305, 256, IntegrityId.None, true },
        { EncryptionId.AesCbc, 256, IntegrityId.HmacSha256, false },
        { EncryptionId.AesCbc, 128, IntegrityId.HmacSha1, true },
    };

    [Theory]
    [MemberData(nameof(Suites))]
    public void Packet_SealedAndOpened_IsTheSameOnce(EncryptionId encryption, int bits, IntegrityId integrity, bool esn)
    {
        using var pair = new Pair(new EspSuite(encryption, bits, integrity, esn));
        for (int size = 1; size < 200; size++)
        {
            byte[] payload = [.. Enumerable.Range(size, size).Select(i => (byte)i)];
            byte[] packet = pair.Seal(payload);
            Assert.Equal((EspResult.Good, Convert.ToHexString(payload)), pair.Open(packet));
            Assert.Equal(EspResult.Replayed, pair.Open(packet).Result);
        }
        Assert.Equal(199, pair.Inbound.Replays);
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void Packet_AnyBitFlipped_IsNotOpenedAndMovesNoWindow(EncryptionId encryption, int bits, IntegrityId integrity, bool esn)
    {
        using var pair = new Pair(new EspSuite(encryption, bits, integrity, esn));
        byte[] packet = pair.Seal(new byte[40]);
        for (int bit = 32; bit < packet.Length * 8; bit++)
        {
            byte[] changed = [.. packet];
            changed[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.NotEqual(EspResult.Good, pair.Open(changed).Result);
        }
        Assert.Equal(EspResult.Good, pair.Open(packet).Result);
    }

    [Fact]
    public void Packet_CutAnywhere_IsNotOpened()
    {
        using var pair = new Pair(new EspSuite(EncryptionId.AesGcm16, 128, IntegrityId.None, false));
        byte[] packet = pair.Seal(new byte[40]);
        for (int length = 8; length < packet.Length; length++) Assert.NotEqual(EspResult.Good, pair.Open(packet[..length]).Result);
    }

    private sealed class Pair : IDisposable
    {
        private static readonly EspPath s_path = new(IpAddress.Parse("192.0.2.1"), IpAddress.Parse("192.0.2.2"), 4500, false);

        private readonly OutboundSa _outbound;
        private readonly SecretBytes _key;

        public Pair(EspSuite suite)
        {
            byte[] key = [.. Enumerable.Range(1, EspCipher.KeyMaterialLength(suite)).Select(i => (byte)i)];
            _key = new SecretBytes(key);
            _outbound = new OutboundSa(0x1000, suite, _key, s_path, threads: 1);
            Inbound = new InboundSa(0x1000, suite, key, s_path, replayWindow: 64);
        }

        public InboundSa Inbound { get; }

        public byte[] Seal(byte[] payload)
        {
            byte[] room = new byte[EspPacket.Headroom + payload.Length + EspPacket.Tailroom];
            payload.CopyTo(room, EspPacket.Headroom);
            int length = payload.Length;
            fixed (byte* start = room)
            {
                Assert.Equal(EspResult.Good, EspPacket.Seal(_outbound, 0, start + EspPacket.Headroom, ref length, 0, default, out int before));
                return room[(EspPacket.Headroom - before)..(EspPacket.Headroom - before + length)];
            }
        }

        public (EspResult Result, string Payload) Open(byte[] packet)
        {
            byte[] copy = [.. packet];
            fixed (byte* start = copy)
            {
                EspResult result = EspPacket.Open(Inbound, start, copy.Length, default, out int offset, out int length, out _);
                return (result, result == EspResult.Good ? Convert.ToHexString(copy.AsSpan(offset, length)) : "");
            }
        }

        public void Dispose()
        {
            _outbound.Dispose();
            Inbound.Dispose();
            _key.Dispose();
        }
    }
}
