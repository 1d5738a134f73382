using Dmvpn.Core;

namespace Dmvpn.Rib;

/// <summary>Several routes to one prefix, by several interfaces: two providers' default routes.</summary>
public sealed partial class RouteMirror
{
    /// <summary>True when several routes, by no tunnel, lead to the prefix that is used for the address.</summary>
    public bool HasRivals(IpAddress destination)
    {
        if (!TryMatch(destination, RouteFilter.BesideTunnels, out MirrorRoute? used)) return false;
        if (used.Route.NextHops.Count > 1) return true;
        foreach (MirrorRoute other in RoutesTo(used.Route.Prefix))
        {
            if (other != used && Passes(other.Route, RouteFilter.BesideTunnels)) return true;
        }
        return false;
    }

    /// <summary>
    /// True when the route in use for an address is by another interface than <paramref name="wanted"/>, or
    /// by several, and one to the same prefix is by that one: a second provider's default route.
    /// </summary>
    public bool HasRivalBy(IpAddress destination, string wanted, out IpPrefix prefix)
    {
        prefix = default;
        if (!TryMatch(destination, RouteFilter.BesideTunnels, out MirrorRoute? used)) return false;
        if (used.Route is not { Type: KernelRouteType.Unicast, NextHops.Count: > 0 }) return false;
        prefix = used.Route.Prefix;
        var own = RibInterface.Of(wanted);
        if (used.Route.NextHops.Count == 1 && used.Route.NextHops[0].Interface == own) return false;
        foreach (MirrorRoute other in RoutesTo(prefix))
        {
            if (other.Route.Type == KernelRouteType.Unicast && Uses(other.Route, own)) return true;
        }
        return false;
    }
}
