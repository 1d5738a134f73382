namespace Dmvpn.Core;

/// <summary>
/// The routing table as an engine sees it: a synchronous look-up in the mirror of the kernel's table (docs/adr/0003).
/// Engines never reference each other, so this is how NHRP asks where a destination is routed.
/// </summary>
public interface IRouteLookup
{
    /// <summary>
    /// The route that the kernel would use for <paramref name="destination"/>. Shortcut routes that NHRP itself installed
    /// are included only when <paramref name="withShortcuts"/>: a resolution follows the routed path (RFC 2332 2.2).
    /// </summary>
    bool TryLookup(IpAddress destination, bool withShortcuts, out RouteView route);

    /// <summary>
    /// The widest part of <paramref name="prefix"/> that holds <paramref name="destination"/> and no more specific route that leaves by a
    /// tunnel: what an answer for the destination may cover (RFC 2332 6.3 (b)). Shortcuts do not count.
    /// </summary>
    IpPrefix WithoutTunnelRoutes(IpPrefix prefix, IpAddress destination);
}

/// <summary>One route of the kernel's table.</summary>
/// <param name="Prefix">What it leads to.</param>
/// <param name="Tunnel">The tunnel interface it leaves by; null for any other interface (the egress side).</param>
/// <param name="NextHop">The gateway; <see cref="IpAddress.None"/> when directly connected.</param>
/// <param name="Kind">Where it came from.</param>
public readonly record struct RouteView(IpPrefix Prefix, TunnelId? Tunnel, IpAddress NextHop, RouteKind Kind);

/// <summary>Where a route came from, as far as NHRP must tell them apart.</summary>
public enum RouteKind
{
    /// <summary>Learnt or static.</summary>
    Learnt,

    /// <summary>A subnet on one of the interfaces.</summary>
    Connected,

    /// <summary>An address of this machine.</summary>
    Local,

    /// <summary>An NHRP shortcut.</summary>
    Shortcut,
}
