using Dmvpn.Core;
using Dmvpn.Rib;
using Dmvpn.Runtime.Netlink;

namespace Dmvpn.Daemon.Routing;

/// <summary>The kernel's routes in netlink's words and in the RIB's.</summary>
internal static class RouteTranslation
{
    /// <summary>A netlink route as the RIB's mirror keeps it; null for tables and types that it does not look at.</summary>
    public static KernelRoute? FromKernel(LinuxRoute route, Func<int, RibInterface> interfaceOf)
    {
        KernelRouteType type;
        switch (route.Type)
        {
            case LinuxRouteType.Unicast when route.Table == LinuxRoute.MainTable:
                type = KernelRouteType.Unicast;
                break;
            case LinuxRouteType.Local when route.Table == LinuxRoute.LocalTable:
                type = KernelRouteType.Local;
                break;
            case LinuxRouteType.Blackhole or LinuxRouteType.Unreachable or LinuxRouteType.Prohibit when route.Table == LinuxRoute.MainTable:
                type = KernelRouteType.Discard;
                break;
            default:
                return null;
        }
        if (route.TypeOfService != 0) return null;
        // A tunnel whose line is down keeps its routes in the kernel; to the RIB, as on IOS, they are gone.
        if (route.NextHops.Count > 0 && route.NextHops[0].WithoutCarrier && interfaceOf(route.NextHops[0].LinkIndex).Tunnel is not null) return null;
        var hops = new RibNextHop[route.NextHops.Count];
        for (int i = 0; i < hops.Length; i++) hops[i] = new RibNextHop(route.NextHops[i].Gateway, interfaceOf(route.NextHops[i].LinkIndex));
        return new KernelRoute(route.Prefix, type, route.Protocol, route.Metric, ValueList.Create<RibNextHop>(hops));
    }

    /// <summary>What the RIB wants in the kernel, as a netlink command; null when an interface is gone meanwhile.</summary>
    public static RouteCommand? ToKernel(in RibEffect effect, Func<RibInterface, int> indexOf)
    {
        var hops = new LinuxNextHop[effect.IsDiscard ? 0 : effect.NextHops.Count];
        for (int i = 0; i < hops.Length; i++)
        {
            RibNextHop hop = effect.NextHops[i];
            int index = indexOf(hop.Interface);
            if (index == 0) return null;
            hops[i] = new LinuxNextHop(index, hop.Address) { OnLink = !hop.Address.IsNone && hop.Interface.Tunnel is not null };
        }
        bool remove = effect.Kind == RibEffectKind.RemoveRoute;
        var route = new LinuxRoute(effect.Prefix)
        {
            Type = remove ? LinuxRouteType.Unspecified : effect.IsDiscard ? LinuxRouteType.Blackhole : LinuxRouteType.Unicast,
            Protocol = effect.Protocol,
            Metric = effect.Metric,
            // A removal names prefix, metric and protocol only: whatever next hops the route has by now, it goes.
            NextHops = remove ? [] : ValueList.Create<LinuxNextHop>(hops),
        };
        return new RouteCommand(remove ? RouteCommandKind.Delete : RouteCommandKind.Replace, route);
    }
}
