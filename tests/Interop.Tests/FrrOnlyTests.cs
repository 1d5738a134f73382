using Dmvpn.Lab.Networks;
using Dmvpn.Lab.Peers;

namespace Dmvpn.Interop.Tests;

/// <summary>FRR with FRR: shows that the harness is right, before anything is said about ours.</summary>
[Trait("When", "Nightly")]
public sealed class FrrOnlyTests : NetworkTest
{
    [Theory]
    [InlineData(FrrRouting.Static)]
    [InlineData(FrrRouting.Bgp)]
    [InlineData(FrrRouting.Ospf)]
    public async Task FrrOnly_HubAndTwoSpokes_RegisterAndMakeAShortcut(FrrRouting routing)
    {
        SiteAddresses hub = new(0), one = new(1), two = new(2);
        FrrPeer[] peers = await Task.WhenAll(
            BootFrrAsync("hub", 0, new FrrSettings { Routing = routing, Spokes = [one, two] }),
            BootFrrAsync("spoke1", 1, new FrrSettings { Routing = routing, Hub = hub }),
            BootFrrAsync("spoke2", 2, new FrrSettings { Routing = routing, Hub = hub }));

        await EventuallyAsync("spoke1 registered", Soon, peers[1].IsRegisteredAsync);
        await EventuallyAsync("spoke2 registered", Soon, peers[2].IsRegisteredAsync);
        await EventuallyAsync("LAN 2 answers LAN 1", Later, async () => (await peers[1].Node.PingAsync(two.LanRouter, "-c 1 -W 1")).Received == 1);
        await EventuallyAsync("LAN 2 answers LAN 1 directly", Later, async () =>
            (await peers[1].Node.PingAsync(two.LanRouter, "-c 2 -i 0.3 -W 1")).LastHopLimit == 64);
        await EventuallyAsync("spoke1 shows the shortcut", AfterFrrRedirects, async () =>
        {
            // A resolution request that was lost is made again only when traffic draws another redirect.
            await peers[1].Node.PingAsync(two.LanRouter, "-c 1 -W 1");
            return await peers[1].HasShortcutAsync(two.Lan, two.Tunnel);
        });
    }

    [Fact]
    public async Task FrrOnly_WrongKey_DoesNotRegister()
    {
        SiteAddresses hub = new(0);
        FrrPeer[] peers = await Task.WhenAll(
            BootFrrAsync("hub", 0, new FrrSettings { Key = 1 }),
            BootFrrAsync("spoke1", 1, new FrrSettings { Key = 2, Hub = hub }),
            BootFrrAsync("spoke2", 2, new FrrSettings { Key = 1, Hub = hub }));

        await EventuallyAsync("the spoke with the right key registered", Soon, peers[2].IsRegisteredAsync);
        Assert.False(await peers[1].IsRegisteredAsync());
    }
}
