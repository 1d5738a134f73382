namespace Dmvpn.Wire.Ip;

/// <summary>IANA "Assigned Internet Protocol Numbers", those that we look at. Other numbers are kept as they are.</summary>
public enum IpProtocol : byte
{
    /// <summary>IPv6 hop-by-hop options (RFC 8200 4.3).</summary>
    HopByHop = 0,

    /// <summary>ICMP (RFC 792).</summary>
    Icmp = 1,

    /// <summary>TCP (RFC 9293).</summary>
    Tcp = 6,

    /// <summary>UDP (RFC 768).</summary>
    Udp = 17,

    /// <summary>IPv6 in IP (RFC 2473).</summary>
    Ipv6 = 41,

    /// <summary>IPv6 routing header (RFC 8200 4.4).</summary>
    Routing = 43,

    /// <summary>IPv6 fragment header (RFC 8200 4.5).</summary>
    Fragment = 44,

    /// <summary>GRE (RFC 2784).</summary>
    Gre = 47,

    /// <summary>ESP (RFC 4303).</summary>
    Esp = 50,

    /// <summary>AH (RFC 4302).</summary>
    Ah = 51,

    /// <summary>ICMPv6 (RFC 4443).</summary>
    Icmpv6 = 58,

    /// <summary>Nothing follows (RFC 8200 4.7).</summary>
    NoNextHeader = 59,

    /// <summary>IPv6 destination options (RFC 8200 4.6).</summary>
    DestinationOptions = 60,

    /// <summary>OSPF (RFC 2328).</summary>
    Ospf = 89,

    /// <summary>IPv6 mobility header (RFC 6275).</summary>
    Mobility = 135,

    /// <summary>Host identity protocol (RFC 7401).</summary>
    Hip = 139,

    /// <summary>Shim6 (RFC 5533).</summary>
    Shim6 = 140,
}
