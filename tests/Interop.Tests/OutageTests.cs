using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>
/// The provider is dead for minutes without a link event; a spoke vanishes without a word; the provider's
/// session is made anew again and again.
/// </summary>
public sealed class OutageTests : FieldTest
{
    private static readonly TimeSpan AfterOutage = TimeSpan.FromSeconds(16);

    [Theory, Trait("When", "Nightly")]
    [InlineData(true, 110)]
    [InlineData(true, 240)]
    [InlineData(false, 110)]
    public async Task ProviderIsDeadForMinutes_TrafficIsBackWithinSeconds(bool isProtected, int seconds)
    {
        await BuildAsync(2, r => r with { Protection = isProtected ? Checked : null, HoldTime = 300 });
        await AllRegisteredAsync();
        await BecomesDirectAsync(1, 2);
        Sites[1].LanHost.Start("talk", "ping", "-n", "-q", "-i", "0.5", Two.LanHost);

        await Internet.SilenceAsync("w-spoke1");
        await Task.Delay(TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken);
        await Internet.SilenceAsync("w-spoke1", silent: false);

        await EventuallyAsync("the hub's LAN and LAN 2 answer", AfterOutage, () => ReachAsync((1, 0), (1, 2)));
    }

    [Fact]
    public async Task OdrForgetsASpokeBeforeCdpDoes_HubLivesOn()
    {
        await BuildAsync(1, r => r with
        {
            Extra = [" cdp enable"],
            Lines = r.Hub is null ? ["router odr", " timers basic 1 3 0 5"] : RouterText.AllByTheHub,
        });
        await AllRegisteredAsync();
        await EventuallyAsync("the hub has the LAN's route", Soon, HasRouteAsync);

        await Routers[1].KillAsync();

        await EventuallyAsync("the route is gone", Soon, async () => !await HasRouteAsync());
        Assert.Contains("dmvpn", await Routers[0].ShowAsync("version"), StringComparison.OrdinalIgnoreCase);
        await Routers[1].StartAsync();
        await AllRegisteredAsync();
        await EventuallyAsync("the route is back", Soon, HasRouteAsync);
        await Routers[0].StopAsync();
        await EventuallyAsync("the hub has ended", Soon, () => Task.FromResult(!Routers[0].IsRunning));
        Assert.Equal(0, Routers[0].ExitCode);

        Task<bool> HasRouteAsync() => HasRoutesAsync(Sites[0], One.Lan, One.Tunnel);
    }

    [Fact, Trait("When", "Nightly")]
    public async Task SourceInterface_GoesAndComesFiveTimes_ThenStaysAwayForMinutes_AllIsBackEachTime()
    {
        await BuildAsync(2, r => r with { Protection = Checked, HoldTime = 300 });
        await AllRegisteredAsync();
        await BecomesDirectAsync(1, 2);
        for (int i = 0; i < 5; i++)
        {
            await Internet.DetachAsync(Sites[1]);
            await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
            await Internet.AttachAsync(Sites[1], i % 2 == 0 ? One.Elsewhere : One);
            await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        }
        await BackAsync();
        foreach (int seconds in (int[])[60, 150])
        {
            await Internet.DetachAsync(Sites[1]);
            await Task.Delay(TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken);
            await Internet.AttachAsync(Sites[1], One);
            await BackAsync();
        }

        Task BackAsync() => EventuallyAsync("all traffic is back", Soon, () => ReachAsync((1, 2), (2, 1), (1, 0)));
    }
}
