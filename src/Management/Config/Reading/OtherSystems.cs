using System.Text.RegularExpressions;

namespace Dmvpn.Management.Config;

/// <summary>
/// Recognises configurations of other makers: one error names the system, instead of one for each line. A file that has a tunnel
/// as IOS writes it is never taken for another's.
/// </summary>
internal static partial class OtherSystems
{
    private const string AsIos = "write the tunnel as IOS does: 'interface Tunnel0', 'ip nhrp …', 'tunnel protection ipsec profile …' (docs/configuration.md)";

    /// <summary>
    /// What only this system has. <c>Least</c>: how many lines must have it; <c>Share</c>: which part of all lines, in percent;
    /// <c>HasTunnels</c>: its tunnels look like those of IOS.
    /// </summary>
    private sealed record Sign(string Name, Regex Pattern, int Least, int Share, string Remedy = "", bool HasTunnels = false);

    /// <summary>In the order in which they are tried.</summary>
    private static readonly Sign[] Signs =
    [
        new("FRR", Frr(), 1, 0, "Keep FRR's routing daemons beside this one; for its nhrpd, "),
        new("MikroTik RouterOS", RouterOs(), 1, 0), new("Cisco ASA", Asa(), 1, 0, HasTunnels: true),
        new("Cisco IOS XR", IosXr(), 1, 0, HasTunnels: true), new("Cisco NX-OS", NxOs(), 1, 0, HasTunnels: true),
        new("Huawei VRP", Vrp(), 1, 0), new("FortiOS", FortiOs(), 2, 20), new("OpenNHRP", OpenNhrp(), 1, 10), new("strongSwan (ipsec.conf)", IpsecConf(), 2, 20),
        new("Junos", JunosSet(), 1, 0), new("VyOS", VyosSet(), 1, 60), new("Junos", JunosBraces(), 2, 10), new("strongSwan (swanctl.conf)", SwanctlConf(), 1, 0),
        new("VyOS", Braces(), 2, 20), new("a shell script", Shell(), 1, 0), new("JSON or XML", Markup(), 1, 0), new("netplan", Netplan(), 1, 0),
    ];

    /// <summary>The one finding for such a file; null for a file of IOS, or of which nothing is known.</summary>
    public static Finding? Find(IReadOnlyList<SourceLine> lines)
    {
        List<SourceLine> all = [.. lines.Where(line => line.Text.Length > 0)];
        bool isIos = all.Exists(line => IosTunnel().IsMatch(line.Command));
        foreach (Sign sign in Signs)
        {
            if (isIos && !sign.HasTunnels) continue;
            List<SourceLine> found = [.. all.Where(line => sign.Pattern.IsMatch(line.Command))];
            if (found.Count < sign.Least || found.Count * 100 < all.Count * sign.Share) continue;
            string what = sign.Name is "a shell script" or "JSON or XML" ? $"this file is {sign.Name}" : $"this is a configuration of {sign.Name}";
            string remedy = sign.Remedy + AsIos;
            return found[0].Finding(FindingKind.Error, 0, 0, $"{what}, not of IOS", char.ToUpperInvariant(remedy[0]) + remedy[1..]);
        }
        return null;
    }

    [GeneratedRegex(@"^\s*(interface\s+tun(nel)?\s*\d+\s*$|tun\w*\s+mode\s+gre\s+m|tun\w*\s+prot\w*\s+ipsec\s+prof)", RegexOptions.IgnoreCase)]
    private static partial Regex IosTunnel();

    [GeneratedRegex(@"^\s*(frr version |frr defaults |service integrated-vtysh-config|nhrp nflog-group |tunnel protection vici profile |zebra nexthop )")]
    private static partial Regex Frr();

    [GeneratedRegex(@"^(/(interface|ip|ipv6|system|routing|ppp|user|certificate|queue|tool|snmp|port)( [a-z/ -]+)?$|# .*RouterOS)")]
    private static partial Regex RouterOs();

    [GeneratedRegex(@"^(ASA Version |\s+nameif \S+$|tunnel-group \S+ (type|ipsec-attributes|general-attributes))")]
    private static partial Regex Asa();

    [GeneratedRegex(@"^(!! IOS XR |interface tunnel-ip\d|\s*ipv4 address \d)")]
    private static partial Regex IosXr();

    [GeneratedRegex(@"^(vdc \S+ id \d|feature (ospf|bgp|eigrp|interface-vlan|tunnel|lldp|hsrp|vpc|pim|dhcp|nxapi|fabric forwarding)\s*$)")]
    private static partial Regex NxOs();

    [GeneratedRegex(@"^(sysname \S+$|\s*tunnel-protocol (gre|ipsec)|\s*undo [a-z]|\s*nhrp entry )")]
    private static partial Regex Vrp();

    [GeneratedRegex(@"^\s*(config (system|vpn|firewall|router|user|log) |edit (""|\d)|set (ip|vdom|allowaccess|srcintf|dstintf|proposal|psksecret) |next$)")]
    private static partial Regex FortiOs();

    [GeneratedRegex(@"^\s+(cisco-authentication \S+$|map \S+/\d+ \S+( register)?( cisco)?$|dynamic-map \S+ |holding-time \d+$|shortcut-destination$|non-caching$)")]
    private static partial Regex OpenNhrp();

    [GeneratedRegex(@"^(conn \S+|config setup|ca \S+)$|^\s+(keyexchange|left\w*|right\w*|authby|ikev2|type|esp|ike|auto)=")]
    private static partial Regex IpsecConf();

    [GeneratedRegex(@"^\s*(set|delete) (routing-options|security|groups|apply-groups|routing-instances|policy-options|chassis|forwarding-options|system (host-name \S|root-authentication)[^']*$|interfaces \S+ unit )")]
    private static partial Regex JunosSet();

    [GeneratedRegex(@"^\s*(set|delete) [a-z]|^\s*(commit|save|configure|exit)$")]
    private static partial Regex VyosSet();

    [GeneratedRegex(@"^\s*[a-z][^{}]*;\s*$")]
    private static partial Regex JunosBraces();

    [GeneratedRegex(@"^(connections|secrets|pools|authorities)\s*\{")]
    private static partial Regex SwanctlConf();

    [GeneratedRegex(@"^\s*[a-z][\w.-]*( \S+)*\s*\{\s*$|^\s*\}\s*$")]
    private static partial Regex Braces();

    [GeneratedRegex(@"^(#!\s*/|\s*(sudo )?ip (link|tunnel|addr|address|route|xfrm|netns) (add|set|del) )")]
    private static partial Regex Shell();

    [GeneratedRegex(@"^\s*(\{\s*$|\{\s*""|<\?xml)")]
    private static partial Regex Markup();

    [GeneratedRegex(@"^network:\s*$")]
    private static partial Regex Netplan();
}
