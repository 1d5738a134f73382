using System.Diagnostics;
using System.Text.Json;
using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>Our own routers, protected: what the seam between NHRP and IPsec must do.</summary>
public sealed class IpsecLifecycleTests : LifecycleTest
{
    private static readonly ProtectionText Protection = new() { Lines = ["crypto ikev2 dpd 10 2 periodic"] };

    /// <summary>"Within seconds": well below any hold time and the time that DPD takes.</summary>
    private static readonly TimeSpan Seconds = TimeSpan.FromSeconds(6);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HubStartsAgain_EverybodyIsBackWithinSeconds(bool inGoodOrder)
    {
        await BuildAsync(3, r => r with { Protection = Protection, HoldTime = 300 });
        await AllRegisteredAsync();
        await BecomesDirectAsync(1, 2);

        await (inGoodOrder ? Routers[0].StopAsync() : Routers[0].KillAsync());
        long begin = Stopwatch.GetTimestamp();
        await Routers[0].StartAsync();

        // They talk to the hub all the time: else only DPD or the next registration would tell them.
        await EventuallyAsync("the hub's LAN answers each", Seconds, async () =>
            (await Task.WhenAll(PingAsync(1, 0), PingAsync(2, 0), PingAsync(3, 0))).All(p => p.Received == 1));
        foreach (Site spoke in Sites.Skip(1))
            Assert.True(await Routers[0].IsUpAsync(spoke.Addresses.Tunnel));
        TestContext.Current.TestOutputHelper?.WriteLine($"back after {Stopwatch.GetElapsedTime(begin).TotalSeconds:0.0} s");
    }

    [Fact]
    public async Task HubIsAwayForLongerThanDpdTakes_SpokesComeBackByTheirTickets()
    {
        await BuildAsync(2, r => r with { Protection = Protection, HoldTime = 300 });
        await AllRegisteredAsync();

        await Routers[0].KillAsync();
        await EventuallyAsync("both know that it is dead", TimeSpan.FromSeconds(45), () =>
            Task.FromResult(Routers.Skip(1).All(r => r.Log.Contains("does not answer", StringComparison.Ordinal))));
        await Routers[0].StartAsync();

        foreach (Site spoke in Sites.Skip(1))
            await EventuallyAsync($"{spoke.Name} registered again", Later, () => Routers[0].IsUpAsync(spoke.Addresses.Tunnel));
        JsonElement statistics = await Routers[0].ShowJsonAsync("crypto", "ikev2", "stats");
        Assert.Equal(2, statistics.GetProperty("resumed").GetInt64());
    }

    [Fact]
    public async Task SpokeStartsAgain_ItIsBackWithinSeconds_AndItsShortcutsToo()
    {
        await BuildAsync(2, r => r with { Protection = Protection, HoldTime = 300 });
        await AllRegisteredAsync();
        await BecomesDirectAsync(1, 2);

        await Routers[1].KillAsync();
        await Routers[1].StartAsync();

        await EventuallyAsync("LAN 2 reaches LAN 1", Seconds, async () => (await PingAsync(2, 1)).Received == 1);
        await EventuallyAsync("LAN 1 reaches LAN 2", Seconds, async () => (await PingAsync(1, 2)).Received == 1);
        await BecomesDirectAsync(1, 2);
        await BecomesDirectAsync(2, 1);
    }

    [Fact]
    public async Task TwoSpokesBehindOneNat_TheHubAndAThirdTellThemApart()
    {
        Site hub = await Internet.AddSiteAsync("hub", 0);
        NatBox nat = await Internet.AddNatAsync("nat", 1);
        Sites = [hub, await Internet.AddSiteAsync("spoke1", 1, nat), await Internet.AddSiteAsync("spoke2", 2, nat), await Internet.AddSiteAsync("spoke3", 3)];
        Routers = await Task.WhenAll(Sites.Select(s => StartAsync(s, (new RouterText(s.Addresses)
        {
            Hub = s == hub ? null : Hub,
            Protection = Protection,
            Lines = s == hub ? RouterText.EachByItsOwn(Sites.Skip(1).Select(o => o.Addresses)) : RouterText.AllByTheHub,
        }).ToString())));

        await AllRegisteredAsync();
        foreach ((int from, int to) in ((int, int)[])[(1, 0), (2, 0), (1, 2), (2, 1), (3, 1), (3, 2)])
            await EventuallyAsync($"LAN {from} reaches LAN {to}", Soon, async () => (await PingAsync(from, to)).Received == 1);
        // The NAT has no way back into itself: they go by the hub, and a shortcut that cannot be takes nothing away.
        Assert.InRange((await PingAsync(1, 2, "-c 60 -i 0.05 -W 1")).Lost, 0, 1);
        await BecomesDirectAsync(1, 3);
        await BecomesDirectAsync(2, 3);
    }

    [Fact]
    public async Task SpokeMoves_ItsAssociationsAndItsRegistrationMoveWithIt()
    {
        await BuildAsync(2, r => r with { Protection = Protection, HoldTime = 300, Unique = true });
        await AllRegisteredAsync();
        await BecomesDirectAsync(1, 2);
        Func<Task<bool>> remembers = await RememberAsync(Routers[0], Sites[1].Addresses.Tunnel);

        await Sites[2].MoveAsync(Sites[2].Addresses.Elsewhere);

        await EventuallyAsync("the hub has the new address", Seconds, () => Routers[0].IsUpAsync(Sites[2].Addresses.Tunnel, Sites[2].Place.Public));
        await EventuallyAsync("LAN 1 reaches LAN 2", Seconds, async () => (await PingAsync(1, 2)).Received == 1);
        await BecomesDirectAsync(1, 2);
        Assert.True(await remembers(), "the other spoke is none of this");
    }

    [Fact]
    public async Task TwoTunnelsShareTheProtectionOfOneSource()
    {
        Sites = [await Internet.AddSiteAsync("hub", 0), await Internet.AddSiteAsync("spoke1", 1)];
        string One(SiteAddresses site, SiteAddresses? hub, int tunnel) => new RouterText(site) { Hub = hub, Key = (uint)tunnel + 1, Tunnel = tunnel, Protection = Protection }
            .Interface().Replace($"profile {ProtectionText.Profile}\n", $"profile {ProtectionText.Profile} shared\n", StringComparison.Ordinal);
        string Both(SiteAddresses site, SiteAddresses? hub) => Protection + One(site, hub, 0) + One(site, hub, 1);
        DmvpnDaemon server = await StartAsync(Sites[0], Both(Hub, null));
        await StartAsync(Sites[1], Both(new SiteAddresses(1), Hub));

        foreach ((string tunnel, string address) in ((string, string)[])[("Tunnel0", "10.255.0.11"), ("Tunnel1", "10.254.0.11")])
        {
            await EventuallyAsync($"{address} registered at {tunnel}", Soon, async () => (await server.PeersAsync()).Any(p => p.IsUp && p.Tunnel == tunnel && p.Address == address));
            string hubsAddress = address.Replace(".11", ".1", StringComparison.Ordinal);
            await EventuallyAsync($"{hubsAddress} answers", Soon, () => AnswersAsync(Sites[1].Node, hubsAddress));
        }
    }

    [Theory]
    [InlineData("crypto session remote")]
    [InlineData("crypto sa peer")]
    public async Task OnePeerIsCleared_ItComesBack_AndNothingElseFlaps(string clear)
    {
        await BuildAsync(2, r => r with { Protection = Protection, HoldTime = 300 });
        await AllRegisteredAsync();
        Func<Task<bool>> remembers = await RememberAsync(Routers[0], Sites[2].Addresses.Tunnel);

        await Routers[0].RunAsync(["clear", .. clear.Split(' '), Sites[1].Addresses.Public]);

        await EventuallyAsync("LAN 1 reaches the hub's", Seconds, async () => (await PingAsync(1, 0)).Received == 1);
        await EventuallyAsync("spoke 1 is registered", Seconds, () => Routers[0].IsUpAsync(Sites[1].Addresses.Tunnel));
        Assert.True(await remembers(), "the other spoke is none of this");
    }
}
