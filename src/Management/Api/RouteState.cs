using Dmvpn.Core;

namespace Dmvpn.Management.Api;

/// <summary><c>show {ip|ipv6} route […]</c>: the routes of one family in one table. Any order; the screen sorts.</summary>
public sealed record RouteState
{
    /// <summary>The family; IPv4 when the query names none.</summary>
    public AddressFamily Family { get; init; }

    /// <summary>The VRF; "" is the global table.</summary>
    public string Vrf { get; init; } = "";

    /// <summary>The routes: the best one for each prefix.</summary>
    public IReadOnlyList<RouteEntry> Routes { get; init; } = [];
}

/// <summary>One route.</summary>
public sealed record RouteEntry
{
    /// <summary>The destination.</summary>
    public required IpPrefix Prefix { get; init; }

    /// <summary>Who gave it.</summary>
    public RouteSource Source { get; init; }

    /// <summary>Administrative distance.</summary>
    public byte Distance { get; init; }

    /// <summary>Metric.</summary>
    public uint Metric { get; init; }

    /// <summary>Seconds since it was installed or last changed; null when the screen shows none (static, connected) or it is not known.</summary>
    public long? AgeSeconds { get; init; }

    /// <summary>The next hops, at least one.</summary>
    public IReadOnlyList<RouteNextHop> NextHops { get; init; } = [];
}

/// <summary>One way to the destination.</summary>
public sealed record RouteNextHop
{
    /// <summary>The gateway; null when the destination is on the interface.</summary>
    public IpAddress? Via { get; init; }

    /// <summary>The interface; null when only the gateway is known.</summary>
    public string? Interface { get; init; }

    /// <summary>True when NHRP put this one in the place of the route's own: shown as <c>%</c> and <c>[NHO]</c>.</summary>
    public bool Override { get; init; }
}

/// <summary>Who gave a route; the letter is the screen's code.</summary>
public enum RouteSource
{
    /// <summary>C: on an interface.</summary>
    Connected,

    /// <summary>L: an address of this host.</summary>
    Local,

    /// <summary>S: configured here.</summary>
    Static,

    /// <summary>o: On-Demand Routing.</summary>
    Odr,

    /// <summary>H: an NHRP shortcut.</summary>
    Nhrp,

    /// <summary>G: an NHRP registration.</summary>
    NhrpRegistered,

    /// <summary>K: in the kernel's table, put there by somebody else.</summary>
    Kernel,

    /// <summary>R: RIP, of another program.</summary>
    Rip,

    /// <summary>B: BGP, of another program.</summary>
    Bgp,

    /// <summary>D: EIGRP, of another program.</summary>
    Eigrp,

    /// <summary>O: OSPF, of another program.</summary>
    Ospf,

    /// <summary>i: IS-IS, of another program.</summary>
    Isis,
}
