using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// CREATE_CHILD_SA of ours for a child SA: a key pair first where there is perfect forward secrecy, then the exchange, then the secret. When both ends rekey the same child SA at
/// once, the nonces decide (RFC 7296 2.8.1).
/// </summary>
internal sealed class CreateChildExchange(IkeCore core, IkeSa sa, IkePeer peer, ChildSa? rekeys) : IkeRequest, IWorkOwner
{
    private readonly bool _isFirst = rekeys is null && !peer.HasLiveChild;
    private IkeSa _sa = sa;
    private IkeWork? _work;
    private KeyExchange? _keyPair;
    private ChildMessage? _answer;
    private ChildAgreement _agreement;
    private SelectorPair _offer;
    private byte[] _nonce = [];
    private byte[] _twinNonce = [];
    private ChildSa? _twin;
    private List<uint>? _deleted;
    private uint _spi;
    private bool _isCounted;
    private bool _isOver;

    public IkePeer Peer { get; } = peer;

    /// <summary>The child SA that is replaced; null for a new one.</summary>
    public ChildSa? Rekeys { get; } = rekeys;

    public override IkeExchangeType Exchange => IkeExchangeType.CreateChildSa;

    /// <summary>The peer had no child SA, and has got one by another way.</summary>
    private bool IsUnnecessary => _isFirst && Peer.HasLiveChild;

    /// <summary>The request is on the wire: the peer may have obeyed it.</summary>
    public bool IsSent => Tries > 0;

    private DhGroup Group => Peer.Protection.Pfs;

    public void Begin(Instant now, Outbox<IkeEffect> outbox)
    {
        Count(_sa);
        if (Group == DhGroup.None) _sa.Submit(this, now, outbox);
        else core.Run(_work = new KeyPairWork(this, Group), outbox);
    }

    public bool IsWaitingFor(IkeWork work) => _work == work && !_isOver;

    public void OnDone(IkeWork work, Instant now, Outbox<IkeEffect> outbox)
    {
        _work = null;
        switch (work)
        {
            case KeyPairWork { KeyPair: { } keyPair }:
                _keyPair = keyPair;
                // The IKE SA may have been rekeyed meanwhile.
                if ((Rekeys?.Sa ?? Peer.Current) is { IsEstablished: true } present && !IsUnnecessary)
                {
                    Count(present);
                    present.Submit(this, now, outbox);
                }
                else
                {
                    Abort(now, outbox);
                }
                break;
            case AgreementWork { Shared: { } shared }:
                using (shared) Install(shared.Span, now, outbox);
                break;
            default:
                Refused(IkeDrop.BadPublicValue, "a public value of the key exchange is not of its group", now, outbox);
                break;
        }
    }

    /// <summary>
    /// The peer rekeys the same child SA, or makes a new one too: its exchange has made <paramref name="child"/>, and <paramref name="lowest"/> is the lower of its nonces. Ours is left out when it was not sent yet.
    /// </summary>
    public void OnTwin(ChildSa child, byte[] lowest)
    {
        (_twin, _twinNonce) = (child, lowest);
        if (!IsSent) End();
    }

    /// <summary>
    /// The peer deletes a child SA that we do not have. It may be the one that this exchange makes: its secret is still being computed, or its answer has been overtaken. Our SPI of it in the
    /// first case, otherwise 0. The caller has the peer reconsidered.
    /// </summary>
    public uint OnDeleted(uint outboundSpi, Instant now)
    {
        if (_isOver || !IsSent) return 0;
        if (_answer is null)
        {
            // As many as it may have: who deletes more of what is not there is not believed, and learns of them by its packets' end.
            if ((_deleted ??= []).Count < IkeLimits.MaximumChildrenPerPeer) _deleted.Add(outboundSpi);
            return 0;
        }
        if (_agreement.OutboundSpi != outboundSpi) return 0;
        Forget(now);
        return _spi;
    }

    public override bool TryWrite(IkeSa sa, ref IkePayloadWriter writer, Instant now)
    {
        if (_isOver || IsUnnecessary || Peer.Protection.Policy is null || Rekeys is { IsLive: false } or { IsDeleting: true }) return false;
        Count(sa);
        if (_nonce.Length == 0) _nonce = core.NewNonce();
        _spi = core.NewChildSpi(sa.SpiClass(sa.Path));
        _offer = TrafficSelectorChoice.Offer(sa.Path.Local.Address, sa.Path.Remote.Address);
        if (Rekeys is not null)
        {
            Span<byte> spi = stackalloc byte[4];
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(spi, Rekeys.InboundSpi);
            writer.Notify(IkeProtocolId.Esp, spi, IkeNotifyType.RekeySa, default);
        }
        ChildNegotiation.WriteOffer(ref writer, Peer.Protection, Peer.Protection.LaterChild!, _spi, _nonce, _keyPair, _offer);
        return true;
    }

    public override void OnResponse(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox)
    {
        core.Statistics.Passed(IkePhase.ChildRoundTrip, now.Since(SentAt));
        if (_isOver) return;
        if (!ChildMessage.TryRead(payloads, out ChildMessage answer, out Malformed why))
        {
            core.Malformed.Count(why);
            Refused(IkeDrop.InvalidSyntax, "the peer's answer has proposals or traffic selectors that cannot be read", now, outbox);
            return;
        }
        if (!answer.HasSa)
        {
            OnError(sa, answer.Error ?? IkeNotifyType.InvalidSyntax, now, outbox);
            return;
        }
        sa.TemporaryFailureSince = Instant.Never;
        _answer = answer;
        if (!ChildNegotiation.TryAccept(sa, Peer.Protection, Peer.Protection.LaterChild!, answer, _spi, _offer, sa.Path, out _agreement, out ChildRefusal refusal)
            || _agreement.Group != (_keyPair?.Group ?? DhGroup.None) || (_keyPair is not null && answer.Group != _keyPair.Group))
        {
            // The peer has the child SA: it is told that we do not (1.3.1).
            sa.Submit(new DeleteChildRequest([_spi]), now, outbox);
            Refused(refusal.Problem is null ? IkeDrop.OtherGroup : refusal.Drop, refusal.Problem ?? "the peer answered with another group than was offered", now, outbox);
            return;
        }
        if (_deleted?.Contains(_agreement.OutboundSpi) ?? false)
        {
            Forget(now);
            core.Peers.Reconsider(Peer, IkeDownReason.DeletedByPeer, now, outbox);
            return;
        }
        if (_keyPair is null)
        {
            Install(default, now, outbox);
            return;
        }
        KeyExchange keyPair = _keyPair;
        _keyPair = null;
        core.Run(_work = new AgreementWork(this, keyPair, answer.PublicValue), outbox);
    }

    public override void OnLost(IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
        if (_isOver) return;
        End();
        // With the IKE SA the peer is reconsidered anyway; when only the exchange was given up, it is the last chance.
        if (sa.IsEstablished) core.Peers.Reconsider(Peer, IkeDownReason.DeletedByPeer, now, outbox);
    }

    private void Install(ReadOnlySpan<byte> shared, Instant now, Outbox<IkeEffect> outbox)
    {
        // By the IKE SA of the exchange, even when that has been rekeyed since: its SK_d counts, its successor has the children.
        IkeSa? owner = _sa.IsEstablished ? _sa : Peer.Current;
        if (owner is null || _sa.Stage == IkeSaStage.Dead)
        {
            owner?.Submit(new DeleteChildRequest([_spi]), now, outbox);
            Abort(now, outbox);
            return;
        }
        bool wins = _twin is not { IsLive: true } || NonceOrder.Compare(NonceOrder.Lower(_nonce, _answer!.Nonce), _twinNonce) > 0;
        ChildKeys keys = IkeKeySchedule.Child(_sa.Keys!.Suite.Prf, _sa.Keys.SkD.Span, _agreement.Suite, shared, _nonce, _answer!.Nonce);
        ChildSa? old = Rekeys;
        End();
        if (ChildSa.Install(owner, _agreement, keys, isInitiator: true, sendNow: wins, now, outbox) is not { } child) return;
        if (old is null)
        {
            if (!wins) core.Children.Delete(child, now, outbox);
            return;
        }
        core.Statistics.ChildRekeys++;
        core.Logger.ChildRekeyed(Peer.Id, old.InboundSpi, child.InboundSpi, true);
        // Who made the one with the lowest of the four nonces closes it; who made the other one closes what both replace.
        if (wins)
        {
            if (old.IsLive) core.Children.Delete(old, now, outbox);
        }
        else
        {
            core.Children.Delete(child, now, outbox);
        }
    }

    private void OnError(IkeSa sa, IkeNotifyType error, Instant now, Outbox<IkeEffect> outbox)
    {
        switch (error)
        {
            case IkeNotifyType.TemporaryFailure:
                End();
                if (!core.Children.OnTemporaryFailure(sa, now, outbox)) return;
                if (Rekeys is { IsLive: true }) Rekeys.RekeyAgainAt(now + core.Random.Jitter(IkeLimits.CollisionPause, 0.5));
                else if (Rekeys is null) core.Peers.RetryChild(Peer, now);
                else core.Peers.Reconsider(Peer, IkeDownReason.DeletedByPeer, now, outbox);
                break;
            case IkeNotifyType.ChildSaNotFound when Rekeys is not null:
                End();
                // With a twin, or when the peer has deleted it meanwhile, nothing is wrong (2.8.1). Otherwise it is gone over there, and made from scratch (2.25).
                if (_twin is not { IsLive: true }) Rekeys.Retire(now, outbox);
                core.Peers.Reconsider(Peer, IkeDownReason.DeletedByPeer, now, outbox);
                break;
            case IkeNotifyType.NoAdditionalSas when sa.IsEstablished:
                // A minimal implementation: one child SA for each IKE SA (1.3). Then both are made anew.
                End();
                core.Initiator.Reauthenticate(sa, now, outbox);
                break;
            default:
                Refused(IkeDrop.ChildRefused, IkeDiagnosis.ChildRefused(error, Peer.Protection.LaterChild!, _offer, !Peer.Protection.TunnelMode), now, outbox);
                break;
        }
    }

    private void Refused(IkeDrop drop, string problem, Instant now, Outbox<IkeEffect> outbox)
    {
        core.Failed(_sa.Path, Exchange, drop, problem, now);
        End();
        if (Rekeys is { IsLive: true }) Rekeys.RekeyAgainAt(now + IkeLimits.RekeyRetry);
        else core.Peers.OnChildFailed(Peer, problem, now, outbox);
    }

    /// <summary>The peer has deleted what was made.</summary>
    private void Forget(Instant now)
    {
        End();
        if (Rekeys is { IsLive: true }) Rekeys.RekeyAgainAt(now + core.Random.Jitter(IkeLimits.CollisionPause, 0.5));
    }

    /// <summary>The SA ended while slow work was done: what waited for the outcome waits no more.</summary>
    private void Abort(Instant now, Outbox<IkeEffect> outbox)
    {
        End();
        core.Peers.Reconsider(Peer, IkeDownReason.DeletedByPeer, now, outbox);
    }

    private void Count(IkeSa sa)
    {
        if (_isCounted && _sa == sa) return;
        if (_isCounted) _sa.ChildExchanges--;
        else Peer.Begin(this);
        _sa = sa;
        sa.ChildExchanges++;
        _isCounted = true;
    }

    private void End()
    {
        if (_isOver) return;
        _isOver = true;
        if (_isCounted)
        {
            _sa.ChildExchanges--;
            Peer.End(this);
        }
        _isCounted = false;
        _keyPair?.Dispose();
        _keyPair = null;
        core.Children.OnEnded(this);
    }
}

/// <summary>Octet by octet from the front; of two that are alike so far the shorter one is the lower (RFC 7296 2.8.1).</summary>
internal static class NonceOrder
{
    public static int Compare(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => a.SequenceCompareTo(b);

    public static byte[] Lower(byte[] a, byte[] b) => Compare(a, b) <= 0 ? a : b;
}
