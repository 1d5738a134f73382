using Dmvpn.Core;
using Dmvpn.Management.Config;

namespace Dmvpn.Cli.Pki;

/// <summary>The configuration of a site, written from its bundle.</summary>
internal static class SiteConfiguration
{
    // The first hub's routes are used while it is there, the others' when it is not.
    private const int SecondHubsDistance = 200;

    /// <summary>The text, which was read again as a router would read it.</summary>
    /// <param name="plan">What the site is to do.</param>
    /// <param name="files">Directory of the certificate files, as seen from the configuration's.</param>
    /// <exception cref="PkiException">No router would take it as a protected tunnel.</exception>
    public static string Write(SitePlan plan, string files)
    {
        string text = Text(plan, files);
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text);
        if (config is null) throw new PkiException($"the bundle makes no good configuration: {report.Findings.First(finding => finding.Kind == FindingKind.Error).Reason.Escaped()}");
        if (config.Tunnels.Count != 1 || config.Tunnels[0].Protection?.Profile != "dmvpn") throw new PkiException("the bundle makes no protected tunnel");
        return text;
    }

    private static string Text(SitePlan plan, string files)
    {
        SiteBundle bundle = plan.Bundle;
        IpPrefix network = bundle.Network.Prefix;
        bool ipv4 = network.IsIPv4;
        string ip = ipv4 ? "ip" : "ipv6";
        List<string> lines =
        [
            $"! Written by 'dmvpn join' for {bundle.Name}, {(bundle.IsHub ? "a hub" : "a spoke")} of {bundle.Network.Domain}.",
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
            $" {ip} mtu 1400",
            $" {ip} tcp adjust-mss {(ipv4 ? 1360 : 1340)}",
            $" {ip} nhrp authentication {bundle.Network.Authentication}",
            $" {ip} nhrp authorization certificate",
            $" {ip} nhrp network-id {bundle.Network.NetworkId}",
            $" {ip} nhrp holdtime 300",
            .. bundle.IsHub ? (string[])[$" {ip} nhrp redirect"] : [],
            .. plan.Hubs.Select(hub => $" {ip} nhrp nhs {hub.Address} nbma {hub.Place} multicast"),
            // ODR carries IPv4.
            .. ipv4 ? (string[])[" cdp enable"] : [],
            $" tunnel source {plan.Source}",
            plan.IsIPv6 ? " tunnel mode gre multipoint ipv6" : " tunnel mode gre multipoint",
            $" tunnel key {bundle.Network.Key}",
            " tunnel protection ipsec profile dmvpn",
            .. bundle.IsHub && ipv4 ? (string[])["!", "router odr"] : [],
            .. Routes(plan),
            "!",
            "end",
        ];
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>
    /// The company's networks by the tunnel: a default route of the provider's does not draw what is for them. Hubs learn the
    /// spokes' networks, and route to each other's.
    /// </summary>
    private static List<string> Routes(SitePlan plan)
    {
        List<string> lines = [];
        foreach (IpPrefix route in plan.Routes)
        {
            for (int i = 0; i < plan.Hubs.Count; i++) lines.Add($"{RouteTo(route)} {plan.Hubs[i].Address}{(i == 0 ? "" : $" {SecondHubsDistance + i - 1}")}");
        }
        foreach (HubSite hub in plan.Bundle.IsHub ? plan.Hubs : [])
        {
            foreach (string lan in hub.Networks ?? []) lines.Add($"{RouteTo(IpPrefix.Parse(lan))} {hub.Address}");
        }
        return lines.Count == 0 ? lines : ["!", .. lines];
    }

    private static string RouteTo(IpPrefix route) => route.IsIPv4 ? $"ip route {route.Address} {route.Mask()}" : $"ipv6 route {route}";
}
