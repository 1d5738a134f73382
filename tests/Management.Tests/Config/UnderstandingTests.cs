using Dmvpn.Management.Api;
using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

/// <summary>What <c>dmvpn check</c> says that it understood, and what it passed over.</summary>
public sealed class UnderstandingTests
{
    private const string Crypto = """
        crypto ikev2 keyring K
         peer HUB
          address 192.0.2.1
          pre-shared-key aVeryLongKeyOfThisTest
        crypto ikev2 profile I
         match identity remote address 192.0.2.1 255.255.255.255
         authentication remote pre-share
         authentication local pre-share
         keyring local K
        crypto ipsec profile P
         set ikev2-profile I

        """;

    [Fact]
    public void GoodFile_IsSaidInOneLine()
    {
        ConfigReport report = ConfigLoader.Load(Crypto + """
            interface Tunnel0
             ip address 172.20.0.1 255.255.255.0
             ip nhrp network-id 1
             tunnel source eth0
             tunnel mode gre multipoint
             tunnel protection ipsec profile P
            interface Tunnel7
             ip address 172.21.0.2 255.255.255.0
             ip nhrp network-id 2
             ip nhrp nhs 172.21.0.1 nbma 192.0.2.1 multicast
             tunnel source eth1
             tunnel mode gre multipoint ipv6
             tunnel vrf WAN
             tunnel key 7
             shutdown
            router odr
            ip route 10.0.0.0 255.0.0.0 172.21.0.1
            """).Report;
        Assert.Equal(
            "2 tunnels; Tunnel0: mGRE, hub, protected by P; Tunnel7: mGRE over IPv6, spoke, in clear text, outside in VRF WAN, shut down; 1 NHS; ODR; 1 route",
            Understanding.Text(report.Understood));
        Assert.Equal(["Tunnel0", "Tunnel7"], report.Understood.Tunnels.Select(t => t.Name));
        Assert.Equal(["P", null], report.Understood.Tunnels.Select(t => t.Protection));
        Assert.Equal([null, "WAN"], report.Understood.Tunnels.Select(t => t.Vrf));
        Assert.Equal([DmvpnRole.Hub, DmvpnRole.Spoke], report.Understood.Tunnels.Select(t => t.Role));
        Assert.Equal(1, report.Understood.KeyringPeers);
    }

    [Fact]
    public void RefusedFile_IsUnderstoodToo_WithProtocolsThatAreNotRun()
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load("""
            interface Tunnel0
             tunnel source eth0
             tunnel mode gre multipoint
             ip nhrp network-id 1
            router eigrp 100
             network 10.0.0.0
            router ospf 1
            ipv6 router ospf 2
            """);
        Assert.Null(config);
        Assert.Equal([("eigrp", "100", 5, false), ("ospf", "1", 7, false), ("ospf", "2", 8, false)], report.Understood.Routing.Select(r => (r.Protocol, r.Name, r.Line, r.IsRun)));
        Assert.Contains("EIGRP 100 not yet; OSPF 1 not yet", Understanding.Text(report.Understood));
    }

    /// <summary>A hub may have other hubs as NHS; what tells it from a spoke is that it sends redirects.</summary>
    [Theory]
    [InlineData(" ip nhrp nhs 172.20.0.2 nbma 192.0.2.2 multicast\n ip nhrp redirect\n", DmvpnRole.Hub)]
    [InlineData(" ip nhrp nhs 172.20.0.1\n", DmvpnRole.Hub)]
    [InlineData(" ip nhrp nhs 172.20.0.2 nbma 192.0.2.2 multicast\n ip nhrp shortcut\n", DmvpnRole.Spoke)]
    [InlineData(" ip nhrp nhs 172.20.0.2 nbma 192.0.2.2 multicast\n ip nhrp map multicast dynamic\n", DmvpnRole.Spoke)]
    [InlineData("", DmvpnRole.Hub)]
    public void RoleOfATunnel_IsWhatItDoes(string added, DmvpnRole role) =>
        Assert.Equal(role, Assert.Single(ConfigLoader.Load("interface Tunnel0\n ip address 172.20.0.1 255.255.255.0\n ip nhrp network-id 1\n tunnel source eth0\n tunnel mode gre multipoint\n" + added).Report.Understood.Tunnels).Role);

    [Theory]
    [InlineData("")]
    [InlineData("hostname hub\n")]
    [InlineData("! nothing\n")]
    [InlineData("interface GigabitEthernet0/0\n ip address 10.0.0.1 255.255.255.0\n")]
    [InlineData("interface Tunnel0\n tunnel source eth0\nno interface Tunnel0\n")]
    public void FileOfARouterWithoutATunnel_IsRefused(string text)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text, needsTunnel: true);
        Assert.Null(config);
        Assert.Contains(report.Findings, f => f.Kind == FindingKind.Error && f.Reason.Contains("no tunnel", StringComparison.Ordinal));
        Assert.Contains("no tunnel", ConfigReportText.Render("f", report));
    }

    [Theory]
    [InlineData("logging host 10.0.0.9", "syslog")]
    [InlineData("snmp-server community public RO", "SNMP")]
    [InlineData("ntp server 10.0.0.9", "time")]
    [InlineData("aaa new-model", "AAA")]
    [InlineData("ip sla 1", "IP SLA")]
    [InlineData("track 1 ip sla 1 reachability", "IP SLA")]
    [InlineData("event manager applet A", "EEM")]
    [InlineData("ip dhcp pool LAN", "DHCP")]
    [InlineData("ip flow-export destination 10.0.0.9 2055", "NetFlow")]
    [InlineData("interface eth1\n ip tcp adjust-mss 1360", "adjust-mss of Linux's interfaces")]
    [InlineData("interface eth1\n ip helper-address 10.0.0.9", "DHCP relay")]
    [InlineData("interface eth1\n standby 1 ip 10.0.0.254", "first hop redundancy")]
    [InlineData("interface eth1\n ip ospf 1 area 0", "routing on Linux's interfaces")]
    [InlineData("interface eth1\n ip pim sparse-mode", "multicast")]
    [InlineData("interface eth1\n ip access-group WAN in", "ip access-group")]
    [InlineData("interface eth1\n zone-member security LAN", "zone-member")]
    [InlineData("interface eth1\n service-policy output WAN", "service-policy")]
    [InlineData("interface eth1\n ip nat inside", "ip nat")]
    [InlineData("ip nat inside source list 1 interface eth0 overload", "ip nat")]
    public void WhatUsersRelyOn_HasAWarning_AndIsListed(string lines, string group)
    {
        ConfigReport report = ConfigLoader.Load("hostname a\n" + lines + "\n").Report;
        int line = lines.Split('\n').Length + 1;
        Assert.Contains(report.PassedOver, p => p.Line == line && p.Group == group);
        Finding warning = Assert.Single(report.Findings, f => f.Kind == FindingKind.Warning);
        Assert.Equal(line, warning.Line);
        Assert.NotEmpty(warning.Remedy);
    }

    [Theory]
    [InlineData("no snmp-server")]
    [InlineData("no aaa new-model")]
    [InlineData("interface Tunnel0\n tunnel source eth0\n tunnel mode gre multipoint\n ip address 172.20.0.1 255.255.255.0\n ip nhrp network-id 1\n no ip split-horizon eigrp 1")]
    [InlineData("line vty 0 4\n login local")]
    [InlineData("username a secret b")]
    [InlineData("ip name-server 10.0.0.9")]
    [InlineData("interface eth1\n duplex auto")]
    [InlineData("ip forward-protocol nd")]
    public void WhatNobodyMisses_IsListedWithoutAWarning(string lines)
    {
        ConfigReport report = ConfigLoader.Load(lines + "\n").Report;
        Assert.NotEmpty(report.PassedOver);
        Assert.DoesNotContain(report.Findings, f => f.Kind > FindingKind.Note);
    }

    [Fact]
    public void LinesOfOneGroup_HaveOneWarning_AndTheListIsGrouped()
    {
        ConfigReport report = ConfigLoader.Load("snmp-server community aSecretOne RO\nntp server 10.0.0.9\nsnmp-server location here\nsnmp-server contact me\n").Report;
        Finding warning = Assert.Single(report.Findings, f => f.Reason.Contains("SNMP", StringComparison.Ordinal));
        Assert.EndsWith("(3 lines of SNMP)", warning.Reason);
        Assert.Contains("""
              SNMP: SNMP is not answered, and no trap is sent
                1: snmp-server community ********** RO
                3: snmp-server location here
                4: snmp-server contact me
            """, ConfigReportText.Render("f", report, passedOver: true));
    }
}
