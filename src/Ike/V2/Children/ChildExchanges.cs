using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// Child SAs after IKE_AUTH: made, rekeyed and deleted by us (RFC 7296 1.3.1, 1.3.3, 1.4.1, 2.8). The peer's wishes are in the part <c>Requests</c>.
/// </summary>
internal sealed partial class ChildExchanges(IkeCore core)
{
    private readonly Dictionary<IkePeer, CreateChildExchange> _making = [];

    /// <summary>True while a first child SA of a peer, or one after all have gone, is negotiated.</summary>
    public bool IsMaking(IkePeer peer) => _making.ContainsKey(peer);

    /// <summary>Our exchange that makes one; null without.</summary>
    public CreateChildExchange? MakingFor(IkePeer peer) => _making.GetValueOrDefault(peer);

    /// <summary>Makes a child SA; with <paramref name="rekeys"/> one that replaces it. When the IKE SA is being rekeyed, or the peer's is under way: in a moment.</summary>
    public void Start(IkeSa sa, ChildSa? rekeys, Instant now, Outbox<IkeEffect> outbox)
    {
        if (sa.Peer is not { } peer || !sa.IsEstablished) return;
        if (rekeys is null && (IsMaking(peer) || peer.Protection.Policy is null)) return;
        if (sa.Rekey is not null)
        {
            // "It SHOULD NOT start any new CREATE_CHILD_SA exchanges on the IKE SA that is being rekeyed" (1.3.2).
            if (rekeys is not null) rekeys.RekeyAgainAt(now + core.Random.Jitter(IkeLimits.CollisionPause, 0.5));
            else core.Peers.RetryChild(peer, now);
            return;
        }
        var exchange = new CreateChildExchange(core, sa, peer, rekeys);
        if (rekeys is not null) rekeys.Rekeying = exchange;
        else _making.Add(peer, exchange);
        exchange.Begin(now, outbox);
    }

    /// <summary>An exchange of <see cref="Start"/> is over.</summary>
    public void OnEnded(CreateChildExchange exchange)
    {
        if (exchange.Rekeys is { } rekeyed)
        {
            if (rekeyed.Rekeying == exchange) rekeyed.Rekeying = null;
        }
        else if (_making.TryGetValue(exchange.Peer, out CreateChildExchange? making) && making == exchange)
        {
            _making.Remove(exchange.Peer);
        }
    }

    /// <summary>
    /// A child SA comes to its end: it is replaced, unless another one carries the traffic. One that nobody here needs is replaced too: the peer may, and ends it otherwise.
    /// </summary>
    public void Renew(ChildSa child, Instant now, Outbox<IkeEffect> outbox)
    {
        if (child.Rekeying is not null || child.IsDeleting) return;
        IkePeer peer = child.Peer;
        // Of several, as when both ends made one at once, the one that has more time left stays.
        ChildSa? better = peer.Children.Find(other =>
            other != child && other is { IsLive: true, IsDeleting: false, Rekeying: null, RekeyAt.IsNever: false } && other.RekeyAt > now + IkeLimits.ActivationTime);
        if (better is { IsAwaited: true })
        {
            // The peer replaces the old one at this moment, and deletes it. Should it not, we do.
            child.RekeyAgainAt(now + IkeLimits.ActivationTime);
            return;
        }
        better?.Activate(outbox);
        if (better is not null) Delete(child, now, outbox);
        else Start(child.Sa, child, now, outbox);
    }

    /// <summary>Asks the peer to delete a child SA, and retires it when it has.</summary>
    public void Delete(ChildSa child, Instant now, Outbox<IkeEffect> outbox)
    {
        if (child.IsDeleting) return;
        child.IsDeleting = true;
        child.Sa.Submit(new DeleteChildRequest([child.InboundSpi]), now, outbox);
    }

    /// <summary>TEMPORARY_FAILURE over minutes: both ends do not know the same any more, and the SA is made anew (2.25). False when it is closed for that.</summary>
    public bool OnTemporaryFailure(IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
        core.Drops.Count(IkeDrop.TemporaryFailure);
        if (sa.TemporaryFailureSince.IsNever) sa.TemporaryFailureSince = now;
        if (now.Since(sa.TemporaryFailureSince) < IkeLimits.TemporaryFailureTime) return true;
        sa.Close(IkeDownReason.DeadPeer, now, outbox);
        return false;
    }
}

/// <summary>Deletes child SAs (RFC 7296 1.4.1). What the response lists does not matter: both directions end together here.</summary>
internal sealed class DeleteChildRequest(uint[] spis) : IkeRequest
{
    private IkeSa? _counted;

    public override IkeExchangeType Exchange => IkeExchangeType.Informational;

    public override bool TryWrite(IkeSa sa, ref IkePayloadWriter writer, Instant now)
    {
        _counted = sa;
        sa.ChildExchanges++;
        writer.DeleteEsp(spis);
        return true;
    }

    public override void OnResponse(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox) => End(sa, now, outbox);

    public override void OnLost(IkeSa sa, Instant now, Outbox<IkeEffect> outbox) => End(sa, now, outbox);

    private void End(IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
        if (_counted is not null) _counted.ChildExchanges--;
        _counted = null;
        foreach (uint spi in spis)
        {
            if (!sa.Core.ChildSas.TryGetValue(spi, out ChildSa? child)) continue;
            child.Retire(now, outbox);
            sa.Core.Peers.Reconsider(child.Peer, IkeDownReason.Unused, now, outbox);
        }
        if (sa.IsRedundant) sa.Close(IkeDownReason.Unused, now, outbox);
    }
}
