using Dmvpn.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Rib;

/// <summary>
/// The routing table of the control plane: collects what the sources say, finds the best of it and keeps the kernel's main
/// table the same. Sans-IO and single-threaded; the control loop owns it.
/// <code>
/// sources --OnRouteLearnt/OnRouteForgotten--> candidates --Evaluate--> best per prefix --RibEffect--> kernel
///                                               ^ next hops                                             |
///                                               '------- mirror &lt;--- OnKernelRoute, OnInterface ---------'
/// </code>
/// An NHRP shortcut does not compete with the other sources: it is installed beside the best of them with a metric
/// that wins (next-hop override), so when it ends the original is in force again in the same moment.
/// Kinds of methods: <c>On…</c> and <see cref="Apply"/> (what happened), <see cref="NextDeadline"/> and <see cref="OnDeadline"/>
/// (the clock), getters.
/// </summary>
public sealed partial class RibInstance(ILogger? logger = null)
{
    private readonly ILogger _logger = logger ?? NullLogger.Instance;
    private readonly Dictionary<IpPrefix, RouteEntry> _entries = [];
    private readonly Queue<RouteEntry> _queue = new();
    private readonly List<RouteEntry> _evaluated = [];
    private readonly List<RibNextHop> _scratch = [];
    private RibConfig _config = new();

    /// <summary>The kernel's table, for look-ups.</summary>
    public RouteMirror Mirror { get; } = new();

    /// <summary>What went wrong.</summary>
    public DropCounters<RibDrop> Drops { get; } = new();

    /// <summary>How many prefixes the sources say something about.</summary>
    public int PrefixCount => _entries.Count;

    /// <summary>Takes over a new configuration: only the static routes that differ are touched.</summary>
    public void Apply(RibConfig config, Instant now, Outbox<RibEffect> outbox)
    {
        int oldPaths = _config.MaximumPaths;
        var kept = new HashSet<(IpPrefix, RibNextHop)>();
        foreach (StaticRoute route in config.StaticRoutes)
        {
            RibRoute wanted = ToRoute(route);
            kept.Add((wanted.Prefix, wanted.NextHop));
            Learn(wanted, now);
        }
        foreach (StaticRoute route in _config.StaticRoutes)
        {
            RibRoute old = ToRoute(route);
            if (!kept.Contains((old.Prefix, old.NextHop))) Forget(old.Prefix, RouteSource.Static, old.NextHop);
        }
        _config = config;
        if (config.MaximumPaths != oldPaths)
        {
            foreach (RouteEntry entry in _entries.Values) Enqueue(entry);
        }
        Evaluate(now, outbox);
    }

    /// <summary>
    /// A source says a route; said again with other values it replaces the old one, and the age starts anew. A route with
    /// the same values is no change: refreshes are free.
    /// </summary>
    public void OnRouteLearnt(in RibRoute route, Instant now, Outbox<RibEffect> outbox)
    {
        Learn(route, now);
        Evaluate(now, outbox);
    }

    /// <summary>A source takes a route back. Nothing happens when it had not said it.</summary>
    public void OnRouteForgotten(IpPrefix prefix, RouteSource source, RibNextHop nextHop, Instant now, Outbox<RibEffect> outbox)
    {
        Forget(prefix, source, nextHop);
        Evaluate(now, outbox);
    }

    /// <summary>A source takes all its routes back, for example because it was configured away.</summary>
    public void OnSourceGone(RouteSource source, Instant now, Outbox<RibEffect> outbox)
    {
        foreach (RouteEntry entry in _entries.Values)
        {
            for (int i = entry.Candidates.Count - 1; i >= 0; i--)
            {
                if (entry.Candidates[i].Route.Source == source) RemoveCandidate(entry, i);
            }
        }
        Evaluate(now, outbox);
    }

    /// <summary>Removes everything that this program installed, at its orderly end. The instance is of no use afterwards.</summary>
    public void Withdraw(Outbox<RibEffect> outbox)
    {
        foreach (RouteEntry entry in _entries.Values)
        {
            Install(entry, null, isShortcut: true, outbox);
            Install(entry, null, isShortcut: false, outbox);
        }
        _entries.Clear();
        _trackers = PrefixTrie<HashSet<RouteEntry>>.Empty;
        _active = PrefixTrie<RouteEntry>.Empty;
        _suspects.Clear();
        _reconcileAt = Instant.Never;
    }

    private static RibRoute ToRoute(StaticRoute route) =>
        new(route.Prefix, RouteSource.Static, new RibNextHop(route.NextHop, route.Interface), route.Distance, 0, route.Tag);

    private void Learn(in RibRoute route, Instant now)
    {
        if (!_entries.TryGetValue(route.Prefix, out RouteEntry? entry))
        {
            entry = new RouteEntry(route.Prefix);
            _entries.Add(route.Prefix, entry);
        }
        int index = entry.IndexOf(route.Source, route.NextHop);
        if (index < 0)
        {
            entry.Candidates.Add(new Candidate(route, now));
            Track(entry, route.NextHop);
        }
        else if (entry.Candidates[index].Route == route)
        {
            return;
        }
        else
        {
            entry.Candidates[index].Route = route;
            entry.Candidates[index].Since = now;
        }
        Enqueue(entry);
    }

    private void Forget(IpPrefix prefix, RouteSource source, RibNextHop nextHop)
    {
        if (!_entries.TryGetValue(prefix, out RouteEntry? entry)) return;
        int index = entry.IndexOf(source, nextHop);
        if (index >= 0) RemoveCandidate(entry, index);
    }

    private void RemoveCandidate(RouteEntry entry, int index)
    {
        RibNextHop nextHop = entry.Candidates[index].Route.NextHop;
        entry.Candidates.RemoveAt(index);
        Untrack(entry, nextHop);
        Enqueue(entry);
    }

    private void Enqueue(RouteEntry entry)
    {
        if (entry.Queued) return;
        entry.Queued = true;
        _queue.Enqueue(entry);
    }

    /// <summary>Works off the queue; a prefix whose best route changes queues those whose next hops it holds.</summary>
    private void Evaluate(Instant now, Outbox<RibEffect> outbox)
    {
        while (_queue.TryDequeue(out RouteEntry? entry))
        {
            entry.Queued = false;
            if (entry.Rounds++ == 0) _evaluated.Add(entry);
            if (entry.Rounds <= RibLimits.RecursionRounds)
            {
                EvaluateEntry(entry, now, outbox);
            }
            else if (entry.Rounds == RibLimits.RecursionRounds + 1)
            {
                Drops.Count(RibDrop.RecursionLoop);
                RibLog.RecursionLoop(_logger, entry.Prefix);
            }
        }
        foreach (RouteEntry entry in _evaluated) entry.Rounds = 0;
        _evaluated.Clear();
    }

    private void EvaluateEntry(RouteEntry entry, Instant now, Outbox<RibEffect> outbox)
    {
        foreach (Candidate candidate in entry.Candidates) Resolve(entry, candidate);
        InstalledRoute? shortcut = Choose(entry, wantShortcut: true);
        InstalledRoute? best = Choose(entry, wantShortcut: false);
        // The shortcut goes after a new best route is there and comes before an old one is gone: the prefix is never bare.
        if (shortcut is not null) Install(entry, shortcut, isShortcut: true, outbox);
        bool changed = Install(entry, best, isShortcut: false, outbox);
        if (shortcut is null) Install(entry, null, isShortcut: true, outbox);
        if (changed)
        {
            _active = best is null ? _active.Remove(entry.Prefix) : _active.Set(entry.Prefix, entry);
            EnqueueDependents(entry.Prefix);
        }
        if (entry.Best is not null || entry.Shortcut is not null) Suspect(entry.Prefix, now);
        if (entry.Candidates.Count == 0) _entries.Remove(entry.Prefix);
    }

    /// <summary>
    /// Lowest distance, then lowest metric, of one source; its next hops together, at most the configured number. Next hops that are lost
    /// count only where there are no others.
    /// </summary>
    private InstalledRoute? Choose(RouteEntry entry, bool wantShortcut)
    {
        Candidate? best = null;
        bool reached = false;
        foreach (Candidate candidate in entry.Candidates)
        {
            if (!candidate.IsUsable || candidate.Route.Source == RouteSource.Nhrp != wantShortcut) continue;
            bool isReached = IsReached(candidate);
            if (best is not null && (reached != isReached ? reached : Compare(candidate.Route, best.Route) >= 0)) continue;
            (best, reached) = (candidate, isReached);
        }
        if (best is null) return null;
        _scratch.Clear();
        foreach (Candidate candidate in entry.Candidates)
        {
            if (!candidate.IsUsable || Compare(candidate.Route, best.Route) != 0) continue;
            foreach (RibNextHop nextHop in candidate.Resolved.AsSpan())
            {
                if (!_scratch.Contains(nextHop) && !(reached && _lost.Contains(nextHop))) _scratch.Add(nextHop);
            }
        }
        _scratch.Sort();
        // A blackhole takes no part in equal-cost paths: the kernel has no such route.
        if (_scratch.Count > 1) _scratch.RemoveAll(static nextHop => nextHop.Interface.IsNull);
        int paths = Math.Min(_scratch.Count, _config.MaximumPaths);
        uint metric = wantShortcut ? RibKernel.ShortcutMetric : RibKernel.Metric(best.Route.Distance, best.Route.Metric);
        return new InstalledRoute(best.Route.Source, [.. _scratch[..paths]], metric);
    }

    private static int Compare(in RibRoute a, in RibRoute b)
    {
        if (a.Distance != b.Distance) return a.Distance.CompareTo(b.Distance);
        return a.Source != b.Source ? a.Source.CompareTo(b.Source) : a.Metric.CompareTo(b.Metric);
    }

    /// <summary>Brings one of the two kernel routes of a prefix to what it should be. Returns whether it changed.</summary>
    private bool Install(RouteEntry entry, InstalledRoute? wanted, bool isShortcut, Outbox<RibEffect> outbox)
    {
        InstalledRoute? present = isShortcut ? entry.Shortcut : entry.Best;
        if (present == wanted) return false;
        if (isShortcut) entry.Shortcut = wanted;
        else entry.Best = wanted;
        entry.Attempts = 0;
        if (wanted is not null)
        {
            outbox.Add(new RibEffect(RibEffectKind.InstallRoute, entry.Prefix, wanted.NextHops, wanted.Protocol, wanted.Metric));
            if (_logger.IsEnabled(LogLevel.Debug)) RibLog.Installed(_logger, entry.Prefix, wanted.Source, string.Join(", ", wanted.NextHops));
        }
        // With the same metric the new route has replaced the old one in the kernel.
        if (present is not null && present.Metric != wanted?.Metric)
        {
            outbox.Add(new RibEffect(RibEffectKind.RemoveRoute, entry.Prefix, present.NextHops, present.Protocol, present.Metric));
            if (wanted is null) RibLog.Removed(_logger, entry.Prefix, present.Source);
        }
        return true;
    }
}
