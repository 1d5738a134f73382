using Dmvpn.Core;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests;

public sealed class DecapsulatorTests
{
    private static readonly byte[] Inner = Packet("10.2.0.1", "10.1.0.1", 50);

    [Theory]
    [InlineData("10.2.0.1", "10.1.0.1")]
    [InlineData("fd02::1", "fd01::1")]
    public void PacketWithRightKey_FromAnyPeer_ReachesTheKernel(string source, string destination)
    {
        using var rig = new Rig();
        byte[] packet = Packet(source, destination, 77);
        Assert.Equal(packet, Assert.Single(rig.In(Rig.Peer3, Gre(packet, 7))));
        Assert.Equal((1, packet.Length, 0), (rig.Counters.PacketsIn, rig.Counters.BytesIn, rig.Counters.MulticastIn));
        Assert.Equal(rig.Now, rig.Counters.LastInput);
        Assert.Equal(0, rig.Counters.Drops.Total + rig.Underlay.Drops.Total);
    }

    [Fact]
    public void FloodOfControlPacketsFromOnePeer_LeavesRoomForTheOthers()
    {
        using var rig = new Rig();
        var liar = new NbmaPeer(Ip("192.0.2.66"));
        for (int i = 0; i < 5000; i++) rig.In(liar, Gre(Pattern(100), 7, protocol: GreProtocol.Nhrp));
        Assert.True(rig.Drops(DataplaneDrop.InOverShare) > 4000);
        Assert.Equal(0, rig.Drops(DataplaneDrop.InMailboxFull));
        for (int i = 1; i < 30; i++) rig.In(new NbmaPeer(Ip($"192.0.3.{i}")), Gre(Pattern(100), 7, protocol: GreProtocol.Cdp));
        Assert.Equal(29, rig.Mail().Count(static mail => mail.Kind == ControlKind.Cdp));
        // Where little waits nobody is held back.
        rig.In(liar, Gre(Pattern(100), 7, protocol: GreProtocol.Nhrp));
        Assert.Single(rig.Mail());
    }

    [Fact]
    public void PaddingBehindInnerPacket_Received_CutOff()
    {
        using var rig = new Rig();
        Assert.Equal(Inner, Assert.Single(rig.In(Rig.Peer2, Gre([.. Inner, 0, 0, 0], 7))));
    }

    [Fact]
    public void SeveralTunnelsOnOneSource_ToldApartByKeyAndPeer()
    {
        using var rig = new Rig();
        FakeTun keyless = rig.AddTunnel(new TunnelForwarding { Tunnel = new TunnelId(1) });
        FakeTun keyZero = rig.AddTunnel(new TunnelForwarding { Tunnel = new TunnelId(2), Key = 0 });
        FakeTun toPeer3 = rig.AddTunnel(new TunnelForwarding { Tunnel = new TunnelId(3), Key = 7, Destination = Rig.Peer3.Address });
        FakeTun toPeer2 = rig.AddTunnel(new TunnelForwarding { Tunnel = new TunnelId(4), Key = 9, Destination = Rig.Peer2.Address });

        rig.In(Rig.Peer2, Gre(Inner));
        rig.In(Rig.Peer2, Gre(Inner, 0));
        rig.In(Rig.Peer3, Gre(Inner, 7));
        rig.In(Rig.Peer2, Gre(Inner, 9));
        Assert.Empty(rig.Tun.Written);
        Assert.Equal((1, 1, 1, 1), (keyless.Written.Count, keyZero.Written.Count, toPeer3.Written.Count, toPeer2.Written.Count));

        Assert.Single(rig.In(Rig.Peer2, Gre(Inner, 7)));          // the multipoint one takes who has none of his own
        rig.In(Rig.Peer3, Gre(Inner, 9));
        rig.In(Rig.Peer3, Gre(Inner, 1234));
        Assert.Equal((1, 1), (rig.Underlay.Drops[DataplaneDrop.InUnknownPeer], rig.Underlay.Drops[DataplaneDrop.InNoTunnel]));
    }

    [Fact]
    public void GreOfNoTunnel_IsToldOf_AFewTimesOnly()
    {
        using var rig = new Rig();
        rig.AddTunnel(new TunnelForwarding { Tunnel = new TunnelId(4), Key = 9, Destination = Rig.Peer2.Address });
        rig.In(Rig.Peer3, Gre(Inner));
        rig.In(Rig.Peer3, Gre(Inner, 1234));
        rig.In(Rig.Peer3, Gre(Inner, 9));
        Assert.Equal(
            [(Rig.Peer3.Address, DataplaneDrop.InNoTunnel, null), (Rig.Peer3.Address, DataplaneDrop.InNoTunnel, 1234u), (Rig.Peer3.Address, DataplaneDrop.InUnknownPeer, 9u)],
            rig.Mail().Where(static mail => mail.Kind == ControlKind.GreRefused).Select(static mail => (mail.Peer.Address, RefusedGre.Read(mail.Bytes).Why, RefusedGre.Read(mail.Bytes).Key)));
        for (int i = 0; i < 1000; i++) rig.In(Rig.Peer3, Gre(Inner, (uint)(10_000 + i)));
        Assert.InRange(rig.Mail().Count, 1, DataplaneLimits.RefusedGreBurst);
        Assert.Equal(1002, rig.Underlay.Drops[DataplaneDrop.InNoTunnel]);
    }

    [Fact]
    public void MixedBatch_TwoTunnels_EachCountsItsOwn()
    {
        using var rig = new Rig();
        var other = new TunnelId(1);
        FakeTun tun = rig.AddTunnel(new TunnelForwarding { Tunnel = other });
        for (int i = 0; i < 20; i++) rig.Port.Waiting.Enqueue(new Datagram(Rig.Peer2.Address, Gre(Inner, i % 3 == 0 ? null : 7)));
        rig.Run();
        Assert.True(rig.Table.TryGetCounters(other, out TunnelCounters? counters));
        Assert.Equal((7, 7), (counters.PacketsIn, tun.Written.Count));
        Assert.Equal((13, 13), (rig.Counters.PacketsIn, rig.Tun.Written.Count));
    }

    [Fact]
    public void ChecksumPresent_RightOrWrong_AcceptedOrDropped()
    {
        using var rig = new Rig();
        byte[] gre = Gre(Inner, 7, checksum: true);
        Assert.Single(rig.In(Rig.Peer2, gre));
        gre[^1] ^= 1;
        Assert.Empty(rig.In(Rig.Peer2, gre));
        Assert.Equal(1, rig.Drops(DataplaneDrop.InChecksum));
    }

    [Theory]
    [InlineData(new byte[] { 0x20, 0, 8 })]
    [InlineData(new byte[] { 0x20, 0, 8, 0, 0, 0, 0 })]            // key cut short
    [InlineData(new byte[] { 0x40, 0, 8, 0, 0, 0, 0, 7 })]         // RFC 1701 routing
    [InlineData(new byte[] { 0x20, 1, 8, 0, 0, 0, 0, 7 })]         // version 1
    public void BadGreHeader_Received_CountedAsMalformed(byte[] bytes)
    {
        using var rig = new Rig();
        Assert.Empty(rig.In(Rig.Peer2, bytes));
        Assert.Equal(1, rig.Drops(DataplaneDrop.InMalformedGre));
    }

    [Fact]
    public void SequenceNumbersConfigured_LatePackets_DroppedUntilThePeerHasRestarted()
    {
        using var rig = new Rig(c => c with { SequenceNumbers = true });
        Assert.Single(rig.In(Rig.Peer2, Gre(Inner, 7, 5)));
        Assert.Single(rig.In(Rig.Peer2, Gre(Inner, 7, 9)));       // a gap is no reason
        Assert.Empty(rig.In(Rig.Peer2, Gre(Inner, 7, 9)));
        Assert.Empty(rig.In(Rig.Peer2, Gre(Inner, 7, 8)));
        Assert.Single(rig.In(Rig.Peer3, Gre(Inner, 7, 1)));       // each peer has its own
        Assert.Single(rig.In(Rig.Peer2, Gre(Inner, 7)));          // none at all is accepted
        Assert.Equal(2, rig.Drops(DataplaneDrop.InOutOfSequence));
        Assert.Single(rig.In(Rig.Peer2, Gre(Inner, 7, 0x7FFF_FFFF)));
        Assert.Single(rig.In(Rig.Peer2, Gre(Inner, 7, 0xFFFF_FFF0)));
        Assert.Single(rig.In(Rig.Peer2, Gre(Inner, 7, 3)));       // wrapped
        rig.Now += DataplaneLimits.SequenceReset;
        Assert.Single(rig.In(Rig.Peer2, Gre(Inner, 7, 0)));       // nothing good for a while: restarted
    }

    [Fact]
    public void SequenceNumbersNotConfigured_PeerSendsThem_Ignored()
    {
        using var rig = new Rig();
        Assert.Single(rig.In(Rig.Peer2, Gre(Inner, 7, 9)));
        Assert.Single(rig.In(Rig.Peer2, Gre(Inner, 7, 8)));
    }

    [Theory]
    [InlineData(GreProtocol.Nhrp, ControlKind.Nhrp)]
    [InlineData(GreProtocol.Cdp, ControlKind.Cdp)]
    internal void ControlPacket_Received_GoesToTheMailboxWhole(GreProtocol protocol, ControlKind kind)
    {
        using var rig = new Rig();
        byte[] payload = Pattern(108);
        Assert.Empty(rig.In(Rig.Peer3, Gre(payload, 7, protocol: protocol)));
        var mail = Assert.Single(rig.Mail());
        Assert.Equal((kind, Rig.Peer3), (mail.Kind, mail.Peer));
        Assert.Equal(payload, mail.Bytes);
        Assert.Equal((1, 0), (rig.Counters.ControlIn, rig.Counters.PacketsIn));
    }

    [Fact]
    public void MailboxFull_ControlPacketsArrive_DroppedAndCountedAndIpFlows()
    {
        using var rig = new Rig();
        byte[] nhrp = Gre(Pattern(1000), 7, protocol: GreProtocol.Nhrp);
        for (int i = 0; i < 100; i++) rig.Port.Waiting.Enqueue(new Datagram(Rig.Peer2.Address, nhrp));
        rig.Run();
        int kept = rig.Mail().Count;
        Assert.InRange(kept, 55, 65);
        Assert.Equal(100 - kept, rig.Drops(DataplaneDrop.InMailboxFull));
        Assert.Single(rig.In(Rig.Peer2, Gre(Inner, 7)));
    }

    [Theory]
    [InlineData(0x00FE)]
    [InlineData(0x8847)]
    [InlineData(0x6558)]
    public void ProtocolThatWeDoNotSpeak_Received_Counted(int protocol)
    {
        using var rig = new Rig();
        Assert.Empty(rig.In(Rig.Peer2, Gre(Pattern(60), 7, protocol: (GreProtocol)protocol)));
        Assert.Equal(1, rig.Drops(DataplaneDrop.InUnknownProtocol));
    }

    [Fact]
    public void InnerPacketWrong_Received_CountedAsMalformed()
    {
        using var rig = new Rig();
        rig.In(Rig.Peer2, Gre([], 7, protocol: GreProtocol.Ipv4));
        rig.In(Rig.Peer2, Gre(Inner[..40], 7));
        rig.In(Rig.Peer2, Gre(Inner, 7, protocol: GreProtocol.Ipv6));      // says IPv6, is IPv4
        rig.In(Rig.Peer2, Gre(Packet("fd02::1", "fd01::1"), 7, protocol: GreProtocol.Ipv4));
        Assert.Empty(rig.Tun.Written);
        Assert.Equal(4, rig.Drops(DataplaneDrop.InMalformedInner));
        Assert.Equal(4, rig.Counters.ErrorsIn);
    }

    /// <summary>RFC 6040 figure 4: rows are the inner field, columns the outer one; -1 is drop.</summary>
    [Theory]
    [InlineData(0, new[] { 0, 0, 0, -1 })]
    [InlineData(2, new[] { 2, 1, 2, 3 })]
    [InlineData(1, new[] { 1, 1, 1, 3 })]
    [InlineData(3, new[] { 3, 3, 3, 3 })]
    public void EcnInside_EcnOutside_OnwardIsAsFigure4(byte inner, int[] onward)
    {
        using var rig = new Rig();
        for (byte outer = 0; outer < 4; outer++)
        {
            foreach (byte[] packet in new[] { Packet("10.2.0.1", "10.1.0.1", 8, (byte)(0xB8 | inner)), Packet("fd02::1", "fd01::1", 8, (byte)(0xB8 | inner)) })
            {
                List<byte[]> got = rig.In(Rig.Peer2, Gre(packet, 7), (byte)(0x10 | outer));
                Assert.Equal(onward[outer] < 0, got.Count == 0);
                if (got.Count == 0) continue;
                Assert.True(IpView.TryParse(got[0], out IpView ip, out _));
                Assert.Equal(0xB8 | onward[outer], ip.TrafficClass);
                if (ip.IsIPv4) Assert.True(InternetChecksum.IsValid(got[0].AsSpan(0, 20)));
            }
        }
        Assert.Equal(2 * onward.Count(o => o < 0), rig.Drops(DataplaneDrop.InEcn));
    }

    [Fact]
    public void MulticastReceived_CountedAsMulticast()
    {
        using var rig = new Rig();
        rig.In(Rig.Peer2, Gre(Packet("10.0.0.2", "224.0.0.10"), 7));
        rig.In(Rig.Peer2, Gre(Packet("10.0.0.2", "10.0.0.255"), 7));
        Assert.Equal((2, 2), (rig.Counters.PacketsIn, rig.Counters.MulticastIn));
    }

    [Fact]
    public void DeviceRefuses_PacketReceived_Counted()
    {
        using var rig = new Rig();
        rig.Tun.Refuses = true;
        rig.In(Rig.Peer2, Gre(Inner, 7));
        Assert.Equal((1, 0), (rig.Drops(DataplaneDrop.InDeviceRefused), rig.Counters.PacketsIn));
    }

    [Fact]
    public void GreToOurselvesWithinGre_Received_DroppedAsRecursion()
    {
        using var rig = new Rig();
        byte[] nested = Packet(Ip("192.0.2.2"), Ip("192.0.2.1"), Gre(Inner, 7), protocol: IpProtocol.Gre);
        Assert.Empty(rig.In(Rig.Peer2, Gre(nested, 7)));
        Assert.Equal(1, rig.Drops(DataplaneDrop.InRecursion));
        byte[] foreign = Packet(Ip("192.0.2.2"), Ip("192.0.2.77"), Gre(Inner, 7), protocol: IpProtocol.Gre);
        Assert.Single(rig.In(Rig.Peer2, Gre(foreign, 7)));        // somebody else's tunnel through ours
    }
}
