using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>
/// Two ways between a spoke and its hub, with one identity at each end: two uplinks of the spoke with a
/// tunnel each, two addresses of the hub, two hubs that have the same name.
/// </summary>
public sealed class TwoUplinksTests : FieldTest
{
    private const string First = "10.255.0.1", Second = "10.254.0.1";

    [Theory, Trait("When", "Nightly")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SpokeWithTwoProviders_OneFallsSilent_TheOtherTunnelCarriesAllAndGoesBack(bool rule)
    {
        await UplinksAsync(rule);
        await Internet.SilenceAsync("w-spoke1");
        await EventuallyAsync("LAN 1 reaches the hub's by the second", AfterDetection, () => ReachAsync((1, 0)));
        await EventuallyAsync("all LANs reach each other", AfterDetection, () => ReachAsync((0, 1), (2, 1), (1, 2)));
        Assert.Contains("dev Tunnel1", await Sites[1].Node.IpAsync($"route get {Hub.LanHost}"));

        await Internet.SilenceAsync("w-spoke1", silent: false);
        await EventuallyAsync("by the first again", Later, async () =>
        {
            string way = await Sites[1].Node.IpAsync($"route get {Hub.LanHost}");
            return way.Contains("dev Tunnel0", StringComparison.Ordinal);
        });
        await EventuallyAsync("all LANs reach each other again", Soon, () =>
            ReachAsync((1, 0), (0, 1), (2, 1), (1, 2)));
        await NoneIsLostAsync(1, 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SpokeWithTwoProviders_BothTunnelsLiveSideBySide(bool rule)
    {
        await UplinksAsync(rule);
        await NoneIsLostAsync(1, 0, 100);
        AssertNobodyWentDown(Routers);
    }

    [Fact]
    public async Task HubWithTwoAddresses_SpokeHasATunnelToEach_BothLive()
    {
        const string Other = "203.0.113.2";
        await SitesAsync("hub", "spoke1");
        await Sites[0].Node.IpAsync($"addr add {Other}/28 dev eth0");
        RouterText hub = new(Hub) { Protection = Named("hub"), Key = 1 };
        RouterText spoke = new(One) { Hub = Hub, Protection = Named("spoke1"), Key = 1 };
        string atOther = From(Other, (hub with { Key = 2, Tunnel = 1 }).Interface());
        string toOther = (spoke with { Key = 2, Tunnel = 1 }).Interface()
            .Replace($"nbma {Hub.Public}", $"nbma {Other}", StringComparison.Ordinal);
        Routers =
        [
            await StartAsync(Sites[0], $"{hub.Protection}{From(Hub.Public, hub.Interface())}{atOther}"),
            await StartAsync(Sites[1], $"{spoke.Protection}{Shared(spoke.Interface() + toOther)}"),
        ];
        await BothLiveAsync(First, Second);
    }

    [Fact]
    public async Task TwoHubsWithOneIdentity_BothLive()
    {
        await SitesAsync("hub", "spoke1", "hub2");
        RouterText hub = new(Hub) { Protection = Named("hub") };
        string second = $" ip nhrp nhs {Two.Tunnel} nbma {Two.Public} multicast";
        var spoke = new RouterText(One) { Hub = Hub, Protection = Named("spoke1"), Extra = [second] };
        Routers =
        [
            await StartAsync(Sites[0], hub.ToString()), await StartAsync(Sites[1], spoke.ToString()),
            await StartAsync(Sites[2], (hub with { Site = Two }).ToString()),
        ];
        await BothLiveAsync(Hub.Tunnel, Two.Tunnel);
    }

    /// <summary>Both are up and stay so; whatever happens says little.</summary>
    private async Task BothLiveAsync(string first, string second)
    {
        foreach (string address in (string[])[first, second])
            await EventuallyAsync($"{address} is up", Soon, () => Routers[1].IsUpAsync(address));
        foreach (string address in (string[])[first, second])
            Assert.Equal(0, (await Sites[1].Node.PingAsync(address, "-c 60 -i 0.05 -W 1")).Lost);
        Assert.True(await Routers[1].IsUpAsync(first) && await Routers[1].IsUpAsync(second), "both are up in the end");
        AssertNobodyWentDown(Routers);
        Assert.All(Routers, r => Assert.InRange(r.Log.Length, 0, 20_000));
    }

    /// <summary>A spoke with two uplinks and a tunnel by each, another with two tunnels by one, and the hub.</summary>
    private async Task UplinksAsync(bool rule)
    {
        await SitesAsync("hub", "spoke1", "spoke2");
        await Internet.AddUplinkAsync(Sites[1], "eth1", new SiteAddresses(3), 200, rule);
        string[] routes = [$"ip route 10.1.0.0 255.255.0.0 {First}", $"ip route 10.1.0.0 255.255.0.0 {Second} 200"];
        Routers = await Task.WhenAll(
            StartAsync(Sites[0], Shared(Text(Hub, null)) + "router odr\n"),
            StartAsync(Sites[1], Text(One, Hub, "eth1") + string.Join('\n', routes) + "\n"),
            StartAsync(Sites[2], Shared(Text(Two, Hub)) + string.Join('\n', routes) + "\n"));
        foreach (string address in (string[])[One.Tunnel, "10.254.0.11", Two.Tunnel, "10.254.0.12"])
            await EventuallyAsync($"{address} registered", Soon, () => Routers[0].IsUpAsync(address));
        await EventuallyAsync("LANs reach each other", Soon, () => ReachAsync((1, 0), (1, 2)));

        static string Text(SiteAddresses site, SiteAddresses? hub, string second = "eth0")
        {
            var one = new RouterText(site)
            {
                Hub = hub,
                Key = 1,
                HoldTime = 300,
                Protection = Named($"router{site.Number}"),
                Extra = hub is null ? [" cdp enable"] : [" cdp enable", " if-state nhrp"],
            };
            return $"cdp timer 5\n{one.Protection}{one.Interface()}"
                + From(second, (one with { Key = 2, Tunnel = 1 }).Interface());
        }
    }

    private async Task SitesAsync(params string[] names) =>
        Sites = [.. await Task.WhenAll(names.Select((name, i) => Internet.AddSiteAsync(name, i)))];

    private static string From(string source, string text) =>
        text.Replace("source eth0", $"source {source}", StringComparison.Ordinal);

    /// <summary>The protection of tunnels on one source.</summary>
    private static string Shared(string text)
    {
        const string Line = $" tunnel protection ipsec profile {ProtectionText.Profile}";
        return text.Replace($"{Line}\n", $"{Line} shared\n", StringComparison.Ordinal);
    }
}
