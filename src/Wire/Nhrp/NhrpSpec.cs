namespace Dmvpn.Wire.Nhrp;

/// <summary>Numbers that RFC 2332 gives, and Cisco's where a comment says so.</summary>
public static class NhrpSpec
{
    /// <summary>GRE protocol type of NHRP (draft-detienne-dmvpn).</summary>
    public const ushort GreProtocol = 0x2001;

    /// <summary>Length of the fixed header, RFC 2332 5.1.</summary>
    public const int FixedLength = 20;

    /// <summary>The shortest packet: fixed header and the mandatory part's eight bytes before the addresses.</summary>
    public const int MinimumLength = FixedLength + 8;

    /// <summary>Length of a client information entry without its addresses, 5.2.0.1.</summary>
    public const int CieLength = 12;

    /// <summary>Length of an extension's type and length, 5.3.</summary>
    public const int ExtensionHeaderLength = 4;

    /// <summary>ar$op.version.</summary>
    public const byte Version = 1;

    /// <summary>ar$afn of an IPv4 underlay (address family numbers).</summary>
    public const ushort AfnIPv4 = 1;

    /// <summary>ar$afn of an IPv6 underlay.</summary>
    public const ushort AfnIPv6 = 2;

    /// <summary>ar$pro.type of IPv4.</summary>
    public const ushort ProtocolIPv4 = 0x0800;

    /// <summary>ar$pro.type of IPv6.</summary>
    public const ushort ProtocolIPv6 = 0x86DD;

    /// <summary>Hop count that IOS starts with.</summary>
    public const byte HopCount = 255;

    /// <summary>"C" of an extension's type.</summary>
    public const ushort CompulsoryBit = 0x8000;

    /// <summary>The bits of an extension's type that are the type.</summary>
    public const ushort ExtensionTypeMask = 0x3FFF;

    /// <summary>Reserved (0) and SPI (1) in front of Cisco's cleartext authentication string.</summary>
    public const uint CleartextSpi = 1;

    /// <summary>Longest authentication string that IOS takes.</summary>
    public const int MaximumAuthenticationLength = 8;

    /// <summary>Longest NHRP packet: ar$pktsz has 16 bits.</summary>
    public const int MaximumLength = ushort.MaxValue;
}
