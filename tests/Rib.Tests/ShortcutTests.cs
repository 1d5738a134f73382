using Dmvpn.Core;
using static Dmvpn.Rib.Tests.FakeKernel;

namespace Dmvpn.Rib.Tests;

/// <summary>NHRP shortcuts: routes of their own, and next-hop overrides that leave no gap behind them.</summary>
public sealed class ShortcutTests
{
    private readonly FakeKernel _kernel = new();

    public ShortcutTests() => _kernel.Up(Tunnel0);

    [Fact]
    public void Shortcut_WithoutARouteToThePrefix_IsARouteOfItsOwn()
    {
        _kernel.Learn("0.0.0.0/0", RouteSource.Odr, "10.0.0.1", Tunnel0, metric: 1);
        _kernel.Learn("192.168.3.0/24", RouteSource.Nhrp, "10.0.0.3", Tunnel0, metric: 1);
        Assert.Equal("192.168.3.0/24 10.0.0.3 Tunnel0 Shortcut", _kernel.Lookup("192.168.3.9"));
        Assert.Equal("0.0.0.0/0 10.0.0.1 Tunnel0 Learnt", _kernel.Lookup("192.168.3.9", withShortcuts: false));
        Assert.Equal(["o* 0.0.0.0/0 [160/1] via 10.0.0.1 Tunnel0", "H 192.168.3.0/24 [250/1] via 10.0.0.3 Tunnel0"], _kernel.Show());
        Assert.Equal(ShortcutState.Route, _kernel.Rib.Shortcut(IpPrefix.Parse("192.168.3.0/24")));
    }

    [Fact]
    public void Shortcut_OverARouteOfOurs_OverridesItAndTheOriginalIsNeverAbsent()
    {
        _kernel.Learn("192.168.3.0/24", RouteSource.Odr, "10.0.0.1", Tunnel0, metric: 1);
        _kernel.Log.Clear();
        _kernel.Learn("192.168.3.0/24", RouteSource.Nhrp, "10.0.0.3", Tunnel0, metric: 1);
        Assert.Equal("192.168.3.0/24 10.0.0.3 Tunnel0 Shortcut", _kernel.Lookup("192.168.3.9"));
        Assert.Equal("192.168.3.0/24 10.0.0.1 Tunnel0 Learnt", _kernel.Lookup("192.168.3.9", withShortcuts: false));
        Assert.Equal(["o % 192.168.3.0/24 [160/1] via 10.0.0.1 Tunnel0, NHO via 10.0.0.3 Tunnel0"], _kernel.Show());
        Assert.Equal(ShortcutState.NextHopOverride, _kernel.Rib.Shortcut(IpPrefix.Parse("192.168.3.0/24")));
        _kernel.Forget("192.168.3.0/24", RouteSource.Nhrp, "10.0.0.3", Tunnel0);
        Assert.Equal("192.168.3.0/24 10.0.0.1 Tunnel0 Learnt", _kernel.Lookup("192.168.3.9"));
        // Only the shortcut came and went: the original was in the kernel all the time.
        Assert.Equal(["+192.168.3.0/24 10.0.0.3 Tunnel0", "-192.168.3.0/24 10.0.0.3 Tunnel0"], _kernel.Log);
        Assert.Equal(ShortcutState.None, _kernel.Rib.Shortcut(IpPrefix.Parse("192.168.3.0/24")));
    }

    [Fact]
    public void Shortcut_OverARouteOfFrr_OverridesIt()
    {
        _kernel.Foreign("192.168.3.0/24", 188, 20, "10.0.0.1", Tunnel0);
        _kernel.Learn("192.168.3.0/24", RouteSource.Nhrp, "10.0.0.3", Tunnel0, metric: 1);
        Assert.Equal("192.168.3.0/24 10.0.0.3 Tunnel0 Shortcut", _kernel.Lookup("192.168.3.9"));
        Assert.Equal("192.168.3.0/24 10.0.0.1 Tunnel0 Learnt", _kernel.Lookup("192.168.3.9", withShortcuts: false));
        Assert.Equal(["O % 192.168.3.0/24 [110/20] via 10.0.0.1 Tunnel0, NHO via 10.0.0.3 Tunnel0"], _kernel.Show());
        Assert.Equal(ShortcutState.NextHopOverride, _kernel.Rib.Shortcut(IpPrefix.Parse("192.168.3.0/24")));
    }

    [Fact]
    public void Shortcut_ToAConnectedSubnet_DoesNotTakeItsPlace()
    {
        _kernel.Foreign("192.168.3.0/24", 2, 0, "", Eth0);
        _kernel.Learn("192.168.3.0/24", RouteSource.Nhrp, "10.0.0.3", Tunnel0, metric: 1);
        Assert.Equal("192.168.3.0/24 - - Connected", _kernel.Lookup("192.168.3.9"));
        Assert.Equal(["C 192.168.3.0/24 [0/0] eth0"], _kernel.Show());
    }

    [Fact]
    public void Shortcut_UnderAStaticRoutesNextHop_DoesNotResolveIt()
    {
        _kernel.Foreign("10.0.0.0/24", 2, 0, "", Tunnel0);
        _kernel.Learn("10.0.0.3/32", RouteSource.Nhrp, "", Tunnel1);
        _kernel.Up(Tunnel1);
        _kernel.Learn("192.168.0.0/16", RouteSource.Static, "10.0.0.3");
        Assert.Contains("192.168.0.0/16 10.0.0.3 Tunnel0 240 1/0", _kernel.Installed);
    }

    [Fact]
    public void TunnelDown_ShortcutAndOriginal_GoTogether()
    {
        _kernel.Learn("192.168.3.0/24", RouteSource.Odr, "10.0.0.1", Tunnel0, metric: 1);
        _kernel.Learn("192.168.3.0/24", RouteSource.Nhrp, "10.0.0.3", Tunnel0, metric: 1);
        _kernel.Up(Tunnel0, isUp: false);
        Assert.Empty(_kernel.Installed);
        Assert.Empty(_kernel.Show());
        _kernel.Up(Tunnel0);
        Assert.Equal(2, _kernel.Installed.Length);
    }
}
