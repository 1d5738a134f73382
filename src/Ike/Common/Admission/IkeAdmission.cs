using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// Who may begin (RFC 7296 2.6, 2.21.4): strangers get nothing kept, and at last nothing computed, that does not fit into fixed bounds. With more half-open SAs than the
/// configured threshold each initiator has to return a cookie first, for which nothing is kept. A cookie proves an address, and nothing about who is there: those who have returned one share what
/// there is by network, and where it does not suffice the greediest network's oldest gives way to whoever comes. A network whose first messages come to nothing is let in ever more slowly:
/// each costs a Diffie-Hellman computation.
/// </summary>
internal sealed class IkeAdmission(IkeCore core) : IDisposable
{
    private readonly CookieJar _cookies = new(core.Random);
    private readonly SourceBudget _answers = new(core.Random, IkeLimits.AnswersPerSource, IkeLimits.AnswersPerSource);
    private readonly HalfOpenTable _halfOpen = new();
    private readonly Dictionary<IpAddress, int> _halfOpenAt = [];
    private readonly Dictionary<IpPrefix, int> _jobsAt = [];
    private readonly SourceBudget _work = new(core.Random, IkeLimits.VainWorkPerNetwork, IkeLimits.VainWorkPerSecond);
    private readonly SourceBudget _hints = new(core.Random, IkeLimits.HintsPerSource, IkeLimits.HintsPerSource / 5.0);
    private Instant _end;
    private int _answered;
    private int _hinted;

    /// <summary>Diffie-Hellman computations for initiators, waiting or under way, also those whose half-open SA is gone meanwhile.</summary>
    public int InitJobs { get; private set; }

    public int HalfOpen => core.Statistics.HalfOpen;

    /// <summary>A first message is kept for AUTH: while few wait any that the engine takes, afterwards those that make a half-open SA of 4 KB at most.</summary>
    public int LongestInit => HalfOpen < IkeLimits.FewHalfOpen ? IkeLimits.MaximumMessage : IkeLimits.LongestInit;

    /// <summary>
    /// May an IKE_SA_INIT or IKE_SESSION_RESUME go on? When a cookie is asked for, or there is no room, the answer is made here.
    /// </summary>
    /// <param name="arrival">From where it came.</param>
    /// <param name="view">It.</param>
    /// <param name="nonce">Its nonce.</param>
    /// <param name="now">The time.</param>
    /// <param name="outbox">Gets the answer.</param>
    /// <param name="isPaid">It is of its network's share of computations: <see cref="OnAuthenticated"/> gives it back, and <see cref="OnFailed"/> counts one that is not.</param>
    public bool Admits(in IkeArrival arrival, IkeView view, ReadOnlySpan<byte> nonce, Instant now, Outbox<IkeEffect> outbox, out bool isPaid)
    {
        isPaid = false;
        IpAddress source = arrival.Path.Remote.Address;
        bool proven = view.Payloads.TryFindNotify(IkeNotifyType.Cookie, out IkeNotifyView notify) && _cookies.Accepts(notify.Data, nonce, source, view.InitiatorSpi, now);
        bool hasWork = _work.HasOne(NetworkOf(source), now);
        if (!proven && core.Config.CookieChallenge is { } threshold && (HalfOpen >= threshold || !hasWork))
        {
            core.Drops.Count(IkeDrop.CookieWanted);
            AskForCookie(arrival, view, nonce, now, outbox);
            return false;
        }
        IkeDrop? full = InitJobs >= IkeLimits.MaximumInitJobs || _jobsAt.GetValueOrDefault(HalfOpenTable.Of(source)) >= MostJobs ? IkeDrop.TooManyJobs
            : proven && !hasWork ? IkeDrop.TooMuchWork
            : !proven && _halfOpenAt.GetValueOrDefault(source) >= IkeLimits.MaximumHalfOpenPerAddress ? IkeDrop.TooManyFromAddress
            : WhatIsFull(source);
        // What has not returned a cookie may come from anywhere, and makes nobody give way.
        while (full is { } why && proven && TryMakeRoom(why, source, now, outbox)) full = WhatIsFull(source);
        if (full is not { } drop)
        {
            // What has not returned a cookie may be made up: nobody else pays for it.
            if (proven) _work.TryTake(NetworkOf(source), now);
            isPaid = proven;
            return true;
        }
        // Silence has the initiator try again, when there may be room.
        core.Drops.Count(drop);
        return false;
    }

    /// <summary>A half-open SA begins. The place goes to <see cref="OnHalfOpenEnded"/>.</summary>
    public LinkedListNode<ResponderHandshake> OnHalfOpen(IpAddress source, ResponderHandshake handshake)
    {
        core.Statistics.HalfOpen++;
        _halfOpenAt[source] = _halfOpenAt.GetValueOrDefault(source) + 1;
        return _halfOpen.Add(source, handshake);
    }

    /// <summary>It is one no more.</summary>
    public void OnHalfOpenEnded(IpAddress source, LinkedListNode<ResponderHandshake> place)
    {
        _halfOpen.Remove(source, place);
        core.Statistics.HalfOpen--;
        int left = _halfOpenAt.GetValueOrDefault(source) - 1;
        if (left > 0) _halfOpenAt[source] = left;
        else _halfOpenAt.Remove(source);
    }

    /// <summary>
    /// May a half-open SA keep a fragment of so many octets? A network has a part of what there is for all, and where that is used up the heaviest network's oldest gives way.
    /// </summary>
    public bool MayKeep(IpAddress source, int octets, Instant now, Outbox<IkeEffect> outbox)
    {
        if (_halfOpen.OctetsAt(source) + octets > IkeLimits.FragmentOctetsPerNetwork) return false;
        if (_halfOpen.Octets + octets <= IkeLimits.FragmentOctets) return true;
        if (_halfOpen.OldestOfHeaviest() is not { } oldest) return false;
        core.Drops.Count(IkeDrop.GaveWay);
        oldest.GiveWay(now, outbox);
        return _halfOpen.Octets + octets <= IkeLimits.FragmentOctets;
    }

    /// <summary>It keeps so many more, or fewer.</summary>
    public void OnKept(IpAddress source, int more) => _halfOpen.Keep(source, more);

    /// <summary>A computation for an initiator is queued.</summary>
    public void OnInitJob(IpAddress source)
    {
        InitJobs++;
        IpPrefix network = HalfOpenTable.Of(source);
        _jobsAt[network] = _jobsAt.GetValueOrDefault(network) + 1;
    }

    /// <summary>It is done, whether anybody waits for it or not: until then it takes a thread's time.</summary>
    public void OnInitJobDone(IpAddress source)
    {
        InitJobs--;
        IpPrefix network = HalfOpenTable.Of(source);
        if (_jobsAt.GetValueOrDefault(network) > 1) _jobsAt[network]--;
        else _jobsAt.Remove(network);
    }

    /// <summary>The initiator has authenticated itself: what was computed was worth it.</summary>
    public void OnAuthenticated(IpAddress source, bool isPaid)
    {
        if (isPaid) _work.GiveBack(NetworkOf(source));
    }

    /// <summary>Its IKE_AUTH, which came from where the answer had gone, was no good.</summary>
    public void OnFailed(IpAddress source, bool isPaid, Instant now)
    {
        if (!isPaid) _work.TryTake(NetworkOf(source), now);
    }

    /// <summary>May an IKE message be answered without protection? The rate is bounded for each source and for all of them.</summary>
    public bool MayAnswer(IpAddress source, Instant now) => May(_answers, source, ref _answered, IkeLimits.AnswersPerInterval, now);

    /// <summary>The same for ESP that nobody knows.</summary>
    public bool MayHint(IpAddress source, Instant now) => May(_hints, source, ref _hinted, IkeLimits.HintsPerInterval, now);

    /// <summary>Answers a request in the clear with one notify, by the request's own SPIs and id (RFC 7296 1.5, 2.21.4).</summary>
    public void Answer(in IkeArrival arrival, IkeView view, IkeNotifyType type, ReadOnlySpan<byte> data, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!MayAnswer(arrival.Path.Remote.Address, now)) return;
        Reply(arrival, view, type, data, outbox);
    }

    public void Dispose() => _cookies.Dispose();

    /// <summary>No network has more than what is left for all others: a few greedy ones together do not keep everybody out.</summary>
    private int MostJobs => Math.Clamp(IkeLimits.MaximumInitJobs - InitJobs, IkeLimits.LeastInitJobsPerNetwork, IkeLimits.MaximumInitJobsPerNetwork);

    private static IpAddress NetworkOf(IpAddress source) => HalfOpenTable.Of(source).Address;

    private IkeDrop? WhatIsFull(IpAddress source) =>
        _halfOpen.CountAt(source) >= Math.Max(IkeLimits.MaximumHalfOpenPerAddress, core.Config.MaxInNegotiation / 2) ? IkeDrop.TooManyFromAddress
        : core.Config.MaxSa is { } most && core.Sas.Count >= most ? IkeDrop.TooManySas
        : HalfOpen >= core.Config.MaxInNegotiation ? IkeDrop.TooManyHalfOpen
        : null;

    /// <summary>Ends a half-open SA that stands in the way. False when there is none.</summary>
    private bool TryMakeRoom(IkeDrop full, IpAddress source, Instant now, Outbox<IkeEffect> outbox)
    {
        ResponderHandshake? oldest = full switch
        {
            IkeDrop.TooManyFromAddress => _halfOpen.OldestAt(source),
            IkeDrop.TooManyHalfOpen or IkeDrop.TooManySas => _halfOpen.OldestOfGreediest(),
            _ => null,
        };
        if (oldest is null) return false;
        core.Drops.Count(IkeDrop.GaveWay);
        oldest.GiveWay(now, outbox);
        return true;
    }

    private bool May(SourceBudget budget, IpAddress source, ref int count, int most, Instant now)
    {
        if (now >= _end)
        {
            _end = now + IkeLimits.UnprotectedInterval;
            _answered = _hinted = 0;
        }
        if (count < most && budget.TryTake(source, now))
        {
            count++;
            return true;
        }
        core.Drops.Count(IkeDrop.RateLimited);
        return false;
    }

    /// <summary>As long as the request, or shorter: not worth an amplifier's while. So it is not held back.</summary>
    private void AskForCookie(in IkeArrival arrival, IkeView view, ReadOnlySpan<byte> nonce, Instant now, Outbox<IkeEffect> outbox)
    {
        core.Statistics.CookiesSent++;
        Span<byte> cookie = stackalloc byte[CookieJar.Length];
        _cookies.Write(nonce, arrival.Path.Remote.Address, view.InitiatorSpi, now, cookie);
        Reply(arrival, view, IkeNotifyType.Cookie, cookie, outbox);
    }

    private static void Reply(in IkeArrival arrival, IkeView view, IkeNotifyType type, ReadOnlySpan<byte> data, Outbox<IkeEffect> outbox)
    {
        Span<byte> room = stackalloc byte[128];
        var writer = new IkePayloadWriter(room);
        writer.Notify(type, data);
        IkeHeader header = view.Header with { Flags = view.FromInitiator ? IkeFlags.Response : IkeFlags.Response | IkeFlags.Initiator };
        IkeCore.Transmit(arrival.Path, IkeSealing.Clear(header, writer), outbox);
    }
}
