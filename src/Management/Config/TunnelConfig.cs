using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Nhrp;

namespace Dmvpn.Management.Config;

/// <summary><c>interface TunnelN</c>.</summary>
public sealed record TunnelConfig
{
    /// <summary>The number after <c>interface Tunnel</c>.</summary>
    public required TunnelId Id { get; init; }

    /// <summary><c>description</c>.</summary>
    public string? Description { get; init; }

    /// <summary><c>ip address</c>: the primary one first, then the secondary ones in order.</summary>
    public ValueList<InterfaceAddress> Ipv4Addresses { get; init; } = [];

    /// <summary><c>ipv6 address</c>, link-local ones too.</summary>
    public ValueList<InterfaceAddress> Ipv6Addresses { get; init; } = [];

    /// <summary><c>ip mtu</c> 68-9976. Not IOS's 1476: 1400 leaves room for ESP in UDP, which comes with tunnel protection.</summary>
    public int IpMtu { get; init; } = 1400;

    /// <summary><c>ipv6 mtu</c> 1280-9976.</summary>
    public int Ipv6Mtu { get; init; } = 1400;

    /// <summary><c>ip tcp adjust-mss</c> 500-1460; null leaves TCP alone.</summary>
    public int? IpAdjustMss { get; init; }

    /// <summary><c>ipv6 tcp adjust-mss</c> 40-1454; null leaves TCP alone.</summary>
    public int? Ipv6AdjustMss { get; init; }

    /// <summary><c>shutdown</c>.</summary>
    public bool Shutdown { get; init; }

    /// <summary><c>tunnel source</c>; a tunnel without one stays down.</summary>
    public TunnelSource? Source { get; init; }

    /// <summary><c>tunnel destination</c>, of point-to-point tunnels only; else <see cref="IpAddress.None"/>.</summary>
    public IpAddress Destination { get; init; }

    /// <summary><c>tunnel mode</c>.</summary>
    public TunnelMode Mode { get; init; }

    /// <summary><c>tunnel key</c> 0-4294967295; null sends and takes GRE without the key field.</summary>
    public uint? Key { get; init; }

    /// <summary><c>tunnel ttl</c> 1-255 of the outer header.</summary>
    public byte Ttl { get; init; } = 255;

    /// <summary><c>tunnel tos</c> 0-255 of the outer header; null copies the inner one.</summary>
    public byte? Tos { get; init; }

    /// <summary><c>tunnel checksum</c>: GRE checksums are sent, and packets without one are not taken.</summary>
    public bool Checksum { get; init; }

    /// <summary><c>tunnel sequence-datagrams</c>: GRE sequence numbers are sent, and packets out of order are dropped.</summary>
    public bool SequenceDatagrams { get; init; }

    /// <summary><c>keepalive</c>, of point-to-point tunnels only; null sends none.</summary>
    public KeepaliveConfig? Keepalive { get; init; }

    /// <summary><c>tunnel vrf</c>: the network namespace of the underlay; null is the daemon's own.</summary>
    public string? UnderlayNamespace { get; init; }

    /// <summary><c>tunnel path-mtu-discovery</c>; null fragments the outer packets instead.</summary>
    public PathMtuDiscoveryConfig? PathMtuDiscovery { get; init; }

    /// <summary><c>tunnel protection ipsec profile</c>; null leaves packets in clear text.</summary>
    public TunnelProtection? Protection { get; init; }

    /// <summary><c>no tunnel protection ipsec</c>: clear text is meant, also where other tunnels are protected.</summary>
    public bool IsClearTextMeant { get; init; }

    /// <summary>
    /// <c>tunnel relay bypass-kernel</c>: packets that arrive by this tunnel and would be routed into a tunnel again go there directly, past netfilter, policy routing and the device.
    /// </summary>
    public bool RelayBypassKernel { get; init; }

    /// <summary><c>ip verify unicast source reachable-via</c>: what a route back to an inner IPv4 source must be.</summary>
    public ReversePath ReversePathIPv4 { get; init; }

    /// <summary><c>ipv6 verify unicast source reachable-via</c>.</summary>
    public ReversePath ReversePathIPv6 { get; init; }

    /// <summary><c>bandwidth</c> in kbit/s, for routing protocols; IOS's tunnels have 100.</summary>
    public uint Bandwidth { get; init; } = 100;

    /// <summary><c>delay</c> in tens of microseconds, for routing protocols; IOS's tunnels have 5000 (50 ms).</summary>
    public uint Delay { get; init; } = 5000;

    /// <summary><c>cdp enable</c>: CDP, and with it ODR, runs over the tunnel. Off by default, as on IOS's tunnels.</summary>
    public bool CdpEnabled { get; init; }

    /// <summary><c>if-state nhrp</c>: the interface is down while no NHS answers.</summary>
    public bool IfStateNhrp { get; init; }

    /// <summary><c>ip nhrp …</c>.</summary>
    public NhrpConfig IpNhrp { get; init; } = new();

    /// <summary><c>ipv6 nhrp …</c>.</summary>
    public NhrpConfig Ipv6Nhrp { get; init; } = new();

    /// <summary>True for the two multipoint modes.</summary>
    public bool IsMultipoint => Mode is TunnelMode.GreMultipoint or TunnelMode.GreMultipointIPv6;

    /// <summary>True when the outer packets are IPv6.</summary>
    public bool IsIPv6Transport => Mode is TunnelMode.GreIPv6 or TunnelMode.GreMultipointIPv6;
}

/// <summary><c>tunnel mode</c>; the names say what carries the packets, not what is carried: each carries IPv4 and IPv6.</summary>
public enum TunnelMode
{
    /// <summary><c>gre ip</c>: point-to-point over IPv4, the default.</summary>
    GreIp,

    /// <summary><c>gre multipoint</c>: over IPv4.</summary>
    GreMultipoint,

    /// <summary><c>gre ipv6</c>: point-to-point over IPv6.</summary>
    GreIPv6,

    /// <summary><c>gre multipoint ipv6</c>: over IPv6.</summary>
    GreMultipointIPv6,
}

/// <summary><c>tunnel source {interface | address}</c>: one of the two is set.</summary>
/// <param name="Interface">The interface whose address is used and followed when it changes; null for a fixed address.</param>
/// <param name="Address">The fixed address; <see cref="IpAddress.None"/> for an interface.</param>
public sealed record TunnelSource(string? Interface, IpAddress Address)
{
    /// <inheritdoc/>
    public override string ToString() => Interface ?? Address.ToString();
}

/// <summary>An address of an interface with the length of its subnet.</summary>
/// <param name="Address">The address itself, host bits kept.</param>
/// <param name="Length">Prefix length in bits.</param>
/// <param name="Secondary"><c>secondary</c>; IPv4 only.</param>
public sealed record InterfaceAddress(IpAddress Address, int Length, bool Secondary = false)
{
    /// <summary>The subnet that the address is in.</summary>
    public IpPrefix Subnet => new(Address, Length);
}

/// <summary><c>tunnel protection ipsec profile NAME [shared]</c>.</summary>
/// <param name="Profile">Name of the <c>crypto ipsec profile</c>.</param>
/// <param name="Shared">Tunnels with the same source and profile share the security associations.</param>
public sealed record TunnelProtection(string Profile, bool Shared);

/// <summary><c>keepalive [period [retries]]</c>.</summary>
/// <param name="Period">1-32767 s between keepalives.</param>
/// <param name="Retries">1-255 unanswered ones bring the tunnel down.</param>
public sealed record KeepaliveConfig(TimeSpan Period, int Retries);

/// <summary><c>tunnel path-mtu-discovery [age-timer {10-30 | infinite}] [min-mtu N]</c>.</summary>
/// <param name="AgeTimer">10-30 minutes until a lowered MTU is forgotten; null never forgets (<c>infinite</c>).</param>
/// <param name="MinMtu">92-65535: a lower one is not believed.</param>
public sealed record PathMtuDiscoveryConfig(TimeSpan? AgeTimer, int MinMtu);
