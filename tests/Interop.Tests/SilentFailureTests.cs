using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>
/// What used to fail without a word: one line names the peer, the reason and the remedy, and what
/// can go on does.
/// </summary>
public sealed class SilentFailureTests : OursTest
{
    /// <summary>
    /// Neither long packets nor fragments pass, and no ICMP says so: PPPoE, LTE and carriers'
    /// tunnels behind careless firewalls.
    /// </summary>
    private const string Hole = """
        table ip hole {
          chain pass { type filter hook forward priority -500; ip length > 1400 drop; }
          chain whole { type filter hook prerouting priority -500; ip frag-off & 0x3fff != 0 drop; }
        }
        """;

    [Theory]
    [InlineData("")]
    [InlineData(" tunnel path-mtu-discovery")]
    public async Task PathCarriesLessThanTheTunnelAssumes_IsFoundAndNamed_AndFullPacketsGetThrough(string extra)
    {
        await Internet.Router.NftAsync(Hole);
        await BuildAsync(1, r => r with { Protection = new ProtectionText(), Extra = extra.Length > 0 ? [extra] : [] });
        await AllRegisteredAsync();

        await EventuallyAsync("1,400 octets reach the hub's LAN and come back", Later, async () => (await PingAsync(1, 0, "-c 1 -W 1 -s 1372")).Received == 1);

        foreach ((int router, int peer) in ((int, int)[])[(0, 1), (1, 0)])
        {
            await EventuallyAsync("a line names the peer", Soon, () => Task.FromResult(Lines(router, "PATH_NARROW").Length > 0));
            string line = Assert.Single(Lines(router, "PATH_NARROW"));
            Assert.Contains($"do not get through to {Sites[peer].Addresses.Public}", line, StringComparison.Ordinal);
            Assert.Contains("the longest that do have 1400", line, StringComparison.Ordinal);
            Assert.Contains("set 'ip mtu 13", line, StringComparison.Ordinal);
        }
        Assert.Contains("path mtu 1400", await Routers[1].ShowAsync("crypto", "ipsec", "sa"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TunnelKeysDiffer_TheHubNamesTheSpokeAndBothKeys(bool isProtected)
    {
        Sites = [await Internet.AddSiteAsync("hub", 0), await Internet.AddSiteAsync("spoke1", 1)];
        ProtectionText? protection = isProtected ? new ProtectionText() : null;
        Routers =
        [
            await StartAsync(Sites[0], new RouterText(Sites[0].Addresses) { Key = 42, Protection = protection }.ToString()),
            await StartAsync(Sites[1], new RouterText(Sites[1].Addresses) { Key = 43, Protection = protection, Hub = Sites[0].Addresses }.ToString()),
        ];
        await EventuallyAsync("a line names it", Soon, () => Task.FromResult(Lines(0, "WRONG_TUNNEL_KEY").Length > 0));
        string line = Assert.Single(Lines(0, "WRONG_TUNNEL_KEY"));
        Assert.Contains($"GRE with key 43 from {Sites[1].Addresses.Public}", line, StringComparison.Ordinal);
        Assert.Contains("Tunnel0 has 'tunnel key 42'", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PasswordsDiffer_BothEndsSaySo()
    {
        Sites = [await Internet.AddSiteAsync("hub", 0), await Internet.AddSiteAsync("spoke1", 1)];
        Routers =
        [
            await StartAsync(Sites[0], new RouterText(Sites[0].Addresses) { Authentication = "one" }.ToString()),
            await StartAsync(Sites[1], new RouterText(Sites[1].Addresses) { Authentication = "two", Hub = Sites[0].Addresses }.ToString()),
        ];
        await EventuallyAsync("the hub says so", Soon, () => Task.FromResult(Lines(0, "'ip nhrp authentication' must be the same").Length > 0));
        await EventuallyAsync("the spoke says so", Soon, () => Task.FromResult(Lines(1, "does not accept our NHRP password").Length > 0));
        Assert.Contains(Sites[1].Addresses.Public, Lines(0, "'ip nhrp authentication' must be the same")[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task RouteIntoTheTunnel_HoldsTheHubsOwnAddress_IsNamedAndDoesNotEndTheTunnel()
    {
        await BuildAsync(1, static r => r with { Protection = new ProtectionText() });
        await AllRegisteredAsync();
        await Sites[1].Node.IpAsync("route add 203.0.113.0/28 via 10.255.0.1 dev Tunnel0 proto bgp");
        await EventuallyAsync("a line names the route", Soon, () => Task.FromResult(Lines(1, "RECURSIVE_ROUTE").Length > 0));
        string line = Lines(1, "RECURSIVE_ROUTE")[0];
        Assert.Contains("203.0.113.0/28", line, StringComparison.Ordinal);
        Assert.Contains(Sites[0].Addresses.Public, line, StringComparison.Ordinal);
        await EventuallyAsync("the hub's LAN answers", Soon, async () => (await PingAsync(1, 0)).Received == 1);
        await Sites[1].Node.IpAsync("route del 203.0.113.0/28 via 10.255.0.1 dev Tunnel0");
        await EventuallyAsync("the hub's LAN answers without it", Soon, async () => (await PingAsync(1, 0)).Received == 1);
    }

    [Fact]
    public async Task TwoSpokesBehindOneNatWithoutHairpin_ByTheHub_AndALineSaysWhy()
    {
        Site hub = await Internet.AddSiteAsync("hub", 0);
        NatBox nat = await Internet.AddNatAsync("nat", 1);
        Sites = [hub, await Internet.AddSiteAsync("spoke1", 1, nat), await Internet.AddSiteAsync("spoke2", 2, nat)];
        Routers = await Task.WhenAll(Sites.Select(s => StartAsync(s, (new RouterText(s.Addresses)
        {
            Hub = s == hub ? null : hub.Addresses,
            Protection = new ProtectionText(),
            Lines = s == hub ? RouterText.EachByItsOwn(Sites.Skip(1).Select(static o => o.Addresses)) : RouterText.AllByTheHub,
        }).ToString())));
        await AllRegisteredAsync();
        await EventuallyAsync("LAN 1 reaches LAN 2", Soon, async () => (await PingAsync(1, 2)).Received == 1);
        PingResult pings = await PingAsync(1, 2, "-c 50 -i 0.1 -W 1");
        Assert.InRange(pings.Received, 49, 50);
        Assert.Equal(ByTheHub, pings.LastHopLimit);
        await EventuallyAsync("a line says why", Soon, () => Task.FromResult(Lines(1, "are behind one NAT").Length + Lines(2, "are behind one NAT").Length > 0));
    }

    private string[] Lines(int router, string what) =>
        [.. Routers[router].Log.Split('\n').Where(line => line.Contains(what, StringComparison.Ordinal))];
}
