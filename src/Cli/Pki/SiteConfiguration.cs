using Dmvpn.Core;

namespace Dmvpn.Cli.Pki;

/// <summary>The configuration of a site, written from its bundle.</summary>
internal static class SiteConfiguration
{
    /// <param name="bundle">The site.</param>
    /// <param name="hub">Where the hub is: an address or a domain name. Not for the hub itself.</param>
    /// <param name="source">The interface that the tunnel leaves by.</param>
    /// <param name="files">Directory of the certificate files, as seen from the configuration's.</param>
    public static string Write(SiteBundle bundle, string? hub, string source, string files)
    {
        IpPrefix network = IpPrefix.Parse(bundle.Network.Network);
        bool ipv4 = network.IsIPv4;
        string nhrp = ipv4 ? "ip nhrp" : "ipv6 nhrp";
        List<string> lines =
        [
            $"! Written by 'dmvpn join' for {bundle.Name}, {(bundle.IsHub ? "the hub" : "a spoke")} of {bundle.Network.Domain}.",
            $"hostname {bundle.Name}",
            "!",
            "crypto pki trustpoint dmvpn",
            $" ca-file {files}ca.pem",
            $" certificate-file {files}site.pem",
            $" key-file {files}site.key",
            .. bundle.RevocationList is null ? Array.Empty<string>() : [$" crl-file {files}crl.pem", " revocation-check crl none"],
            "crypto ikev2 profile dmvpn",
            $" match identity remote fqdn domain {bundle.Network.Domain}",
            $" identity local fqdn {bundle.Name}.{bundle.Network.Domain}",
            " authentication remote certificate",
            " authentication local certificate",
            " pki trustpoint dmvpn",
            bundle.IsHub ? " dpd 30 5 on-demand" : " dpd 10 3 periodic",
            "crypto ipsec transform-set dmvpn esp-gcm 256",
            " mode transport",
            "crypto ipsec profile dmvpn",
            " set transform-set dmvpn",
            " set ikev2-profile dmvpn",
            "!",
            "interface Tunnel0",
            ipv4 ? $" ip address {bundle.Address} {network.Mask()}" : $" ipv6 address {bundle.Address}/{network.Length}",
            ipv4 ? " ip mtu 1400" : " ipv6 mtu 1400",
            ipv4 ? " ip tcp adjust-mss 1360" : " ipv6 tcp adjust-mss 1340",
            $" {nhrp} authentication {bundle.Network.Authentication}",
            $" {nhrp} authorization certificate",
            $" {nhrp} network-id {bundle.Network.NetworkId}",
            $" {nhrp} holdtime 300",
            bundle.IsHub ? $" {nhrp} redirect" : $" {nhrp} nhs {bundle.Network.HubTunnel} nbma {hub} multicast",
            " cdp enable",
            $" tunnel source {source}",
            " tunnel mode gre multipoint",
            $" tunnel key {bundle.Network.Key}",
            " tunnel protection ipsec profile dmvpn",
            .. bundle.IsHub ? (string[])["!", "router odr"] : [],
            "!",
            "end",
        ];
        return string.Join('\n', lines) + "\n";
    }
}
