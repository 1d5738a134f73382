using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Networks;
using Dmvpn.Lab.Peers;

namespace Dmvpn.Interop.Tests;

/// <summary>Our routers and FRR's nhrpd 8.4 on the kernel's mGRE, in one DMVPN.</summary>
public sealed class FrrInteropTests : NetworkTest
{
    private static readonly SiteAddresses Hub = new(0), One = new(1), Two = new(2);

    [Theory]
    [InlineData(42u, false, Traits = ["When", "Nightly"])]
    [InlineData(null, false, Traits = ["When", "Nightly"])]
    [InlineData(42u, true)]
    public async Task OurHub_FrrSpokes_RegisterAndMakeAShortcut(uint? key, bool unique)
    {
        Site hub = await Internet.AddSiteAsync("hub", 0);
        DmvpnDaemon daemon = await StartAsync(hub, new RouterText(Hub) { Key = key, Lines = RouterText.EachByItsOwn(One, Two) }.ToString());
        var settings = new FrrSettings { Hub = Hub, Key = key, Unique = unique };
        FrrPeer[] spokes = await Task.WhenAll(BootFrrAsync("spoke1", 1, settings), BootFrrAsync("spoke2", 2, settings));

        foreach (FrrPeer spoke in spokes)
        {
            await EventuallyAsync($"{spoke.Node.Name} is told that it is registered", Soon, spoke.IsRegisteredAsync);
            await EventuallyAsync($"the hub shows {spoke.Node.Name}", Soon, () => daemon.IsUpAsync(spoke.Addresses.Tunnel, spoke.Addresses.Public));
            await EventuallyAsync($"the hub's LAN answers {spoke.Node.Name}", Soon, async () => (await spoke.Node.PingAsync(Hub.LanHost, "-c 1 -W 1")).Received == 1);
        }

        await EventuallyAsync("the spokes talk directly", Later, async () =>
            (await spokes[0].Node.PingAsync(Two.LanRouter, "-c 2 -i 0.3 -W 1")).LastHopLimit == 64);
        await EventuallyAsync("spoke1 shows the shortcut", AfterFrrRedirects, () => spokes[0].HasShortcutAsync(Two.Lan, Two.Tunnel));
    }

    [Theory]
    [InlineData(42u)]
    [InlineData(null, Traits = ["When", "Nightly"])]
    public async Task FrrHub_OurSpokes_RegisterAndMakeAShortcut(uint? key)
    {
        FrrPeer hub = await BootFrrAsync("hub", 0, new FrrSettings { Key = key, Spokes = [One, Two] });
        Site[] sites = [await Internet.AddSiteAsync("spoke1", 1), await Internet.AddSiteAsync("spoke2", 2)];
        foreach (Site site in sites)
            await StartAsync(site, new RouterText(site.Addresses) { Hub = Hub, Key = key, Lines = RouterText.AllByTheHub }.ToString());

        foreach (Site site in sites)
        {
            await EventuallyAsync($"the hub's cache has {site.Name}", Soon, () => hub.KnowsAsync(site.Addresses.Tunnel, site.Underlay));
            await EventuallyAsync($"the hub's LAN answers {site.Name}", Soon, async () => (await site.LanHost.PingAsync(Hub.LanRouter, "-c 1 -W 1")).Received == 1);
        }

        await EventuallyAsync("the spokes talk directly", Later, async () =>
            (await sites[0].LanHost.PingAsync(Two.LanHost, "-c 3 -i 0.3 -W 1")).LastHopLimit == 62);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false, Traits = ["When", "Nightly"])]
    public async Task OneSpokeOfEach_UnderEitherHub_ShortcutBothWays(bool ourHub)
    {
        if (ourHub)
            await StartAsync(await Internet.AddSiteAsync("hub", 0), new RouterText(Hub) { Lines = RouterText.EachByItsOwn(One, Two) }.ToString());
        else
            await BootFrrAsync("hub", 0, new FrrSettings { Spokes = [One, Two] });
        FrrPeer theirs = await BootFrrAsync("spoke1", 1, new FrrSettings { Hub = Hub });
        Site site = await Internet.AddSiteAsync("spoke2", 2);
        DmvpnDaemon ours = await StartAsync(site, new RouterText(Two) { Hub = Hub, Lines = RouterText.AllByTheHub }.ToString());
        await EventuallyAsync("FRR's spoke registered", Soon, theirs.IsRegisteredAsync);

        // FRR's LAN address is the router's own: one router less on the way than between LAN hosts.
        await EventuallyAsync("ours asks FRR's directly", Later, async () =>
            (await site.LanHost.PingAsync(One.LanRouter, "-c 3 -i 0.3 -W 1")).LastHopLimit == 63);
        await EventuallyAsync("FRR's asks ours directly", Later, async () =>
            (await theirs.Node.PingAsync(Two.LanHost, "-c 3 -i 0.3 -W 1")).LastHopLimit == 63);
        await EventuallyAsync("FRR has the shortcut to our LAN", AfterFrrRedirects, () => theirs.HasShortcutAsync(Two.Lan, Two.Tunnel));
        await EventuallyAsync("we have the way to FRR's LAN", Soon, () => ours.IsUpAsync(One.Tunnel, One.Public));
    }

    [Theory]
    [InlineData(true, Traits = ["When", "Nightly"])]
    [InlineData(false)]
    public async Task OurSpokeBehindNat_EitherHub_HasTheOuterAddress(bool ourHub)
    {
        Site site = await Internet.AddSiteAsync("spoke2", 2, behindNat: true);
        if (ourHub)
        {
            DmvpnDaemon hub = await StartAsync(await Internet.AddSiteAsync("hub", 0), new RouterText(Hub) { Lines = RouterText.EachByItsOwn(One, Two) }.ToString());
            FrrPeer one = await BootFrrAsync("spoke1", 1, new FrrSettings { Hub = Hub });
            await EventuallyAsync("FRR's spoke registered", Soon, one.IsRegisteredAsync);
            await StartAsync(site, new RouterText(Two) { Hub = Hub, Lines = RouterText.AllByTheHub }.ToString());
            await EventuallyAsync("our hub shows the outer address", Soon, () => hub.IsUpAsync(Two.Tunnel, Two.Public));
            await EventuallyAsync("FRR's LAN answers from beyond the NAT", Later, async () =>
                (await site.LanHost.PingAsync(One.LanRouter, "-c 1 -W 1")).Received == 1);
            return;
        }

        FrrPeer frr = await BootFrrAsync("hub", 0, new FrrSettings { Spokes = [Two] });
        await StartAsync(site, new RouterText(Two) { Hub = Hub, Lines = RouterText.AllByTheHub }.ToString());
        await EventuallyAsync("FRR's cache has the outer address", Soon, () => frr.KnowsAsync(Two.Tunnel, Two.Public));
        await EventuallyAsync("the hub's LAN answers", Soon, async () => (await site.LanHost.PingAsync(Hub.LanRouter, "-c 1 -W 1")).Received == 1);
    }
}
