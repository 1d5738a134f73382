using static Dmvpn.Management.Config.ConfigRow;

namespace Dmvpn.Management.Config;

/// <summary>
/// What real files hold beside the DMVPN. Three kinds: lines that change nothing here (counted, one note for all), lines that
/// have no effect and whose author should know (warning), and lines without which something would be protected or
/// forwarded otherwise (the file is refused). A line that is in no row is an error: it may be a typing mistake.
/// </summary>
internal static class ForeignRows
{
    /// <summary>Global lines that stand alone.</summary>
    private static readonly string[] HarmlessLines =
    [
        "aaa", "access-list", "alias", "boot", "boot-start-marker", "boot-end-marker", "Building", "buffers", "call", "clock", "config-register", "crypto key", "crypto engine",
        "crypto logging", "Current", "cts", "debug", "diagnostic", "do", "dot11", "enable", "errdisable", "exception", "file", "ip address-pool", "ip as-path", "ip arp", "ip bgp-community",
        "ip bootp", "ip cef", "ip classless", "ip community-list", "ip default-gateway", "ip dhcp excluded-address", "ip dhcp snooping", "ip dhcp use", "ip domain", "ip domain-list", "ip domain-lookup", "ip domain-name", "ip dns",
        "ip finger", "ip flow", "ip flow-cache", "ip flow-export", "ip forward-protocol", "ip ftp", "ip gratuitous-arps", "ip host", "ip http", "ip icmp", "ip identd", "ip name-server", "ip options", "ip prefix-list",
        "ip radius", "ip rcmd", "ip routing", "ip scp", "ip source-route", "ip ssh", "ip subnet-zero", "ip tacacs", "ip tcp", "ip telnet", "ip tftp", "ip sla schedule", "ip sla responder", "ip sla reaction-configuration", "ip sla enable", "ipv6 cef", "ipv6 prefix-list",
        "ipv6 unicast-routing", "license", "lldp", "logging buginf", "logging count", "logging discriminator", "logging event", "logging facility", "logging history", "logging host", "logging message-counter", "logging monitor", "logging on",
        "logging origin-id", "logging queue-limit", "logging rate-limit", "logging source-interface", "logging userinfo", "login", "mac", "memory", "mls", "mmi", "mop", "mpls label", "mpls ldp", "multilink", "netconf", "netconf-yang", "network-clock",
        "nat64", "ntp", "password", "platform", "process", "prompt", "restconf", "scheduler", "security", "service", "set", "sdm", "snmp", "snmp-server", "sntp", "spanning-tree", "subscriber", "switch", "system", "terminal", "tftp-server", "time-range",
        "transceiver", "upgrade", "username", "Using", "version", "virtual-profile", "vtp", "wrr-queue", "xconnect", "arp", "cdp source-interface", "cdp advertise-v2", "cdp log", "cdp tlv", "access-session", "authentication", "dot1x", "radius-server", "tacacs-server",
    ];

    /// <summary>Global lines that open a block.</summary>
    private static readonly string[] HarmlessBlocks =
    [
        "aaa group", "appfw", "archive", "bfd-template", "bfd map", "bridge", "bridge-domain", "call-home", "card", "class-map", "control-plane", "controller", "dial-peer", "ephone", "event", "flow exporter", "flow monitor", "flow record",
        "gnxi", "gateway", "guestshell", "app-hosting", "iox", "ip access-list", "ip dhcp pool", "ip explicit-path", "ip sla", "ip vrf", "ipv6 access-list", "ipv6 dhcp", "ipv6 nd raguard", "key", "kron", "l2vpn", "line", "macro", "mgcp", "monitor", "object-group",
        "parameter-map", "parser", "policy-map", "presence", "privilege", "pseudowire-class", "radius", "redundancy", "role", "route-map", "sip-ua", "stackwise", "standby", "tacacs", "telemetry", "template", "track", "virtual-service", "vlan", "voice", "voice-card", "vpdn", "vpdn-group", "vrf", "wsma",
    ];

    /// <summary>Lines in a tunnel's block that change nothing here.</summary>
    private static readonly string[] HarmlessInTunnel =
    [
        "arp", "bandwidth inherit", "bandwidth receive", "bgp-policy", "carrier-delay", "dampening", "fair-queue", "history", "hold-queue", "ip accounting", "ip directed-broadcast", "ip flow", "ip information-reply", "ip load-sharing", "ip local-proxy-arp", "ip mask-reply",
        "ip mroute-cache", "ip probe", "ip proxy-arp", "ip rarp-server", "ip redirects", "ip route-cache", "ip rsvp", "ip security", "ip unreachables", "ip virtual-reassembly", "ipv6 enable", "ipv6 nd", "ipv6 redirects", "ipv6 unreachables", "ipv6 virtual-reassembly", "load-interval", "logging", "macro",
        "max-reserved-bandwidth", "mop", "ntp", "qos", "random-detect", "snmp", "timeout", "transmit-interface", "trust", "tunnel flow", "tunnel bandwidth", "tx-queue-limit", "tx-ring-limit", "ethernet", "source", "do", "ip nbar", "nhrp route-watch", "rmon", "priority-group", "custom-queue-list", "autodetect",
    ];

    /// <summary>Settings of routing protocols on a tunnel: without their <c>router</c> block they have no effect.</summary>
    private static readonly string[] RoutingInTunnel =
    [
        "ip ospf", "ip eigrp", "ip hello-interval", "ip hold-time", "ip split-horizon", "ip next-hop-self", "ip summary-address", "ip bandwidth-percent", "ip authentication", "ip dampening-change", "ip dampening-interval", "ip rip", "ip router", "ip irdp",
        "ipv6 ospf", "ipv6 eigrp", "ipv6 hello-interval", "ipv6 hold-time", "ipv6 split-horizon", "ipv6 summary-address", "ipv6 next-hop-self", "ipv6 rip", "ipv6 router", "ipv6 authentication", "ipv6 bandwidth-percent", "isis", "ospfv3",
    ];

    public static IEnumerable<ConfigRow> All() => [.. Global(), .. Tunnel(), .. LinuxInterface(), .. Odr()];

    private static IEnumerable<ConfigRow> Global()
    {
        foreach (string start in HarmlessBlocks) yield return Harmless(ConfigMode.Global, start + " LINE", opensBlock: true);
        foreach (string block in (string[])["archive", "redundancy", "iox", "call-home", "control-plane", "voice-card", "mgcp", "sip-ua", "gateway"])
            yield return Harmless(ConfigMode.Global, block, opensBlock: true);
        foreach (string start in HarmlessLines) yield return Harmless(ConfigMode.Global, start + " [LINE]");
        foreach (string start in (string[])["aggressive-mode", "default policy", "diagnose", "disconnect-revoked-peers", "enable", "fragmentation", "invalid-spi-recovery", "keepalive", "nat keepalive", "performance"])
            yield return Harmless(ConfigMode.Global, $"crypto isakmp {start} [LINE]");
        foreach (string start in (string[])["crypto isakmp", "crypto keyring"])
            yield return Refused(ConfigMode.Global, start + " LINE", $"'{start}' is IKEv1, which is not yet supported",
                "Use 'crypto ikev2 …' here and on the peers (IOS 15.2 and later, FRR with strongSwan, VyOS), and remove these lines", opensBlock: true);
        foreach (string start in (string[])["crypto map", "crypto dynamic-map", "crypto gdoi", "crypto gkm"])
            yield return Refused(ConfigMode.Global, start + " LINE", $"'{start}' is not supported", "Use 'tunnel protection ipsec profile' on the tunnel, and remove these lines", opensBlock: true);
        foreach (string start in (string[])["crypto ca", "crypto pki certificate", "crypto pki token", "crypto pki crl", "crypto pki server", "crypto pki profile", "crypto pki http", "crypto pki trustpool", "crypto pki cgmp"])
            yield return Harmless(ConfigMode.Global, start + " LINE", opensBlock: true);
        foreach (string start in (string[])["crypto ssl", "crypto tls-tunnel", "crypto vpn", "crypto identity", "crypto provisioning", "crypto xauth"])
            yield return Harmless(ConfigMode.Global, start + " LINE", opensBlock: true);
        yield return Ineffective(ConfigMode.Global, "crypto call admission LINE", "this limit is not kept", "Use 'crypto ikev2 limit' and 'crypto ikev2 cookie-challenge'");
        foreach (string protocol in (string[])["bgp", "ospf", "ospfv3", "eigrp", "rip", "isis", "lisp", "mobile", "nhrp"])
            yield return Refused(ConfigMode.Global, $"router {protocol} [LINE]", $"'router {protocol}' is not run by this daemon: without it packets would take other ways",
                "Run it in FRR or BIRD on the Tunnel interfaces and remove the block here, or use 'router odr'", opensBlock: true);
        yield return Refused(ConfigMode.Global, "ipv6 router LINE", "IPv6 routing protocols are not run by this daemon: without them packets would take other ways",
            "Run it in FRR or BIRD on the Tunnel interfaces and remove the block here", opensBlock: true);
        foreach (string start in (string[])["ip route vrf", "ipv6 route vrf"])
            yield return Refused(ConfigMode.Global, $"{start} name=WORD(1-31) LINE", "", "") with { Apply = (b, l) => b.VrfRoutes.Add((l.Text("name")!, l)) };
        yield return Refused(ConfigMode.Global, "ip route static LINE", "settings of static routing are not supported", "Remove the line");
        yield return Ineffective(ConfigMode.Global, "ip route prefix=A.B.C.D mask=MASK dhcp [<1-255>]", "this route belongs to Linux and was not made", "Let the DHCP client of this machine set it");
        foreach (string family in (string[])["ip", "ipv6"])
        {
            yield return Refused(ConfigMode.Global, $"{family} local policy LINE", "policy routing is not supported: without it packets would take other ways", "Use 'ip rule' on this machine");
            yield return Ineffective(ConfigMode.Global, $"{family} multicast-routing [LINE]", "multicast routing is not run by this daemon", "Run FRR's pimd on the Tunnel interfaces");
            yield return Ineffective(ConfigMode.Global, $"{family} pim LINE", "PIM is not run by this daemon", "Run FRR's pimd on the Tunnel interfaces");
        }
        yield return Ineffective(ConfigMode.Global, "ip nat LINE", "NAT belongs to Linux and was not set up", "Use nftables on this machine");
        yield return Ineffective(ConfigMode.Global, "ip inspect LINE", "packet inspection belongs to Linux and was not set up", "Use nftables on this machine");
        foreach (string start in (string[])["zone", "zone-pair"])
            yield return Ineffective(ConfigMode.Global, start + " LINE", "zones belong to Linux and were not set up", "Use nftables on this machine", opensBlock: true);
    }

    private static IEnumerable<ConfigRow> Tunnel()
    {
        foreach (string start in HarmlessInTunnel) yield return Harmless(ConfigMode.Tunnel, start + " [LINE]");
        foreach (string start in RoutingInTunnel)
            yield return Ineffective(ConfigMode.Tunnel, start + " LINE", "settings of routing protocols have no effect here", "Make them where the protocol runs, in FRR or BIRD");
        (string Start, string Reason, string Remedy)[] refused =
        [
            ("crypto", "'crypto map' on a tunnel is not supported", "Use 'tunnel protection ipsec profile'"),
            ("tunnel protection ipsec policy", "'tunnel protection ipsec policy' is not supported", "Use 'tunnel protection ipsec profile'"),
            ("tunnel mode ipsec", "tunnels of IPsec alone are not supported", "Use 'tunnel mode gre multipoint', or 'tunnel mode gre ip' with a destination, on both ends"),
            ("ip access-group", "packet filters are not applied: without them more would pass", "Filter with nftables on this tunnel and remove the line"),
            ("ipv6 traffic-filter", "packet filters are not applied: without them more would pass", "Filter with nftables on this tunnel and remove the line"),
            ("ip inspect", "packet inspection is not applied: without it more would pass", "Filter with nftables on this tunnel and remove the line"),
            ("zone-member", "zones are not applied: without them more would pass", "Filter with nftables on this tunnel and remove the line"),
            ("ip verify", "reverse path checks are not applied: without them more would pass", "Set net.ipv4.conf.TunnelN.rp_filter and remove the line"),
            ("ipv6 verify", "reverse path checks are not applied: without them more would pass", "Use nftables' 'fib' expression and remove the line"),
            ("ip nat", "NAT is not applied: packets would leave with other addresses", "Use nftables on this tunnel and remove the line"),
            ("service-policy", "quality of service is not applied: traffic would be queued or dropped otherwise", "Use 'tc' on this tunnel and remove the line"),
            ("rate-limit", "rate limits are not applied", "Use 'tc' on this tunnel and remove the line"),
            ("ip policy", "policy routing is not applied: packets would take other ways", "Use 'ip rule iif TunnelN' and remove the line"),
            ("ipv6 policy", "policy routing is not applied: packets would take other ways", "Use 'ip rule iif TunnelN' and remove the line"),
            ("vrf forwarding", "a tunnel inside a VRF is not yet supported: its packets would mix with others", "Run a daemon of its own in the namespace of that VRF"),
            ("ip vrf", "a tunnel inside a VRF is not yet supported: its packets would mix with others", "Run a daemon of its own in the namespace of that VRF"),
            ("ip unnumbered", "unnumbered tunnels are not supported", "Give the tunnel an address with 'ip address'"),
            ("ipv6 unnumbered", "unnumbered tunnels are not supported", "Give the tunnel an address with 'ipv6 address'"),
            ("mpls", "MPLS over the tunnel is not supported: labelled packets would be lost", "Remove the line"),
            ("tunnel route-via", "choosing the outer interface is not supported: packets would take other ways", "Use 'tunnel vrf' or 'ip rule' on this machine"),
            ("tunnel metadata", "security group tags are not supported", "Remove the line on both ends"),
            ("tunnel entropy", "the entropy label in the GRE key is not supported", "Remove the line on both ends"),
            ("cts", "TrustSec is not supported", "Remove the line"),
            ("ip multicast", "multicast boundaries and limits are not applied: more would pass", "Use nftables on this tunnel and remove the line"),
            ("bridge-group", "bridging over the tunnel is not supported", "Remove the line"),
            ("xconnect", "pseudowires are not supported", "Remove the line"),
        ];
        foreach ((string start, string reason, string remedy) in refused) yield return Refused(ConfigMode.Tunnel, start + " LINE", reason, remedy);
        const string protection = "tunnel protection ipsec profile WORD(1-127) [shared]";
        yield return Refused(ConfigMode.Tunnel, $"{protection} isakmp-profile WORD [shared]", "'isakmp-profile' is IKEv1, which is not yet supported", "Write 'set ikev2-profile' into the IPsec profile, and remove the words");
        yield return Refused(ConfigMode.Tunnel, $"{protection} ikev2-profile WORD [shared]", "the IKEv2 profile is named in the IPsec profile", "Write 'set ikev2-profile' there, and remove the words");
        foreach (ConfigRow row in NotYetInTunnel()) yield return row;
    }

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
        yield return Refused(ConfigMode.LinuxInterface, "crypto LINE", "'crypto map' is not supported", "Use 'tunnel protection ipsec profile' on the tunnel, and remove the line");
        foreach (string start in (string[])["ip access-group", "ipv6 traffic-filter", "ip inspect", "zone-member", "ip verify", "ipv6 verify", "ip nat"])
            yield return Ineffective(ConfigMode.LinuxInterface, start + " LINE", $"'{start}' was not applied: this interface belongs to Linux", "Use nftables on this machine");
        foreach (string start in (string[])["service-policy", "rate-limit", "ip policy", "ipv6 policy", "vrf forwarding", "ip vrf forwarding"])
            yield return Ineffective(ConfigMode.LinuxInterface, start + " LINE", $"'{start}' was not applied: this interface belongs to Linux", "Use 'tc', 'ip rule' or a network namespace on this machine");
    }

    private static IEnumerable<ConfigRow> Odr()
    {
        yield return Refused(ConfigMode.Odr, "distribute-list LINE", "filters of ODR are not supported: more would be learnt", "Limit what is learnt with 'network', or do not let spokes announce it");
        foreach (string start in (string[])["redistribute", "default-metric", "neighbor", "offset-list", "maximum-paths", "default-information", "traffic-share"])
            yield return Ineffective(ConfigMode.Odr, start + " LINE", $"'{start}' has no effect on ODR");
    }
}
