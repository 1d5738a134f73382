using System.Text.Json;
using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>The process ends, dies, is started twice.</summary>
public sealed class ProcessLifecycleTests : LifecycleTest
{
    private static readonly SiteAddresses One = new(1), Two = new(2);

    private static readonly string[] Stale = ["10.77.1.0/24 metric 10 proto 191", "10.77.2.0/24 proto 240", "10.77.3.0/24 proto 241"];

    // An administrator's, and a shortcut of FRR's nhrpd by an interface of its own.
    private static readonly string[] Foreign = ["10.77.4.0/24 proto 4", "10.77.5.0/24 proto 191"];

    [Fact]
    public async Task SpokeKilled_StartedAgain_TakesOverWhatItsPredecessorLeft()
    {
        await BuildAsync(2);
        await AllRegisteredAsync();
        await BecomesDirectAsync(1, 2);
        await EventuallyAsync("the shortcut is in the kernel", Soon, () => HasShortcutAsync(Sites[1], Sites[2]));

        string shortcut = await Sites[1].Node.IpAsync("route show " + Two.Lan);
        string metric = shortcut[shortcut.IndexOf("metric ", StringComparison.Ordinal)..].Split(' ')[1];
        await Routers[1].KillAsync();
        await EventuallyAsync("the device has gone with the process", Soon, async () => !await HasDeviceAsync(Sites[1].Node, "Tunnel0"));
        // The kernel took our routes with the device: some that it would not have taken, under our numbers, and some of others.
        foreach (string route in (string[])[$"{Two.Lan} metric {metric.Trim()} proto 191", .. Stale, .. Foreign])
            await Sites[1].Node.IpAsync($"route add {route} via {One.LanHost} dev lan0");
        await Routers[1].StartAsync();

        await EventuallyAsync("the predecessor's routes are gone, and only those", Soon, async () =>
            (await Sites[1].Node.IpAsync($"route show via {One.LanHost}")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')[0])
                .SequenceEqual(Foreign.Select(l => l.Split(' ')[0])));
        Assert.Single(Routers[1].Log.Split('\n'), l => l.Contains("Stale route 10.77.2.0/24", StringComparison.Ordinal));
        Assert.DoesNotContain("REINSTALLED", Routers[1].Log);
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
        foreach (int protocol in (int[])[191, 240, 241])
            Assert.Equal("", await Sites[1].Node.IpAsync($"route show table all proto {protocol}"));
        Assert.DoesNotContain("10.255.", await Sites[1].Node.IpAsync("route show table all"));
        Assert.False(File.Exists(Routers[1].Socket), "the socket is gone");
        Assert.True(await Routers[0].IsUpAsync(Two.Tunnel), "the other spoke is none of this");
    }

    [Fact]
    public async Task Started_WithLittleToForward_TheWorkersSleep()
    {
        await BuildAsync(1);
        await AllRegisteredAsync();
        foreach (DmvpnDaemon router in Routers)
        {
            foreach (JsonElement worker in (await router.ShowJsonAsync("platform")).GetProperty("workers").EnumerateArray())
            {
                long packets = worker.GetProperty("devicePackets").GetInt64() + worker.GetProperty("portPackets").GetInt64(), rounds = worker.GetProperty("rounds").GetInt64();
                Assert.True(rounds < 100 + 2 * packets, $"{router.Name}: {rounds} rounds for {packets} packets");
            }
        }
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
