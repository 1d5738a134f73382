using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Rib;

namespace Dmvpn.Daemon.Routing;

/// <summary>
/// Keeps the workers' tables in step with the kernel's: for each prefix, which tunnel the kernel sends it to, and by which next
/// hops (docs/adr/0003). It also knows which routes really changed, for NHRP's answers depend on them. Control thread only.
/// </summary>
internal sealed class ForwardingMirror(RouteMirror mirror, ForwardingTable table)
{
    private readonly Dictionary<IpPrefix, SortedList<uint, KernelRoute>> _others = [];
    private PrefixTrie<Known> _known = PrefixTrie<Known>.Empty;

    /// <summary>The kernel may have changed its routes to this prefix. True when the route that is not a shortcut is another one now.</summary>
    public bool Update(IpPrefix prefix)
    {
        Known now = Best(prefix);
        if (!_known.TryGet(prefix, out Known before)) before = new Known(null, null, []);
        if (now == before) return false;
        _known = now.InUse is null && now.Ways.Count == 0 ? _known.Remove(prefix) : _known.Set(prefix, now);
        Forward(prefix, before, now);
        // A whole prefix became this machine's, or is no more: so did what is within it.
        if (!prefix.IsHost && IsLocal(before) != IsLocal(now))
        {
            foreach (KeyValuePair<IpPrefix, Known> entry in _known.EntriesWithin(prefix)) Update(entry.Key);
        }
        return before.Routed != now.Routed;
    }

    /// <summary>The whole table may have changed without a word: looks at every prefix, and reports those whose route is another one.</summary>
    public void UpdateAll(Action<IpPrefix> changed)
    {
        foreach (KeyValuePair<IpPrefix, Known> entry in _known.Entries())
        {
            if (Update(entry.Key)) changed(entry.Key);
        }
        foreach (MirrorRoute route in mirror.Routes())
        {
            if (Update(route.Route.Prefix)) changed(route.Route.Prefix);
        }
    }

    /// <summary>A tunnel was made: routes that the kernel told before it was known here are set now.</summary>
    public void Restore(TunnelId tunnel)
    {
        foreach (KeyValuePair<IpPrefix, Known> entry in _known.Entries())
        {
            if (TunnelsOf(entry.Value).Contains(tunnel)) SetRoute(tunnel, entry.Key, entry.Value);
        }
    }

    /// <summary>A route of a table that only policy rules name: by a tunnel it leads where the main table has no way by that tunnel.</summary>
    public void UpdateOther(IpPrefix prefix, uint routingTable, KernelRoute? route)
    {
        _others.TryGetValue(prefix, out SortedList<uint, KernelRoute>? routes);
        if (route is not null && TunnelsOf([route]).Count > 0) (routes ??= _others[prefix] = [])[routingTable] = route;
        else if (routes is null || !routes.Remove(routingTable)) return;
        if (routes.Count == 0) _others.Remove(prefix);
        Update(prefix);
    }

    /// <summary>A dump of all tables begins: what policy rules name is told again.</summary>
    public void ForgetOthers() => _others.Clear();

    private Known Best(IpPrefix prefix)
    {
        if (mirror.IsLocal(prefix)) return new Known(LocalRoute(prefix), LocalRoute(prefix), []);
        KernelRoute? inUse = null, routed = null;
        var ways = new List<KernelRoute>(1);
        foreach (MirrorRoute route in mirror.RoutesTo(prefix))
        {
            inUse ??= route.Route;
            if (route.Route.Protocol != RibKernel.NhrpProtocol) routed ??= route.Route;
            if (TunnelsOf([route.Route]).Count > 0) ways.Add(route.Route);
        }
        if (_others.TryGetValue(prefix, out SortedList<uint, KernelRoute>? others)) ways.AddRange(others.Values);
        return new Known(inUse, routed, [.. ways]);
    }

    private void Forward(IpPrefix prefix, Known before, Known now)
    {
        List<TunnelId> owners = TunnelsOf(now);
        foreach (TunnelId old in TunnelsOf(before))
        {
            if (!owners.Contains(old)) table.RemoveRoute(old, prefix);
        }
        foreach (TunnelId tunnel in owners) SetRoute(tunnel, prefix, now);
        if (now.InUse is null) table.RemoveBestRoute(prefix);
        else table.SetBestRoute(prefix, TunnelOf(now.InUse));
    }

    /// <summary>By the tunnel go the next hops of the first route that has any by it: the kernel may choose it by a policy rule, or by a packet's mark.</summary>
    private void SetRoute(TunnelId tunnel, IpPrefix prefix, Known known)
    {
        KernelRoute route = known.Ways.First(way => Uses(way, tunnel));
        table.SetRoute(tunnel, prefix, HopsOf(route, tunnel), HasOthers(route, tunnel) || route != known.InUse);
    }

    private static bool IsLocal(Known known) => known.InUse is { Type: KernelRouteType.Local };

    private static KernelRoute LocalRoute(IpPrefix prefix) => new(prefix, KernelRouteType.Local, 0, 0, []);

    private static TunnelId? TunnelOf(KernelRoute? route) =>
        route is { Type: KernelRouteType.Unicast, NextHops.Count: > 0 } ? route.NextHops[0].Interface.Tunnel : null;

    private static List<TunnelId> TunnelsOf(Known known) => TunnelsOf(known.Ways.AsSpan());

    private static List<TunnelId> TunnelsOf(ReadOnlySpan<KernelRoute> routes)
    {
        var tunnels = new List<TunnelId>();
        foreach (KernelRoute route in routes)
        {
            if (route.Type != KernelRouteType.Unicast) continue;
            foreach (RibNextHop hop in route.NextHops)
            {
                if (hop.Interface.Tunnel is { } tunnel && !tunnels.Contains(tunnel)) tunnels.Add(tunnel);
            }
        }
        return tunnels;
    }

    private static bool Uses(KernelRoute route, TunnelId tunnel)
    {
        foreach (RibNextHop hop in route.NextHops)
        {
            if (hop.Interface.Tunnel == tunnel) return true;
        }
        return false;
    }

    private static bool HasOthers(KernelRoute route, TunnelId tunnel)
    {
        foreach (RibNextHop hop in route.NextHops)
        {
            if (hop.Interface.Tunnel != tunnel) return true;
        }
        return false;
    }

    private static ValueList<IpAddress> HopsOf(KernelRoute route, TunnelId tunnel)
    {
        if (route.NextHops.Count == 1) return route.NextHops[0].Address.IsNone ? [] : [route.NextHops[0].Address];
        var hops = new List<IpAddress>(route.NextHops.Count);
        foreach (RibNextHop hop in route.NextHops)
        {
            if (hop.Interface.Tunnel == tunnel && !hop.Address.IsNone) hops.Add(hop.Address);
        }
        return [.. hops];
    }

    /// <param name="InUse">What the kernel forwards by.</param>
    /// <param name="Routed">The best one that is not a shortcut.</param>
    /// <param name="Ways">All routes that lead by tunnels, as the kernel prefers them, those of other tables last.</param>
    private readonly record struct Known(KernelRoute? InUse, KernelRoute? Routed, ValueList<KernelRoute> Ways);
}
