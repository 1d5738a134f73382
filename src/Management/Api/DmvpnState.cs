using Dmvpn.Core;

namespace Dmvpn.Management.Api;

/// <summary>
/// <c>show dmvpn [detail]</c>. One block per tunnel interface and family that NHRP runs on, by tunnel number, IPv4 first.
/// All ages in these records are whole seconds; null means never.
/// </summary>
public sealed record DmvpnState
{
    /// <summary>The blocks, in the order in which they are shown.</summary>
    public IReadOnlyList<DmvpnTunnel> Tunnels { get; init; } = [];

    /// <summary>The crypto sessions of these tunnels' peers; only with <see cref="ScreenQuery.Detail"/>.</summary>
    public IReadOnlyList<CryptoSession> CryptoSessions { get; init; } = [];
}

/// <summary>One tunnel and family.</summary>
public sealed record DmvpnTunnel
{
    /// <summary>The tunnel.</summary>
    public required TunnelId Tunnel { get; init; }

    /// <summary>Family of the tunnel side.</summary>
    public AddressFamily Family { get; init; }

    /// <summary>Spoke when an NHS is configured, Hub otherwise.</summary>
    public DmvpnRole Role { get; init; }

    /// <summary>Not <c>shutdown</c> and the device exists.</summary>
    public bool AdministrativelyUp { get; init; }

    /// <summary>Line protocol.</summary>
    public bool LineUp { get; init; }

    /// <summary>The tunnel's own primary address of this family; null when it has none.</summary>
    public IpAddress? Address { get; init; }

    /// <summary>VRF of the tunnel side; "" is the global table.</summary>
    public string Vrf { get; init; } = "";

    /// <summary>VRF of the underlay (<c>tunnel vrf</c>); "" is the global table.</summary>
    public string TunnelVrf { get; init; } = "";

    /// <summary>The tunnel's source address now; null while its interface has none.</summary>
    public IpAddress? Source { get; init; }

    /// <summary>The destination of a point-to-point tunnel; null for a multipoint one.</summary>
    public IpAddress? Destination { get; init; }

    /// <summary><c>tunnel mode</c>.</summary>
    public TunnelMode Mode { get; init; }

    /// <summary>The profile of <c>tunnel protection</c>; null without protection.</summary>
    public string? Protection { get; init; }

    /// <summary><c>if-state nhrp</c>.</summary>
    public bool InterfaceStateControl { get; init; }

    /// <summary>The next hop servers of this tunnel and family, as in <see cref="NhsState"/>.</summary>
    public IReadOnlyList<NhsEntry> Servers { get; init; } = [];

    /// <summary>The peers, one for each NBMA address, by address.</summary>
    public IReadOnlyList<DmvpnPeer> Peers { get; init; } = [];
}

/// <summary>The NHRP entries that share one NBMA address. Local entries count only with the <c>local</c> filter, as on IOS.</summary>
public sealed record DmvpnPeer
{
    /// <summary>The NBMA address that packets go to, outside of any NAT.</summary>
    public required IpAddress Nbma { get; init; }

    /// <summary>The address the peer says it has, when a NAT changed it; of several peers behind one NAT each entry has its own.</summary>
    public IpAddress? ClaimedNbma { get; init; }

    /// <summary>Who the peer proved to be in IKE; of several behind one NAT each entry has its own; null without protection.</summary>
    public string? Identity { get; init; }

    /// <summary>The entries, at least one. Their number is the column "# Ent".</summary>
    public IReadOnlyList<DmvpnEntry> Entries { get; init; } = [];
}

/// <summary>One line of <c>show dmvpn</c>.</summary>
public sealed record DmvpnEntry
{
    /// <summary>Peer Tunnel Add: the next hop on the tunnel.</summary>
    public required IpAddress Tunnel { get; init; }

    /// <summary>The prefix the entry is for.</summary>
    public required IpPrefix Target { get; init; }

    /// <summary>The NBMA address that the peer of this entry says it has, also when no NAT changed it; null when it said none.</summary>
    public IpAddress? ClaimedNbma { get; init; }

    /// <summary>Who the peer of this entry proved to be in IKE; null without protection, and while nobody has.</summary>
    public string? Identity { get; init; }

    /// <summary>How far the session has come.</summary>
    public DmvpnSessionState State { get; init; }

    /// <summary>Seconds since the session came up or went down; null when it never was up.</summary>
    public long? UpDownSeconds { get; init; }

    /// <summary>The attributes, in the order of the enum.</summary>
    public IReadOnlyList<DmvpnAttribute> Attributes { get; init; } = [];
}

/// <summary>What a tunnel is to its network.</summary>
public enum DmvpnRole
{
    /// <summary>Neither is known yet.</summary>
    Unknown,

    /// <summary>Has no NHS.</summary>
    Hub,

    /// <summary>Has an NHS.</summary>
    Spoke,
}

/// <summary><c>tunnel mode</c>.</summary>
public enum TunnelMode
{
    /// <summary>Point-to-point GRE over IPv4.</summary>
    GreIp,

    /// <summary>Multipoint GRE over IPv4.</summary>
    GreMultipoint,

    /// <summary>Point-to-point GRE over IPv6.</summary>
    GreIpv6,

    /// <summary>Multipoint GRE over IPv6.</summary>
    GreMultipointIpv6,
}

/// <summary>The State column: the lowest layer that is not up yet.</summary>
public enum DmvpnSessionState
{
    /// <summary>The tunnel interface is down.</summary>
    Intf,

    /// <summary>IKE has no security association.</summary>
    Ike,

    /// <summary>IPsec has none.</summary>
    Ipsec,

    /// <summary>NHRP has not registered, or not resolved.</summary>
    Nhrp,

    /// <summary>Traffic can flow.</summary>
    Up,
}

/// <summary>The Attrb column. Shown as the letters in the comment, joined in this order.</summary>
public enum DmvpnAttribute
{
    /// <summary>S: configured.</summary>
    Static,

    /// <summary>D: learnt.</summary>
    Dynamic,

    /// <summary>I: a resolution is under way.</summary>
    Incomplete,

    /// <summary>N: the peer is behind a NAT.</summary>
    Nated,

    /// <summary>L: an answer this router gave for itself.</summary>
    Local,

    /// <summary>X: no IPsec session is asked for.</summary>
    NoSocket,

    /// <summary>T1: a shortcut route is installed.</summary>
    RouteInstalled,

    /// <summary>T2: the next hop of a route is overridden.</summary>
    NexthopOverride,

    /// <summary>B: from BGP.</summary>
    Bgp,

    /// <summary>C: CTS capable.</summary>
    Cts,

    /// <summary>I2: temporary.</summary>
    Temporary,
}
