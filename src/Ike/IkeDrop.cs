namespace Dmvpn.Ike;

/// <summary>
/// Why a message that could be decoded was not obeyed, or why something that was wanted did not happen. Each has a counter on <c>show crypto ikev2 stats</c>; what
/// cannot be decoded is counted under <see cref="Wire.Malformed"/>.
/// </summary>
public enum IkeDrop
{
    /// <summary>No protected source has the local address.</summary>
    NoProtection,

    /// <summary>IKEv1.</summary>
    OldVersion,

    /// <summary>A major version above 2: answered with INVALID_MAJOR_VERSION.</summary>
    NewerVersion,

    /// <summary>An IKE SA that does not exist: answered with INVALID_IKE_SPI, within limits.</summary>
    UnknownSa,

    /// <summary>The other SPI, or the initiator flag, is not that of the IKE SA.</summary>
    WrongSpi,

    /// <summary>An exchange that has no place in the IKE SA's present state.</summary>
    UnexpectedExchange,

    /// <summary>A response to a request that is not open (any more).</summary>
    UnexpectedResponse,

    /// <summary>A request outside of the window.</summary>
    OutsideWindow,

    /// <summary>A retransmission of a request that is still worked on, or whose response is forgotten.</summary>
    AlreadyReceived,

    /// <summary>The integrity check failed: forged, damaged, or another key.</summary>
    IntegrityFailed,

    /// <summary>A message that has to be protected is not.</summary>
    NotProtected,

    /// <summary>Fragments that do not fit together, or too many (RFC 7383 2.6).</summary>
    BadFragment,

    /// <summary>A critical payload that nobody here knows.</summary>
    UnsupportedCriticalPayload,

    /// <summary>A payload is missing, doubled, or not allowed in the exchange.</summary>
    IllegalPayload,

    /// <summary>A payload's own content is broken.</summary>
    InvalidSyntax,

    /// <summary>More IKE_SA_INITs than can be computed.</summary>
    TooManyJobs,

    /// <summary>More half-open SAs than <c>limit max-in-negotiation-sa</c> allows.</summary>
    TooManyHalfOpen,

    /// <summary>More half-open SAs than one address, or the network that it is in, may have.</summary>
    TooManyFromAddress,

    /// <summary>A first message from a network that has had too much computed for nothing.</summary>
    TooMuchWork,

    /// <summary>A half-open SA of the network that had the most of them ended for one that came.</summary>
    GaveWay,

    /// <summary>An IKE_SA_INIT that is longer than any that is kept.</summary>
    TooLong,

    /// <summary>A computation ended with an exception, and its exchange with it.</summary>
    WorkFailed,

    /// <summary>More SAs than <c>limit max-sa</c> allows.</summary>
    TooManySas,

    /// <summary>Answered with a cookie.</summary>
    CookieWanted,

    /// <summary>An answer without protection was left out: the rate is limited.</summary>
    RateLimited,

    /// <summary>No proposal was acceptable.</summary>
    NoProposalChosen,

    /// <summary>The key exchange was in another group than the chosen one.</summary>
    OtherGroup,

    /// <summary>A public value that is none.</summary>
    BadPublicValue,

    /// <summary>A peer did not prove its identity, or has none that a profile matches.</summary>
    AuthenticationFailed,

    /// <summary>The peer says that we did not prove ours.</summary>
    AuthenticationRefused,

    /// <summary>The traffic selectors have nothing in common with ours.</summary>
    TrafficSelectorsUnacceptable,

    /// <summary>A request that collides with something under way was answered with TEMPORARY_FAILURE.</summary>
    Collision,

    /// <summary>The peer answered with TEMPORARY_FAILURE.</summary>
    TemporaryFailure,

    /// <summary>The peer wants to rekey a child SA that does not exist.</summary>
    ChildNotFound,

    /// <summary>More child SAs than one association may have.</summary>
    TooManyChildren,

    /// <summary>The peer refused a child SA.</summary>
    ChildRefused,

    /// <summary>A peer does not answer.</summary>
    Unanswered,

    /// <summary>A QCD token that is not the peer's.</summary>
    WrongToken,

    /// <summary>A hint without protection came too soon after another.</summary>
    HintIgnored,

    /// <summary>A session ticket that cannot be opened, is too old, was used before, or does not fit the configuration.</summary>
    TicketRefused,

    /// <summary>A COOKIE2 that is not the one that was sent (RFC 4555 3.7).</summary>
    WrongCookie2,

    /// <summary>A move of a peer that is not allowed: MOBIKE was not agreed on, or addresses changed on the way where there must be no NAT.</summary>
    MoveRefused,

    /// <summary>A peer calls from an address inside of a tunnel: there is no underlay there.</summary>
    InsideTunnel,

    /// <summary>A computation ended after its SA did.</summary>
    LateResult,
}
