using Dmvpn.Core;

namespace Dmvpn.Rib;

/// <summary>
/// The kernel's main and local tables as netlink tells them, of all interfaces: what <see cref="IRouteLookup"/> asks. Owned by the
/// control thread, changed only by <see cref="RibInstance"/>. Routes to one prefix are kept in the order in which
/// the kernel uses them, lowest metric first. A change costs one path of the trie (about log2 of the number of routes).
/// </summary>
public sealed partial class RouteMirror : IRouteLookup
{
    private PrefixTrie<MirrorRoute[]> _main = PrefixTrie<MirrorRoute[]>.Empty;
    private PrefixTrie<MirrorRoute[]> _local = PrefixTrie<MirrorRoute[]>.Empty;
    private uint _generation;

    /// <summary>How many routes there are.</summary>
    public int Count { get; private set; }

    /// <summary>All routes, by prefix, then as the kernel prefers them; the local table comes last.</summary>
    public IEnumerable<MirrorRoute> Routes()
    {
        foreach (PrefixTrie<MirrorRoute[]> table in (PrefixTrie<MirrorRoute[]>[])[_main, _local])
        {
            foreach (KeyValuePair<IpPrefix, MirrorRoute[]> entry in table.Entries())
            {
                foreach (MirrorRoute route in entry.Value) yield return route;
            }
        }
    }

    /// <summary>Counts up whenever a connected subnet or an address of this machine came or went: when to ask <see cref="ConnectedPrefixes"/> again.</summary>
    public int ConnectedVersion { get; private set; }

    /// <summary>
    /// The subnets on this machine's interfaces but for those named, in address order; addresses without a subnet (a loopback's /32) as host
    /// prefixes. For ODR: all but the tunnels and the underlay's interfaces.
    /// </summary>
    public ValueList<IpPrefix> ConnectedPrefixes(bool ipv6, IReadOnlySet<RibInterface> but)
    {
        var prefixes = new List<IpPrefix>();
        foreach (MirrorRoute mirrored in Routes())
        {
            KernelRoute route = mirrored.Route;
            if (route.Prefix.IsIPv4 == ipv6 || IsHousekeeping(route.Prefix) || Kind(route) is not (RouteKind.Connected or RouteKind.Local)) continue;
            if (route.NextHops.Count == 0 || but.Contains(route.NextHops[0].Interface)) continue;
            bool isWithin = route.Type == KernelRouteType.Local && TryMatch(route.Prefix.Address, RouteFilter.Foreign, out MirrorRoute? subnet)
                && Kind(subnet.Route) == RouteKind.Connected;
            if (!isWithin && !prefixes.Contains(route.Prefix)) prefixes.Add(route.Prefix);
        }
        prefixes.Sort();
        return [.. prefixes];
    }

    /// <summary>True when all of the prefix is this machine's: an address, or a wider prefix (127.0.0.0/8, AnyIP), by the local table, which goes before the main one.</summary>
    public bool IsLocal(IpPrefix prefix) => _local.TryMatchCovering(prefix, out _, out _);

    /// <summary>The routes of the main table to exactly this prefix, the one in use first.</summary>
    public ReadOnlySpan<MirrorRoute> RoutesTo(IpPrefix prefix) => _main.TryGet(prefix, out MirrorRoute[]? routes) ? routes : [];

    /// <inheritdoc/>
    public bool TryLookup(IpAddress destination, bool withShortcuts, out RouteView route)
    {
        // Rule 0 of the kernel's policy: the local table first, whatever the prefix length.
        if (_local.TryMatch(destination, out MirrorRoute[]? local))
        {
            TunnelId? tunnel = TunnelOf(local[0].Route);
            // An address of ours on a LAN stands for its whole subnet: whoever asks for it will want its neighbours next.
            IpPrefix prefix = tunnel is null && TryMatch(destination, RouteFilter.WithoutShortcuts, out MirrorRoute? subnet)
                && Kind(subnet.Route) == RouteKind.Connected ? subnet.Route.Prefix : local[0].Route.Prefix;
            route = new RouteView(prefix, tunnel, IpAddress.None, RouteKind.Local);
            return true;
        }
        RouteFilter filter = withShortcuts ? RouteFilter.All : RouteFilter.WithoutShortcuts;
        if (TryMatch(destination, filter, out MirrorRoute? found) && found.Route.Type == KernelRouteType.Unicast)
        {
            KernelRoute best = found.Route;
            RibNextHop nextHop = best.NextHops.Count > 0 ? best.NextHops[0] : default;
            route = new RouteView(best.Prefix, nextHop.Interface.Tunnel, nextHop.Address, Kind(best));
            return true;
        }
        route = default;
        return false;
    }

    /// <summary>True when the main table sends packets to the address, or some of them, by one of our tunnels.</summary>
    public bool LeadsByTunnel(IpAddress destination) =>
        !_local.TryMatch(destination, out _) && TryMatch(destination, RouteFilter.All, out MirrorRoute? found) && UsesTunnel(found.Route);

    /// <summary>The way to an address that none of our tunnels is on: the best route of the main table without those by tunnels.</summary>
    public bool TryLookupBesideTunnels(IpAddress destination, out RibNextHop way)
    {
        if (TryMatch(destination, RouteFilter.BesideTunnels, out MirrorRoute? found) && found.Route is { Type: KernelRouteType.Unicast, NextHops.Count: > 0 } route)
        {
            way = route.NextHops[0];
            return true;
        }
        way = default;
        return false;
    }

    /// <inheritdoc/>
    public IpPrefix WithoutTunnelRoutes(IpPrefix prefix, IpAddress destination)
    {
        IpPrefix part = prefix;
        foreach (KeyValuePair<IpPrefix, MirrorRoute[]> entry in _main.EntriesWithin(prefix))
        {
            MirrorRoute? used = Array.Find(entry.Value, static route => Passes(route.Route, RouteFilter.WithoutShortcuts));
            if (entry.Key != prefix && used is not null && TunnelOf(used.Route) is not null) part = part.Excluding(entry.Key, destination);
        }
        return part;
    }

    /// <summary>The route of the main table that is used for a destination among those that pass the filter; it may be a discard route.</summary>
    internal bool TryMatch(IpAddress destination, RouteFilter filter, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out MirrorRoute? route)
    {
        int length = destination.BitCount;
        while (_main.TryMatchCovering(new IpPrefix(destination, length), out IpPrefix prefix, out MirrorRoute[]? routes))
        {
            foreach (MirrorRoute candidate in routes)
            {
                if (!Passes(candidate.Route, filter)) continue;
                route = candidate;
                return true;
            }
            if (prefix.Length == 0) break;
            length = prefix.Length - 1;
        }
        route = null;
        return false;
    }

    /// <summary>What a netlink message says. Returns whether anything changed.</summary>
    internal bool Apply(KernelRoute route, KernelChange change, Instant now)
    {
        ref PrefixTrie<MirrorRoute[]> table = ref route.Type == KernelRouteType.Local ? ref _local : ref _main;
        table.TryGet(route.Prefix, out MirrorRoute[]? present);
        MirrorRoute[] old = present ?? [];
        if (change == KernelChange.Removed)
        {
            int gone = IndexOf(old, route);
            if (gone < 0) return false;
            // IPv6 removes single next hops of a multipath route, and says only those.
            KernelRoute[] left = Remaining(old[gone].Route, route) is { Count: > 0 } hops ? [old[gone].Route with { NextHops = hops }] : [];
            Note(old[gone].Route);
            Store(ref table, route.Prefix, old.Length,
                [.. old[..gone], .. Array.ConvertAll(left, rest => new MirrorRoute(rest, old[gone].Since) { Generation = _generation }), .. old[(gone + 1)..]]);
            return true;
        }
        int same = Array.FindIndex(old, entry => entry.Route == route);
        if (same >= 0)
        {
            old[same].Generation = _generation;
            if (change == KernelChange.Added) return false;
        }
        Instant since = same >= 0 ? old[same].Since : now;
        var kept = new List<MirrorRoute>(old.Length + 1);
        foreach (MirrorRoute entry in old)
        {
            if (entry.Route != route && !(change == KernelChange.Replaced && entry.Route.Metric == route.Metric)) kept.Add(entry);
        }
        int at = kept.FindIndex(entry => entry.Route.Metric > route.Metric);
        kept.Insert(at < 0 ? kept.Count : at, new MirrorRoute(route, since) { Generation = _generation });
        Store(ref table, route.Prefix, old.Length, [.. kept]);
        Note(route);
        return true;
    }

    /// <summary>
    /// Takes out what leads by an interface and reports the prefixes. The kernel drops IPv4 routes of an interface that goes
    /// down without a message for each.
    /// </summary>
    internal void RemoveInterface(RibInterface gone, List<IpPrefix> changed) =>
        RemoveWhere(entry => Uses(entry.Route, gone) && entry.Route.Type != KernelRouteType.Local, changed);

    /// <summary>A full dump begins: what it does not say again is gone at its end.</summary>
    internal void BeginDump() => _generation++;

    /// <summary>A full dump ended: takes out what was not said and reports the prefixes.</summary>
    internal void EndDump(List<IpPrefix> changed)
    {
        uint generation = _generation;
        RemoveWhere(entry => entry.Generation != generation, changed);
    }

    internal static RouteKind Kind(KernelRoute route) => RibKernel.Source(route) switch
    {
        RouteSource.Local => RouteKind.Local,
        RouteSource.Connected => RouteKind.Connected,
        RouteSource.Nhrp => RouteKind.Shortcut,
        _ => RouteKind.Learnt,
    };

    /// <summary>Link-local and multicast prefixes, the loopback net and the limited broadcast: on every machine, and on no router's screen.</summary>
    internal static bool IsHousekeeping(IpPrefix prefix) =>
        prefix.Length > 0 && (prefix.Address.IsMulticast || prefix.Address.IsLoopback || prefix.Address.IsLimitedBroadcast
            || prefix.Address.IsLinkLocal && !prefix.IsIPv4);

    private static bool Passes(KernelRoute route, RouteFilter filter) => filter switch
    {
        RouteFilter.All => true,
        RouteFilter.BesideTunnels => !UsesTunnel(route),
        RouteFilter.WithoutShortcuts => route.Protocol != RibKernel.NhrpProtocol,
        _ => !RibKernel.IsOurs(route),
    };

    private static bool UsesTunnel(KernelRoute route)
    {
        foreach (RibNextHop nextHop in route.NextHops.AsSpan())
        {
            if (nextHop.Interface.Tunnel is not null) return true;
        }
        return false;
    }

    private static TunnelId? TunnelOf(KernelRoute route) => route.NextHops.Count > 0 ? route.NextHops[0].Interface.Tunnel : null;

    private static bool Uses(KernelRoute route, RibInterface wanted)
    {
        foreach (RibNextHop nextHop in route.NextHops.AsSpan())
        {
            if (nextHop.Interface == wanted) return true;
        }
        return false;
    }

    /// <summary>The very route, else the first with its metric and protocol: a removal may say less than the addition did.</summary>
    private static int IndexOf(MirrorRoute[] routes, KernelRoute route)
    {
        int exact = Array.FindIndex(routes, entry => entry.Route == route);
        return exact >= 0
            ? exact
            : Array.FindIndex(routes, entry => entry.Route.Metric == route.Metric && entry.Route.Protocol == route.Protocol);
    }

    private static ValueList<RibNextHop> Remaining(KernelRoute present, KernelRoute removed) =>
        present.Prefix.IsIPv4 || removed.NextHops.Count == 0 || removed.NextHops.Count >= present.NextHops.Count
            ? []
            : present.NextHops.RemoveAll(hop => removed.NextHops.AsSpan().Contains(hop));

    private void RemoveWhere(Predicate<MirrorRoute> match, List<IpPrefix> changed)
    {
        RemoveWhere(ref _main, match, changed);
        RemoveWhere(ref _local, match, changed);
    }

    private void RemoveWhere(ref PrefixTrie<MirrorRoute[]> table, Predicate<MirrorRoute> match, List<IpPrefix> changed)
    {
        // Entries() walks the version it was asked of; the changes make new ones.
        foreach (KeyValuePair<IpPrefix, MirrorRoute[]> entry in table.Entries())
        {
            if (!Array.Exists(entry.Value, match)) continue;
            foreach (MirrorRoute gone in Array.FindAll(entry.Value, match)) Note(gone.Route);
            Store(ref table, entry.Key, entry.Value.Length, Array.FindAll(entry.Value, route => !match(route)));
            changed.Add(entry.Key);
        }
    }

    private void Note(KernelRoute route)
    {
        if (Kind(route) is RouteKind.Connected or RouteKind.Local) ConnectedVersion++;
    }

    private void Store(ref PrefixTrie<MirrorRoute[]> table, IpPrefix prefix, int oldCount, MirrorRoute[] routes)
    {
        table = routes.Length == 0 ? table.Remove(prefix) : table.Set(prefix, routes);
        Count += routes.Length - oldCount;
    }
}

/// <summary>Which routes a look-up in the mirror considers.</summary>
internal enum RouteFilter
{
    All,
    WithoutShortcuts,

    /// <summary>Not those that lead, in part or wholly, by one of our tunnels.</summary>
    BesideTunnels,

    /// <summary>Not those that this program installed: what next hops are resolved by, beside the RIB's own routes.</summary>
    Foreign,
}

/// <summary>A route in the kernel, and since when.</summary>
/// <param name="route">The route.</param>
/// <param name="since">When it was first seen.</param>
public sealed class MirrorRoute(KernelRoute route, Instant since)
{
    /// <summary>The route.</summary>
    public KernelRoute Route { get; } = route;

    /// <summary>When it was first seen.</summary>
    public Instant Since { get; } = since;

    /// <summary>The last dump that named it.</summary>
    internal uint Generation { get; set; }
}
