using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>
/// Two hubs that know each other by NHRP and learn the spokes' networks by ODR, and two spokes that are registered with both. One hub
/// dies without a word.
/// </summary>
public sealed class TwoHubsTests : OursTest
{
    // dpd 3 2: five questions after 3 s of silence. Beside that NHRP's 7 s, and time to do something.
    private static readonly TimeSpan AfterDeath = TimeSpan.FromSeconds(35);
    private static readonly SiteAddresses First = new(0), Second = new(1), Left = new(2), Right = new(3);
    private static readonly ProtectionText Protection = new() { Lines = ["crypto ikev2 dpd 10 2 periodic", "cdp timer 5"] };

    [Fact]
    public async Task OdrFromBothHubs_OneDies_TheOtherCarriesAllAndTheFirstComesBack()
    {
        await TwoHubsAsync();
        foreach (int spoke in (int[])[2, 3])
        {
            await EventuallyAsync($"{Sites[spoke].Name} has both defaults", Soon, async () =>
                Hops(await DefaultAsync(spoke)).SetEquals([First.Tunnel, Second.Tunnel]));
        }
        await EventuallyAsync("spokes reach each other", Soon, async () => (await PingAsync(2, 3)).Received == 1);
        await EventuallyAsync("the second hub's LAN answers at the first", Soon, () => AnswersAsync(Sites[0].Node, Second.LanHost));

        await Routers[0].KillAsync();
        foreach (int spoke in (int[])[2, 3])
        {
            await EventuallyAsync($"{Sites[spoke].Name} goes by the second hub alone", AfterDeath, async () => Hops(await DefaultAsync(spoke)).SetEquals([Second.Tunnel]));
        }
        PingResult result = await PingAsync(2, 1, "-c 50 -i 0.05 -W 2");
        Assert.Equal(0, result.Lost);
        result = await PingAsync(2, 3, "-c 50 -i 0.05 -W 2");
        Assert.Equal(0, result.Lost);

        await Routers[0].StartAsync();
        await EventuallyAsync("both defaults are back", Later, async () => Hops(await DefaultAsync(2)).SetEquals([First.Tunnel, Second.Tunnel]));
    }

    [Fact]
    public async Task FloatingStaticRoute_FirstHubDies_TakesOverAndGoesBack()
    {
        await TwoHubsAsync(odr: false);
        await EventuallyAsync("by the first hub", Soon, async () => Hops(await StaticAsync()).SetEquals([First.Tunnel]));
        await Routers[0].KillAsync();
        foreach (int spoke in (int[])[2, 3])
            await EventuallyAsync($"{Sites[spoke].Name} goes by the second hub", AfterDeath, async () => Hops(await StaticAsync(spoke)).SetEquals([Second.Tunnel]));
        PingResult result = await PingAsync(2, 3, "-c 50 -i 0.05 -W 2");
        Assert.Equal(0, result.Lost);
        await Routers[0].StartAsync();
        await EventuallyAsync("by the first hub again", Later, async () => Hops(await StaticAsync()).SetEquals([First.Tunnel]));

        Task<string> StaticAsync(int spoke = 2) => Sites[spoke].Node.IpAsync("route show 10.1.0.0/16");
    }

    [Fact]
    public async Task SpokesOnDifferentHubs_ReachEachOtherByBothAndThenDirectly()
    {
        Sites = [.. await Task.WhenAll(((string[])["hub1", "hub2", "left", "right"]).Select((n, i) => Internet.AddSiteAsync(n, i)))];
        Routers = await Task.WhenAll(
            StartAsync(Sites[0], HubText(First, Second, own: Left, theirs: Right)), StartAsync(Sites[1], HubText(Second, First, own: Right, theirs: Left)),
            StartAsync(Sites[2], SpokeText(Left, First)), StartAsync(Sites[3], SpokeText(Right, Second)));
        await EventuallyAsync("left registered with the first hub", Soon, () => Routers[0].IsUpAsync(Left.Tunnel));
        await EventuallyAsync("right registered with the second hub", Soon, () => Routers[1].IsUpAsync(Right.Tunnel));
        await EventuallyAsync("the hubs know each other", Soon, async () =>
            await Routers[0].IsUpAsync(Second.Tunnel) && await Routers[1].IsUpAsync(First.Tunnel));

        await EventuallyAsync("they reach each other", Soon, async () => (await PingAsync(2, 3)).Received == 1);
        await BecomesDirectAsync(2, 3);
        await BecomesDirectAsync(3, 2);

        static string HubText(SiteAddresses site, SiteAddresses other, SiteAddresses own, SiteAddresses theirs)
        {
            var text = new RouterText(site)
            {
                Protection = Protection,
                Extra = [$" ip nhrp nhs {other.Tunnel} nbma {other.Public} multicast"],
                Lines =
                [
                    $"ip route {own.Lan[..^3]} 255.255.255.0 {own.Tunnel}", $"ip route {theirs.Lan[..^3]} 255.255.255.0 {other.Tunnel}",
                    $"ip route {other.Lan[..^3]} 255.255.255.0 {other.Tunnel}",
                ],
            };
            return text.ToString();
        }

        static string SpokeText(SiteAddresses site, SiteAddresses hub) =>
            new RouterText(site) { Hub = hub, Protection = Protection, Lines = [$"ip route 10.1.0.0 255.255.0.0 {hub.Tunnel}"] }.ToString();
    }

    private async Task TwoHubsAsync(bool odr = true)
    {
        Sites = [.. await Task.WhenAll(((string[])["hub1", "hub2", "left", "right"]).Select((n, i) => Internet.AddSiteAsync(n, i)))];
        Routers = await Task.WhenAll(
            StartAsync(Sites[0], HubText(First, Second)), StartAsync(Sites[1], HubText(Second, First)),
            StartAsync(Sites[2], SpokeText(Left)), StartAsync(Sites[3], SpokeText(Right)));
        foreach (SiteAddresses spoke in (SiteAddresses[])[Left, Right])
        {
            foreach (DmvpnDaemon hub in Routers[..2])
                await EventuallyAsync($"{spoke.Tunnel} registered with {hub.Name}", Soon, () => hub.IsUpAsync(spoke.Tunnel));
        }

        string HubText(SiteAddresses own, SiteAddresses other)
        {
            var text = new RouterText(own)
            {
                Protection = Protection,
                HoldTime = 60,
                Extra = [" cdp enable", $" ip nhrp nhs {other.Tunnel} nbma {other.Public} multicast"],
                Lines = odr ? ["router odr", $"ip route {other.Lan[..^3]} 255.255.255.0 {other.Tunnel}"]
                    : [.. RouterText.EachByItsOwn(Left, Right), $"ip route {other.Lan[..^3]} 255.255.255.0 {other.Tunnel}"],
            };
            return text.ToString();
        }

        string SpokeText(SiteAddresses own)
        {
            var text = new RouterText(own)
            {
                Hub = First,
                Protection = Protection,
                HoldTime = 60,
                Extra = [" cdp enable", $" ip nhrp nhs {Second.Tunnel} nbma {Second.Public} multicast"],
                Lines = odr ? [] : [$"ip route 10.1.0.0 255.255.0.0 {First.Tunnel}", $"ip route 10.1.0.0 255.255.0.0 {Second.Tunnel} 200"],
            };
            return text.ToString();
        }
    }

    // The kernel's own default by the internet has another metric; ours goes by the tunnel.
    private Task<string> DefaultAsync(int spoke) => Sites[spoke].Node.IpAsync("route show default");

    private static HashSet<string> Hops(string routes) =>
        [.. ((string[])[First.Tunnel, Second.Tunnel]).Where(hop => routes.Split([' ', '\n']).Contains(hop))];
}
