using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

/// <summary>Which block a line belongs to: inside a known block it is known or an error, and no line of ours is lost in a block that is passed over.</summary>
public sealed class StanzaTests
{
    private const string Crypto = """
        crypto ikev2 keyring K
         peer HUB
          address 203.0.113.1
          pre-shared-key 0123456789abcdef
        crypto ikev2 profile P
         match identity remote address 203.0.113.1
         authentication remote pre-share
         authentication local pre-share
         keyring local K
        crypto ipsec profile I
         set ikev2-profile P

        """;

    private static readonly string[] Tunnel =
    [
        "interface Tunnel0", " ip address 172.20.0.11 255.255.255.0", " ip nhrp network-id 1", " ip nhrp nhs 172.20.0.1 nbma 203.0.113.1 multicast",
        " tunnel source eth0", " tunnel mode gre multipoint", " tunnel key 7", " tunnel protection ipsec profile I",
    ];

    public static TheoryData<string> StrayLines =>
    [
        // Words that lost their first, and openers and lines of the global mode and of other blocks.
        "key 100", "source eth0", "vrf RED", "mode gre multipoint", "protection ipsec profile I", "authentication mode md5", "set pfs group14", "password x", "nhrp network-id 1",
        "line con 0", "router ospf 1", "ip access-list standard LAN", "key chain K", "route-map R permit 10", "vlan 10", "track 1 interface eth0 line-protocol", "event manager applet X", "crypto isakmp policy 10",
        "access-list 10 permit any", "ntp server 192.0.2.1", "interface Loopback0", "router odr", "crypto ipsec profile J", "hostname x", "ip route 10.0.0.0 255.0.0.0 172.20.0.1",
        "exit", "end", "banner motd ^C", "interfce Tunnel1", "aaa group server radius R", "policy-map P", "vrf definition RED", "call-home", "archive", "redundancy", "control-plane", "ip vrf RED",
    ];

    [Theory]
    [InlineData("no interface Tunnel0")]
    [InlineData("no crypto ikev2 profile P")]
    [InlineData("no crypto ipsec profile I")]
    public void LineOfABlock_ThatWasRemovedInIt_IsAnError(string removal)
    {
        string text = Crypto + string.Join('\n', Tunnel[..5]) + $"\n{removal}\n" + string.Join('\n', Tunnel[5..]) + "\n";
        Assert.Contains(ConfigLoader.Load(text).Report.Findings, f => f.Kind == FindingKind.Error);
    }

    [Theory]
    [MemberData(nameof(StrayLines))]
    public void StrayLineAnywhereInATunnel_NeverTakesItsProtection(string stray)
    {
        foreach (string indent in (string[])["", " ", "  "])
        {
            foreach (bool flat in (bool[])[false, true])
            {
                for (int at = 1; at < Tunnel.Length; at++)
                {
                    List<string> lines = [.. Tunnel];
                    lines.Insert(at, indent + stray);
                    string text = Crypto + string.Join('\n', lines) + "\n";
                    if (flat) text = string.Join('\n', text.Split('\n').Select(l => l.TrimStart()));
                    (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text);
                    Assert.True(config is null || config.Tunnels is [{ Protection.Profile: "I" }], $"{text}\n{ConfigReportText.Render("f", report)}");
                }
            }
        }
    }

    [Theory]
    [InlineData(" key 100", 8, "'key' is not known here", "Did you mean 'tunnel key'?")]
    [InlineData(" nhs 172.20.0.9", 8, "'nhs' is not known here", "Did you mean 'ip nhrp nhs'?")]
    [InlineData("line con 0\n exec-timeout 0 0\n logging synchronous", 11, "'tunnel protection' belongs to 'interface Tunnel0', which 'line con 0' in line 8 has left", "Move one of them")]
    [InlineData("hostname x", 9, "'tunnel protection' belongs to 'interface Tunnel0', which 'hostname x' in line 8 has left", "Move one of them")]
    [InlineData("interface Loopback0\n ip address 192.0.2.1 255.255.255.255", 10, "'tunnel protection' is a line of a tunnel, and 'interface Loopback0' in line 8 is none", "Write it below 'interface TunnelN'; a DMVPN tunnel has this name")]
    [InlineData("exit", 9, "'tunnel' is not known here", "It belongs below 'interface TunnelN'")]
    public void StrayLine_IsOneErrorThatSaysWhatToDo(string stray, int line, string reason, string remedy)
    {
        string text = string.Join('\n', [.. Tunnel[..7], stray, " tunnel protection ipsec profile I\n"]) + Crypto;
        Finding error = Assert.Single(ConfigLoader.Load(text).Report.Findings, f => f.Kind == FindingKind.Error);
        Assert.Equal((line, reason, remedy), (error.Line, error.Reason, error.Remedy));
    }

    [Theory]
    // As a whole further to the right; behind a passed-over block that is too; with tabs; some blocks, and not others.
    [InlineData("  service password-encryption\n  interface GigabitEthernet0/0\n   ip address 203.0.113.2 255.255.255.0\n  hostname a\n  interface Tunnel0\n   tunnel source eth0\n   tunnel mode gre multipoint\n   ip address 172.20.0.1 255.255.255.0\n   ip nhrp network-id 1\n")]
    [InlineData("enable\n hostname a\n interface Tunnel0\n  tunnel source eth0\n  tunnel mode gre multipoint\n  ip nhrp network-id 1\n ip access-list standard LAN\n  permit 192.168.1.0 0.0.0.255\n interface Tunnel0\n  ip address 172.20.0.1 255.255.255.0\n")]
    [InlineData("hostname a\nip access-list standard LAN\n\tpermit any\n\tinterface Tunnel0\n\t\ttunnel source eth0\n\t\ttunnel mode gre multipoint\n\t\tip address 172.20.0.1 255.255.255.0\n\t\tip nhrp network-id 1\n")]
    [InlineData("line vty 0 4\nlogin local\ntransport input ssh\nhostname a\ninterface Tunnel0\n tunnel source eth0\n tunnel mode gre multipoint\n!\n ip address 172.20.0.1 255.255.255.0\n ip nhrp network-id 1\n")]
    [InlineData("interface GigabitEthernet0/0\n ip address 203.0.113.2 255.255.255.0\n negotiation auto\n hostname a\n interface Tunnel0\n tunnel source eth0\n tunnel mode gre multipoint\n ip address 172.20.0.1 255.255.255.0\n ip nhrp network-id 1\n")]
    [InlineData("crypto pki certificate chain TP\n certificate self-signed 01\n  3082032E 30820216 A0030201\n  5F79\nhostname a\ninterface Tunnel0\n tunnel source eth0\n tunnel mode gre multipoint\n ip address 172.20.0.1 255.255.255.0\n ip nhrp network-id 1\n")]
    [InlineData("hostname a\ninterface Tunnel0\n tunnel source eth0\n tunnel mode gre multipoint\nend\n\ninterface Tunnel0\n ip address 172.20.0.1 255.255.255.0\n ip nhrp network-id 1\nend\n")]
    public void AnyIndentation_GivesTheSameTunnel(string text)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text);
        Assert.True(config is not null, ConfigReportText.Render("f", report));
        Assert.Equal("a", config.Hostname);
        Assert.True(Assert.Single(config.Tunnels) is { IsMultipoint: true, Ipv4Addresses.Count: 1, IpNhrp.NetworkId: 1, Source.Interface: "eth0" });
    }

    /// <summary>Blocks of many kinds, flat: their lines are theirs, also where a global command begins with the same word.</summary>
    public static TheoryData<string> FlatBlocks =>
    [
        "line con 0\nlogin local\nexec-timeout 0 0\nlogging synchronous\ntransport input ssh\nprivilege level 15\nline vty 0 4\naccess-class 1 in\npassword cisco\nlogin\nlength 0",
        "aaa group server tacacs+ T\nserver name X\nip vrf forwarding M\nip tacacs source-interface eth0\ndeadtime 5", "ip dhcp pool P\nnetwork 192.168.1.0 255.255.255.0\nhost 192.168.1.9 255.255.255.0\nvrf X\ndefault-router 192.168.1.1\nlease 3\nexit",
        "key chain K\nkey 1\nkey-string secret\nexit\nkey 2\nkey-string other\nexit\nexit", "archive\nlog config\nlogging enable\nhidekeys\nnotify syslog contenttype plaintext", "route-map R permit 10\nmatch ip address 10\nset ip next-hop 192.0.2.1\nset metric 5",
        "policy-map P\nclass C\nset dscp ef\nbandwidth percent 20\nshape average 1000000\nclass class-default\nfair-queue", "class-map match-any C\nmatch protocol http\nmatch ip dscp ef", "ip access-list extended A\npermit ip any any\n20 deny ip any any log\nremark x",
        "vrf definition M\nrd 1:1\naddress-family ipv4\nroute-target export 1:1\nexit-address-family", "ip sla 1\nicmp-echo 192.0.2.1 source-interface eth0\nfrequency 5\nvrf M\ntimeout 500\nip sla schedule 1 life forever start-time now",
        "track 1 ip sla 1 reachability\ndelay down 10 up 10", "event manager applet E\nevent syslog pattern \"x\"\naction 1.0 cli command \"enable\"\naction 2.0 cli command \"interface Tunnel0\"", "object-group network O\nhost 192.0.2.1\n10.0.0.0 255.0.0.0\nrange 192.0.2.1 192.0.2.9",
        "call-home\ncontact-email-addr x@example.net\nprofile \"CiscoTAC-1\"\nactive\ndestination transport-method http", "control-plane\nservice-policy input P", "flow exporter F\ndestination 192.0.2.1\ntransport udp 9996\ntemplate data timeout 60", "flow monitor M\nexporter F\nrecord netflow ipv4 original-input",
        "bfd-template single-hop B\ninterval min-tx 500 min-rx 500 multiplier 3", "gatekeeper\nshutdown", "voice-card 0\nno dspfarm\ndsp services dspfarm", "controller E1 0/0\nframing crc4\nclock source line", "vlan 10\nname X", "redundancy\nmode none", "parameter-map type inspect X\nsessions maximum 5\naudit-trail on",
        "zone security Z\ndescription x", "tacacs server T\naddress ipv4 192.0.2.1\nkey 7 0011\nsingle-connection", "radius server R\naddress ipv4 192.0.2.1 auth-port 1812 acct-port 1813\nkey x", "template T\ndescription x\nswitchport mode access",
        "interface GigabitEthernet0/1\nip flow ingress\nduplex auto\nspeed auto\nip nat inside\nmedia-type rj45\nntp disable\nno cdp enable\nservice-policy output P\nspanning-tree portfast\nno shutdown", "interface FastEthernet0/0.10\nencapsulation dot1Q 10\nip vrf forwarding M\nip address dhcp\nstandby 1 ip 192.0.2.9\nno ip proxy-arp",
        "ip dhcp pool P\n!\nnetwork 192.168.1.0 255.255.255.0\n!", "crypto pki server CA\nissuer-name cn=x\nlifetime ca-certificate 3650\nshutdown", "crypto pki certificate map M 10\nissuer-name co x\nsubject-name co y", "crypto ikev2 authorization policy A\nroute set interface\npool P", "ip sla monitor 1\ntype echo protocol ipIcmpEcho 192.0.2.1\ntimeout 500",
    ];

    [Theory]
    [MemberData(nameof(FlatBlocks))]
    public void FlatBlock_IsPassedOverWithoutAnErrorBehind(string block)
    {
        string text = $"hostname a\n{block}\n{string.Join('\n', Tunnel[..7]).Replace("\n ", "\n")}\nhostname b\n";
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text);
        Assert.True(config is not null, ConfigReportText.Render("f", report));
        Assert.Equal("b", config.Hostname);
        Assert.Equal(7u, Assert.Single(config.Tunnels).Key);
    }

    [Theory]
    [InlineData("router eigrp 1\nnetwork 10.0.0.0\nno auto-summary\npassive-interface default\nno passive-interface Tunnel0\neigrp stub connected")]
    [InlineData("router rip\nversion 2\nnetwork 10.0.0.0\nno auto-summary")]
    [InlineData("router ospf 1\nrouter-id 192.0.2.1\narea 0 authentication message-digest\nnetwork 10.0.0.0 0.0.0.255 area 0\nredistribute connected\ndefault-information originate")]
    [InlineData("router bgp 65000\nbgp log-neighbor-changes\nneighbor 172.20.0.1 remote-as 65000\ntemplate peer-policy X\nexit-peer-policy\naddress-family ipv4\nneighbor 172.20.0.1 activate\nexit-address-family")]
    [InlineData("router os 1\nnetw 10.0.0.0 0.255.255.255 area 0")]
    [InlineData("router eigrp EIG\naddress-family ipv4 unicast autonomous-system 1\naf-interface Tunnel0\nno split-horizon\nexit-af-interface\ntopology base\nexit-af-topology\nnetwork 10.0.0.0\nexit-address-family")]
    [InlineData("crypto isakmp policy 10\nencr aes 256\nhash sha256\nauthentication pre-share\ngroup 14\nlifetime 86400")]
    [InlineData("crypto isakmp profile X\nkeyring K1\nmatch identity address 0.0.0.0\nlocal-address eth0")]
    [InlineData("crypto keyring K1 vrf X\npre-shared-key address 0.0.0.0 0.0.0.0 key abcdefgh")]
    [InlineData("crypto map M 10 ipsec-isakmp\nset peer 192.0.2.1\nset transform-set T\nset pfs group14\nmatch address 101")]
    public void BlockOfAnotherProtocol_IsOneError_FlatOrIndented(string block)
    {
        foreach (bool indented in (bool[])[false, true])
        {
            string[] lines = block.Split('\n');
            string text = "hostname a\n" + lines[0] + "\n" + string.Concat(lines[1..].Select(l => (indented ? " " : "") + l + "\n")) + string.Join('\n', Tunnel[..7]).Replace("\n ", indented ? "\n " : "\n");
            Finding error = Assert.Single(ConfigLoader.Load(text).Report.Findings, f => f.Kind == FindingKind.Error);
            Assert.Equal(2, error.Line);
        }
    }

    [Theory]
    [InlineData("interface gre1\n ip nhrp network-id 1\n ip nhrp nhs dynamic nbma 192.0.2.1\n tunnel source eth0\n tunnel protection ipsec profile X\n", 2)]
    [InlineData("line con 0\n exec-timeout 0 0\n ip nhrp network-id 1\n tunnel source eth0\n", 3)]
    [InlineData("interfce Tunnel0\n ip address 172.20.0.1 255.255.255.0\n tunnel source eth0\n nonsense\n", 1)]
    [InlineData("LICENSE:\n  Exec level\n    license install x\n", 1)]
    public void LinesWithoutATunnel_AreOneError(string text, int line) =>
        Assert.Equal(line, Assert.Single(ConfigLoader.Load(text).Report.Findings, f => f.Kind == FindingKind.Error).Line);

    [Theory]
    [InlineData("set protocols nhrp tunnel tun0 network-id 1\n")]
    [InlineData("set vpn ipsec profile X bind tunnel tun0\n")]
    [InlineData("system-view\nsysname hub\n")]
    [InlineData("{ \"hostname\": \"a\" }\n")]
    [InlineData("[Interface]\nPrivateKey = x\n")]
    public void FileOfAnotherSystem_IsRefused(string text) => Assert.Null(ConfigLoader.Load(text).Config);
}
