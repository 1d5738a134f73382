using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show ipv6 route</c>, and <c>show {ip|ipv6} route ADDRESS</c>, which explains one route.</summary>
public static partial class RouteScreen
{
    private const string Ipv6Codes =
        """
        Codes: C - Connected, L - Local, S - Static, U - Per-user Static route
               B - BGP, R - RIP, H - NHRP, G - NHRP registered
               I - ISIS, D - EIGRP, O - OSPF, o - ODR, K - Kernel
        """;

    /// <summary><c>show {ip|ipv6} route ADDRESS</c>: the longest match, in words.</summary>
    public static string RenderEntry(RouteState state)
    {
        if (state.Routes.MaxBy(route => route.Prefix.Length) is not { } route) return "% Network not in table\n";
        var text = new ScreenText();
        text.Line($"Routing entry for {route.Prefix.Text()}{(route.Prefix.Length == 0 ? ", supernet" : "")}");
        string via = route.Source switch
        {
            RouteSource.Connected or RouteSource.Local => $"  Known via \"connected\", distance 0, metric {route.Metric} (connected)",
            RouteSource.NhrpRegistered => $"  Known via \"nhrp\", distance {route.Distance}, metric {route.Metric}",
            _ => $"  Known via \"{route.Source.ToString().ToLowerInvariant()}\", distance {route.Distance}, metric {route.Metric}",
        };
        text.Line(via);
        string ago = route.AgeSeconds is { } age ? $", {ScreenFormat.Age(age)} ago" : "";
        text.Line("  Routing Descriptor Blocks:");
        foreach (RouteNextHop hop in route.NextHops)
        {
            string mark = hop.Override ? "  * NHO " : "  * ";
            text.Line(hop.Via is { } gateway
                ? $"{mark}{gateway.Text()}{ago}{(hop.Interface is { } name ? $", via {name}" : "")}"
                : $"{mark}directly connected{ago}, via {hop.Interface}");
            text.Line($"      Route metric is {route.Metric}, traffic share count is 1");
        }

        return text.ToString();
    }

    private static string RenderIpv6(RouteState state)
    {
        List<RouteEntry> routes = [.. state.Routes.Where(route => !route.Prefix.IsIPv4).OrderBy(route => route.Prefix.Address).ThenBy(route => route.Prefix.Length)];
        var text = new ScreenText();
        string table = state.Vrf.Length == 0 ? "default" : state.Vrf;
        text.Line($"IPv6 Routing Table - {table} - {ScreenFormat.Plural(routes.Count, "entry")}").Block(Ipv6Codes);
        foreach (RouteEntry route in routes)
        {
            char code = route.Source == RouteSource.Isis ? 'I' : Code(route.Source);
            text.Line($"{code}{(route.NextHops.Any(hop => hop.Override) ? " % " : "   ")}{route.Prefix.Text()} [{route.Distance}/{route.Metric}]");
            foreach (RouteNextHop hop in route.NextHops)
            {
                string rest = (hop.Via, route.Source) switch
                {
                    ({ } via, _) => $"{via.Text()}{(hop.Interface is { } name ? $", {name}" : "")}",
                    (null, RouteSource.Local) => $"{hop.Interface}, receive",
                    _ => $"{hop.Interface}, directly connected",
                };
                text.Line($"     via {rest}{(hop.Override ? " [NHO]" : "")}");
            }
        }

        return text.ToString();
    }
}
