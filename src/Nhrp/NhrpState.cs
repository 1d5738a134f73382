using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp;

/// <summary>IOS's type of a cache entry.</summary>
public enum NhrpEntryType
{
    /// <summary>Configured (<c>map</c>, <c>nhs … nbma</c>), or an answer that this router gave.</summary>
    Static,

    /// <summary>Registered or resolved.</summary>
    Dynamic,

    /// <summary>A resolution that has no answer, or a negative one.</summary>
    Incomplete,
}

/// <summary>IOS's flags of a cache entry, in the order it prints them.</summary>
[Flags]
public enum NhrpEntryFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Registered with the unique bit.</summary>
    Unique = 1,

    /// <summary>Learnt by a registration.</summary>
    Registered = 2,

    /// <summary>Carried traffic lately.</summary>
    Used = 4,

    /// <summary>The other end is a router.</summary>
    Router = 8,

    /// <summary>A route was installed for it (H).</summary>
    Rib = 16,

    /// <summary>It overrides the next hop of a route (%).</summary>
    NextHopOverride = 32,

    /// <summary>It is the next hop of another entry.</summary>
    NextHop = 64,

    /// <summary>An answer that this router gave for a network of its own.</summary>
    Local = 128,

    /// <summary>Learnt from a request that was answered here.</summary>
    Implicit = 256,

    /// <summary>The answer was "no".</summary>
    Negative = 512,

    /// <summary>The peer is behind NAT.</summary>
    Nat = 1024,

    /// <summary>The answer came from who serves the address.</summary>
    Authoritative = 2048,

    /// <summary>It belongs to a next hop server.</summary>
    Nhs = 4096,
}

/// <summary>A requester that was given an answer (<c>Requester: A Request ID: n</c>).</summary>
public sealed record NhrpRequesterState(IpAddress Address, uint RequestId, Instant Expires);

/// <summary>One entry of <c>show ip nhrp</c>.</summary>
public sealed record NhrpCacheEntryState
{
    /// <summary>What it is about: a host or a network.</summary>
    public IpPrefix Prefix { get; init; }

    /// <summary>The next hop's protocol address.</summary>
    public IpAddress Via { get; init; }

    /// <summary>The interface.</summary>
    public NhrpInterfaceKey Key { get; init; }

    /// <summary>When it was made.</summary>
    public Instant Created { get; init; }

    /// <summary>When it ends; <see cref="Instant.Never"/> for a static one.</summary>
    public Instant Expires { get; init; }

    /// <summary>Type.</summary>
    public NhrpEntryType Type { get; init; }

    /// <summary>Flags.</summary>
    public NhrpEntryFlags Flags { get; init; }

    /// <summary>The peer; its address is the one outside of any NAT.</summary>
    public NbmaPeer Peer { get; init; }

    /// <summary>The NBMA address that the peer claims; equal to the peer's without NAT.</summary>
    public IpAddress Claimed { get; init; }

    /// <summary>255 is none.</summary>
    public byte Preference { get; init; }

    /// <summary>Announced MTU; 0 when not said.</summary>
    public int Mtu { get; init; }

    /// <summary>How often it was asked for.</summary>
    public long Hits { get; init; }

    /// <summary>Who was given it (local entries).</summary>
    public ValueList<NhrpRequesterState> Requesters { get; init; } = [];
}

/// <summary>State of a next hop server, as IOS's Backup NHS feature names them.</summary>
public enum NhsStatus
{
    /// <summary>Not used: better ones suffice (W).</summary>
    Waiting,

    /// <summary>Its address is not known yet: name not resolved, no mapping, interface down (W).</summary>
    Unresolved,

    /// <summary>Registration sent, no answer yet (E).</summary>
    Probing,

    /// <summary>Registered (RE).</summary>
    Up,

    /// <summary>No answer for several tries, or refused; being tried (E).</summary>
    Down,
}

/// <summary>One line of <c>show ip nhrp nhs detail</c>.</summary>
public sealed record NhsState
{
    /// <summary>The interface.</summary>
    public NhrpInterfaceKey Key { get; init; }

    /// <summary>Its tunnel address; <see cref="IpAddress.None"/> for <c>nhs dynamic</c> before its first reply.</summary>
    public IpAddress Address { get; init; }

    /// <summary>True for <c>nhs dynamic</c> (D).</summary>
    public bool Dynamic { get; init; }

    /// <summary>Its NBMA address; <see cref="IpAddress.None"/> when not known.</summary>
    public IpAddress Nbma { get; init; }

    /// <summary>Its domain name, if configured by name.</summary>
    public string? Name { get; init; }

    /// <summary>State.</summary>
    public NhsStatus Status { get; init; }

    /// <summary>Since when.</summary>
    public Instant Since { get; init; }

    /// <summary>0 is best.</summary>
    public byte Priority { get; init; }

    /// <summary>0-10.</summary>
    public int Cluster { get; init; }

    /// <summary>Registration Requests sent, retransmissions included.</summary>
    public long RequestsSent { get; init; }

    /// <summary>Requests given up or refused.</summary>
    public long RequestsFailed { get; init; }

    /// <summary>Registration Replies received.</summary>
    public long RepliesReceived { get; init; }

    /// <summary>When the last reply came; <see cref="Instant.Never"/> for none.</summary>
    public Instant LastReply { get; init; }

    /// <summary>Id of the last request.</summary>
    public uint RequestId { get; init; }

    /// <summary>Id that was acknowledged last; 0 for none.</summary>
    public uint AcknowledgedId { get; init; }

    /// <summary>Why the last registration was refused; success when it was not.</summary>
    public NhrpCieCode RefusedWith { get; init; }

    /// <summary>This router's address as the NHS sees it, when it is behind NAT; else <see cref="IpAddress.None"/>.</summary>
    public IpAddress NatAddress { get; init; }

    /// <summary>Seconds between retransmissions now ("Ret 64"); zero when registered.</summary>
    public TimeSpan Retransmission { get; init; }

    /// <summary>When the next registration is sent, or the present one again; <see cref="Instant.Never"/> while none is due.</summary>
    public Instant NextRegistration { get; init; }
}

/// <summary>Counters by packet type.</summary>
public sealed record NhrpTypeCounters
{
    /// <summary>Sum over all types.</summary>
    public long Total { get; init; }

    /// <summary>Resolution Requests.</summary>
    public long ResolutionRequest { get; init; }

    /// <summary>Resolution Replies.</summary>
    public long ResolutionReply { get; init; }

    /// <summary>Registration Requests.</summary>
    public long RegistrationRequest { get; init; }

    /// <summary>Registration Replies.</summary>
    public long RegistrationReply { get; init; }

    /// <summary>Purge Requests.</summary>
    public long PurgeRequest { get; init; }

    /// <summary>Purge Replies.</summary>
    public long PurgeReply { get; init; }

    /// <summary>Error Indications.</summary>
    public long ErrorIndication { get; init; }

    /// <summary>Traffic Indications.</summary>
    public long TrafficIndication { get; init; }
}

/// <summary><c>show ip nhrp traffic</c> of one interface.</summary>
public sealed record NhrpTrafficState
{
    /// <summary>The interface.</summary>
    public NhrpInterfaceKey Key { get; init; }

    /// <summary><c>max-send</c> packets.</summary>
    public int MaxSendPackets { get; init; }

    /// <summary><c>max-send</c> interval.</summary>
    public TimeSpan MaxSendInterval { get; init; }

    /// <summary>Percent of the limit used in the current interval.</summary>
    public int UsagePercent { get; init; }

    /// <summary>Sent.</summary>
    public NhrpTypeCounters Sent { get; init; } = new();

    /// <summary>Received and decodable.</summary>
    public NhrpTypeCounters Received { get; init; } = new();

    /// <summary>Traffic Indications that the redirect timeout held back.</summary>
    public long RedirectsSuppressed { get; init; }
}

/// <summary><c>show ip nhrp summary</c> of one family.</summary>
public sealed record NhrpSummaryState
{
    /// <summary>Entries of all kinds.</summary>
    public int Entries { get; init; }

    /// <summary>Estimated memory in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>Configured mappings.</summary>
    public int Static { get; init; }

    /// <summary>Learnt mappings.</summary>
    public int Dynamic { get; init; }

    /// <summary>Open or negative resolutions.</summary>
    public int Incomplete { get; init; }

    /// <summary>Answers given by this router.</summary>
    public int Local { get; init; }

    /// <summary>Learnt mappings that came by registration.</summary>
    public int Registered { get; init; }

    /// <summary>Next hops of shortcuts.</summary>
    public int NextHops { get; init; }

    /// <summary>Shortcuts with a route of their own (H).</summary>
    public int Rib { get; init; }

    /// <summary>Shortcuts that override a route's next hop (%).</summary>
    public int NextHopOverrides { get; init; }
}

/// <summary>One line of <c>show ip nhrp redirect</c>.</summary>
public sealed record NhrpRedirectState(NhrpInterfaceKey Key, IpAddress Source, IpAddress Destination, NbmaPeer ToldPeer, Instant Until, long Suppressed);

/// <summary>One target of multicast (<c>show ip nhrp multicast</c>).</summary>
/// <param name="Key">The interface.</param>
/// <param name="Peer">Where it goes.</param>
/// <param name="Static">Configured by <c>map multicast</c>.</param>
/// <param name="Nhs">An NHS with <c>multicast</c>.</param>
/// <param name="Dynamic">A registered client.</param>
public sealed record NhrpMulticastState(NhrpInterfaceKey Key, NbmaPeer Peer, bool Static, bool Nhs, bool Dynamic);
