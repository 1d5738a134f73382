using Dmvpn.Core;

namespace Dmvpn.Rib;

/// <summary>A route of the kernel's main or local table, as netlink tells it.</summary>
/// <param name="Prefix">The destination.</param>
/// <param name="Type">What happens to packets.</param>
/// <param name="Protocol">RTA protocol number: who installed it.</param>
/// <param name="Metric">RTA_PRIORITY; lower wins. 0 when absent.</param>
/// <param name="NextHops">With their interfaces; empty for a discard route.</param>
public sealed record KernelRoute(IpPrefix Prefix, KernelRouteType Type, byte Protocol, uint Metric, ValueList<RibNextHop> NextHops);

/// <summary>The types of kernel routes (RTN_*) that matter here; the caller leaves out broadcast, anycast and multicast ones.</summary>
public enum KernelRouteType : byte
{
    /// <summary>RTN_UNICAST, main table.</summary>
    Unicast,

    /// <summary>RTN_LOCAL: an address of this machine. Always from the local table, which the kernel looks at first.</summary>
    Local,

    /// <summary>RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT.</summary>
    Discard,
}

/// <summary>What a netlink route message says.</summary>
public enum KernelChange : byte
{
    /// <summary>RTM_NEWROUTE.</summary>
    Added,

    /// <summary>RTM_NEWROUTE with NLM_F_REPLACE: routes with the same prefix and metric are gone.</summary>
    Replaced,

    /// <summary>RTM_DELROUTE.</summary>
    Removed,
}
