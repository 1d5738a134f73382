using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>
/// Finds paths that carry less than a tunnel's packets and say nothing (RFC 4821, RFC 8899):
/// fragments are dropped on them, or ICMP "fragmentation needed" is. A request as long as a full
/// packet is sent while the data path uses the peer, now and then. When it is not answered and the
/// same question without the length is, long packets do not get through, and the longest that do are
/// looked for. Nothing but the peer's protected answers is believed.
/// <code>
/// Idle → Checking ── answered ──────────────────────────────→ Idle: no limit, or the limit holds
///            └ not  → Confirming ── answered ───────────────→ Idle
///                        └ not   → Searching ── size by size → Idle: PathMeasured
/// </code>
/// </summary>
internal sealed class IkePathMtus(IkeCore core)
{
    private Instant _nextProbe;

    /// <summary>Data goes to the peer.</summary>
    public void OnUsed(IkePeer peer, int longest, bool dontFragment, Instant now, Outbox<IkeEffect> outbox)
    {
        longest = Math.Min(longest, IkeLimits.LongestProbe);
        PathMtuState state = peer.PathMtu ??= new PathMtuState();
        if ((state.Longest, state.DontFragment) != (longest, dontFragment))
            OnOtherLength(peer, state, longest, dontFragment, outbox);
        if (state.Stage != PathMtuStage.Idle || now < state.CheckAt || peer.Current is not { } sa) return;
        // What is open already is asked for its answer; and without a loss every peer's window is
        // free most of the time.
        if (sa.HasOpenRequests || longest <= PathProbeRequest.SmallSize(sa.Path) || !TryTake(now)) return;
        bool raises = state.Limit == 0 || state.RaiseAt <= now;
        state.Stage = PathMtuStage.Checking;
        Probe(peer, state, sa, raises ? longest : state.Limit, Quick(sa), IkeLimits.ProbeTries, now, outbox);
    }

    /// <summary>The peer is at another place: by that path anything may get through.</summary>
    public void OnMoved(IkePeer peer, Instant now, Outbox<IkeEffect> outbox)
    {
        if (peer.PathMtu is not { } state) return;
        peer.PathMtu = null;
        if (state.Limit != 0) Tell(peer, 0, 0, outbox);
    }

    /// <summary>The peer answered: the long request, or the short one.</summary>
    public void OnAnswered(IkePeer peer, PathProbeRequest probe, bool whole, Instant now, Outbox<IkeEffect> outbox)
    {
        if (peer.PathMtu is not { } state || state.Probe != probe) return;
        state.Probe = null;
        if (peer.Current is not { } sa)
        {
            Rest(state, now);
            return;
        }
        switch (state.Stage)
        {
            case PathMtuStage.Searching:
                if (!whole) state.High = probe.ActualSize;
                else if (probe.ActualSize > state.Low) state.Low = probe.ActualSize;
                // So near, sizes cannot be told from each other with the SA's cipher.
                else state.High = probe.Size;
                Search(peer, state, sa, now, outbox);
                break;
            case PathMtuStage.Checking or PathMtuStage.Confirming when whole:
                state.WasProved = true;
                if (probe.Size >= state.Longest) SetLimit(peer, state, 0, 0, now, outbox);
                Rest(state, now);
                break;
            // More than the limit was tried, and is still too much. Perhaps something between is
            // not.
            case PathMtuStage.Checking when probe.Size > state.Limit && state.Limit != 0:
                (state.Low, state.High) = (state.Limit, probe.ActualSize);
                Search(peer, state, sa, now, outbox);
                break;
            case PathMtuStage.Checking:
                state.Stage = PathMtuStage.Confirming;
                TimeSpan patience = state.WasProved ? IkeLimits.PatientProbe : Quick(sa);
                Probe(peer, state, sa, probe.Size, patience, IkeLimits.ProbeTries, now, outbox);
                break;
            case PathMtuStage.Confirming:
                (state.Low, state.High) = (PathProbeRequest.SmallSize(sa.Path), probe.ActualSize);
                Search(peer, state, sa, now, outbox);
                break;
            default:
                break;
        }
    }

    /// <summary>There will be no answer: nothing is known by that.</summary>
    public void OnLost(IkePeer peer, PathProbeRequest probe, Instant now)
    {
        if (peer.PathMtu is not { } state || state.Probe != probe) return;
        state.Probe = null;
        Rest(state, now);
    }

    private static void OnOtherLength(
        IkePeer peer, PathMtuState state, int longest, bool dontFragment, Outbox<IkeEffect> outbox)
    {
        (state.Longest, state.DontFragment) = (longest, dontFragment);
        state.CheckAt = Instant.Zero;
        if (state.Limit == 0 || longest > state.Limit) return;
        state.Limit = 0;
        Tell(peer, 0, 0, outbox);
    }

    private void Search(IkePeer peer, PathMtuState state, IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
        state.Stage = PathMtuStage.Searching;
        if (PathMtuState.Between(state.Low, state.High) is { } size)
        {
            Probe(peer, state, sa, size, Quick(sa), IkeLimits.SearchTries, now, outbox);
            return;
        }
        state.WasProved = true;
        SetLimit(peer, state, state.Low, state.High, now, outbox);
        Rest(state, now);
    }

    private static void SetLimit(
        IkePeer peer, PathMtuState state, int limit, int blocked, Instant now, Outbox<IkeEffect> outbox)
    {
        state.RaiseAt = limit == 0 ? Instant.Never : now + IkeLimits.RaiseInterval;
        if (state.Limit == limit) return;
        state.Limit = limit;
        Tell(peer, limit, blocked, outbox);
    }

    /// <summary>With very many peers each has its turn more seldom, and all have one.</summary>
    private void Rest(PathMtuState state, Instant now)
    {
        TimeSpan turn = IkeLimits.ProbePause * 2 * core.Sas.Count;
        state.Stage = PathMtuStage.Idle;
        state.CheckAt = now + (turn > IkeLimits.PathCheckInterval ? turn : IkeLimits.PathCheckInterval);
    }

    private static void Tell(IkePeer peer, int limit, int blocked, Outbox<IkeEffect> outbox) => outbox.Add(new IkeEffect
    {
        Kind = IkeEffectKind.PathMeasured,
        Protection = peer.Protection.Id,
        Peer = peer.Nbma,
        PathMtu = limit,
        Blocked = blocked,
    });

    private static void Probe(
        IkePeer peer, PathMtuState state, IkeSa sa, int size, TimeSpan wait, int tries, Instant now,
        Outbox<IkeEffect> outbox)
    {
        // Only the longest packet of a tunnel without path MTU discovery may be fragmented on its
        // way.
        bool dontFragment = state.DontFragment || size != state.Longest;
        state.Probe = new PathProbeRequest(peer, sa.Dpd, size, dontFragment, wait, tries);
        sa.Submit(state.Probe, now, outbox);
    }

    private static TimeSpan Quick(IkeSa sa)
    {
        TimeSpan wait = sa.RoundTrip * 4;
        if (wait < IkeLimits.ShortestProbe) return IkeLimits.ShortestProbe;
        return wait > IkeLimits.PatientProbe ? IkeLimits.PatientProbe : wait;
    }

    private bool TryTake(Instant now)
    {
        if (_nextProbe > now + IkeLimits.ProbeBurst) return false;
        _nextProbe = (_nextProbe > now ? _nextProbe : now) + IkeLimits.ProbePause;
        return true;
    }
}
