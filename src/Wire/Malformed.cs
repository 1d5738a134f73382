namespace Dmvpn.Wire;

/// <summary>
/// Why bytes could not be decoded: one enum for all of Wire, so that one table of counters shows every refusal. Only
/// what cannot be decoded is named here; what decodes and is illegal is an engine's business (its own XDrop enum).
/// </summary>
public enum Malformed
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>The bytes end before the fixed header does.</summary>
    Truncated,

    /// <summary>A length field says less than the header needs.</summary>
    LengthTooSmall,

    /// <summary>A length field says more than there are bytes.</summary>
    LengthTooLarge,

    /// <summary>The version field holds a version that this decoder does not speak.</summary>
    UnknownVersion,

    /// <summary>The checksum is wrong.</summary>
    BadChecksum,

    /// <summary>Bits that must be zero are not, and the RFC says to discard then.</summary>
    ReservedBits,

    /// <summary>GRE with the source routes of RFC 1701, which RFC 2784 2.3 tells a receiver to discard.</summary>
    GreRouting,

    /// <summary>An IPv4 option or a TCP option runs past its header, or has a length below 2.</summary>
    BadOption,

    /// <summary>The chain of IPv6 extension headers runs past the packet.</summary>
    ExtensionChainTruncated,

    /// <summary>More IPv6 extension headers than anyone sends: walking them is work that a packet may not ask for.</summary>
    ExtensionChainTooLong,

    /// <summary>
    /// An IPv6 packet from or to an IPv4-mapped address, which never is on a wire (RFC 4291 2.5.5.2) and would be
    /// taken for IPv4 by filters and look-ups.
    /// </summary>
    MappedAddress,

    /// <summary>An address family or protocol type that is neither IPv4 nor IPv6.</summary>
    UnknownAddressFamily,

    /// <summary>An address whose length does not fit its family.</summary>
    BadAddressLength,

    /// <summary>A packet type that this decoder does not know.</summary>
    UnknownType,

    /// <summary>NHRP: the extension offset points into the mandatory part, or past the packet.</summary>
    BadExtensionOffset,

    /// <summary>NHRP: a client information entry runs past the part that it is in.</summary>
    CieTruncated,

    /// <summary>NHRP: an extension runs past the packet.</summary>
    ExtensionTruncated,

    /// <summary>NHRP: the list of extensions has no End extension (RFC 2332 5.3).</summary>
    ExtensionEndMissing,

    /// <summary>CDP: a TLV runs past the packet, or has a length below its own header's.</summary>
    TlvTruncated,

    /// <summary>RIP: the message does not end with a whole route of 20 bytes.</summary>
    RouteTruncated,

    /// <summary>A capture file that does not begin with a magic number of pcap or pcapng.</summary>
    UnknownCaptureFormat,

    /// <summary>A capture file's record or block whose length is impossible.</summary>
    BadCaptureRecord,

    /// <summary>A link layer that the capture reader does not know.</summary>
    UnknownLinkType,

    /// <summary>A frame that carries neither IPv4 nor IPv6.</summary>
    NotIp,

    /// <summary>IKE: a payload runs past the message, or is shorter than its header (RFC 7296 3.2).</summary>
    PayloadTruncated,

    /// <summary>IKE: more payloads than anyone sends.</summary>
    PayloadChainTooLong,

    /// <summary>IKE: a proposal or a transform does not fit the SA payload that it is in (RFC 7296 3.3).</summary>
    ProposalTruncated,

    /// <summary>IKE: a traffic selector does not fit its payload (RFC 7296 3.13).</summary>
    SelectorTruncated,

    /// <summary>IKE: a traffic selector whose addresses or ports end before they begin (RFC 7296 3.13.1).</summary>
    SelectorBackwards,
}
