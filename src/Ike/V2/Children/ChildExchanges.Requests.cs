using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>CREATE_CHILD_SA of the peer that makes or replaces a child SA, with what may collide with it (RFC 7296 2.25.1, 2.25.2).</summary>
internal sealed partial class ChildExchanges
{
    public void HandleRequest(IkeSa sa, in IkeArrival arrival, uint id, IkePayloadChain payloads, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!ChildMessage.TryRead(payloads, out ChildMessage wanted, out Malformed why))
        {
            core.Malformed.Count(why);
            core.Receiver.Refuse(
                sa, arrival, id, IkeExchangeType.CreateChildSa, new MessageFault(IkeDrop.InvalidSyntax, IkePayloadType.SecurityAssociation, "or traffic selectors cannot be read"), now, outbox);
            return;
        }
        if (sa.Stage == IkeSaStage.Waiting) core.Rekeying.OnUsed(sa, now, outbox);
        if (!sa.IsEstablished || sa.Rekey is not null || sa.Peer is not { } peer)
        {
            Collide(sa, arrival, id, now, outbox);
            return;
        }
        ChildSa? old = null;
        if (wanted.Rekeys != 0)
        {
            foreach (ChildSa child in peer.Children)
            {
                if (child.OutboundSpi == wanted.Rekeys && child.IsLive) old = child;
            }
            if (old is null)
            {
                core.Drops.Count(IkeDrop.ChildNotFound);
                RefuseUnknown(sa, arrival, id, wanted.Rekeys, now, outbox);
                return;
            }
            if (old.IsDeleting)
            {
                Collide(sa, arrival, id, now, outbox);
                return;
            }
        }
        if (peer.Children.Count >= IkeLimits.MaximumChildrenPerPeer)
        {
            core.Drops.Count(IkeDrop.TooManyChildren);
            sa.Respond(id, IkeExchangeType.CreateChildSa, arrival.Path, IkeNotifyType.NoAdditionalSas, default, now, outbox);
            return;
        }
        if (ChildNegotiation.Decide(sa, peer.Protection, wanted, firstChild: false, sa.Path, out ChildRefusal refusal) is not { } decision)
        {
            core.Failed(arrival.Path, IkeExchangeType.CreateChildSa, refusal.Drop, refusal.Problem, now);
            sa.Respond(id, IkeExchangeType.CreateChildSa, arrival.Path, refusal.Error, default, now, outbox);
            return;
        }
        if (decision.Choice.Group != DhGroup.None && decision.Choice.Group != wanted.Group)
        {
            core.Drops.Count(IkeDrop.OtherGroup);
            Span<byte> group = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(group, (ushort)decision.Choice.Group);
            sa.Respond(id, IkeExchangeType.CreateChildSa, arrival.Path, IkeNotifyType.InvalidKePayload, group, now, outbox);
            return;
        }
        new ChildAnswer(core, sa, peer, old, wanted, decision, id, arrival.Path).Begin(now, outbox);
    }

    private void Collide(IkeSa sa, in IkeArrival arrival, uint id, Instant now, Outbox<IkeEffect> outbox)
    {
        core.Drops.Count(IkeDrop.Collision);
        sa.Respond(id, IkeExchangeType.CreateChildSa, arrival.Path, IkeNotifyType.TemporaryFailure, default, now, outbox);
    }

    private void RefuseUnknown(IkeSa sa, in IkeArrival arrival, uint id, uint spi, Instant now, Outbox<IkeEffect> outbox)
    {
        Span<byte> octets = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, spi);
        var writer = new IkePayloadWriter(core.Answer);
        writer.Notify(IkeProtocolId.Esp, octets, IkeNotifyType.ChildSaNotFound, default);
        sa.Respond(id, IkeExchangeType.CreateChildSa, arrival.Path, writer, now, outbox);
    }
}

/// <summary>Our answer to a CREATE_CHILD_SA that is granted: at once, or after its key exchange.</summary>
internal sealed class ChildAnswer(IkeCore core, IkeSa sa, IkePeer peer, ChildSa? old, ChildMessage wanted, ChildDecision decision, uint id, IkePath path) : IWorkOwner
{
    private AnswerWork? _work;

    public void Begin(Instant now, Outbox<IkeEffect> outbox)
    {
        sa.ChildExchanges++;
        if (decision.Choice.Group == DhGroup.None) Finish(default, default, now, outbox);
        else core.Run(_work = new AnswerWork(this, decision.Choice.Group, wanted.PublicValue), outbox);
    }

    public bool IsWaitingFor(IkeWork work) => _work == work && sa.Stage != IkeSaStage.Dead;

    public void OnDone(IkeWork work, Instant now, Outbox<IkeEffect> outbox)
    {
        _work = null;
        var answer = (AnswerWork)work;
        if (answer.Shared is { } shared)
        {
            using (shared) Finish(shared.Span, answer.PublicValue, now, outbox);
            return;
        }
        core.Drops.Count(IkeDrop.BadPublicValue);
        Refuse(IkeNotifyType.InvalidSyntax, now, outbox);
    }

    private void Finish(ReadOnlySpan<byte> shared, ReadOnlySpan<byte> publicValue, Instant now, Outbox<IkeEffect> outbox)
    {
        // Much may have happened while the secret was computed.
        if (!sa.IsEstablished || sa.Peer != peer || old is { IsLive: false } or { IsDeleting: true })
        {
            core.Drops.Count(IkeDrop.Collision);
            Refuse(IkeNotifyType.TemporaryFailure, now, outbox);
            return;
        }
        byte[] nonce = core.NewNonce();
        ChildAgreement agreement = decision.Agreement;
        ChildKeys keys = IkeKeySchedule.Child(sa.Keys!.Suite.Prf, sa.Keys.SkD.Span, agreement.Suite, shared, wanted.Nonce, nonce);
        if (ChildSa.Install(sa, agreement, keys, isInitiator: false, sendNow: false, now, outbox) is not { } child)
        {
            Refuse(IkeNotifyType.TemporaryFailure, now, outbox);
            return;
        }
        if (old is not null)
        {
            core.Statistics.ChildRekeys++;
            core.Logger.ChildRekeyed(peer.Id, old.InboundSpi, child.InboundSpi, false);
            old.Rekeying?.OnTwin(child, NonceOrder.Lower(wanted.Nonce, nonce));
        }
        else
        {
            // Both ends make one at once: the rule for rekeyings sorts that out too.
            core.Children.MakingFor(peer)?.OnTwin(child, NonceOrder.Lower(wanted.Nonce, nonce));
        }
        var writer = new IkePayloadWriter(core.Answer);
        ChildNegotiation.WriteAnswer(ref writer, decision, nonce, publicValue);
        sa.ChildExchanges--;
        sa.Respond(id, IkeExchangeType.CreateChildSa, path, writer, now, outbox);
    }

    private void Refuse(IkeNotifyType error, Instant now, Outbox<IkeEffect> outbox)
    {
        sa.ChildExchanges--;
        if (sa.Outbound is not null && sa.Stage is not (IkeSaStage.Dead or IkeSaStage.Failed)) sa.Respond(id, IkeExchangeType.CreateChildSa, path, error, default, now, outbox);
    }
}
