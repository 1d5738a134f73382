using Dmvpn.Core;
using Dmvpn.Management.Api;
using Dmvpn.Management.Screens;

namespace Dmvpn.Management.Tests.Screens;

public sealed class RouteScreenTests
{
    [Fact]
    public void SpokeWithShortcut_Shown_GroupsByClassfulNetwork()
    {
        var state = new RouteState
        {
            Routes =
            [
                Route("192.168.2.0/24", RouteSource.Nhrp, 250, 255, 10, Hop("10.0.0.3", "Tunnel1")),
                Route("0.0.0.0/0", RouteSource.Odr, 160, 1, 65, Hop("10.0.0.1", "Tunnel1")),
                Route("10.0.0.0/24", RouteSource.Connected, 0, 0, null, Hop(null, "Tunnel1")),
                Route("10.0.0.2/32", RouteSource.Local, 0, 0, null, Hop(null, "Tunnel1")),
                Route("172.16.1.0/24", RouteSource.Static, 1, 0, null, Hop("10.0.0.1", null), Hop("10.0.0.9", null)),
            ],
        };
        const string Expected =
            """
            Gateway of last resort is 10.0.0.1 to network 0.0.0.0

            o*    0.0.0.0/0 [160/1] via 10.0.0.1, 00:01:05, Tunnel1
                  10.0.0.0/8 is variably subnetted, 2 subnets, 2 masks
            C        10.0.0.0/24 is directly connected, Tunnel1
            L        10.0.0.2/32 is directly connected, Tunnel1
                  172.16.0.0/24 is subnetted, 1 subnets
            S        172.16.1.0 [1/0] via 10.0.0.1
                                [1/0] via 10.0.0.9
            H     192.168.2.0/24 [250/255] via 10.0.0.3, 00:00:10, Tunnel1

            """;
        string text = RouteScreen.Render(state);
        Assert.StartsWith("Codes: L - local, C - connected, S - static,", text);
        Assert.EndsWith("\n\n" + Expected, text);
    }

    [Fact]
    public void NoDefaultRoute_Shown_SaysSo() =>
        Assert.Contains("\nGateway of last resort is not set\n", RouteScreen.Render(new RouteState()));

    [Fact]
    public void Override_Shown_IsMarkedAndListedOnRequest()
    {
        var state = new RouteState
        {
            Routes = [Route("10.2.0.0/16", RouteSource.Bgp, 200, 0, 5, Hop("10.0.0.1", "Tunnel1"), new RouteNextHop { Via = IpAddress.Parse("10.0.0.3"), Interface = "Tunnel1", Override = true })],
        };
        Assert.Contains("\nB   %    10.2.0.0 [200/0] via 10.0.0.1, 00:00:05, Tunnel1\n", RouteScreen.Render(state));
        Assert.DoesNotContain("NHO", RouteScreen.Render(state));
        Assert.Contains("\n                  [NHO][200/0] via 10.0.0.3, 00:00:05, Tunnel1\n", RouteScreen.Render(state, overrides: true));
    }

    [Fact]
    public void LongInterfaceName_Shown_ContinuesOnTheNextLine()
    {
        var state = new RouteState { Routes = [Route("10.63.184.0/23", RouteSource.Ospf, 110, 20, 46519, Hop("10.62.4.29", "TenGigabitEthernet1/15"), Hop("10.62.3.29", "TenGigabitEthernet1/16"))] };
        string text = RouteScreen.Render(state);
        Assert.Contains("O        10.63.184.0 [110/20] via 10.62.4.29, 12:55:19, TenGigabitEthernet1/15\n", text);
        state = new RouteState { Routes = [.. state.Routes, Route("10.63.0.0/16", RouteSource.Ospf, 110, 2000, 46519, Hop("10.162.104.129", "TenGigabitEthernet1/15"))] };
        Assert.Contains("O        10.63.0.0/16 \n           [110/2000] via 10.162.104.129, 12:55:19, TenGigabitEthernet1/15\n", RouteScreen.Render(state));
    }

    [Theory]
    [InlineData("cisco_ios_show_ip_route.raw")]
    [InlineData("cisco_ios_show_ip_route1.raw")]
    [InlineData("cisco_ios_show_ip_route_vrf.raw")]
    [InlineData("cisco_ios_show_ip_route_wildcard.raw")]
    public void RealSample_ReadAndRendered_ReadsTheSameAgain(string file)
    {
        // What the state can express: no sub-types (E2, IA), no summaries, ages only where this product shows them.
        List<UserParsers.RouteRow> rows = [.. UserParsers.Routes(SharedData.ReadIosScreen("show_ip_route", file)).Where(row => row.Type == "" && Source(row.Protocol) is not null && row.Mask != "")];
        Assert.NotEmpty(rows);
        var routes = rows.GroupBy(row => (row.Network, row.Mask, row.Protocol)).Select(group => new RouteEntry
        {
            Prefix = IpPrefix.Parse($"{group.Key.Network}/{group.Key.Mask}"),
            Source = Source(group.Key.Protocol)!.Value,
            Distance = group.First().Distance is "" ? (byte)0 : byte.Parse(group.First().Distance),
            Metric = group.First().Metric is "" ? 0 : uint.Parse(group.First().Metric),
            AgeSeconds = group.First().Age is "" ? null : Seconds(group.First().Age),
            NextHops = [.. group.Select(row => Hop(row.Via is "" ? null : row.Via, row.Interface is "" ? null : row.Interface))],
        });

        List<UserParsers.RouteRow> again = UserParsers.Routes(RouteScreen.Render(new RouteState { Routes = [.. routes] }));
        Assert.Equal(rows.Select(Key).Order(), again.Select(Key).Order());

        static string Key(UserParsers.RouteRow row) => $"{row.Protocol} {row.Network}/{row.Mask} {(row.Via is "" ? "" : row.Distance + "/" + row.Metric)} {row.Via} {row.Interface} {(row.Protocol is "C" or "L" or "S" ? "" : row.Age)}";
    }

    [Fact]
    public void OneAddress_Asked_IsExplained()
    {
        var state = new RouteState { Routes = [Route("192.168.2.0/24", RouteSource.Nhrp, 250, 255, 10, Hop("10.0.0.3", "Tunnel1"))] };
        const string Expected =
            """
            Routing entry for 192.168.2.0/24
              Known via "nhrp", distance 250, metric 255
              Routing Descriptor Blocks:
              * 10.0.0.3, 00:00:10 ago, via Tunnel1
                  Route metric is 255, traffic share count is 1

            """;
        Assert.Equal(Expected, RouteScreen.RenderEntry(state));
        Assert.Equal("% Network not in table\n", RouteScreen.RenderEntry(new RouteState()));
    }

    [Fact]
    public void Ipv6Routes_Shown_LookLikeIos()
    {
        var state = new RouteState
        {
            Family = AddressFamily.Ipv6,
            Routes = [Route("2001:db8::/64", RouteSource.Connected, 0, 0, null, Hop(null, "Tunnel1")), Route("2001:db8:2::/64", RouteSource.Nhrp, 250, 255, 9, Hop("fe80::3", "Tunnel1"))],
        };
        string text = RouteScreen.Render(state);
        Assert.StartsWith("IPv6 Routing Table - default - 2 entries\n", text);
        Assert.EndsWith("C   2001:DB8::/64 [0/0]\n     via Tunnel1, directly connected\nH   2001:DB8:2::/64 [250/255]\n     via FE80::3, Tunnel1\n", text);
    }

    [Theory]
    [InlineData(null, "10.1.0.0/16 10.2.0.0/16 10.3.0.0/16")]
    [InlineData("tunnel", "10.1.0.0/16 10.2.0.0/16")]
    [InlineData("nhrp", "10.1.0.0/16")]
    [InlineData("next-hop-override", "10.2.0.0/16")]
    public void Filter_OfTheQuery_PicksRoutes(string? filter, string expected)
    {
        RouteEntry[] routes =
        [
            Route("10.1.0.0/16", RouteSource.Nhrp, 250, 255, 1, Hop("10.0.0.3", "Tunnel1")),
            Route("10.2.0.0/16", RouteSource.Bgp, 200, 0, 1, Hop("10.0.0.1", "Tunnel2") with { Override = true }),
            Route("10.3.0.0/16", RouteSource.Connected, 0, 0, null, Hop(null, "eth1")),
        ];
        var query = new ScreenQuery { Filter = filter };
        Assert.Equal(expected, string.Join(' ', routes.Where(query.Matches).Select(route => route.Prefix)));
        Assert.Equal(["10.2.0.0/16"], routes.Where(new ScreenQuery { Tunnel = new TunnelId(2) }.Matches).Select(route => route.Prefix.ToString()));
        Assert.Equal(["10.3.0.0/16"], routes.Where(new ScreenQuery { Address = IpAddress.Parse("10.3.4.5") }.Matches).Select(route => route.Prefix.ToString()));
    }

    private static RouteSource? Source(string code) => code switch
    {
        "C" => RouteSource.Connected,
        "L" => RouteSource.Local,
        "S" => RouteSource.Static,
        "o" => RouteSource.Odr,
        "H" => RouteSource.Nhrp,
        "R" => RouteSource.Rip,
        "B" => RouteSource.Bgp,
        "D" => RouteSource.Eigrp,
        "O" => RouteSource.Ospf,
        "i" => RouteSource.Isis,
        _ => null,
    };

    private static long Seconds(string age)
    {
        if (TimeSpan.TryParse(age, out TimeSpan clock)) return (long)clock.TotalSeconds;
        long total = 0, number = 0;
        foreach (char letter in age)
        {
            if (char.IsAsciiDigit(letter))
            {
                number = number * 10 + letter - '0';
                continue;
            }

            total += number * letter switch { 'y' => 365 * 86400L, 'w' => 7 * 86400L, 'd' => 86400L, _ => 3600L };
            number = 0;
        }

        return total;
    }

    private static RouteEntry Route(string prefix, RouteSource source, byte distance, uint metric, long? age, params RouteNextHop[] hops) =>
        new() { Prefix = IpPrefix.Parse(prefix), Source = source, Distance = distance, Metric = metric, AgeSeconds = age, NextHops = hops };

    private static RouteNextHop Hop(string? via, string? name) => new() { Via = via is null ? null : IpAddress.Parse(via), Interface = name };
}
