using Dmvpn.Core;

namespace Dmvpn.Rib;

/// <summary>Next hops: which interface they come down to, and who must look again when the table changes around them.</summary>
public sealed partial class RibInstance
{
    private readonly HashSet<RibInterface> _up = [];

    // Next hops that do not answer, as they are in the kernel's routes.
    private readonly HashSet<RibNextHop> _lost = [];

    /// <summary>Prefixes whose best route (never a shortcut) can carry the next hops of others.</summary>
    private PrefixTrie<RouteEntry> _active = PrefixTrie<RouteEntry>.Empty;

    /// <summary>Next hops without an interface, and the prefixes that wait for them. The sets are changed in place.</summary>
    private PrefixTrie<HashSet<RouteEntry>> _trackers = PrefixTrie<HashSet<RouteEntry>>.Empty;

    /// <summary>
    /// An interface came up or went down. Down: routes by it leave the table, and the mirror forgets them too, for
    /// the kernel does so without a word.
    /// </summary>
    public void OnInterface(RibInterface @interface, bool isUp, Instant now, Outbox<RibEffect> outbox)
    {
        if (isUp ? !_up.Add(@interface) : !_up.Remove(@interface)) return;
        RibLog.InterfaceChanged(_logger, @interface, isUp ? "up" : "down");
        if (!isUp)
        {
            _lost.RemoveWhere(nextHop => nextHop.Interface == @interface);
            var changed = new List<IpPrefix>();
            Mirror.RemoveInterface(@interface, changed);
            foreach (IpPrefix prefix in changed) EnqueueDependents(prefix);
        }
        foreach (RouteEntry entry in _entries.Values)
        {
            foreach (Candidate candidate in entry.Candidates)
            {
                if (candidate.Route.NextHop.Interface != @interface) continue;
                Enqueue(entry);
                break;
            }
        }
        Evaluate(now, outbox);
    }

    /// <summary>
    /// A next hop that says whether it is there (a next hop server) is lost, or is there again. Routes by a lost one give way to others to
    /// the same prefix, of whatever distance, and equal-cost paths go on without it. Where there is no other way they stay: their traffic
    /// must not take a shorter prefix's way, which may be the open internet.
    /// </summary>
    public void OnNextHop(RibNextHop nextHop, bool lost, Instant now, Outbox<RibEffect> outbox)
    {
        if (lost ? !_lost.Add(nextHop) : !_lost.Remove(nextHop)) return;
        foreach (RouteEntry entry in _entries.Values)
        {
            if (entry.Candidates.Exists(candidate => candidate.Resolved.AsSpan().Contains(nextHop))) Enqueue(entry);
        }
        Evaluate(now, outbox);
    }

    /// <summary>True when one of the candidate's next hops at least is not lost.</summary>
    private bool IsReached(Candidate candidate)
    {
        foreach (RibNextHop nextHop in candidate.Resolved.AsSpan())
        {
            if (!_lost.Contains(nextHop)) return true;
        }
        return false;
    }

    private void Track(RouteEntry entry, RibNextHop nextHop)
    {
        if (!nextHop.Interface.IsNone) return;
        IpPrefix host = IpPrefix.Host(nextHop.Address);
        if (!_trackers.TryGet(host, out HashSet<RouteEntry>? waiting))
        {
            waiting = [];
            _trackers = _trackers.Set(host, waiting);
        }
        waiting.Add(entry);
    }

    private void Untrack(RouteEntry entry, RibNextHop nextHop)
    {
        if (!nextHop.Interface.IsNone || entry.Candidates.Exists(candidate => candidate.Route.NextHop == nextHop)) return;
        IpPrefix host = IpPrefix.Host(nextHop.Address);
        if (_trackers.TryGet(host, out HashSet<RouteEntry>? waiting) && waiting.Remove(entry) && waiting.Count == 0)
        {
            _trackers = _trackers.Remove(host);
        }
    }

    /// <summary>The best route to <paramref name="changed"/> is another one: next hops inside it may now lead elsewhere.</summary>
    private void EnqueueDependents(IpPrefix changed)
    {
        foreach (KeyValuePair<IpPrefix, HashSet<RouteEntry>> tracker in _trackers.EntriesWithin(changed))
        {
            foreach (RouteEntry entry in tracker.Value) Enqueue(entry);
        }
    }

    private void Resolve(RouteEntry entry, Candidate candidate)
    {
        RibNextHop nextHop = candidate.Route.NextHop;
        candidate.Via = null;
        if (!nextHop.Interface.IsNone)
        {
            candidate.Resolved = nextHop.Interface.IsNull || _up.Contains(nextHop.Interface) ? Same(candidate.Resolved, nextHop) : [];
            return;
        }
        bool isOurs = _active.TryMatch(nextHop.Address, out IpPrefix ours, out RouteEntry? via);
        bool isForeign = Mirror.TryMatch(nextHop.Address, RouteFilter.Foreign, out MirrorRoute? foreign);
        candidate.Resolved = [];
        if (isOurs && (!isForeign || IsPreferred(via!, ours, foreign!.Route)))
        {
            if (HoldsItself(entry, nextHop, ours) || LeadsBackTo(entry, via!)) return;
            candidate.Via = ours;
            candidate.Resolved = Gateways(via!.Best!.NextHops, nextHop.Address);
        }
        else if (isForeign && foreign!.Route.Type == KernelRouteType.Unicast && !HoldsItself(entry, nextHop, foreign.Route.Prefix))
        {
            candidate.Resolved = Gateways(foreign.Route.NextHops, nextHop.Address);
        }
    }

    /// <summary>
    /// True when the route, once it is in the table, would itself be the one that its next hop is looked up by; a route may
    /// not be its own proof.
    /// </summary>
    private static bool HoldsItself(RouteEntry entry, RibNextHop nextHop, IpPrefix resolvedBy) =>
        entry.Prefix.Contains(nextHop.Address) && resolvedBy.Length <= entry.Prefix.Length;

    private static ValueList<RibNextHop> Same(ValueList<RibNextHop> present, RibNextHop nextHop) =>
        present.Count == 1 && present[0] == nextHop ? present : [nextHop];

    private static bool IsPreferred(RouteEntry ours, IpPrefix prefix, KernelRoute foreign) =>
        prefix.Length != foreign.Prefix.Length ? prefix.Length > foreign.Prefix.Length : ours.Best!.Metric < foreign.Metric;

    /// <summary>The next hops of the route that holds the address; where it is on the interface itself, the address is the gateway.</summary>
    private static ValueList<RibNextHop> Gateways(ValueList<RibNextHop> via, IpAddress address)
    {
        var gateways = new RibNextHop[via.Count];
        for (int i = 0; i < gateways.Length; i++) gateways[i] = via[i].Address.IsNone && !via[i].Interface.IsNull ? via[i] with { Address = address } : via[i];
        return [.. gateways];
    }

    /// <summary>True when the next hops of <paramref name="via"/> are looked up, directly or further on, by <paramref name="entry"/> itself.</summary>
    private bool LeadsBackTo(RouteEntry entry, RouteEntry via, int depth = 0)
    {
        if (via == entry || depth > RibLimits.RecursionDepth) return true;
        foreach (Candidate candidate in via.Candidates)
        {
            if (candidate.Via is { } next && _entries.TryGetValue(next, out RouteEntry? further) && LeadsBackTo(entry, further, depth + 1)) return true;
        }
        return false;
    }
}
