using Dmvpn.Core;

namespace Dmvpn.Rib.Tests;

/// <summary>A RIB and a kernel that does what it is told and echoes it, as netlink does.</summary>
internal sealed class FakeKernel
{
    public static readonly RibInterface Tunnel0 = RibInterface.Of(new TunnelId(0));
    public static readonly RibInterface Tunnel1 = RibInterface.Of(new TunnelId(1));
    public static readonly RibInterface Eth0 = RibInterface.Of("eth0");
    private readonly SortedDictionary<(IpPrefix, uint), KernelRoute> _table = [];
    private readonly Outbox<RibEffect> _outbox = new();

    public RibInstance Rib { get; } = new();

    public Instant Now { get; private set; } = Instant.FromSeconds(100);

    /// <summary>The effects in order: "+192.168.2.0/24 10.0.0.2 Tunnel0".</summary>
    public List<string> Log { get; } = [];

    /// <summary>False: the kernel refuses everything.</summary>
    public bool Obeys { get; set; } = true;

    /// <summary>"192.168.2.0/24 10.0.0.2 Tunnel0 241 160/1", in the kernel's order; only what the RIB installed.</summary>
    public string[] Installed => [.. _table.Values.Where(RibKernel.IsOurs).Select(Text)];

    public void Do(Action<RibInstance, Instant, Outbox<RibEffect>> action)
    {
        action(Rib, Now, _outbox);
        Obey();
    }

    public void Learn(string prefix, RouteSource source, string nextHop, RibInterface by = default, byte? distance = null, uint metric = 0)
    {
        var hop = new RibNextHop(nextHop.Length == 0 ? IpAddress.None : IpAddress.Parse(nextHop), by);
        var route = new RibRoute(IpPrefix.Parse(prefix), source, hop, distance ?? RibSpec.Distance(source), metric);
        Do((rib, now, outbox) => rib.OnRouteLearnt(route, now, outbox));
    }

    public void Forget(string prefix, RouteSource source, string nextHop, RibInterface by = default) => Do((rib, now, outbox) =>
        rib.OnRouteForgotten(IpPrefix.Parse(prefix), source, new RibNextHop(nextHop.Length == 0 ? IpAddress.None : IpAddress.Parse(nextHop), by), now, outbox));

    public void Lose(string nextHop, bool lost = true) =>
        Do((rib, now, outbox) => rib.OnNextHop(new RibNextHop(IpAddress.Parse(nextHop), Tunnel0), lost, now, outbox));

    public void Up(RibInterface @interface, bool isUp = true) => Do((rib, now, outbox) => rib.OnInterface(@interface, isUp, now, outbox));

    /// <summary>Another program, or the kernel itself, adds or removes a route.</summary>
    public void Foreign(string prefix, byte protocol, uint metric, string nextHop, RibInterface by, KernelChange change = KernelChange.Added)
    {
        var route = new KernelRoute(
            IpPrefix.Parse(prefix), KernelRouteType.Unicast, protocol, metric, [new RibNextHop(nextHop.Length == 0 ? IpAddress.None : IpAddress.Parse(nextHop), by)]);
        if (change == KernelChange.Removed) _table.Remove((route.Prefix, metric));
        else _table[(route.Prefix, metric)] = route;
        Do((rib, now, outbox) => rib.OnKernelRoute(route, change, now, outbox));
    }

    /// <summary>Another program removes a route of ours.</summary>
    public void Steal(string prefix)
    {
        foreach (KernelRoute route in _table.Values.Where(route => route.Prefix == IpPrefix.Parse(prefix) && RibKernel.IsOurs(route)).ToArray())
        {
            _table.Remove((route.Prefix, route.Metric));
            Do((rib, now, outbox) => rib.OnKernelRoute(route, KernelChange.Removed, now, outbox));
        }
    }

    public void Dump()
    {
        Rib.OnDumpStarted();
        foreach (KernelRoute route in _table.Values.ToArray()) Do((rib, now, outbox) => rib.OnKernelRoute(route, KernelChange.Added, now, outbox));
        Do((rib, now, outbox) => rib.OnDumpEnded(now, outbox));
    }

    public void Advance(TimeSpan span)
    {
        Instant end = Now + span;
        while (Rib.NextDeadline <= end)
        {
            Now = Instant.Min(end, Rib.NextDeadline);
            Do((rib, now, outbox) =>
            {
                rib.OnDeadline(now, outbox);
                Assert.True(rib.NextDeadline > now, "a deadline lies in the future after it was served");
            });
        }
        Now = end;
    }

    public string? Lookup(string destination, bool withShortcuts = true) =>
        Rib.Mirror.TryLookup(IpAddress.Parse(destination), withShortcuts, out RouteView route)
            ? $"{route.Prefix} {(route.NextHop.IsNone ? "-" : route.NextHop)} {route.Tunnel?.ToString() ?? "-"} {route.Kind}"
            : null;

    public string[] Show(bool ipv6 = false) => [.. Rib.Routes(ipv6, Now).Select(route =>
        $"{route.Code}{(route.IsDefault ? "*" : "")}{(route.IsOverridden ? " %" : "")} {route.Prefix} [{route.Distance}/{route.Metric}] "
        + string.Join(", ", route.Paths.Select(path => $"{(path.IsOverride ? "NHO " : "")}{(path.NextHop is { } hop ? $"via {hop} " : "")}{path.Interface}")))];

    private static string Text(KernelRoute route) =>
        $"{route.Prefix} {string.Join(", ", route.NextHops)} {route.Protocol} {RibKernel.DistanceOf(route.Metric)}/{RibKernel.MetricOf(route.Metric)}";

    private void Obey()
    {
        while (!_outbox.IsEmpty)
        {
            RibEffect[] effects = _outbox.Effects.ToArray();
            _outbox.Clear();
            foreach (RibEffect effect in effects)
            {
                Log.Add($"{(effect.Kind == RibEffectKind.InstallRoute ? '+' : '-')}{effect.Prefix} {string.Join(", ", effect.NextHops)}");
                if (!Obeys) continue;
                if (effect.Kind == RibEffectKind.InstallRoute)
                {
                    var route = new KernelRoute(
                        effect.Prefix, effect.IsDiscard ? KernelRouteType.Discard : KernelRouteType.Unicast, effect.Protocol, effect.Metric,
                        effect.IsDiscard ? [] : effect.NextHops);
                    _table[(effect.Prefix, effect.Metric)] = route;
                    Rib.OnKernelRoute(route, KernelChange.Replaced, Now, _outbox);
                }
                else if (_table.Remove((effect.Prefix, effect.Metric), out KernelRoute? gone))
                {
                    Rib.OnKernelRoute(gone, KernelChange.Removed, Now, _outbox);
                }
            }
        }
    }
}
