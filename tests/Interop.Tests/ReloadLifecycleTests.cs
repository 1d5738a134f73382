using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>The configuration of running routers changes.</summary>
public sealed class ReloadLifecycleTests : LifecycleTest
{
    private static readonly SiteAddresses One = new(1);

    [Fact]
    public async Task Reload_AddsATunnelAndChangesAnother_NoPacketIsLostAndNoRegistrationFlaps()
    {
        await BuildAsync(1);
        await AllRegisteredAsync();
        Func<Task<bool>> hubRemembers = await RememberAsync(Routers[0], One.Tunnel);
        Func<Task<bool>> spokeRemembers = await RememberAsync(Routers[1], Hub.Tunnel);

        Task<PingResult> stream = Sites[1].Node.PingAsync(Hub.Tunnel, "-c 400 -i 0.01 -W 2");
        await Routers[0].ReloadAsync(Two(Hub, null));
        await Routers[1].ReloadAsync(Two(One, Hub));
        await EventuallyAsync("the spoke registered on the new tunnel", Soon, async () =>
            (await Routers[0].PeersAsync()).Any(p => p.IsUp && p.Tunnel == "Tunnel1" && p.Address == "10.254.0.11"));
        PingResult result = await stream;

        Assert.Equal(400, result.Sent);
        Assert.Equal(0, result.Lost);
        Assert.True(await hubRemembers(), "the hub has the spoke's registration for as long as before");
        Assert.True(await spokeRemembers(), "the spoke has the hub's entry for as long as before");
        Assert.Contains("Description: changed", await Routers[1].ShowAsync("interfaces", "Tunnel0"));
        await EventuallyAsync("the hub answers on the new tunnel", Soon, () => AnswersAsync(Sites[1].Node, "10.254.0.1"));

        static string Two(SiteAddresses site, SiteAddresses? nhs)
        {
            var old = new RouterText(site) { Hub = nhs, HoldTime = 90, Extra = [" description changed"] };
            return $"hostname router{site.Number}\n" + old.Interface() + (old with { Tunnel = 1, Key = 43 }).Interface();
        }
    }

    [Fact]
    public async Task Reload_WithoutTheLastTunnel_IsRefusedUntilItIsForced()
    {
        await BuildAsync(1);
        await AllRegisteredAsync();
        Func<Task<bool>> remembers = await RememberAsync(Routers[0], One.Tunnel);
        await Routers[1].ReplaceAsync("hostname empty\n");

        CommandResult result = await Routers[1].TryRunAsync("reload");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("no tunnel would be left", result.Output + result.Error);
        Assert.Contains("--force", result.Output + result.Error);
        Assert.True(await remembers(), "the registration is the old one");
        Assert.True(await AnswersAsync(Sites[0].Node, One.Tunnel));
        Assert.Equal(0, (await Routers[1].TryRunAsync("reload", "--force")).ExitCode);
        Assert.DoesNotContain("Tunnel", await Routers[1].ShowAsync("running-config"));
    }

    [Fact]
    public async Task Reload_FileWithAnError_IsRefusedWithItsLineAndChangesNothing()
    {
        await BuildAsync(1);
        await AllRegisteredAsync();
        Func<Task<bool>> remembers = await RememberAsync(Routers[0], One.Tunnel);
        string before = await Routers[1].ShowAsync("running-config");
        string[] lines = File.ReadAllLines(Routers[1].File);
        int wrong = Array.FindIndex(lines, l => l.Contains("network-id", StringComparison.Ordinal));
        lines[wrong] = " ip nhrp netwrok-id 100";
        lines[Array.FindIndex(lines, l => l.Contains("ip address", StringComparison.Ordinal))] = " ip address 10.255.0.99 255.255.255.0";
        await File.WriteAllLinesAsync(Routers[1].File, lines, TestContext.Current.CancellationToken);

        CommandResult result = await Routers[1].TryRunAsync("reload");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"line {wrong + 1}:", result.Output + result.Error);
        Assert.Contains("netwrok-id", result.Output + result.Error);
        Assert.Equal(before, await Routers[1].ShowAsync("running-config"));
        Assert.True(await remembers(), "the registration is the old one");
        Assert.True(await AnswersAsync(Sites[0].Node, One.Tunnel));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Reload_Shutdown_TakesTheLineDown_NoShutdownBringsTheRegistrationBack(int who)
    {
        await BuildAsync(1, r => r with { HoldTime = 9 });
        await AllRegisteredAsync();
        string text = await File.ReadAllTextAsync(Routers[who].File, TestContext.Current.CancellationToken);

        await Routers[who].ReloadAsync(text.Replace(" tunnel source", " shutdown\n tunnel source", StringComparison.Ordinal));
        string screen = await Routers[who].ShowAsync("interfaces", "Tunnel0");
        Assert.Contains("Tunnel0 is administratively down, line protocol is down", screen);
        Assert.DoesNotContain("UP", await Sites[who].Node.IpAsync("-br link show dev Tunnel0"));
        await EventuallyAsync("the hub has no registration", Soon, async () => await AgeAsync(Routers[0], One.Tunnel) is null);

        await Routers[who].ReloadAsync(text);
        await AllRegisteredAsync();
        await EventuallyAsync("the line is up", Soon, () => IsLineUpAsync(Routers[who]));
        await EventuallyAsync("the hub answers", Soon, () => AnswersAsync(Sites[1].Node, Hub.Tunnel));
    }

    [Fact]
    public async Task ClearIpNhrp_OneAddress_LeavesTheOtherSpokeAlone()
    {
        await BuildAsync(2, r => r with { HoldTime = 9 });
        await AllRegisteredAsync();
        string one = Sites[1].Addresses.Tunnel, two = Sites[2].Addresses.Tunnel;
        foreach (string[] command in (string[][])[["ip", "nhrp", one], ["dmvpn", "session", "peer", "nbma", Sites[1].Addresses.Public]])
        {
            Func<Task<bool>> oneIsOld = await RememberAsync(Routers[0], one), twoIsOld = await RememberAsync(Routers[0], two);
            await Routers[0].RunAsync(["clear", .. command]);
            Assert.False(await oneIsOld(), $"clear {string.Join(' ', command)} forgets the one");
            await EventuallyAsync("spoke1 comes back by itself", Soon, () => Routers[0].IsUpAsync(one));
            Assert.False(await oneIsOld(), "the registration is a new one");
            Assert.True(await twoIsOld(), "the other's is the old one");
        }

        Func<Task<bool>>[] old = [await RememberAsync(Routers[0], one), await RememberAsync(Routers[0], two)];
        await Routers[0].RunAsync("clear", "ip", "nhrp");
        Assert.All(await Task.WhenAll(old.Select(o => o())), Assert.False);
        await AllRegisteredAsync();
    }

    [Fact]
    public async Task Password_DebugAndScreens_NeverShowIt()
    {
        const string Password = "Pw7zq3Kx";
        Sites = [await Internet.AddSiteAsync("hub", 0), await Internet.AddSiteAsync("spoke1", 1)];
        DmvpnDaemon hub = await StartAsync(Sites[0], new RouterText(Hub) { Authentication = Password }.ToString());
        LabProcess debug = hub.Start("debug-packets", "debug", "nhrp", "packet");
        LabProcess all = hub.Start("debug-all", "debug", "all");
        DmvpnDaemon spoke = await StartAsync(Sites[1], SpokeText(1, new RouterText(One) { Authentication = Password, HoldTime = 6 }));

        await EventuallyAsync("the request is shown", Soon, () => Task.FromResult(debug.Log.Contains("Receive Registration Request via Tunnel0", StringComparison.Ordinal)));
        await EventuallyAsync("the reply is shown", Soon, () => Task.FromResult(debug.Log.Contains("Send Registration Reply via Tunnel0", StringComparison.Ordinal)));
        Assert.Matches(@"\(F\) afn: AF_IP\(1\), type: IP\(800\), hop: \d+, ver: 1", debug.Log);
        Assert.Matches(@"Authentication Extension\(7\):\s+type:Cleartext\(1\), data:\*{8}", debug.Log);
        Assert.Matches(@"src NBMA: " + One.Public, debug.Log);
        Assert.Matches(@"src protocol: " + One.Tunnel + ", dst protocol: " + Hub.Tunnel, debug.Log);
        await EventuallyAsync("the spoke registered", Soon, () => hub.IsUpAsync(One.Tunnel));

        List<string> said = [debug.Log, all.Log];
        foreach (DmvpnDaemon router in (DmvpnDaemon[])[hub, spoke])
        {
            said.Add(router.Log);
            foreach (string screen in Screens)
            {
                said.AddRange(await Task.WhenAll(router.ShowAsync(screen.Split(' ')), router.RunAsync(["show", .. screen.Split(' '), "--json"])));
            }
        }

        Assert.All(said, text => Assert.DoesNotContain(Password, text, StringComparison.OrdinalIgnoreCase));
        Assert.Contains(said, text => text.Contains("ip nhrp authentication", StringComparison.Ordinal));
    }

    private static readonly string[] Screens =
    [
        "running-config", "logging", "dmvpn", "dmvpn detail", "ip nhrp", "ip nhrp detail", "ip nhrp nhs detail", "ip nhrp traffic", "ip nhrp summary",
        "ip nhrp redirect", "ip nhrp multicast", "ip route", "interfaces", "adjacency detail", "cdp neighbors detail", "version", "drops",
    ];
}
