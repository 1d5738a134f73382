using Dmvpn.Core;

namespace Dmvpn.Management.Api;

/// <summary><c>show {ip|ipv6} nhrp [brief|detail|shortcut|ADDRESS]</c>: the cache, by family, tunnel and target.</summary>
public sealed record NhrpCacheState
{
    /// <summary>The entries.</summary>
    public IReadOnlyList<NhrpCacheEntry> Entries { get; init; } = [];
}

/// <summary>One mapping.</summary>
public sealed record NhrpCacheEntry
{
    /// <summary>The tunnel it belongs to.</summary>
    public required TunnelId Tunnel { get; init; }

    /// <summary>Family of the target.</summary>
    public AddressFamily Family { get; init; }

    /// <summary>The prefix the mapping is for.</summary>
    public required IpPrefix Target { get; init; }

    /// <summary>"via": the tunnel address of the router at the NBMA address; null for an incomplete entry.</summary>
    public IpAddress? NextHop { get; init; }

    /// <summary>Where it comes from.</summary>
    public NhrpEntryType Type { get; init; }

    /// <summary>The flags, in the order of the enum.</summary>
    public IReadOnlyList<NhrpFlag> Flags { get; init; } = [];

    /// <summary>Age in seconds.</summary>
    public long CreatedSeconds { get; init; }

    /// <summary>Seconds left; null when it never expires.</summary>
    public long? ExpireSeconds { get; init; }

    /// <summary>The NBMA address; null for an incomplete entry.</summary>
    public IpAddress? Nbma { get; init; }

    /// <summary>The NBMA address its owner claims, when a NAT changed it.</summary>
    public IpAddress? ClaimedNbma { get; init; }

    /// <summary>0-255; 255 is none.</summary>
    public byte Preference { get; init; } = 255;

    /// <summary>MTU the owner told; 0 when it told none.</summary>
    public int Mtu { get; init; }

    /// <summary>True when the entry asks for no IPsec session: "(no-socket)".</summary>
    public bool NoSocket { get; init; }

    /// <summary>Packets that hit an incomplete or negative entry.</summary>
    public long CacheHits { get; init; }

    /// <summary>The peer's <c>nhrp group</c>.</summary>
    public string? Group { get; init; }

    /// <summary>For a local entry: to whom the answer was given.</summary>
    public IReadOnlyList<NhrpRequester> Requesters { get; init; } = [];
}

/// <summary>One who was given an answer, and will get a purge when it changes.</summary>
/// <param name="Address">The requester's tunnel address.</param>
/// <param name="RequestId">The request id it used.</param>
public sealed record NhrpRequester(IpAddress Address, uint RequestId);

/// <summary>The "Type:" of an entry.</summary>
public enum NhrpEntryType
{
    /// <summary>Configured.</summary>
    Static,

    /// <summary>Learnt from a registration or a resolution.</summary>
    Dynamic,

    /// <summary>A resolution is under way, or failed.</summary>
    Incomplete,
}

/// <summary>The "Flags:" of an entry, shown as their lower-case names in this order.</summary>
public enum NhrpFlag
{
    /// <summary>Answered by the router that owns the mapping.</summary>
    Authoritative,

    /// <summary>Learnt from the source of a request that passed.</summary>
    Implicit,

    /// <summary>No mapping, and that is known.</summary>
    Negative,

    /// <summary>The target is a router or behind one.</summary>
    Router,

    /// <summary>The owner forbids another NBMA address for it.</summary>
    Unique,

    /// <summary>The peer understands the NAT extension.</summary>
    Nat,

    /// <summary>From a registration request.</summary>
    Registered,

    /// <summary>Used for traffic lately: refreshed before it expires.</summary>
    Used,

    /// <summary>Next hop of another entry, or a registered next hop.</summary>
    Nhop,

    /// <summary>Installed as a route (shown as H by <c>show ip route</c>).</summary>
    Rib,

    /// <summary>Overrides the next hop of a route (%).</summary>
    Nho,

    /// <summary>An answer this router gave for itself.</summary>
    Local,
}
