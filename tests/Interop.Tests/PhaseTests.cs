using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>The three phases of DMVPN between our own routers, with real packets.</summary>
public sealed class PhaseTests : OursTest
{
    [Fact]
    public async Task Phase1_PointToPointSpokes_TalkByTheHubForGood()
    {
        await BuildAsync(2, r => r with { PointToPoint = r.Hub is not null, Redirect = false });
        await AllRegisteredAsync();

        await EventuallyAsync("LAN 2 answers LAN 1", Soon, async () => (await PingAsync(1, 2)).Received == 1);
        PingResult result = await PingAsync(1, 2, "-c 20 -i 0.1 -W 1");
        Assert.Equal(0, result.Lost);
        Assert.All(result.Replies, r => Assert.Equal(ByTheHub, r.HopLimit));
    }

    [Fact]
    public async Task Phase2_RoutesBySpoke_ResolvedNextHopIsUsed()
    {
        await BuildAsync(2, r => r with
        {
            Redirect = false,
            Lines = RouterText.EachByItsOwn(new SiteAddresses[] { new(1), new(2) }.Where(s => s != r.Site)),
        });
        await AllRegisteredAsync();

        await EventuallyAsync("LAN 2 answers LAN 1", Soon, async () => (await PingAsync(1, 2)).Received == 1);
        await BecomesDirectAsync(1, 2);
        Assert.True(await Routers[1].IsUpAsync(Sites[2].Addresses.Tunnel, Sites[2].Addresses.Public));
    }

    [Fact]
    public async Task Phase3_RoutesByTheHub_ShortcutIsARouteOfTheKernel()
    {
        await BuildAsync(2);
        await AllRegisteredAsync();

        await BecomesDirectAsync(1, 2);

        string route = await Sites[1].Node.IpAsync("route show " + Sites[2].Addresses.Lan);
        Assert.Contains("via " + Sites[2].Addresses.Tunnel, route);
        Assert.Contains("dev Tunnel0", route);
        await Routers[1].RunAsync("clear", "ip", "nhrp", "shortcut");
        await EventuallyAsync("the shortcut is gone from the kernel", Soon, async () =>
            !(await Sites[1].Node.IpAsync("route show " + Sites[2].Addresses.Lan)).Contains(Sites[2].Addresses.Tunnel, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Phase3_HundredPacketsASecond_NoneIsLostWhenTheShortcutComesAndGoes()
    {
        await BuildAsync(2);
        await AllRegisteredAsync();
        await EventuallyAsync("LAN 2's gateway answers the hub's LAN", Soon, async () => (await PingAsync(0, 2)).Received == 1);

        // A reply for each of 1,000 requests, 100 a second: the shortcut is made at the beginning and taken away in the middle.
        Task<PingResult> stream = PingAsync(1, 2, "-c 1000 -i 0.01 -W 2");
        string lan = Sites[2].Addresses.Lan;
        await EventuallyAsync("a shortcut", Soon, () => HasShortcutAsync(lan));
        await Routers[1].RunAsync("clear", "ip", "nhrp", "shortcut");
        PingResult result = await stream;

        TestContext.Current.TestOutputHelper?.WriteLine($"sent {result.Sent}, lost {result.Lost}, reordered {result.Reordered}");
        Assert.Contains(result.Replies, r => r.HopLimit == ByTheHub);
        Assert.Contains(result.Replies, r => r.HopLimit == Direct);
        Assert.Equal(1000, result.Sent);
        Assert.Equal(0, result.Lost);
    }

    private async Task<bool> HasShortcutAsync(string lan) =>
        (await Sites[1].Node.IpAsync("route show " + lan)).Contains("via " + Sites[2].Addresses.Tunnel, StringComparison.Ordinal);
}
