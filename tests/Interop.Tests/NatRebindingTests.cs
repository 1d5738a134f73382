using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>A carrier's NAT that gives flows other ports under traffic.</summary>
public sealed class NatRebindingTests : FieldTest
{
    // Without dead peer detection: a keepalive's question would come after 20 s.
    private static readonly TimeSpan BeforeTheKeepalive = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task OnlyTheHubSends_NatForgets_FlowComesAgainBeforeTheKeepalive()
    {
        await BuildAsync(1, r => r with { Protection = new ProtectionText(), HoldTime = 300 }, behindNat: 1);
        await AllRegisteredAsync();
        await EventuallyAsync("the spoke's LAN answers", Soon, () => ReachAsync((0, 1)));
        await StayMuteAsync(Sites[1].LanHost);
        Sites[0].LanHost.Start("flow", "ping", "-n", "-q", "-i", "0.05", One.LanHost);
        await HasComeAsync("it is a flow", 120);

        await NatBox.ForgetAsync(Sites[1].Nat!);

        await HasComeAsync("the flow comes again", 20, BeforeTheKeepalive);
        AssertNobodyWentDown(Routers);

        async Task HasComeAsync(string what, long more, TimeSpan? patience = null)
        {
            long before = await EchoesAsync(Sites[1].LanHost);
            await EventuallyAsync(what, patience ?? Soon, async () =>
                await EchoesAsync(Sites[1].LanHost) >= before + more);
        }
    }

    [Fact, Trait("When", "Nightly")]
    public async Task BothSpokesNatsForgetEveryFewSeconds_NobodyGoesDown_TrafficGoesOn()
    {
        Sites =
        [
            await Internet.AddSiteAsync("hub", 0), await Internet.AddSiteAsync("spoke1", 1, behindNat: true),
            await Internet.AddSiteAsync("spoke2", 2, behindNat: true),
        ];
        // Ports are random from the first flow on: no way between the two spokes but by the hub.
        await Task.WhenAll(NatBox.ForgetAsync(Sites[1].Nat!), NatBox.ForgetAsync(Sites[2].Nat!));
        Routers =
        [
            await StartAsync(Sites[0], HubText().ToString()),
            await StartAsync(Sites[1], SpokeText(1, new RouterText(One) { Protection = Checked, HoldTime = 300 })),
            await StartAsync(Sites[2], SpokeText(2, new RouterText(Two) { Protection = Checked, HoldTime = 300 })),
        ];
        await AllRegisteredAsync();
        await EventuallyAsync("LAN 2 answers LAN 1", Soon, () => ReachAsync((1, 2)));
        // What breaks off must have been a flow. Before that, dead peer detection asks.
        await NoneIsLostAsync(1, 2, 150);
        for (int round = 0; round < 4; round++)
        {
            await Task.WhenAll(NatBox.ForgetAsync(Sites[1].Nat!), NatBox.ForgetAsync(Sites[2].Nat!));
            const string For20Seconds = "-c 200 -i 0.1 -W 1";
            Task<PingResult> hub = PingAsync(1, 0, For20Seconds), other = PingAsync(1, 2, For20Seconds);
            Assert.InRange((await hub).Lost, 0, 15);
            // Five seconds of 20.
            Assert.InRange((await other).Lost, 0, 60);
        }

        AssertNobodyWentDown(Routers[0]);
    }
}
