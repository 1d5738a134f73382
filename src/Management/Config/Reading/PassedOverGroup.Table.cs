namespace Dmvpn.Management.Config;

/// <content>The groups. The last argument of each: how its lines begin, one way behind the other.</content>
internal sealed partial record PassedOverGroup
{
    /// <summary>Mode, first words and group, in the order in which they are tried.</summary>
    private static readonly (string Mode, string[] Starts, PassedOverGroup Group)[] All = [.. Global(), .. Linux()];

    private static IEnumerable<(string, string[], PassedOverGroup)> Global()
    {
        yield return Missed("syslog", "no message is sent to a syslog server",
            "Let the journal of this machine forward them: rsyslog or systemd-journal-upload",
            "logging host, logging *, logging source-interface, logging facility, logging origin-id, logging server-arp");
        yield return Missed("SNMP", "SNMP is not answered, and no trap is sent", "Run snmpd on this machine",
            "snmp-server, snmp");
        yield return Missed("time", "this daemon sets no clock, and certificates need the right time",
            "Run chrony or systemd-timesyncd on this machine", "ntp, sntp");
        yield return Missed("AAA", "AAA has no effect: nobody logs in here", "Logins are this machine's: sshd and PAM",
            "aaa, radius-server, radius, tacacs-server, tacacs");
        yield return Rest("logins", "nobody logs in here: logins are this machine's",
            "username, enable, line, login, password, privilege, security, service password-encryption, ip ssh, parser, role");
        yield return Missed("IP SLA", "no probe is sent, and nothing follows its result",
            "Use 'if-state nhrp', or priorities of next hop servers", "ip sla, track");
        yield return Missed("EEM", "no applet and no job is run", "Use systemd's units and timers on this machine",
            "event manager, kron");
        yield return Missed("DHCP", "no address is given out", "Run a DHCP server on this machine: Kea or dnsmasq",
            "ip dhcp pool, ipv6 dhcp");
        yield return Missed("DNS server", "no name is resolved for others",
            "Run a DNS server on this machine: unbound or dnsmasq", "ip dns server");
        yield return Missed("NetFlow", "no flow is exported", "Run softflowd or pmacct on this machine",
            "ip flow-export, flow exporter, flow monitor");
        yield return Missed("certificate server", "no certificate authority is run", "Make one with 'dmvpn pki init'",
            "crypto pki server");
        yield return Missed("dot1x", "no port is authenticated", "Run hostapd on this machine", "dot1x");
        yield return Rest("names", "names are resolved by this machine",
            "ip name-server, ip domain, ip domain-name, ip domain-lookup, ip domain-list, ip host, ip dns");
        yield return Rest("VRFs", "VRFs are network namespaces: 'ip netns add' makes them", "vrf, ip vrf");
        yield return Rest("lists and classes", "lists and classes have no effect by themselves",
            "access-list, ip access-list, ipv6 access-list, mac access-list, ip prefix-list, ipv6 prefix-list, ip as-path, "
            + "ip community-list, route-map, class-map, policy-map, object-group, parameter-map, time-range");
        yield return Rest("key chains", "no protocol here uses key chains", "key");
        yield return Rest("web and NETCONF", "this router is managed by its control socket alone",
            "ip http, netconf, netconf-yang, restconf, gnxi, telemetry, wsma");
    }

    /// <summary>Lines in the stanzas of interfaces that Linux owns.</summary>
    private static IEnumerable<(string, string[], PassedOverGroup)> Linux()
    {
        yield return MissedOnLinux("adjust-mss of Linux's interfaces", "the MSS is not lowered on this interface",
            "'ip tcp adjust-mss' on the tunnel lowers it for what goes through; use nftables for the rest",
            "ip tcp adjust-mss, ipv6 tcp adjust-mss");
        yield return MissedOnLinux("DHCP relay", "DHCP is not relayed from this interface", "Run a DHCP relay on this machine",
            "ip helper-address, ipv6 dhcp relay");
        yield return MissedOnLinux("first hop redundancy", "no address is shared with other routers",
            "Run keepalived on this machine", "standby, vrrp, glbp");
        yield return MissedOnLinux("routing on Linux's interfaces", "routing protocols are not run by this daemon",
            "Make the settings where the protocol runs, in FRR or BIRD",
            "ip ospf, ip eigrp, ip rip, ip router, ip summary-address, ip hello-interval, ip hold-time, ip authentication, "
            + "ip split-horizon, ipv6 ospf, ipv6 eigrp, ipv6 rip, ipv6 router, isis, ospfv3");
        yield return MissedOnLinux("multicast", "multicast routing is not run by this daemon", "Run FRR's pimd on this machine",
            "ip pim, ip igmp, ipv6 pim, ipv6 mld");
        yield return MissedOnLinux("dot1x", "no port is authenticated", "Run hostapd on this machine",
            "dot1x, authentication port-control, access-session port-control");
        yield return MissedOnLinux("NetFlow", "no flow is exported", "Run softflowd or pmacct on this machine",
            "ip flow monitor, ip flow ingress, ip flow egress");
        yield return MissedOnLinux("bridging", "this interface is not bridged",
            "Make a bridge on this machine: ip link set … master", "bridge-group, xconnect");
        yield return MissedOnLinux("PPPoE", "no PPP session is made", "Run pppd on this machine", "pppoe-client, dialer pool");
    }

    private static (string, string[], PassedOverGroup) Missed(string name, string reason, string remedy, string starts) =>
        (ConfigMode.Global, starts.Split(", "), new(name, reason, remedy, IsMissed: true));

    private static (string, string[], PassedOverGroup) MissedOnLinux(string name, string reason, string remedy, string starts) =>
        (ConfigMode.LinuxInterface, starts.Split(", "), new(name, reason, remedy, IsMissed: true));

    private static (string, string[], PassedOverGroup) Rest(string name, string reason, string starts) =>
        (ConfigMode.Global, starts.Split(", "), new(name, reason, "", IsMissed: false));
}
