namespace Dmvpn.Management.Config;

/// <summary>
/// How lines begin that are nobody's business here. A first word alone stands only where no line of a tunnel or of <c>crypto</c>
/// could lose a word and become it: <c>key</c>, <c>source</c> or <c>authentication</c> would hide a mistake.
/// </summary>
internal static class ForeignLines
{
    /// <summary>Global lines that stand alone; among them what IOS 12.4 to IOS-XE 17 print by themselves.</summary>
    public static readonly string[] Global =
    [
        "aaa", "access-list", "access-session", "alias", "ap dot1x", "arp", "async-bootp", "authentication mac-move", "authentication critical", "authentication convert-to", "auto qos", "avb", "banner", "beep", "boot", "boot-start-marker", "boot-end-marker", "bridge irb", "buffers", "call fallback", "call rsvp-sync",
        "call-history-mib", "card type", "cdp advertise-v2", "cdp log", "cdp source-interface", "cdp tlv", "chat-script", "clns", "clock", "cns", "config-register", "configuration mode", "crypto engine", "crypto key", "crypto logging", "crypto mib", "crypto pki token", "crypto isakmp aggressive-mode", "cts authorization", "cts cache", "cts credentials", "cts logging", "cts role-based", "cts server", "cts sxp",
        "default-value", "device-tracking", "diagnostic", "dialer watch-list", "dialer-list", "dot11", "dot1x", "dspfarm", "enable password", "enable secret", "enable algorithm-type", "enable last-resort", "energywise", "errdisable", "ethernet cfm", "ethernet evc", "ethernet lmi", "ethernet oam", "exception", "fabric", "facility-alarm", "fallback", "fhrp", "file", "flow-sampler-map", "frame-relay switching",
        "global-address-family", "hw-module", "hw-switch", "identity profile",
        "ip accounting-list", "ip accounting-threshold", "ip address-pool", "ip admission", "ip alias", "ip arp", "ip as-path", "ip auth-proxy", "ip bgp-community", "ip bootp", "ip cef", "ip classless", "ip community-list", "ip default-gateway", "ip default-network", "ip device tracking", "ip dhcp bootp", "ip dhcp conflict", "ip dhcp database", "ip dhcp excluded-address", "ip dhcp ping", "ip dhcp relay", "ip dhcp snooping", "ip dhcp use", "ip dhcp-server",
        "ip dns", "ip domain", "ip domain-list", "ip domain-lookup", "ip domain-name", "ip drp", "ip extcommunity-list", "ip finger", "ip flow", "ip flow-aggregation", "ip flow-cache", "ip flow-export", "ip flow-top-talkers", "ip forward-protocol", "ip ftp", "ip gratuitous-arps", "ip gdp", "ip host", "ip host-list", "ip host-routing", "ip hp-host", "ip http", "ip icmp", "ip identd", "ip igmp", "ip ioam", "ip ips", "ip local pool", "ip mfib", "ip mrm", "ip mroute-cache", "ip msdp", "ip multicast",
        "ip name-server", "ip nbar", "ip options", "ip prefix-list", "ip radius", "ip rarp-server", "ip rcmd", "ip reflexive-list", "ip routing", "ip rsvp", "ip rtcp", "ip scp", "ip security", "ip sla enable", "ip sla group", "ip sla logging", "ip sla low-memory", "ip sla reaction-configuration", "ip sla reaction-trigger", "ip sla reset", "ip sla responder", "ip sla restart", "ip sla schedule", "ip sla server", "ip source-route", "ip spd", "ip ssh", "ip sticky-arp", "ip subnet-zero", "ip tacacs", "ip tcp",
        "ip telnet", "ip tftp", "ip tos", "ip traffic-export", "ip udp", "ip urlfilter", "ip verify drop-rate", "ip wccp", "ip ddns",
        "ipv6 cef", "ipv6 flowset", "ipv6 hop-limit", "ipv6 host", "ipv6 icmp", "ipv6 ioam", "ipv6 local pool", "ipv6 mfib", "ipv6 mld", "ipv6 nd", "ipv6 neighbor", "ipv6 prefix-list", "ipv6 source-route", "ipv6 spd", "ipv6 traffic interface-statistics", "ipv6 unicast-routing", "ipc", "isdn", "key config-key", "kerberos", "l2tp", "l3vpn", "lacp", "ldap", "license", "lldp", "location",
        "logging alarm", "logging buginf", "logging cns-events", "logging count", "logging discriminator", "logging dmvpn", "logging esm", "logging event", "logging exception", "logging facility", "logging history", "logging host", "logging message-counter", "logging monitor", "logging on", "logging origin-id", "logging persistent", "logging queue-limit", "logging rate-limit", "logging reload", "logging snmp-authfail", "logging snmp-trap", "logging source-interface", "logging synchronous", "logging userinfo",
        "login block-for", "login delay", "login on-failure", "login on-success", "login quiet-mode", "mac address-table", "mac-address-table", "macro", "memory", "memory-size", "mgcp behavior", "mgcp fax", "mgcp bind", "mls", "mmi", "modem", "mop", "mpls bgp", "mpls ip", "mpls ipv6", "mpls label", "mpls ldp", "mpls oam", "mpls traffic-eng", "multilink", "multicast", "netconf", "netconf-yang", "network-clock", "network-clock-participate", "network-clock-select", "network-policy", "nat64", "nat66", "nmsp", "ntp", "nvram", "parser cache", "parser command", "parser config", "partition", "password encryption", "password logging", "password strict-priority",
        "platform", "port-channel", "power", "priority-list", "privilege", "process", "process-max-time", "profile flow", "prompt", "ptp", "qos", "queue-list", "queue-monitor", "radius-server", "regexp", "rep", "resource", "restconf", "resume-string", "rif", "rmon", "rsakeypair", "rtr", "sampler", "sccp", "scheduler", "scripting", "sdm", "secure", "security authentication", "security passwords", "service", "shell", "snmp", "snmp-server", "sntp", "software", "spanning-tree", "srr-queue", "stack-mac", "stack-power", "state-machine", "stcapp",
        "subscriber", "switch", "system", "tacacs-server", "terminal-queue", "tftp-server", "transceiver", "transport-map", "ttycap", "udld", "udp-echo", "upgrade", "username", "version", "virtual-profile", "vpdn", "vpdn enable", "vstack", "vtp", "warm-reboot", "wireless", "wrr-queue", "x25", "x29", "xdr", "xsm",
        "voice call", "voice dsp", "voice hunt-group", "voice iec", "voice rtp", "voice logout-profile", "ccm-manager", "ssh",
    ];

    /// <summary>Global lines that open a block; the rest of the line follows.</summary>
    public static readonly string[] GlobalBlocks =
    [
        "aaa group server", "aaa server", "aaa attribute list", "app-hosting appid", "appfw policy-name", "application service", "bba-group", "bfd-template", "bfd map", "bridge-domain", "cem", "class-map", "controller", "crypto pki profile", "dial-peer", "domain", "ephone", "ephone-dn", "ephone-template", "eem", "event manager", "flow exporter", "flow monitor", "flow record", "flow-sampler",
        "group-policy", "identity policy", "ip access-list", "ip dhcp class", "ip dhcp pool", "ip explicit-path", "ip nat64", "ip sla", "ip sla auto", "ip sla monitor", "ip vrf", "ipv6 access-list", "ipv6 dhcp", "ipv6 general-prefix", "ipv6 nd raguard", "ipv6 snooping", "ipv6 source-guard", "ipv6 destination-guard", "key chain", "kron", "l2 vfi", "l2vpn", "line", "mac access-list",
        "macro auto", "map-class", "map-list", "mediatrace", "menu", "monitor capture", "monitor event-trace", "monitor session", "mpls ldp discovery", "object-group", "oer", "parameter-map", "parser view", "performance", "pfr", "pnp profile", "policy-map", "port-profile", "process-group", "pseudowire-class", "radius server", "route-map", "route-tag", "rtr", "service-chain", "service-insertion", "service-list", "service-routing", "service-template", "stackwise-virtual", "switch virtual",
        "tacacs server", "telemetry", "template", "time-range", "track", "trunk", "virtual-service", "vlan", "voice class", "voice register", "voice service", "voice source-group", "voice translation-profile", "voice translation-rule", "voice vrf", "voice-card", "voice-port", "vpdn-group", "vrf context", "vrf definition", "wsma agent", "wsma profile", "webvpn", "wlan", "yang-interfaces",
    ];

    /// <summary>Blocks whose opener has no more words.</summary>
    public static readonly string[] BareBlocks =
        ["archive", "call-home", "control-plane", "cns", "device-sensor", "gatekeeper", "gateway", "iox", "mgcp profile default", "presence", "redundancy", "sip-ua", "telephony-service", "transceiver type all", "guestshell", "gnxi", "voice-card", "mgcp", "netconf ssh"];

    /// <summary>Lines in a tunnel's block that change nothing here.</summary>
    public static readonly string[] Tunnel =
    [
        "arp timeout", "arp probe", "autodetect encapsulation", "bandwidth inherit", "bandwidth receive", "bgp-policy", "carrier-delay", "crypto ipsec df-bit", "dampening", "ethernet cfm", "fair-queue", "history bits-per-second", "history packets-per-second", "hold-queue", "ip accounting", "ip cef", "ip directed-broadcast", "ip flow", "ip information-reply", "ip load-sharing", "ip local-proxy-arp", "ip mask-reply",
        "ip mroute-cache", "ip nbar", "ip probe", "ip proxy-arp", "ip rarp-server", "ip redirects", "ip route-cache", "ip rsvp", "ip security", "ip unreachables", "ip virtual-reassembly", "ipv6 cef", "ipv6 enable", "ipv6 flow", "ipv6 nd", "ipv6 redirects", "ipv6 unreachables", "ipv6 virtual-reassembly", "load-interval", "logging event", "macro description",
        "max-reserved-bandwidth", "mop enabled", "mop sysid", "nhrp route-watch", "ntp broadcast", "ntp disable", "ntp multicast", "qos pre-classify", "priority-group", "custom-queue-list", "random-detect", "rmon", "snmp ifindex", "snmp trap", "timeout absolute", "transmit-interface", "tunnel bandwidth receive", "tunnel bandwidth transmit", "tunnel flow egress-records", "tunnel vxlan", "tx-queue-limit", "tx-ring-limit",
        "trust device", "clns", "cdp log", "cdp tlv", "lldp", "ip wccp", "performance monitor", "flow monitor",
    ];

    /// <summary>Settings of routing protocols on a tunnel: without their <c>router</c> block they have no effect.</summary>
    public static readonly string[] Routing =
    [
        "ip ospf", "ip eigrp", "ip hello-interval", "ip hold-time", "ip split-horizon", "ip next-hop-self", "ip summary-address", "ip bandwidth-percent", "ip authentication", "ip dampening-change", "ip dampening-interval", "ip rip", "ip router isis", "ip irdp",
        "ipv6 ospf", "ipv6 eigrp", "ipv6 hello-interval", "ipv6 hold-time", "ipv6 split-horizon", "ipv6 summary-address", "ipv6 next-hop-self", "ipv6 rip", "ipv6 router isis", "ipv6 authentication", "ipv6 bandwidth-percent", "isis", "ospfv3",
    ];
}
