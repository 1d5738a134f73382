namespace Dmvpn.Runtime.Native;

/// <summary>Numbers of ip(7), ipv6(7) and linux/errqueue.h.</summary>
internal static class IpSocketSpec
{
    public const int LevelIPv4 = 0;
    public const int IPv4TypeOfService = 1;
    public const int IPv4TimeToLive = 2;
    public const int IPv4PacketInformation = 8;
    public const int IPv4MtuDiscover = 10;
    public const int IPv4ReceiveError = 11;
    public const int IPv4ReceiveTimeToLive = 12;
    public const int IPv4ReceiveTypeOfService = 13;

    public const int LevelIPv6 = 41;
    public const int IPv6MtuDiscover = 23;
    public const int IPv6ReceiveError = 25;
    public const int IPv6PacketInformation = 50;
    public const int IPv6ReceiveHopLimit = 51;
    public const int IPv6HopLimit = 52;
    public const int IPv6ReceiveTrafficClass = 66;
    public const int IPv6TrafficClass = 67;

    /// <summary>IP_PMTUDISC_DONT: never "don't fragment"; the kernel cuts what is longer than the path MTU.</summary>
    public const int MtuDiscoverNever = 0;

    /// <summary>IP_PMTUDISC_DO: always "don't fragment"; what is longer than the path MTU is refused.</summary>
    public const int MtuDiscoverAlways = 2;

    /// <summary>
    /// IP_PMTUDISC_PROBE: always "don't fragment"; the path MTU that the kernel holds, which anybody's ICMP error may have made, is not asked.
    /// </summary>
    public const int MtuDiscoverProbe = 3;

    /// <summary>
    /// IP_PMTUDISC_OMIT: never "don't fragment", and the path MTU that the kernel holds is not asked: routers cut what is too long. Unlike with IP_PMTUDISC_DONT a UDP socket
    /// still hears what ICMP says about packets that went with "don't fragment" before.
    /// </summary>
    public const int MtuDiscoverOmit = 5;

    /// <summary>SO_NO_CHECK.</summary>
    public const int OptionNoChecksum = 11;

    /// <summary>SO_MEMINFO; the ninth number is what the kernel dropped for want of room.</summary>
    public const int OptionMemoryInformation = 55;
    public const int MemoryInformationCount = 9;

    /// <summary>SIOCOUTQ.</summary>
    public const uint RequestUnsent = 0x5411;

    /// <summary>SO_ATTACH_FILTER.</summary>
    public const int OptionAttachFilter = 26;

    /// <summary>SO_REUSEPORT.</summary>
    public const int OptionReusePort = 15;

    /// <summary>SO_ATTACH_REUSEPORT_CBPF (Linux 4.5).</summary>
    public const int OptionAttachGroupProgram = 51;

    public const int SocketAddressIPv4 = 16;
    public const int SocketAddressIPv6 = 28;

    /// <summary>struct sock_extended_err.</summary>
    public const int ExtendedErrorSize = 16;
}
