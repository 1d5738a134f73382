using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>An interface with an IPv4 and an IPv6 address, and a tunnel over each, both protected.</summary>
public sealed class DualStackTests : LifecycleTest
{
    private static readonly SiteAddresses One = new(1);

    [Fact]
    public async Task TwoTunnelsOnOneInterface_OneOverEachFamily_BothCarryAndNothingMoves()
    {
        Sites = [await Internet.AddSiteAsync("hub", 0), await Internet.AddSiteAsync("spoke1", 1)];
        Routers = [await StartAsync(Sites[0], Text(Hub, null)), await StartAsync(Sites[1], Text(One, Hub))];
        await EventuallyAsync("registered over IPv4", Soon, () => Routers[0].IsUpAsync(One.Tunnel, One.Public));
        await EventuallyAsync("registered over IPv6", Soon, () => Routers[0].IsUpAsync("10.254.0.11", One.Public6));
        await EventuallyAsync("both answer", Soon, async () =>
            await AnswersAsync(Sites[1].Node, Hub.Tunnel) && await AnswersAsync(Sites[1].Node, "10.254.0.1"));

        // The lines of both go down and up, and nobody is anywhere else.
        foreach (string tunnel in (string[])["Tunnel0", "Tunnel1"])
        {
            string text = await File.ReadAllTextAsync(Routers[1].File, TestContext.Current.CancellationToken);
            await Routers[1].ReloadAsync(text.Replace($"interface {tunnel}\n", $"interface {tunnel}\n shutdown\n", StringComparison.Ordinal));
            Assert.True(await AnswersAsync(Sites[1].Node, tunnel == "Tunnel0" ? "10.254.0.1" : Hub.Tunnel), $"the other one goes on without {tunnel}");
            await Routers[1].ReloadAsync(text);
        }
        await EventuallyAsync("both answer again", Soon, async () =>
            await AnswersAsync(Sites[1].Node, Hub.Tunnel) && await AnswersAsync(Sites[1].Node, "10.254.0.1"));
        Assert.All(Routers, router => Assert.DoesNotContain("PEER_MOVED", router.Log, StringComparison.Ordinal));

        static string Text(SiteAddresses site, SiteAddresses? hub)
        {
            var four = new RouterText(site) { Hub = hub, Protection = new ProtectionText(), HoldTime = 60 };
            RouterText six = four with { Tunnel = 1, Key = 43, Ipv6Under = true };
            string keys = $"{four.Protection}".Replace(" peer ANY\n", $" peer SIX\n  address ::/0\n  pre-shared-key {ProtectionText.Key}\n peer ANY\n", StringComparison.Ordinal);
            return $"hostname router{site.Number}\n{keys}{four.Interface()}{six.Interface()}end\n";
        }
    }
}
