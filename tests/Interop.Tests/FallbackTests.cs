using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>
/// Two hubs that know each other, and spokes that use one of them at a time: a cluster. The first hub dies
/// and comes back.
/// </summary>
public sealed class FallbackTests : FieldTest
{
    private static readonly SiteAddresses Second = new(1), Left = new(2), Right = new(3);
    private static readonly ProtectionText Protection = new() { Lines = ["crypto ikev2 dpd 10 2 periodic"] };

    [Fact, Trait("When", "Nightly")]
    public async Task FirstHubDiesAndComesBack_SpokesGoToTheSecondAndBackTogether()
    {
        const int Fallback = 10;
        await BuildAsync(Fallback, Fallback);
        await AllAtAsync(0);
        await EventuallyAsync("LANs reach each other", Soon, BothWaysAsync);

        await Routers[0].KillAsync();
        await AllAtAsync(1);
        await EventuallyAsync("LANs reach each other by the second hub", Soon, BothWaysAsync);

        await Routers[0].StartAsync();
        await EventuallyAsync("both call the first hub again", Later, () => HasBothAsync(0));
        Assert.True(await HasBothAsync(1), "the second hub has them until the first has proved itself");
        await EventuallyAsync("both have left the second hub", Later, async () =>
            !await UsesAsync(2, Second) && !await UsesAsync(3, Second));
        Assert.True(await HasBothAsync(0), "both are at the first hub");
        await EventuallyAsync("LANs reach each other by the first hub", Soon, BothWaysAsync);
        await NoneIsLostAsync(2, 3, 50);
    }

    [Fact, Trait("When", "Nightly")]
    public async Task OneSpokeGoesBackBeforeTheOther_TheyReachEachOtherByBothHubsMeanwhile()
    {
        await BuildAsync(0, 60);
        await AllAtAsync(0);
        await Routers[0].KillAsync();
        await AllAtAsync(1);
        await EventuallyAsync("LANs reach each other by the second hub", Soon, BothWaysAsync);

        await Routers[0].StartAsync();
        await EventuallyAsync("left has left the second hub", Later, async () =>
            await Routers[0].IsUpAsync(Left.Tunnel) && !await UsesAsync(2, Second));
        Assert.True(await UsesAsync(3, Second), "right is at the second hub still");
        await EventuallyAsync("LANs reach each other", Soon, BothWaysAsync);
        await NoneIsLostAsync(2, 3, 100);
        Assert.True(await UsesAsync(3, Second), "right was at the second hub all the time");
    }

    private async Task BuildAsync(int leftFallback, int rightFallback)
    {
        string[] names = ["hub1", "hub2", "left", "right"];
        Sites = [.. await Task.WhenAll(names.Select((name, i) => Internet.AddSiteAsync(name, i)))];
        Routers = await Task.WhenAll(
            StartAsync(Sites[0], HubText(Hub, Second)), StartAsync(Sites[1], HubText(Second, Hub)),
            StartAsync(Sites[2], SpokeText(Left, leftFallback)), StartAsync(Sites[3], SpokeText(Right, rightFallback)));
    }

    private Task<bool> BothWaysAsync() => ReachAsync((2, 3), (3, 2));

    private Task AllAtAsync(int hub) =>
        EventuallyAsync($"both are at {Routers[hub].Name}", AfterDetection, () => HasBothAsync(hub));

    private async Task<bool> HasBothAsync(int hub) =>
        await Routers[hub].IsUpAsync(Left.Tunnel) && await Routers[hub].IsUpAsync(Right.Tunnel);

    private Task<bool> UsesAsync(int spoke, SiteAddresses hub) => Routers[spoke].IsUpAsync(hub.Tunnel);

    // The hubs route every LAN by the spoke's tunnel address: the other hub knows who is not here.
    private static string HubText(SiteAddresses site, SiteAddresses other) => new RouterText(site)
    {
        Protection = Protection,
        Extra = [$" ip nhrp nhs {other.Tunnel} nbma {other.Public} multicast"],
        Lines = RouterText.EachByItsOwn(Left, Right),
    }.ToString();

    private static string SpokeText(SiteAddresses site, int fallback) => new RouterText(site)
    {
        Hub = Hub,
        Protection = Protection,
        Extra =
        [
            $" ip nhrp nhs {Hub.Tunnel} nbma {Hub.Public} multicast priority 0 cluster 1",
            $" ip nhrp nhs {Second.Tunnel} nbma {Second.Public} multicast priority 1 cluster 1",
            " ip nhrp nhs cluster 1 max-connections 1", $" ip nhrp nhs fallback {fallback}",
        ],
        Lines = [$"ip route 10.1.0.0 255.255.0.0 {Hub.Tunnel}", $"ip route 10.1.0.0 255.255.0.0 {Second.Tunnel} 200"],
    }.ToString();
}
