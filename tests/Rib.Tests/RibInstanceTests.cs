using Dmvpn.Core;
using static Dmvpn.Rib.Tests.FakeKernel;

namespace Dmvpn.Rib.Tests;

/// <summary>Which route is installed, and when.</summary>
public sealed class RibInstanceTests
{
    private readonly FakeKernel _kernel = new();

    [Fact]
    public void StaticRoute_ByATunnel_IsInstalledWhileTheTunnelIsUp()
    {
        _kernel.Do((rib, now, outbox) => rib.Apply(Config(new StaticRoute(IpPrefix.Parse("192.168.2.0/24"), IpAddress.Parse("10.0.0.2"), Tunnel0)), now, outbox));
        Assert.Empty(_kernel.Installed);
        _kernel.Up(Tunnel0);
        Assert.Equal(["192.168.2.0/24 10.0.0.2 Tunnel0 240 1/0"], _kernel.Installed);
        _kernel.Up(Tunnel0, isUp: false);
        Assert.Empty(_kernel.Installed);
        _kernel.Up(Tunnel0);
        Assert.Single(_kernel.Installed);
    }

    [Fact]
    public void Apply_AnotherConfiguration_TouchesOnlyWhatDiffers()
    {
        _kernel.Up(Tunnel0);
        var kept = new StaticRoute(IpPrefix.Parse("192.168.1.0/24"), IpAddress.Parse("10.0.0.1"), Tunnel0);
        var changed = new StaticRoute(IpPrefix.Parse("192.168.2.0/24"), IpAddress.Parse("10.0.0.2"), Tunnel0);
        var removed = new StaticRoute(IpPrefix.Parse("192.168.3.0/24"), IpAddress.None, RibInterface.Null);
        _kernel.Do((rib, now, outbox) => rib.Apply(Config(kept, changed, removed), now, outbox));
        Assert.Equal(3, _kernel.Installed.Length);
        _kernel.Log.Clear();
        _kernel.Do((rib, now, outbox) => rib.Apply(Config(kept, changed with { Distance = 200 }), now, outbox));
        // With another distance the metric differs: first the new one, then the old one goes.
        Assert.Equal(["+192.168.2.0/24 10.0.0.2 Tunnel0", "-192.168.2.0/24 10.0.0.2 Tunnel0", "-192.168.3.0/24 Null0"], _kernel.Log);
        Assert.Equal(["192.168.1.0/24 10.0.0.1 Tunnel0 240 1/0", "192.168.2.0/24 10.0.0.2 Tunnel0 240 200/0"], _kernel.Installed);
    }

    [Fact]
    public void TwoSources_OnePrefix_LowerDistanceWinsAndTheOtherIsBackup()
    {
        _kernel.Up(Tunnel0);
        _kernel.Learn("192.168.2.0/24", RouteSource.Odr, "10.0.0.2", Tunnel0, metric: 1);
        Assert.Equal(["192.168.2.0/24 10.0.0.2 Tunnel0 241 160/1"], _kernel.Installed);
        _kernel.Learn("192.168.2.0/24", RouteSource.Static, "10.0.0.9", Tunnel0);
        Assert.Equal(["192.168.2.0/24 10.0.0.9 Tunnel0 240 1/0"], _kernel.Installed);
        _kernel.Forget("192.168.2.0/24", RouteSource.Static, "10.0.0.9", Tunnel0);
        Assert.Equal(["192.168.2.0/24 10.0.0.2 Tunnel0 241 160/1"], _kernel.Installed);
        Assert.Equal(
            ["+192.168.2.0/24 10.0.0.2 Tunnel0", "+192.168.2.0/24 10.0.0.9 Tunnel0", "-192.168.2.0/24 10.0.0.2 Tunnel0",
                "+192.168.2.0/24 10.0.0.2 Tunnel0", "-192.168.2.0/24 10.0.0.9 Tunnel0"],
            _kernel.Log);
    }

    [Fact]
    public void FloatingStatic_BehindOdr_TakesOverWhenOdrIsGone()
    {
        _kernel.Up(Tunnel0);
        _kernel.Learn("0.0.0.0/0", RouteSource.Static, "10.0.0.8", Tunnel0, distance: 200);
        _kernel.Learn("0.0.0.0/0", RouteSource.Odr, "10.0.0.1", Tunnel0, metric: 1);
        Assert.Equal(["0.0.0.0/0 10.0.0.1 Tunnel0 241 160/1"], _kernel.Installed);
        _kernel.Do((rib, now, outbox) => rib.OnSourceGone(RouteSource.Odr, now, outbox));
        Assert.Equal(["0.0.0.0/0 10.0.0.8 Tunnel0 240 200/0"], _kernel.Installed);
    }

    [Fact]
    public void NextHopLost_EqualCostPaths_TheOtherCarriesAllUntilItIsBack()
    {
        _kernel.Up(Tunnel0);
        _kernel.Learn("0.0.0.0/0", RouteSource.Odr, "10.0.0.1", Tunnel0);
        _kernel.Learn("0.0.0.0/0", RouteSource.Odr, "10.0.0.2", Tunnel0);
        string[] both = ["0.0.0.0/0 10.0.0.1 Tunnel0, 10.0.0.2 Tunnel0 241 160/0"];
        Assert.Equal(both, _kernel.Installed);
        _kernel.Lose("10.0.0.1");
        Assert.Equal(["0.0.0.0/0 10.0.0.2 Tunnel0 241 160/0"], _kernel.Installed);
        // With both lost, both are as good as before.
        _kernel.Lose("10.0.0.2");
        Assert.Equal(both, _kernel.Installed);
        _kernel.Lose("10.0.0.2", lost: false);
        Assert.Equal(["0.0.0.0/0 10.0.0.2 Tunnel0 241 160/0"], _kernel.Installed);
        _kernel.Lose("10.0.0.1", lost: false);
        Assert.Equal(both, _kernel.Installed);
    }

    [Fact]
    public void NextHopLost_FloatingStatic_TakesOver()
    {
        _kernel.Up(Tunnel0);
        _kernel.Learn("10.0.0.0/8", RouteSource.Static, "10.0.0.1", Tunnel0);
        _kernel.Learn("10.0.0.0/8", RouteSource.Static, "10.0.0.2", Tunnel0, distance: 200);
        Assert.Equal(["10.0.0.0/8 10.0.0.1 Tunnel0 240 1/0"], _kernel.Installed);
        _kernel.Lose("10.0.0.1");
        Assert.Equal(["10.0.0.0/8 10.0.0.2 Tunnel0 240 200/0"], _kernel.Installed);
        _kernel.Lose("10.0.0.1", lost: false);
        Assert.Equal(["10.0.0.0/8 10.0.0.1 Tunnel0 240 1/0"], _kernel.Installed);
    }

    [Fact]
    public void NextHopLost_OnlyRoute_StaysAndKeepsTrafficOffShorterPrefixes()
    {
        _kernel.Up(Tunnel0);
        _kernel.Learn("10.0.0.0/8", RouteSource.Static, "10.0.0.1", Tunnel0);
        _kernel.Log.Clear();
        _kernel.Lose("10.0.0.1");
        Assert.Empty(_kernel.Log);
        Assert.Single(_kernel.Installed);
        // What is lost is forgotten with its interface.
        _kernel.Learn("10.0.0.0/8", RouteSource.Static, "10.0.0.2", Tunnel0, distance: 200);
        Assert.Equal(["10.0.0.0/8 10.0.0.2 Tunnel0 240 200/0"], _kernel.Installed);
        _kernel.Up(Tunnel0, isUp: false);
        _kernel.Up(Tunnel0);
        Assert.Equal(["10.0.0.0/8 10.0.0.1 Tunnel0 240 1/0"], _kernel.Installed);
    }

    [Fact]
    public void EqualRoutes_UpToMaximumPaths_AreOneMultipathRoute()
    {
        _kernel.Up(Tunnel0);
        for (int i = 6; i > 0; i--) _kernel.Learn("192.168.2.0/24", RouteSource.Odr, $"10.0.0.{i}", Tunnel0, metric: 1);
        Assert.Equal(["192.168.2.0/24 10.0.0.1 Tunnel0, 10.0.0.2 Tunnel0, 10.0.0.3 Tunnel0, 10.0.0.4 Tunnel0 241 160/1"], _kernel.Installed);
        _kernel.Learn("192.168.2.0/24", RouteSource.Odr, "10.0.0.3", Tunnel0, metric: 2); // worse: out of the group
        Assert.Equal(["192.168.2.0/24 10.0.0.1 Tunnel0, 10.0.0.2 Tunnel0, 10.0.0.4 Tunnel0, 10.0.0.5 Tunnel0 241 160/1"], _kernel.Installed);
        _kernel.Do((rib, now, outbox) => rib.Apply(new RibConfig { MaximumPaths = 1 }, now, outbox));
        Assert.Equal(["192.168.2.0/24 10.0.0.1 Tunnel0 241 160/1"], _kernel.Installed);
    }

    [Fact]
    public void Refresh_OfAKnownRoute_DoesNothing()
    {
        _kernel.Up(Tunnel0);
        _kernel.Learn("192.168.2.0/24", RouteSource.Odr, "10.0.0.2", Tunnel0, metric: 1);
        _kernel.Advance(TimeSpan.FromSeconds(30));
        _kernel.Log.Clear();
        _kernel.Learn("192.168.2.0/24", RouteSource.Odr, "10.0.0.2", Tunnel0, metric: 1);
        Assert.Empty(_kernel.Log);
        Assert.Equal(TimeSpan.FromSeconds(30), _kernel.Rib.Routes(ipv6: false, _kernel.Now)[0].Paths[0].Age);
    }

    [Fact]
    public void Distance255_IsNeverUsed()
    {
        _kernel.Up(Tunnel0);
        _kernel.Learn("192.168.2.0/24", RouteSource.Static, "10.0.0.2", Tunnel0, distance: 255);
        Assert.Empty(_kernel.Installed);
    }

    [Fact]
    public void Recursion_ByAConnectedSubnet_FindsTheInterface()
    {
        _kernel.Up(Tunnel0);
        _kernel.Learn("192.168.0.0/16", RouteSource.Static, "10.0.0.1");
        Assert.Empty(_kernel.Installed);
        _kernel.Foreign("10.0.0.0/24", 2, 0, "", Tunnel0);
        Assert.Equal(["192.168.0.0/16 10.0.0.1 Tunnel0 240 1/0"], _kernel.Installed);
        _kernel.Foreign("10.0.0.0/24", 2, 0, "", Tunnel0, KernelChange.Removed);
        Assert.Empty(_kernel.Installed);
    }

    [Fact]
    public void Recursion_OverOtherRoutes_FollowsThemThroughAllChanges()
    {
        _kernel.Up(Tunnel0);
        _kernel.Foreign("10.0.0.0/24", 2, 0, "", Tunnel0);
        _kernel.Learn("172.30.0.0/16", RouteSource.Static, "172.29.0.1"); // by the next
        _kernel.Learn("172.29.0.0/16", RouteSource.Static, "172.28.0.1"); // by the next
        Assert.Empty(_kernel.Installed);
        _kernel.Learn("172.28.0.0/16", RouteSource.Odr, "10.0.0.2", Tunnel0, metric: 1);
        Assert.Equal(
            ["172.28.0.0/16 10.0.0.2 Tunnel0 241 160/1", "172.29.0.0/16 10.0.0.2 Tunnel0 240 1/0", "172.30.0.0/16 10.0.0.2 Tunnel0 240 1/0"], _kernel.Installed);
        _kernel.Learn("172.28.0.1/32", RouteSource.Odr, "10.0.0.3", Tunnel0, metric: 1); // more specific: both follow
        Assert.Contains("172.29.0.0/16 10.0.0.3 Tunnel0 240 1/0", _kernel.Installed);
        Assert.Contains("172.30.0.0/16 10.0.0.3 Tunnel0 240 1/0", _kernel.Installed);
        _kernel.Forget("172.28.0.1/32", RouteSource.Odr, "10.0.0.3", Tunnel0);
        _kernel.Forget("172.28.0.0/16", RouteSource.Odr, "10.0.0.2", Tunnel0);
        Assert.Empty(_kernel.Installed);
    }

    [Fact]
    public void Recursion_ByTheRouteItself_IsRefused()
    {
        _kernel.Up(Eth0);
        _kernel.Foreign("0.0.0.0/0", 16, 100, "192.0.2.1", Eth0);
        _kernel.Learn("10.0.0.0/8", RouteSource.Static, "10.0.0.1"); // once installed it would be what 10.0.0.1 is looked up by
        Assert.Empty(_kernel.Installed);
        Assert.Equal(0, _kernel.Rib.Drops[RibDrop.RecursionLoop]);
        _kernel.Foreign("10.0.0.0/24", 2, 0, "", Eth0);
        Assert.Equal(["10.0.0.0/8 10.0.0.1 eth0 240 1/0"], _kernel.Installed);
    }

    [Fact]
    public void Recursion_InACircle_EndsAndIsCounted()
    {
        _kernel.Up(Eth0);
        _kernel.Foreign("0.0.0.0/0", 16, 100, "192.0.2.1", Eth0);
        _kernel.Learn("10.1.0.0/16", RouteSource.Static, "10.2.0.1");
        _kernel.Learn("10.2.0.0/16", RouteSource.Static, "10.1.0.1");
        // Whatever is left, no two of them may stand on each other alone: without the default route both must go.
        _kernel.Foreign("0.0.0.0/0", 16, 100, "192.0.2.1", Eth0, KernelChange.Removed);
        Assert.Empty(_kernel.Installed);
    }

    [Fact]
    public void Null0_IsABlackhole()
    {
        _kernel.Learn("10.0.0.0/8", RouteSource.Static, "", RibInterface.Null);
        Assert.Equal(["10.0.0.0/8  240 1/0"], _kernel.Installed);
        Assert.Null(_kernel.Lookup("10.1.2.3"));
        Assert.Equal(["S 10.0.0.0/8 [1/0] Null0"], _kernel.Show());
    }

    [Fact]
    public void Withdraw_AtTheEnd_LeavesNothing()
    {
        _kernel.Up(Tunnel0);
        _kernel.Foreign("172.16.0.0/16", 188, 20, "10.0.0.1", Tunnel0);
        _kernel.Learn("192.168.2.0/24", RouteSource.Odr, "10.0.0.2", Tunnel0, metric: 1);
        _kernel.Learn("192.168.2.0/24", RouteSource.Nhrp, "10.0.0.3", Tunnel0);
        Assert.Equal(2, _kernel.Installed.Length);
        _kernel.Do((rib, _, outbox) => rib.Withdraw(outbox));
        Assert.Empty(_kernel.Installed);
        Assert.Equal(["O 172.16.0.0/16 [110/20] via 10.0.0.1 Tunnel0"], _kernel.Show());
    }

    private static RibConfig Config(params StaticRoute[] routes) => new() { StaticRoutes = [.. routes] };
}
