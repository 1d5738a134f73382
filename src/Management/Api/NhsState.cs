using Dmvpn.Core;

namespace Dmvpn.Management.Api;

/// <summary><c>show {ip|ipv6} nhrp nhs [detail]</c>: tunnels that have an NHS, by number.</summary>
public sealed record NhsState
{
    /// <summary>The tunnels.</summary>
    public IReadOnlyList<NhsTunnel> Tunnels { get; init; } = [];

    /// <summary>Registration requests that no reply has come for.</summary>
    public IReadOnlyList<PendingRegistration> Pending { get; init; } = [];
}

/// <summary>The servers of one tunnel and family.</summary>
public sealed record NhsTunnel
{
    /// <summary>The tunnel.</summary>
    public required TunnelId Tunnel { get; init; }

    /// <summary>Family of the servers' tunnel addresses.</summary>
    public AddressFamily Family { get; init; }

    /// <summary>The servers in configured order.</summary>
    public IReadOnlyList<NhsEntry> Servers { get; init; } = [];
}

/// <summary>One next hop server.</summary>
public sealed record NhsEntry
{
    /// <summary>Its tunnel address; null while <c>nhs dynamic</c> has not learnt it.</summary>
    public IpAddress? Address { get; init; }

    /// <summary>Its NBMA address; null when none is known.</summary>
    public IpAddress? Nbma { get; init; }

    /// <summary>The name the NBMA address was resolved from; null when an address is configured.</summary>
    public string? NbmaName { get; init; }

    /// <summary>W: waiting, not one of those its cluster may use now (<c>max-connections</c>).</summary>
    public bool Waiting { get; init; }

    /// <summary>E: replies to registrations are expected.</summary>
    public bool ExpectingReplies { get; init; }

    /// <summary>R: it answers.</summary>
    public bool Responding { get; init; }

    /// <summary>D: from <c>nhs dynamic</c>.</summary>
    public bool Dynamic { get; init; }

    /// <summary>0 is best.</summary>
    public byte Priority { get; init; }

    /// <summary>0-10.</summary>
    public int Cluster { get; init; }

    /// <summary>Registration requests sent.</summary>
    public long RequestsSent { get; init; }

    /// <summary>Registrations that failed: refused, or no reply to any retry.</summary>
    public long RequestsFailed { get; init; }

    /// <summary>Registration replies received.</summary>
    public long RepliesReceived { get; init; }

    /// <summary>Seconds since the last reply; null when none ever came.</summary>
    public long? LastReplySeconds { get; init; }

    /// <summary>Seconds until the next registration is sent; null when none is due.</summary>
    public long? NextRegistrationSeconds { get; init; }

    /// <summary>The request id of the newest registration.</summary>
    public uint RequestId { get; init; }

    /// <summary>The request id that was acknowledged last; null when none was.</summary>
    public uint? AcknowledgedRequestId { get; init; }

    /// <summary>True when an IPsec session was asked for.</summary>
    public bool ProtectionRequested { get; init; }

    /// <summary>Why the last registration was refused: the RFC's words for the code; null when it was not.</summary>
    public string? LastRefusal { get; init; }
}

/// <summary>A registration request without reply.</summary>
public sealed record PendingRegistration
{
    /// <summary>The tunnel it was sent from.</summary>
    public required TunnelId Tunnel { get; init; }

    /// <summary>The server it was sent to.</summary>
    public required IpAddress Nhs { get; init; }

    /// <summary>Its request id.</summary>
    public uint RequestId { get; init; }

    /// <summary>"Ret": the retry interval in seconds that is running; 64 is the longest.</summary>
    public int RetrySeconds { get; init; }

    /// <summary>Seconds until it is sent again; null when the retries are used up ("expired").</summary>
    public long? ExpireSeconds { get; init; }
}
