using Dmvpn.Core;

namespace Dmvpn.Management.Api;

/// <summary><c>show {ip|ipv6} nhrp traffic</c>: one element per tunnel and family.</summary>
public sealed record NhrpTrafficState
{
    /// <summary>The tunnels.</summary>
    public IReadOnlyList<NhrpTraffic> Tunnels { get; init; } = [];
}

/// <summary>NHRP messages of one tunnel and family.</summary>
public sealed record NhrpTraffic
{
    /// <summary>The tunnel.</summary>
    public required TunnelId Tunnel { get; init; }

    /// <summary>The family.</summary>
    public AddressFamily Family { get; init; }

    /// <summary><c>max-send</c>: packets.</summary>
    public int MaxSendPackets { get; init; }

    /// <summary><c>max-send</c>: per so many seconds.</summary>
    public int MaxSendSeconds { get; init; }

    /// <summary>How much of <c>max-send</c> this interval has used, 0-100.</summary>
    public int UsagePercent { get; init; }

    /// <summary>Messages sent.</summary>
    public NhrpMessageCounts Sent { get; init; } = new();

    /// <summary>Messages received, before any of them is dropped.</summary>
    public NhrpMessageCounts Received { get; init; } = new();
}

/// <summary>Messages by type.</summary>
public sealed record NhrpMessageCounts
{
    /// <summary>Type 1.</summary>
    public long ResolutionRequest { get; init; }

    /// <summary>Type 2.</summary>
    public long ResolutionReply { get; init; }

    /// <summary>Type 3.</summary>
    public long RegistrationRequest { get; init; }

    /// <summary>Type 4.</summary>
    public long RegistrationReply { get; init; }

    /// <summary>Type 5.</summary>
    public long PurgeRequest { get; init; }

    /// <summary>Type 6.</summary>
    public long PurgeReply { get; init; }

    /// <summary>Type 7.</summary>
    public long ErrorIndication { get; init; }

    /// <summary>Type 8.</summary>
    public long TrafficIndication { get; init; }

    /// <summary>Traffic Indications that the rate limit kept back (sent) or that named a target already asked for (received).</summary>
    public long RedirectSuppress { get; init; }

    /// <summary>All messages; suppressed ones are none.</summary>
    public long Total =>
        ResolutionRequest + ResolutionReply + RegistrationRequest + RegistrationReply
        + PurgeRequest + PurgeReply + ErrorIndication + TrafficIndication;
}

/// <summary><c>show {ip|ipv6} nhrp summary</c>: one element per family.</summary>
public sealed record NhrpSummaryState
{
    /// <summary>The families NHRP runs on.</summary>
    public IReadOnlyList<NhrpSummary> Families { get; init; } = [];
}

/// <summary>The size of the cache.</summary>
public sealed record NhrpSummary
{
    /// <summary>The family.</summary>
    public AddressFamily Family { get; init; }

    /// <summary>Memory of the cache in bytes, estimated.</summary>
    public long Bytes { get; init; }

    /// <summary>Entries about others.</summary>
    public NhrpEntryCounts Remote { get; init; } = new();

    /// <summary>Entries about this router.</summary>
    public NhrpEntryCounts Local { get; init; } = new();

    /// <summary>Remote entries that are next hops.</summary>
    public int Nhop { get; init; }

    /// <summary>Remote entries installed as routes (H).</summary>
    public int RibRoutes { get; init; }

    /// <summary>Remote entries that override a next hop.</summary>
    public int NexthopOverrides { get; init; }

    /// <summary>Remote entries that a resolution has not confirmed yet.</summary>
    public int Temporary { get; init; }
}

/// <summary>Entries by type.</summary>
/// <param name="Static">Configured.</param>
/// <param name="Dynamic">Learnt.</param>
/// <param name="Incomplete">Under way.</param>
public sealed record NhrpEntryCounts(int Static = 0, int Dynamic = 0, int Incomplete = 0)
{
    /// <summary>All of them.</summary>
    public int Total => Static + Dynamic + Incomplete;
}

/// <summary><c>show {ip|ipv6} nhrp redirect</c>: the (source, destination) pairs a Traffic Indication was sent for lately.</summary>
public sealed record RedirectState
{
    /// <summary>The pairs.</summary>
    public IReadOnlyList<RedirectEntry> Entries { get; init; } = [];
}

/// <summary>One pair whose Traffic Indications are rate-limited.</summary>
public sealed record RedirectEntry
{
    /// <summary>The tunnel the traffic turns round on.</summary>
    public required TunnelId Tunnel { get; init; }

    /// <summary>The family of the traffic.</summary>
    public AddressFamily Family { get; init; }

    /// <summary>NBMA address of the router that was told.</summary>
    public required IpAddress Nbma { get; init; }

    /// <summary>Source of the traffic.</summary>
    public IpAddress? Source { get; init; }

    /// <summary>Destination of the traffic.</summary>
    public required IpAddress Destination { get; init; }

    /// <summary>Packets that would have caused another Traffic Indication.</summary>
    public long Suppressed { get; init; }

    /// <summary>Seconds until another may be sent.</summary>
    public long ExpireSeconds { get; init; }
}

/// <summary><c>show {ip|ipv6} nhrp multicast</c>: where a tunnel's multicast goes.</summary>
public sealed record MulticastState
{
    /// <summary>The receivers, by tunnel.</summary>
    public IReadOnlyList<MulticastEntry> Entries { get; init; } = [];
}

/// <summary>One receiver of a tunnel's multicast.</summary>
public sealed record MulticastEntry
{
    /// <summary>The tunnel.</summary>
    public required TunnelId Tunnel { get; init; }

    /// <summary>The family of <c>map multicast</c>.</summary>
    public AddressFamily Family { get; init; }

    /// <summary>The receiver.</summary>
    public required IpAddress Nbma { get; init; }

    /// <summary>Why it is one.</summary>
    public MulticastOrigin Origin { get; init; }

    /// <summary>False while copies are held back (peer down).</summary>
    public bool Enabled { get; init; } = true;
}

/// <summary>Why a peer gets multicast.</summary>
public enum MulticastOrigin
{
    /// <summary><c>map multicast NBMA</c>.</summary>
    Static,

    /// <summary><c>map multicast dynamic</c>: it registered.</summary>
    Dynamic,

    /// <summary><c>nhs … multicast</c>.</summary>
    Nhs,
}
