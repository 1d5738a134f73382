namespace Dmvpn.Cli.Pki;

/// <summary>What an operator has to do elsewhere after a certificate was issued, and how lists are shown.</summary>
internal static class SiteAdvice
{
    /// <summary>Lines for the other routers.</summary>
    public static IEnumerable<string> After(SiteBundle bundle)
    {
        string ip = bundle.Network.Prefix.IsIPv4 ? "ip" : "ipv6";
        if (bundle.IsHub && bundle.Network.Servers.Count > 1)
        {
            string place = bundle.Network.Servers.First(hub => hub.Address == bundle.Address).Place ?? "ADDRESS";
            yield return $"Bundles that are still here know this hub now. Sites that joined before need one line more under 'interface Tunnel0': {ip} nhrp nhs {bundle.Address} nbma {place} multicast";
        }
        // Without ODR, which carries IPv4, a hub learns of no network by itself.
        if (bundle.Network.Prefix.IsIPv4 || bundle.IsHub) yield break;
        foreach (string lan in bundle.Networks ?? []) yield return $"On the hub: ipv6 route {lan} {bundle.Address}";
    }

    /// <summary>Role and networks, as 'dmvpn pki list' shows them.</summary>
    public static string Networks(IssuedSite site)
    {
        string networks = site.Networks is null ? "" : site.Networks.Count == 0 ? "none" : string.Join(", ", site.Networks);
        return site.IsHub ? networks.Length == 0 ? "hub" : $"hub: {networks}" : networks;
    }
}
