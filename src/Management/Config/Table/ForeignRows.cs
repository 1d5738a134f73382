using static Dmvpn.Management.Config.ConfigRow;

namespace Dmvpn.Management.Config;

/// <summary>
/// What real files hold beside the DMVPN. Three kinds: lines that change nothing here (counted, one note for all), lines that
/// have no effect and whose author should know (warning), and lines without which something would be protected or
/// forwarded otherwise (the file is refused). A line that is in no row is an error: it may be a typing mistake.
/// </summary>
internal static class ForeignRows
{
    public static IEnumerable<ConfigRow> All() => [.. Global(), .. Tunnel(), .. LinuxInterface(), .. Odr()];

    private static IEnumerable<ConfigRow> Global()
    {
        foreach (string start in ForeignLines.GlobalBlocks) yield return Harmless(ConfigMode.Global, start + " LINE", opensBlock: true);
        foreach (string block in ForeignLines.BareBlocks) yield return Harmless(ConfigMode.Global, block, opensBlock: true);
        yield return Harmless(ConfigMode.Global, "location LINE", opensBlock: true);
        foreach (string start in ForeignLines.Global) yield return Harmless(ConfigMode.Global, start + " [LINE]");
        yield return Harmless(ConfigMode.Global, "logging {A.B.C.D | X:X::X} [LINE]");
        foreach (ConfigRow row in Ikev1()) yield return row;
        foreach (string word in (string[])["set", "delete"])
            yield return Refused(ConfigMode.Global, word + " LINE", $"'{word} …' is a line of VyOS or Junos, not of IOS", "Write it as IOS does: docs/configuration.md");
        foreach (string start in (string[])["crypto map", "crypto dynamic-map", "crypto gdoi", "crypto gkm"])
            yield return Refused(ConfigMode.Global, start + " LINE", $"'{start}' is not supported", "Use 'tunnel protection ipsec profile' on the tunnel, and remove these lines", opensBlock: true);
        foreach (string start in (string[])["crypto ca", "crypto pki certificate", "crypto pki certificate chain", "crypto pki certificate map", "crypto pki crl", "crypto pki server", "crypto pki http", "crypto pki trustpool", "crypto pki cgmp"])
            yield return Harmless(ConfigMode.Global, start + " LINE", opensBlock: true);
        foreach (string start in (string[])["crypto ssl", "crypto tls-tunnel", "crypto vpn", "crypto identity", "crypto provisioning", "crypto xauth"])
            yield return Harmless(ConfigMode.Global, start + " LINE", opensBlock: true);
        yield return Ineffective(ConfigMode.Global, "crypto call admission LINE", "this limit is not kept", "Use 'crypto ikev2 limit' and 'crypto ikev2 cookie-challenge'");
        foreach (string protocol in (string[])["bgp", "ospf", "ospfv3", "eigrp", "rip", "isis", "lisp", "mobile", "nhrp"])
            yield return Refused(ConfigMode.Global, $"router {protocol} [LINE]", $"'router {protocol}' is not run by this daemon: without it packets would take other ways",
                $"Run it in FRR{(protocol is "eigrp" or "isis" ? "" : " or BIRD")} on the Tunnel interfaces and remove the block here, or use 'router odr'", opensBlock: true);
        yield return Refused(ConfigMode.Global, "ipv6 router LINE", "IPv6 routing protocols are not run by this daemon: without them packets would take other ways",
            "Run it in FRR or BIRD on the Tunnel interfaces and remove the block here", opensBlock: true);
        yield return Refused(ConfigMode.Global, "interface if=IFNAME type LINE", "virtual templates and dynamic tunnels (FlexVPN) are not supported", "Use 'interface TunnelN' with 'tunnel mode gre multipoint' and NHRP, here and on the peers", opensBlock: true);
        foreach (string start in (string[])["ip route vrf", "ipv6 route vrf"])
            yield return Refused(ConfigMode.Global, $"{start} name=WORD(1-31) LINE", "", "") with { Apply = (b, l) => b.VrfRoutes.Add((l.Text("name")!, l)) };
        foreach (string route in (string[])["ip route prefix=A.B.C.D mask=MASK {via=A.B.C.D | if=IFNAME [via=A.B.C.D | dhcp]}", "ipv6 route prefix=X:X::X/nn {via=X:X::X | if=IFNAME [via=X:X::X]}"])
        {
            yield return Refused(ConfigMode.Global, $"{route} [<1-255> | name WORD | tag <1-4294967295> | permanent] [<1-255> | name WORD | tag <1-4294967295> | permanent] track LINE", "", "") with
            {
                Apply = (b, l) => b.Routes.Add(new(l.Prefix("prefix", "mask"), l.Text("if"), l.Address("via"), l) { IsTracked = true }),
            };
        }
        yield return Refused(ConfigMode.Global, "ip route static LINE", "settings of static routing are not supported", "Remove the line");
        yield return Ineffective(ConfigMode.Global, "ip route prefix=A.B.C.D mask=MASK dhcp [<1-255>]", "this route belongs to Linux and was not made", "Let the DHCP client of this machine set it");
        foreach (string family in (string[])["ip", "ipv6"])
        {
            yield return Refused(ConfigMode.Global, $"{family} local policy LINE", "policy routing is not supported: without it packets would take other ways", "Use 'ip rule' on this machine");
            yield return Ineffective(ConfigMode.Global, $"{family} multicast-routing [LINE]", "multicast routing is not run by this daemon", "Run FRR's pimd on the Tunnel interfaces");
            yield return Ineffective(ConfigMode.Global, $"{family} pim LINE", "PIM is not run by this daemon", "Run FRR's pimd on the Tunnel interfaces");
        }
        foreach (string start in (string[])["{inside | outside} {source | destination | static}", "{create | log | pool | portmap | service | settings | sip-sbc | source | stateful | switchover | translation}"])
            yield return Ineffective(ConfigMode.Global, $"ip nat {start} LINE", "NAT belongs to Linux and was not set up", "Use nftables on this machine");
        yield return Ineffective(ConfigMode.Global, "ip inspect LINE", "packet inspection belongs to Linux and was not set up", "Use nftables on this machine");
        foreach (string start in (string[])["zone", "zone-pair"])
            yield return Ineffective(ConfigMode.Global, start + " LINE", "zones belong to Linux and were not set up", "Use nftables on this machine", opensBlock: true);
    }

    /// <summary>IKEv1: one finding for each block, and for each key.</summary>
    private static IEnumerable<ConfigRow> Ikev1()
    {
        foreach (string start in (string[])["default policy", "diagnose", "disconnect-revoked-peers", "enable", "fragmentation", "invalid-spi-recovery", "keepalive", "nat keepalive", "performance", "identity", "xauth"])
            yield return Harmless(ConfigMode.Global, $"crypto isakmp {start} [LINE]");
        foreach (string block in (string[])["crypto isakmp policy", "crypto isakmp profile", "crypto isakmp client configuration", "crypto isakmp peer", "crypto keyring"])
            yield return IsIkev1(block, opensBlock: true);
        yield return IsIkev1("crypto isakmp", opensBlock: false);

        static ConfigRow IsIkev1(string start, bool opensBlock)
        {
            string words = start == "crypto keyring" ? start : "crypto isakmp";
            ConfigRow row = Refused(ConfigMode.Global, start + " LINE", $"'{words}' is IKEv1, which is not yet supported",
                "Use 'crypto ikev2 …' here and on the peers (IOS 15.2 and later, FRR with strongSwan, VyOS), and remove these lines", opensBlock);
            return row with
            {
                Apply = (b, l) =>
                {
                    b.HasIkev1 = true;
                    row.Apply(b, l);
                },
            };
        }
    }

    private static IEnumerable<ConfigRow> Tunnel()
    {
        foreach (string start in ForeignLines.Tunnel) yield return Harmless(ConfigMode.Tunnel, start + " [LINE]");
        foreach (string start in ForeignLines.Routing)
            yield return IneffectiveEitherWay(ConfigMode.Tunnel, start + " LINE", "settings of routing protocols have no effect here", "Make them where the protocol runs, in FRR or BIRD");
        (string Start, string Reason, string Remedy)[] refused =
        [
            ("crypto map WORD [redundancy LINE]", "'crypto map' on a tunnel is not supported", "Use 'tunnel protection ipsec profile'"),
            ("tunnel protection ipsec policy", "'tunnel protection ipsec policy' is not supported", "Use 'tunnel protection ipsec profile'"),
            ("ip address {dhcp | negotiated | pool} [LINE]", "the address of a tunnel must be written here", "Write 'ip address A.B.C.D MASK'"),
            ("ipv6 address {autoconfig | dhcp} [LINE]", "the address of a tunnel must be written here", "Write 'ipv6 address X:X::X/nn'"),
            ("ipv6 address X:X::X/nn {eui-64 | anycast}", "a tunnel has no hardware address to make the lower half of", "Write the whole address: 'ipv6 address X:X::X/nn'"),
            ("tunnel mode ipsec", "tunnels of IPsec alone are not supported", "Use 'tunnel mode gre multipoint', or 'tunnel mode gre ip' with a destination, on both ends"),
            ("ip access-group", "packet filters are not applied: without them more would pass", "Filter with nftables on this tunnel and remove the line"),
            ("ipv6 traffic-filter", "packet filters are not applied: without them more would pass", "Filter with nftables on this tunnel and remove the line"),
            ("ip inspect WORD {in | out}", "packet inspection is not applied: without it more would pass", "Filter with nftables on this tunnel and remove the line"),
            ("zone-member", "zones are not applied: without them more would pass", "Filter with nftables on this tunnel and remove the line"),
            ("ip verify unicast reverse-path", "this old form is not supported", "Write 'ip verify unicast source reachable-via rx'"),
            ("ipv6 verify unicast reverse-path", "this old form is not supported", "Write 'ipv6 verify unicast source reachable-via rx'"),
            ("ip nat {inside | outside | enable}", "NAT is not applied: packets would leave with other addresses", "Use nftables on this tunnel and remove the line"),
            ("service-policy", "quality of service is not applied: traffic would be queued or dropped otherwise", "Use 'tc' on this tunnel and remove the line"),
            ("rate-limit", "rate limits are not applied", "Use 'tc' on this tunnel and remove the line"),
            ("ip policy", "policy routing is not applied: packets would take other ways", "Use 'ip rule iif TunnelN' and remove the line"),
            ("ipv6 policy", "policy routing is not applied: packets would take other ways", "Use 'ip rule iif TunnelN' and remove the line"),
            ("vrf forwarding", "a tunnel inside a VRF is not yet supported: its packets would mix with others", "Run a daemon of its own in the namespace of that VRF"),
            ("ip vrf forwarding", "a tunnel inside a VRF is not yet supported: its packets would mix with others", "Run a daemon of its own in the namespace of that VRF"),
            ("ip vrf receive", "a tunnel inside a VRF is not yet supported: its packets would mix with others", "Run a daemon of its own in the namespace of that VRF"),
            ("ip unnumbered", "unnumbered tunnels are not supported", "Give the tunnel an address with 'ip address'"),
            ("ipv6 unnumbered", "unnumbered tunnels are not supported", "Give the tunnel an address with 'ipv6 address'"),
            ("mpls {ip | mtu | nhrp | ldp | label | bgp | traffic-eng | netflow | accounting | propagate-cos} [LINE]", "MPLS over the tunnel is not supported: labelled packets would be lost", "Remove the line"),
            ("tunnel route-via", "choosing the outer interface is not supported: packets would take other ways", "Use 'tunnel vrf' or 'ip rule' on this machine"),
            ("tunnel metadata", "security group tags are not supported", "Remove the line on both ends"),
            ("tunnel entropy", "the entropy label in the GRE key is not supported", "Remove the line on both ends"),
            ("cts {manual | dot1x | sgt | layer3 | role-based} [LINE]", "TrustSec is not supported", "Remove the line"),
            ("ip multicast {boundary | helper-map | rate-limit | ttl-threshold} [LINE]", "multicast boundaries and limits are not applied: more would pass", "Use nftables on this tunnel and remove the line"),
            ("bridge-group", "bridging over the tunnel is not supported", "Remove the line"),
            ("xconnect", "pseudowires are not supported", "Remove the line"),
        ];
        foreach ((string start, string reason, string remedy) in refused) yield return WithoutAddress(Refused(ConfigMode.Tunnel, start[^1] is '}' or ']' ? start : start + " [LINE]", reason, remedy));
        ConfigRow mode = Refused(ConfigMode.Tunnel, "tunnel mode {aurp | cayman | dvmrp | eon | etherip | ipip | iptalk | ipv6 | ipv6ip | mpls | nos | rbscp | udp | vxlan | vxlan-gpe} [LINE]", "only GRE tunnels are supported",
            "Use 'tunnel mode gre multipoint', or 'tunnel mode gre ip' with a destination, on both ends");
        yield return mode with
        {
            Apply = (b, l) =>
            {
                b.OtherTunnels.Add(b.CurrentTunnel);
                mode.Apply(b, l);
            },
        };
        const string protection = "tunnel protection ipsec profile WORD(1-127) [shared]";
        yield return Refused(ConfigMode.Tunnel, $"{protection} isakmp-profile WORD [shared]", "'isakmp-profile' is IKEv1, which is not yet supported", "Write 'set ikev2-profile' into the IPsec profile, and remove the words");
        yield return Refused(ConfigMode.Tunnel, $"{protection} ikev2-profile WORD [shared]", "the IKEv2 profile is named in the IPsec profile", "Write 'set ikev2-profile' there, and remove the words");
        foreach (string family in (string[])["ip", "ipv6"])
            yield return Refused(ConfigMode.Tunnel, $"{family} nhrp interest WORD", "which traffic triggers a resolution cannot be given by an access list", "Use 'interest none', or remove the line: all traffic does then");
        foreach (ConfigRow row in NotYetInTunnel()) yield return row;
    }

    /// <summary>What refuses the address of a tunnel: that the tunnel has none then is the same mistake.</summary>
    private static ConfigRow WithoutAddress(ConfigRow row) => row with
    {
        Apply = (b, l) =>
        {
            if (row.Pattern.Contains("unnumbered", StringComparison.Ordinal) || row.Pattern.Contains("address", StringComparison.Ordinal)) b.WithoutAddress.Add(b.CurrentTunnel);
            row.Apply(b, l);
        },
    };

    /// <summary>The parts of NHRP that belong to QoS, BFD and EEM, and rare ones: understood, and without effect in this release.</summary>
    private static IEnumerable<ConfigRow> NotYetInTunnel()
    {
        List<string> nhrp =
        [
            "bfd LINE", "nhrp group LINE", "nhrp map group LINE", "nhrp event-publisher LINE", "nhrp attribute LINE", "llp nhrp LINE",
        ];
        foreach (string family in (string[])["ip", "ipv6"])
        {
            foreach (string rest in (string[])["bfd LINE", "attribute LINE", "group LINE", "map group LINE", "map multicast batch-size LINE", "connect LINE", "cache bgp-sync [LINE]",
                "registration req-def-map", "shortcut virtual-template LINE", "path preference <1-255> adaptive", "trigger-svc LINE", "event-publisher LINE"])
                nhrp.Add($"{family} nhrp {rest}");
        }
        foreach (string pattern in nhrp)
        {
            string words = pattern.Replace(" LINE", "").Replace(" [LINE]", "").Replace("[LINE]", "").Replace(" <1-255>", "").Trim();
            yield return Ineffective(ConfigMode.Tunnel, pattern, $"'{words}' is not yet supported and has no effect");
        }
        foreach (string start in (string[])["ip pim", "ip igmp", "ipv6 pim", "ipv6 mld"])
            yield return Ineffective(ConfigMode.Tunnel, start + " LINE", "multicast routing is not run by this daemon", "Run FRR's pimd on this tunnel");
        foreach (string start in (string[])["ip helper-address", "ipv6 dhcp"])
            yield return Ineffective(ConfigMode.Tunnel, start + " LINE", "DHCP is not run by this daemon", "Run a DHCP relay on this machine");
    }

    /// <summary>Linux owns these interfaces: what would protect or redirect is not ours to do, and is named; all else passes.</summary>
    private static IEnumerable<ConfigRow> LinuxInterface()
    {
        yield return Refused(ConfigMode.LinuxInterface, "crypto map WORD [redundancy LINE]", "'crypto map' is not supported", "Use 'tunnel protection ipsec profile' on the tunnel, and remove the line");
        foreach (string start in (string[])["ip access-group", "ipv6 traffic-filter", "ip inspect WORD {in | out}", "zone-member", "ip verify", "ipv6 verify", "ip nat {inside | outside | enable}"])
            yield return Ineffective(ConfigMode.LinuxInterface, start.EndsWith('}') ? start : start + " LINE", $"'{start.Split(" {")[0].Replace(" WORD", "")}' was not applied: this interface belongs to Linux", "Use nftables on this machine");
        (string[] Starts, string Remedy)[] others =
        [
            (["service-policy", "rate-limit"], "Use 'tc' on this machine"),
            (["ip policy", "ipv6 policy"], "Use 'ip rule' on this machine"),
            (["vrf forwarding", "ip vrf forwarding"], "VRFs are network namespaces: 'ip link set dev INTERFACE netns VRF' on this machine"),
        ];
        foreach ((string[] starts, string remedy) in others)
            foreach (string start in starts)
                yield return Ineffective(ConfigMode.LinuxInterface, start + " LINE", $"'{start}' was not applied: this interface belongs to Linux", remedy);
    }

    private static IEnumerable<ConfigRow> Odr()
    {
        foreach (string start in (string[])["redistribute", "default-metric", "neighbor", "offset-list", "maximum-paths", "default-information", "traffic-share"])
            yield return Ineffective(ConfigMode.Odr, start + " LINE", $"'{start}' has no effect on ODR");
    }
}
