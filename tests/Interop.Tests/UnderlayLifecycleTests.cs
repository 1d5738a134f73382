using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>The underlay in another namespace, without an address, dead; hubs below hubs.</summary>
public sealed class UnderlayLifecycleTests : LifecycleTest
{
    private static readonly SiteAddresses One = new(1);

    [Fact]
    public async Task TunnelVrf_UnderlayInAnotherNamespace_RegistersAndCarries()
    {
        Site hubSite = await Internet.AddSiteAsync("hub", 0), outside = await Internet.AddSiteAsync("spoke1", 1);
        NetNamespace inside = await Run.AddNamespaceAsync("inside");
        DmvpnDaemon hub = await StartAsync(hubSite, new RouterText(Hub).ToString());
        await StartAsync(inside, SpokeText(1, new RouterText(One) { Extra = [$" tunnel vrf {outside.Node.FullName}"] }));

        await EventuallyAsync("the spoke registered", Soon, () => hub.IsUpAsync(One.Tunnel, One.Public));
        await EventuallyAsync("the hub answers", Soon, () => AnswersAsync(inside, Hub.Tunnel));
        await EventuallyAsync("the spoke answers", Soon, () => AnswersAsync(hubSite.Node, One.Tunnel));
        Assert.True(await HasDeviceAsync(inside, "Tunnel0"));
        Assert.False(await HasDeviceAsync(outside.Node, "Tunnel0"));
    }

    [Fact]
    public async Task PointToPointKeepalive_UnderlayDies_LineGoesDownAndComesBack()
    {
        Site[] sites = [await Internet.AddSiteAsync("hub", 0), await Internet.AddSiteAsync("spoke1", 1)];
        DmvpnDaemon[] ends = [await StartAsync(sites[0], Text(Hub, One)), await StartAsync(sites[1], Text(One, Hub))];
        foreach (DmvpnDaemon end in ends)
            await EventuallyAsync($"the line of {end.Name} is up", Soon, () => IsLineUpAsync(end));
        await EventuallyAsync("the other end answers", Soon, () => AnswersAsync(sites[1].Node, Hub.Tunnel));

        await Internet.Router.IpAsync("link set w-spoke1 down");
        await EventuallyAsync("the line at the far end is down", Soon, async () => !await IsLineUpAsync(ends[0]));

        await Internet.Router.IpAsync("link set w-spoke1 up");
        foreach (DmvpnDaemon end in ends)
            await EventuallyAsync($"the line of {end.Name} is up again", Soon, () => IsLineUpAsync(end));
        await EventuallyAsync("the other end answers again", Soon, () => AnswersAsync(sites[1].Node, Hub.Tunnel));

        static string Text(SiteAddresses self, SiteAddresses other) => $"""
            interface Tunnel0
             ip address {self.Tunnel} 255.255.255.0
             keepalive 1 2
             tunnel source eth0
             tunnel destination {other.Public}
            end

            """;
    }

    [Fact]
    public async Task SourceInterface_GetsItsAddressLater_TunnelComesUpByItself()
    {
        Site hubSite = await Internet.AddSiteAsync("hub", 0), site = await Internet.AddSiteAsync("spoke1", 1);
        await site.Node.IpAsync("addr flush dev eth0 scope global");
        DmvpnDaemon hub = await StartAsync(hubSite, new RouterText(Hub).ToString());
        DmvpnDaemon spoke = await StartAsync(site, SpokeText(1));
        Assert.False(await IsLineUpAsync(spoke));

        await Site.MoveAsync(site.Node, One);

        await EventuallyAsync("the line is up", Soon, () => IsLineUpAsync(spoke));
        await EventuallyAsync("the spoke registered", Soon, () => hub.IsUpAsync(One.Tunnel, One.Public));
        await EventuallyAsync("the hub answers", Soon, () => AnswersAsync(site.Node, Hub.Tunnel));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RegionalHubs_SpokesOfTwoRegions_GetADirectShortcutWithoutLoss(bool ownNetworks)
    {
        SiteAddresses east = One, west = new(2), eastern = new(3), western = new(4);
        // The regions are networks of their own, by other tunnels of the regional hubs; or everything is one network.
        RouterText core = new(Hub) { NetworkId = 100 };
        RouterText inEast = ownNetworks ? core with { Tunnel = 1, Key = 43 } : core, inWest = ownNetworks ? core with { Tunnel = 2, Key = 43 } : core;
        string[] plan =
        [
            (core with { Lines = [Lan(eastern, core.OnTunnel(east)), Lan(western, core.OnTunnel(west))] }).ToString(),
            Regional(east, inEast) + $"{RouterText.AllByTheHub[0]}\n{Lan(eastern, inEast.OnTunnel(eastern))}\n",
            Regional(west, inWest) + $"{RouterText.AllByTheHub[0]}\n{Lan(western, inWest.OnTunnel(western))}\n",
            (inEast with { Site = eastern, Hub = east, Lines = [All(inEast.OnTunnel(east))] }).ToString(),
            (inWest with { Site = western, Hub = west, Lines = [All(inWest.OnTunnel(west))] }).ToString(),
        ];
        Sites = [.. await Task.WhenAll(((string[])["hub", "east", "west", "eastern", "western"]).Select((n, i) => Internet.AddSiteAsync(n, i)))];
        Routers = await Task.WhenAll(plan.Select((text, i) => StartAsync(Sites[i], text)));
        foreach ((int server, string client) in ((int, string)[])[(0, east.Tunnel), (0, west.Tunnel), (1, inEast.OnTunnel(eastern)), (2, inWest.OnTunnel(western))])
            await EventuallyAsync($"{client} registered with {Sites[server].Name}", Soon, () => Routers[server].IsUpAsync(client));

        PingResult result = await PingAsync(3, 4, "-c 500 -i 0.01 -W 2");

        TestContext.Current.TestOutputHelper?.WriteLine($"sent {result.Sent}, lost {result.Lost}, reordered {result.Reordered}");
        Assert.Equal(500, result.Sent);
        Assert.Equal(0, result.Lost);
        Assert.Equal(Direct, result.LastHopLimit);
        Assert.Contains($"via {inWest.OnTunnel(western)} dev Tunnel{inEast.Tunnel}", await Sites[3].Node.IpAsync("route show " + western.Lan));
        Assert.Contains($"via {inEast.OnTunnel(eastern)} dev Tunnel{inWest.Tunnel}", await Sites[4].Node.IpAsync("route show " + eastern.Lan));
        Assert.True(await Routers[3].IsUpAsync(inWest.OnTunnel(western), western.Public), "the eastern spoke knows the western one");

        string Regional(SiteAddresses site, RouterText region)
        {
            RouterText up = core with { Site = site, Hub = Hub, RegionalHub = true };
            return up.Interface() + (ownNetworks ? (region with { Site = site }).Interface() : "");
        }

        static string Lan(SiteAddresses of, string by) => $"ip route {of.Lan[..^3]} 255.255.255.0 {by}";
        static string All(string by) => $"ip route 10.1.0.0 255.255.0.0 {by}";
    }
}
