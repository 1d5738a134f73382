using Dmvpn.Core;
using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary>
/// <c>show ip route […]</c>: IPv4, grouped under the classful networks as IOS does, whose parsers expect it (a subnet of a
/// uniformly subnetted network prints no mask of its own).
/// </summary>
public static partial class RouteScreen
{
    private const int LineWidth = 80;

    private const string Codes =
        """
        Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP
               D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area 
               N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2
               E1 - OSPF external type 1, E2 - OSPF external type 2, m - OMP
               n - NAT, Ni - NAT inside, No - NAT outside, Nd - NAT DIA
               i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2 - IS-IS level-2
               ia - IS-IS inter area, * - candidate default, U - per-user static route
               H - NHRP, G - NHRP registered, g - NHRP registration summary
               o - ODR, P - periodic downloaded static route, l - LISP
               a - application route, K - kernel route of another program
               + - replicated route, % - next hop override, p - overrides from PfR
               & - replicated local route overrides by connected

        """;

    /// <summary>The screen; <paramref name="overrides"/> (<c>next-hop-override</c>) adds the next hops that NHRP put in place.</summary>
    public static string Render(RouteState state, bool overrides = false) =>
        state.Family == AddressFamily.Ipv6 ? RenderIpv6(state) : RenderIpv4(state, overrides);

    private static string RenderIpv4(RouteState state, bool overrides)
    {
        var text = new ScreenText();
        if (state.Vrf.Length > 0) text.Line().Line($"Routing Table: {state.Vrf}");
        text.Block(Codes);
        List<RouteEntry> routes = [.. state.Routes.Where(route => route.Prefix.IsIPv4).OrderBy(route => route.Prefix.Address).ThenBy(route => route.Prefix.Length)];
        text.Line(LastResort(routes)).Line();

        Networks(text, routes, overrides);
        return text.ToString();
    }

    /// <summary>Sorted routes, cut into those that one classful network or one supernet holds.</summary>
    private static void Networks(ScreenText text, List<RouteEntry> routes, bool overrides)
    {
        for (int start = 0, end; start < routes.Count; start = end)
        {
            IpPrefix first = routes[start].Prefix;
            int classful = ClassfulLength(first.Address);
            var major = new IpPrefix(first.Address, Math.Min(first.Length, classful));
            for (end = start + 1; end < routes.Count && major.Contains(routes[end].Prefix);) end++;
            List<RouteEntry> inside = routes[start..end];
            if (first.Length >= classful && (first.Length > classful || inside.Count > 1))
            {
                Network(text, major, inside, overrides);
                continue;
            }

            // A supernet, or a classful network as a whole: stands alone, what it covers is listed after it.
            int same = inside.FindIndex(route => route.Prefix != first) is var index && index < 0 ? inside.Count : index;
            foreach (RouteEntry route in inside[..same]) Route(text, route, false, false, overrides);
            Networks(text, inside[same..], overrides);
        }
    }

    /// <summary>8, 16 or 24 by class A, B, C; 32 above.</summary>
    private static int ClassfulLength(IpAddress address) => (address.ToUInt32() >> 24) switch
    {
        < 128 => 8,
        < 192 => 16,
        < 224 => 24,
        _ => 32,
    };

    private static void Network(ScreenText text, IpPrefix major, List<RouteEntry> routes, bool overrides)
    {
        int masks = routes.Select(route => route.Prefix.Length).Distinct().Count();
        int subnets = routes.Select(route => route.Prefix).Distinct().Count();
        text.Line(masks == 1
            ? $"      {major.Address}/{routes[0].Prefix.Length} is subnetted, {subnets} subnets"
            : $"      {major} is variably subnetted, {subnets} subnets, {masks} masks");
        foreach (RouteEntry route in routes) Route(text, route, true, masks == 1, overrides);
    }

    private static void Route(ScreenText text, RouteEntry route, bool subnet, bool maskInherited, bool overrides)
    {
        bool overridden = route.NextHops.Any(hop => hop.Override);
        char candidate = route.Prefix.Length == 0 ? '*' : ' ';
        string code = $"{Code(route.Source)}{candidate}  {(overridden ? '%' : ' ')} {(subnet ? "   " : "")}";
        string prefix = maskInherited ? route.Prefix.Address.ToString() : route.Prefix.ToString();
        string lead = code + prefix;
        int column = lead.Length + 1;
        bool first = true;
        foreach (RouteNextHop hop in route.NextHops)
        {
            if (hop.Override && !overrides && route.NextHops.Any(other => !other.Override)) continue;
            string rest = Hop(route, hop);
            if (first && lead.Length + 1 + rest.Length > LineWidth)
            {
                text.Line(lead + " ");
                column = 11;
                lead = new string(' ', 10);
            }

            text.Line(first ? $"{lead} {rest}" : new string(' ', column) + rest);
            first = false;
        }
    }

    private static string Hop(RouteEntry route, RouteNextHop hop)
    {
        bool silent = route.Source is RouteSource.Connected or RouteSource.Local or RouteSource.Static || route.AgeSeconds is null;
        string age = silent ? "" : $", {ScreenFormat.Age(route.AgeSeconds)}";
        string device = hop.Interface is { } name ? $", {name}" : "";
        if (hop.Via is not { } via) return $"is directly connected{age}{device}";
        return $"{(hop.Override ? "[NHO]" : "")}[{route.Distance}/{route.Metric}] via {via}{age}{device}";
    }

    private static string LastResort(List<RouteEntry> routes)
    {
        RouteEntry? route = routes.FirstOrDefault(route => route.Prefix.Length == 0);
        if (route is null) return "Gateway of last resort is not set";
        IpAddress via = route.NextHops.Select(hop => hop.Via).FirstOrDefault(via => via is not null) ?? IpAddress.AnyIPv4;
        return $"Gateway of last resort is {via} to network 0.0.0.0";
    }

    private static char Code(RouteSource source) => source switch
    {
        RouteSource.Connected => 'C',
        RouteSource.Local => 'L',
        RouteSource.Static => 'S',
        RouteSource.Odr => 'o',
        RouteSource.Nhrp => 'H',
        RouteSource.NhrpRegistered => 'G',
        RouteSource.Rip => 'R',
        RouteSource.Bgp => 'B',
        RouteSource.Eigrp => 'D',
        RouteSource.Ospf => 'O',
        RouteSource.Isis => 'i',
        _ => 'K',
    };
}
