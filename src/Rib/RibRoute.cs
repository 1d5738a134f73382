using Dmvpn.Core;

namespace Dmvpn.Rib;

/// <summary>
/// One route as its source says it. (Prefix, Source, NextHop) is its key: saying it again with other values
/// replaces it, saying it with another next hop adds a parallel route.
/// </summary>
/// <param name="Prefix">What it leads to.</param>
/// <param name="Source">Who says so.</param>
/// <param name="NextHop">By what; without an interface it is looked up, and the route waits until it is reachable.</param>
/// <param name="Distance">Administrative distance, 0-255; 255 is never used.</param>
/// <param name="Metric">The source's own metric.</param>
/// <param name="Tag">Route tag, for redistribution.</param>
public readonly record struct RibRoute(IpPrefix Prefix, RouteSource Source, RibNextHop NextHop, byte Distance, uint Metric = 0, uint Tag = 0)
{
    /// <summary>A route with its source's usual administrative distance.</summary>
    public RibRoute(IpPrefix prefix, RouteSource source, RibNextHop nextHop)
        : this(prefix, source, nextHop, RibSpec.Distance(source))
    {
    }
}
