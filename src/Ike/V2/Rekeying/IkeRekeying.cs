using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// IKE SAs are rekeyed (RFC 7296 1.3.2, 2.8, 2.18): a new one under new keys takes the children over, and the end that wanted it deletes the old one. What both want at once is sorted out by
/// the nonces (2.8.2), what else is under way by TEMPORARY_FAILURE (2.25).
/// </summary>
internal sealed class IkeRekeying(IkeCore core)
{
    /// <summary>Rekeys an IKE SA of ours, unless something is under way: then in a moment.</summary>
    public void Start(IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
        sa.RekeyAt = Instant.Never;
        if (sa.IsRedundant)
        {
            sa.Close(IkeDownReason.Unused, now, outbox);
            return;
        }
        if (sa.Rekey is not null || sa.ChildExchanges > 0)
        {
            Later(sa, now);
            return;
        }
        var own = new RekeyIkeRequest(core, sa, now);
        sa.Rekey = new IkeRekeyState { Own = own };
        own.Begin(GroupOf(sa), outbox);
    }

    /// <summary>It collided, or was refused for a reason that passes.</summary>
    public void Later(IkeSa sa, Instant now)
    {
        if (!sa.IsEstablished) return;
        sa.RekeyAt = now + core.Random.Jitter(IkeLimits.CollisionPause, 0.5);
        sa.Reschedule();
    }

    public void HandleRequest(IkeSa sa, in IkeArrival arrival, uint id, IkePayloadChain payloads, Instant now, Outbox<IkeEffect> outbox)
    {
        if (sa.Stage == IkeSaStage.Waiting) OnUsed(sa, now, outbox);
        if (!sa.IsEstablished || sa.ChildExchanges > 0 || sa.Rekey?.PeerSuccessor is not null || sa.Rekey?.IsAnswering == true)
        {
            core.Drops.Count(IkeDrop.Collision);
            sa.Respond(id, IkeExchangeType.CreateChildSa, arrival.Path, IkeNotifyType.TemporaryFailure, default, now, outbox);
            return;
        }
        if (!ChildMessage.TryRead(payloads, out ChildMessage wanted, out Malformed why))
        {
            core.Malformed.Count(why);
            core.Receiver.Refuse(
                sa, arrival, id, IkeExchangeType.CreateChildSa, new MessageFault(IkeDrop.InvalidSyntax, IkePayloadType.SecurityAssociation, "cannot be read"), now, outbox);
            return;
        }
        ProposalPolicy policy = sa.Peer!.Protection.Ike!;
        var successor = new IkeSa(core, isInitiator: false, sa.Path, now);
        if (!ProposalChoice.TryChooseIke(policy, wanted.Proposals, wanted.Group, successor.LocalSpi, out IkeChoice? choice))
        {
            core.Failed(arrival.Path, IkeExchangeType.CreateChildSa, IkeDrop.NoProposalChosen, ProposalMismatch.Explain(policy, wanted.Proposals), now);
            successor.Die(IkeDownReason.Unused, now, outbox);
            sa.Respond(id, IkeExchangeType.CreateChildSa, arrival.Path, IkeNotifyType.NoProposalChosen, default, now, outbox);
            return;
        }
        if (choice.Suite.Group != wanted.Group)
        {
            core.Drops.Count(IkeDrop.OtherGroup);
            Span<byte> group = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(group, (ushort)choice.Suite.Group);
            successor.Die(IkeDownReason.Unused, now, outbox);
            sa.Respond(id, IkeExchangeType.CreateChildSa, arrival.Path, IkeNotifyType.InvalidKePayload, group, now, outbox);
            return;
        }
        IkeRekeyState state = sa.Rekey ??= new IkeRekeyState();
        state.IsAnswering = true;
        // What is not on the wire yet need not be: the peer does the same.
        if (state.Own is { IsSent: false } own)
        {
            state.Own = null;
            own.Cancel(now, outbox);
        }
        new RekeyIkeAnswer(core, sa, successor, wanted, choice, id, arrival.Path).Begin(outbox);
    }

    /// <summary>The peer uses the SA that its rekeying made: it has it, and considers the old one replaced.</summary>
    public void OnUsed(IkeSa successor, Instant now, Outbox<IkeEffect> outbox)
    {
        if (successor is { Stage: IkeSaStage.Waiting, Predecessor: { IsEstablished: true } old }) TakeOver(old, successor, now, outbox);
    }

    /// <summary>The old SA is deleted by the peer: the one that the peer's rekeying made takes over, and a rekeying of ours that crossed it is forgotten (2.8.2).</summary>
    public void OnOldDeleted(IkeSa old, Instant now, Outbox<IkeEffect> outbox)
    {
        if (old.IsEstablished && old.Rekey?.PeerSuccessor is { Stage: IkeSaStage.Waiting } successor) TakeOver(old, successor, now, outbox);
    }

    /// <summary>Children and peer go over. What waited for room in the window of the old SA is sent by the new one.</summary>
    public void TakeOver(IkeSa old, IkeSa successor, Instant now, Outbox<IkeEffect> outbox)
    {
        List<IkeRequest> waiting = old.TakeWaiting();
        Ikev2Profile profile = old.Profile!;
        IkePeer peer = old.Peer!;
        AuthenticationFacts facts = old.Authentication!;
        successor.Path = old.Path;
        successor.IsFirstInitiator = old.IsFirstInitiator;
        successor.InheritSpiClass(old);
        successor.Reauthentication = old.Reauthentication;
        successor.ReauthenticateAt = old.ReauthenticateAt;
        if ((old.Abilities & PeerAbilities.Mobike) != 0) core.Mobility.Inherit(successor, old);
        successor.Predecessor = null;
        // One that was to go because another one carries the traffic still is.
        successor.EndsAt = old.EndsAt;
        old.HandOver(successor);
        successor.Establish(peer, profile, facts, now);
        core.Statistics.IkeRekeys++;
        core.Logger.IkeRekeyed(peer.Id, old.ToString(), successor.ToString());
        // As responder: until the peer deletes the old one, which is its part.
        old.EndsAt = now + IkeLimits.HalfOpenTime;
        old.Reschedule();
        core.Mobility.Resume(successor, now, outbox);
        foreach (IkeRequest request in waiting) successor.Submit(request, now, outbox);
    }

    private static DhGroup GroupOf(IkeSa sa)
    {
        ProposalPolicy policy = sa.Peer!.Protection.Ike!;
        foreach (ProposalPolicy.Entry entry in policy.Entries)
        {
            foreach (IkeTransform transform in entry.Offered)
            {
                if (transform.Type == IkeTransformType.KeyExchange && transform.Id == (ushort)sa.Keys!.Suite.Group) return sa.Keys.Suite.Group;
            }
        }
        return policy.FirstGroup;
    }
}

/// <summary>A rekeying of an IKE SA that is under way: ours, the peer's, or both at once.</summary>
internal sealed class IkeRekeyState
{
    /// <summary>Our exchange.</summary>
    public RekeyIkeRequest? Own { get; set; }

    /// <summary>The peer's exchange waits for its secret.</summary>
    public bool IsAnswering { get; set; }

    /// <summary>What the peer's exchange made.</summary>
    public IkeSa? PeerSuccessor { get; set; }

    /// <summary>The lower of its two nonces.</summary>
    public byte[] PeerNonce { get; set; } = [];

    /// <summary>The peer has not taken into use what its exchange made: as if it had not been, so that it may try again.</summary>
    public static void Forget(IkeSa old)
    {
        if (old.Rekey is not { } state) return;
        (state.PeerSuccessor, state.PeerNonce) = (null, []);
        if (state is { Own: null, IsAnswering: false }) old.Rekey = null;
    }

    /// <summary>The old SA ends: what has not taken over goes with it.</summary>
    public void Abandon(IkeSa old, Instant now, Outbox<IkeEffect> outbox)
    {
        old.Rekey = null;
        Own?.Cancel(now, outbox);
        if (PeerSuccessor is { Stage: IkeSaStage.Waiting } successor) successor.Die(IkeDownReason.Unused, now, outbox);
    }
}
