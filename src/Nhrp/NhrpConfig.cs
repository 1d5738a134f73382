using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary>
/// The <c>ip nhrp …</c> (or <c>ipv6 nhrp …</c>) part of one tunnel interface. Immutable; a reload compares the old and the new
/// one by value. Defaults are those of IOS.
/// </summary>
public sealed record NhrpConfig
{
    /// <summary><c>network-id</c> 1-4294967295; interfaces with the same one form a domain. NHRP is off without it.</summary>
    public uint? NetworkId { get; init; }

    /// <summary><c>authentication</c>, 1-8 characters. A secret: never shown, logged or sent to the API.</summary>
    public string? Authentication { get; init; }

    /// <summary><c>authorization</c>: what claims to tunnel addresses are checked against.</summary>
    public NhrpAuthorization Authorization { get; init; }

    /// <summary><c>holdtime</c> 1-65535 s: how long others may believe what this router says.</summary>
    public TimeSpan HoldTime { get; init; } = TimeSpan.FromSeconds(7200);

    /// <summary><c>registration timeout</c> 1-65535 s: time between registrations; a third of the hold time when null.</summary>
    public TimeSpan? RegistrationTimeout { get; init; }

    /// <summary>False after <c>registration no-unique</c>: the unique bit is not set.</summary>
    public bool RegistrationUnique { get; init; } = true;

    /// <summary><c>registration delay</c> 0-10 s before the first registration after the interface came up.</summary>
    public TimeSpan RegistrationDelay { get; init; }

    /// <summary><c>map</c>: static mappings.</summary>
    public ValueList<NhrpStaticMap> Maps { get; init; } = [];

    /// <summary><c>map multicast NBMA</c>: where multicast always goes.</summary>
    public ValueList<IpAddress> MulticastMaps { get; init; } = [];

    /// <summary><c>map multicast dynamic</c>: multicast goes to every registered client. IOS-XE 17's default.</summary>
    public bool MulticastDynamic { get; init; } = true;

    /// <summary><c>nhs</c>: the next hop servers to register with.</summary>
    public ValueList<NhsConfig> Nhss { get; init; } = [];

    /// <summary><c>nhs cluster N max-connections M</c>, by cluster; a cluster that is not named connects to all.</summary>
    public ValueList<NhsClusterConfig> Clusters { get; init; } = [];

    /// <summary><c>nhs fallback</c> 0-60 s: how long a better NHS must answer before it is used again.</summary>
    public TimeSpan NhsFallback { get; init; }

    /// <summary><c>redirect</c>: send Traffic Indications for traffic that turns round here.</summary>
    public bool Redirect { get; init; }

    /// <summary><c>redirect timeout</c> 2-30 s between Traffic Indications for one (source, destination).</summary>
    public TimeSpan RedirectTimeout { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary><c>shortcut</c>: act on Traffic Indications. On by default, as on IOS-XE 17.</summary>
    public bool Shortcut { get; init; } = true;

    /// <summary><c>summary-map</c>: prefixes that are answered for as a whole.</summary>
    public ValueList<NhrpSummaryMap> SummaryMaps { get; init; } = [];

    /// <summary><c>path preference</c> 1-255, sent in the CIEs; 255 is none.</summary>
    public byte PathPreference { get; init; } = 255;

    /// <summary><c>max-send PKTS every SECONDS</c>: packets in an interval.</summary>
    public int MaxSendPackets { get; init; } = 10000;

    /// <summary>The interval of <see cref="MaxSendPackets"/>, 10-65535 s.</summary>
    public TimeSpan MaxSendInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>record</c>: use forward and reverse transit NHS records. On by default.</summary>
    public bool Record { get; init; } = true;

    /// <summary><c>responder</c>: the interface whose address goes into the responder address extension; the tunnel's own when null.</summary>
    public string? Responder { get; init; }

    /// <summary><c>server-only</c>: never send resolution requests of its own.</summary>
    public bool ServerOnly { get; init; }

    /// <summary><c>server-only non-caching</c>: and do not cache what passes.</summary>
    public bool NonCaching { get; init; }

    /// <summary><c>cache non-authoritative</c>: answer from the cache for others. On by default.</summary>
    public bool CacheNonAuthoritative { get; init; } = true;

    /// <summary><c>reject reqid SECS</c>-like hold of refused request ids; null when not configured.</summary>
    public TimeSpan? RejectHold { get; init; }

    /// <summary><c>use</c> N: packets to a destination before it is resolved.</summary>
    public int UseCount { get; init; } = 1;

    /// <summary><c>interest none</c>: traffic never triggers a resolution.</summary>
    public bool InterestNone { get; init; }

    /// <summary><c>send-routed</c>: resolution requests follow the routing table instead of going to the NHS.</summary>
    public bool SendRouted { get; init; }

    /// <summary>Only the network-id: a record's own text would show <see cref="Authentication"/>.</summary>
    public override string ToString() => $"network-id {NetworkId}";
}

/// <summary><c>ip nhrp map PROTOCOL [MASK] NBMA [preference N]</c>.</summary>
/// <param name="Protocol">Tunnel address, or a prefix when a mask was given.</param>
/// <param name="Nbma">NBMA address.</param>
/// <param name="Preference">1-255; 255 is none.</param>
public sealed record NhrpStaticMap(IpPrefix Protocol, IpAddress Nbma, byte Preference = 255);

/// <summary><c>ip nhrp summary-map PREFIX {NBMA|resolve} [preference N]</c>.</summary>
/// <param name="Prefix">The summary.</param>
/// <param name="Nbma">The NBMA address to answer with; this router's own when null (<c>resolve</c>).</param>
/// <param name="Preference">1-255; 255 is none.</param>
public sealed record NhrpSummaryMap(IpPrefix Prefix, IpAddress? Nbma, byte Preference = 255);

/// <summary><c>ip nhrp nhs cluster N max-connections M</c>.</summary>
public sealed record NhsClusterConfig(int Cluster, int MaxConnections);

/// <summary><c>ip nhrp nhs {A.B.C.D | dynamic} [nbma {address | FQDN}] [multicast] [priority N] [cluster N]</c>.</summary>
public sealed record NhsConfig
{
    /// <summary>The NHS's tunnel address; <see cref="IpAddress.None"/> for <c>nhs dynamic</c>.</summary>
    public IpAddress Protocol { get; init; }

    /// <summary>Its NBMA address; <see cref="IpAddress.None"/> when a static map or <see cref="NbmaName"/> gives it.</summary>
    public IpAddress Nbma { get; init; }

    /// <summary>Its NBMA address as a domain name, resolved again when it fails and when its lifetime ends.</summary>
    public string? NbmaName { get; init; }

    /// <summary><c>multicast</c>: multicast goes there.</summary>
    public bool Multicast { get; init; }

    /// <summary>0 is best, 255 worst.</summary>
    public byte Priority { get; init; }

    /// <summary>0-10.</summary>
    public int Cluster { get; init; }
}
