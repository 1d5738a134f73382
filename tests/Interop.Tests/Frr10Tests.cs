using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;
using Dmvpn.Lab.Peers;

namespace Dmvpn.Interop.Tests;

/// <summary>NHRP authentication with FRR 10, which is in Debian 13: it is fetched once and kept outside of the repository.</summary>
public sealed class Frr10Tests : NetworkTest
{
    private static readonly SiteAddresses Hub = new(0), One = new(1), Two = new(2);

    private static readonly Lazy<Task<CommandResult>> Root = new(() => Host.TryRunAsync(
        Path.Combine(Repository.Root, "eng", "frr10.sh"), [], input: null, TimeSpan.FromMinutes(10)));

    [Fact, Trait("When", "Nightly")]
    public async Task FrrOnly_SameString_Registers()
    {
        string root = await RootAsync();
        await BootFrrAsync("hub", 0, new FrrSettings { Authentication = "LabNhrp" }, root);
        FrrPeer spoke = await BootFrrAsync("spoke1", 1, new FrrSettings { Hub = Hub, Authentication = "LabNhrp" }, root);
        await EventuallyAsync("FRR's spoke registered with FRR's hub", Soon, spoke.IsRegisteredAsync);
    }

    [Fact]
    public async Task OurHub_TheRightStringRegisters_TheWrongOneDoesNot()
    {
        string root = await RootAsync();
        DmvpnDaemon hub = await StartAsync(await Internet.AddSiteAsync("hub", 0), new RouterText(Hub) { Authentication = "LabNhrp" }.ToString());
        FrrPeer wrong = await BootFrrAsync("spoke2", 2, new FrrSettings { Hub = Hub, Authentication = "wrong" }, root);
        FrrPeer right = await BootFrrAsync("spoke1", 1, new FrrSettings { Hub = Hub, Authentication = "LabNhrp" }, root);

        await EventuallyAsync("the right one registered", Soon, right.IsRegisteredAsync);
        Assert.True(await hub.IsUpAsync(One.Tunnel, One.Public));
        Assert.False(await wrong.IsRegisteredAsync());
        Assert.False(await hub.IsUpAsync(Two.Tunnel));
    }

    [Fact]
    public async Task FrrHub_TheRightStringRegisters_TheWrongOneDoesNot()
    {
        string root = await RootAsync();
        FrrPeer hub = await BootFrrAsync("hub", 0, new FrrSettings { Authentication = "LabNhrp", Spokes = [One, Two] }, root);
        await StartAsync(await Internet.AddSiteAsync("spoke2", 2), new RouterText(Two) { Hub = Hub, Authentication = "wrong" }.ToString());
        Site site = await Internet.AddSiteAsync("spoke1", 1);
        await StartAsync(site, new RouterText(One) { Hub = Hub, Authentication = "LabNhrp", Lines = RouterText.AllByTheHub }.ToString());

        await EventuallyAsync("FRR's cache has ours", Soon, () => hub.KnowsAsync(One.Tunnel, One.Public));
        await EventuallyAsync("the hub's LAN answers", Soon, async () => (await site.LanHost.PingAsync(Hub.LanRouter, "-c 1 -W 1")).Received == 1);
        Assert.False(await hub.KnowsAsync(Two.Tunnel, Two.Public));
    }

    [Fact]
    public async Task FrrSpoke_ThatDoesNotKnowTheHubsAddress_RegistersAtFrrsHubAndAtOurs()
    {
        string root = await RootAsync();
        FrrPeer frr = await BootFrrAsync("hub2", 2, new FrrSettings(), root);
        FrrPeer control = await BootFrrAsync("spoke3", 3, new FrrSettings { Hub = Two, IsHubDynamic = true }, root);
        DmvpnDaemon hub = await StartAsync(await Internet.AddSiteAsync("hub", 0), new RouterText(Hub).ToString());
        FrrPeer spoke = await BootFrrAsync("spoke1", 1, new FrrSettings { Hub = Hub, IsHubDynamic = true }, root);

        await EventuallyAsync("FRR's spoke registered with FRR's hub", Soon, control.IsRegisteredAsync);
        await EventuallyAsync("FRR's spoke registered with ours", Soon, spoke.IsRegisteredAsync);
        Assert.True(await spoke.KnowsAsync(Hub.Tunnel, Hub.Public));
        Assert.True(await hub.IsUpAsync(One.Tunnel, One.Public));
    }

    [Fact]
    public async Task OurSpoke_ThatDoesNotKnowTheHubsAddress_RegistersAtFrrsHub()
    {
        string root = await RootAsync();
        FrrPeer hub = await BootFrrAsync("hub", 0, new FrrSettings { Spokes = [One] }, root);
        Site site = await Internet.AddSiteAsync("spoke1", 1);
        DmvpnDaemon spoke = await StartAsync(site, new RouterText(One) { Hub = Hub, IsHubDynamic = true, Lines = RouterText.AllByTheHub }.ToString());

        await EventuallyAsync("FRR's cache has ours", Soon, () => hub.KnowsAsync(One.Tunnel, One.Public));
        await EventuallyAsync("ours shows the hub", Soon, () => spoke.IsUpAsync(Hub.Tunnel, Hub.Public));
        await EventuallyAsync("the hub's LAN answers", Soon, async () => (await site.LanHost.PingAsync(Hub.LanRouter, "-c 1 -W 1")).Received == 1);
    }

    private static async Task<string> RootAsync()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("a root file system needs root");
        CommandResult made = await Root.Value;
        if (!made.Succeeded)
            Assert.Skip("FRR 10 cannot be had here: " + made.Error.Trim());
        return made.Output.Trim();
    }
}
