using Dmvpn.Core;
using Dmvpn.Dataplane.Tests.Offload;
using Dmvpn.Wire.Ip;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests;

/// <summary>What goes the direct way of a hub, what goes by the kernel, and what is counted.</summary>
public sealed class RelayTests
{
    private const string From = "10.3.0.1", To = "10.2.0.1";

    [Fact]
    public void SpokeToSpoke_Relaying_LeavesAtOnceWithTtlOneLess()
    {
        using Rig rig = RelayHub.Create();
        byte[] packet = Packet(From, To, trafficClass: 0xB8);
        Assert.Empty(rig.In(Rig.Peer3, Gre(packet, 7)));
        Datagram sent = Assert.Single(rig.Port.Sent);
        Assert.Equal((Rig.Peer2.Address, 0xB8, 255, false), (sent.Peer, sent.TrafficClass, sent.HopLimit, sent.DontFragment));
        Assert.Equal(RelayHub.Forwarded(packet), Rig.Parse(sent).Payload.ToArray());
        Assert.Equal(7u, Rig.Parse(sent).Key);
    }

    [Fact]
    public void SpokeToSpoke_SwitchOff_GoesToTheKernel()
    {
        using Rig rig = RelayHub.Create(c => c with { RelayIPv4 = false });
        Assert.Single(rig.In(Rig.Peer3, Gre(Packet(From, To), 7)));
        Assert.Empty(rig.Port.Sent);
        Assert.Empty(rig.In(Rig.Peer3, Gre(Packet("fd03::1", "fd02::1"), 7)));      // has a switch of its own
        Assert.Single(rig.Port.Sent);
    }

    [Fact]
    public void TunnelThatAnotherWorkerSendsBy_GoesToTheKernel()
    {
        using Rig rig = RelayHub.Create(c => c with { Sender = 1 });
        Assert.Single(rig.In(Rig.Peer3, Gre(Packet(From, To), 7)));
        Assert.Empty(rig.Port.Sent);
    }

    [Theory]
    [InlineData("10.0.0.3", "10.0.0.2")]            // tunnel addresses
    [InlineData("10.3.0.1", "10.3.0.2")]            // back to where it came from: as the kernel does, until its TTL is over
    [InlineData("fd03::1", "fd02::1")]
    [InlineData("fd00::3", "fd02::1")]
    public void BothEndsBehindTunnels_Relayed(string source, string destination) => Goes(relayed: true, Packet(source, destination));

    [Theory]
    [InlineData(From, "10.0.0.1")]                  // the hub's tunnel address
    [InlineData(From, "10.9.0.1")]                  // another one of it
    [InlineData(From, "10.9.0.2")]                  // another interface
    [InlineData(From, "198.51.100.1")]
    [InlineData(From, "224.0.0.5")]
    [InlineData(From, "255.255.255.255")]
    [InlineData(From, "10.0.0.255")]                // the tunnel's broadcast address
    [InlineData(From, "127.0.0.1")]
    [InlineData(From, "0.0.0.1")]
    [InlineData("10.9.0.2", To)]                    // a source that is not behind this tunnel: the kernel's filter decides
    [InlineData("127.0.0.1", To)]
    [InlineData("0.0.0.0", To)]
    [InlineData("224.0.0.5", To)]
    [InlineData("255.255.255.255", To)]
    [InlineData("10.0.0.255", To)]
    [InlineData("fd03::1", "fd00::1")]
    [InlineData("fd03::1", "ff0e::1")]
    [InlineData("fd03::1", "fe80::2")]
    [InlineData("fe80::3", "fd02::1")]
    [InlineData("::", "fd02::1")]
    [InlineData("2001:db8::1", "fd02::1")]
    public void AnyOtherEnd_GoesToTheKernel(string source, string destination)
    {
        // Even where everything would be routed into the tunnel.
        Goes(relayed: false, Packet(source, destination), rig =>
        {
            rig.Table.SetBestRoute(Prefix("127.0.0.0/8"), Rig.Tunnel0);
            rig.Table.SetBestRoute(Prefix("224.0.0.0/4"), Rig.Tunnel0);
            rig.Table.SetBestRoute(Prefix("240.0.0.0/4"), Rig.Tunnel0);
            rig.Table.SetBestRoute(Prefix("0.0.0.0/8"), Rig.Tunnel0);
            rig.Table.SetBestRoute(Prefix("fe80::/10"), Rig.Tunnel0);
            rig.Table.SetBestRoute(Prefix("ff00::/8"), Rig.Tunnel0);
            rig.Table.SetBestRoute(Prefix("::/128"), Rig.Tunnel0);
        });
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(1, false)]
    [InlineData(0, false)]
    public void TimeToLive_AtItsEnd_GoesToTheKernel(byte ttl, bool relayed)
    {
        byte[] ip4 = new byte[30], ip6 = new byte[50];
        new Ipv4Header(0, ttl, IpProtocol.Udp, Ip(From), Ip(To)).Write(ip4);
        new Ipv6Header(0, ttl, IpProtocol.Udp, Ip("fd03::1"), Ip("fd02::1")).Write(ip6);
        Goes(relayed, ip4);
        Goes(relayed, ip6);
    }

    [Fact]
    public void WrongHeaderChecksum_GoesToTheKernel()
    {
        byte[] packet = Packet(From, To);
        packet[10] ^= 1;
        Goes(relayed: false, packet);
    }

    [Fact]
    public void Ipv4Options_GoToTheKernel()
    {
        byte[] plain = Packet(From, To), packet = [.. plain[..20], 1, 1, 1, 0, .. plain[20..]];
        packet[0] = 0x46;
        packet[3] += 4;
        packet[10] = packet[11] = 0;
        ushort checksum = InternetChecksum.Compute(packet.AsSpan(0, 24));
        (packet[10], packet[11]) = ((byte)(checksum >> 8), (byte)checksum);
        Goes(relayed: false, packet);
    }

    [Theory]
    [InlineData(IpProtocol.HopByHop, false)]
    [InlineData(IpProtocol.Routing, false)]
    [InlineData(IpProtocol.DestinationOptions, true)]
    [InlineData(IpProtocol.Fragment, true)]
    public void Ipv6ExtensionHeader_OneThatRoutersRead_GoesToTheKernel(IpProtocol header, bool relayed) =>
        Goes(relayed, Packet(Ip("fd03::1"), Ip("fd02::1"), [59, 0, 1, 2, 0, 0, 0, 0, .. Pattern(20)], protocol: header));

    [Theory]
    [InlineData(1380, false, true)]
    [InlineData(1381, false, false)]        // to be fragmented
    [InlineData(1381, true, false)]         // to be answered
    public void LongerThanTheTunnelTakes_GoesToTheKernel(int payload, bool dontFragment, bool relayed) => Goes(relayed, Packet(From, To, payload, dontFragment: dontFragment));

    [Fact]
    public void LongerThanThePathOfThePeer_GoesToTheKernel()
    {
        byte[] packet = Packet(From, To, 1000, dontFragment: true);
        Goes(relayed: true, packet, change: c => c with { PathMtuDiscovery = true });
        Goes(relayed: false, packet, rig => Assert.IsType<Adjacency>(Find(rig, "10.0.0.2/32")).PathMtu = 1000, c => c with { PathMtuDiscovery = true });
    }

    [Fact]
    public void RouteWithNextHopsByOtherInterfaces_GoesToTheKernel() =>
        Goes(relayed: false, Packet(From, To), rig => rig.Table.SetRoute(Rig.Tunnel0, Prefix("10.2.0.0/16"), [Ip("10.0.0.2")], isPartial: true));

    [Fact]
    public void SourceOfTheUnderlayInGre_GoesToTheKernel() =>
        Goes(relayed: false, Packet("203.0.113.1", To, protocol: IpProtocol.Gre), rig =>
        {
            rig.Table.SetBestRoute(Prefix("203.0.113.0/24"), Rig.Tunnel0);
            rig.Table.SetTunnel(rig.Config with { Tunnel = new TunnelId(1), Key = 8 }, new Underlay(Ip("203.0.113.1"), [rig.Port], rig.Port), [rig.Tun]);
            rig.Table.SetBestRoute(Prefix("10.2.0.0/16"), new TunnelId(1));
        });

    [Fact]
    public void ExitWithoutASource_GoesToTheKernel() =>
        Goes(relayed: false, Packet(From, "10.4.0.1"), rig =>
        {
            rig.Table.SetTunnel(new TunnelForwarding { Tunnel = new TunnelId(1), Key = 8 }, null, [rig.Tun]);
            rig.Table.SetBestRoute(Prefix("10.4.0.0/16"), new TunnelId(1));
        });

    [Fact]
    public void IntoAnotherTunnel_CountedInOnTheOneAndOutOnTheOther()
    {
        using Rig rig = RelayHub.Create();
        var other = new TunnelId(1);
        FakeTun tun = rig.AddTunnel(new TunnelForwarding { Tunnel = other, Key = 8, HopLimit = 9, TrafficClass = 0x20, MssIPv4 = 1000 });
        rig.Table.SetBestRoute(Prefix("10.4.0.0/16"), other);
        rig.Table.SetRoute(other, Prefix("10.4.0.0/16"), [Ip("10.0.1.4")]);
        rig.Table.SetAdjacency(other, Prefix("10.0.1.4/32"), new NbmaPeer(Ip("192.0.2.4")));
        rig.Table.Publish();
        // Between two tunnels and back: each has its own bytes of the batch.
        byte[][] packets = [Syn(From, "10.4.0.1", 1460), Packet(From, To), Packet(From, "10.4.0.2", 100), Packet(From, "10.9.0.9")];
        foreach (byte[] packet in packets) rig.Port.Waiting.Enqueue(new Datagram(Rig.Peer3.Address, Gre(packet, 7)));
        rig.Run();

        Assert.Equal([8u, 7u, 8u], rig.Port.Sent.ConvertAll(s => Rig.Parse(s).Key!.Value));
        Assert.Equal((9, 0x20, Ip("192.0.2.4")), (rig.Port.Sent[0].HopLimit, rig.Port.Sent[0].TrafficClass, rig.Port.Sent[0].Peer));
        Assert.Equal(1000, MssOf(Rig.Parse(rig.Port.Sent[0]).Payload.ToArray()));
        Assert.Equal(RelayHub.Forwarded(packets[2]), Rig.Parse(rig.Port.Sent[2]).Payload.ToArray());
        Assert.Empty(tun.Written);
        Assert.Equal(packets[3], Assert.Single(rig.Tun.Written));
        Assert.True(rig.Table.TryGetCounters(other, out TunnelCounters? there));
        Assert.Equal((4, packets.Sum(p => p.Length), 3), (rig.Counters.PacketsIn, rig.Counters.BytesIn, rig.Counters.PacketsRelayed));
        Assert.Equal((1, packets[1].Length), (rig.Counters.PacketsOut, rig.Counters.BytesOut));
        Assert.Equal((2, packets[0].Length + packets[2].Length, 0, 0), (there.PacketsOut, there.BytesOut, there.PacketsIn, there.PacketsRelayed));
        Assert.Equal(2, Assert.IsType<Adjacency>(Find(rig, "10.0.1.4/32", other)).PacketsOut);
        Assert.True(rig.Table.TryGetRoute(other, Prefix("10.4.0.0/16"), out FibEntry? route));
        Assert.Equal(rig.Now, route.LastUsed);
    }

    [Fact]
    public void NextHopUnknown_DroppedAndReportedAsFromTheKernel()
    {
        using Rig rig = RelayHub.Create();
        Assert.Empty(rig.In(Rig.Peer3, Gre(Packet(From, "10.0.0.77"), 7)));
        Assert.Equal((ControlKind.NextHopUnresolved, Ip("10.0.0.77")), rig.Mail().ConvertAll(m => (m.Kind, m.Address))[0]);
        Assert.Equal((1, 1, 0), (rig.Drops(DataplaneDrop.OutNoMapping), rig.Counters.PacketsIn, rig.Counters.PacketsOut));

        rig.Table.SetNhs(Rig.Tunnel0, isIPv4: true, Ip("10.0.0.2"));
        rig.Table.Publish();
        Assert.Empty(rig.In(Rig.Peer3, Gre(Packet(From, "10.0.0.78"), 7)));
        Assert.Equal(Rig.Peer2.Address, Assert.Single(rig.Port.Sent).Peer);
        Assert.Equal(Ip("10.0.0.78"), Assert.Single(rig.Mail()).Address);
    }

    [Fact]
    public void UnderlayRefuses_DropsAreCountedOnTheWayOut()
    {
        using Rig rig = RelayHub.Create();
        rig.Port.Outcome = SendOutcome.Congested;
        rig.In(Rig.Peer3, Gre(Packet(From, To), 7));
        Assert.Equal((1, 1, 0), (rig.Drops(DataplaneDrop.OutCongested), rig.Counters.PacketsIn, rig.Counters.PacketsOut));
    }

    [Fact]
    public void TrafficThatTurnsRound_Relayed_ItsSenderIsStillTold()
    {
        using Rig rig = RelayHub.Create(c => c with { Redirect = true, NetworkId = 1 });
        byte[] packet = Packet(From, To);
        rig.In(Rig.Peer3, Gre(packet, 7));
        Assert.Single(rig.Port.Sent);
        var mail = Assert.Single(rig.Mail());
        Assert.Equal((ControlKind.TrafficTurnedAround, Rig.Peer3, Ip(To)), (mail.Kind, mail.Peer, mail.Address));
        Assert.Equal(packet, mail.Bytes);
    }

    [Fact]
    public void CongestionOnTheWayToTheHub_IsSeenByTheReceiver()
    {
        using Rig rig = RelayHub.Create();
        rig.In(Rig.Peer3, Gre(Packet(From, To, trafficClass: 2), 7), trafficClass: 3);
        Datagram sent = Assert.Single(rig.Port.Sent);
        Assert.Equal(3, Rig.Parse(sent).Payload[1] & 3);
        Assert.Equal(3, sent.TrafficClass & 3);
        Assert.True(InternetChecksum.IsValid(Rig.Parse(sent).Payload[..20]));
    }

    [Fact]
    public void RouteMovesAway_AfterPublication_GoesToTheKernelAgain()
    {
        using Rig rig = RelayHub.Create();
        rig.In(Rig.Peer3, Gre(Packet(From, To), 7));
        Assert.Single(rig.Port.Sent);
        rig.Table.SetBestRoute(Prefix("10.2.0.1/32"), null);
        rig.Table.Publish();
        Assert.Single(rig.In(Rig.Peer3, Gre(Packet(From, To), 7)));
        Assert.Single(rig.Port.Sent);
    }

    /// <summary>A flow keeps its order only when what the kernel's GRO has merged goes the same way as the rest of it.</summary>
    [Theory]
    [InlineData(700)]
    [InlineData(1348)]
    public void MergedByTheKernelInTheClear_IsRelayedAsThePacketsThatItWas(int size)
    {
        SuperPacket super = SuperPacket.Ordinary(size: size, length: 20_000);
        List<byte[]> segments = super.Segments();
        using Rig rig = RelayHub.Create();
        rig.In(Rig.Peer3, Gre(segments[0], 7));
        rig.In(Rig.Peer3, Gre(super.Whole(), 7));
        Assert.Empty(rig.Tun.Written);
        Assert.Equal(segments.Prepend(segments[0]).Select(RelayHub.Forwarded), rig.Port.Sent.Select(s => Rig.Parse(s).Payload.ToArray()));
        Assert.Equal((super.Count + 1, super.Count + 1, super.Count + 1), (rig.Counters.PacketsIn, rig.Counters.PacketsRelayed, rig.Counters.PacketsOut));
        Assert.Equal(rig.Counters.BytesOut, rig.Counters.BytesIn);
        Assert.Equal(0, rig.Counters.Drops.Total);
    }

    [Fact]
    public void MoreThanOneSendTakes_OneBatch_AllLeaveInOrder()
    {
        using Rig rig = RelayHub.Create();
        SuperPacket super = SuperPacket.Ordinary(size: 1348, length: 60_000);
        for (int i = 0; i < 20; i++) rig.Port.Waiting.Enqueue(new Datagram(Rig.Peer3.Address, Gre(super.Whole(), 7)));
        rig.Run();
        IEnumerable<byte[]?> expected = Enumerable.Repeat(super.Segments(), 20).SelectMany(s => s).Select(RelayHub.Forwarded);
        Assert.Equal(expected, rig.Port.Sent.Select(s => Rig.Parse(s).Payload.ToArray()));
    }

    private static void Goes(bool relayed, byte[] packet, Action<Rig>? prepare = null, Func<TunnelForwarding, TunnelForwarding>? change = null)
    {
        using Rig rig = RelayHub.Create(change);
        prepare?.Invoke(rig);
        rig.Table.Publish();
        List<byte[]> written = rig.In(Rig.Peer3, Gre(packet, 7));
        Assert.Equal((relayed ? 0 : 1, relayed ? 1 : 0, relayed ? 1 : 0), (written.Count, rig.Port.Sent.Count, (int)rig.Counters.PacketsRelayed));
        if (relayed) Assert.Equal(RelayHub.Forwarded(packet), Rig.Parse(rig.Port.Sent[0]).Payload.ToArray());
        else Assert.Equal(packet, written[0]);
        Assert.Equal((1, packet.Length), (rig.Counters.PacketsIn, rig.Counters.BytesIn));
    }

    private static Adjacency? Find(Rig rig, string nextHop, TunnelId tunnel = default) => rig.Table.TryGetAdjacency(tunnel, Prefix(nextHop), out Adjacency? found) ? found : null;
}
