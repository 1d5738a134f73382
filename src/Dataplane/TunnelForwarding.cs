using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>What the data path must know of a tunnel interface's configuration. Immutable; compared by value on reload.</summary>
public sealed record TunnelForwarding
{
    /// <summary>Which tunnel.</summary>
    public required TunnelId Tunnel { get; init; }

    /// <summary><c>tunnel destination</c>: where all packets go. <see cref="IpAddress.None"/> is <c>tunnel mode gre multipoint</c>.</summary>
    public IpAddress Destination { get; init; }

    /// <summary>True when the tunnel has one fixed destination, and needs no route and no mapping.</summary>
    public bool IsPointToPoint => !Destination.IsNone;

    /// <summary><c>tunnel key</c>, or null: then received packets must have none.</summary>
    public uint? Key { get; init; }

    /// <summary><c>tunnel checksum</c>: sent. Received ones are always checked, and their absence is accepted (RFC 2784 2.1: each packet says for itself).</summary>
    public bool Checksum { get; init; }

    /// <summary><c>tunnel sequence-datagrams</c>: sent, and received packets that are out of order are dropped (RFC 2890 2.2).</summary>
    public bool SequenceNumbers { get; init; }

    /// <summary><c>tunnel ttl</c> 1-255: the outer hop limit.</summary>
    public byte HopLimit { get; init; } = 255;

    /// <summary><c>tunnel tos</c>: the outer ToS byte, of which the ECN bits are not used; null copies the inner one.</summary>
    public byte? TrafficClass { get; init; }

    /// <summary><c>ip mtu</c> 68-65535: the largest inner packet, in bytes.</summary>
    public int Mtu { get; init; } = 1400;

    /// <summary><c>ip tcp adjust-mss</c>: bound on the MSS of TCP over IPv4, both ways.</summary>
    public ushort? MssIPv4 { get; init; }

    /// <summary><c>ipv6 tcp adjust-mss</c>: bound on the MSS of TCP over IPv6, both ways.</summary>
    public ushort? MssIPv6 { get; init; }

    /// <summary><c>tunnel path-mtu-discovery</c>: the inner DF bit is copied out, and an adjacency's path MTU bounds inner packets.</summary>
    public bool PathMtuDiscovery { get; init; }

    /// <summary>
    /// <c>tunnel protection</c>: the number of the protected source. Nothing leaves but ESP of its SAs, and nothing else is taken. Null leaves packets in clear text.
    /// </summary>
    public int? Protection { get; init; }

    /// <summary><c>ip nhrp network-id</c>: tunnels with the same one form one network, within which traffic can turn round.</summary>
    public uint? NetworkId { get; init; }

    /// <summary><c>ip nhrp redirect</c>: report traffic that came from this network and is routed back into it.</summary>
    public bool Redirect { get; init; }

    /// <summary><c>ip nhrp redirect timeout</c>: least time between two reports for one (source, destination).</summary>
    public TimeSpan RedirectInterval { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>
    /// <c>tunnel relay bypass-kernel</c>, where the kernel forwards IPv4: what arrives here and would be routed into a tunnel again goes there directly.
    /// </summary>
    public bool RelayIPv4 { get; init; }

    /// <summary>The same for IPv6.</summary>
    public bool RelayIPv6 { get; init; }

    /// <summary><c>ip nhrp authorization certificate</c>: inner IPv4 sources must be in the networks of a certificate that names any.</summary>
    public bool CertifiedIPv4 { get; init; }

    /// <summary>The same for IPv6.</summary>
    public bool CertifiedIPv6 { get; init; }

    /// <summary><c>ip verify unicast source</c>.</summary>
    public ReversePath ReversePathIPv4 { get; init; }

    /// <summary><c>ipv6 verify unicast source</c>.</summary>
    public ReversePath ReversePathIPv6 { get; init; }

    /// <summary>The only worker that may send by this tunnel, for what it sends must not be late by many sequence numbers; null when all may.</summary>
    public int? Sender { get; init; }

    /// <summary>The interface's own addresses, both families, and the subnet-router anycast addresses (RFC 4291 2.6.1).</summary>
    public ValueList<IpAddress> Addresses { get; init; } = [];

    /// <summary>The directed broadcast addresses of its IPv4 subnets.</summary>
    public ValueList<IpAddress> Broadcasts { get; init; } = [];
}
