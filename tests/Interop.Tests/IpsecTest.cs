using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Networks;
using Dmvpn.Lab.Peers.StrongSwan;

namespace Dmvpn.Interop.Tests;

/// <summary>
/// A hub and a spoke, one of them protected by ourselves, the other by strongSwan in the same namespace as an unprotected router of ours:
/// what that one says must go through charon's <c>ipsec0</c>, since GRE cannot pass otherwise.
/// </summary>
public abstract class IpsecTest : NetworkTest
{
    private protected static SiteAddresses Hub { get; } = new(0);

    private protected static SiteAddresses One { get; } = new(1);

    /// <summary>Of strongSwan's side.</summary>
    private protected CharonPeer Charon { get; set; } = null!;

    private protected Site HubSite { get; set; } = null!;

    private protected Site SpokeSite { get; set; } = null!;

    private protected DmvpnDaemon HubRouter { get; set; } = null!;

    private protected DmvpnDaemon SpokeRouter { get; set; } = null!;

    /// <summary>Makes the pair.</summary>
    /// <param name="ourHub">We are the hub and answer; otherwise the spoke, and begin.</param>
    /// <param name="behindNat">Number of the site that is behind a NAT: 0 for none.</param>
    private protected async Task PairAsync(bool ourHub, IpsecCase what, Func<ProtectionText, ProtectionText>? ours = null, Func<SwanConnection, SwanConnection>? theirs = null, string charon = "", int behindNat = 0)
    {
        (ProtectionText protection, SwanConnection connection, SwanCredentials credentials) = await what.MakeAsync(Run);
        HubSite = await Internet.AddSiteAsync("hub", 0);
        SpokeSite = await Internet.AddSiteAsync("spoke1", 1, behindNat: behindNat == 1);
        (Site mine, Site other) = ourHub ? (HubSite, SpokeSite) : (SpokeSite, HubSite);
        connection = connection with { Local = other.Underlay, Remote = ourHub ? Hub.Public : "%any", StartAction = ourHub ? "start" : "none" };
        // "dynamic" is the address that is seen outside; the selectors have the one within the packet.
        if (behindNat != 0 && !ourHub)
            connection = connection with { RemoteTs = "0.0.0.0/0[gre]" };
        protection = ours?.Invoke(protection) ?? protection;

        // The hub first: who begins should find somebody.
        if (ourHub)
            HubRouter = await StartAsync(mine, Router(Hub, null, protection));
        Charon = await StartCharonAsync(other.Node, [theirs?.Invoke(connection) ?? connection], credentials, charon);
        if (ourHub)
        {
            SpokeRouter = await StartAsync(other, Router(One, Hub, null));
            return;
        }

        HubRouter = await StartAsync(other, Router(Hub, null, null));
        SpokeRouter = await StartAsync(mine, Router(One, Hub, protection));
    }

    /// <summary>A router of the pair.</summary>
    private protected static string Router(SiteAddresses site, SiteAddresses? hub, ProtectionText? protection) =>
        new RouterText(site) { Hub = hub, Protection = protection, HoldTime = 30, Lines = hub is null ? RouterText.EachByItsOwn(One) : RouterText.AllByTheHub }.ToString();

    /// <summary>The spoke is registered, and both tunnel addresses answer.</summary>
    private protected async Task TalksAsync(TimeSpan? patience = null)
    {
        await EventuallyAsync("the spoke registered", patience ?? Soon, () => HubRouter.IsUpAsync(One.Tunnel));
        await EventuallyAsync("the hub answers the spoke", patience ?? Soon, () => AnswersAsync(SpokeSite.Node, Hub.Tunnel));
        await EventuallyAsync("the spoke answers the hub", patience ?? Soon, () => AnswersAsync(HubSite.Node, One.Tunnel));
    }

    /// <summary>strongSwan's only SA with an installed child.</summary>
    private protected async Task<SwanSa> SaAsync() => Assert.Single(await Charon.UpAsync(IpsecCase.Connection));

    /// <summary>One IKE SA and one child, which is not the old one.</summary>
    private protected async Task<bool> OnlyAsync(SwanSa before, bool ikeIsNew) =>
        await Charon.SasAsync() is [{ IsEstablished: true, Children: [{ IsInstalled: true } child] } sa]
        && sa.Spis != before.Spis == ikeIsNew && child.SpiIn != before.Children[0].SpiIn && child.SpiOut != before.Children[0].SpiOut;

    /// <summary>GRE was never seen, from the first moment on.</summary>
    private protected async Task NothingInTheClearAsync()
    {
        Assert.Empty(await RecordedAsync("ip proto 47 or ip6 proto 47"));
        Assert.NotEmpty(await RecordedAsync("udp port 4500 or ip proto 50"));
    }
}
