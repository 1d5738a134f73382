using Dmvpn.Core;
using Dmvpn.Management.Api;
using Dmvpn.Rib;
using RouteSource = Dmvpn.Management.Api.RouteSource;

namespace Dmvpn.Daemon.Screens;

/// <summary>The routing table as the API's records. Control thread only.</summary>
internal static class RouteScreens
{
    public static RouteState Routes(RibInstance rib, ScreenQuery query, Instant now)
    {
        bool ipv6 = query.Family == AddressFamily.Ipv6;
        var routes = new List<RouteEntry>();
        foreach (RibRouteState state in rib.Routes(ipv6, now))
        {
            RouteEntry route = Entry(state);
            if (query.Matches(route)) routes.Add(route);
        }
        return new RouteState { Family = ipv6 ? AddressFamily.Ipv6 : AddressFamily.Ipv4, Routes = routes };
    }

    public static RouteSource Source(Rib.RouteSource source) => source switch
    {
        Rib.RouteSource.Connected => RouteSource.Connected,
        Rib.RouteSource.Local => RouteSource.Local,
        Rib.RouteSource.Static => RouteSource.Static,
        Rib.RouteSource.Odr => RouteSource.Odr,
        Rib.RouteSource.Nhrp => RouteSource.Nhrp,
        Rib.RouteSource.Rip => RouteSource.Rip,
        Rib.RouteSource.BgpExternal or Rib.RouteSource.BgpInternal => RouteSource.Bgp,
        Rib.RouteSource.Eigrp or Rib.RouteSource.EigrpExternal or Rib.RouteSource.EigrpSummary => RouteSource.Eigrp,
        Rib.RouteSource.Ospf => RouteSource.Ospf,
        Rib.RouteSource.Isis => RouteSource.Isis,
        _ => RouteSource.Kernel,
    };

    private static RouteEntry Entry(RibRouteState state)
    {
        var hops = new List<RouteNextHop>(state.Paths.Count);
        TimeSpan age = TimeSpan.MaxValue;
        foreach (RibPathState path in state.Paths)
        {
            hops.Add(new RouteNextHop { Via = path.NextHop, Interface = path.Interface.Length == 0 ? null : path.Interface, Override = path.IsOverride });
            if (path.Age < age) age = path.Age;
        }
        RouteSource source = Source(state.Source);
        return new RouteEntry
        {
            Prefix = state.Prefix,
            Source = source,
            Distance = state.Distance,
            Metric = state.Metric,
            AgeSeconds = source is RouteSource.Connected or RouteSource.Local or RouteSource.Static ? null : (long)age.TotalSeconds,
            NextHops = hops,
        };
    }
}
