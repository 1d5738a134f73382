using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// Ends that move: MOBIKE (RFC 4555), where the initiator of the first IKE SA decides about addresses; and without it the peer behind a NAT whose mapping changes (RFC 7296 2.23).
/// </summary>
internal sealed partial class IkeMobility(IkeCore core)
{
    /// <summary>What an initiator or a responder with one address says in IKE_AUTH.</summary>
    public void WriteSupported(ref IkePayloadWriter writer, IkeProtection protection) => writer.Notify(IkeNotifyType.MobikeSupported);

    public void Enable(IkeSa sa, List<IpAddress>? additional)
    {
        sa.Abilities |= PeerAbilities.Mobike;
        if (additional is { Count: > 0 }) sa.Mobility = new MobilityState { Additional = additional };
    }

    public void Inherit(IkeSa successor, IkeSa old)
    {
        successor.Abilities |= PeerAbilities.Mobike;
        if (old.Mobility is not { } state) return;
        // Without message ids and hashes, which are of the old SA.
        successor.Mobility = new MobilityState
        {
            Generation = state.Generation,
            Candidate = state.Candidate,
            CandidateNat = state.CandidateNat,
            PlacesLeft = state.PlacesLeft,
            PlacesRenewAt = state.PlacesRenewAt,
            Additional = state.Additional,
            PathsTried = state.PathsTried,
            Step = state.Step,
        };
    }

    /// <summary>The SA has taken over from one by which something was said about addresses that is not answered: it is said again.</summary>
    public void Resume(IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
        switch (sa.Mobility?.Step)
        {
            case MobilityStep.Update:
                Update(sa, now, outbox);
                break;
            case MobilityStep.Routability:
                AskRoutability(sa, now, outbox);
                break;
            case MobilityStep.Addresses:
                TellAddresses(sa, now, outbox);
                break;
            default:
                break;
        }
    }

    /// <summary>A source has another address, or none for the moment: then its SAs wait for the next one.</summary>
    public void OnLocalChanged(IkeProtection protection, Instant now, Outbox<IkeEffect> outbox)
    {
        IpAddress local = protection.Facts.Local;
        if (local.IsNone) return;
        foreach (IkePeer peer in new List<IkePeer>(core.Peers.All))
        {
            if (peer.Protection != protection) continue;
            foreach (IkeSa sa in peer.Sas.ToArray())
            {
                if (!sa.IsEstablished || sa.Path.Local.Address == local) continue;
                IkePath path = sa.Path with { Local = sa.Path.Local with { Address = local } };
                if ((sa.Abilities & PeerAbilities.Mobike) == 0)
                {
                    // The peer would not know us there: made anew.
                    sa.Path = path;
                    sa.CloseAtOnce(IkeDownReason.Unconfigured, now, outbox);
                    continue;
                }
                if (sa.Mobility is { Candidate: { } candidate } state) state.Candidate = candidate with { Local = path.Local };
                Move(sa, path, now, outbox);
                // The initiator says where both are; the responder can only say where it is, and leaves the rest to the initiator (3.5, 3.6).
                if (sa.IsFirstInitiator) Update(sa, now, outbox);
                else TellAddresses(sa, now, outbox);
            }
        }
        foreach (IkeSa sa in new List<IkeSa>(core.Sas.Values))
        {
            // What is still to be said by an SA that is on its way out leaves from the new address too.
            if (sa.FormerPeer?.Protection == protection) sa.Path = sa.Path with { Local = sa.Path.Local with { Address = local } };
            if (sa.Handshake is not InitiatorHandshake handshake || handshake.Protection != protection || sa.Path.Local.Address == local) continue;
            sa.Path = sa.Path with { Local = sa.Path.Local with { Address = local } };
            sa.CloseAtOnce(IkeDownReason.Unconfigured, now, outbox);
        }
    }

    /// <summary>
    /// ESP, authentic and fresh, came from another endpoint: the peer's NAT has another mapping
    /// (RFC 7296 2.23; RFC 4555 3.8 allows it for ESP), or somebody says so. The peer is asked there
    /// before anything moves. With MOBIKE the initiator follows too when the responder is behind a
    /// NAT, because nobody else tells it.
    /// </summary>
    public void OnEndpointChanged(IkeSa sa, IkeEndpoint remote, Instant now, Outbox<IkeEffect> outbox)
    {
        bool withMobike = (sa.Abilities & PeerAbilities.Mobike) != 0;
        bool byRequest = withMobike && !sa.IsRemoteBehindNat;
        bool behindNat = sa is { IsLocalBehindNat: true, IsFirstInitiator: true } && !withMobike;
        if (!sa.IsEstablished || !sa.UsesUdp || behindNat || byRequest || remote == sa.Path.Remote) return;
        Ask(sa, sa.Path with { Remote = remote }, new NatSituation(true, sa.IsRemoteBehindNat, sa.IsLocalBehindNat), now, outbox);
    }

    /// <summary>An authentic and fresh IKE message came from elsewhere. With MOBIKE that means nothing (3.8).</summary>
    public void Follow(IkeSa sa, IkeEndpoint remote, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!sa.IsEstablished || (sa.Abilities & PeerAbilities.Mobike) != 0 || (sa.IsLocalBehindNat && sa.IsFirstInitiator) || remote == sa.Path.Remote) return;
        Ask(sa, sa.Path with { Remote = remote }, new NatSituation(true, sa.IsRemoteBehindNat, sa.IsLocalBehindNat), now, outbox);
    }

    /// <summary>
    /// The part of an INFORMATIONAL request that is about addresses; what is to be answered is written. By an SA that is replaced it may still come: its sender did not have the
    /// successor yet, and the successor moves.
    /// </summary>
    public void HandleRequest(IkeSa sa, in IkeArrival arrival, uint id, IkePayloadChain payloads, ref IkePayloadWriter writer, Instant now, Outbox<IkeEffect> outbox)
    {
        IkeSa target = sa.Heir;
        if ((sa.Abilities & PeerAbilities.Mobike) == 0 || !(target.IsEstablished || sa.Stage == IkeSaStage.Closing)) return;
        // Only the initiator of the first IKE SA says that; who takes the last rekeying's for that is obeyed too.
        bool moves = payloads.TryFindNotify(IkeNotifyType.UpdateSaAddresses, out _) && !(sa.IsFirstInitiator && sa.IsInitiator);
        List<IpAddress>? additional = ReadAdditional(payloads, out bool lists);
        bool detects = payloads.TryFindNotify(IkeNotifyType.NatDetectionSourceIp, out _);
        if ((moves || lists) && payloads.TryFindNotify(IkeNotifyType.NoNatsAllowed, out IkeNotifyView allowed) && !IsOf(allowed.Data, arrival.Path))
        {
            core.Drops.Count(IkeDrop.MoveRefused);
            writer.Notify(IkeNotifyType.UnexpectedNatDetected);
            return;
        }
        if (detects) WriteNatDetection(ref writer, core, sa.InitiatorSpi, sa.ResponderSpi, arrival.Path);
        if (!moves && !lists || !IsNewest(sa, target, id)) return;
        if (sa.Stage == IkeSaStage.Closing)
        {
            // Our delete finds the peer where it is now, when it is sent again.
            sa.Path = arrival.Path;
            return;
        }
        MobilityState state = target.Mobility ??= new MobilityState();
        if (lists) state.Additional = additional;
        NatSituation nat = detects ? NatDetection.Read(payloads, sa.InitiatorSpi, sa.ResponderSpi, arrival.Path) : new NatSituation(true, target.IsRemoteBehindNat, target.IsLocalBehindNat);
        if (moves) OnUpdate(target, state, arrival.Path, nat, now, outbox);
        else if (sa.IsFirstInitiator && lists && arrival.Path.Remote != target.Path.Remote && !(additional?.Contains(target.Path.Remote.Address) ?? false)) OnPeerAddresses(target, state, arrival.Path.Remote, now, outbox);
    }

    /// <summary>A response to a liveness check with NAT detection: does the peer still see us where it did?</summary>
    public void OnLivenessAnswered(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!sa.IsEstablished || !sa.IsFirstInitiator || (sa.Abilities & PeerAbilities.Mobike) == 0) return;
        if (!payloads.TryFindNotify(IkeNotifyType.NatDetectionDestinationIp, out IkeNotifyView seen)) return;
        byte[] hash = seen.Data.ToArray();
        byte[]? before = sa.Mobility?.SeenAs;
        (sa.Mobility ??= new MobilityState()).SeenAs = hash;
        // The first answer has nothing to be compared with: where the peer sees us is told once, since the NAT may have changed before.
        if (before is null || !before.AsSpan().SequenceEqual(hash)) Update(sa, now, outbox);
    }

    /// <summary>As initiator: where both ends are now.</summary>
    private void Update(IkeSa sa, Instant now, Outbox<IkeEffect> outbox) =>
        sa.Submit(new UpdateRequest(sa.Mobility?.Candidate is null ? [] : NewCookie(), Begin(sa, MobilityStep.Update)), now, outbox);

    /// <summary>As responder: where we are, the rest is the initiator's part.</summary>
    private static void TellAddresses(IkeSa sa, Instant now, Outbox<IkeEffect> outbox) => sa.Submit(new AddressesRequest(Begin(sa, MobilityStep.Addresses)), now, outbox);

    /// <summary>Whatever was said before does not count any more.</summary>
    private static int Begin(IkeSa sa, MobilityStep step)
    {
        MobilityState state = sa.Mobility ??= new MobilityState();
        state.Step = step;
        return ++state.Generation;
    }

    private void SetNat(IkeSa sa, NatSituation nat, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!nat.IsKnown || (sa.IsRemoteBehindNat == nat.Peer && sa.IsLocalBehindNat == nat.Local)) return;
        (sa.IsRemoteBehindNat, sa.IsLocalBehindNat) = (nat.Peer, nat.Local);
        Move(sa, sa.Path, now, outbox);
        sa.StartLiveness(now);
    }

    /// <summary>IKE SA and child SAs are between these ends from now on.</summary>
    private void Move(IkeSa sa, in IkePath path, Instant now, Outbox<IkeEffect> outbox)
    {
        // A call that is to replace it goes to where the peer was: it is made again.
        if (sa.Reauthentication is { Stage: IkeSaStage.Negotiating } call && call.Path.Remote.Address != path.Remote.Address) call.CloseAtOnce(IkeDownReason.Unused, now, outbox);
        sa.Path = path;
        if (sa.Peer is not { } peer) return;
        core.Statistics.Moves++;
        if (core.PeerLines.TryTake(now, path.Remote.Address)) core.Logger.PeerMoved(peer.Nbma, peer.Id, path.Local, path.Remote);
        if (!peer.IsUp)
        {
            core.Peers.Place(peer, path.Remote.Address);
            return;
        }
        core.PathMtus.OnMoved(peer, now, outbox);
        core.Peers.Announce(peer, path.Remote.Address, now, outbox);
        outbox.Add(new IkeEffect { Kind = IkeEffectKind.PeerMoved, Protection = peer.Protection.Id, Peer = peer.Nbma, Path = path, UdpEncapsulation = sa.UsesUdp });
    }

    /// <summary>Of two requests about addresses that overtook each other the newer one counts, and one by a newer SA more than any by the one before.</summary>
    private static bool IsNewest(IkeSa sa, IkeSa target, uint id)
    {
        if (target != sa && target.Mobility?.LastUpdate is not null) return false;
        MobilityState own = sa.Mobility ??= new MobilityState();
        if (own.LastUpdate is { } last && unchecked((int)(id - last)) < 0) return false;
        own.LastUpdate = id;
        return true;
    }
}
