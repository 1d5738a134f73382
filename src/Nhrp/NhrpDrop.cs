namespace Dmvpn.Nhrp;

/// <summary>
/// Why a packet that could be decoded was not obeyed, or why one was not sent. Each has a counter on <c>show ip nhrp traffic</c>; what cannot
/// be decoded is counted under <see cref="Wire.Malformed"/>.
/// </summary>
public enum NhrpDrop
{
    /// <summary>The interface has no NHRP, is down, or has no address.</summary>
    InterfaceDown,

    /// <summary>Address family or protocol type is not the interface's, or an address has another family.</summary>
    FamilyMismatch,

    /// <summary>Authentication missing, doubled or wrong.</summary>
    Authentication,

    /// <summary>An extension type occurs twice.</summary>
    DuplicateExtension,

    /// <summary>A compulsory extension that nobody here understands.</summary>
    UnrecognizedExtension,

    /// <summary>An extension whose value is not a list of client information entries.</summary>
    InvalidExtension,

    /// <summary>The packet has been here before.</summary>
    Loop,

    /// <summary>Hop count used up.</summary>
    HopCount,

    /// <summary>A source or client address that no station may have.</summary>
    IllegalAddress,

    /// <summary>A request without any client information entry.</summary>
    NoClientEntry,

    /// <summary>A registration refused by a configured mapping, for a network, or for an address that is not one of the tunnel.</summary>
    RegistrationProhibited,

    /// <summary>A registration for an address that another peer has registered as unique.</summary>
    UniqueAddress,

    /// <summary>A tunnel address claimed that belongs to another live identity.</summary>
    IdentityMismatch,

    /// <summary>A tunnel address claimed that is not in the peer's certificate.</summary>
    NotInCertificate,

    /// <summary>A reply as next hop server by a peer whose certificate does not let it be that one.</summary>
    NotTheServer,

    /// <summary>A peer has as many registrations, or answers, as one may have.</summary>
    Quota,

    /// <summary>No room for more mappings or requesters.</summary>
    NoRoom,

    /// <summary>A registration reply that fits no outstanding request.</summary>
    UnexpectedRegistrationReply,

    /// <summary>A resolution reply that fits no outstanding request.</summary>
    UnexpectedResolutionReply,

    /// <summary>A second copy of a resolution reply; harmless.</summary>
    DuplicateReply,

    /// <summary>A resolution reply whose content cannot be used.</summary>
    UnusableReply,

    /// <summary>A purge reply that fits no outstanding purge.</summary>
    UnexpectedPurgeReply,

    /// <summary>A purge for something that its sender did not teach.</summary>
    PurgeNotAllowed,

    /// <summary>A Traffic Indication while <c>shortcut</c> is off.</summary>
    ShortcutDisabled,

    /// <summary>A Traffic Indication from somebody who is not a known next hop.</summary>
    RedirectFromStranger,

    /// <summary>A Traffic Indication about a packet that this router did not bring into the tunnel.</summary>
    RedirectNotForUs,

    /// <summary>A Traffic Indication whose packet cannot be used.</summary>
    RedirectUnusable,

    /// <summary>No way to the address: nothing to forward the packet by.</summary>
    Unreachable,

    /// <summary>The packet grew beyond the limit.</summary>
    TooBig,

    /// <summary>Not sent: <c>max-send</c>.</summary>
    MaxSend,

    /// <summary>An Error Indication not sent: its peer has had enough of them.</summary>
    ErrorRateLimit,

    /// <summary>A Traffic Indication not sent: who sent the packet is not known on the interface.</summary>
    RedirectToStranger,

    /// <summary>A Traffic Indication not sent: the redirect timeout runs.</summary>
    RedirectRateLimit,

    /// <summary>A Resolution Request not sent: <c>server-only</c>, or <c>interest none</c>.</summary>
    ResolutionDisabled,

    /// <summary>A resolution not started: too many are open.</summary>
    TooManyResolutions,
}
