using Dmvpn.Core;
using Dmvpn.Daemon.Routing;
using Dmvpn.Dataplane;
using Dmvpn.Rib;

namespace Dmvpn.Daemon.Tests.Routing;

public sealed class ForwardingMirrorTests
{
    private const byte Static = 4;

    private static readonly TunnelId One = new(1), Two = new(2);
    private static readonly RibInterface Eth = RibInterface.Of("eth0");
    private static readonly IpPrefix Lan = IpPrefix.Parse("192.168.1.0/24");

    private readonly RibInstance _rib = new();
    private readonly ForwardingTable _table = new();
    private readonly Outbox<RibEffect> _outbox = new();
    private readonly ForwardingMirror _mirror;

    public ForwardingMirrorTests()
    {
        _mirror = new ForwardingMirror(_rib.Mirror, _table);
        foreach (TunnelId tunnel in (TunnelId[])[One, Two]) _table.SetTunnel(new TunnelForwarding { Tunnel = tunnel }, null, []);
    }

    [Fact]
    public void Update_RouteToATunnel_ForwardedAndReportedOnce()
    {
        Assert.True(Add(Via("10.0.0.2", One)));
        Assert.Equal("10.0.0.2", Hops(One));
        Assert.Equal((true, One), Best());
        Assert.False(_mirror.Update(Lan));
    }

    [Fact]
    public void Update_RouteWithoutGateway_NextHopIsTheDestination()
    {
        Add(Via("", One));
        Assert.Equal("", Hops(One));
    }

    [Fact]
    public void Update_SeveralHops_ThoseByTheTunnel()
    {
        Tell(KernelChange.Added, Route(Static, 0, Hop("10.0.0.2", One), Hop("10.0.0.3", One), Hop("10.1.0.2", Two)));
        Assert.True(_mirror.Update(Lan));
        Assert.Equal("10.0.0.2 10.0.0.3", Hops(One));
        Assert.Equal("10.1.0.2", Hops(Two)); // the kernel chooses between the tunnels
        Assert.True(IsPartial(One) && IsPartial(Two));
        Assert.True(Replace(Route(Static, 0, Hop("10.0.0.2", One), Hop("10.0.0.3", One))));
        Assert.False(IsPartial(One));
        Assert.Null(Hops(Two));
    }

    [Fact]
    public void UpdateOther_TableOfAPolicyRule_ItsNextHopsCountWhereMainHasNone()
    {
        _mirror.UpdateOther(Lan, 100, Via("10.0.0.9", One));
        Assert.Equal("10.0.0.9", Hops(One));
        Assert.Equal((false, null), Best());
        Add(Via("10.0.0.2", One));
        Assert.Equal("10.0.0.2", Hops(One));
        Remove(Via("10.0.0.2", One));
        Assert.Equal("10.0.0.9", Hops(One));
        _mirror.UpdateOther(Lan, 100, null);
        Assert.Null(Hops(One));
    }

    [Fact]
    public void Update_AnotherInterfaceWins_WhatComesByARuleStillHasItsNextHop()
    {
        Add(Route(Static, 10, new RibNextHop(IpAddress.Parse("192.0.2.1"), Eth)));
        Add(Route(Static, 100, Hop("10.0.0.2", One)));
        Assert.Equal("10.0.0.2", Hops(One));
        Assert.Equal((true, null), Best());
        Assert.True(IsPartial(One));
    }

    [Fact]
    public void Update_RouteMovesToAnotherTunnel_FormerForgetsIt()
    {
        Add(Via("10.0.0.2", One));
        Assert.True(Replace(Via("10.1.0.2", Two)));
        Assert.Null(Hops(One));
        Assert.Equal("10.1.0.2", Hops(Two));
        Assert.Equal((true, Two), Best());
    }

    [Fact]
    public void Update_RouteMovesToAnotherInterface_NoTunnelButKnown()
    {
        Add(Via("10.0.0.2", One));
        Assert.True(Replace(Route(Static, 0, new RibNextHop(IpAddress.Parse("192.0.2.1"), Eth))));
        Assert.Null(Hops(One));
        Assert.Equal((true, null), Best());
    }

    [Fact]
    public void Update_RouteRemoved_Unknown()
    {
        Add(Via("10.0.0.2", One));
        Assert.True(Remove(Via("10.0.0.2", One)));
        Assert.Null(Hops(One));
        Assert.Equal((false, null), Best());
    }

    [Fact]
    public void Update_ShortcutOverARoute_ForwardedButNotReported()
    {
        Add(Route(RibKernel.OdrProtocol, 500, Hop("10.0.0.1", One)));
        KernelRoute shortcut = Route(RibKernel.NhrpProtocol, RibKernel.ShortcutMetric, Hop("10.0.0.3", One));
        Assert.False(Add(shortcut));
        Assert.Equal("10.0.0.3", Hops(One));
        Assert.False(Remove(shortcut));
        Assert.Equal("10.0.0.1", Hops(One));
    }

    [Fact]
    public void Update_RouteUnderAShortcutChanges_Reported()
    {
        Add(Route(RibKernel.OdrProtocol, 500, Hop("10.0.0.1", One)));
        Add(Route(RibKernel.NhrpProtocol, RibKernel.ShortcutMetric, Hop("10.0.0.3", One)));
        Assert.True(Remove(Route(RibKernel.OdrProtocol, 500, Hop("10.0.0.1", One))));
        Assert.Equal("10.0.0.3", Hops(One));
    }

    [Fact]
    public void Update_OwnAddress_NeverIntoATunnel()
    {
        IpPrefix own = IpPrefix.Parse("10.0.0.1/32");
        Tell(KernelChange.Added, new KernelRoute(own, KernelRouteType.Local, 2, 0, [new RibNextHop(IpAddress.None, RibInterface.Of(One))]));
        Tell(KernelChange.Added, Via("10.0.0.9", One) with { Prefix = own });
        Assert.True(_mirror.Update(own));
        Assert.False(_table.TryGetRoute(One, own, out _));
        _table.Publish();
        Assert.True(_table.Current.BestRoutes.TryGet(own, out TunnelId? best));
        Assert.Null(best);
    }

    [Fact]
    public void Update_OwnAddressGoes_RouteUnderItCounts()
    {
        IpPrefix own = IpPrefix.Parse("10.0.0.1/32");
        var local = new KernelRoute(own, KernelRouteType.Local, 2, 0, [new RibNextHop(IpAddress.None, RibInterface.Of(One))]);
        Tell(KernelChange.Added, local);
        Tell(KernelChange.Added, Via("10.0.0.9", One) with { Prefix = own });
        _mirror.Update(own);
        Tell(KernelChange.Removed, local);
        Assert.True(_mirror.Update(own));
        Assert.True(_table.TryGetRoute(One, own, out FibEntry? entry));
        Assert.Equal("10.0.0.9", entry.NextHops[0].ToString());
    }

    /// <summary><c>ip route add local 192.168.0.0/16 dev lo</c>: the local table goes before longer prefixes of the main one.</summary>
    [Fact]
    public void Update_WholePrefixIsLocal_WhatIsWithinItIsToo()
    {
        Add(Via("10.0.0.2", One));
        IpPrefix all = IpPrefix.Parse("192.168.0.0/16");
        var local = new KernelRoute(all, KernelRouteType.Local, 2, 0, [new RibNextHop(IpAddress.None, RibInterface.Of("lo"))]);
        Tell(KernelChange.Added, local);
        Assert.True(_mirror.Update(all));
        Assert.Equal((true, null), Best());
        Assert.Null(Hops(One));
        Tell(KernelChange.Removed, local);
        Assert.True(_mirror.Update(all));
        Assert.Equal((true, One), Best());
        Assert.Equal("10.0.0.2", Hops(One));
    }

    [Fact]
    public void Update_Blackhole_NoTunnel()
    {
        Add(Via("10.0.0.2", One));
        Replace(new KernelRoute(Lan, KernelRouteType.Discard, Static, 0, []));
        Assert.Null(Hops(One));
        Assert.Equal((true, null), Best());
    }

    [Fact]
    public void UpdateAll_RoutesLostAndMadeInSilence_ReportsEachOnce()
    {
        IpPrefix kept = IpPrefix.Parse("192.168.2.0/24"), made = IpPrefix.Parse("192.168.3.0/24");
        Add(Via("10.0.0.2", One));
        Tell(KernelChange.Added, Via("10.0.0.2", One) with { Prefix = kept });
        _mirror.Update(kept);
        _rib.OnDumpStarted();
        Tell(KernelChange.Added, Via("10.0.0.2", One) with { Prefix = kept });
        Tell(KernelChange.Added, Via("10.1.0.2", Two) with { Prefix = made });
        _rib.OnDumpEnded(Instant.Zero, _outbox);

        var changed = new List<IpPrefix>();
        _mirror.UpdateAll(changed.Add);
        changed.Sort((a, b) => a.Address.CompareTo(b.Address));
        Assert.Equal([Lan, made], changed);
        Assert.Null(Hops(One));
        Assert.True(_table.TryGetRoute(One, kept, out _));
        Assert.True(_table.TryGetRoute(Two, made, out _));
    }

    [Fact]
    public void Restore_TunnelMadeAfterItsRoutes_HasThem()
    {
        var three = new TunnelId(3);
        Add(Via("10.2.0.2", three));
        Assert.Null(Hops(three));
        _table.SetTunnel(new TunnelForwarding { Tunnel = three }, null, []);
        _mirror.Restore(three);
        Assert.Equal("10.2.0.2", Hops(three));
        Assert.Null(Hops(One));
    }

    private static KernelRoute Via(string gateway, TunnelId tunnel) => Route(Static, 0, Hop(gateway, tunnel));

    private static KernelRoute Route(byte protocol, uint metric, params RibNextHop[] hops) =>
        new(Lan, KernelRouteType.Unicast, protocol, metric, ValueList.Create<RibNextHop>(hops));

    private static RibNextHop Hop(string gateway, TunnelId tunnel) =>
        new(gateway.Length == 0 ? IpAddress.None : IpAddress.Parse(gateway), RibInterface.Of(tunnel));

    private bool Add(KernelRoute route) => Change(KernelChange.Added, route);

    private bool Replace(KernelRoute route) => Change(KernelChange.Replaced, route);

    private bool Remove(KernelRoute route) => Change(KernelChange.Removed, route);

    private bool Change(KernelChange change, KernelRoute route)
    {
        Tell(change, route);
        return _mirror.Update(route.Prefix);
    }

    private void Tell(KernelChange change, KernelRoute route) => _rib.OnKernelRoute(route, change, Instant.Zero, _outbox);

    private string? Hops(TunnelId tunnel) => _table.TryGetRoute(tunnel, Lan, out FibEntry? entry) ? string.Join(' ', entry.NextHops) : null;

    private bool IsPartial(TunnelId tunnel) => _table.TryGetRoute(tunnel, Lan, out FibEntry? entry) && entry.IsPartial;

    private (bool Known, TunnelId? Tunnel) Best()
    {
        _table.Publish();
        return (_table.Current.BestRoutes.TryGet(Lan, out TunnelId? tunnel), tunnel);
    }
}
