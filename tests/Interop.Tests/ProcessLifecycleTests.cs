using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>The process ends, dies, is started twice.</summary>
public sealed class ProcessLifecycleTests : LifecycleTest
{
    private static readonly SiteAddresses One = new(1), Two = new(2);

    [Fact]
    public async Task SpokeKilled_StartedAgain_TakesOverWhatItsPredecessorLeft()
    {
        await BuildAsync(2);
        await AllRegisteredAsync();
        await BecomesDirectAsync(1, 2);
        await EventuallyAsync("the shortcut is in the kernel", Soon, () => HasShortcutAsync(Sites[1], Sites[2]));

        await Routers[1].KillAsync();
        await EventuallyAsync("the device has gone with the process", Soon, async () => !await HasDeviceAsync(Sites[1].Node, "Tunnel0"));
        // What the kernel takes away with the device comes back as somebody might have left it: under our number, by another device.
        await Sites[1].Node.IpAsync($"route add {Two.Lan} via {One.LanHost} dev lan0 proto 241");
        await Routers[1].StartAsync();

        await EventuallyAsync("the predecessor's route is gone", Soon, async () =>
            !(await Sites[1].Node.IpAsync("route show proto 241")).Contains("lan0", StringComparison.Ordinal));
        await AllRegisteredAsync();
        await EventuallyAsync("LAN 2 answers LAN 1", Soon, async () => (await PingAsync(1, 2)).Received == 1);
        await BecomesDirectAsync(1, 2);
        await EventuallyAsync("the shortcut is in the kernel again", Soon, () => HasShortcutAsync(Sites[1], Sites[2]));
    }

    [Fact]
    public async Task SpokeTerminated_TheHubForgetsItAtOnce_AndNothingIsLeft()
    {
        await BuildAsync(2);
        await AllRegisteredAsync();
        await BecomesDirectAsync(1, 2);
        await EventuallyAsync("the shortcut is in the kernel", Soon, () => HasShortcutAsync(Sites[1], Sites[2]));

        await Routers[1].StopAsync();
        await EventuallyAsync("the hub has forgotten the spoke", TimeSpan.FromSeconds(2), async () => await AgeAsync(Routers[0], One.Tunnel) is null);

        await EventuallyAsync("the process has ended", Soon, () => Task.FromResult(!Routers[1].IsRunning));
        Assert.Equal(0, Routers[1].ExitCode);
        Assert.False(await HasDeviceAsync(Sites[1].Node, "Tunnel0"));
        Assert.Equal("", await Sites[1].Node.IpAsync("route show proto 241"));
        Assert.DoesNotContain("10.255.", await Sites[1].Node.IpAsync("route show table all"));
        Assert.False(File.Exists(Routers[1].Socket), "the socket is gone");
        Assert.True(await Routers[0].IsUpAsync(Two.Tunnel), "the other spoke is none of this");
    }

    [Fact]
    public async Task SecondDaemonOnTheSocket_IsRefused_TheFirstGoesOn()
    {
        await BuildAsync(1);
        await AllRegisteredAsync();
        Func<Task<bool>> remembers = await RememberAsync(Routers[0], One.Tunnel);

        CommandResult second = await Sites[1].Node.TryRunAsync(DmvpnDaemon.Binary, "run", Routers[1].File, "--socket", Routers[1].Socket);

        Assert.Equal(2, second.ExitCode);
        Assert.Contains($"another dmvpn already answers at {Routers[1].Socket}", second.Output + second.Error);
        Assert.DoesNotContain("   at ", second.Output + second.Error);
        Assert.True(Routers[1].IsRunning);
        Assert.True(await IsLineUpAsync(Routers[1]));
        Assert.True(await remembers());
        Assert.True(await AnswersAsync(Sites[0].Node, One.Tunnel));
    }
}
