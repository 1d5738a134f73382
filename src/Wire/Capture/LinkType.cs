namespace Dmvpn.Wire.Capture;

/// <summary>The registry of link-layer header types of pcap and pcapng ("LINKTYPE_" values), those that we decode.</summary>
public enum LinkType : ushort
{
    /// <summary>BSD loopback: a 4-byte address family in the byte order of the machine that captured.</summary>
    Null = 0,

    /// <summary>Ethernet.</summary>
    Ethernet = 1,

    /// <summary>Raw IP, the number that some BSDs wrote.</summary>
    RawBsd = 12,

    /// <summary>Raw IP, the number that OpenBSD wrote.</summary>
    RawOpenBsd = 14,

    /// <summary>Raw IP: a TUN device.</summary>
    Raw = 101,

    /// <summary>OpenBSD loopback: a 4-byte address family in network order.</summary>
    Loop = 108,

    /// <summary>Linux "any" device, version 1.</summary>
    LinuxSll = 113,

    /// <summary>Raw IPv4.</summary>
    Ipv4 = 228,

    /// <summary>Raw IPv6.</summary>
    Ipv6 = 229,

    /// <summary>Linux "any" device, version 2.</summary>
    LinuxSll2 = 276,
}
