namespace Dmvpn.Wire.Ip;

/// <summary>Numbers that the RFCs give.</summary>
public static class IpSpec
{
    /// <summary>An IPv4 header without options (RFC 791 3.1).</summary>
    public const int Ipv4HeaderLength = 20;

    /// <summary>An IPv6 header (RFC 8200 3).</summary>
    public const int Ipv6HeaderLength = 40;

    /// <summary>The largest IPv4 packet that every host takes (RFC 791 3.1); ICMP errors stay within it (RFC 1812 4.3.2.3).</summary>
    public const int Ipv4MinimumReassembly = 576;

    /// <summary>The smallest MTU of a link that carries IPv6 (RFC 8200 5); ICMPv6 errors stay within it (RFC 4443 2.4 c).</summary>
    public const int Ipv6MinimumMtu = 1280;
}

/// <summary>Limits of ours.</summary>
public static class IpLimits
{
    /// <summary>Extension headers of one IPv6 packet that are walked: each legal kind twice. Answers packets made of nothing else.</summary>
    public const int ExtensionHeaders = 16;
}
