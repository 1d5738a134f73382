using Dmvpn.Lab.Hosts;

namespace Dmvpn.Lab.Networks;

/// <summary>A home router's NAT with one public address, which several sites may be behind.</summary>
/// <param name="Node">Its namespace: <c>out</c> towards the internet, <c>in-SITE</c> towards each site.</param>
/// <param name="Addresses">Whose public address it has.</param>
public sealed record NatBox(NetNamespace Node, SiteAddresses Addresses)
{
    /// <summary>
    /// A NAT forgets its flows, as when it is restarted or a flow's time is over. Each gets another
    /// port when it goes on.
    /// </summary>
    public static async Task ForgetAsync(NetNamespace nat)
    {
        await nat.NftAsync("""
            flush chain ip nat out
            add rule ip nat out oifname "out" masquerade fully-random
            """).ConfigureAwait(false);
        await nat.RunAsync("conntrack", "-F").ConfigureAwait(false);
    }
}
