namespace Dmvpn.Wire.Gre;

/// <summary>Numbers of RFC 2784 and RFC 2890.</summary>
public static class GreSpec
{
    /// <summary>Flags, version and protocol type.</summary>
    public const int BaseLength = 4;

    /// <summary>The largest header: base, checksum with Reserved1, key, sequence number.</summary>
    public const int MaximumLength = 16;

    /// <summary>Checksum present (RFC 2784 2.2).</summary>
    public const ushort ChecksumFlag = 0x8000;

    /// <summary>Routing present (RFC 1701), refused.</summary>
    public const ushort RoutingFlag = 0x4000;

    /// <summary>Key present (RFC 2890 2).</summary>
    public const ushort KeyFlag = 0x2000;

    /// <summary>Sequence number present (RFC 2890 2).</summary>
    public const ushort SequenceFlag = 0x1000;

    /// <summary>
    /// Bits 4 and 5: "a receiver MUST discard a packet where any of bits 1-5 are non-zero" (RFC 2784 2.3), of which
    /// RFC 2890 took 2 and 3 out, and bit 1 has its own reason. Bits 6-12 "MUST be ignored on receipt".
    /// </summary>
    public const ushort RefusedBits = 0x0C00;

    /// <summary>The version field; only 0 is GRE, 1 is PPTP's (RFC 2637).</summary>
    public const ushort VersionMask = 0x0007;
}

/// <summary>IEEE EtherTypes as the GRE protocol type, those that a DMVPN tunnel carries. Others are kept as they are.</summary>
public enum GreProtocol : ushort
{
    /// <summary>Keepalive reply of Cisco's GRE keepalive.</summary>
    KeepaliveReply = 0x0000,

    /// <summary>OSI protocols (IS-IS), as IOS sends them.</summary>
    Osi = 0x00FE,

    /// <summary>IPv4.</summary>
    Ipv4 = 0x0800,

    /// <summary>CDP.</summary>
    Cdp = 0x2000,

    /// <summary>NHRP (RFC 2332 5).</summary>
    Nhrp = 0x2001,

    /// <summary>IPv6 (RFC 7676).</summary>
    Ipv6 = 0x86DD,

    /// <summary>MPLS unicast (RFC 4023).</summary>
    Mpls = 0x8847,
}
