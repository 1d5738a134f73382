using Dmvpn.Core;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests;

public sealed class EncapsulatorTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.2", GreProtocol.Ipv4)]      // connected: its own next hop
    [InlineData("10.1.0.1", "10.2.3.4", GreProtocol.Ipv4)]      // routed by 10.0.0.2
    [InlineData("fd00::1", "fd00::2", GreProtocol.Ipv6)]
    [InlineData("fd01::1", "fd02::9", GreProtocol.Ipv6)]
    public void DestinationWithMapping_PacketFromKernel_GoesToItsPeer(string source, string destination, GreProtocol protocol)
    {
        using var rig = new Rig();
        byte[] packet = Packet(source, destination, 100);
        Datagram sent = Assert.Single(rig.Out(packet));
        GreView gre = Rig.Parse(sent);
        Assert.Equal(Rig.Peer2.Address, sent.Peer);
        Assert.Equal(new GreHeader(protocol, 7), gre.Header);
        Assert.Equal(packet, gre.Payload.ToArray());
        Assert.Equal(255, sent.HopLimit);
        Assert.False(sent.DontFragment);
        Assert.Equal((1, packet.Length), (rig.Counters.PacketsOut, rig.Counters.BytesOut));
        Assert.Equal(rig.Now, rig.Counters.LastOutput);
        Assert.Equal(0, rig.Counters.Drops.Total);
    }

    [Fact]
    public void Ipv6Underlay_PacketFromKernel_GoesToIpv6Peer()
    {
        using var rig = new Rig(local: "2001:db8::1");
        rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("10.0.0.2/32"), new NbmaPeer(Ip("2001:db8::2")));
        rig.Table.Publish();
        Assert.Equal(Ip("2001:db8::2"), Assert.Single(rig.Out(Packet("10.0.0.1", "10.2.0.1"))).Peer);
        Assert.Equal(48, rig.Tunnel.Overhead);
    }

    [Fact]
    public void BatchOfPackets_ToTwoPeers_LeavesInOneCallInOrder()
    {
        using var rig = new Rig();
        rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("10.0.0.3/32"), Rig.Peer3);
        rig.Table.Publish();
        List<Datagram> sent = rig.Out(Packet("10.0.0.1", "10.0.0.2", 1), Packet("10.0.0.1", "10.0.0.3", 2), Packet("10.0.0.1", "10.0.0.2", 3));
        Assert.Equal([Rig.Peer2.Address, Rig.Peer3.Address, Rig.Peer2.Address], sent.ConvertAll(s => s.Peer));
        Assert.Single(sent.Select(s => s.Call).Distinct());
        Assert.True(rig.Table.TryGetAdjacency(Rig.Tunnel0, Prefix("10.0.0.2/32"), out Adjacency? two));
        Assert.Equal((2, 21 + 23, rig.Now), (two.PacketsOut, two.BytesOut, two.LastUsed));
    }

    [Fact]
    public void NextHopWithoutMapping_NhsKnown_SentByNhsAndReportedOncePerInterval()
    {
        using var rig = new Rig();
        rig.Table.SetNhs(Rig.Tunnel0, isIPv4: true, Ip("10.0.0.2"));
        rig.Table.SetRoute(Rig.Tunnel0, Prefix("10.9.0.0/16"), [Ip("10.0.0.9")]);
        rig.Table.Publish();
        byte[] packet = Packet("10.0.0.1", "10.9.1.1");

        Assert.Equal(Rig.Peer2.Address, Assert.Single(rig.Out(packet)).Peer);
        var mail = Assert.Single(rig.Mail());
        Assert.Equal((ControlKind.NextHopUnresolved, Ip("10.0.0.9")), (mail.Kind, mail.Address));
        Assert.Equal(packet, mail.Bytes);

        Assert.Equal(3, rig.Out(packet, packet, packet).Count);
        Assert.Empty(rig.Mail());

        rig.Now += DataplaneLimits.UnresolvedInterval;
        rig.Out(packet);
        Assert.Single(rig.Mail());
    }

    [Fact]
    public void NextHopWithoutMapping_NoNhs_DroppedAndReported()
    {
        using var rig = new Rig();
        Assert.Empty(rig.Out(Packet("10.0.0.1", "10.0.0.77")));
        Assert.Equal(1, rig.Drops(DataplaneDrop.OutNoMapping));
        Assert.Equal(ControlKind.NextHopUnresolved, Assert.Single(rig.Mail()).Kind);
    }

    [Fact]
    public void MappingArrives_DestinationWentByNhs_GoesDirect()
    {
        using var rig = new Rig();
        rig.Table.SetNhs(Rig.Tunnel0, true, Ip("10.0.0.2"));
        rig.Table.Publish();
        byte[] packet = Packet("10.0.0.1", "10.0.0.3");
        Assert.Equal(Rig.Peer2.Address, Assert.Single(rig.Out(packet)).Peer);
        rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("10.0.0.3/32"), Rig.Peer3);
        Assert.Equal(Rig.Peer2.Address, Assert.Single(rig.Out(packet)).Peer);   // not before it is published
        rig.Table.Publish();
        Assert.Equal(Rig.Peer3.Address, Assert.Single(rig.Out(packet)).Peer);
    }

    [Fact]
    public void FlowCached_RouteOrMappingChanges_NewSnapshotIsFollowed()
    {
        using var rig = new Rig();
        rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("10.0.0.3/32"), Rig.Peer3);
        rig.Table.Publish();
        byte[] packet = Packet("10.0.0.1", "10.2.0.1");
        Assert.Equal(Rig.Peer2.Address, Assert.Single(rig.Out(packet)).Peer);
        rig.Table.SetRoute(Rig.Tunnel0, Prefix("10.2.0.0/24"), [Ip("10.0.0.3")]);   // a shortcut
        rig.Table.Publish();
        Assert.Equal(Rig.Peer3.Address, Assert.Single(rig.Out(packet)).Peer);
        Assert.True(rig.Table.TryGetRoute(Rig.Tunnel0, Prefix("10.2.0.0/24"), out FibEntry? shortcut));
        Assert.Equal(rig.Now, shortcut.LastUsed);
        rig.Table.RemoveRoute(Rig.Tunnel0, Prefix("10.2.0.0/24"));
        rig.Table.Publish();
        Assert.Equal(Rig.Peer2.Address, Assert.Single(rig.Out(packet)).Peer);
        rig.Table.RemoveAdjacency(Rig.Tunnel0, Prefix("10.0.0.2/32"));
        rig.Table.Publish();
        Assert.Empty(rig.Out(packet));
    }

    [Fact]
    public void RouteWithTwoNextHops_ManyDestinations_BothUsedAndEachKeepsItsOwn()
    {
        using var rig = new Rig();
        rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("10.0.0.3/32"), Rig.Peer3);
        rig.Table.SetRoute(Rig.Tunnel0, Prefix("10.5.0.0/16"), [Ip("10.0.0.2"), Ip("10.0.0.3")]);
        rig.Table.Publish();
        byte[][] packets = [.. Enumerable.Range(0, 60).Select(i => Packet("10.0.0.1", $"10.5.0.{i}"))];
        List<IpAddress> first = rig.Out(packets).ConvertAll(s => s.Peer);
        Assert.InRange(first.Count(p => p == Rig.Peer2.Address), 15, 45);
        Assert.Equal(first, rig.Out(packets).ConvertAll(s => s.Peer));
    }

    [Fact]
    public void DestinationWithoutRoute_PacketFromKernel_Dropped()
    {
        using var rig = new Rig();
        Assert.Empty(rig.Out(Packet("10.0.0.1", "203.0.113.1"), Packet("10.0.0.1", "203.0.113.1")));
        Assert.Equal(2, rig.Drops(DataplaneDrop.OutNoRoute));
    }

    [Fact]
    public void TunnelWithoutSource_PacketFromKernel_Dropped()
    {
        using var rig = new Rig();
        rig.Table.SetTunnel(rig.Config, null, [rig.Tun]);
        rig.Table.Publish();
        Assert.Empty(rig.Out(Packet("10.0.0.1", "10.0.0.2")));
        Assert.Equal(1, rig.Drops(DataplaneDrop.OutNoUnderlay));
    }

    [Fact]
    public void OuterPacketRoutedIntoTunnel_PacketFromKernel_DroppedAsRecursion()
    {
        using var rig = new Rig();
        Assert.Empty(rig.Out(Packet("192.0.2.1", "10.0.0.2", protocol: IpProtocol.Gre)));
        Assert.Equal(1, rig.Drops(DataplaneDrop.OutRecursion));
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0x45, 0, 0, 20 })]
    [InlineData(new byte[] { 0x55, 0, 0, 20, 0, 0, 0, 0, 1, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 })]
    [InlineData(new byte[] { 0x45, 0, 0, 21, 0, 0, 0, 0, 1, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 })]
    public void NotAnIpPacket_FromKernel_CountedAsMalformed(byte[] packet)
    {
        using var rig = new Rig();
        Assert.Empty(rig.Out(packet));
        Assert.Equal(1, rig.Drops(DataplaneDrop.OutMalformed));
    }

    [Theory]
    [InlineData(SendOutcome.TooBig, DataplaneDrop.OutPathTooBig)]
    [InlineData(SendOutcome.Congested, DataplaneDrop.OutCongested)]
    [InlineData(SendOutcome.Unreachable, DataplaneDrop.OutUnreachable)]
    public void UnderlayRefuses_PacketSent_CountedByReasonAndNotAsSent(SendOutcome outcome, DataplaneDrop expected)
    {
        using var rig = new Rig();
        rig.Port.Outcome = outcome;
        rig.Out(Packet("10.0.0.1", "10.0.0.2"));
        Assert.Equal(1, rig.Drops(expected));
        Assert.Equal(0, rig.Counters.PacketsOut);
        Assert.Equal(1, rig.Counters.ErrorsOut);
    }

    [Fact]
    public void ChecksumAndSequenceConfigured_PacketsSent_CarryThemRising()
    {
        using var rig = new Rig(c => c with { Key = null, Checksum = true, SequenceNumbers = true });
        List<Datagram> sent = rig.Out(Packet("10.0.0.1", "10.0.0.2", 33), Packet("10.0.0.1", "10.0.0.2", 34));
        Assert.Equal(0u, Rig.Parse(sent[0]).Sequence);
        Assert.Equal(1u, Rig.Parse(sent[1]).Sequence);
        Assert.True(Rig.Parse(sent[0]).HasChecksum);   // and right, or it would not parse
        Assert.Null(Rig.Parse(sent[0]).Key);
    }

    [Theory]
    [InlineData(0xB9, null, 0xB9)]
    [InlineData(0xB9, 0x20, 0x21)]   // DSCP of the tunnel, ECN of the packet
    [InlineData(0x02, 0x23, 0x22)]
    public void InnerTrafficClass_TunnelTosOrNot_OuterIsAsRfc6040(byte inner, int? configured, byte outer)
    {
        using var rig = new Rig(c => c with { TrafficClass = (byte?)configured, HopLimit = 99 });
        foreach (Datagram sent in rig.Out(Packet("10.0.0.1", "10.0.0.2", 9, inner), Packet("fd00::1", "fd00::2", 9, inner)))
        {
            Assert.Equal((outer, 99), (sent.TrafficClass, sent.HopLimit));
        }
        Assert.Equal(2, rig.Port.Sent.Count);
    }

    [Fact]
    public void PointToPoint_AnyDestination_GoesToTheTunnelDestination()
    {
        using var rig = new Rig(c => c with { Destination = Ip("192.0.2.99") });
        List<Datagram> sent = rig.Out(Packet("10.0.0.1", "203.0.113.5"), Packet("10.0.0.1", "224.0.0.5"), Packet("fe80::1", "ff02::1"));
        Assert.Equal(3, sent.Count(s => s.Peer == Ip("192.0.2.99")));
        Assert.Equal((3, 2, 2), (rig.Counters.PacketsOut, rig.Counters.MulticastOut, rig.Counters.MulticastCopiesOut));
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.2", 1360)]
    [InlineData("fd00::1", "fd00::2", 1340)]
    public void SynWithLargerMss_AdjustMss_LoweredAndChecksumRight(string source, string destination, int expected)
    {
        using var rig = new Rig(c => c with { MssIPv4 = 1360, MssIPv6 = 1340 });
        Assert.Equal(expected, MssOf(Rig.Parse(Assert.Single(rig.Out(Syn(source, destination, 1460)))).Payload.ToArray()));
        Assert.Equal(500, MssOf(Rig.Parse(Assert.Single(rig.Out(Syn(source, destination, 500)))).Payload.ToArray()));
        byte[] back = Assert.Single(rig.In(Rig.Peer2, Gre(Syn(destination, source, 9000), 7)));
        Assert.Equal(expected, MssOf(back));
    }

    [Fact]
    public void MailboxFull_NextHopUnresolved_EventCountedAsLostAndPacketStillSent()
    {
        using var rig = new Rig();
        rig.Table.SetNhs(Rig.Tunnel0, true, Ip("10.0.0.2"));
        rig.Table.Publish();
        while (rig.Mailbox.TryWrite(ControlKind.Cdp, Rig.Tunnel0, default, default, new byte[64], rig.Now)) { }
        Assert.Single(rig.Out(Packet("10.0.0.1", "10.0.0.9", 100)));
        Assert.Equal(1, rig.Drops(DataplaneDrop.EventLost));
    }
}
