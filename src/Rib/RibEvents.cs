using Dmvpn.Core;

namespace Dmvpn.Rib;

/// <summary>What is to be done in the kernel's main table.</summary>
public enum RibEffectKind : byte
{
    /// <summary>
    /// Create the route, or replace the one with the same prefix and metric (NLM_F_CREATE | NLM_F_REPLACE). Comes
    /// before the removal of what it takes the place of, so that the prefix is never without a route.
    /// </summary>
    InstallRoute,

    /// <summary>Remove the route with this prefix, metric and protocol; that it is gone already (ESRCH) is no failure.</summary>
    RemoveRoute,
}

/// <summary>One change of the kernel's main table.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Prefix">The destination.</param>
/// <param name="NextHops">
/// In order, at least one; several are equal-cost paths. <see cref="RibInterface.Null"/> alone is a blackhole route.
/// For a removal what was installed, for the log only.
/// </param>
/// <param name="Protocol">RTA protocol number (<see cref="RibKernel"/>).</param>
/// <param name="Metric">RTA_PRIORITY.</param>
public readonly record struct RibEffect(RibEffectKind Kind, IpPrefix Prefix, ValueList<RibNextHop> NextHops, byte Protocol, uint Metric)
{
    /// <summary>True for a blackhole route.</summary>
    public bool IsDiscard => NextHops.Count > 0 && NextHops[0].Interface.IsNull;
}
