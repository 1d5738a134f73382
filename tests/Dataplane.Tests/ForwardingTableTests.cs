using Dmvpn.Core;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests;

public sealed class ForwardingTableTests
{
    [Fact]
    public void NothingChanged_Publish_KeepsTheSnapshot()
    {
        using var rig = new Rig();
        ForwardingSnapshot before = rig.Table.Current;
        rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("10.0.0.2/32"), Rig.Peer2);
        rig.Table.SetRoute(Rig.Tunnel0, Prefix("10.2.0.0/16"), [Ip("10.0.0.2")]);
        rig.Table.RemoveRoute(Rig.Tunnel0, Prefix("10.250.0.0/16"));
        rig.Table.RemoveAdjacency(Rig.Tunnel0, Prefix("10.0.0.250/32"));
        rig.Table.RemoveMulticast(Rig.Tunnel0, Rig.Peer2);
        rig.Table.RemoveBestRoute(Prefix("10.250.0.0/16"));
        rig.Table.SetRoute(new TunnelId(9), Prefix("10.2.0.0/16"), []);
        Assert.False(rig.Table.RemoveTunnel(new TunnelId(9)));
        Assert.False(rig.Table.Publish());
        Assert.Same(before, rig.Table.Current);
    }

    [Fact]
    public void MappingMoves_CountersGoOnAndOldSnapshotIsUntouched()
    {
        using var rig = new Rig();
        rig.Out(Packet("10.0.0.1", "10.0.0.2", 10));
        TunnelSnapshot before = rig.Tunnel;
        Adjacency moved = rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("10.0.0.2/32"), Rig.Peer3)!;
        rig.Table.Publish();
        Assert.Equal((1, 30, rig.Now), (moved.PacketsOut, moved.BytesOut, moved.LastUsed));
        Assert.True(before.TryGetAdjacency(Prefix("10.0.0.2/32"), out Adjacency? old));
        Assert.Equal(Rig.Peer2, old.Peer);
        Assert.Equal(Rig.Peer3.Address, Assert.Single(rig.Out(Packet("10.0.0.1", "10.0.0.2"))).Peer);
    }

    [Fact]
    public void OneTunnelChanges_OthersKeepTheirSnapshot()
    {
        using var rig = new Rig();
        rig.AddTunnel(new TunnelForwarding { Tunnel = new TunnelId(1) });
        TunnelSnapshot first = rig.Table.Current.Tunnels[0], second = rig.Table.Current.Tunnels[1];
        rig.Table.SetAdjacency(new TunnelId(1), Prefix("10.9.0.2/32"), Rig.Peer2);
        rig.Table.Publish();
        Assert.Same(first, rig.Table.Current.Tunnels[0]);
        Assert.NotSame(second, rig.Table.Current.Tunnels[1]);
        Assert.True(rig.Table.Current.Tunnels[1].Version > second.Version);
    }

    [Fact]
    public void ConfigurationChanges_RoutesMappingsAndCountersStay()
    {
        using var rig = new Rig();
        rig.Out(Packet("10.0.0.1", "10.0.0.2"));
        TunnelCounters counters = rig.Table.SetTunnel(rig.Config with { Key = 8 }, rig.Underlay, [rig.Tun]);
        rig.Table.Publish();
        Assert.Equal(1, counters.PacketsOut);
        Assert.Equal(8u, Rig.Parse(Assert.Single(rig.Out(Packet("10.0.0.1", "10.2.0.1")))).Key);
        Assert.Single(rig.In(Rig.Peer2, Gre(Packet("10.2.0.1", "10.0.0.1"), 8)));
        Assert.Empty(rig.In(Rig.Peer2, Gre(Packet("10.2.0.1", "10.0.0.1"), 7)));
    }

    [Fact]
    public void StaticMapWithMask_CoversItsNextHops_AndAHostMappingIsPreferred()
    {
        using var rig = new Rig();
        rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("10.0.0.128/25"), Rig.Peer3);
        rig.Table.Publish();
        Assert.Equal(Rig.Peer3.Address, Assert.Single(rig.Out(Packet("10.0.0.1", "10.0.0.200"))).Peer);
        rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("10.0.0.200/32"), Rig.Peer2);
        rig.Table.Publish();
        Assert.Equal(Rig.Peer2.Address, Assert.Single(rig.Out(Packet("10.0.0.1", "10.0.0.200"))).Peer);
    }

    [Fact]
    public void HundredThousandSpokes_OneMoreMappingRouteAndMulticastPeer_CopiesFewBytes()
    {
        using var rig = new Rig();
        void Add(uint number)
        {
            IpAddress address = IpAddress.FromIPv4(0x0A80_0000 + number);
            var peer = new NbmaPeer(IpAddress.FromIPv4(0x6440_0000 + number));
            rig.Table.SetAdjacency(Rig.Tunnel0, IpPrefix.Host(address), peer);
            rig.Table.SetRoute(Rig.Tunnel0, new IpPrefix(IpAddress.FromIPv4(0xAC00_0000 + (number << 4)), 28), [address]);
            rig.Table.AddMulticast(Rig.Tunnel0, peer);
        }

        for (uint i = 0; i < 100_000; i++) Add(i);
        rig.Table.Publish();
        rig.Table.RemoveMulticast(Rig.Tunnel0, new NbmaPeer(IpAddress.FromIPv4(0x6440_0000)));   // makes room in the index
        long before = GC.GetAllocatedBytesForCurrentThread();
        Add(100_000);
        rig.Table.Publish();
        long used = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(used, 1, 20_000);   // two paths of 17 nodes, one chunk of multicast peers and the row of chunks
        Assert.Equal(Ip("100.65.134.160"), Assert.Single(rig.Out(Packet("10.0.0.1", IpAddress.FromIPv4(0xAC00_0000 + (100_000 << 4) + 5).ToString()))).Peer);
    }
}
