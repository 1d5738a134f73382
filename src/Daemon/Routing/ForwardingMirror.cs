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
    private PrefixTrie<Known> _known = PrefixTrie<Known>.Empty;

    /// <summary>The kernel may have changed its routes to this prefix. True when the route that is not a shortcut is another one now.</summary>
    public bool Update(IpPrefix prefix)
    {
        Known now = Best(prefix);
        _known.TryGet(prefix, out Known before);
        if (now == before) return false;
        _known = now.InUse is null ? _known.Remove(prefix) : _known.Set(prefix, now);
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
            if (TunnelOf(entry.Value.InUse) == tunnel) SetRoute(tunnel, entry.Key, entry.Value.InUse!);
        }
    }

    private Known Best(IpPrefix prefix)
    {
        if (mirror.IsLocal(prefix)) return new Known(LocalRoute(prefix), LocalRoute(prefix));
        KernelRoute? inUse = null;
        foreach (MirrorRoute route in mirror.RoutesTo(prefix))
        {
            inUse ??= route.Route;
            if (route.Route.Protocol != RibKernel.NhrpProtocol) return new Known(inUse, route.Route);
        }
        return new Known(inUse, null);
    }

    private void Forward(IpPrefix prefix, Known before, Known now)
    {
        TunnelId? former = TunnelOf(before.InUse), owner = TunnelOf(now.InUse);
        if (former is { } old && old != owner) table.RemoveRoute(old, prefix);
        if (owner is { } tunnel) SetRoute(tunnel, prefix, now.InUse!);
        if (now.InUse is null) table.RemoveBestRoute(prefix);
        else table.SetBestRoute(prefix, owner);
    }

    private void SetRoute(TunnelId tunnel, IpPrefix prefix, KernelRoute route) => table.SetRoute(tunnel, prefix, HopsOf(route, tunnel), HasOthers(route, tunnel));

    private static bool IsLocal(Known known) => known.InUse is { Type: KernelRouteType.Local };

    private static KernelRoute LocalRoute(IpPrefix prefix) => new(prefix, KernelRouteType.Local, 0, 0, []);

    private static TunnelId? TunnelOf(KernelRoute? route) =>
        route is { Type: KernelRouteType.Unicast, NextHops.Count: > 0 } ? route.NextHops[0].Interface.Tunnel : null;

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
    private readonly record struct Known(KernelRoute? InUse, KernelRoute? Routed);
}
