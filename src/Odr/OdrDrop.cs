namespace Dmvpn.Odr;

/// <summary>Why a CDP packet, or a part of it, was not used.</summary>
public enum OdrDrop
{
    /// <summary>It could not be decoded; see the counters of <see cref="Wire.Malformed"/>.</summary>
    Malformed,

    /// <summary>CDP is not enabled on the tunnel, or there is no such tunnel.</summary>
    CdpDisabled,

    /// <summary>On a multipoint tunnel, from a peer that NHRP does not know: anyone on the underlay could send that.</summary>
    NoMapping,

    /// <summary>Our own packet came back.</summary>
    FromSelf,

    /// <summary>Longer than <see cref="OdrLimits.PacketLength"/>.</summary>
    PacketTooLong,

    /// <summary>More neighbours than <see cref="OdrLimits.Neighbors"/>.</summary>
    TooManyNeighbors,

    /// <summary>An ODR TLV that is neither a list of prefixes nor a gateway.</summary>
    UnknownOdrForm,

    /// <summary>Prefixes, but <c>router odr</c> is not configured (for this tunnel).</summary>
    NotHub,

    /// <summary>A default gateway, but this router is no stub.</summary>
    NotStub,

    /// <summary>A prefix with an impossible length, the default route, or a multicast, loopback or link-local one.</summary>
    BadPrefix,

    /// <summary>A prefix that the distribute list refuses.</summary>
    Filtered,

    /// <summary>
    /// A prefix that holds an underlay address in use, of its sender, of another peer or of this router: by such a route the
    /// tunnel would carry itself.
    /// </summary>
    HoldsNbmaAddress,

    /// <summary>Prefixes above <c>maximum-prefix</c>, or above <see cref="OdrLimits.PrefixesPerNeighbor"/>.</summary>
    TooManyPrefixes,

    /// <summary>A prefix shorter than <see cref="OdrSpec.ShortestLength"/> that no certificate allows.</summary>
    TooWide,

    /// <summary>A prefix inside a network of this router's own interfaces, or one that holds a tunnel's network.</summary>
    OwnNetwork,

    /// <summary>A prefix that overlaps what another neighbour has said before and still says.</summary>
    ClaimedByOther,

    /// <summary>A prefix that is not in the networks of the sender's certificate.</summary>
    NotInCertificate,

    /// <summary>A default gateway from a neighbour that is no next hop server of this router.</summary>
    GatewayNotServer,

    /// <summary>A hello within the hold-down time after its sender's routes had become invalid.</summary>
    HeldDown,
}
