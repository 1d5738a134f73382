using Dmvpn.Core;

namespace Dmvpn.Runtime.Netlink;

/// <summary>A route of the kernel, to write or as read.</summary>
/// <param name="Prefix">Where it leads.</param>
public sealed partial record LinuxRoute(IpPrefix Prefix)
{
    /// <summary>RT_TABLE_MAIN.</summary>
    public const uint MainTable = 254;

    /// <summary>RT_TABLE_LOCAL: the machine's own addresses.</summary>
    public const uint LocalTable = 255;

    /// <summary>What happens to packets.</summary>
    public LinuxRouteType Type { get; init; } = LinuxRouteType.Unicast;

    /// <summary>Who installed it (RTPROT_*): 2 the kernel, 3 and 4 the administrator, 191 NHRP.</summary>
    public byte Protocol { get; init; } = 4;

    /// <summary>Its table.</summary>
    public uint Table { get; init; } = MainTable;

    /// <summary>RTA_PRIORITY: the lower one of equal prefixes is used. 0 written to IPv6 becomes 1024.</summary>
    public uint Metric { get; init; }

    /// <summary>Distance to the destination. Written as Universe, the right one for the next hop is taken (IPv4; IPv6 has none).</summary>
    public RouteScope Scope { get; init; }

    /// <summary>The address to send from; <see cref="IpAddress.None"/> leaves it to the kernel.</summary>
    public IpAddress PreferredSource { get; init; }

    /// <summary>RTAX_MTU, or in an answer to a look-up the path MTU learnt; 0 for that of the link.</summary>
    public int Mtu { get; init; }

    /// <summary>Type of service that it is for; nearly always 0 (IPv4).</summary>
    public byte TypeOfService { get; init; }

    /// <summary>
    /// The equal-cost next hops that are alive; none for a discard route. Those whose link is down are left out, as
    /// the kernel does not use them.
    /// </summary>
    public ValueList<LinuxNextHop> NextHops { get; init; } = ValueList<LinuxNextHop>.Empty;

    /// <summary>
    /// Number of a next-hop object (RTA_NH_ID); 0 for none. FRR uses these. The kernel gives <see cref="NextHops"/> with them unless
    /// net.ipv4.nexthop_compat_mode was set to 0.
    /// </summary>
    public uint NextHopObject { get; init; }
}

/// <summary>One way of a route.</summary>
/// <param name="LinkIndex">The output link; 0 (only when written) leaves it to the gateway.</param>
/// <param name="Gateway">The next hop, possibly of the other family; <see cref="IpAddress.None"/> when the destination is on the link.</param>
public readonly record struct LinuxNextHop(int LinkIndex, IpAddress Gateway = default)
{
    /// <summary>The gateway is reached over the link though no route says so (RTNH_F_ONLINK). Then the link must be given.</summary>
    public bool OnLink { get; init; }

    /// <summary>Weight less one (rtnh_hops).</summary>
    public byte Weight { get; init; }

    /// <summary>The link is up but without a carrier (RTNH_F_LINKDOWN); set by the kernel.</summary>
    public bool WithoutCarrier { get; init; }
}

/// <summary>Types of routes (RTN_*).</summary>
public enum LinuxRouteType : byte
{
    /// <summary>Not given (a deletion of any type).</summary>
    Unspecified = 0,

    /// <summary>To a next hop or a link.</summary>
    Unicast = 1,

    /// <summary>An address of this machine.</summary>
    Local = 2,

    /// <summary>A broadcast address of a link.</summary>
    Broadcast = 3,

    /// <summary>An anycast address of this machine (IPv6).</summary>
    Anycast = 4,

    /// <summary>Multicast.</summary>
    Multicast = 5,

    /// <summary>Dropped in silence.</summary>
    Blackhole = 6,

    /// <summary>Dropped, with ICMP host unreachable.</summary>
    Unreachable = 7,

    /// <summary>Dropped, with ICMP administratively prohibited.</summary>
    Prohibit = 8,

    /// <summary>Look into another table.</summary>
    Throw = 9,
}

/// <summary>Distance of an address or a destination (RT_SCOPE_*).</summary>
public enum RouteScope : byte
{
    /// <summary>Anywhere.</summary>
    Universe = 0,

    /// <summary>Within the site.</summary>
    Site = 200,

    /// <summary>On the link.</summary>
    Link = 253,

    /// <summary>This machine.</summary>
    Host = 254,

    /// <summary>Nowhere; in a deletion any scope.</summary>
    Nowhere = 255,
}

/// <summary>Which routes to dump. The kernel filters; the default value gives all.</summary>
public readonly record struct LinuxRouteFilter
{
    /// <summary>True for IPv4 only, false for IPv6 only, null for both.</summary>
    public bool? IPv4 { get; init; }

    /// <summary>Of one table; 0 for all.</summary>
    public uint Table { get; init; }

    /// <summary>Of one protocol; 0 for all.</summary>
    public byte Protocol { get; init; }

    /// <summary>By one link; 0 for all.</summary>
    public int LinkIndex { get; init; }
}

/// <summary>A change of the kernel's routes.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Route">With what. A deletion matches on everything given: prefix, table, metric, protocol, type and next hops.</param>
public readonly record struct RouteCommand(RouteCommandKind Kind, LinuxRoute Route);

/// <summary>What to do with a route.</summary>
public enum RouteCommandKind : byte
{
    /// <summary>Create it; <see cref="Errno.Exists"/> when there is one with the same prefix, table and metric.</summary>
    Add,

    /// <summary>Create it, or put it in the place of the one with the same prefix, table and metric.</summary>
    Replace,

    /// <summary>Remove it; <see cref="Errno.NoSuchProcess"/> when there is none.</summary>
    Delete,
}
