using System.Text.Json.Serialization;
using Dmvpn.Core;

namespace Dmvpn.Management.Api;

/// <summary>What the reader of a configuration file understood: the things that are run, in short.</summary>
public sealed record UnderstoodConfig
{
    /// <summary><c>hostname</c>.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>The tunnels, by number.</summary>
    public IReadOnlyList<UnderstoodTunnel> Tunnels { get; init; } = [];

    /// <summary>Routing protocols, in the order of the file; also those that this daemon does not run.</summary>
    public IReadOnlyList<UnderstoodRouting> Routing { get; init; } = [];

    /// <summary>Static routes by way of tunnels.</summary>
    public int StaticRoutes { get; init; }

    /// <summary>Next hop servers of all tunnels.</summary>
    public int NextHopServers { get; init; }

    /// <summary>Interfaces of Linux that the file mentions; none is changed.</summary>
    public IReadOnlyList<string> LinuxInterfaces { get; init; } = [];

    /// <summary>Names of <c>crypto ipsec profile</c>.</summary>
    public IReadOnlyList<string> IpsecProfiles { get; init; } = [];

    /// <summary>Names of <c>crypto ikev2 profile</c>.</summary>
    public IReadOnlyList<string> Ikev2Profiles { get; init; } = [];

    /// <summary>Names of trustpoints with files.</summary>
    public IReadOnlyList<string> Trustpoints { get; init; } = [];

    /// <summary>Peers of all keyrings.</summary>
    public int KeyringPeers { get; init; }
}

/// <summary>One tunnel as it was understood.</summary>
public sealed record UnderstoodTunnel
{
    /// <summary>"Tunnel0".</summary>
    public required string Name { get; init; }

    /// <summary><c>tunnel mode</c>.</summary>
    public TunnelMode Mode { get; init; }

    /// <summary>Hub (NHRP without a server), spoke (with one) or unknown (no NHRP).</summary>
    public DmvpnRole Role { get; init; }

    /// <summary>The profile of <c>tunnel protection</c>; null: packets leave in clear text.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Protection { get; init; }

    /// <summary><c>tunnel vrf</c>; null: the daemon's own network namespace.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Vrf { get; init; }

    /// <summary><c>tunnel source</c> as written; null when the file has none.</summary>
    public string? Source { get; init; }

    /// <summary>Addresses of this router in the tunnel.</summary>
    public IReadOnlyList<IpAddress> Addresses { get; init; } = [];

    /// <summary>Next hop servers, of both families.</summary>
    public int NextHopServers { get; init; }

    /// <summary><c>shutdown</c>.</summary>
    public bool Shutdown { get; init; }
}

/// <summary>One routing protocol of the file.</summary>
/// <param name="Protocol">"odr", "eigrp", "ospf", "bgp"…</param>
/// <param name="Name">Its number or name; empty when it has none.</param>
/// <param name="Line">Where its block begins, from 1.</param>
/// <param name="IsRun">True when this daemon runs it.</param>
public sealed record UnderstoodRouting(string Protocol, string Name, int Line, bool IsRun)
{
    /// <summary>The protocol that a line opens: <c>router P [N]</c> or <c>ipv6 router P [N]</c>.</summary>
    internal static UnderstoodRouting Of(string line, int number, bool isRun)
    {
        string[] words = Config.SourceLine.Printable(line).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int at = words[0] == "ipv6" ? 2 : 1;
        return new(words.ElementAtOrDefault(at)?.ToLowerInvariant() ?? "", words.ElementAtOrDefault(at + 1) ?? "", number, isRun);
    }
}
