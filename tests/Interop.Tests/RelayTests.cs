using System.Globalization;
using Dmvpn.Lab.Hosts;

namespace Dmvpn.Interop.Tests;

/// <summary><c>tunnel relay bypass-kernel</c> on a hub: what it relays its kernel does not see, and nothing else is different.</summary>
public sealed class RelayTests : OursTest
{
    private const string Switch = " tunnel relay bypass-kernel";
    private const string DropAll = "table inet relay { chain forward { type filter hook forward priority 0; policy drop; }; }\n";

    // Several workers may then send by one SA.
    private static readonly ProtectionText Wide = new() { Lines = ["crypto ipsec security-association replay window-size 4096"] };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SwitchOn_PingAndTcpBetweenLans_PassAndTheDeviceOfTheHubSeesNothing(bool isProtected)
    {
        await RelayingAsync(redirect: false, isProtected ? Wide : null);
        long before = await DevicePacketsAsync();

        PingResult ping = await PingAsync(1, 2, "-c 20 -i 0.05 -W 1");
        PingResult ping6 = await Sites[1].LanHost.PingAsync(Sites[2].Addresses.LanHost6, "-c 20 -i 0.05 -W 1");
        await TransferAsync();

        foreach (PingResult result in new[] { ping, ping6 })
        {
            Assert.Equal((20, 0), (result.Sent, result.Lost));
            Assert.All(result.Replies, r => Assert.Equal(ByTheHub, r.HopLimit));
        }
        // Neighbour discovery and the like.
        Assert.InRange(await DevicePacketsAsync() - before, 0, 10);
        Assert.True(await RelayedAsync() > 1000);
        Assert.Contains("Relay between tunnels bypasses the kernel for IPv4 and IPv6", await Routers[0].ShowAsync("interfaces", "Tunnel0"));

        // The same without: a reload is enough, both ways.
        string text = await File.ReadAllTextAsync(Routers[0].File, TestContext.Current.CancellationToken);
        await Routers[0].ReloadAsync(text.Replace(Switch + "\n", "", StringComparison.Ordinal));
        (before, long relayed) = (await DevicePacketsAsync(), await RelayedAsync());
        ping = await PingAsync(1, 2, "-c 20 -i 0.05 -W 1");
        Assert.Equal(0, ping.Lost);
        Assert.All(ping.Replies, r => Assert.Equal(ByTheHub, r.HopLimit));
        Assert.InRange(await DevicePacketsAsync() - before, 80, 200);      // requests and replies, each in and out
        Assert.Equal(relayed, await RelayedAsync());
    }

    [Fact]
    public async Task FirewallOfTheHub_StopsWhatGoesByTheKernelOnly()
    {
        await RelayingAsync(redirect: false);
        await Sites[0].Node.NftAsync(DropAll);
        Assert.Equal(5, (await PingAsync(1, 2, "-c 5 -i 0.1 -W 1")).Received);
        Assert.Equal(0, (await PingAsync(1, 0, "-c 2 -i 0.1 -W 1")).Received);      // the hub's LAN is behind another interface

        string text = await File.ReadAllTextAsync(Routers[0].File, TestContext.Current.CancellationToken);
        await Routers[0].ReloadAsync(text.Replace(Switch + "\n", "", StringComparison.Ordinal));
        Assert.Equal(0, (await PingAsync(1, 2, "-c 3 -i 0.1 -W 1")).Received);
        await Routers[0].ReloadAsync(text);
        Assert.Equal(3, (await PingAsync(1, 2, "-c 3 -i 0.1 -W 1")).Received);
    }

    [Fact]
    public async Task KernelThatDoesNotForward_NothingIsRelayed_UntilItDoes()
    {
        await RelayingAsync(redirect: false);
        await Sites[0].Node.SysctlAsync("net.ipv4.ip_forward=0");
        await EventuallyAsync("the hub relays IPv6 only", Soon, async () => (await Routers[0].ShowAsync("interfaces", "Tunnel0")).Contains("kernel for IPv6,", StringComparison.Ordinal));
        Assert.Equal(0, (await PingAsync(1, 2, "-c 3 -i 0.1 -W 1")).Received);
        Assert.Equal(3, (await Sites[1].LanHost.PingAsync(Sites[2].Addresses.LanHost6, "-c 3 -i 0.1 -W 1")).Received);
        await Sites[0].Node.SysctlAsync("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=0");
        await EventuallyAsync("the hub relays IPv4 only", Soon, async () => (await Routers[0].ShowAsync("interfaces", "Tunnel0")).Contains("kernel for IPv4,", StringComparison.Ordinal));
        Assert.Equal(3, (await PingAsync(1, 2, "-c 3 -i 0.1 -W 1")).Received);
    }

    [Fact]
    public async Task RedirectsOn_ShortcutIsMadeAsByTheKernel()
    {
        await RelayingAsync(redirect: true, awaitPath: false);
        await BecomesDirectAsync(1, 2);
        Assert.True(await RelayedAsync() > 0);
    }

    /// <summary>What arrives at another worker than the one that sends goes by the kernel, or the spokes would take it for a replay.</summary>
    [Fact]
    public async Task SmallReplayWindow_SeveralWorkers_NothingIsTakenForAReplay()
    {
        await RelayingAsync(redirect: false, new ProtectionText { Lines = ["platform workers 3"] });
        Task<PingResult>[] pings = [PingAsync(1, 2, "-c 200 -i 0.01 -W 2"), PingAsync(2, 1, "-c 200 -i 0.01 -W 2"), PingAsync(0, 1, "-c 200 -i 0.01 -W 2"), PingAsync(0, 2, "-c 200 -i 0.01 -W 2")];
        await TransferAsync();
        foreach (PingResult ping in await Task.WhenAll(pings)) Assert.Equal((200, 0), (ping.Sent, ping.Lost));
        for (int i = 1; i < Routers.Length; i++) Assert.DoesNotContain("InReplayed", await Routers[i].ShowAsync("drops"));
    }

    private async Task RelayingAsync(bool redirect, ProtectionText? protection = null, bool awaitPath = true)
    {
        await BuildAsync(2, r => r with
        {
            Redirect = redirect,
            Ipv6Over = true,
            Protection = protection,
            Extra = r.Hub is null ? [Switch] : [],
        });
        await AllRegisteredAsync();
        if (!awaitPath) return;
        await EventuallyAsync("LAN 2 answers LAN 1", Soon, async () => (await PingAsync(1, 2)).Received == 1);
        await EventuallyAsync("LAN 2 answers LAN 1 by IPv6", Soon, () => AnswersAsync(Sites[1].LanHost, Sites[2].Addresses.LanHost6));
    }

    private async Task TransferAsync()
    {
        Assert.SkipWhen((await Sites[2].LanHost.TryRunAsync("iperf3", "--version")).ExitCode != 0, "no iperf3: apt-get install --no-install-recommends iperf3");
        Sites[2].LanHost.Start("iperf3", "iperf3", "-s", "-1", "--forceflush");
        await EventuallyAsync("20 MB by TCP", Soon, async () =>
            (await Sites[1].LanHost.TryRunAsync(TimeSpan.FromMinutes(1), "iperf3", "-c", Sites[2].Addresses.LanHost, "-n", "20M")).Succeeded);
    }

    /// <summary>What the kernel counts on the hub's tunnel device, in and out.</summary>
    private async Task<long> DevicePacketsAsync()
    {
        string both = await Sites[0].Node.RunAsync("cat", "/sys/class/net/Tunnel0/statistics/rx_packets", "/sys/class/net/Tunnel0/statistics/tx_packets");
        return both.Split('\n', StringSplitOptions.RemoveEmptyEntries).Sum(static n => long.Parse(n, CultureInfo.InvariantCulture));
    }

    private async Task<long> RelayedAsync() =>
        (await Routers[0].ShowJsonAsync("interfaces", "Tunnel0")).GetProperty("interfaces")[0].GetProperty("relayed").GetInt64();
}
