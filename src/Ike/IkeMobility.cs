using System.Buffers.Binary;
using System.Security.Cryptography;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// Ends that move: MOBIKE (RFC 4555), where the original initiator decides about addresses; and without it the peer behind a NAT whose mapping changes (RFC 7296 2.23).
/// </summary>
internal sealed class IkeMobility(IkeCore core)
{
    private const int CookieLength = 16;

    /// <summary>Both hashes of NAT detection for a message that leaves by <paramref name="path"/>.</summary>
    public static void WriteNatDetection(ref IkePayloadWriter writer, IkeCore core, ulong initiatorSpi, ulong responderSpi, in IkePath path)
    {
        // A hash that fits nothing has the peer see a NAT, and put its ESP into UDP as we do.
        writer.Notify(IkeNotifyType.NatDetectionSourceIp, core.Config.AlwaysUdp ? NatDetection.Pretended(core.Random) : NatDetection.Hash(initiatorSpi, responderSpi, path.Local));
        writer.Notify(IkeNotifyType.NatDetectionDestinationIp, NatDetection.Hash(initiatorSpi, responderSpi, path.Remote));
    }

    public static void TryAddAddress(List<IpAddress> addresses, IkeNotifyView notify)
    {
        if (notify.Data.Length != (notify.Type == IkeNotifyType.AdditionalIp4Address ? 4 : 16)) return;
        IpAddress address = IpAddress.FromBytes(notify.Data);
        if (addresses.Count < IkeLimits.MaximumAdditionalAddresses && !address.IsUnspecified && !address.IsMulticast && !addresses.Contains(address)) addresses.Add(address);
    }

    /// <summary>The peer allows no NAT, and the addresses that it wrote are not those of the packet (RFC 4555 3.9).</summary>
    public static bool IsNatForbidden(AuthMessage message, in IkePath path) => message.NoNatsAllowed is { } data && !IsOf(data, path);

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
        if (old.Mobility?.Additional is { } additional) successor.Mobility = new MobilityState { Additional = additional };
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
                Move(sa, path, now, outbox);
                // The initiator says where both are; the responder can only say where it is, and leaves the rest to the initiator (3.5, 3.6).
                if (sa.IsInitiator) Update(sa, now, outbox);
                else sa.Submit(new AddressesRequest(), now, outbox);
            }
        }
        foreach (IkeSa sa in new List<IkeSa>(core.Sas.Values))
        {
            if (sa.Handshake is InitiatorHandshake handshake && handshake.Protection == protection && sa.Path.Local.Address != local) sa.Die(IkeDownReason.Unconfigured, now, outbox);
        }
    }

    /// <summary>ESP, authentic and fresh, came from another endpoint: the peer's NAT has another mapping (RFC 7296 2.23; RFC 4555 3.8 allows it for ESP).</summary>
    public void OnEndpointChanged(IkeSa sa, IkeEndpoint remote, Instant now, Outbox<IkeEffect> outbox)
    {
        bool byMobike = (sa.Abilities & PeerAbilities.Mobike) != 0 && (sa.IsInitiator || !sa.IsRemoteBehindNat);
        if (!sa.IsEstablished || !sa.UsesUdp || sa.IsLocalBehindNat || byMobike || remote == sa.Path.Remote) return;
        Move(sa, sa.Path with { Remote = remote }, now, outbox);
    }

    /// <summary>An authentic and fresh IKE message came from elsewhere. With MOBIKE that means nothing (3.8); a host behind a NAT does not follow either (2.23).</summary>
    public void Follow(IkeSa sa, IkeEndpoint remote, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!sa.IsEstablished || (sa.Abilities & PeerAbilities.Mobike) != 0 || sa.IsLocalBehindNat || remote == sa.Path.Remote) return;
        Move(sa, sa.Path with { Remote = remote }, now, outbox);
    }

    /// <summary>The part of an INFORMATIONAL request that is about addresses; what is to be answered is written.</summary>
    public void HandleRequest(IkeSa sa, in IkeArrival arrival, uint id, IkePayloadChain payloads, ref IkePayloadWriter writer, Instant now, Outbox<IkeEffect> outbox)
    {
        if ((sa.Abilities & PeerAbilities.Mobike) == 0) return;
        bool moves = payloads.TryFindNotify(IkeNotifyType.UpdateSaAddresses, out _) && !sa.IsInitiator;
        List<IpAddress>? additional = ReadAdditional(payloads, out bool lists);
        bool detects = payloads.TryFindNotify(IkeNotifyType.NatDetectionSourceIp, out _);
        if ((moves || lists) && payloads.TryFindNotify(IkeNotifyType.NoNatsAllowed, out IkeNotifyView allowed) && !IsOf(allowed.Data, arrival.Path))
        {
            core.Drops.Count(IkeDrop.MoveRefused);
            writer.Notify(IkeNotifyType.UnexpectedNatDetected);
            return;
        }
        if (detects) WriteNatDetection(ref writer, core, sa.InitiatorSpi, sa.ResponderSpi, arrival.Path);
        if (!moves && !lists) return;
        MobilityState state = sa.Mobility ??= new MobilityState();
        // Of two that overtook each other the newer one counts.
        if (state.LastUpdate is { } last && unchecked((int)(id - last)) < 0) return;
        state.LastUpdate = id;
        if (lists) state.Additional = additional;
        NatSituation nat = detects ? NatDetection.Read(payloads, sa.InitiatorSpi, sa.ResponderSpi, arrival.Path) : new NatSituation(true, sa.IsRemoteBehindNat, sa.IsLocalBehindNat);
        if (moves) OnUpdate(sa, state, arrival.Path, nat, now, outbox);
        else if (sa.IsInitiator && lists && arrival.Path.Remote != sa.Path.Remote && !(additional?.Contains(sa.Path.Remote.Address) ?? false)) OnPeerAddresses(sa, arrival.Path.Remote, now, outbox);
    }

    /// <summary>A response to a liveness check with NAT detection: does the peer still see us where it did?</summary>
    public void OnLivenessAnswered(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!sa.IsEstablished || !sa.IsInitiator || (sa.Abilities & PeerAbilities.Mobike) == 0) return;
        if (!payloads.TryFindNotify(IkeNotifyType.NatDetectionDestinationIp, out IkeNotifyView seen)) return;
        byte[] hash = seen.Data.ToArray();
        byte[]? before = sa.Mobility?.SeenAs;
        (sa.Mobility ??= new MobilityState()).SeenAs = hash;
        if (before is not null && !before.AsSpan().SequenceEqual(hash)) Update(sa, now, outbox);
    }

    /// <summary>A request of the initiator is not answered: perhaps the peer is at another of its addresses (3.5).</summary>
    public bool TryOtherPath(IkeSa sa, IkeRequest request, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!sa.IsInitiator || !sa.IsEstablished || request.Tries < IkeLimits.TriesUntilOtherPath || sa.Mobility?.Additional is not { Count: > 0 } addresses) return false;
        IpAddress next = addresses[0];
        if (next.IsIPv4 != sa.Path.Local.Address.IsIPv4) return false;
        addresses.RemoveAt(0);
        addresses.Add(sa.Path.Remote.Address);
        if (++sa.Mobility.PathsTried > addresses.Count) return false;
        Move(sa, sa.Path with { Remote = sa.Path.Remote with { Address = next } }, now, outbox);
        Update(sa, now, outbox);
        sa.RepeatOpen(now, outbox);
        return true;
    }

    /// <summary>The response to UPDATE_SA_ADDRESSES (3.5).</summary>
    public void OnUpdated(IkeSa sa, int generation, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!sa.IsEstablished || sa.Mobility is not { } state || state.Generation != generation) return;
        state.PathsTried = 0;
        if (payloads.TryFindNotify(IkeNotifyType.UnacceptableAddresses, out _) || payloads.TryFindNotify(IkeNotifyType.UnexpectedNatDetected, out _))
        {
            // It does not go on from here: made anew, under rules that both accept.
            core.Drops.Count(IkeDrop.MoveRefused);
            sa.Close(IkeDownReason.DeadPeer, now, outbox);
            return;
        }
        if (!payloads.TryFindNotify(IkeNotifyType.NatDetectionDestinationIp, out IkeNotifyView seen)) return;
        state.SeenAs = seen.Data.ToArray();
        SetNat(sa, NatDetection.Read(payloads, sa.InitiatorSpi, sa.ResponderSpi, arrival.Path), now, outbox);
    }

    /// <summary>The response to a return routability check: the peer is where it said.</summary>
    public void OnRoutable(IkeSa sa, int generation, byte[] cookie, IkePayloadChain payloads, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!payloads.TryFindNotify(IkeNotifyType.Cookie2, out IkeNotifyView echoed) || !CryptographicOperations.FixedTimeEquals(echoed.Data, cookie))
        {
            // "If the values do not match, the IKE_SA MUST be closed" (3.7).
            core.Drops.Count(IkeDrop.WrongCookie2);
            sa.Close(IkeDownReason.DeadPeer, now, outbox);
            return;
        }
        if (sa.IsEstablished && sa.Mobility is { } state && state.Generation == generation) Move(sa, sa.Path, now, outbox);
    }

    /// <summary>As responder: the IKE SA follows at once, the child SAs when the peer has shown that it receives there (3.5, 3.7).</summary>
    private void OnUpdate(IkeSa sa, MobilityState state, in IkePath path, NatSituation nat, Instant now, Outbox<IkeEffect> outbox)
    {
        bool elsewhere = sa.Path.Remote != path.Remote || sa.Path.Local != path.Local;
        sa.Path = path;
        (sa.IsRemoteBehindNat, sa.IsLocalBehindNat) = (nat.Peer, nat.Local);
        state.Generation++;
        if (!elsewhere)
        {
            Move(sa, path, now, outbox);
            return;
        }
        byte[] cookie = new byte[CookieLength];
        core.Random.Fill(cookie);
        sa.Submit(new RoutabilityRequest(cookie, state.Generation), now, outbox);
    }

    /// <summary>The responder has other addresses, and not the one that we send to.</summary>
    private void OnPeerAddresses(IkeSa sa, IkeEndpoint remote, Instant now, Outbox<IkeEffect> outbox)
    {
        Move(sa, sa.Path with { Remote = remote }, now, outbox);
        Update(sa, now, outbox);
    }

    /// <summary>As initiator: where both ends are now.</summary>
    private static void Update(IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
        MobilityState state = sa.Mobility ??= new MobilityState();
        state.Generation++;
        sa.Submit(new UpdateRequest(state.Generation), now, outbox);
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
        sa.Path = path;
        if (sa.Peer is not { } peer) return;
        core.Statistics.Moves++;
        if (core.PeerLines.TryTake(now)) core.Logger.PeerMoved(peer.Nbma, peer.Id, path.Local, path.Remote);
        if (!peer.IsUp)
        {
            core.Peers.Place(peer, path.Remote.Address);
            return;
        }
        core.Peers.Announce(peer, path.Remote.Address, now, outbox);
        outbox.Add(new IkeEffect { Kind = IkeEffectKind.PeerMoved, Protection = peer.Protection.Id, Peer = peer.Nbma, Path = path, UdpEncapsulation = sa.UsesUdp });
    }

    private static List<IpAddress>? ReadAdditional(IkePayloadChain payloads, out bool lists)
    {
        List<IpAddress>? addresses = null;
        lists = payloads.TryFindNotify(IkeNotifyType.NoAdditionalAddresses, out _);
        foreach (IkePayloadView payload in payloads)
        {
            if (payload.Type != IkePayloadType.Notify || !IkeNotifyView.TryParse(payload.Body, out IkeNotifyView notify, out _)) continue;
            if (notify.Type is not (IkeNotifyType.AdditionalIp4Address or IkeNotifyType.AdditionalIp6Address)) continue;
            lists = true;
            TryAddAddress(addresses ??= [], notify);
        }
        return addresses;
    }

    /// <summary>
    /// NO_NATS_ALLOWED (4.2.6): source and destination address, source and destination port, as the sender saw them.
    /// </summary>
    private static bool IsOf(ReadOnlySpan<byte> data, in IkePath path)
    {
        int length = path.Remote.Address.ByteCount;
        return data.Length == 2 * length + 4
            && IpAddress.FromBytes(data[..length]) == path.Remote.Address && IpAddress.FromBytes(data.Slice(length, length)) == path.Local.Address
            && BinaryPrimitives.ReadUInt16BigEndian(data[(2 * length)..]) == path.Remote.Port && BinaryPrimitives.ReadUInt16BigEndian(data[(2 * length + 2)..]) == path.Local.Port;
    }
}

/// <summary>What MOBIKE remembers of an IKE SA that has moved, or whose peer has several addresses.</summary>
internal sealed class MobilityState
{
    /// <summary>Counts moves: the answer to an older one means nothing any more.</summary>
    public int Generation { get; set; }

    /// <summary>Message id of the last request about addresses; null before the first.</summary>
    public uint? LastUpdate { get; set; }

    /// <summary>The peer's further addresses.</summary>
    public List<IpAddress>? Additional { get; set; }

    /// <summary>How many of them have been tried in vain.</summary>
    public int PathsTried { get; set; }

    /// <summary>The peer's hash of where it sees us.</summary>
    public byte[]? SeenAs { get; set; }
}

/// <summary>UPDATE_SA_ADDRESSES (RFC 4555 3.5): the SAs are between the ends of this packet from now on.</summary>
internal sealed class UpdateRequest(int generation) : IkeRequest
{
    public override IkeExchangeType Exchange => IkeExchangeType.Informational;

    public override bool TryWrite(IkeSa sa, ref IkePayloadWriter writer, Instant now)
    {
        if (sa.Mobility is not { } state || state.Generation != generation) return false;
        writer.Notify(IkeNotifyType.UpdateSaAddresses);
        IkeMobility.WriteNatDetection(ref writer, sa.Core, sa.InitiatorSpi, sa.ResponderSpi, sa.Path);
        return true;
    }

    public override void OnResponse(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox) =>
        sa.Core.Mobility.OnUpdated(sa, generation, payloads, arrival, now, outbox);
}

/// <summary>COOKIE2 (RFC 4555 3.7): only who receives it can send it back.</summary>
internal sealed class RoutabilityRequest(byte[] cookie, int generation) : IkeRequest
{
    public override IkeExchangeType Exchange => IkeExchangeType.Informational;

    public override bool TryWrite(IkeSa sa, ref IkePayloadWriter writer, Instant now)
    {
        if (sa.Mobility is not { } state || state.Generation != generation) return false;
        writer.Notify(IkeNotifyType.Cookie2, cookie);
        return true;
    }

    public override void OnResponse(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox) =>
        sa.Core.Mobility.OnRoutable(sa, generation, cookie, payloads, now, outbox);
}

/// <summary>The responder has this address, and no other (RFC 4555 3.6).</summary>
internal sealed class AddressesRequest : IkeRequest
{
    public override IkeExchangeType Exchange => IkeExchangeType.Informational;

    public override bool TryWrite(IkeSa sa, ref IkePayloadWriter writer, Instant now)
    {
        writer.Notify(IkeNotifyType.NoAdditionalAddresses);
        return true;
    }

    public override void OnResponse(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox)
    {
    }
}
