using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>
/// Protected routers with <c>if-state nhrp</c> whose configuration changes from the ground up while they talk: none ends, the others hear
/// of it, and with the old configuration all is as before.
/// </summary>
public sealed class ReloadMatrixTests : LifecycleTest
{
    private static readonly SiteAddresses One = new(1);

    [Fact]
    public async Task Reload_AnyChangeUnderIfState_DaemonLivesAndComesBack()
    {
        await BuildAsync(2, r => r with { Protection = new ProtectionText(), HoldTime = 300, Extra = r.Hub is null ? [] : [" if-state nhrp"] });
        await AllRegisteredAsync();
        string text = await File.ReadAllTextAsync(Routers[1].File, TestContext.Current.CancellationToken);
        (string What, string Changed)[] changes =
        [
            ("shutdown", text.Replace(" tunnel source", " shutdown\n tunnel source", StringComparison.Ordinal)),
            ("remove", "hostname router1\nend\n"),
            ("no protection", text.Replace($" tunnel protection ipsec profile {ProtectionText.Profile}\n", "", StringComparison.Ordinal)),
            ("another transform", text.Replace("esp-gcm 256", "esp-aes 256 esp-sha256-hmac", StringComparison.Ordinal)),
            ("source that is missing", text.Replace("source eth0", "source eth7", StringComparison.Ordinal)),
            ("address", text.Replace(One.Tunnel, "10.255.0.77", StringComparison.Ordinal)),
            ("key", text.Replace("tunnel key 42", "tunnel key 43", StringComparison.Ordinal)),
            ("shutdown and protection", text.Replace(" tunnel source", " shutdown\n tunnel source", StringComparison.Ordinal)
                .Replace($" tunnel protection ipsec profile {ProtectionText.Profile}\n", "", StringComparison.Ordinal)),
        ];
        foreach ((string what, string changed) in changes)
        {
            await BecomesDirectAsync(1, 2);
            Assert.NotEqual(text, changed);
            await Routers[1].ReplaceAsync(changed);
            // A change that takes protection away may want to be confirmed; what is tried here is that nobody ends.
            if (!(await Routers[1].TryRunAsync("reload")).Succeeded) await Routers[1].RunAsync("reload", "--force");
            Assert.Contains("OpenDMVPN", await Routers[1].ShowAsync("version"));
            if (what is "shutdown" or "remove" or "shutdown and protection")
                await EventuallyAsync($"{what}: the hub has no registration", Soon, async () => await AgeAsync(Routers[0], One.Tunnel) is null);
            await Routers[1].ReloadAsync(text);
            await EventuallyAsync($"{what}: the spoke registered again", Soon, () => Routers[0].IsUpAsync(One.Tunnel, One.Public));
            await EventuallyAsync($"{what}: its line is up", Soon, () => IsLineUpAsync(Routers[1]));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HubShutsItsTunnelDown_SpokesHearOfItAtOnce_AsWhenItEnds(bool shutdown)
    {
        await BuildAsync(2, r => r with { Protection = new ProtectionText(), HoldTime = 300 });
        await AllRegisteredAsync();
        string text = await File.ReadAllTextAsync(Routers[0].File, TestContext.Current.CancellationToken);

        if (shutdown) await Routers[0].ReloadAsync(text.Replace(" tunnel source", " shutdown\n tunnel source", StringComparison.Ordinal));
        else await Routers[0].StopAsync();
        foreach (int spoke in (int[])[1, 2])
        {
            await EventuallyAsync($"{Sites[spoke].Name} knows that the hub is gone", TimeSpan.FromSeconds(3), () =>
                Task.FromResult(Routers[spoke].Log.Contains("is down: it has deleted its SA", StringComparison.Ordinal)));
        }

        if (shutdown) await Routers[0].ReloadAsync(text);
        else await Routers[0].StartAsync();
        await AllRegisteredAsync();
    }

    [Fact]
    public async Task TunnelRemoved_ItsPeersAreNotKeptOrCalled()
    {
        await BuildAsync(2, r => r with { Protection = new ProtectionText(), HoldTime = 300 });
        await AllRegisteredAsync();
        await BecomesDirectAsync(1, 2);
        await Routers[1].ReplaceAsync("hostname router1\nend\n");
        if (!(await Routers[1].TryRunAsync("reload")).Succeeded) await Routers[1].RunAsync("reload", "--force");
        await EventuallyAsync("the hub has no registration", Soon, async () => await AgeAsync(Routers[0], One.Tunnel) is null);
        // What was deleted is shown until its last delete has gone unanswered.
        await EventuallyAsync("no SA is left, and none is being made", Soon, async () =>
            !(await Routers[1].ShowAsync("crypto", "ikev2", "sa")).Contains(One.Public, StringComparison.Ordinal));
    }
}
