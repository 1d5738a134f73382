using System.Text.Json;
using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>Several threads forward packets: which of them do, and that nothing is lost or out of place by it.</summary>
public sealed class WorkersTests : OursTest
{
    private const int Workers = 3;
    private const string Threads = "platform workers 3";

    // Somebody else's packets, too late, or at the wrong thread: none of this may be.
    private static readonly string[] Misplaced = ["InReplayed", "InForged", "InUnknownSpi", "InOtherWorker", "InOutOfSequence", "InCleartext"];

    private static readonly ProtectionText Wide = new() { Lines = ["crypto ipsec security-association replay window-size 4096"] };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TwoSpokesBehindOneNat_ManyFlowsAndRekeys_NothingIsLostOrLate(bool udp)
    {
        Site hub = await Internet.AddSiteAsync("hub", 0);
        NatBox? nat = udp ? await Internet.AddNatAsync("nat", 1) : null;
        Sites = udp
            ? [hub, await Internet.AddSiteAsync("spoke1", 1, nat!), await Internet.AddSiteAsync("spoke2", 2, nat!)]
            : [hub, await Internet.AddSiteAsync("spoke1", 1), await Internet.AddSiteAsync("spoke2", 2)];
        // Some four rekeys on each side.
        ProtectionText protection = Wide with { IpsecLines = ["set security-association lifetime kilobytes 20480"] };
        Routers = await Task.WhenAll(Sites.Select(s => StartAsync(s, (new RouterText(s.Addresses)
        {
            Hub = s == hub ? null : hub.Addresses,
            Protection = protection,
            Lines = [Threads, .. s == hub ? RouterText.EachByItsOwn(Sites.Skip(1).Select(o => o.Addresses)) : RouterText.AllByTheHub],
        }).ToString())));
        await AllRegisteredAsync();

        Task<PingResult>[] pings = [.. Sites.Skip(1).Select(s => s.Node.PingAsync(hub.Addresses.Tunnel, "-c 300 -i 0.02 -W 2"))];
        await Task.WhenAll(ManyFlowsAsync(1, 0, 5201), ManyFlowsAsync(2, 0, 5202));

        foreach (PingResult ping in await Task.WhenAll(pings))
            Assert.Equal((300, 0), (ping.Received, ping.Lost));
        Assert.InRange((await WorkersAsync(0)).Count(w => w.FromTunnels > 100), 2, Workers);
        Assert.InRange((await WorkersAsync(1)).Count(w => w.FromTunnels > 100), 2, Workers);
        await NothingMisplacedAsync();
        Assert.InRange((await Routers[0].ShowJsonAsync("crypto", "ikev2", "stats")).GetProperty("childRekeys").GetInt64(), 2, 100);
    }

    [Fact]
    public async Task ClearText_FlowsSpread_AndAPeersPacketsComeToOneWorker()
    {
        await BuildAsync(2, r => r with { Lines = [Threads, .. r.Lines] });
        await AllRegisteredAsync();

        await Task.WhenAll(ManyFlowsAsync(1, 0, 5201), ManyFlowsAsync(2, 0, 5202));

        Assert.InRange((await WorkersAsync(0)).Count(w => w.FromTunnels > 100), 2, Workers);
        Assert.Single(await WorkersAsync(1), w => w.FromUnderlay > 100);
        await NothingMisplacedAsync();
    }

    [Fact]
    public async Task SmallReplayWindow_OneWorkerSends_UntilItIsRaised()
    {
        string Text(RouterText r, string line) => (r with { Lines = [Threads, line, .. r.Lines] }).ToString();
        var texts = new List<RouterText>();
        await BuildAsync(1, r =>
        {
            r = r with { Protection = new ProtectionText() };
            lock (texts) texts.Add(r);
            return r with { Lines = [Threads, .. r.Lines] };
        });
        await AllRegisteredAsync();

        await ManyFlowsAsync(1, 0, 5201);

        Assert.Single(await WorkersAsync(1), w => w.FromTunnels > 0);
        Assert.Single(await WorkersAsync(0), w => w.FromTunnels > 0);

        for (int i = 0; i < 2; i++)
            await Routers[i].ReloadAsync(Text(texts.Single(t => t.Site == Sites[i].Addresses), Wide.Lines[0]));
        // Those SAs that there are have windows as before: it waits until they are gone.
        await ManyFlowsAsync(1, 0, 5202);
        Assert.Single(await WorkersAsync(1), w => w.FromTunnels > 0);
        await Routers[1].RunAsync("clear", "crypto", "sa");
        await EventuallyAsync("the spoke is back", Soon, () => AnswersAsync(Sites[1].Node, Sites[0].Addresses.Tunnel));
        int port = 5203;
        await EventuallyAsync("several workers send", Later, async () =>
        {
            await ManyFlowsAsync(1, 0, port++);
            return (await WorkersAsync(1)).Count(w => w.FromTunnels > 100) > 1;
        });
        await NothingMisplacedAsync();
    }

    [Fact]
    public async Task SequenceNumbersOfGre_OneWorkerSends()
    {
        await BuildAsync(1, r => r with { Lines = [Threads, .. r.Lines], Extra = [" tunnel sequence-datagrams"] });
        await AllRegisteredAsync();

        await ManyFlowsAsync(1, 0, 5201);

        Assert.Single(await WorkersAsync(1), w => w.FromTunnels > 0);
        await NothingMisplacedAsync();
    }

    [Fact]
    public async Task NumberChangedAtRunTime_WaitsForTheNextStart_AndSaysSo()
    {
        await BuildAsync(1, r => r with { Lines = [Threads, .. r.Lines] });
        string text = await File.ReadAllTextAsync(Routers[1].File, TestContext.Current.CancellationToken);

        await Routers[1].ReplaceAsync(text.Replace(Threads, "platform workers 2", StringComparison.Ordinal));
        string answer = await Routers[1].RunAsync("reload");

        Assert.Contains("platform workers changed: with the next start of dmvpn", answer, StringComparison.Ordinal);
        Assert.Contains("'platform workers' is 2 now, and 3 threads forward packets until dmvpn is started again", Routers[1].Log, StringComparison.Ordinal);
        Assert.Equal(3, (await WorkersAsync(1)).Count);
        await AllRegisteredAsync();
        await Routers[1].StopAsync();
        await Routers[1].StartAsync();
        Assert.Equal(2, (await WorkersAsync(1)).Count);
        await AllRegisteredAsync();
    }

    /// <summary>Eight TCP connections between two LANs, both ways together, slow enough that no queue need be full.</summary>
    private async Task ManyFlowsAsync(int from, int to, int port)
    {
        string number = port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        LabProcess server = Sites[to].LanHost.Start($"iperf{number}", "iperf3", "--server", "--one-off", "--port", number);
        await EventuallyAsync("iperf3 listens", Soon, async () =>
            (await Sites[to].LanHost.RunAsync("ss", "--listening", "--tcp", "--numeric")).Contains(":" + number, StringComparison.Ordinal));
        CommandResult result = await Sites[from].LanHost.TryRunAsync(
            TimeSpan.FromSeconds(60), "iperf3", "--client", Sites[to].Addresses.LanHost, "--port", number, "--parallel", "4", "--bidir", "--bitrate", "15M", "--time", "5");
        Assert.True(result.ExitCode == 0, result.Output);
        await server.StopAsync(Soon);
    }

    private async Task<IReadOnlyList<(long FromTunnels, long FromUnderlay)>> WorkersAsync(int router)
    {
        JsonElement platform = await Routers[router].ShowJsonAsync("platform");
        return [.. platform.GetProperty("workers").EnumerateArray().Select(w => (w.GetProperty("devicePackets").GetInt64(), w.GetProperty("portPackets").GetInt64()))];
    }

    private async Task NothingMisplacedAsync()
    {
        foreach (DmvpnDaemon router in Routers)
        {
            foreach (JsonElement worker in (await router.ShowJsonAsync("platform")).GetProperty("workers").EnumerateArray())
            {
                if (!worker.TryGetProperty("drops", out JsonElement drops))
                    continue;
                Assert.DoesNotContain(drops.EnumerateArray(), d => Misplaced.Contains(d.GetProperty("reason").GetString()));
            }
        }
    }
}
