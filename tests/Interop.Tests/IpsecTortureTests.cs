using System.Text;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>Whatever happens to our routers, what goes through the internet is IKE and ESP and nothing else, from the first moment on.</summary>
public sealed class IpsecTortureTests : OursTest
{
    /// <summary>In every packet between the LANs, in both directions: an echo answer repeats it.</summary>
    private const string Marker = "plaintextmarker!";

    [Fact]
    public async Task WithoutProtection_TheRecordingShowsGreAndTheMarker()
    {
        await BuildAsync(1);
        await AllRegisteredAsync();
        await EventuallyAsync("the LANs talk", Soon, async () => (await TalkAsync(1, 0, "-c 1 -W 1")).Received == 1);
        await EventuallyAsync("it was seen", Soon, async () => (await GreAsync()).Length > 0 && await HasMarkerAsync());
    }

    [Fact]
    public async Task WithProtection_ThroughAllThatCanHappen_NothingIsInTheClear()
    {
        // They want to talk before there is anything to talk through, and never stop.
        var protection = new ProtectionText { IpsecLines = ["set security-association lifetime kilobytes 2560"], Lines = ["crypto ikev2 dpd 10 2 periodic"] };
        await BuildAsync(2, r => r with { Protection = protection, HoldTime = 20 });
        List<LabProcess> talk = [Endless(1, 0), Endless(0, 1), Endless(2, 0), Endless(0, 2), Endless(1, 2), Endless(2, 1)];
        await AllRegisteredAsync();
        await BecomesDirectAsync(1, 2);

        // Past the soft limit of bytes of every SA.
        await Task.WhenAll(TalkAsync(1, 2, "-c 2200 -i 0.002 -W 1 -s 1200"), TalkAsync(2, 0, "-c 2200 -i 0.002 -W 1 -s 1200"));
        await AgainAsync("rekeying");

        string file = await File.ReadAllTextAsync(Routers[1].File);
        await Routers[1].ReloadAsync(file.Replace(" ip mtu 1400", " ip mtu 1380", StringComparison.Ordinal));
        await Routers[1].ReloadAsync(file.Replace("esp-gcm 256", "esp-gcm 128", StringComparison.Ordinal));
        await Routers[1].ReloadAsync(file.Replace($" tunnel protection ipsec profile {ProtectionText.Profile}\n", " shutdown\n", StringComparison.Ordinal), force: true);
        await Routers[1].ReloadAsync(file);
        await AgainAsync("reloading");

        await Routers[1].KillAsync();
        await Routers[1].StartAsync();
        await AgainAsync("the death of a spoke");

        await Routers[0].KillAsync();
        await Routers[0].StartAsync();
        await AgainAsync("the death of the hub");

        await Routers[2].StopAsync();
        await Routers[2].StartAsync();
        await AgainAsync("a spoke's end in good order");

        foreach (string clear in (string[])["crypto session", "crypto sa", "crypto ikev2 sa", "dmvpn session", "ip nhrp"])
        {
            await Routers[0].RunAsync(["clear", .. clear.Split(' ')]);
            await Routers[1].RunAsync(["clear", .. clear.Split(' ')]);
        }

        await AgainAsync("the clears");
        await Sites[2].MoveAsync(Sites[2].Addresses.Elsewhere);
        await AgainAsync("a move");

        // Wrong key: it never comes up, and says nothing.
        await Routers[1].StopAsync();
        await Routers[1].ReplaceAsync(file.Replace(ProtectionText.Key, "another-key-altogether", StringComparison.Ordinal));
        await Routers[1].StartAsync();
        await EventuallyAsync("the wrong key is noticed", Soon, () => Task.FromResult(Routers[1].Log.Contains("failed", StringComparison.Ordinal)));

        foreach (LabProcess process in talk)
            await process.KillAsync();
        Assert.Empty(await GreAsync());
        Assert.False(await HasMarkerAsync(), "the marker was seen on the wire");
        Assert.NotEmpty(await RecordedAsync("ip proto 50 or udp port 4500"));
    }

    private async Task AgainAsync(string after)
    {
        foreach (Site spoke in Sites.Skip(1))
            await EventuallyAsync($"after {after} {spoke.Name} is registered", Later, () => Routers[0].IsUpAsync(spoke.Addresses.Tunnel));
        await EventuallyAsync($"after {after} LAN 1 reaches the hub's", Later, async () => (await TalkAsync(1, 0, "-c 1 -W 1")).Received == 1);
        await EventuallyAsync($"after {after} LAN 1 reaches LAN 2", Later, async () => (await TalkAsync(1, 2, "-c 1 -W 1")).Received == 1);
    }

    private Task<PingResult> TalkAsync(int from, int to, string options) => PingAsync(from, to, $"{options} -p {Convert.ToHexString(Encoding.ASCII.GetBytes(Marker))}");

    private LabProcess Endless(int from, int to) => Sites[from].LanHost.Start(
        $"talk-{from}-{to}", "ping", "-n", "-q", "-i", "0.1", "-s", "100", "-p", Convert.ToHexString(Encoding.ASCII.GetBytes(Marker)), Sites[to].Addresses.LanHost);

    private Task<string[]> GreAsync() => RecordedAsync("ip proto 47 or ip6 proto 47");

    private async Task<bool> HasMarkerAsync() => (await File.ReadAllBytesAsync(Recording)).AsSpan().IndexOf(Encoding.ASCII.GetBytes(Marker)) >= 0;
}
