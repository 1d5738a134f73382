using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>INFORMATIONAL of the peer (RFC 7296 1.4): deletes, liveness, and what companions of the RFC tell that way. Every request is answered.</summary>
internal sealed class IkeInformational(IkeCore core)
{
    public void HandleRequest(IkeSa sa, in IkeArrival arrival, uint id, IkePayloadChain payloads, Instant now, Outbox<IkeEffect> outbox)
    {
        if (DeletesIke(payloads))
        {
            sa.Respond(id, IkeExchangeType.Informational, arrival.Path, null, default, now, outbox);
            core.Rekeying.OnOldDeleted(sa, now, outbox);
            sa.EndAfterAnswer(IkeDownReason.DeletedByPeer, now, outbox);
            return;
        }
        if (sa.Stage == IkeSaStage.Waiting) core.Rekeying.OnUsed(sa, now, outbox);
        // "In the INFORMATIONAL exchange immediately following" IKE_AUTH the initiator may say that it does not believe us (2.21.2).
        if (!sa.IsInitiator && id == 2 && sa.ExpectedRequestId <= 3 && payloads.TryFindNotify(IkeNotifyType.AuthenticationFailed, out _))
        {
            core.Failed(sa.Path, IkeExchangeType.Auth, IkeDrop.AuthenticationRefused,
                IkeDiagnosis.AuthenticationRefused(IkeNotifyType.AuthenticationFailed, sa.Authentication!.LocalId, sa.Authentication.LocalMethod == IkeAuthMethod.SharedKey), now);
            sa.Respond(id, IkeExchangeType.Informational, arrival.Path, null, default, now, outbox);
            sa.EndAfterAnswer(IkeDownReason.DeletedByPeer, now, outbox);
            return;
        }
        var writer = new IkePayloadWriter(core.Answer);
        IkePeer? peer = sa.Peer ?? sa.FormerPeer ?? sa.Predecessor?.Peer;
        bool deleted = DeleteChildren(peer, payloads, ref writer, now, outbox);
        if (sa.IsEstablished) Obey(sa, arrival, id, payloads, ref writer, now, outbox);
        else
        {
            core.Mobility.HandleRequest(sa, arrival, id, payloads, ref writer, now, outbox);
            Echo(payloads, ref writer);
        }
        sa.Respond(id, IkeExchangeType.Informational, arrival.Path, writer, now, outbox);
        if (deleted) core.Peers.Reconsider(peer!, IkeDownReason.DeletedByPeer, now, outbox);
    }

    /// <summary>What an introduction, or its response, says (<see cref="IntroductionRequest"/>).</summary>
    public void Read(IkeSa sa, IkePayloadChain payloads, Instant now)
    {
        if (QcdToken.Read(payloads) is { } token) sa.PeerToken = token;
        if (payloads.TryFindNotify(IkeNotifyType.SetWindowSize, out IkeNotifyView window) && window.Data.Length == 4)
            sa.PeerWindow = Math.Max(sa.PeerWindow, (int)Math.Clamp(BinaryPrimitives.ReadUInt32BigEndian(window.Data), 1, IkeLimits.MaximumWindow));
        if (sa is { IsFirstInitiator: true, Peer: { } peer } && payloads.TryFindNotify(IkeNotifyType.TicketLtOpaque, out IkeNotifyView ticket)
            && ticket.Data.Length is > 4 and <= 4 + IkeLimits.MaximumTicket)
            core.Resumption.Keep(sa, peer, ticket.Data[4..].ToArray(), TimeSpan.FromSeconds(BinaryPrimitives.ReadUInt32BigEndian(ticket.Data)), peer.Identity.Id, sa.Authentication!);
    }

    /// <summary>Our own window, which is kept from now on.</summary>
    public void WriteWindow(IkeSa sa, ref IkePayloadWriter writer)
    {
        Span<byte> window = stackalloc byte[4];
        sa.OwnWindow = Math.Max(sa.OwnWindow, core.Config.Window);
        BinaryPrimitives.WriteUInt32BigEndian(window, (uint)sa.OwnWindow);
        writer.Notify(IkeNotifyType.SetWindowSize, window);
    }

    private void Obey(IkeSa sa, in IkeArrival arrival, uint id, IkePayloadChain payloads, ref IkePayloadWriter writer, Instant now, Outbox<IkeEffect> outbox)
    {
        Read(sa, payloads, now);
        if (payloads.TryFindNotify(IkeNotifyType.SetWindowSize, out _)) WriteWindow(sa, ref writer);
        if (payloads.TryFindNotify(IkeNotifyType.TicketRequest, out _) && !sa.IsFirstInitiator) core.Resumption.WriteTicket(ref writer, sa, sa.Peer!.Identity, null, now);
        core.Mobility.HandleRequest(sa, arrival, id, payloads, ref writer, now, outbox);
        Echo(payloads, ref writer);
    }

    /// <summary>"The recipient of an INFORMATIONAL request MUST copy the notification as-is to the response" (RFC 4555 3.7).</summary>
    private static void Echo(IkePayloadChain payloads, ref IkePayloadWriter writer)
    {
        if (payloads.TryFindNotify(IkeNotifyType.Cookie2, out IkeNotifyView cookie) && cookie.Data.Length is >= 8 and <= 64) writer.Notify(IkeNotifyType.Cookie2, cookie.Data);
    }

    private static bool DeletesIke(IkePayloadChain payloads)
    {
        foreach (IkePayloadView payload in payloads)
        {
            if (payload.Type == IkePayloadType.Delete && IkeDeleteView.TryParse(payload.Body, out IkeDeleteView delete, out _) && delete.Protocol == IkeProtocolId.Ike) return true;
        }
        return false;
    }

    /// <summary>
    /// The peer closes child SAs: so do we, and say by which SPIs we received with them; not of those that we have asked to be deleted ourselves, which "could in theory delete the
    /// wrong SA" (1.4.1).
    /// </summary>
    private bool DeleteChildren(IkePeer? peer, IkePayloadChain payloads, ref IkePayloadWriter writer, Instant now, Outbox<IkeEffect> outbox)
    {
        if (peer is null) return false;
        var closed = new List<uint>();
        bool any = false;
        foreach (IkePayloadView payload in payloads)
        {
            if (payload.Type != IkePayloadType.Delete || !IkeDeleteView.TryParse(payload.Body, out IkeDeleteView delete, out _) || delete is not { Protocol: IkeProtocolId.Esp, SpiSize: 4 }) continue;
            for (int i = 0; i < delete.Count; i++)
            {
                if (FindLive(peer, delete.Spi(i)) is not { } child)
                {
                    any |= DeleteUnborn(peer, delete.Spi(i), closed, now);
                    continue;
                }
                if (!child.IsDeleting) closed.Add(child.InboundSpi);
                any = true;
                child.Retire(now, outbox);
                core.Logger.ChildDeleted(peer.Id, child.InboundSpi);
            }
        }
        if (closed.Count > 0) writer.DeleteEsp([.. closed]);
        return any;
    }

    /// <summary>One that the peer has made for us, and we not yet.</summary>
    private static bool DeleteUnborn(IkePeer peer, uint outboundSpi, List<uint> closed, Instant now)
    {
        foreach (CreateChildExchange exchange in peer.Exchanges ?? [])
        {
            if (exchange.OnDeleted(outboundSpi, now) is not (> 0 and uint inbound)) continue;
            closed.Add(inbound);
            return true;
        }
        return false;
    }

    private static ChildSa? FindLive(IkePeer peer, uint outboundSpi)
    {
        foreach (ChildSa child in peer.Children)
        {
            if (child.OutboundSpi == outboundSpi && child.IsLive) return child;
        }
        return null;
    }
}

/// <summary>"Are you there?" (RFC 7296 2.4): an empty INFORMATIONAL, with the pace of dead peer detection where that is configured.</summary>
internal class LivenessRequest(DpdConfig? dpd, TimeSpan silentFor = default) : IkeRequest
{
    public override IkeExchangeType Exchange => IkeExchangeType.Informational;

    public override int MaximumTries => dpd is null ? base.MaximumTries : IkeLimits.DpdTries + EarlyTries(dpd);

    public override TimeSpan Interval(int tries) => dpd is null ? base.Interval(tries) : dpd.Retry;

    public override bool TryWrite(IkeSa sa, ref IkePayloadWriter writer, Instant now)
    {
        // RFC 4555 3.8: the initiator learns by them that its NAT's mapping has changed.
        if ((sa.Abilities & PeerAbilities.Mobike) == 0 || !sa.IsLocalBehindNat) return true;
        if (sa.IsFirstInitiator)
            IkeMobility.WriteNatDetection(ref writer, sa.Core, sa.InitiatorSpi, sa.ResponderSpi, sa.SendingPath);
        // A responder behind a NAT names its address: when that comes from another port than
        // before, the initiator looks there (3.6).
        else writer.Notify(IkeNotifyType.NoAdditionalAddresses);
        return true;
    }

    public override void OnResponse(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox) =>
        sa.Core.Mobility.OnLivenessAnswered(sa, payloads, arrival, now, outbox);

    /// <summary>Tries before the interval of silence is over: they do not count.</summary>
    private int EarlyTries(DpdConfig configured) => silentFor <= TimeSpan.Zero || silentFor >= configured.Interval
        ? 0 : (int)Math.Ceiling((configured.Interval - silentFor) / configured.Retry);
}

/// <summary>The last request of an IKE SA: deletes it (RFC 7296 1.4.1).</summary>
internal sealed class DeleteSaRequest : IkeRequest
{
    public override IkeExchangeType Exchange => IkeExchangeType.Informational;

    public override int MaximumTries => IkeLimits.DeleteTries;

    public override bool IsLast => true;

    public override bool TryWrite(IkeSa sa, ref IkePayloadWriter writer, Instant now)
    {
        writer.DeleteIke();
        return true;
    }

    public override void OnResponse(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox) => sa.Die(IkeDownReason.Unused, now, outbox);

    public override bool OnUnanswered(IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
        sa.Die(IkeDownReason.Unused, now, outbox);
        return true;
    }
}

/// <summary>
/// After a rekeying of the IKE SA what IKE_AUTH told of the first one is told again: window (RFC 7296 2.3), token (RFC 6290 4.3), and the wish for a ticket (RFC 5723 4.1).
/// </summary>
internal sealed class IntroductionRequest : IkeRequest
{
    public override IkeExchangeType Exchange => IkeExchangeType.Informational;

    public override bool TryWrite(IkeSa sa, ref IkePayloadWriter writer, Instant now)
    {
        sa.Core.Informational.WriteWindow(sa, ref writer);
        writer.Notify(IkeProtocolId.Ike, default, IkeNotifyType.QuickCrashDetection, sa.Core.Crashes.TokenOf(sa));
        if (sa.Core.Config.Resumption && sa.Peer?.Ticket is not null) writer.Notify(IkeNotifyType.TicketRequest);
        return true;
    }

    public override void OnResponse(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox) => sa.Core.Informational.Read(sa, payloads, now);
}
