namespace Dmvpn.Wire.Icmp;

/// <summary>The errors that a tunnel reports, for both versions; ICMP and ICMPv6 have different numbers for them.</summary>
public enum IcmpErrorKind
{
    /// <summary>Too long for the next hop: type 3 code 4 (RFC 1191 4), ICMPv6 type 2 (RFC 4443 3.2). Carries the MTU.</summary>
    PacketTooBig,

    /// <summary>TTL or hop limit used up in transit: type 11 code 0, ICMPv6 type 3 code 0.</summary>
    TimeExceeded,

    /// <summary>No route: type 3 code 0, ICMPv6 type 1 code 0.</summary>
    NoRoute,

    /// <summary>The next hop does not answer: type 3 code 1 (host), ICMPv6 type 1 code 3 (address).</summary>
    AddressUnreachable,

    /// <summary>Forbidden by configuration: type 3 code 13 (RFC 1812 5.2.7.1), ICMPv6 type 1 code 1.</summary>
    Prohibited,
}
