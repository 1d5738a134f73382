using Dmvpn.Core;

namespace Dmvpn.Management.Api;

/// <summary><c>show interfaces [NAME]</c> and <c>show {ip|ipv6} interface brief</c>: tunnels by number, then Linux's interfaces by name.</summary>
public sealed record InterfaceState
{
    /// <summary>The interfaces.</summary>
    public IReadOnlyList<InterfaceEntry> Interfaces { get; init; } = [];
}

/// <summary>One interface.</summary>
public sealed record InterfaceEntry
{
    /// <summary>"Tunnel1", or the name in Linux.</summary>
    public required string Name { get; init; }

    /// <summary>False after <c>shutdown</c>.</summary>
    public bool AdministrativelyUp { get; init; }

    /// <summary>Line protocol.</summary>
    public bool LineUp { get; init; }

    /// <summary>Why the line protocol is down, in a few words ("no tunnel source address"); null when it is up.</summary>
    public string? DownReason { get; init; }

    /// <summary><c>description</c>.</summary>
    public string? Description { get; init; }

    /// <summary>The addresses, primary first, IPv4 before IPv6.</summary>
    public IReadOnlyList<InterfaceAddress> Addresses { get; init; } = [];

    /// <summary>MTU in bytes of what the kernel hands over.</summary>
    public int Mtu { get; init; }

    /// <summary><c>bandwidth</c> in kbit/s.</summary>
    public long BandwidthKilobits { get; init; }

    /// <summary><c>delay</c> in microseconds.</summary>
    public long DelayMicroseconds { get; init; }

    /// <summary>Seconds since the last packet came in; null for never.</summary>
    public long? LastInputSeconds { get; init; }

    /// <summary>Seconds since the last packet went out; null for never.</summary>
    public long? LastOutputSeconds { get; init; }

    /// <summary>Seconds since the counters were cleared; null for never.</summary>
    public long? CountersClearedSeconds { get; init; }

    /// <summary>Decapsulated packets.</summary>
    public TrafficCounters Input { get; init; } = new();

    /// <summary>Of the input, packets that went straight into a tunnel again (<c>tunnel relay bypass-kernel</c>).</summary>
    public long Relayed { get; init; }

    /// <summary>Encapsulated packets.</summary>
    public TrafficCounters Output { get; init; } = new();

    /// <summary>Packets that were dropped, by name: all drops of this interface, in and out.</summary>
    public IReadOnlyList<DropEntry> Drops { get; init; } = [];

    /// <summary>The tunnel's parameters; null for an interface of Linux.</summary>
    public TunnelParameters? Tunnel { get; init; }
}

/// <summary>An address with the length of its prefix.</summary>
/// <param name="Address">The address.</param>
/// <param name="Length">Bits of the prefix.</param>
/// <param name="Secondary">True after <c>secondary</c>.</param>
public sealed record InterfaceAddress(IpAddress Address, int Length, bool Secondary = false);

/// <summary>One direction of an interface.</summary>
public sealed record TrafficCounters
{
    /// <summary>Packets.</summary>
    public long Packets { get; init; }

    /// <summary>How many batches they passed in: packets that waited together pass together.</summary>
    public long Batches { get; init; }

    /// <summary>Bytes of the inner packets.</summary>
    public long Bytes { get; init; }

    /// <summary>Of these, multicast and broadcast packets.</summary>
    public long Multicasts { get; init; }

    /// <summary>Packets that were dropped.</summary>
    public long Dropped { get; init; }

    /// <summary>Packets that were broken (in) or that the underlay refused (out).</summary>
    public long Errors { get; init; }

    /// <summary>Rate over five minutes, exponentially weighted, bit/s.</summary>
    public long BitsPerSecond { get; init; }

    /// <summary>Rate over five minutes, packet/s.</summary>
    public long PacketsPerSecond { get; init; }
}

/// <summary>What a tunnel interface is.</summary>
public sealed record TunnelParameters
{
    /// <summary><c>tunnel mode</c>.</summary>
    public TunnelMode Mode { get; init; }

    /// <summary>The source address now; null while there is none.</summary>
    public IpAddress? Source { get; init; }

    /// <summary>The interface the source address is taken from; null when an address is configured.</summary>
    public string? SourceInterface { get; init; }

    /// <summary><c>tunnel destination</c>; null for multipoint.</summary>
    public IpAddress? Destination { get; init; }

    /// <summary><c>tunnel vrf</c>; "" is the global table.</summary>
    public string Vrf { get; init; } = "";

    /// <summary><c>tunnel key</c>.</summary>
    public uint? Key { get; init; }

    /// <summary>Sequence numbers are sent.</summary>
    public bool Sequencing { get; init; }

    /// <summary><c>tunnel checksum</c>.</summary>
    public bool Checksum { get; init; }

    /// <summary><c>tunnel ttl</c>; null copies the inner one.</summary>
    public byte? Ttl { get; init; } = 255;

    /// <summary><c>tunnel tos</c>; null copies the inner one.</summary>
    public byte? Tos { get; init; }

    /// <summary>Largest inner packet that leaves unfragmented.</summary>
    public int TransportMtu { get; init; }

    /// <summary><c>tunnel path-mtu-discovery</c>.</summary>
    public bool PathMtuDiscovery { get; init; }

    /// <summary><c>keepalive</c> period in seconds; null when not set.</summary>
    public int? KeepaliveSeconds { get; init; }

    /// <summary><c>keepalive</c> retries.</summary>
    public int KeepaliveRetries { get; init; }

    /// <summary><c>tunnel relay bypass-kernel</c>.</summary>
    public bool RelayBypassKernel { get; init; }

    /// <summary>IPv4 is relayed now: configured, and the kernel forwards.</summary>
    public bool RelaysIPv4 { get; init; }

    /// <summary>IPv6 is relayed now.</summary>
    public bool RelaysIPv6 { get; init; }

    /// <summary>The profile of <c>tunnel protection</c>; null without.</summary>
    public string? Protection { get; init; }

    /// <summary><c>ip nhrp network-id</c>; null when NHRP is off.</summary>
    public uint? NetworkId { get; init; }
}

/// <summary><c>show adjacency [detail]</c>: the next hops that packets leave by, by tunnel and address.</summary>
public sealed record AdjacencyState
{
    /// <summary>The adjacencies.</summary>
    public IReadOnlyList<AdjacencyEntry> Entries { get; init; } = [];
}

/// <summary>One next hop of a tunnel.</summary>
public sealed record AdjacencyEntry
{
    /// <summary>The tunnel.</summary>
    public required TunnelId Tunnel { get; init; }

    /// <summary>The next hop.</summary>
    public required IpAddress Address { get; init; }

    /// <summary>Where its packets go; null while it is not resolved.</summary>
    public IpAddress? Nbma { get; init; }

    /// <summary>Number of the security association; 0 without protection.</summary>
    public int Association { get; init; }

    /// <summary>Forwarding entries (routes) that use it.</summary>
    public int References { get; init; }

    /// <summary>Packets sent there.</summary>
    public long OutputPackets { get; init; }

    /// <summary>Bytes sent there.</summary>
    public long OutputBytes { get; init; }
}
