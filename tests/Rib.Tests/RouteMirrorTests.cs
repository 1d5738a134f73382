using Dmvpn.Core;
using static Dmvpn.Rib.Tests.FakeKernel;

namespace Dmvpn.Rib.Tests;

/// <summary>The mirror finds what the kernel would use.</summary>
public sealed class RouteMirrorTests
{
    private readonly RouteMirror _mirror = new();

    [Fact]
    public void Lookup_OwnAddress_IsLocalWhateverTheMainTableSays()
    {
        Add("10.0.0.1/32", 2, 0, "", Tunnel0, KernelRouteType.Local);
        Add("10.0.0.0/24", 2, 0, "", Tunnel0);
        Add("10.0.0.1/32", 188, 20, "10.0.0.9", Tunnel0);
        Assert.Equal(new RouteView(IpPrefix.Parse("10.0.0.1/32"), new TunnelId(0), IpAddress.None, RouteKind.Local), Lookup("10.0.0.1"));
        Assert.Equal(RouteKind.Connected, Lookup("10.0.0.2")!.Value.Kind);
    }

    [Fact]
    public void Lookup_SeveralRoutesToAPrefix_LowestMetricWins()
    {
        Add("0.0.0.0/0", 16, 600, "192.0.2.6", RibInterface.Of("wlan0"));
        Add("0.0.0.0/0", 16, 100, "192.0.2.1", Eth0);
        Add("0.0.0.0/0", 241, RibKernel.Metric(160, 1), "10.0.0.1", Tunnel0);
        Assert.Equal("192.0.2.1", Lookup("8.8.8.8")!.Value.NextHop.ToString());
        Remove("0.0.0.0/0", 16, 100, "192.0.2.1", Eth0);
        Assert.Equal("192.0.2.6", Lookup("8.8.8.8")!.Value.NextHop.ToString());
        Remove("0.0.0.0/0", 16, 600, "192.0.2.6", RibInterface.Of("wlan0"));
        Assert.Equal(new TunnelId(0), Lookup("8.8.8.8")!.Value.Tunnel);
    }

    [Fact]
    public void TwoProviders_RouteByTheOtherOne_IsARivalForTheSamePrefixOnly()
    {
        var eth1 = RibInterface.Of("eth1");
        IpAddress peer = IpAddress.Parse("198.51.100.1");
        Add("0.0.0.0/0", 16, 100, "192.0.2.1", Eth0);
        Assert.False(_mirror.HasRivals(peer));
        Assert.False(_mirror.HasRivalBy(peer, "eth1", out _));
        Add("0.0.0.0/0", 16, 200, "203.0.113.1", eth1);
        Assert.True(_mirror.HasRivals(peer));
        Assert.True(_mirror.HasRivalBy(peer, "eth1", out IpPrefix prefix));
        Assert.Equal(0, prefix.Length);
        Assert.False(_mirror.HasRivalBy(peer, "eth0", out _));
        Assert.False(_mirror.HasRivalBy(peer, "lo", out _));

        // A line of its own to that peer is what somebody wants.
        Add("198.51.100.0/24", 4, 0, "192.0.2.9", RibInterface.Of("line"));
        Assert.False(_mirror.HasRivals(peer));
        Assert.False(_mirror.HasRivalBy(peer, "eth1", out _));
        Remove("198.51.100.0/24", 4, 0, "192.0.2.9", RibInterface.Of("line"));

        // One by a tunnel is none, and the last one by an interface has no rival.
        Remove("0.0.0.0/0", 16, 200, "203.0.113.1", eth1);
        Add("0.0.0.0/0", 241, RibKernel.Metric(160, 1), "10.0.0.1", Tunnel0);
        Assert.False(_mirror.HasRivals(peer));
        Assert.False(_mirror.HasRivalBy(peer, "eth1", out _));
    }

    [Fact]
    public void TwoProvidersInOneRoute_EachIsTheOthersRival()
    {
        RibNextHop first = new(IpAddress.Parse("192.0.2.1"), Eth0), second = new(IpAddress.Parse("203.0.113.1"), RibInterface.Of("eth1"));
        IpPrefix all = IpPrefix.Parse("0.0.0.0/0");
        _mirror.Apply(new KernelRoute(all, KernelRouteType.Unicast, 4, 0, [first, second]), KernelChange.Added, Instant.Zero);
        foreach (string link in (string[])["eth0", "eth1"])
            Assert.True(_mirror.HasRivals(IpAddress.Parse("198.51.100.1")) && _mirror.HasRivalBy(IpAddress.Parse("198.51.100.1"), link, out _));
    }

    [Fact]
    public void Lookup_DiscardRoute_IsNoRoute()
    {
        Add("0.0.0.0/0", 4, 0, "192.0.2.1", Eth0);
        _mirror.Apply(new KernelRoute(IpPrefix.Parse("10.0.0.0/8"), KernelRouteType.Discard, 4, 0, []), KernelChange.Added, Instant.Zero);
        Assert.Null(Lookup("10.1.1.1"));
        Assert.NotNull(Lookup("11.1.1.1"));
    }

    [Fact]
    public void Replace_WithTheSameMetric_LeavesOne()
    {
        Add("10.0.0.0/8", 188, 20, "10.0.0.1", Tunnel0);
        _mirror.Apply(Route("10.0.0.0/8", 188, 20, "10.0.0.2", Tunnel0), KernelChange.Replaced, Instant.Zero);
        Assert.Equal(1, _mirror.Count);
        Assert.Equal("10.0.0.2", Lookup("10.9.9.9")!.Value.NextHop.ToString());
    }

    [Fact]
    public void SamePrefix_OnTwoInterfaces_AreTwoRoutes()
    {
        Add("10.0.0.0/24", 2, 0, "", Eth0);
        Add("10.0.0.0/24", 2, 0, "", RibInterface.Of("eth1"));
        Add("10.0.0.0/24", 2, 0, "", Eth0);
        Assert.Equal(2, _mirror.Count);
        Remove("10.0.0.0/24", 2, 0, "", Eth0);
        Assert.Equal("eth1", _mirror.RoutesTo(IpPrefix.Parse("10.0.0.0/24"))[0].Route.NextHops[0].Interface.Name);
    }

    [Fact]
    public void IPv6_IsApartFromIPv4()
    {
        Add("::/0", 3, 1024, "2001:db8::1", Eth0);
        Assert.Null(Lookup("10.0.0.1"));
        Assert.Equal("2001:db8::1", Lookup("2001:db8:1::1")!.Value.NextHop.ToString());
    }

    [Fact]
    public void InterfaceDown_ItsRoutes_AreGone()
    {
        Add("10.0.0.0/24", 2, 0, "", Tunnel0);
        Add("192.168.0.0/16", 188, 20, "10.0.0.2", Tunnel0);
        Add("192.0.2.0/24", 2, 0, "", Eth0);
        var changed = new List<IpPrefix>();
        _mirror.RemoveInterface(Tunnel0, changed);
        Assert.Equal([IpPrefix.Parse("10.0.0.0/24"), IpPrefix.Parse("192.168.0.0/16")], changed);
        Assert.Equal(1, _mirror.Count);
    }

    [Fact]
    public void ConnectedPrefixes_ForOdr_AreTheLansAndLoopbacks()
    {
        int before = _mirror.ConnectedVersion;
        Add("192.168.1.0/24", 2, 0, "", RibInterface.Of("lan0"));
        Add("192.168.1.1/32", 2, 0, "", RibInterface.Of("lan0"), KernelRouteType.Local);
        Add("172.20.1.1/32", 2, 0, "", RibInterface.Of("lo"), KernelRouteType.Local);
        Add("127.0.0.0/8", 2, 0, "", RibInterface.Of("lo"), KernelRouteType.Local);
        Add("192.0.2.0/24", 2, 0, "", Eth0);
        Add("192.0.2.7/32", 2, 0, "", Eth0, KernelRouteType.Local);
        Add("10.0.0.0/24", 2, 0, "", Tunnel0);
        Add("10.0.0.2/32", 2, 0, "", Tunnel0, KernelRouteType.Local);
        Add("10.9.0.0/16", 188, 20, "192.168.1.9", RibInterface.Of("lan0"));
        Assert.NotEqual(before, _mirror.ConnectedVersion);
        Assert.Equal(
            [IpPrefix.Parse("172.20.1.1/32"), IpPrefix.Parse("192.168.1.0/24")],
            _mirror.ConnectedPrefixes(ipv6: false, new HashSet<RibInterface> { Eth0, Tunnel0 }));
        before = _mirror.ConnectedVersion;
        Add("10.8.0.0/16", 188, 20, "192.168.1.9", RibInterface.Of("lan0"));
        Assert.Equal(before, _mirror.ConnectedVersion);
    }

    [Fact]
    public void OneNextHopOfAnIPv6MultipathRoute_Removed_TheOthersStay()
    {
        RibNextHop first = new(IpAddress.Parse("2001:db8::1"), Eth0), second = new(IpAddress.Parse("2001:db8::2"), Eth0);
        IpPrefix prefix = IpPrefix.Parse("2001:db8:9::/48");
        _mirror.Apply(new KernelRoute(prefix, KernelRouteType.Unicast, 3, 1024, [first, second]), KernelChange.Replaced, Instant.Zero);
        Remove("2001:db8:9::/48", 3, 1024, "2001:db8::1", Eth0);
        Assert.Equal([second], _mirror.RoutesTo(prefix)[0].Route.NextHops);
        Remove("2001:db8:9::/48", 3, 1024, "2001:db8::2", Eth0);
        Assert.Equal(0, _mirror.Count);
    }

    [Fact]
    public void AddressOnALan_LookedUp_StandsForItsSubnet()
    {
        Add("192.168.3.1/32", 2, 0, "", Eth0, KernelRouteType.Local);
        Assert.Equal(IpPrefix.Parse("192.168.3.1/32"), Lookup("192.168.3.1")!.Value.Prefix);
        Add("192.168.3.0/24", 2, 0, "", Eth0);
        Assert.Equal(new RouteView(IpPrefix.Parse("192.168.3.0/24"), null, IpAddress.None, RouteKind.Local), Lookup("192.168.3.1"));
    }

    [Fact]
    public void HundredThousandRoutes_LookupsAndChanges_CostTheSameAndLookupsAllocateNothing()
    {
        for (uint i = 0; i < 100_000; i++)
        {
            var prefix = new IpPrefix(IpAddress.FromIPv4(0x1400_0000 + (i << 8)), 24);
            _mirror.Apply(new KernelRoute(prefix, KernelRouteType.Unicast, 186, 20, [new RibNextHop(IpAddress.FromIPv4(0x0A00_0000 + i), Tunnel0)]), KernelChange.Added, Instant.Zero);
        }
        Assert.Equal(100_000, _mirror.Count);
        for (int i = 0; i < 100; i++) Lookup("20.1.2.3");
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (uint i = 0; i < 100_000; i++)
        {
            Assert.True(_mirror.TryLookup(IpAddress.FromIPv4(0x1400_0007 + (i << 8)), withShortcuts: i % 2 == 0, out RouteView route));
            if (route.NextHop.ToUInt32() != 0x0A00_0000 + i) Assert.Fail("another route");
        }
        Dmvpn.Tests.Allocation.AssertNone(GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static KernelRoute Route(string prefix, byte protocol, uint metric, string nextHop, RibInterface by, KernelRouteType type = KernelRouteType.Unicast) =>
        new(IpPrefix.Parse(prefix), type, protocol, metric, [new RibNextHop(nextHop.Length == 0 ? IpAddress.None : IpAddress.Parse(nextHop), by)]);

    private void Add(string prefix, byte protocol, uint metric, string nextHop, RibInterface by, KernelRouteType type = KernelRouteType.Unicast) =>
        _mirror.Apply(Route(prefix, protocol, metric, nextHop, by, type), KernelChange.Added, Instant.Zero);

    private void Remove(string prefix, byte protocol, uint metric, string nextHop, RibInterface by) =>
        Assert.True(_mirror.Apply(Route(prefix, protocol, metric, nextHop, by), KernelChange.Removed, Instant.Zero));

    private RouteView? Lookup(string destination) => _mirror.TryLookup(IpAddress.Parse(destination), withShortcuts: true, out RouteView route) ? route : null;
}
