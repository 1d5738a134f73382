using Dmvpn.Core;

namespace Dmvpn.Rib;

/// <summary>One prefix of <c>show ip route</c>, as the screens and the API show it.</summary>
public sealed record RibRouteState
{
    /// <summary>What it leads to.</summary>
    public required IpPrefix Prefix { get; init; }

    /// <summary>Who says so.</summary>
    public required RouteSource Source { get; init; }

    /// <summary>IOS's code letters, without <c>*</c> and <c>%</c>: "C", "S", "o", "D EX".</summary>
    public string Code => RibSpec.Code(Source);

    /// <summary>True for a default route: the <c>*</c>, "candidate default".</summary>
    public bool IsDefault => Prefix.Length == 0;

    /// <summary>Administrative distance. For routes of other daemons from the kernel's metric, else the usual one of their protocol.</summary>
    public required byte Distance { get; init; }

    /// <summary>The source's metric.</summary>
    public required uint Metric { get; init; }

    /// <summary>Route tag; 0 is none.</summary>
    public uint Tag { get; init; }

    /// <summary>True while a shortcut overrides the next hop: the <c>%</c>.</summary>
    public bool IsOverridden { get; init; }

    /// <summary>False for a route of ours that the kernel does not have (yet, or for it refused it).</summary>
    public required bool IsInKernel { get; init; }

    /// <summary>The next hops; behind them, when <see cref="IsOverridden"/>, those of the shortcut ("[NHO]").</summary>
    public required IReadOnlyList<RibPathState> Paths { get; init; }
}

/// <summary>One next hop of a route.</summary>
/// <param name="NextHop">The gateway; null for "is directly connected".</param>
/// <param name="Interface">Output interface.</param>
/// <param name="Tunnel">The output interface, when it is a tunnel of ours.</param>
/// <param name="Age">Since the source said it.</param>
/// <param name="IsOverride">True for the next hop of a shortcut that overrides the others: "[NHO][250/1]".</param>
public readonly record struct RibPathState(IpAddress? NextHop, string Interface, TunnelId? Tunnel, TimeSpan Age, bool IsOverride);

/// <summary>The numbers of <c>show ip route summary</c>.</summary>
/// <param name="Source">Whose routes.</param>
/// <param name="Networks">How many prefixes.</param>
public readonly record struct RibSummaryState(RouteSource Source, int Networks);
