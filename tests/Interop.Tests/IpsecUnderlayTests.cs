using Dmvpn.Lab.Networks;
using Dmvpn.Lab.Peers.StrongSwan;

namespace Dmvpn.Interop.Tests;

/// <summary>What the internet does to SAs with strongSwan: NAT, other addresses, small packets.</summary>
public sealed class IpsecUnderlayTests : IpsecTest
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SpokeBehindNat_RegistersThroughUdp(bool ourHub)
    {
        await PairAsync(ourHub, IpsecCase.Plain, behindNat: 1);

        await TalksAsync();

        SwanSa sa = await SaAsync();
        Assert.Equal("TUNNEL-in-UDP", sa.Children[0].Mode);
        Assert.Equal(ourHub ? Hub.Public : One.Public, sa.RemoteAddress);
        await NothingInTheClearAsync();
    }

    [Fact]
    public async Task OurSpokeMoves_IsReachedAgain()
    {
        await PairAsync(ourHub: false, IpsecCase.Plain, ours: p => p with { Lines = ["crypto ikev2 dpd 10 2 periodic"] });
        await TalksAsync();

        await SpokeSite.MoveAsync(One.Elsewhere);

        await EventuallyAsync("strongSwan has it at the new address", Later, async () => await Charon.UpAsync(IpsecCase.Connection) is [.., { RemoteAddress: var at }] && at == SpokeSite.Place.Public);
        await TalksAsync(Later);
        await NothingInTheClearAsync();
    }

    [Fact]
    public async Task StrongSwansSpokeMoves_TheIkeSaMovesWithIt()
    {
        await PairAsync(ourHub: true, IpsecCase.Plain, theirs: c => c with { Local = null });
        await TalksAsync();
        SwanSa before = await SaAsync();

        await SpokeSite.MoveAsync(One.Elsewhere);

        await EventuallyAsync("we know where it is", Soon, () => Task.FromResult(HubRouter.Log.Contains("has moved", StringComparison.Ordinal)));
        Assert.Equal(before.Spis, Assert.Single(await Charon.SasAsync()).Spis);

        // strongSwan makes a new child SA at once, whose selectors are the new address.
        await EventuallyAsync("there is a new child SA", Soon, async () =>
            await Charon.SasAsync() is [{ Children: [{ IsInstalled: true } child] }] && child.SpiIn != before.Children[0].SpiIn);
        await TalksAsync(Later);
        Assert.Equal(before.Spis, Assert.Single(await Charon.SasAsync()).Spis);
        await NothingInTheClearAsync();
    }

    /// <summary>MOBIKE's search for another path takes the spoke's tunnel address. There is no underlay there: what the hub sends there goes into the tunnel.</summary>
    [Fact]
    public async Task StrongSwansSpokeCallsFromItsTunnelAddressInAnOutage_TheSaStaysOutside()
    {
        await PairAsync(ourHub: true, IpsecCase.Plain, theirs: c => c with { Local = null, Extra = ["dpd_delay = 1s"] });
        await TalksAsync();
        // Its provider takes the address away for some seconds: the tunnel's is the only one left.
        await SpokeSite.Node.IpAsync($"addr del {One.Public}/28 dev eth0");
        await SpokeSite.Node.IpAsync($"route replace {SiteAddresses.Underlay} via {One.PublicGateway} dev eth0 onlink src {One.Tunnel}");

        await EventuallyAsync("it calls from its tunnel address", Soon, async () => (await RecordedAsync($"src host {One.Tunnel} and udp port 4500")).Length > 0);
        Assert.DoesNotContain("has moved", HubRouter.Log, StringComparison.Ordinal);

        await SpokeSite.Node.IpAsync($"addr add {One.Public}/28 dev eth0");
        await SpokeSite.Node.IpAsync($"route replace {SiteAddresses.Underlay} via {One.PublicGateway} dev eth0");
        await TalksAsync(Later);
        Assert.DoesNotContain("has moved", HubRouter.Log, StringComparison.Ordinal);
        await NothingInTheClearAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LongCertificates_TravelInFragments(bool ourHub)
    {
        IpsecCase what = IpsecCase.Plain with { Keys = "rsa 4096" };
        await PairAsync(ourHub, what, ours: p => p with { Lines = ["crypto ikev2 fragmentation mtu 576"] }, theirs: c => c with { Extra = ["fragmentation = yes"] }, charon: "fragment_size = 576");

        await TalksAsync();

        // Both directions: the first payload (octet 16 behind UDP header and marker) is SKF, and no packet had to be cut on its way.
        const string Fragment = "udp[8:4] = 0 and udp[28] = 53";
        Assert.NotEmpty(await RecordedAsync($"src host {Hub.Public} and {Fragment}"));
        Assert.NotEmpty(await RecordedAsync($"src host {One.Public} and {Fragment}"));
        Assert.Empty(await RecordedAsync("ip[6:2] & 0x3fff != 0"));
        Assert.Empty(await RecordedAsync("udp[8:4] = 0 and udp[28] = 53 and len > 620"));
        await NothingInTheClearAsync();
    }
}
