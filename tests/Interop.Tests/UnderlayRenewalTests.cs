using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>What an ISP does: the source interface is made anew, mostly with another address; the hub's name leads elsewhere.</summary>
public sealed class UnderlayRenewalTests : LifecycleTest
{
    private const string HubName = "hub.example.net";
    private static readonly SiteAddresses One = new(1);
    private static readonly ProtectionText Protection = new() { Lines = ["crypto ikev2 dpd 10 2 periodic"] };

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task SourceInterface_IsMadeAnew_HubAndShortcutComeBackByThemselves(bool isProtected, bool elsewhere)
    {
        await BuildAsync(2, r => r with { Protection = isProtected ? Protection : null, HoldTime = 60 });
        await AllRegisteredAsync();
        await BecomesDirectAsync(1, 2);
        SiteAddresses place = elsewhere ? One.Elsewhere : One;
        for (int round = 0; round < 2; round++)
        {
            await Internet.DetachAsync(Sites[1]);
            await EventuallyAsync("it says what is missing", Soon, async () =>
                (await Routers[1].ShowAsync("interfaces", "Tunnel0")).Contains("eth0", StringComparison.Ordinal));
            await Internet.AttachAsync(Sites[1], place);
            await EventuallyAsync("the hub has it where it is", Soon, () => Routers[0].IsUpAsync(One.Tunnel, place.Public));
            await EventuallyAsync("the hub's LAN answers", Soon, async () => (await PingAsync(1, 0)).Received == 1);
            await BecomesDirectAsync(1, 2);
            await BecomesDirectAsync(2, 1);
        }
    }

    [Fact]
    public async Task HubIsKnownByName_NameIsWrongAtFirstAndMovesLater_SpokeFollows()
    {
        Sites = [await Internet.AddSiteAsync("hub", 0), await Internet.AddSiteAsync("spoke1", 1)];
        string hosts = HostsOf(Sites[1]);
        try
        {
            await WriteAsync("nobody.example.net");
            Routers =
            [
                await StartAsync(Sites[0], new RouterText(Hub) { Protection = Protection, Lines = RouterText.EachByItsOwn(One) }.ToString()),
                await StartAsync(Sites[1], SpokeText(1, new RouterText(One) { Protection = Protection }).Replace($"nbma {Hub.Public}", $"nbma {HubName}", StringComparison.Ordinal)),
            ];
            await EventuallyAsync("the log names the name and the reason", Later, () =>
                Task.FromResult(Routers[1].Log.Contains($"next hop server {HubName} cannot be reached", StringComparison.Ordinal)));

            await WriteAsync(HubName, Hub.Public);
            await EventuallyAsync("registered when the name is there", Later, () => Routers[0].IsUpAsync(One.Tunnel));
            Func<Task<bool>> remembers = await RememberAsync(Routers[0], One.Tunnel);
            string text = await File.ReadAllTextAsync(Routers[1].File, TestContext.Current.CancellationToken);
            await Routers[1].ReloadAsync(text.Replace(" multicast\n", " multicast priority 2\n", StringComparison.Ordinal));
            Assert.True(await AnswersAsync(Sites[1].Node, Hub.Tunnel), "a reload that concerns the named server leaves it alone");
            Assert.True(await remembers(), "the registration is the old one");

            await Routers[0].KillAsync();
            await Sites[0].MoveAsync(Hub.Elsewhere);
            await WriteAsync(HubName, Hub.Elsewhere.Public);
            await Routers[0].StartAsync();
            await EventuallyAsync("the spoke has followed the name", TimeSpan.FromSeconds(75), () => Routers[0].IsUpAsync(One.Tunnel));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(hosts)!, recursive: true);
        }

        // In place: what `ip netns exec` has mounted is this file.
        Task WriteAsync(string name, string address = "192.0.2.254") =>
            File.WriteAllTextAsync(hosts, $"127.0.0.1 localhost\n{address} {name}\n", TestContext.Current.CancellationToken);
    }

    /// <summary>Where <c>ip netns exec</c> looks for the hosts of a namespace.</summary>
    private static string HostsOf(Site site)
    {
        string folder = Path.Combine("/etc/netns", site.Node.FullName);
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, "hosts");
    }
}
