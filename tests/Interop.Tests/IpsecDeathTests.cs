using System.Diagnostics;

namespace Dmvpn.Interop.Tests;

/// <summary>One end dies without a word.</summary>
public sealed class IpsecDeathTests : IpsecTest
{
    private const string Dpd = "crypto ikev2 dpd 10 2 periodic";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task StrongSwanDies_WeNotice_AndItComesBack(bool ourHub)
    {
        await PairAsync(ourHub, IpsecCase.Plain, ours: p => p with { Lines = [Dpd] });
        await TalksAsync();

        await Charon.KillAsync();
        await EventuallyAsync("we know that the peer is dead, long before NHRP would", TimeSpan.FromSeconds(35), () =>
            Task.FromResult((ourHub ? HubRouter : SpokeRouter).Log.Contains("does not answer", StringComparison.Ordinal)));
        await EventuallyAsync("NHRP knows it too", TimeSpan.FromSeconds(2), async () => !await (ourHub ? HubRouter.IsUpAsync(One.Tunnel) : SpokeRouter.IsUpAsync(Hub.Tunnel)));
        await Charon.StartAsync();

        await TalksAsync(Later);
        await NothingInTheClearAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WeDie_StrongSwanNotices_AndWeComeBack(bool ourHub)
    {
        await PairAsync(ourHub, IpsecCase.Plain, theirs: c => c with { Extra = ["dpd_delay = 1s"], ChildExtra = ourHub ? ["dpd_action = restart"] : [] });
        await TalksAsync();

        var ours = ourHub ? HubRouter : SpokeRouter;
        await ours.KillAsync();
        await EventuallyAsync("strongSwan knows it", Soon, async () => (await Charon.UpAsync(IpsecCase.Connection)).Count == 0);
        await ours.StartAsync();

        await TalksAsync(Later);
        await NothingInTheClearAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WeAreStartedAgainAtOnce_NobodyWaitsForATimer(bool ourHub)
    {
        await PairAsync(ourHub, IpsecCase.Plain);
        await TalksAsync();
        var ours = ourHub ? HubRouter : SpokeRouter;

        await ours.KillAsync();
        await ours.StartAsync();

        // A hub cannot find its spokes: these come when they notice, and strongSwan knows neither crash tokens nor our tickets.
        if (ourHub)
            await Charon.ForgetAsync(IpsecCase.Connection);
        long begin = Stopwatch.GetTimestamp();
        if (ourHub)
            Assert.True(await Charon.InitiateAsync(IpsecCase.Connection));
        await TalksAsync();
        Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(15), "it took longer than a retry or two");
        await NothingInTheClearAsync();
    }

    [Fact]
    public async Task WeEndInGoodOrder_StrongSwanIsTold()
    {
        await PairAsync(ourHub: false, IpsecCase.Plain);
        await TalksAsync();

        await SpokeRouter.StopAsync();

        await EventuallyAsync("strongSwan has no SA any more", TimeSpan.FromSeconds(2), async () => (await Charon.SasAsync()).Count == 0);
        await NothingInTheClearAsync();
    }

    [Fact]
    public async Task StrongSwanEndsTheSa_WeMakeANewOneWhenNeeded()
    {
        await PairAsync(ourHub: false, IpsecCase.Plain);
        await TalksAsync();

        await Charon.TerminateAsync(IpsecCase.Connection);

        await TalksAsync(Later);
        await NothingInTheClearAsync();
    }
}
