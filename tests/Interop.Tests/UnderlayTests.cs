using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>What the internet does to our own routers: NAT, other addresses, IPv6, death.</summary>
public sealed class UnderlayTests : OursTest
{
    [Fact]
    public async Task SpokeBehindNat_RegistersWithTheOuterAddress_AndIsReachedDirectly()
    {
        await BuildAsync(2, behindNat: 2);
        await AllRegisteredAsync();

        Assert.True(await Routers[0].IsUpAsync(Sites[2].Addresses.Tunnel, Sites[2].Addresses.Public), "the hub has the NAT's address");
        await EventuallyAsync("the LAN behind the NAT answers the hub's", Soon, async () => (await PingAsync(0, 2)).Received == 1);
        await EventuallyAsync("the LAN behind the NAT answers", Soon, async () => (await PingAsync(1, 2)).Received == 1);
        await BecomesDirectAsync(2, 1);
    }

    [Fact]
    public async Task SpokeGetsAnotherAddress_TheHubAndTheOtherSpokesFollow()
    {
        await BuildAsync(2);
        await AllRegisteredAsync();
        await BecomesDirectAsync(1, 2);

        await Sites[2].MoveAsync(Sites[2].Addresses.Elsewhere);

        await EventuallyAsync("the hub has the new address", Soon, () => Routers[0].IsUpAsync(Sites[2].Addresses.Tunnel, Sites[2].Place.Public));
        await EventuallyAsync("LAN 2 answers LAN 1 again", Later, async () => (await PingAsync(1, 2)).Received == 1);
        await BecomesDirectAsync(1, 2);
        Assert.True(await Routers[1].IsUpAsync(Sites[2].Addresses.Tunnel, Sites[2].Place.Public), "spoke 1 has the new address");
    }

    [Fact]
    public async Task TwoTunnelsOnOneSource_AreToldApartByTheirKeys()
    {
        SiteAddresses hub = new(0), one = new(1);
        Site[] sites = [await Internet.AddSiteAsync("hub", 0), await Internet.AddSiteAsync("spoke1", 1)];
        string Both(SiteAddresses site, SiteAddresses? nhs) =>
            new RouterText(site) { Hub = nhs, Key = 1 }.Interface() + new RouterText(site) { Hub = nhs, Key = 2, Tunnel = 1 }.Interface();
        DmvpnDaemon server = await StartAsync(sites[0], Both(hub, null));
        await StartAsync(sites[1], Both(one, hub));

        foreach ((string tunnel, string address) in ((string, string)[])[("Tunnel0", "10.255.0.11"), ("Tunnel1", "10.254.0.11")])
        {
            await EventuallyAsync($"{address} registered at {tunnel}", Soon, async () =>
                (await server.PeersAsync()).Any(p => p.IsUp && p.Tunnel == tunnel && p.Address == address));
            string hubsAddress = address.Replace(".11", ".1", StringComparison.Ordinal);
            await EventuallyAsync($"{hubsAddress} answers", Soon, async () => (await sites[1].Node.PingAsync(hubsAddress, "-c 1 -W 1")).Received == 1);
        }

        Assert.All(await server.PeersAsync(), p => Assert.Equal(p.Tunnel == "Tunnel0" ? "10.255.0.11" : "10.254.0.11", p.Address));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Ipv6_UnderAndOver_ShortcutIsMade(bool under, bool over)
    {
        await BuildAsync(2, r => r with { Ipv6Under = under, Ipv6Over = over });
        await AllRegisteredAsync();

        await BecomesDirectAsync(1, 2);
        if (over)
        {
            await EventuallyAsync("answers over IPv6 come directly", Soon, async () =>
                (await Sites[1].LanHost.PingAsync(Sites[2].Addresses.LanHost6, "-c 3 -i 0.2 -W 1")).LastHopLimit == Direct);
        }

        string nbma = under ? "2001:db8:0:2::1" : Sites[2].Addresses.Public;
        await EventuallyAsync("spoke 1 knows spoke 2", Soon, () => Routers[1].IsUpAsync(Sites[2].Addresses.Tunnel, nbma));
    }

    [Fact]
    public async Task HubDies_ShortcutLivesOn_AndTheHubComesBackKnown()
    {
        await BuildAsync(2, r => r with { HoldTime = 30 });
        await AllRegisteredAsync();
        await BecomesDirectAsync(1, 2);

        await Routers[0].KillAsync();
        PingResult meanwhile = await PingAsync(1, 2, "-c 20 -i 0.1 -W 1");
        Assert.Equal(0, meanwhile.Lost);

        await Routers[0].StartAsync();
        foreach (Site spoke in Sites.Skip(1))
            await EventuallyAsync($"{spoke.Name} registered again", Later, () => Routers[0].IsUpAsync(spoke.Addresses.Tunnel));
        await EventuallyAsync("the hub's LAN answers again", Soon, async () => (await PingAsync(1, 0)).Received == 1);
    }
}
