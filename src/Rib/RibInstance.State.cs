using Dmvpn.Core;

namespace Dmvpn.Rib;

/// <summary>What the screens show: our routes with distance and age, and those of others as the kernel has them.</summary>
public sealed partial class RibInstance
{
    /// <summary>
    /// The routes in force, in address order. A prefix that several programs have a route to appears once, with the
    /// one that the kernel uses.
    /// </summary>
    /// <param name="ipv6">The family.</param>
    /// <param name="now">For the ages.</param>
    public IReadOnlyList<RibRouteState> Routes(bool ipv6, Instant now)
    {
        var states = new List<RibRouteState>();
        var seen = new HashSet<IpPrefix>();
        foreach (MirrorRoute mirrored in Mirror.Routes())
        {
            IpPrefix prefix = mirrored.Route.Prefix;
            if (prefix.IsIPv4 == ipv6 || RouteMirror.IsHousekeeping(prefix)) continue;
            if (mirrored.Route.Type == KernelRouteType.Local) states.Add(ForeignState(mirrored, now));
            else if (seen.Add(prefix)) AddState(prefix, states, now);
        }
        foreach (RouteEntry entry in _entries.Values)
        {
            // Ours that the kernel does not have.
            if (entry.Prefix.IsIPv4 != ipv6 && seen.Add(entry.Prefix)) AddState(entry.Prefix, states, now);
        }
        states.Sort(static (a, b) => a.Prefix.CompareTo(b.Prefix));
        return states;
    }

    /// <summary>The number of routes by source.</summary>
    public IReadOnlyList<RibSummaryState> Summary(bool ipv6, Instant now)
    {
        var counts = new SortedDictionary<RouteSource, int>();
        foreach (RibRouteState route in Routes(ipv6, now))
        {
            counts.TryGetValue(route.Source, out int count);
            counts[route.Source] = count + 1;
        }
        var summary = new List<RibSummaryState>(counts.Count);
        foreach (KeyValuePair<RouteSource, int> count in counts) summary.Add(new RibSummaryState(count.Key, count.Value));
        return summary;
    }

    /// <summary>
    /// How the shortcut to a prefix is in force: for the attributes T1 (route installed) and T2 (next-hop override) of
    /// <c>show dmvpn</c>, and the flags <c>rib</c> and <c>nho</c> of <c>show ip nhrp</c>.
    /// </summary>
    public ShortcutState Shortcut(IpPrefix prefix)
    {
        if (!_entries.TryGetValue(prefix, out RouteEntry? entry) || entry.Shortcut is null) return ShortcutState.None;
        if (entry.Best is not null) return ShortcutState.NextHopOverride;
        return FindForeign(prefix) is null ? ShortcutState.Route : ShortcutState.NextHopOverride;
    }

    private void AddState(IpPrefix prefix, List<RibRouteState> states, Instant now)
    {
        _entries.TryGetValue(prefix, out RouteEntry? entry);
        MirrorRoute? foreign = FindForeign(prefix);
        InstalledRoute? best = entry?.Best;
        RibRouteState? state = best is not null && (foreign is null || best.Metric < foreign.Route.Metric)
            ? OwnState(entry!, best, now)
            : foreign is not null ? ForeignState(foreign, now) : null;
        // An operator's route without a metric beats the shortcut (RibKernel): then that is what is shown.
        if (entry?.Shortcut is { } shortcut && !(foreign is not null && foreign.Route.Metric < shortcut.Metric))
        {
            RibRouteState shortcutState = OwnState(entry, shortcut, now);
            if (state is null)
            {
                state = shortcutState;
            }
            else
            {
                var paths = new List<RibPathState>(state.Paths);
                foreach (RibPathState path in shortcutState.Paths) paths.Add(path with { IsOverride = true });
                state = state with { IsOverridden = true, Paths = paths };
            }
        }
        if (state is not null) states.Add(state);
    }

    private MirrorRoute? FindForeign(IpPrefix prefix)
    {
        foreach (MirrorRoute route in Mirror.RoutesTo(prefix))
        {
            if (!RibKernel.IsOurs(route.Route)) return route;
        }
        return null;
    }

    private RibRouteState OwnState(RouteEntry entry, InstalledRoute installed, Instant now)
    {
        var paths = new List<RibPathState>(installed.NextHops.Count);
        Candidate first = entry.Candidates[0];
        foreach (RibNextHop nextHop in installed.NextHops)
        {
            Candidate? said = entry.Candidates.Find(candidate => candidate.Route.Source == installed.Source && Contains(candidate.Resolved, nextHop));
            if (said is null) continue;
            if (paths.Count == 0) first = said;
            paths.Add(PathState(nextHop, now.Since(said.Since)));
        }
        return new RibRouteState
        {
            Prefix = entry.Prefix,
            Source = installed.Source,
            Distance = first.Route.Distance,
            Metric = first.Route.Metric,
            Tag = first.Route.Tag,
            IsInKernel = !IsMissing(entry.Prefix, installed),
            Paths = paths,
        };
    }

    private static RibRouteState ForeignState(MirrorRoute mirrored, Instant now)
    {
        KernelRoute route = mirrored.Route;
        RouteSource source = RibKernel.Source(route);
        byte distance = RibKernel.DistanceOf(route.Metric);
        var paths = new List<RibPathState>(route.NextHops.Count);
        foreach (RibNextHop nextHop in route.NextHops) paths.Add(PathState(nextHop, now.Since(mirrored.Since)));
        if (route.Type == KernelRouteType.Discard) paths.Add(PathState(new RibNextHop(IpAddress.None, RibInterface.Null), now.Since(mirrored.Since)));
        return new RibRouteState
        {
            Prefix = route.Prefix,
            Source = source,
            Distance = distance != 0 ? distance : RibSpec.Distance(source),
            Metric = source == RouteSource.Connected ? 0 : RibKernel.MetricOf(route.Metric),
            IsInKernel = true,
            Paths = paths,
        };
    }

    private static RibPathState PathState(RibNextHop nextHop, TimeSpan age) =>
        new(nextHop.Address.IsNone ? null : nextHop.Address, nextHop.Interface.ToString(), nextHop.Interface.Tunnel, age, false);

    private static bool Contains(ValueList<RibNextHop> nextHops, RibNextHop wanted) => nextHops.AsSpan().Contains(wanted);
}

/// <summary>How a shortcut is in force.</summary>
public enum ShortcutState
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>As a route of its own, <c>H</c>.</summary>
    Route,

    /// <summary>Over another route to the same prefix, <c>%</c>.</summary>
    NextHopOverride,
}
