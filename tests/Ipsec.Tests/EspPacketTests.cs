using System.Buffers.Binary;
using Dmvpn.Crypto;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Ipsec.Tests;

/// <summary>ESP from end to end, every suite in every mode.</summary>
public sealed class EspPacketTests
{
    private static readonly Mode[] Modes = [Mode.Transport, Mode.TunnelIPv4, Mode.TunnelIPv6];

    [Fact]
    public void Packet_SealedAndOpened_IsTheSameOnce()
    {
        foreach (EspSuite suite in EspRig.Suites())
        {
            foreach (Mode mode in Modes)
            {
                using var rig = new EspRig(suite, mode);
                for (int length = 0; length <= 70; length++)
                {
                    byte[] payload = EspRig.Pattern(length, length);
                    byte[] packet = rig.Seal(payload);
                    Opened opened = rig.Open(packet);
                    Assert.True(opened.Result == EspResult.Good, $"{suite} {mode} {length}: {opened.Result}");
                    Assert.Equal(payload, opened.Payload);
                    Assert.True(opened.IsLatest);
                    Assert.Equal(EspResult.Replayed, rig.Open(packet).Result);
                }
                Assert.Equal((71, 70 * 71 / 2), (rig.Inbound.Packets, rig.Inbound.Bytes));
                Assert.Equal((71, 70 * 71 / 2), (rig.Outbound.Packets, rig.Outbound.Bytes));
                Assert.Equal((71, 0), (rig.Inbound.Replays, rig.Inbound.Forgeries));
                Assert.Equal((rig.Now, rig.Now), (rig.Inbound.LastUsed, rig.Outbound.LastUsed));
            }
        }
    }

    [Fact]
    public void Packet_OfAnyLength_IsAsLongAsTheSaSays()
    {
        foreach (EspSuite suite in EspRig.Suites())
        {
            foreach (Mode mode in Modes)
            {
                using var rig = new EspRig(suite, mode);
                // The longest of all, CBC with SHA-512 around an IPv6 header, needs 104 octets for an empty packet.
                for (int room = 104; room < 184; room++)
                {
                    int longest = rig.Outbound.PayloadFor(room);
                    Assert.InRange(rig.Seal(new byte[longest]).Length, 0, room);
                    Assert.True(rig.Seal(new byte[longest + 1]).Length > room, $"{suite} {mode} {room}");
                    Assert.Equal(longest + rig.Outbound.Overhead(longest), rig.Seal(new byte[longest]).Length);
                }
            }
        }
    }

    [Fact]
    public void Overhead_InUdp_IsEightOctetsMore()
    {
        using var rig = new EspRig(EspRig.Gcm());
        (int overhead, int longest) = (rig.Outbound.Overhead(100), rig.Outbound.PayloadFor(1480));
        rig.Outbound.Path = rig.Outbound.Path with { UdpEncapsulation = true, RemotePort = 4500 };
        Assert.Equal(overhead + 8, rig.Outbound.Overhead(100));
        Assert.Equal(longest - 8, rig.Outbound.PayloadFor(1480));
    }

    [Fact]
    public void Geometry_OfEverySuite_IsTheCiphers()
    {
        foreach (EspSuite suite in EspRig.Suites())
        {
            using EspCipher cipher = EspCipher.CreateSealer(suite, EspRig.KeyOf(suite));
            Assert.Equal((cipher.IvLength, cipher.IcvLength, cipher.Alignment), EspPacket.Geometry(suite));
        }
    }

    [Fact]
    public void Packet_OnTheWire_HasSpiSequenceAndTheShortestPadding()
    {
        using var rig = new EspRig(new EspSuite(EncryptionId.Null, 0, IntegrityId.HmacSha256, false));
        rig.Seal([1]);
        byte[] packet = rig.Seal([0xAA, 0xBB, 0xCC]);
        Assert.Equal(EspRig.Spi, BinaryPrimitives.ReadUInt32BigEndian(packet));
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32BigEndian(packet.AsSpan(4)));
        // 3 + 3 of padding + 2 of trailer; 47 is GRE.
        Assert.Equal([0xAA, 0xBB, 0xCC, 1, 2, 3, 3, 47], packet[8..16]);
        Assert.Equal(8 + 8 + 16, packet.Length);
    }

    [Theory]
    [InlineData(Mode.TunnelIPv4, 4)]
    [InlineData(Mode.TunnelIPv6, 41)]
    public void Packet_InTunnelMode_HasAnInnerHeaderBetweenTheSelectors(Mode mode, byte next)
    {
        using var rig = new EspRig(new EspSuite(EncryptionId.Null, 0, IntegrityId.HmacSha256, false), mode);
        byte[] packet = rig.Seal(EspRig.Pattern(33), trafficClass: 0xBA);
        byte[] text = packet[8..^16];
        Assert.Equal(next, text[^1]);
        Assert.True(IpView.TryParse(text.AsSpan(0, text.Length - 2 - text[^2]), out IpView ip, out _));
        Assert.Equal((IpProtocol.Gre, 0xBA, 255), (ip.Protocol, ip.TrafficClass, ip.HopLimit));
        Assert.Equal((rig.Outbound.TunnelLocal, rig.Outbound.TunnelRemote), (ip.Source, ip.Destination));
        Assert.Equal(EspRig.Pattern(33), ip.Payload.ToArray());
        if (ip.IsIPv4) Assert.Equal(0, InternetChecksum.Compute(text.AsSpan(0, 20)));
    }

    [Theory]
    [InlineData(Mode.Transport, 0xB8, 0x03, 0x03)]
    [InlineData(Mode.TunnelIPv4, 0xBA, 0x03, 0xBB)]
    [InlineData(Mode.TunnelIPv4, 0xBA, 0x00, 0xBA)]
    [InlineData(Mode.TunnelIPv4, 0x03, 0x00, 0x03)]
    [InlineData(Mode.TunnelIPv4, 0x00, 0x02, 0x00)]
    [InlineData(Mode.TunnelIPv6, 0xB9, 0x03, 0xBB)]
    [InlineData(Mode.TunnelIPv6, 0xB9, 0x02, 0xB9)]
    public void Open_TrafficClassesOfBothHeaders_LeaveOneByRfc6040(Mode mode, byte inner, byte outer, byte onward)
    {
        using var rig = new EspRig(EspRig.Gcm(), mode);
        Opened opened = rig.Open(rig.Seal([1, 2, 3], trafficClass: inner), trafficClass: outer);
        Assert.Equal((EspResult.Good, onward), (opened.Result, opened.TrafficClass));
    }

    [Fact]
    public void Open_CongestionThatTheInnerHeaderCannotBeTold_DropsThePacket()
    {
        using var rig = new EspRig(EspRig.Gcm(), Mode.TunnelIPv4);
        Assert.Equal(EspResult.Congested, rig.Open(rig.Seal([1, 2, 3]), trafficClass: 0x03).Result);
        Assert.Equal(0, rig.Inbound.Packets);
    }

    [Fact]
    public void Packet_AcrossTheEndOfASubspace_OpensWithEsn()
    {
        foreach (EspSuite suite in EspRig.Suites().Where(suite => suite.Esn))
        {
            using var rig = new EspRig(suite);
            rig.Outbound.SetSequence(uint.MaxValue - 3);
            var packets = Enumerable.Range(0, 8).Select(i => rig.Seal([(byte)i])).ToList();
            Assert.Equal([uint.MaxValue - 2, uint.MaxValue - 1, uint.MaxValue, 0, 1, 2, 3, 4], packets.Select(packet => BinaryPrimitives.ReadUInt32BigEndian(packet.AsSpan(4))));
            // A receiver that lost the beginning, and then sees the new subspace first.
            foreach (int i in new[] { 1, 6, 3, 0, 2, 7, 5, 4 }) Assert.Equal((i, EspResult.Good), (i, rig.Open(packets[i]).Result));
            foreach (byte[] packet in packets) Assert.Equal(EspResult.Replayed, rig.Open(packet).Result);
        }
    }

    [Fact]
    public void Open_OutOfOrder_IsLatestOnlyAtTheTop()
    {
        using var rig = new EspRig(EspRig.Gcm());
        byte[] first = rig.Seal([1]), second = rig.Seal([2]);
        Assert.True(rig.Open(second).IsLatest);
        Opened late = rig.Open(first);
        Assert.Equal((EspResult.Good, false), (late.Result, late.IsLatest));
        Assert.False(rig.Open(second).IsLatest);
    }

    [Fact]
    public void Packet_WithMorePaddingThanNeeded_Opens()
    {
        foreach (EspSuite suite in EspRig.Suites())
        {
            using var rig = new EspRig(suite);
            for (int extra = 0, limit = EspSpec.MaximumPadding / rig.Outbound.Alignment - 1; extra < limit; extra++)
            {
                Opened opened = rig.Open(rig.Craft(rig.Text([9, 8, 7], 47, extra), (ulong)extra + 1));
                Assert.Equal((EspResult.Good, 3), (opened.Result, opened.Payload.Length));
            }
        }
    }
}
