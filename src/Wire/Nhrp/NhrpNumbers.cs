namespace Dmvpn.Wire.Nhrp;

/// <summary>ar$op.type, RFC 2332 5.1; 8 is Cisco's.</summary>
public enum NhrpPacketType : byte
{
    /// <summary>RFC 2332 5.2.1.</summary>
    ResolutionRequest = 1,

    /// <summary>RFC 2332 5.2.2.</summary>
    ResolutionReply = 2,

    /// <summary>RFC 2332 5.2.3.</summary>
    RegistrationRequest = 3,

    /// <summary>RFC 2332 5.2.4.</summary>
    RegistrationReply = 4,

    /// <summary>RFC 2332 5.2.5.</summary>
    PurgeRequest = 5,

    /// <summary>RFC 2332 5.2.6.</summary>
    PurgeReply = 6,

    /// <summary>RFC 2332 5.2.7; never answered.</summary>
    ErrorIndication = 7,

    /// <summary>Cisco's redirect (draft-detienne-dmvpn): "there is a better way to the destination of the packet inside".</summary>
    TrafficIndication = 8,
}

/// <summary>Flags of the mandatory part. The same bit has another name in each packet type.</summary>
[Flags]
public enum NhrpFlags : ushort
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Q of resolutions: the requester is a router.</summary>
    Router = 0x8000,

    /// <summary>A of resolutions: only authoritative answers are wanted; this answer is authoritative.</summary>
    Authoritative = 0x4000,

    /// <summary>D of resolution replies: destination and next hop stay together for the holding time.</summary>
    DestinationStable = 0x2000,

    /// <summary>U of resolutions.</summary>
    Unique = 0x1000,

    /// <summary>S of resolutions: the source's addresses stay together.</summary>
    SourceStable = 0x0800,

    /// <summary>Cisco: the sender understands the NAT address extension.</summary>
    Nat = 0x0002,

    /// <summary>U of registrations.</summary>
    RegistrationUnique = 0x8000,

    /// <summary>N of purges: no reply is wanted.</summary>
    PurgeNoReply = 0x8000,
}

/// <summary>Code of a client information entry (RFC 2332 5.2.2 and 5.2.4).</summary>
public enum NhrpCieCode : byte
{
    /// <summary>Positive.</summary>
    Success = 0,

    /// <summary>Refused by policy.</summary>
    AdministrativelyProhibited = 4,

    /// <summary>No room.</summary>
    InsufficientResources = 5,

    /// <summary>No internetworking layer address to NBMA address binding exists.</summary>
    NoBinding = 12,

    /// <summary>A binding exists but is not unique.</summary>
    BindingNotUnique = 13,

    /// <summary>Unique internetworking layer address already registered.</summary>
    UniqueAddressRegistered = 14,
}

/// <summary>Code of an Error Indication (RFC 2332 5.2.7).</summary>
public enum NhrpErrorCode : ushort
{
    /// <summary>A compulsory extension that the responder does not know.</summary>
    UnrecognizedExtension = 1,

    /// <summary>The packet came back to where it was before.</summary>
    LoopDetected = 3,

    /// <summary>Nobody on the routed path can reach the protocol address.</summary>
    ProtocolAddressUnreachable = 6,

    /// <summary>Anything else that is wrong.</summary>
    ProtocolError = 7,

    /// <summary>Too long for the NBMA network.</summary>
    SduSizeExceeded = 8,

    /// <summary>An extension that does not belong into this packet type.</summary>
    InvalidExtension = 9,

    /// <summary>A resolution reply that nobody asked for.</summary>
    InvalidResolutionReply = 10,

    /// <summary>Authentication missing or wrong.</summary>
    AuthenticationFailure = 11,

    /// <summary>Hop count used up.</summary>
    HopCountExceeded = 15,
}

/// <summary>Type of an extension, without the compulsory and unused bits (RFC 2332 5.3; 9 is Cisco's).</summary>
public enum NhrpExtensionType : ushort
{
    /// <summary>End of extensions, 5.3.0.</summary>
    End = 0,

    /// <summary>5.3.1.</summary>
    ResponderAddress = 3,

    /// <summary>5.3.2.</summary>
    ForwardTransitNhs = 4,

    /// <summary>5.3.3.</summary>
    ReverseTransitNhs = 5,

    /// <summary>5.3.4; Cisco's differs: reserved 0, SPI 1, cleartext string.</summary>
    Authentication = 7,

    /// <summary>5.3.5, the only one that may occur several times.</summary>
    VendorPrivate = 8,

    /// <summary>Cisco's NAT address extension. RFC 2735 gives 9 to "device capabilities": told apart by the missing compulsory bit.</summary>
    NatAddress = 9,
}
