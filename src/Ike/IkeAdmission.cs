using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// Who may begin (RFC 7296 2.6, 2.21.4): strangers get nothing kept, and at last nothing computed, that does not fit into fixed bounds. With more half-open SAs than the
/// configured threshold each initiator has to return a cookie first, for which nothing is kept.
/// </summary>
internal sealed class IkeAdmission(IkeCore core) : IDisposable
{
    private readonly CookieJar _cookies = new(core.Random);
    private readonly SourceBudget _answers = new(core.Random, IkeLimits.AnswersPerSource, IkeLimits.AnswersPerSource);
    private readonly Dictionary<IpAddress, int> _halfOpenAt = [];
    private readonly SourceBudget _hints = new(core.Random, IkeLimits.HintsPerSource, IkeLimits.HintsPerSource / 5.0);
    private Instant _end;
    private int _answered;
    private int _hinted;

    /// <summary>Half-open SAs as responder that wait for their Diffie-Hellman computation.</summary>
    public int InitJobs { get; set; }

    public int HalfOpen => core.Statistics.HalfOpen;

    /// <summary>
    /// May an IKE_SA_INIT or IKE_SESSION_RESUME go on? When a cookie is asked for, or there is no room, the answer is made here.
    /// </summary>
    public bool Admits(in IkeArrival arrival, IkeView view, ReadOnlySpan<byte> nonce, Instant now, Outbox<IkeEffect> outbox)
    {
        IpAddress source = arrival.Path.Remote.Address;
        bool proven = view.Payloads.TryFindNotify(IkeNotifyType.Cookie, out IkeNotifyView notify) && _cookies.Accepts(notify.Data, nonce, source, view.InitiatorSpi, now);
        if (!proven && core.Config.CookieChallenge is { } threshold && HalfOpen >= threshold)
        {
            core.Drops.Count(IkeDrop.CookieWanted);
            AskForCookie(arrival, view, nonce, now, outbox);
            return false;
        }
        IkeDrop? full = core.Config.MaxSa is { } most && core.Sas.Count >= most ? IkeDrop.TooManySas
            : HalfOpen >= core.Config.MaxInNegotiation ? IkeDrop.TooManyHalfOpen
            : InitJobs >= IkeLimits.MaximumInitJobs ? IkeDrop.TooManyJobs
            : !proven && _halfOpenAt.GetValueOrDefault(source) >= IkeLimits.MaximumHalfOpenPerAddress ? IkeDrop.TooManyFromAddress
            : null;
        if (full is not { } drop) return true;
        // Silence has the initiator try again, when there may be room.
        core.Drops.Count(drop);
        return false;
    }

    public void OnHalfOpen(IpAddress source)
    {
        core.Statistics.HalfOpen++;
        _halfOpenAt[source] = _halfOpenAt.GetValueOrDefault(source) + 1;
    }

    public void OnHalfOpenEnded(IpAddress source)
    {
        core.Statistics.HalfOpen--;
        int left = _halfOpenAt.GetValueOrDefault(source) - 1;
        if (left > 0) _halfOpenAt[source] = left;
        else _halfOpenAt.Remove(source);
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
