using Dmvpn.Core;
using Dmvpn.Runtime.Netlink;

namespace Dmvpn.Runtime.Tests.Netlink;

public sealed class RtnetlinkTests : IDisposable
{
    private readonly TestNetwork _network = TestNetwork.CreateOrSkip();
    private readonly NetworkNamespace _space;
    private readonly Rtnetlink _rtnetlink;
    private readonly int _link;

    public RtnetlinkTests()
    {
        _space = _network.Add();
        _network.AddLink(_space, "d0");
        TestNetwork.Ip(_space, "link set d0 up");
        _rtnetlink = _space.Run(() => new Rtnetlink());
        _link = _rtnetlink.FindLink("d0")!.Index;
    }

    public void Dispose()
    {
        _rtnetlink.Dispose();
        _network.Dispose();
    }

    [Fact]
    public void Links_OfANamespace_AreListedAndFoundByNameAndIndex()
    {
        Assert.Equal(["d0", "lo"], _rtnetlink.Links().Select(link => link.Name).Order());
        LinuxLink link = _rtnetlink.FindLink(_link)!;
        Assert.Equal("d0", link.Name);
        Assert.Equal("veth", link.Kind);
        Assert.True(link.IsUp);
        Assert.Equal(1500, link.Mtu);
        Assert.Null(_rtnetlink.FindLink("nosuch"));
        Assert.Null(_rtnetlink.FindLink(4711));
    }

    [Fact]
    public void SetLink_EveryProperty_IsWhatTheKernelThenSays()
    {
        Assert.True(_rtnetlink.SetLink(_link, new LinkChange { Mtu = 1400, QueueLength = 77, Up = false }).IsNone);
        Assert.True(_rtnetlink.SetLink(_link, new LinkChange { Name = "Tunnel7" }).IsNone);
        LinuxLink link = _rtnetlink.FindLink("Tunnel7")!;
        Assert.Equal((_link, 1400, 77, false), (link.Index, link.Mtu, link.QueueLength, link.IsUp));
        Assert.True(_rtnetlink.SetLink(_link, new LinkChange { Up = true }).IsNone);
        Assert.True(_rtnetlink.FindLink(_link)!.IsUp);
    }

    [Fact]
    public void SetLink_MtuOutOfRange_GivesTheKernelsOwnWords()
    {
        LinuxError error = _rtnetlink.SetLink(_link, new LinkChange { Mtu = 10 });
        Assert.Equal(Errno.Invalid, error.Number);
        Assert.Equal("mtu less than device minimum", error.Detail);
        Assert.Equal(Errno.NoDevice, _rtnetlink.SetLink(4711, new LinkChange { Up = true }).Number);
    }

    [Theory]
    [InlineData("10.1.2.3", 24)]
    [InlineData("2001:db8:1::5", 64)]
    [InlineData("fe80::77", 64)]
    public void Address_AddedListedRemoved_IsThereAndThenGone(string text, int length)
    {
        var address = new LinuxAddress(_link, IpAddress.Parse(text), length) { Flags = AddressFlags.NoDuplicateDetection };
        Assert.True(_rtnetlink.AddAddress(address).IsNone);
        Assert.Equal(Errno.Exists, _rtnetlink.AddAddress(address).Number);
        LinuxAddress listed = Assert.Single(_rtnetlink.Addresses(_link), one => one.Address == address.Address);
        Assert.Equal(length, listed.PrefixLength);
        Assert.True(listed.Peer.IsNone);
        Assert.Equal(0u, (uint)(listed.Flags & AddressFlags.Tentative));
        Assert.True(_rtnetlink.RemoveAddress(address).IsNone);
        Assert.DoesNotContain(_rtnetlink.Addresses(), one => one.Address == address.Address);
        Assert.Equal(Errno.AddressNotAvailable, _rtnetlink.RemoveAddress(address).Number);
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.2", 32)]
    [InlineData("2001:db8::1", "2001:db8::2", 128)]
    public void Address_WithPeer_KeepsBothEnds(string local, string peer, int length)
    {
        var address = new LinuxAddress(_link, IpAddress.Parse(local), length) { Peer = IpAddress.Parse(peer) };
        Assert.True(_rtnetlink.AddAddress(address).IsNone);
        LinuxAddress listed = Assert.Single(_rtnetlink.Addresses(), one => one.Address == address.Address);
        Assert.Equal(address.Peer, listed.Peer);
        Assert.Equal(IpPrefix.Host(address.Peer), listed.Subnet);
        Assert.True(_rtnetlink.RemoveAddress(address).IsNone);
    }

    public static TheoryData<string, string, string> Routes => new()
    {
        { "10.9.0.0/16", "", "10.9.0.0/16 dev d0 scope link metric 10" },
        { "10.9.0.0/16", "10.1.0.9", "10.9.0.0/16 via 10.1.0.9 dev d0 metric 10" },
        { "0.0.0.0/0", "10.1.0.9", "default via 10.1.0.9 dev d0 metric 10" },
        { "10.9.0.0/16", "2001:db8:1::9", "10.9.0.0/16 via inet6 2001:db8:1::9 dev d0 metric 10" },
        { "2001:db8:9::/48", "", "2001:db8:9::/48 dev d0 metric 10 pref medium" },
        { "::/0", "2001:db8:1::9", "default via 2001:db8:1::9 dev d0 metric 10 pref medium" },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public void Route_AddedListedDeleted_IsWhatIpRouteShows(string prefix, string gateway, string shown)
    {
        AddSubnets();
        LinuxRoute route = Route(prefix, gateway.Length == 0 ? [] : [gateway]);
        Assert.Equal(LinuxError.None, _rtnetlink.Apply(new RouteCommand(RouteCommandKind.Add, route)));
        Assert.Equal(Errno.Exists, _rtnetlink.Apply(new RouteCommand(RouteCommandKind.Add, route)).Number);
        string family = route.Prefix.IsIPv4 ? "-4" : "-6";
        Assert.Equal(shown, TestNetwork.Ip(_space, $"{family} route show proto 191").Trim());
        Assert.Equal(route with { Scope = ScopeOf(prefix, gateway) }, Assert.Single(_rtnetlink.Routes(new LinuxRouteFilter { Protocol = 191 })));
        Assert.Equal(LinuxError.None, _rtnetlink.Apply(new RouteCommand(RouteCommandKind.Delete, route)));
        Assert.Empty(_rtnetlink.Routes(new LinuxRouteFilter { Protocol = 191 }));
        Assert.Equal(Errno.NoSuchProcess, _rtnetlink.Apply(new RouteCommand(RouteCommandKind.Delete, route)).Number);

        static RouteScope ScopeOf(string prefix, string gateway) =>
            gateway.Length == 0 && prefix.Contains('.') ? RouteScope.Link : RouteScope.Universe;
    }

    [Theory]
    [InlineData("10.9.0.0/16", "10.1.0.8", "10.1.0.9")]
    [InlineData("2001:db8:9::/48", "2001:db8:1::8", "2001:db8:1::9")]
    public void Route_TwoNextHopsThenOne_IsReplacedWhole(string prefix, string first, string second)
    {
        AddSubnets();
        LinuxRoute both = Route(prefix, [first, second]);
        Assert.Equal(LinuxError.None, _rtnetlink.Apply(new RouteCommand(RouteCommandKind.Add, both)));
        Assert.Equal(both, Assert.Single(_rtnetlink.Routes(new LinuxRouteFilter { Protocol = 191 })));
        LinuxRoute one = Route(prefix, [second]);
        Assert.Equal(LinuxError.None, _rtnetlink.Apply(new RouteCommand(RouteCommandKind.Replace, one)));
        Assert.Equal(one, Assert.Single(_rtnetlink.Routes(new LinuxRouteFilter { Protocol = 191 })));
    }

    [Theory]
    [InlineData("10.9.0.0/16")]
    [InlineData("2001:db8:9::/48")]
    public void Route_BlackholeInAnotherTable_IsListedByTable(string prefix)
    {
        LinuxRoute route = Route(prefix, []) with { Type = LinuxRouteType.Blackhole, NextHops = [], Table = 1000 };
        Assert.Equal(LinuxError.None, _rtnetlink.Apply(new RouteCommand(RouteCommandKind.Add, route)));
        Assert.Equal(route, Assert.Single(_rtnetlink.Routes(new LinuxRouteFilter { Table = 1000 })));
        Assert.DoesNotContain(route, _rtnetlink.Routes(new LinuxRouteFilter { Table = LinuxRoute.MainTable }));
        Assert.Empty(_rtnetlink.Routes(new LinuxRouteFilter { Table = 1001 }));
    }

    [Fact]
    public void Route_OnLinkGatewayWithSourceAndMtu_KeepsThem()
    {
        AddSubnets();
        LinuxRoute route = Route("10.9.0.0/16", []) with
        {
            NextHops = [new LinuxNextHop(_link, IpAddress.Parse("172.31.0.1")) { OnLink = true }],
            PreferredSource = IpAddress.Parse("10.1.0.1"),
            Mtu = 1300,
        };
        Assert.Equal(Errno.NetworkUnreachable, _rtnetlink.Apply(new RouteCommand(RouteCommandKind.Add,
            route with { NextHops = [new LinuxNextHop(_link, IpAddress.Parse("172.31.0.1"))] })).Number);
        Assert.Equal(LinuxError.None, _rtnetlink.Apply(new RouteCommand(RouteCommandKind.Add, route)));
        Assert.Equal(route, Assert.Single(_rtnetlink.Routes(new LinuxRouteFilter { Protocol = 191 })));
    }

    [Fact]
    public void LookUpRoute_ReachableAndNot_GivesSourceOrError()
    {
        AddSubnets();
        Assert.Equal(LinuxError.None, _rtnetlink.LookUpRoute(IpAddress.Parse("10.1.0.77"), IpAddress.None, out LinuxRoute? route));
        Assert.Equal(IpAddress.Parse("10.1.0.1"), route!.PreferredSource);
        Assert.Equal(_link, route.NextHops[0].LinkIndex);
        Assert.Equal(LinuxError.None, _rtnetlink.LookUpRoute(IpAddress.Parse("2001:db8:1::77"), IpAddress.Parse("2001:db8:1::1"), out route));
        Assert.Equal(_link, route!.NextHops[0].LinkIndex);
        Assert.Equal(Errno.NetworkUnreachable, _rtnetlink.LookUpRoute(IpAddress.Parse("203.0.113.1"), IpAddress.None, out route).Number);
        Assert.Null(route);
    }

    [Fact]
    public void Apply_TenThousandRoutesWithSomeRefused_AllOthersAreThereAndEachResultIsItsOwn()
    {
        AddSubnets();
        var commands = new RouteCommand[10_000];
        for (int i = 0; i < commands.Length; i++)
        {
            string gateway = i % 1000 == 999 ? "203.0.113.1" : "10.1.0.9";
            commands[i] = new RouteCommand(RouteCommandKind.Add, Route($"11.{i >> 8}.{i & 255}.0/24", [gateway]));
        }
        var results = new LinuxError[commands.Length];
        _rtnetlink.Apply(commands, results);
        for (int i = 0; i < results.Length; i++)
        {
            Assert.Equal(i % 1000 == 999 ? Errno.NetworkUnreachable : Errno.None, results[i].Number);
        }
        Assert.Equal(9_990, _rtnetlink.Routes(new LinuxRouteFilter { Protocol = 191 }).Count);
        _rtnetlink.Apply([.. commands.Select(command => command with { Kind = RouteCommandKind.Delete })], results);
        Assert.Equal(10, results.Count(result => result.Number == Errno.NoSuchProcess));
        Assert.Empty(_rtnetlink.Routes(new LinuxRouteFilter { Protocol = 191 }));
    }

    [Theory]
    [InlineData("11.1.0.0/16")]
    [InlineData("2001:db8:11::/64")]
    public void Routes_DumpedWhileOthersComeAndGo_HaveEachThatStaysOnce(string within)
    {
        AddSubnets();
        LinuxRoute[] some = [.. Enumerable.Range(0, 4000).Select(i => Route(Host(within, i), []))];
        LinuxRoute[] staying = [.. some.Where((_, i) => i % 2 == 0)], coming = [.. some.Where((_, i) => i % 2 == 1)];
        _rtnetlink.Apply(Commands(RouteCommandKind.Add, staying), new LinuxError[staying.Length]);
        using Rtnetlink other = _space.Run(() => new Rtnetlink());
        using var stop = new CancellationTokenSource();
        int rounds = 0;
        var churn = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (RouteCommandKind kind in new[] { RouteCommandKind.Replace, RouteCommandKind.Delete })
                {
                    other.Apply(Commands(kind, coming), new LinuxError[coming.Length]);
                }
                Interlocked.Increment(ref rounds);
            }
        });
        churn.Start();
        var stays = staying.Select(route => route.Prefix).ToHashSet();
        try
        {
            for (int dump = 0; dump < 5 || Volatile.Read(ref rounds) < 3; dump++)
            {
                List<LinuxRoute> routes = _rtnetlink.Routes(new LinuxRouteFilter { Protocol = 191 });
                Assert.Equal(stays.Count, routes.Count(route => stays.Contains(route.Prefix)));
            }
        }
        finally
        {
            stop.Cancel();
            churn.Join();
        }

        static RouteCommand[] Commands(RouteCommandKind kind, LinuxRoute[] routes) => [.. routes.Select(route => new RouteCommand(kind, route))];
        static string Host(string within, int i)
        {
            IpAddress network = IpPrefix.Parse(within).Address;
            return IpPrefix.Host(IpAddress.FromBits(network.High, network.Low + (uint)i)).ToString();
        }
    }

    private void AddSubnets()
    {
        TestNetwork.Ip(_space, "address add 10.1.0.1/24 dev d0");
        TestNetwork.Ip(_space, "address add 2001:db8:1::1/64 dev d0 nodad");
    }

    private LinuxRoute Route(string prefix, ReadOnlySpan<string> gateways)
    {
        var hops = new List<LinuxNextHop>();
        foreach (string gateway in gateways) hops.Add(new LinuxNextHop(_link, IpAddress.Parse(gateway)));
        if (hops.Count == 0) hops.Add(new LinuxNextHop(_link));
        return new LinuxRoute(IpPrefix.Parse(prefix)) { Protocol = 191, Metric = 10, NextHops = [.. hops] };
    }
}
