using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>
/// The words that lines begin with in blocks that are passed over. In a file without indentation they say where such a block ends;
/// everywhere they tell its lines from lines of ours that a stray opener swallowed. Entries of two words are for first words that
/// global commands have too.
/// </summary>
internal sealed class BlockContent
{
    private static readonly string[] Routing =
    [
        "address-family", "aggregate-address", "area", "auto-cost", "auto-summary", "bgp", "bfd", "capability", "client-to-client", "compatible", "default", "default-information", "default-metric", "description", "discard-route", "distance",
        "distribute-list", "eigrp", "event-log", "fast-reroute", "graceful-restart", "help", "host-routing", "inherit", "ip-address", "is-type", "ispf", "limit", "local-as", "log-adjacency-changes", "log-adj-changes", "log-neighbor-changes",
        "log-neighbor-warnings", "lsp-gen-interval", "max-lsa", "max-metric", "maximum-paths", "metric", "metric-style", "mpls", "neighbor", "net", "network", "nsf", "nsr", "offset-list", "output-delay", "passive-interface", "prefix-suppression",
        "queue-depth", "redistribute", "router-id", "scope", "set-overload-bit", "shutdown", "snmp context", "soo", "spf-interval", "stub", "summary-address", "summary-prefix", "synchronization", "table-map", "template", "timers", "topology",
        "traffic-share", "update-source", "validate-update-source", "variance", "version", "vrf", "af-interface", "authentication", "bandwidth-percent", "dampening-change", "dampening-interval", "hello-interval", "hold-time", "add-paths", "next-hop-self",
        "split-horizon", "stub-site", "summary-metric", "no-summary", "remote-as", "activate", "send-community", "route-map", "prefix-list", "interface-id", "ttl-security", "fall-over", "flash-update-threshold", "input-queue", "metric-weights",
        "nexthop", "import", "export", "rd", "route-target", "advertise", "segment-routing", "service-family", "site", "eid-table", "locator-set", "locator-table", "itr", "etr", "map-server", "map-resolver", "proxy-itr", "proxy-etr", "database-mapping", "service",
    ];

    private static readonly (string Head, string[] Words)[] ByHead =
    [
        ("router", Routing), ("ipv6 router", Routing),
        ("line",
        [
            "absolute-timeout", "access-class", "accounting", "activation-character", "authorization", "autobaud", "autocommand", "autohangup", "autoselect", "buffer-length", "data-character-bits", "databits", "default-value", "disconnect-character", "dispatch-character",
            "editing", "escape-character", "exec", "exec-banner", "exec-character-bits", "exec-timeout", "flowcontrol", "full-help", "history", "hold-character", "insecure", "international", "ip netmask-format", "ipv6 access-class", "length", "location", "lockable", "logging synchronous",
            "login", "logout-warning", "media-type", "modem", "monitor", "motd-banner", "no-exec", "notify", "padding", "parity", "password", "privilege level", "prompt", "refuse-message", "rotary", "rxspeed", "script", "session-disconnect-warning", "session-limit", "session-timeout", "special-character-bits",
            "speed", "start-character", "stop-character", "stopbits", "telnet", "terminal-type", "timeout", "transport", "txspeed", "usb-inactivity-timeout", "vacant-message", "width", "flush-at-activation", "callback", "domain-lookup", "ip tcp",
        ]),
        ("crypto isakmp policy", ["authentication", "description", "encr", "encryption", "group", "hash", "lifetime"]),
        ("crypto isakmp profile", ["accounting", "ca", "client", "description", "initiate", "isakmp", "keepalive", "keyring", "local-address", "match", "qos-group", "self-identity", "virtual-template", "vrf"]),
        ("crypto isakmp client", ["acl", "backup-gateway", "banner", "dhcp", "dns", "domain", "group-lock", "include-local-lan", "key", "max-logins", "max-users", "netmask", "pfs", "pool", "save-password", "split-dns", "wins"]),
        ("crypto isakmp peer", ["description", "set"]),
        ("crypto keyring", ["description", "local-address", "pre-shared-key address", "pre-shared-key hostname", "rsa-pubkey"]),
        ("crypto map", ["client", "description", "default", "match", "qos", "reverse-route", "set"]), ("crypto dynamic-map", ["description", "default", "match", "qos", "reverse-route", "set"]),
        ("crypto gdoi", ["client", "group", "identity", "passive", "server", "address", "rekey", "sa", "profile", "match", "local", "redundancy"]), ("crypto gkm", ["client", "identity", "passive", "server"]),
        ("crypto pki server", ["auto-rollover", "cdp-url", "database", "eku", "grant", "hash", "issuer-name", "lifetime", "mode", "redundancy", "serial-number", "show", "shutdown"]),
        ("crypto pki certificate map", ["alt-subject-name", "authority-key-identifier", "expires-on", "issuer-name", "name", "serial-number", "subject-key-identifier", "subject-name", "unstructured-subject-name", "valid-start"]),
        ("crypto pki certificate", ["certificate"]), ("crypto ca", ["certificate", "crl", "enrollment", "revocation-check", "subject-name", "rsakeypair", "serial-number", "ip-address", "usage", "auto-enroll", "fqdn", "quit"]),
        ("crypto pki profile", ["method-est", "enrollment", "authentication", "reenrollment", "parameter"]),
        ("crypto ikev2 authorization", ["aaa", "backup-gateway", "banner", "config-exchange", "def-domain", "description", "dhcp", "dns", "include-local-lan", "ipsec", "netmask", "pfs", "pool", "reconnect", "route", "smartcard-removal-disconnect", "split-dns", "session-lifetime", "subnet-acl", "wins"]),
        ("crypto ikev2 client", ["backup", "client", "connect", "peer", "source"]), ("crypto ikev2 name-mangler", ["dn", "eap", "email", "fqdn"]), ("crypto ikev2 cluster", ["holdtime", "master", "port", "shutdown", "slave", "standby-group"]),
        ("crypto ssl", ["aaa", "authentication", "crypto", "match", "pki", "port", "protection", "rsa-keypair", "shutdown", "virtual-template"]),
        ("crypto ipsec transform-set", ["mode", "esn"]),
        ("ip access-list", ["deny", "dynamic", "evaluate", "permit", "remark"]), ("ipv6 access-list", ["deny", "evaluate", "permit", "remark", "sequence"]),
        ("route-map", ["continue", "description", "match", "set"]), ("class-map", ["description", "match"]),
        ("policy-map", ["bandwidth", "class", "compression", "description", "drop", "dbl", "fair-queue", "inspect", "parameter", "pass", "police", "priority", "queue-buffers", "queue-limit", "random-detect", "sequence", "service-policy", "set", "shape", "trust", "conform-action", "exceed-action", "violate-action", "event"]),
        ("key chain", ["accept-lifetime", "cryptographic-algorithm", "key", "key-string", "send-lifetime"]),
        ("ip dhcp", ["accounting", "address", "bootfile", "class", "client-identifier", "client-name", "default-router", "dns-server", "domain-name", "hardware-address", "host", "import", "lease", "netbios-name-server", "netbios-node-type", "network", "next-server", "option", "origin", "relay", "remember", "renew", "server", "update", "utilization", "vrf"]),
        ("ipv6 dhcp", ["address", "bootfile-url", "dns-server", "domain-name", "import", "information", "link-address", "nis", "prefix-delegation", "sntp", "vendor-specific"]),
        ("ip sla", ["dhcp", "dns", "ethernet", "frequency", "ftp", "history", "http", "icmp-echo", "icmp-jitter", "mpls", "owner", "path-echo", "path-jitter", "request-data-size", "response-data-size", "tag", "tcp-connect", "threshold", "timeout", "tos", "traffic-class", "udp-echo", "udp-jitter", "verify-data", "vrf", "voip", "data-pattern"]),
        ("track", ["carrier-delay", "default", "delay", "object", "resolution", "threshold", "description"]),
        ("vrf", ["address-family", "description", "export", "import", "inter-as-hybrid", "maximum", "mdt", "rd", "route-target", "route-replicate", "snmp", "vnet", "vpn", "bgp", "context"]), ("ip vrf", ["bgp", "context", "description", "export", "import", "inter-as-hybrid", "maximum", "mdt", "rd", "route-target", "snmp", "vpn"]),
        ("archive", ["hidekeys", "log", "logging enable", "logging persistent", "logging size", "maximum", "notify", "path", "record", "rollback", "time-period", "write-memory"]),
        ("aaa group", ["accounting", "attribute", "authorization", "backup", "cache", "deadtime", "domain-stripping", "ip radius", "ip tacacs", "ip vrf", "ipv6 tacacs", "load-balance", "server", "server-private", "throttle", "vrf", "key"]),
        ("tacacs", ["address", "key", "port", "send-nat-address", "single-connection", "timeout"]), ("radius", ["address", "automate-tester", "backoff", "dtls", "key", "non-standard", "pac", "retransmit", "timeout", "tls"]), ("aaa server", ["auth-type", "client", "ignore", "port", "server-key"]),
        ("object-group", ["description", "host", "range", "group-object", "any", "tcp", "udp", "tcp-udp", "icmp", "esp", "ahp", "gre", "eigrp", "ospf", "igmp", "pim", "ipinip", "nos", "pcp"]),
        ("parameter-map", ["alert", "audit-trail", "dns-timeout", "exporter", "gtp", "icmp", "log", "max-incomplete", "one-minute", "pattern", "secure-webauth-disable", "sessions", "tcp", "timeout", "type", "udp", "virtual-ip", "zone-mismatch", "consent", "banner"]),
        ("zone-pair", ["description", "service-policy"]), ("zone", ["description", "protection"]), ("control-plane", ["management-interface", "service-policy"]),
        ("call-home", ["active", "alert-group", "contact", "contact-email-addr", "contract-id", "copy", "customer-id", "data-privacy", "destination", "http-proxy", "http", "mail-server", "phone-number", "profile", "rate-limit", "reporting", "sender", "site-id", "source-interface", "source-ip-address", "street-address", "subscribe-to-alert-group", "anonymous-reporting-only", "vrf"]),
        ("bfd-template", ["authentication", "dampening", "echo", "interval"]), ("event manager", ["action", "description", "event", "set", "trigger"]), ("redundancy", ["application", "main-cpu", "mode", "auto-sync", "linecode", "associate", "interchassis", "scheme"]),
        ("flow", ["cache", "collect", "description", "destination", "dscp", "export-protocol", "exporter", "match", "option", "output-features", "record", "source", "statistics", "template", "transport", "ttl"]),
        ("controller", ["cablelength", "channel-group", "clock source", "description", "firmware", "framing", "linecode", "lte", "mode", "modem", "operating", "pri-group", "profile", "shutdown", "sra", "tdm-group"]), ("vlan", ["exit", "media", "mtu", "name", "private-vlan", "remote-span", "shutdown", "state"]),
        ("monitor", ["buffer", "description", "destination", "erspan-id", "filter", "limit", "match", "origin", "shutdown", "source"]), ("telemetry", ["encoding", "filter", "receiver", "source-address", "source-vrf", "stream", "update-policy", "address", "host", "protocol"]),
        ("vpdn-group", ["accept-dialin", "description", "initiate-to", "l2tp", "local", "lcp", "protocol", "request-dialin", "source-ip", "terminate-from", "virtual-template", "default", "domain", "session-limit", "vpn"]),
        ("dial-peer", ["answer-address", "codec", "description", "destination", "destination-pattern", "direct-inward-dial", "dtmf-relay", "fax", "forward-digits", "huntstop", "incoming", "max-conn", "modem", "playout-delay", "port", "preference", "prefix", "progress_ind", "session", "shutdown", "translation-profile", "vad", "voice-class", "digit-strip", "service"]),
        ("gatekeeper", ["bandwidth", "gw-type-prefix", "shutdown", "zone"]), ("voice-card", ["codec", "dsp", "dspfarm", "local-bypass", "voice-service"]), ("transceiver", ["monitoring"]), ("pseudowire-class", ["encapsulation", "interworking", "preferred-path", "protocol", "sequencing", "status"]),
        ("template", ["switchport", "spanning-tree", "dot1x", "mab", "access-session", "authentication", "service-policy", "description", "peer"]), ("kron", ["at", "cli", "in", "policy-list"]), ("parser", ["commands", "secret", "view"]),
        ("map-class", ["dialer", "frame-relay", "service-policy"]),
    ];

    /// <summary>Lines of interfaces that Linux owns. <c>ip</c> and <c>ipv6</c> have a second word, for <c>ip route</c> is no line of an interface.</summary>
    public static BlockContent Interface { get; } = new(
    [
        "access-session", "arp", "asymmetric-routing", "atm", "authentication", "auto", "autodetect", "backup", "bandwidth", "bba-group", "bfd", "bridge-group", "carrier-delay", "cdp", "cell", "channel-group", "channel-protocol", "cts", "custom-queue-list", "dampening", "delay", "description", "device-tracking", "dialer", "dialer-group", "dot1q",
        "dot1x", "down-when-looped", "duplex", "encapsulation", "energywise", "ethernet", "fair-queue", "flowcontrol", "frame-relay", "full-duplex", "glbp", "group-range", "half-duplex", "history", "hold-queue", "isdn", "isis", "keepalive", "lacp", "llc2", "lldp", "load-interval", "logging event", "loopback", "mab", "mac-address", "macro", "mdix",
        "media-type", "member", "mls", "mop", "mpls", "mtu", "negotiation", "nmsp", "ntp", "ospfv3", "peer", "plim", "power", "ppp", "pppoe", "pppoe-client", "priority-group", "priority-queue", "pulse-time", "pvc", "qos", "queue-set", "random-detect", "rate-limit", "redundancy", "rmon", "security", "serial", "service", "service-module", "service-policy", "shutdown",
        "snmp trap", "snmp ifindex", "spanning-tree", "speed", "srr-queue", "standby", "storm-control", "switchport", "tag-switching", "transmit-interface", "trust", "tx-queue-limit", "tx-ring-limit", "udld", "vlan-id", "vlan-range", "bridge-domain", "rewrite", "l2protocol", "vrf forwarding", "vrrp", "xconnect", "zone-member", "async", "modem", "crc", "physical-layer", "pos", "rep", "wrr-queue", "eapol", "macsec", "mka", "hold-timer",
        "ip access-group", "ip accounting", "ip address", "ip arp", "ip authentication", "ip bandwidth-percent", "ip broadcast-address", "ip cef", "ip cgmp", "ip dampening-change", "ip dampening-interval", "ip ddns", "ip dhcp client", "ip dhcp relay", "ip dhcp snooping", "ip directed-broadcast", "ip eigrp", "ip flow", "ip hello-interval", "ip helper-address", "ip hold-time", "ip igmp", "ip information-reply", "ip ips", "ip irdp", "ip load-sharing", "ip local-proxy-arp", "ip lisp", "ip mask-reply", "ip mfib", "ip mobile", "ip mroute-cache",
        "ip mtu", "ip multicast", "ip nbar", "ip next-hop-self", "ip ospf", "ip probe", "ip proxy-arp", "ip rarp-server", "ip redirects", "ip rip", "ip route-cache", "ip router", "ip rsvp", "ip rtp", "ip security", "ip split-horizon", "ip summary-address", "ip tcp adjust-mss", "ip traffic-export", "ip unreachables", "ip urlfilter", "ip virtual-reassembly", "ip wccp", "ip admission", "ip auth-proxy", "ip gratuitous-arps", "ip device", "ip tos",
        "ipv6 access-group", "ipv6 address", "ipv6 authentication", "ipv6 bandwidth-percent", "ipv6 cef", "ipv6 eigrp", "ipv6 enable", "ipv6 flow", "ipv6 hello-interval", "ipv6 hold-time", "ipv6 mld", "ipv6 mtu", "ipv6 nat", "ipv6 nd", "ipv6 next-hop-self", "ipv6 ospf", "ipv6 policy", "ipv6 redirects", "ipv6 rip", "ipv6 router isis", "ipv6 split-horizon", "ipv6 summary-address", "ipv6 tcp", "ipv6 traffic-filter", "ipv6 unreachables", "ipv6 unnumbered", "ipv6 verify", "ipv6 virtual-reassembly",
    ]);

    private readonly string[][] _entries;

    private BlockContent(string[] words) => _entries = [.. words.Select(entry => entry.Split(' '))];

    /// <summary>The content of the block that a row of this pattern opens; empty when nothing is known of it.</summary>
    public static BlockContent Of(string pattern)
    {
        string[] best = [];
        int longest = 0;
        foreach ((string head, string[] words) in ByHead)
        {
            if (head.Length <= longest || !(pattern + " ").StartsWith(head + " ", StringComparison.Ordinal)) continue;
            (best, longest) = (words, head.Length);
        }
        return new(best);
    }

    /// <summary>True when the line begins with one of the words: in full, or also abbreviated to three letters and more.</summary>
    public bool Has(List<Word> words, bool abbreviated)
    {
        int from = words.Count > 1 && words[0].Text.ToLowerInvariant() is "no" or "default" ? 1 : 0;
        // Entries of access lists and object groups begin with a number or an address.
        if (char.IsAsciiDigit(words[from].Text[0])) return _entries.Length > 0;
        foreach (string[] entry in _entries)
        {
            if (words.Count - from < entry.Length) continue;
            bool fits = true;
            for (int i = 0; fits && i < entry.Length; i++)
            {
                string word = words[from + i].Text;
                fits = word.Equals(entry[i], StringComparison.OrdinalIgnoreCase) || abbreviated && word.Length >= 3 && entry[i].StartsWith(word, StringComparison.OrdinalIgnoreCase);
            }
            if (fits) return true;
        }
        return false;
    }
}
