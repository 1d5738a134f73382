using Dmvpn.Core;

namespace Dmvpn.Rib;

/// <summary>The routing part of the configuration that belongs to no protocol. Immutable, compared by value at a reload.</summary>
public sealed record RibConfig
{
    /// <summary><c>ip route</c> and <c>ipv6 route</c>.</summary>
    public ValueList<StaticRoute> StaticRoutes { get; init; } = [];

    /// <summary>Parallel routes to one prefix, 1-32.</summary>
    public int MaximumPaths { get; init; } = RibSpec.MaximumPaths;
}

/// <summary><c>ip route PREFIX MASK {NEXTHOP | INTERFACE [NEXTHOP]} [DISTANCE] [name NAME] [tag N]</c>.</summary>
/// <param name="Prefix">What it leads to.</param>
/// <param name="NextHop">The gateway; <see cref="IpAddress.None"/> when only an interface was said.</param>
/// <param name="Interface">The interface; none when only a gateway was said. <see cref="RibInterface.Null"/> drops.</param>
/// <param name="Distance">1-255; above a protocol's distance it is a backup ("floating") of that protocol's routes.</param>
/// <param name="Name"><c>name</c>, for the reader only.</param>
/// <param name="Tag"><c>tag</c>.</param>
public sealed record StaticRoute(
    IpPrefix Prefix, IpAddress NextHop, RibInterface Interface = default, byte Distance = 1, string? Name = null, uint Tag = 0);
