using Dmvpn.Lab.Networks;
using Dmvpn.Lab.Peers.StrongSwan;

namespace Dmvpn.Interop.Tests;

/// <summary>strongSwan with strongSwan, our routers unprotected beside them: shows that the harness itself is right.</summary>
public sealed class IpsecCharonOnlyTests : IpsecTest
{
    [Theory]
    [InlineData("psk gcm group19", 0)]
    [InlineData("ecdsa gcm group31", 0)]
    [InlineData("psk cbc group14", 1)]
    public async Task CharonAtBothEnds_TheSpokeRegistersThroughIt(string name, int behindNat)
    {
        IpsecCase what = IpsecCase.Of(name);
        (_, SwanConnection connection, SwanCredentials credentials) = await what.MakeAsync(Run);
        HubSite = await Internet.AddSiteAsync("hub", 0);
        SpokeSite = await Internet.AddSiteAsync("spoke1", 1, behindNat: behindNat == 1);
        await StartCharonAsync(HubSite.Node, [connection with { Local = HubSite.Underlay, RemoteTs = "0.0.0.0/0[gre]" }], credentials);
        Charon = await StartCharonAsync(SpokeSite.Node, [connection with { Local = SpokeSite.Underlay, Remote = Hub.Public, StartAction = "start" }], credentials);
        HubRouter = await StartAsync(HubSite, Router(Hub, null, null));
        SpokeRouter = await StartAsync(SpokeSite, Router(One, Hub, null));

        await TalksAsync();

        SwanSa sa = await SaAsync();
        Assert.True(sa.IsInitiator);
        Assert.Equal((what.IkeSuite, what.EspSuite, "TUNNEL-in-UDP"), (sa.Suite, sa.Children[0].Suite, sa.Children[0].Mode));
        Assert.True(sa.Children[0] is { PacketsIn: > 0, PacketsOut: > 0 });
        await NothingInTheClearAsync();
    }
}
