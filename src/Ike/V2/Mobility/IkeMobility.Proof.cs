using System.Security.Cryptography;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// No SA goes anywhere before the end there has shown that it receives: a member that writes another's address as its source must not get the SA moved there, to take the place of who is there or to
/// send it a flood. What only the receiver can send back is COOKIE2 (RFC 4555 3.7). Until then IKE requests go to the new place, and ESP, new child SAs and everything that is bound to an address stay
/// where the peer was.
/// </summary>
internal sealed partial class IkeMobility
{
    private const int CookieLength = 16;

    /// <summary>A request of the initiator is not answered: perhaps the peer is at another of its addresses (3.5). Nobody answers at a place that was only named: it is given up.</summary>
    public bool TryOtherPath(IkeSa sa, IkeRequest request, Instant now, Outbox<IkeEffect> outbox)
    {
        if (sa.Mobility is { Candidate: not null } asked && request.Tries >= IkeLimits.TriesAtCandidate) asked.Candidate = null;
        if (!sa.IsFirstInitiator || !sa.IsEstablished || request.Tries < IkeLimits.TriesUntilOtherPath || sa.Mobility is not { Additional.Count: > 0 } state) return false;
        while (state.PathsTried < state.Additional.Count)
        {
            IkePath path = sa.Path with { Remote = sa.Path.Remote with { Address = state.Additional[state.PathsTried++] } };
            if (path.Remote.Address.IsIPv4 != sa.Path.Local.Address.IsIPv4 || !MayBeAt(sa, path.Remote)) continue;
            state.Candidate = path;
            state.CandidateNat = default;
            Update(sa, now, outbox);
            sa.RepeatOpen(now, outbox);
            return true;
        }
        return false;
    }

    /// <summary>The response to UPDATE_SA_ADDRESSES (3.5).</summary>
    public void OnUpdated(IkeSa sa, int generation, byte[] cookie, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!sa.IsEstablished || sa.Mobility is not { } state || state.Generation != generation) return;
        state.PathsTried = 0;
        state.Step = MobilityStep.None;
        if (payloads.TryFindNotify(IkeNotifyType.UnacceptableAddresses, out _) || payloads.TryFindNotify(IkeNotifyType.UnexpectedNatDetected, out _))
        {
            // It does not go on from here: made anew, under rules that both accept.
            core.Drops.Count(IkeDrop.MoveRefused);
            sa.Close(IkeDownReason.DeadPeer, now, outbox);
            return;
        }
        if (state.Candidate is { } candidate)
        {
            state.Candidate = null;
            if (!IsEchoed(payloads, cookie))
            {
                core.Drops.Count(IkeDrop.MoveRefused);
                return;
            }
            Remember(state, sa.Path.Remote.Address, candidate.Remote.Address);
            Move(sa, candidate, now, outbox);
        }
        if (!payloads.TryFindNotify(IkeNotifyType.NatDetectionDestinationIp, out IkeNotifyView seen)) return;
        state.SeenAs = seen.Data.ToArray();
        SetNat(sa, NatDetection.Read(payloads, sa.InitiatorSpi, sa.ResponderSpi, arrival.Path), now, outbox);
    }

    /// <summary>The response to a return routability check: the peer is where it said.</summary>
    public void OnRoutable(IkeSa sa, int generation, byte[] cookie, IkePayloadChain payloads, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!IsEchoed(payloads, cookie))
        {
            if ((sa.Abilities & PeerAbilities.Mobike) == 0 && !payloads.TryFindNotify(IkeNotifyType.Cookie2, out _))
            {
                // It does not know what was asked. Its SA stays where it was shown to be; it may call from where it is.
                core.Drops.Count(IkeDrop.MoveRefused);
                if (sa.Mobility is { } asked && asked.Generation == generation) (asked.Candidate, asked.Step) = (null, MobilityStep.None);
                return;
            }
            // "If the values do not match, the IKE_SA MUST be closed" (3.7).
            core.Drops.Count(IkeDrop.WrongCookie2);
            sa.Close(IkeDownReason.DeadPeer, now, outbox);
            return;
        }
        if (!sa.IsEstablished || sa.Mobility is not { } state || state.Generation != generation) return;
        state.Step = MobilityStep.None;
        // Given up meanwhile: the question went to where the peer was, and says nothing about the other place.
        if (state.Candidate is not { } candidate) return;
        state.Candidate = null;
        if (!MayBeAt(sa, candidate.Remote))
        {
            Refuse(sa, candidate.Remote, now);
            return;
        }
        (sa.IsRemoteBehindNat, sa.IsLocalBehindNat) = (state.CandidateNat.Peer, state.CandidateNat.Local);
        Move(sa, candidate, now, outbox);
    }

    /// <summary>As responder: the child SAs follow when the peer has shown that it receives there (3.5, 3.7).</summary>
    private void OnUpdate(IkeSa sa, MobilityState state, in IkePath path, NatSituation nat, Instant now, Outbox<IkeEffect> outbox)
    {
        if (sa.Path.Remote != path.Remote || sa.Path.Local != path.Local)
        {
            Ask(sa, path, nat, now, outbox);
            return;
        }
        bool same = state.Candidate is null && (sa.IsRemoteBehindNat, sa.IsLocalBehindNat) == (nat.Peer, nat.Local);
        state.Generation++;
        state.Step = MobilityStep.None;
        state.Candidate = null;
        (sa.IsRemoteBehindNat, sa.IsLocalBehindNat) = (nat.Peer, nat.Local);
        if (!same) Move(sa, path, now, outbox);
    }

    /// <summary>The responder has other addresses, and not the one that we send to.</summary>
    private void OnPeerAddresses(IkeSa sa, MobilityState state, IkeEndpoint remote, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!MayTry(sa, state, remote, now)) return;
        state.Candidate = sa.Path with { Remote = remote };
        Update(sa, now, outbox);
    }

    /// <summary>The peer is said to be at the other end of this path: is it (3.7)?</summary>
    private void Ask(IkeSa sa, in IkePath path, NatSituation nat, Instant now, Outbox<IkeEffect> outbox)
    {
        MobilityState state = sa.Mobility ??= new MobilityState();
        if (state.Candidate == path || !MayTry(sa, state, path.Remote, now)) return;
        state.Candidate = path;
        state.CandidateNat = nat;
        // What is open would not be answered from where the peer was, and the question might have to wait for it.
        if (sa.HasOpenRequests) sa.RepeatOpen(now, outbox);
        AskRoutability(sa, now, outbox);
    }

    private void AskRoutability(IkeSa sa, Instant now, Outbox<IkeEffect> outbox) =>
        sa.Submit(new RoutabilityRequest(NewCookie(), Begin(sa, MobilityStep.Routability)), now, outbox);

    private byte[] NewCookie()
    {
        byte[] cookie = new byte[CookieLength];
        core.Random.Fill(cookie);
        return cookie;
    }

    private static bool IsEchoed(IkePayloadChain payloads, byte[] cookie) =>
        cookie.Length > 0 && payloads.TryFindNotify(IkeNotifyType.Cookie2, out IkeNotifyView echoed) && CryptographicOperations.FixedTimeEquals(echoed.Data, cookie);

    /// <summary>The place is one that the peer may be at, and it has not named too many.</summary>
    private bool MayTry(IkeSa sa, MobilityState state, IkeEndpoint remote, Instant now)
    {
        if (state.PlacesRenewAt <= now) (state.PlacesLeft, state.PlacesRenewAt) = (IkeLimits.PlacesPerInterval, now + IkeLimits.PlacesInterval);
        if (state.PlacesLeft > 0 && MayBeAt(sa, remote))
        {
            state.PlacesLeft--;
            return true;
        }
        Refuse(sa, remote, now);
        return false;
    }

    private void Refuse(IkeSa sa, IkeEndpoint remote, Instant now)
    {
        core.Drops.Count(IkeDrop.MoveRefused);
        if (sa.Peer is { } peer && core.PeerLines.TryTake(now, remote.Address)) core.Logger.MoveRefused(peer.Nbma, peer.Id, remote);
    }

    /// <summary>
    /// May the peer of the SA be there? Not at the address of somebody else: of another live peer, unless both are behind a NAT, with different ports; of a target that is for another identity; of
    /// this router. Not inside a tunnel.
    /// </summary>
    private bool MayBeAt(IkeSa sa, IkeEndpoint remote)
    {
        IpAddress address = remote.Address;
        if (sa.Peer is not { } peer || remote.Port == 0 || address.IsUnspecified || address.IsMulticast || address.IsLimitedBroadcast || address.IsLoopback) return false;
        if (core.IsInsideTunnel(peer.Protection.Id, address)) return false;
        if (address != peer.Address && !core.Peers.IsFreeFor(peer, address)) return false;
        foreach (IkePeer other in core.Peers.At(address))
        {
            if (other == peer || !other.IsUp || peer.Is(other.Identity) || other.Current is not { } present) continue;
            if (!present.IsRemoteBehindNat || !sa.IsRemoteBehindNat || present.Path.Remote == remote) return false;
        }
        return true;
    }

    /// <summary>The address that the peer left is one of its further addresses, in place of the one where it is now.</summary>
    private static void Remember(MobilityState state, IpAddress left, IpAddress present)
    {
        int at = state.Additional?.IndexOf(present) ?? -1;
        if (at >= 0) state.Additional![at] = left;
    }
}
