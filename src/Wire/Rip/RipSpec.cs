namespace Dmvpn.Wire.Rip;

/// <summary>Numbers of RIP version 2 (RFC 2453), of its authentication (RFC 4822) and of RIPng (RFC 2080).</summary>
public static class RipSpec
{
    /// <summary>UDP port of RIP (RFC 2453 3.1).</summary>
    public const ushort Port = 520;

    /// <summary>UDP port of RIPng (RFC 2080 2.1).</summary>
    public const ushort RipngPort = 521;

    /// <summary>Command, version and two bytes of zero.</summary>
    public const int HeaderLength = 4;

    /// <summary>A route, or the authentication at its place, in RIP and in RIPng.</summary>
    public const int EntryLength = 20;

    /// <summary>The metric of what cannot be reached (RFC 2453 3.4.2).</summary>
    public const int Infinity = 16;

    /// <summary>Address family of IPv4 routes.</summary>
    public const ushort Ipv4Family = 2;

    /// <summary>Address family of authentication, and of the trailer (RFC 2453 4.1, RFC 4822 2).</summary>
    public const ushort AuthenticationFamily = 0xFFFF;

    /// <summary>Authentication by a password (RFC 2453 4.1).</summary>
    public const ushort PasswordAuthentication = 2;

    /// <summary>Authentication by a keyed digest (RFC 4822 2).</summary>
    public const ushort DigestAuthentication = 3;

    /// <summary>Family and type in front of the digest of the trailer (RFC 4822 2.1).</summary>
    public const int TrailerHeaderLength = 4;

    /// <summary>RIPng: the metric of an entry that is a next hop (RFC 2080 2.1.1).</summary>
    public const byte NextHopMetric = 0xFF;
}

/// <summary>What a RIP or RIPng message is (RFC 2453 3.6, RFC 2080 2.1).</summary>
public enum RipCommand : byte
{
    /// <summary>Asks for all or a part of the routing table.</summary>
    Request = 1,

    /// <summary>All or a part of the sender's routing table.</summary>
    Response = 2,
}
