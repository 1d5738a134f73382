namespace Dmvpn.Wire.Ike;

/// <summary>Notify message types (IANA "IKEv2 Notify Message Types"): errors below 16384, status from there on (RFC 7296 3.10.1).</summary>
public enum IkeNotifyType : ushort
{
    /// <summary>A critical payload whose type the receiver does not know; data: the type.</summary>
    UnsupportedCriticalPayload = 1,

    /// <summary>No such IKE SA.</summary>
    InvalidIkeSpi = 4,

    /// <summary>Another major version.</summary>
    InvalidMajorVersion = 5,

    /// <summary>The message is not what it has to be.</summary>
    InvalidSyntax = 7,

    /// <summary>A message id outside the window.</summary>
    InvalidMessageId = 9,

    /// <summary>ESP with an unknown SPI; data: the SPI.</summary>
    InvalidSpi = 11,

    /// <summary>None of the proposals is acceptable.</summary>
    NoProposalChosen = 14,

    /// <summary>Another group is wanted; data: its number.</summary>
    InvalidKePayload = 17,

    /// <summary>The peer did not prove its identity.</summary>
    AuthenticationFailed = 24,

    /// <summary>Only one pair of traffic selectors is acceptable.</summary>
    SinglePairRequired = 34,

    /// <summary>No more child SAs on this IKE SA.</summary>
    NoAdditionalSas = 35,

    /// <summary>No address for the peer.</summary>
    InternalAddressFailure = 36,

    /// <summary>A configuration payload is wanted.</summary>
    FailedCpRequired = 37,

    /// <summary>The traffic selectors are not acceptable.</summary>
    TsUnacceptable = 38,

    /// <summary>Received a packet that its SA does not allow.</summary>
    InvalidSelectors = 39,

    /// <summary>Addresses that must not be used (MOBIKE).</summary>
    UnacceptableAddresses = 40,

    /// <summary>A NAT where MOBIKE had been told that there is none.</summary>
    UnexpectedNatDetected = 41,

    /// <summary>The request collides with one under way; try later.</summary>
    TemporaryFailure = 43,

    /// <summary>The child SA that is to be rekeyed is unknown.</summary>
    ChildSaNotFound = 44,

    /// <summary>The sender has no other SAs with this identity.</summary>
    InitialContact = 16384,

    /// <summary>How many requests the sender takes at once.</summary>
    SetWindowSize = 16385,

    /// <summary>More traffic selectors would be possible.</summary>
    AdditionalTsPossible = 16386,

    /// <summary>IPComp.</summary>
    IpcompSupported = 16387,

    /// <summary>Hash of the sender's address and port.</summary>
    NatDetectionSourceIp = 16388,

    /// <summary>Hash of the receiver's address and port.</summary>
    NatDetectionDestinationIp = 16389,

    /// <summary>A cookie to be sent back.</summary>
    Cookie = 16390,

    /// <summary>Transport mode.</summary>
    UseTransportMode = 16391,

    /// <summary>Certificates by hash and URL.</summary>
    HttpCertLookupSupported = 16392,

    /// <summary>The CREATE_CHILD_SA request rekeys the SA with this SPI.</summary>
    RekeySa = 16393,

    /// <summary>No traffic flow confidentiality padding.</summary>
    EspTfcPaddingNotSupported = 16394,

    /// <summary>Non-first fragments go by this SA too.</summary>
    NonFirstFragmentsAlso = 16395,

    /// <summary>MOBIKE is understood (RFC 4555).</summary>
    MobikeSupported = 16396,

    /// <summary>One more address of the sender (RFC 4555).</summary>
    AdditionalIp4Address = 16397,

    /// <summary>One more address of the sender (RFC 4555).</summary>
    AdditionalIp6Address = 16398,

    /// <summary>The sender has only one address (RFC 4555).</summary>
    NoAdditionalAddresses = 16399,

    /// <summary>The SAs move to the addresses of this packet (RFC 4555).</summary>
    UpdateSaAddresses = 16400,

    /// <summary>To be sent back: proves that the path works (RFC 4555).</summary>
    Cookie2 = 16401,

    /// <summary>No NAT is allowed; data: the addresses (RFC 4555).</summary>
    NoNatsAllowed = 16402,

    /// <summary>When the peer must authenticate again; data: seconds (RFC 4478).</summary>
    AuthLifetime = 16403,

    /// <summary>IKEv2 redirect is understood (RFC 5685).</summary>
    RedirectSupported = 16406,

    /// <summary>A ticket and its lifetime (RFC 5723).</summary>
    TicketLtOpaque = 16409,

    /// <summary>The initiator wants a ticket (RFC 5723).</summary>
    TicketRequest = 16410,

    /// <summary>The responder will send a ticket later (RFC 5723).</summary>
    TicketAck = 16411,

    /// <summary>No ticket (RFC 5723).</summary>
    TicketNack = 16412,

    /// <summary>The ticket alone (RFC 5723).</summary>
    TicketOpaque = 16413,

    /// <summary>A child SA may be created later (RFC 6023).</summary>
    ChildlessIkev2Supported = 16418,

    /// <summary>A QCD token (RFC 6290).</summary>
    QuickCrashDetection = 16419,

    /// <summary>RFC 7383 fragments are understood.</summary>
    FragmentationSupported = 16430,

    /// <summary>Hash algorithms for RFC 7427 signatures.</summary>
    SignatureHashAlgorithms = 16431,

    /// <summary>
    /// Ours, of the private range (RFC 7296 3.10.1): octets that mean nothing and make a request as long as a full packet. Who does
    /// not know a status type passes over it, so every peer answers.
    /// </summary>
    PathProbe = 42976,
}
