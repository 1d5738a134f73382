using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>How IKE SAs end.</summary>
internal sealed partial class IkeSa
{
    /// <summary>
    /// Ends it and says so to the peer. Child SAs end with it; where the peer has others, packets on their way are still received for a while.
    /// </summary>
    public void Close(IkeDownReason reason, Instant now, Outbox<IkeEffect> outbox)
    {
        if (Stage is IkeSaStage.Dead or IkeSaStage.Closing) return;
        if (Stage is IkeSaStage.Negotiating or IkeSaStage.Failed || Outbound is null)
        {
            Die(reason, now, outbox);
            return;
        }
        Stage = IkeSaStage.Closing;
        Rekey?.Abandon(this, now, outbox);
        AbandonRequests(now, outbox);
        StopTimers();
        Leave(reason, now, outbox);
        EndsAt = now + IkeLimits.ClosingTime;
        Submit(new DeleteSaRequest(), now, outbox);
        Reschedule();
    }

    /// <summary>
    /// Tells the peer once that the SA is gone, and forgets it: for an end that waits for nobody (the process stops), or a peer that will hardly listen. After our IKE_AUTH it may have the
    /// SA though we have not yet.
    /// </summary>
    public void CloseAtOnce(IkeDownReason reason, Instant now, Outbox<IkeEffect> outbox)
    {
        bool known = Stage is not (IkeSaStage.Dead or IkeSaStage.Closing or IkeSaStage.Negotiating or IkeSaStage.Failed) || Handshake is InitiatorHandshake { HasSentAuthentication: true };
        if (known && Outbound is not null)
        {
            // Whatever is open is not waited for any more: the window may be overdrawn by this one.
            var request = new DeleteSaRequest { Id = NextRequestId };
            if (request.Compose(this, now) is { } datagrams) IkeCore.Transmit(Path, datagrams, outbox);
        }
        Die(reason, now, outbox);
    }

    /// <summary>Ends it without a word: all tables, keys and children.</summary>
    public void Die(IkeDownReason reason, Instant now, Outbox<IkeEffect> outbox)
    {
        if (Stage == IkeSaStage.Dead) return;
        IkeHandshake? handshake = Handshake;
        Stage = IkeSaStage.Dead;
        Core.Timers.Set(this, Instant.Never);
        Core.Sas.Remove(LocalSpi);
        Handshake = null;
        handshake?.OnSaDead(now, outbox);
        Rekey?.Abandon(this, now, outbox);
        if (Predecessor is { Rekey.PeerSuccessor: { } made } before && made == this) IkeRekeyState.Forget(before);
        LoseRequests(now, outbox);
        Leave(reason, now, outbox);
        Keys?.Dispose();
        Inbound?.Dispose();
        Outbound?.Dispose();
        _requestFragments = _responseFragments = null;
        _answered = null;
    }

    /// <summary>
    /// It is over for both ends with the response that has just been sent: kept for a moment without children, peer and requests to send that response again.
    /// </summary>
    public void EndAfterAnswer(IkeDownReason reason, Instant now, Outbox<IkeEffect> outbox)
    {
        if (Stage is IkeSaStage.Dead or IkeSaStage.Failed) return;
        Stage = IkeSaStage.Failed;
        EndsAt = now + IkeLimits.FailedTime;
        StopTimers();
        Rekey?.Abandon(this, now, outbox);
        LoseRequests(now, outbox);
        Leave(reason, now, outbox);
        Reschedule();
    }

    /// <summary>Gives children and peer over to the SA that replaces it (RFC 7296 2.8).</summary>
    public void HandOver(IkeSa successor)
    {
        foreach (ChildSa child in Children)
        {
            child.Sa = successor;
            successor.Children.Add(child);
        }
        Children.Clear();
        Peer?.Replace(this, successor);
        FormerPeer = Peer;
        Peer = null;
        _successor = successor;
        Stage = IkeSaStage.Replaced;
        StopTimers();
    }

    /// <summary>A request was given up.</summary>
    private void OnPeerDead(Instant now, Outbox<IkeEffect> outbox)
    {
        if (Peer is { } peer)
        {
            Core.Statistics.DeadPeers++;
            if (Core.PeerLines.TryTake(now, Path.Remote.Address)) Core.Logger.PeerDead(peer.Id, Path.Remote, now.Since(LastHeard));
        }
        Die(IkeDownReason.DeadPeer, now, outbox);
    }

    /// <summary>The end that was set has come. False when the SA is gone.</summary>
    private bool OnEnd(Instant now, Outbox<IkeEffect> outbox)
    {
        EndsAt = Instant.Never;
        switch (Stage)
        {
            case IkeSaStage.Negotiating:
            case IkeSaStage.Failed:
            case IkeSaStage.Replaced:
            case IkeSaStage.Waiting:
            case IkeSaStage.Closing:
                Die(IkeDownReason.DeadPeer, now, outbox);
                return false;
            case IkeSaStage.Established:
                // Redundant, or reauthenticated: the other one carries the traffic by now, if it still lives.
                if (Peer is not { } peer || !peer.Children.Exists(child => child.IsLive && child.Sa != this)) return true;
                Close(IkeDownReason.Unused, now, outbox);
                return false;
            default:
                return true;
        }
    }

    private void StopTimers()
    {
        RekeyAt = ExpiresAt = ReauthenticateAt = AuthenticationEndsAt = _livenessAt = _keepaliveAt = Instant.Never;
    }

    private void Leave(IkeDownReason reason, Instant now, Outbox<IkeEffect> outbox)
    {
        if (Peer is not { } peer) return;
        FormerPeer = peer;
        Peer = null;
        peer.Remove(this, reason, now, outbox);
    }
}
