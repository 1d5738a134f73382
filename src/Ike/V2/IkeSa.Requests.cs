using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>Requests of ours: as many at once as the peer's window allows (RFC 7296 2.3), sent again until they are answered (2.1, 2.4).</summary>
internal sealed partial class IkeSa
{
    private static readonly List<IkeRequest> None = [];

    /// <summary>The open ones, by id; <see cref="None"/> while there are none: an idle SA needs no list.</summary>
    private List<IkeRequest> _open = None;
    private List<IkeRequest>? _waiting;

    /// <summary>Requests that the peer takes at once; 1 until it says more.</summary>
    public int PeerWindow { get; set; } = 1;

    /// <summary>Id of the next request of ours.</summary>
    public uint NextRequestId { get; internal set; }

    /// <summary>True while a response is to come: it will tell whether the peer lives.</summary>
    public bool HasOpenRequests => _open.Count > 0;

    /// <summary>How often the oldest open request has been sent.</summary>
    public int TriesOfOldest => _open.Count == 0 ? 0 : _open[0].Tries;

    private bool HasRoom => _open.Count == 0 || (NextRequestId - _open[0].Id < (uint)PeerWindow && !_open[^1].IsLast);

    /// <summary>Sends a request, at once or when the window has room.</summary>
    public void Submit(IkeRequest request, Instant now, Outbox<IkeEffect> outbox)
    {
        if (Stage == IkeSaStage.Dead)
        {
            request.OnLost(this, now, outbox);
            return;
        }
        if (HasRoom && _waiting is not { Count: > 0 })
        {
            Send(request, now, outbox);
        }
        else if ((_waiting ??= []).Count < IkeLimits.MaximumWaitingRequests || request.IsLast)
        {
            _waiting.Add(request);
        }
        else
        {
            request.OnLost(this, now, outbox);
        }
        Reschedule();
    }

    /// <summary>The open request with this id, which is closed by that.</summary>
    public IkeRequest? Take(uint id)
    {
        int at = _open.FindIndex(request => request.Id == id);
        if (at < 0) return null;
        IkeRequest taken = _open[at];
        _open.RemoveAt(at);
        if (_open.Count == 0) _open = None;
        return taken;
    }

    /// <summary>The open request with this id; it stays open.</summary>
    public IkeRequest? Find(uint id) => _open.Find(request => request.Id == id);

    /// <summary>Sends what waited, as far as the window has room now.</summary>
    public void SendWaiting(Instant now, Outbox<IkeEffect> outbox)
    {
        while (_waiting is { Count: > 0 } && HasRoom && Stage is not (IkeSaStage.Dead or IkeSaStage.Failed))
        {
            IkeRequest next = _waiting[0];
            _waiting.RemoveAt(0);
            Send(next, now, outbox);
        }
        if (_waiting is { Count: 0 }) _waiting = null;
        Reschedule();
    }

    /// <summary>True when a request of this kind is open or waits.</summary>
    public bool Has<T>()
        where T : IkeRequest => _open.Exists(static request => request is T) || (_waiting?.Exists(static request => request is T) ?? false);

    /// <summary>What waits is the successor's business: it was never sent.</summary>
    public List<IkeRequest> TakeWaiting()
    {
        List<IkeRequest> taken = _waiting ?? [];
        _waiting = null;
        return taken;
    }

    /// <summary>The first request was not taken: the next one has its id again.</summary>
    public void RestartRequests() => NextRequestId = 0;

    /// <summary>Sends all open requests at once to the (new) path, with their patience renewed.</summary>
    public void RepeatOpen(Instant now, Outbox<IkeEffect> outbox)
    {
        foreach (IkeRequest request in _open)
        {
            request.Tries = 0;
            request.OnPathChanged(this);
            Transmit(request, now, outbox);
        }
        Reschedule();
    }

    private void Send(IkeRequest request, Instant now, Outbox<IkeEffect> outbox)
    {
        if (NextRequestId >= IkeLimits.LastMessageId && !request.IsLast)
        {
            request.OnLost(this, now, outbox);
            ExpiresAt = now;
            Reschedule();
            return;
        }
        request.Id = NextRequestId;
        if (request.Compose(this, now) is not { } datagrams)
        {
            request.OnLost(this, now, outbox);
            return;
        }
        if (++NextRequestId == IkeLimits.RekeyMessageId) OnIdsRunLow(now);
        request.Datagrams = datagrams;
        request.SentAt = now;
        if (_open == None) _open = new List<IkeRequest>(1);
        _open.Add(request);
        Core.Statistics.Of(request.Exchange).RequestsSent++;
        Transmit(request, now, outbox);
    }

    /// <summary>"An IKE SA MUST be rekeyed or closed" before message ids run out (2.2).</summary>
    private void OnIdsRunLow(Instant now)
    {
        if (IsEstablished && Rekey is null) RekeyAt = now;
    }

    private void Transmit(IkeRequest request, Instant now, Outbox<IkeEffect> outbox)
    {
        request.Tries++;
        request.NextTry = now + Core.Random.Jitter(request.Interval(request.Tries), IkeLimits.RetransmissionJitter);
        LastSent = now;
        IkePath path = SendingPath;
        Core.Logger.MessageSent(this, request, path);
        IkeCore.Transmit(path, request.Datagrams, outbox, request.DontFragment);
    }

    /// <summary>Sends again what is due. False when the SA ended by that.</summary>
    private bool Retransmit(Instant now, Outbox<IkeEffect> outbox)
    {
        for (int i = 0; i < _open.Count; i++)
        {
            IkeRequest request = _open[i];
            if (request.NextTry > now) continue;
            request.BeforeRetry(this, now);
            if (request.Tries < request.MaximumTries)
            {
                Core.Statistics.Of(request.Exchange).Retransmissions++;
                if (!request.ProvesSilence || !Core.Mobility.TryOtherPath(this, request, now, outbox)) Transmit(request, now, outbox);
                continue;
            }
            Core.Drops.Count(IkeDrop.Unanswered);
            // What comes after may change the list of requests: the next deadline finds what else is due.
            request.NextTry = now + IkeLimits.LongestRetransmission;
            if (!request.OnUnanswered(this, now, outbox)) OnPeerDead(now, outbox);
            return Stage != IkeSaStage.Dead;
        }
        return true;
    }

    private Instant NextRetransmission()
    {
        Instant next = Instant.Never;
        foreach (IkeRequest request in _open) next = Instant.Min(next, request.NextTry);
        return next;
    }

    /// <summary>Nobody wants the responses any more. What is on the wire keeps its place in the window until it is answered.</summary>
    private void AbandonRequests(Instant now, Outbox<IkeEffect> outbox)
    {
        foreach (IkeRequest request in _open.ToArray()) request.OnLost(this, now, outbox);
        foreach (IkeRequest request in TakeWaiting()) request.OnLost(this, now, outbox);
    }

    private void LoseRequests(Instant now, Outbox<IkeEffect> outbox)
    {
        while (_open.Count > 0)
        {
            IkeRequest lost = _open[^1];
            _open.RemoveAt(_open.Count - 1);
            lost.OnLost(this, now, outbox);
        }
        foreach (IkeRequest lost in TakeWaiting()) lost.OnLost(this, now, outbox);
    }
}
