using Dmvpn.Core;
using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

/// <summary><c>ip route</c> and <c>ipv6 route</c> as people write them.</summary>
public sealed class RouteLineTests
{
    private const string Tunnel = "interface Tunnel0\n ip address 172.20.0.11 255.255.255.0\n ip nhrp network-id 1\n ipv6 address 2001:db8:20::11/64\n tunnel source eth0\n tunnel mode gre multipoint\n";

    [Theory]
    [InlineData("ipv6 route ::/0 2001:db8:20::1", "::/0", 1)]
    [InlineData("ipv6 route ::/0 Tunnel0 2001:db8:20::1 200", "::/0", 200)]
    [InlineData("ip route 0.0.0.0 0.0.0.0 172.20.0.1", "0.0.0.0/0", 1)]
    [InlineData("ip route 0.0.0.0 0.0.0.0 tunnel 0 172.20.0.1 name X 5", "0.0.0.0/0", 5)]
    public void DefaultRoute_IsOne(string line, string prefix, byte distance)
    {
        StaticRouteConfig route = Assert.Single(Load(line).StaticRoutes);
        Assert.Equal((IpPrefix.Parse(prefix), distance, false), (route.Prefix, route.Distance, route.Discards));
        Assert.Contains($"{line.Split(' ')[0]} route {(prefix[0] == ':' ? "::/0" : "0.0.0.0 0.0.0.0")} ", RunningConfig.Write(Load(line)));
    }

    [Theory]
    [InlineData("200 name X tag 7 permanent")]
    [InlineData("permanent tag 7 name X 200")]
    [InlineData("tag 7 200 permanent name X")]
    [InlineData("name X permanent 200 tag 7")]
    public void WordsBehindTheNextHop_StandInAnyOrder(string words) =>
        Assert.Equal(
            new StaticRouteConfig { Prefix = IpPrefix.Parse("10.0.0.0/8"), Tunnel = new(0), NextHop = IpAddress.Parse("172.20.0.1"), Distance = 200, Tag = 7, Name = "X" },
            Assert.Single(Load($"ip route 10.0.0.0 255.0.0.0 172.20.0.1 {words}").StaticRoutes));

    [Theory]
    [InlineData("200 name X 100", "the distance")]
    [InlineData("name X name Y", "'name'")]
    [InlineData("tag 7 200 tag 8", "'tag'")]
    [InlineData("permanent permanent", "'permanent'")]
    public void WordGivenTwice_IsRefused(string words, string what)
    {
        Finding error = Assert.Single(ConfigLoader.Load(Tunnel + $"ip route 10.0.0.0 255.0.0.0 172.20.0.1 {words}\n").Report.Findings, f => f.Kind == FindingKind.Error);
        Assert.Equal($"{what} is given twice", error.Reason);
        Assert.True(error.Column > 39);
    }

    [Theory]
    [InlineData("ip route 10.30.0.0 255.255.0.0 Null0", "ip route 10.30.0.0 255.255.0.0 Null0")]
    [InlineData("ip route 0.0.0.0 0.0.0.0 null 0 254", "ip route 0.0.0.0 0.0.0.0 Null0 254")]
    [InlineData("ipv6 route ::/0 nu0 name drop", "ipv6 route ::/0 Null0 name drop")]
    public void RouteToNull_IsTakenAndPrintedBack(string line, string printed)
    {
        RouterConfig config = Load(line);
        Assert.True(Assert.Single(config.StaticRoutes).Discards);
        Assert.Contains(printed + "\n", RunningConfig.Write(config));
        Assert.Equal(config, ConfigLoader.Load(RunningConfig.Write(config)).Config);
    }

    [Theory]
    [InlineData("ip route 10.0.0.0 255.0.0.0 172.20.0.1 track 1", "tracked objects are not supported: the route would stay when what it tracks fails")]
    [InlineData("ip route 10.0.0.0 255.0.0.0 172.20.0.1 200 name X track 1", "tracked objects are not supported: the route would stay when what it tracks fails")]
    [InlineData("ipv6 route 2001:db8::/32 2001:db8:20::1 track 2", "tracked objects are not supported: the route would stay when what it tracks fails")]
    [InlineData("ip route 10.0.0.0 255.0.0.0 192.0.2.1", "the next hop 192.0.2.1 is in no tunnel's network")]
    [InlineData("ipv6 route ::/0 2001:db8:99::1", "the next hop 2001:db8:99::1 is in no tunnel's network")]
    public void RouteThatIsNotMade_IsRefused(string line, string reason) =>
        Assert.Equal(reason, Assert.Single(ConfigLoader.Load(Tunnel + line + "\n").Report.Findings, f => f.Kind == FindingKind.Error).Reason);

    private static RouterConfig Load(string line)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(Tunnel + line + "\n");
        Assert.True(config is not null, ConfigReportText.Render("f", report));
        return config;
    }
}
