using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>
/// Routes of the kernel that people have beside a tunnel's: several next hops, tables of policy
/// routing, the provider's default route, a firewall's forward chain.
/// </summary>
public sealed class KernelRoutesTests : FieldTest
{
    private const int Flows = 20;

    [Fact]
    public async Task EqualCostRoutes_OverTwoTunnelsOrATunnelAndALine_EveryFlowPasses()
    {
        Sites = [await Internet.AddSiteAsync("hub", 0), await Internet.AddSiteAsync("spoke1", 1)];
        Routers =
        [
            await StartAsync(Sites[0], Both(Hub, null) + "router odr\n"),
            await StartAsync(Sites[1], Both(One, Hub)),
        ];
        await EventuallyAsync("ODR has both next hops", Soon, () =>
            HasRoutesAsync(Sites[0], One.Lan, "dev Tunnel0", "dev Tunnel1"));
        string[] here = await AddFlowsAsync(Sites[0], Flows), there = await AddFlowsAsync(Sites[1], Flows);
        Assert.Equal(0, await LostFlowsAsync(Sites[0].LanHost, here.Zip(there)));

        // The same by hand; and with a line beside the tunnel.
        const string Far = "10.99.0.10", Net = "10.99.0.0/16", Other = "nexthop via 10.254.0.11 dev Tunnel1";
        await Sites[1].LanHost.IpAsync($"addr add {Far}/16 dev eth0");
        await Sites[1].Node.IpAsync($"route add {Net} dev lan0");
        await Sites[0].Node.IpAsync($"route add {Net} nexthop via {One.Tunnel} dev Tunnel0 {Other}");
        await EventuallyAsync("by both tunnels", Soon, AllPassAsync);
        await LabRun.ConnectAsync(Sites[0].Node, "line", Sites[1].Node, "line");
        await Sites[0].Node.IpAsync("addr add 192.168.9.1/30 dev line");
        await Sites[1].Node.IpAsync("addr add 192.168.9.2/30 dev line");
        await Sites[0].Node.IpAsync($"route replace {Net} nexthop via 192.168.9.2 dev line {Other}");
        await EventuallyAsync("by a line and a tunnel", Soon, AllPassAsync);

        async Task<bool> AllPassAsync() => await LostFlowsAsync(Sites[0].LanHost, here.Select(h => (h, Far))) == 0;

        static string Both(SiteAddresses site, SiteAddresses? hub)
        {
            var first = new RouterText(site) { Hub = hub, Key = 1, Extra = [" cdp enable"] };
            return "cdp timer 5\n" + first.Interface() + (first with { Key = 2, Tunnel = 1 }).Interface();
        }
    }

    [Fact]
    public async Task PolicyRoutingTable_LeadsIntoTheTunnel_GoesByItsNextHop()
    {
        await BuildAsync(1, r => r with { Lines = r.Hub is null ? r.Lines : [] });
        await AllRegisteredAsync();
        Site spoke = Sites[1];
        Assert.Equal(0, (await PingAsync(1, 0)).Received);

        await spoke.Node.IpAsync($"rule add from {One.Lan} lookup 100");
        await spoke.Node.IpAsync($"route add {Hub.Lan} via {Hub.Tunnel} dev Tunnel0 onlink table 100");
        await EventuallyAsync("the hub's LAN answers", Soon, () => ReachAsync((1, 0)));
        await NoneIsLostAsync(1, 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task DefaultByOdr_BesideTheProviders_PrivateNetworksGoByTheTunnelAndTheLogSaysIt(int metric)
    {
        string[] names = ["hub", "spoke1", "spoke2"];
        Sites = [.. await Task.WhenAll(names.Select((name, i) => Internet.AddSiteAsync(name, i)))];
        foreach (Site spoke in Sites[1..])
            await spoke.Node.IpAsync($"route add default via {spoke.Addresses.PublicGateway} metric {metric}");
        await Internet.Router.NftAsync("""
            table ip leak { chain in { type filter hook prerouting priority -300; ip saddr 10.1.0.0/16 counter; }; }
            """);
        RouterText odr = new(Hub) { Extra = [" cdp enable"] };
        Routers =
        [
            await StartAsync(Sites[0], (odr with { Lines = ["router odr"] }).ToString()),
            await StartAsync(Sites[1], (odr with { Site = One, Hub = Hub }).ToString()),
            await StartAsync(Sites[2], (odr with { Site = Two, Hub = Hub }).ToString()),
        ];
        await AllRegisteredAsync();
        await SaysAsync(Routers[1], "DEFAULT_LOSES");
        await EventuallyAsync("the hub has both LANs", Soon, () => HasRoutesAsync(Sites[0], "", One.Lan, Two.Lan));
        await NoneIsLostAsync(1, 2);
        Assert.Contains("counter packets 0 ", await Internet.Router.RunAsync("nft", "list", "table", "ip", "leak"));
    }

    [Fact]
    public async Task KernelOfTheHubForwardsNothing_AsWithDocker_SpokesReachEachOtherByShortcut()
    {
        await BuildAsync(2);
        await Sites[0].Node.NftAsync("""
            table ip filter {
              chain FORWARD { type filter hook forward priority 0; policy drop; ct state established,related accept; };
            }
            """);
        await AllRegisteredAsync();
        await BecomesDirectAsync(1, 2);
        Assert.Equal(0, (await PingAsync(1, 0)).Received);
    }
}
