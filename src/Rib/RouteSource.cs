namespace Dmvpn.Rib;

/// <summary>Who says that a prefix is reachable. The order breaks ties between sources of equal administrative distance.</summary>
public enum RouteSource : byte
{
    /// <summary>A subnet on an interface; learnt from the kernel only.</summary>
    Connected,

    /// <summary>An address of this machine; learnt from the kernel only.</summary>
    Local,

    /// <summary><c>ip route</c>, <c>ipv6 route</c>; also static routes that others gave to the kernel.</summary>
    Static,

    /// <summary>EIGRP summary.</summary>
    EigrpSummary,

    /// <summary>BGP, from another AS.</summary>
    BgpExternal,

    /// <summary>EIGRP.</summary>
    Eigrp,

    /// <summary>OSPF.</summary>
    Ospf,

    /// <summary>IS-IS.</summary>
    Isis,

    /// <summary>RIP, RIPng.</summary>
    Rip,

    /// <summary>On-Demand Routing.</summary>
    Odr,

    /// <summary>EIGRP, redistributed into it.</summary>
    EigrpExternal,

    /// <summary>BGP, from the own AS.</summary>
    BgpInternal,

    /// <summary>An NHRP shortcut. It does not compete with the others: it overrides their next hop.</summary>
    Nhrp,

    /// <summary>A kernel route of a daemon that has no code letter on IOS.</summary>
    Kernel,
}
