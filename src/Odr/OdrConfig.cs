using Dmvpn.Core;

namespace Dmvpn.Odr;

/// <summary>What the configuration says of CDP and On-Demand Routing. Immutable, compared by value at a reload.</summary>
public sealed record OdrConfig
{
    /// <summary><c>cdp …</c> and what hellos say of this machine.</summary>
    public CdpConfig Cdp { get; init; } = new();

    /// <summary><c>router odr</c>; null when not configured.</summary>
    public RouterOdrConfig? Router { get; init; }

    /// <summary>
    /// True when another IP routing protocol is configured. A router without one (and without <c>router odr</c>) is a stub: only then does it say
    /// its prefixes and take a default route, as on IOS.
    /// </summary>
    public bool HasRoutingProtocol { get; init; }

    /// <summary>The tunnel interfaces, each once.</summary>
    public ValueList<CdpTunnelConfig> Tunnels { get; init; } = [];

    /// <summary>True for a stub.</summary>
    public bool IsStub => Router is null && !HasRoutingProtocol;
}

/// <summary>Global <c>cdp …</c> commands.</summary>
public sealed record CdpConfig
{
    /// <summary><c>cdp run</c>; on by default.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary><c>cdp timer</c> 5-254 s between hellos.</summary>
    public TimeSpan Timer { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>cdp holdtime</c> 10-255 s.</summary>
    public TimeSpan HoldTime { get; init; } = TimeSpan.FromSeconds(180);

    /// <summary><c>hostname</c>, with the domain name when there is one.</summary>
    public string DeviceId { get; init; } = "Router";

    /// <summary>Text of <c>show version</c>, first lines.</summary>
    public string SoftwareVersion { get; init; } = "OpenDMVPN";

    /// <summary>What stands in the column Platform.</summary>
    public string Platform { get; init; } = "Linux";
}

/// <summary>CDP on one tunnel interface.</summary>
public sealed record CdpTunnelConfig
{
    /// <summary>The interface.</summary>
    public required TunnelId Tunnel { get; init; }

    /// <summary><c>cdp enable</c>; off by default on tunnels.</summary>
    public bool Enabled { get; init; }

    /// <summary>True for <c>tunnel mode gre multipoint</c>: then a neighbour is believed only when NHRP knows it.</summary>
    public bool IsMultipoint { get; init; }

    /// <summary>The interface's own addresses, the primary first; IPv4 and IPv6.</summary>
    public ValueList<IpAddress> Addresses { get; init; } = [];
}

/// <summary><c>router odr</c>.</summary>
public sealed record RouterOdrConfig
{
    /// <summary><c>distance</c> 1-255.</summary>
    public byte Distance { get; init; } = 160;

    /// <summary><c>timers basic</c>.</summary>
    public OdrTimersConfig Timers { get; init; } = new();

    /// <summary><c>network</c>: ODR runs on tunnels whose address is in one of these; on all when there is none.</summary>
    public ValueList<IpPrefix> Networks { get; init; } = [];

    /// <summary><c>passive-interface</c>: no default route is offered there.</summary>
    public ValueList<TunnelId> PassiveTunnels { get; init; } = [];

    /// <summary><c>passive-interface default</c>: passive everywhere but on <see cref="ActiveTunnels"/>.</summary>
    public bool PassiveByDefault { get; init; }

    /// <summary><c>no passive-interface TunnelN</c> after <c>passive-interface default</c>.</summary>
    public ValueList<TunnelId> ActiveTunnels { get; init; } = [];

    /// <summary><c>distribute-list … in</c>: each that applies to a tunnel must permit a route.</summary>
    public ValueList<OdrFilter> DistributeIn { get; init; } = [];

    /// <summary><c>maximum-prefix</c> 1-1024: how many prefixes of one neighbour are used at most.</summary>
    public int MaximumPrefixes { get; init; } = OdrSpec.MaximumPrefixes;
}

/// <summary><c>timers basic UPDATE INVALID HOLDDOWN FLUSH</c>, with IOS's defaults for ODR.</summary>
public sealed record OdrTimersConfig
{
    /// <summary>What <c>show ip protocols</c> says; hellos follow <c>cdp timer</c>.</summary>
    public TimeSpan Update { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Without a hello for so long a neighbour's routes are not used any more.</summary>
    public TimeSpan Invalid { get; init; } = TimeSpan.FromSeconds(180);

    /// <summary>For so long after that its hellos do not bring them back.</summary>
    public TimeSpan HoldDown { get; init; }

    /// <summary>Without a hello for so long they are forgotten.</summary>
    public TimeSpan Flush { get; init; } = TimeSpan.FromSeconds(240);
}
