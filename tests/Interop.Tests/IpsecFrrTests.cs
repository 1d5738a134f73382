using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;
using Dmvpn.Lab.Peers;
using Dmvpn.Lab.Peers.StrongSwan;

namespace Dmvpn.Interop.Tests;

/// <summary>
/// Our routers with FRR's nhrpd and strongSwan on the kernel's XFRM: transport mode, ESP without UDP and, behind a NAT, with it. strongSwan
/// knows nothing of nhrpd: trap policies protect GRE to the hub and to any other spoke.
/// </summary>
public sealed class IpsecFrrTests : NetworkTest
{
    private const string GcmIke = "aes256gcm16-prfsha384-ecp256", GcmEsp = "aes256gcm16-esn-noesn", CbcIke = "aes256-sha256-modp2048", CbcEsp = "aes256-sha256";

    private static readonly SiteAddresses Hub = new(0), One = new(1), Two = new(2);

    [Fact]
    public async Task OurHub_FrrSpokesWithGcmAndCbc_RegisterAndMakeAShortcut()
    {
        DmvpnDaemon hub = await StartAsync(await Internet.AddSiteAsync("hub", 0), Ours(Hub, null, gcm: true));
        var settings = new FrrSettings { Hub = Hub };
        (FrrPeer Frr, UmlSwanPeer Swan)[] spokes = await Task.WhenAll(
            BootProtectedFrrAsync("spoke1", 1, settings, Spoke(gcm: true)), BootProtectedFrrAsync("spoke2", 2, settings, Spoke(gcm: false)));

        foreach ((FrrPeer frr, UmlSwanPeer swan) in spokes)
        {
            await EventuallyAsync($"{frr.Node.Name} is told that it is registered", Soon, frr.IsRegisteredAsync);
            await EventuallyAsync($"the hub shows {frr.Node.Name}", Soon, () => hub.IsUpAsync(frr.Addresses.Tunnel, frr.Addresses.Public));
            await EventuallyAsync($"the hub's LAN answers {frr.Node.Name}", Soon, async () => (await frr.Node.PingAsync(Hub.LanHost, "-c 1 -W 1")).Received == 1);
            SwanChild child = Assert.Single(Assert.Single(await swan.UpAsync("hub")).Children);
            Assert.Equal(("TRANSPORT", frr.Node.Name == "spoke1" ? "AES_GCM_16-256/ESN" : "AES_CBC-256/HMAC_SHA2_256_128"), (child.Mode, child.Suite));
        }

        await EventuallyAsync("the spokes talk directly", Later, async () => (await spokes[0].Frr.Node.PingAsync(Two.LanRouter, "-c 2 -i 0.3 -W 1")).LastHopLimit == 64);
        await NoGreOfAsync(Hub.Public);
    }

    [Theory]
    [InlineData(false, Traits = ["When", "Nightly"])]
    [InlineData(true)]
    public async Task FrrHub_OurSpokesWithGcmAndCbc_RegisterAndMakeAShortcut(bool secondBehindNat)
    {
        (FrrPeer hub, UmlSwanPeer swan) = await BootProtectedFrrAsync("hub", 0, new FrrSettings { Spokes = [One, Two] }, HubConnections);
        Site[] sites = [await Internet.AddSiteAsync("spoke1", 1), await Internet.AddSiteAsync("spoke2", 2, secondBehindNat)];
        foreach (Site site in sites)
            await StartAsync(site, Ours(site.Addresses, Hub, gcm: site == sites[0]));

        foreach (Site site in sites)
        {
            await EventuallyAsync($"the hub's cache has {site.Name}", Soon, () => hub.KnowsAsync(site.Addresses.Tunnel, site.Addresses.Public));
            await EventuallyAsync($"the hub's LAN answers {site.Name}", Soon, async () => (await site.LanHost.PingAsync(Hub.LanRouter, "-c 1 -W 1")).Received == 1);
        }

        IReadOnlyList<SwanSa> sas = await swan.UpAsync("any");
        Assert.Equal(["AES_GCM_16-256/ESN", "AES_CBC-256/HMAC_SHA2_256_128"], sas.OrderBy(sa => sa.RemoteAddress).Select(sa => sa.Children[0].Suite));
        Assert.Equal(secondBehindNat ? "TRANSPORT-in-UDP" : "TRANSPORT", sas.Single(sa => sa.RemoteAddress == Two.Public).Children[0].Mode);
        await EventuallyAsync("the spokes talk directly", Later, async () => (await sites[0].LanHost.PingAsync(Two.LanHost, "-c 3 -i 0.3 -W 1")).LastHopLimit == 62);
        await NoGreOfAsync(One.Public, Two.Public);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false, Traits = ["When", "Nightly"])]
    public async Task OneSpokeOfEach_UnderEitherHub_ShortcutBothWays(bool ourHub)
    {
        if (ourHub)
            await StartAsync(await Internet.AddSiteAsync("hub", 0), Ours(Hub, null, gcm: true));
        else
            await BootProtectedFrrAsync("hub", 0, new FrrSettings { Spokes = [One, Two] }, HubConnections);
        (FrrPeer theirs, UmlSwanPeer swan) = await BootProtectedFrrAsync("spoke1", 1, new FrrSettings { Hub = Hub }, Spoke(gcm: true));
        Site site = await Internet.AddSiteAsync("spoke2", 2);
        DmvpnDaemon ours = await StartAsync(site, Ours(Two, Hub, gcm: false));
        await EventuallyAsync("FRR's spoke registered", Soon, theirs.IsRegisteredAsync);

        await EventuallyAsync("ours asks FRR's directly", Soon, async () => (await site.LanHost.PingAsync(One.LanRouter, "-c 3 -i 0.3 -W 1")).LastHopLimit == 63);
        await EventuallyAsync("FRR's asks ours directly", Later, async () => (await theirs.Node.PingAsync(Two.LanHost, "-c 3 -i 0.3 -W 1")).LastHopLimit == 63);
        await EventuallyAsync("FRR has the shortcut to our LAN", AfterFrrRedirects, () => theirs.HasShortcutAsync(Two.Lan, Two.Tunnel));
        await EventuallyAsync("we have the way to FRR's LAN", Soon, () => ours.IsUpAsync(One.Tunnel, One.Public));
        Assert.Contains(await swan.SasAsync(), sa => sa.RemoteAddress == Two.Public && sa.IsEstablished && sa.Children.Any(c => c is { IsInstalled: true, Mode: "TRANSPORT", PacketsIn: > 0, PacketsOut: > 0 }));
        await NoGreOfAsync(ourHub ? [Hub.Public, Two.Public] : [Two.Public]);
    }

    [Fact]
    public async Task TwoFrrSpokesBehindOneNat_OurHub_TellsThemApart()
    {
        DmvpnDaemon hub = await StartAsync(await Internet.AddSiteAsync("hub", 0), Ours(Hub, null, gcm: true));
        NatBox nat = await Internet.AddNatAsync("nat", 1);
        var settings = new FrrSettings { Hub = Hub };
        (FrrPeer Frr, UmlSwanPeer Swan)[] spokes = await Task.WhenAll(
            BootProtectedFrrAsync("spoke1", 1, settings, Spoke(gcm: true), nat), BootProtectedFrrAsync("spoke2", 2, settings, Spoke(gcm: false), nat));

        foreach ((FrrPeer frr, UmlSwanPeer swan) in spokes)
        {
            await EventuallyAsync($"{frr.Node.Name} is told that it is registered", Soon, frr.IsRegisteredAsync);
            await EventuallyAsync("our hub has it at the NAT's address", Soon, () => hub.IsUpAsync(frr.Addresses.Tunnel, One.Public));
            await EventuallyAsync("the hub's LAN answers", Soon, async () => (await frr.Node.PingAsync(Hub.LanHost, "-c 1 -W 1")).Received == 1);
            Assert.Equal("TRANSPORT-in-UDP", Assert.Single(Assert.Single(await swan.UpAsync("hub")).Children).Mode);
        }

        PingResult[] traffic = await Task.WhenAll(spokes.Select(s => Rekeyed(s.Frr, s.Swan)));
        Assert.All(traffic, t => Assert.Equal(0, t.Lost));
        await NoGreOfAsync(Hub.Public);
    }

    private static async Task<PingResult> Rekeyed(FrrPeer frr, UmlSwanPeer swan)
    {
        string before = (await swan.UpAsync("hub"))[0].Children[0].SpiIn;
        Task<PingResult> traffic = frr.Node.PingAsync(Hub.LanHost, "-c 100 -i 0.02 -W 2");
        await swan.RekeyChildAsync("hub");
        await EventuallyAsync("there is a new child SA only", Soon, async () => await swan.UpAsync("hub") is [{ Children: [{ SpiIn: var spi }] }] && spi != before);
        return await traffic;
    }

    private static string Ours(SiteAddresses site, SiteAddresses? hub, bool gcm) => new RouterText(site)
    {
        // The second of our spokes knows CBC only: strongSwan takes what it likes best itself.
        Hub = hub,
        Protection = gcm ? ProtectionText.Either(gcmFirst: true) with { IpsecLines = ["set esn"] } : ProtectionText.Either(gcmFirst: false) with { Second = null },
        Lines = hub is null ? RouterText.EachByItsOwn(One, Two) : RouterText.AllByTheHub,
    }.ToString();

    private static SwanConnection[] HubConnections =>
        [new("any") { TunnelMode = false, Proposals = $"{GcmIke},{CbcIke}", EspProposals = $"{GcmEsp},{CbcEsp}", Extra = ["mobike = no"] }];

    private static SwanConnection[] Spoke(bool gcm) =>
    [
        new("hub")
        {
            TunnelMode = false, Remote = Hub.Public, Proposals = gcm ? GcmIke : CbcIke, EspProposals = gcm ? GcmEsp : CbcEsp, StartAction = "trap", Extra = ["mobike = no"],
        },
        new("spokes")
        {
            TunnelMode = false, Proposals = $"{GcmIke},{CbcIke}", EspProposals = $"{GcmEsp},{CbcEsp}", RemoteTs = SiteAddresses.Underlay + "[gre]", StartAction = "trap", Extra = ["mobike = no"],
        },
    ];

    /// <summary>From none of these addresses, which are ours, GRE was seen; strongSwan's hub has no policy before it has an SA.</summary>
    private async Task NoGreOfAsync(params string[] ours) =>
        Assert.Empty(await RecordedAsync($"ip proto 47 and ({string.Join(" or ", ours.Select(a => "src host " + a))})"));
}
