namespace Dmvpn.Lab.Peers;

/// <summary>How routes come about on an FRR peer.</summary>
public enum FrrRouting
{
    /// <summary>Spokes send all LANs to the hub; the hub is told where each LAN is.</summary>
    Static,

    /// <summary>bgpd, one AS; the hub reflects and sends summaries only, so that shortcuts are needed (phase 3).</summary>
    Bgp,

    /// <summary>ospfd, point-to-multipoint, its multicast carried by nhrpd.</summary>
    Ospf,
}

/// <summary>What an FRR nhrpd peer is configured to be.</summary>
public sealed record FrrSettings
{
    /// <summary>GRE key; null for none.</summary>
    public uint? Key { get; init; } = 42;

    /// <summary>NHRP authentication string, FRR 10 only; null for none.</summary>
    public string? Authentication { get; init; }

    /// <summary>Register with the unique bit, as nhrpd does unless it is told otherwise.</summary>
    public bool Unique { get; init; }

    /// <summary>Seconds.</summary>
    public int HoldTime { get; init; } = 600;

    /// <summary>Where the routes come from.</summary>
    public FrrRouting Routing { get; init; }

    /// <summary>The hub, for a spoke; null for a hub.</summary>
    public Networks.SiteAddresses? Hub { get; init; }

    /// <summary><c>nhs dynamic</c>: the spoke does not know the hub's tunnel address.</summary>
    public bool IsHubDynamic { get; init; }

    /// <summary>The spokes whose LANs a hub with static routing knows.</summary>
    public IReadOnlyList<Networks.SiteAddresses> Spokes { get; init; } = [];
}
