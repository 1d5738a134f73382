using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>What has been said about addresses, and not answered: said again by the next IKE SA when this one is rekeyed meanwhile.</summary>
internal enum MobilityStep : byte
{
    /// <summary>Both ends know.</summary>
    None,

    /// <summary>UPDATE_SA_ADDRESSES.</summary>
    Update,

    /// <summary>COOKIE2.</summary>
    Routability,

    /// <summary>NO_ADDITIONAL_ADDRESSES.</summary>
    Addresses,
}

/// <summary>What MOBIKE remembers of an IKE SA that has moved, or whose peer has several addresses.</summary>
internal sealed class MobilityState
{
    /// <summary>Counts moves: the answer to an older one means nothing any more.</summary>
    public int Generation { get; set; }

    /// <summary>
    /// Where the peer says or seems to be, until it has shown that it receives there; null when it is where it is. IKE requests go there meanwhile (RFC 4555 3.5), child SAs and new ones do not.
    /// </summary>
    public IkePath? Candidate { get; set; }

    /// <summary>The NATs on the way to it.</summary>
    public NatSituation CandidateNat { get; set; }

    /// <summary>Places that the peer may still name before <see cref="PlacesRenewAt"/>.</summary>
    public int PlacesLeft { get; set; }

    /// <summary>See <see cref="PlacesLeft"/>.</summary>
    public Instant PlacesRenewAt { get; set; }

    /// <summary>What waits for an answer.</summary>
    public MobilityStep Step { get; set; }

    /// <summary>Message id of the last request about addresses; null before the first.</summary>
    public uint? LastUpdate { get; set; }

    /// <summary>The peer's further addresses.</summary>
    public List<IpAddress>? Additional { get; set; }

    /// <summary>How many of them have been tried in vain.</summary>
    public int PathsTried { get; set; }

    /// <summary>The peer's hash of where it sees us.</summary>
    public byte[]? SeenAs { get; set; }
}

/// <summary>
/// UPDATE_SA_ADDRESSES (RFC 4555 3.5): the SAs are between the ends of this packet from now on. With COOKIE2 when the other end is not known to be there (3.7).
/// </summary>
internal sealed class UpdateRequest(byte[] cookie, int generation) : IkeRequest
{
    public override IkeExchangeType Exchange => IkeExchangeType.Informational;

    public override bool TryWrite(IkeSa sa, ref IkePayloadWriter writer, Instant now)
    {
        if (sa.Mobility is not { } state || state.Generation != generation) return false;
        writer.Notify(IkeNotifyType.UpdateSaAddresses);
        IkeMobility.WriteNatDetection(ref writer, sa.Core, sa.InitiatorSpi, sa.ResponderSpi, sa.SendingPath);
        if (cookie.Length > 0) writer.Notify(IkeNotifyType.Cookie2, cookie);
        return true;
    }

    public override void OnResponse(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox) =>
        sa.Core.Mobility.OnUpdated(sa, generation, cookie, payloads, arrival, now, outbox);
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
internal sealed class AddressesRequest(int generation) : IkeRequest
{
    public override IkeExchangeType Exchange => IkeExchangeType.Informational;

    public override bool TryWrite(IkeSa sa, ref IkePayloadWriter writer, Instant now)
    {
        if (sa.Mobility is not { } state || state.Generation != generation) return false;
        writer.Notify(IkeNotifyType.NoAdditionalAddresses);
        return true;
    }

    public override void OnResponse(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox)
    {
        if (sa.Mobility is { } state && state.Generation == generation) state.Step = MobilityStep.None;
    }
}
