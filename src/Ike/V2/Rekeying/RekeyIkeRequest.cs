using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>CREATE_CHILD_SA of ours that rekeys the IKE SA: key pair, exchange, secret.</summary>
internal sealed class RekeyIkeRequest(IkeCore core, IkeSa sa, Instant now) : IkeRequest, IWorkOwner
{
    private readonly byte[] _nonce = core.NewNonce();
    private readonly IkeSa _successor = new(core, isInitiator: true, sa.Path, now);
    private readonly List<DhGroup> _tried = [];
    private KeyExchange? _keyPair;
    private IkeWork? _work;
    private IkeSuite _suite;
    private byte[] _peerNonce = [];
    private byte[]? _token;
    private bool _isOver;

    public override IkeExchangeType Exchange => IkeExchangeType.CreateChildSa;

    public bool IsSent => Tries > 0;

    private ProposalPolicy Policy => sa.Peer!.Protection.Ike!;

    public void Begin(DhGroup group, Outbox<IkeEffect> outbox)
    {
        _tried.Add(group);
        core.Run(_work = new KeyPairWork(this, group), outbox);
    }

    public bool IsWaitingFor(IkeWork work) => _work == work && !_isOver && sa.IsEstablished;

    public void OnDone(IkeWork work, Instant now, Outbox<IkeEffect> outbox)
    {
        _work = null;
        switch (work)
        {
            case KeyPairWork { KeyPair: { } keyPair }:
                _keyPair = keyPair;
                // An exchange for a child SA began while the key pair was made: it goes first.
                if (sa.ChildExchanges > 0) GiveUp(now, outbox);
                else sa.Submit(this, now, outbox);
                break;
            case AgreementWork { Shared: { } shared }:
                using (shared) Finish(shared.Span, now, outbox);
                break;
            default:
                core.Failed(sa.Path, Exchange, IkeDrop.BadPublicValue, "the key exchange of the IKE SA's rekeying failed", now);
                GiveUp(now, outbox);
                break;
        }
    }

    /// <summary>It is not wanted any more; a response is looked at no more.</summary>
    public void Cancel(Instant now, Outbox<IkeEffect> outbox)
    {
        if (_isOver) return;
        _isOver = true;
        _keyPair?.Dispose();
        _keyPair = null;
        if (_successor.Stage == IkeSaStage.Negotiating) _successor.Die(IkeDownReason.Unused, now, outbox);
    }

    public override bool TryWrite(IkeSa sa, ref IkePayloadWriter writer, Instant now)
    {
        if (_isOver || _keyPair is null || sa.Peer is null) return false;
        writer.SecurityAssociation(Policy.Offer(_successor.LocalSpi).AsSpan());
        writer.Nonce(_nonce);
        writer.KeyExchange(_keyPair.Group, _keyPair.PublicValue);
        return true;
    }

    public override void OnResponse(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox)
    {
        core.Statistics.Passed(IkePhase.ChildRoundTrip, now.Since(SentAt));
        if (_isOver || !sa.IsEstablished) return;
        if (!ChildMessage.TryRead(payloads, out ChildMessage answer, out Malformed why))
        {
            core.Malformed.Count(why);
            GiveUp(now, outbox);
            return;
        }
        if (!answer.HasSa)
        {
            OnError(answer, now, outbox);
            return;
        }
        sa.TemporaryFailureSince = Instant.Never;
        if (!ProposalAnswer.TryAcceptIke(Policy.Offer(_successor.LocalSpi), answer.Proposals, rekey: true, out _suite, out ulong spi)
            || _suite.Group != _keyPair!.Group || answer.Group != _suite.Group)
        {
            // The peer has an IKE SA that we do not have: both are made anew.
            core.Failed(sa.Path, Exchange, IkeDrop.NoProposalChosen, "the peer chose an IKE proposal or a group that it was not offered", now);
            sa.Close(IkeDownReason.DeadPeer, now, outbox);
            return;
        }
        _successor.RemoteSpi = spi;
        _peerNonce = answer.Nonce;
        _token = QcdToken.Read(payloads);
        KeyExchange keyPair = _keyPair;
        _keyPair = null;
        core.Run(_work = new AgreementWork(this, keyPair, answer.PublicValue), outbox);
    }

    public override void OnLost(IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
        if (sa.Rekey?.Own == this) sa.Rekey.Own = null;
        if (sa.Rekey is { Own: null, PeerSuccessor: null, IsAnswering: false }) sa.Rekey = null;
        Cancel(now, outbox);
    }

    private void Finish(ReadOnlySpan<byte> shared, Instant now, Outbox<IkeEffect> outbox)
    {
        _isOver = true;
        IkeRekeyState state = sa.Rekey!;
        _successor.Abilities = sa.Abilities;
        (_successor.IsLocalBehindNat, _successor.IsRemoteBehindNat) = (sa.IsLocalBehindNat, sa.IsRemoteBehindNat);
        _successor.PeerToken = _token;
        _successor.UseKeys(IkeKeySchedule.Rekeyed(
            _suite, sa.Keys!.Suite.Prf, sa.Keys.SkD.Span, _nonce, _peerNonce, shared, _successor.InitiatorSpi, _successor.ResponderSpi));
        // Who made the SA with the lowest of the four nonces closes that; the other one inherits the children (2.8.2).
        if (state.PeerSuccessor is { Stage: IkeSaStage.Waiting } twin && NonceOrder.Compare(NonceOrder.Lower(_nonce, _peerNonce), state.PeerNonce) < 0)
        {
            core.Rekeying.TakeOver(sa, twin, now, outbox);
            _successor.Stage = IkeSaStage.Closing;
            _successor.EndsAt = now + IkeLimits.ClosingTime;
            _successor.Submit(new DeleteSaRequest(), now, outbox);
            return;
        }
        _successor.Stage = IkeSaStage.Waiting;
        core.Rekeying.TakeOver(sa, _successor, now, outbox);
        // "The Delete payload to delete itself MUST be the last request sent over the old IKE SA" (2.8).
        sa.Submit(new DeleteSaRequest(), now, outbox);
        _successor.Submit(new IntroductionRequest(), now, outbox);
    }

    private void OnError(ChildMessage answer, Instant now, Outbox<IkeEffect> outbox)
    {
        switch (answer.Error)
        {
            case IkeNotifyType.TemporaryFailure:
                if (!core.Children.OnTemporaryFailure(sa, now, outbox)) return;
                GiveUp(now, outbox);
                break;
            case IkeNotifyType.InvalidKePayload when !_tried.Contains(answer.WantedGroup) && IsOffered(answer.WantedGroup):
                _keyPair?.Dispose();
                _keyPair = null;
                Tries = 0;
                Begin(answer.WantedGroup, outbox);
                break;
            case IkeNotifyType.NoAdditionalSas:
                // It rekeys nothing: a new IKE SA from scratch, before this one ends.
                GiveUp(now, outbox);
                sa.RekeyAt = Instant.Never;
                core.Initiator.Reauthenticate(sa, now, outbox);
                break;
            default:
                core.Failed(sa.Path, Exchange, IkeDrop.NoProposalChosen, IkeDiagnosis.IkeRefused(answer.Error ?? IkeNotifyType.InvalidSyntax, Policy), now);
                GiveUp(now, outbox);
                sa.RekeyAt = now + IkeLimits.RekeyRetry;
                break;
        }
    }

    private bool IsOffered(DhGroup group)
    {
        foreach (ProposalPolicy.Entry entry in Policy.Entries)
        {
            foreach (IkeTransform transform in entry.Offered)
            {
                if (transform.Type == IkeTransformType.KeyExchange && transform.Id == (ushort)group) return true;
            }
        }
        return false;
    }

    /// <summary>Not now: again in a moment, unless the peer's own rekeying has made it unnecessary.</summary>
    private void GiveUp(Instant now, Outbox<IkeEffect> outbox)
    {
        Cancel(now, outbox);
        if (sa.Rekey is not { } state) return;
        state.Own = null;
        if (state.PeerSuccessor is not null || state.IsAnswering) return;
        sa.Rekey = null;
        core.Rekeying.Later(sa, now);
    }
}

/// <summary>Our answer to the peer's rekeying of the IKE SA, when its secret is computed.</summary>
internal sealed class RekeyIkeAnswer(IkeCore core, IkeSa sa, IkeSa successor, ChildMessage wanted, IkeChoice choice, uint id, IkePath path) : IWorkOwner
{
    private AnswerWork? _work;

    public void Begin(Outbox<IkeEffect> outbox) => core.Run(_work = new AnswerWork(this, choice.Suite.Group, wanted.PublicValue), outbox);

    public bool IsWaitingFor(IkeWork work) => _work == work;

    public void OnDone(IkeWork work, Instant now, Outbox<IkeEffect> outbox)
    {
        _work = null;
        var answer = (AnswerWork)work;
        if (sa.Rekey is { } state) state.IsAnswering = false;
        if (!sa.IsEstablished || sa.Rekey is null || answer.Shared is null || sa.ChildExchanges > 0)
        {
            core.Drops.Count(answer.Shared is null ? IkeDrop.BadPublicValue : IkeDrop.Collision);
            answer.Discard();
            successor.Die(IkeDownReason.Unused, now, outbox);
            if (sa.Rekey is { Own: null }) sa.Rekey = null;
            if (sa.Stage is IkeSaStage.Failed or IkeSaStage.Dead) return;
            IkeNotifyType error = answer.Shared is null ? IkeNotifyType.InvalidSyntax : IkeNotifyType.TemporaryFailure;
            sa.Respond(id, IkeExchangeType.CreateChildSa, path, error, default, now, outbox);
            return;
        }
        byte[] nonce = core.NewNonce();
        successor.RemoteSpi = choice.PeerSpi;
        successor.Abilities = sa.Abilities;
        successor.Predecessor = sa;
        successor.Stage = IkeSaStage.Waiting;
        successor.EndsAt = now + IkeLimits.HalfOpenTime;
        (successor.IsLocalBehindNat, successor.IsRemoteBehindNat) = (sa.IsLocalBehindNat, sa.IsRemoteBehindNat);
        using (answer.Shared)
        {
            successor.UseKeys(IkeKeySchedule.Rekeyed(
                choice.Suite, sa.Keys!.Suite.Prf, sa.Keys.SkD.Span, wanted.Nonce, nonce, answer.Shared.Span, successor.InitiatorSpi, successor.ResponderSpi));
        }
        sa.Rekey.PeerSuccessor = successor;
        sa.Rekey.PeerNonce = NonceOrder.Lower(wanted.Nonce, nonce);
        successor.Reschedule();
        var writer = new IkePayloadWriter(core.Answer);
        writer.SecurityAssociation([choice.Answer]);
        writer.Nonce(nonce);
        writer.KeyExchange(choice.Suite.Group, answer.PublicValue);
        // RFC 6290 4.3: new SPIs, new token.
        writer.Notify(IkeProtocolId.Ike, default, IkeNotifyType.QuickCrashDetection, core.Crashes.TokenOf(successor));
        sa.Respond(id, IkeExchangeType.CreateChildSa, path, writer, now, outbox);
    }
}
