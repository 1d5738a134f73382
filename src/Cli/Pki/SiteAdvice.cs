using Dmvpn.Core;

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

    /// <summary>What may be wrong with the networks of a site: nobody routes them, or another site has them too.</summary>
    /// <param name="bundle">The site's.</param>
    /// <param name="issued">All that was issued, this one too.</param>
    public static IEnumerable<string> Doubts(SiteBundle bundle, IReadOnlyList<IssuedSite> issued)
    {
        IpPrefix[] lans = [.. (bundle.Networks ?? []).Select(text => IpPrefix.Parse(text))];
        IpPrefix[] routed = bundle.Network.Company is { } company ? [.. company.Select(text => IpPrefix.Parse(text))] : SitePlan.PrivateRanges;
        foreach (IpPrefix lan in lans)
        {
            if (routed.Length > 0 && !routed.Any(range => range.Contains(lan)))
            {
                yield return $"Warning: {lan} is in none of the networks that 'dmvpn join' routes by the tunnel ({string.Join(", ", routed)}). A site with a default route "
                    + $"to its provider sends packets for it there, in the clear: name it with 'dmvpn pki init --company', or at the sites with 'dmvpn join --route {lan}'.";
            }
            foreach (IssuedSite site in issued.Where(site => site.Name != bundle.Name && site.RevokedAt is null))
            {
                if ((site.Networks ?? []).Select(text => IpPrefix.Parse(text)).Any(other => other.Contains(lan) || lan.Contains(other)))
                    yield return $"Warning: {site.Name} has {lan} too, or a part of it: while both are up, packets for it go to the one that was first.";
            }
        }
    }

    /// <summary>Role and networks, as 'dmvpn pki list' shows them.</summary>
    public static string Networks(IssuedSite site)
    {
        string networks = site.Networks is null ? "" : site.Networks.Count == 0 ? "none" : string.Join(", ", site.Networks);
        return site.IsHub ? networks.Length == 0 ? "hub" : $"hub: {networks}" : networks;
    }
}
