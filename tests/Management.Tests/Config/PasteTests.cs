using Dmvpn.Core;
using Dmvpn.Management.Config;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Tests.Config;

/// <summary>Configurations as people copy them out of terminals, documents and mails.</summary>
public sealed class PasteTests
{
    private static readonly TunnelConfig Expected = new()
    {
        Id = new(0),
        Ipv4Addresses = [new(IpAddress.Parse("172.20.0.11"), 24)],
        Source = new("eth0", IpAddress.None),
        Mode = TunnelMode.GreMultipoint,
        Key = 7,
        IpNhrp = new() { NetworkId = 1 },
    };

    private const string More = " --More-- \b\b\b\b\b\b\b\b\b\b          \b\b\b\b\b\b\b\b\b\b";

    private const string Stanza = "interface Tunnel0\n ip address 172.20.0.11 255.255.255.0\n ip nhrp network-id 1\n tunnel source eth0\n tunnel mode gre multipoint\n tunnel key 7\n";

    [Theory]
    // Console lines before, between and behind.
    [InlineData("en\nconf t\n" + Stanza + "end\nwr\n")]
    [InlineData("enable\nconfigure terminal\nEnter configuration commands, one per line.  End with CNTL/Z.\n" + Stanza + "exit\nend\nwrite memory\nBuilding configuration...\n[OK]\ncopy run start\nDestination filename [startup-config]?\nreload\n")]
    [InlineData("R1#sh run int tu0\nBuilding configuration...\n\nCurrent configuration : 312 bytes\n!\n" + Stanza + "end\n\nR1#\n")]
    [InlineData("Router>en\nRouter#conf t\nRouter(config)#interface Tunnel0\nRouter(config-if)#ip address 172.20.0.11 255.255.255.0\nRouter(config-if)# ip nhrp network-id 1\nRouter(config-if)#tunnel source eth0\nRouter(config-if)#tunnel mode gre multipoint\nRouter(config-if)#tunnel key 7\nRouter(config-if)#\nRouter(config-if)#end\nRouter#wr mem\n")]
    [InlineData("hub-1.example#interface Tunnel0\nhub-1.example(config-if)#ip address 172.20.0.11 255.255.255.0\nip nhrp network-id 1\ntunnel source eth0\n*Mar  1 00:01:02.003: %LINEPROTO-5-UPDOWN: Line protocol on Interface Tunnel0, changed state to up\ntunnel mode gre multipoint\n%SYS-5-CONFIG_I: Configured from console by console\ntunnel key 7\n")]
    [InlineData("Using 1234 out of 262136 bytes\n! Last configuration change at 10:00:00 UTC Mon Mar 1 2021\n! NVRAM config last updated at 10:00:00 UTC Mon Mar 1 2021\n" + Stanza + "do wr\nshow ip nhrp\ndo sh ip int br | i up\n")]
    // The pager, with the backspaces that erase it, with a carriage return, in colours, and where a viewer has eaten them.
    [InlineData("interface Tunnel0\n ip address 172.20.0.11 255.255.255.0\n" + More + " ip nhrp network-id 1\n tunnel source eth0\n" + More + " tunnel mode gre multipoint\n tunnel key 7\n" + More + "!\nend\n")]
    [InlineData("interface Tunnel0\n ip address 172.20.0.11 255.255.255.0\n --More-- \r          \r ip nhrp network-id 1\n\u001b[7m--More--\u001b[0m\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\b tunnel source eth0\n <--- More --->\r              \r tunnel mode gre multipoint\n tunnel key 7\n")]
    [InlineData("interface Tunnel0\n ip address 172.20.0.11 255.255.255.0\n --More--         ip nhrp network-id 1\n --More--\n tunnel source eth0\n--More--tunnel mode gre multipoint\n tunnel key 7\n")]
    [InlineData("interface Tunnel0\n ip address 172.20.0.11 255.255.255.0\n ip nhrp network-di\b\bid 1\n tunnel source eth0\n tunnel mode gre multipoint\n tunnel key 8\b7\n")]
    // Remarks.
    [InlineData("# hub of the lab\n// second remark\n; third\n" + Stanza + "# end\n-----------\n=== done ===\n")]
    [InlineData("interface Tunnel0   ! the cloud\n ip address 172.20.0.11 255.255.255.0 !note\n ip nhrp network-id 1\t! note\n tunnel source eth0 # uplink\n tunnel mode gre multipoint ! many\n tunnel key 7 ! one key\n")]
    // Blanks that are none, carriage returns, byte order marks.
    [InlineData("\uFEFFinterface Tunnel0\r\n\u00A0ip address 172.20.0.11 255.255.255.0\r\n\u00A0ip nhrp\u00A0network-id 1\r\n\ttunnel source eth0  \r\n \ttunnel mode gre multipoint\r\n tunnel key 7\r\n\uFEFF!\r\n")]
    [InlineData("interface Tunnel0\r ip address 172.20.0.11 255.255.255.0\r ip nhrp network-id 1\r tunnel source eth0\r tunnel mode gre multipoint\r tunnel key 7\r")]
    // Banners in all spellings.
    [InlineData("banner motd ^C\n interface Tunnel5\n^C\nbanner login #welcome#\nbanner exec \"\nx\n\"\nbanner incoming $ x $\n" + Stanza)]
    [InlineData("ban mot %\nno entry!\n%\nbanner %hello%\nbann log ^CHello\nyou^C\nbanner slip-ppp *x*\nno banner motd\n" + Stanza)]
    [InlineData("banner motd \u0003\nhello\n\u0003\naaa authentication banner ^C\nhello\n^C\nline vty 0 4\n vacant-message ^C\n nobody\n ^C\n login\n" + Stanza)]
    public void Paste_GivesTheTunnel(string text)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text);
        Assert.True(config is not null, ConfigReportText.Render("f", report));
        Assert.Equal(Expected, Assert.Single(config.Tunnels));
    }

    [Fact]
    public void ExclamationMarkInATextOrAPassword_IsNoRemark()
    {
        RouterConfig config = ConfigLoader.Load("interface Tunnel0\n description keep ! out # here\n ip address 172.20.0.11 255.255.255.0\n ip nhrp network-id 1\n ip nhrp authentication a!b#c\n tunnel source eth0\n tunnel mode gre multipoint\n").Config!;
        Assert.Equal(("keep ! out # here", "a!b#c"), (config.Tunnels[0].Description, config.Tunnels[0].IpNhrp.Authentication));
    }

    [Fact]
    public void ErrorBehindAPrompt_HasTheColumnOfItsWord()
    {
        Finding error = Assert.Single(ConfigLoader.Load("R1(config)#interface Tunnel0\nR1(config-if)#shutdown\nR1(config-if)#tunnel sauce eth0\n").Report.Findings, f => f.Kind == FindingKind.Error);
        Assert.Equal((3, 22, 5, "R1(config-if)#tunnel sauce eth0"), (error.Line, error.Column, error.Length, error.Source));
    }

    [Theory]
    [InlineData("banner motd ^C\nhello\n", 1)]
    [InlineData("banner motd #\nhello\n" + Stanza + "! note # 1\n", 1)]
    [InlineData("banner motd\n", 1)]
    public void BannerWithoutItsEnd_IsRefused(string text, int line) =>
        Assert.Equal(line, Assert.Single(ConfigLoader.Load(text).Report.Findings, f => f.Kind == FindingKind.Error).Line);

    /// <summary>What IOS 12.4 to IOS-XE 17 print by themselves.</summary>
    [Fact]
    public void DefaultLines_ArePassedOver()
    {
        string[] lines =
        [
            "version 17.3", "service timestamps debug datetime msec", "no service pad", "service call-home", "no service config", "platform qfp utilization monitor load 80", "platform punt-keepalive disable-kernel-core", "no platform punt-keepalive disable-kernel-core", "platform console virtual",
            "platform hardware throughput level MB 1000", "boot-start-marker", "boot system flash:x.bin", "boot-end-marker", "logging discriminator X", "logging buffered 51200 warnings", "no logging console", "enable secret 9 $9$x", "no aaa new-model", "aaa session-id common", "clock timezone CET 1 0", "clock summer-time CEST recurring",
            "mmi polling-interval 60", "no mmi auto-configure", "no mmi pvc", "mmi snmp-timeout 180", "no process cpu extended history", "no process cpu autoprofile hog", "ethernet lmi ce", "no ip icmp rate-limit unreachable", "ip cef", "no ipv6 cef", "ip arp proxy disable", "ip tcp synwait-time 5", "no ip domain lookup",
            "ip auth-proxy max-nodata-conns 3", "ip admission max-nodata-conns 3", "no ip source-route", "ip source-route", "ip subnet-zero", "ip classless", "ipv6 unicast-routing", "ipv6 ioam timestamp", "no ip ioam timestamp", "login on-success log", "subscriber templating", "multilink bundle-name authenticated",
            "license udi pid CSR1000V sn 9X", "license boot level ax", "license accept end user agreement", "license smart enable", "diagnostic bootup level minimal", "memory free low-watermark processor 71497", "memory-size iomem 5", "spanning-tree extend system-id", "spanning-tree mode pvst", "vtp mode transparent", "cts logging verbose",
            "no cdp log mismatch duplex", "redundancy", "call-home", "gatekeeper", " shutdown", "mgcp behavior rsip-range tgcp-only", "mgcp fax t38 ecm", "mgcp profile default", "transceiver type all", " monitoring", "control-plane", "ip forward-protocol nd", "no ip http server", "ip http secure-server", "ip http client source-interface eth0",
            "ip bgp-community new-format", "ip ssh version 2", "ip ssh bulk-mode 131072", "ip tftp source-interface eth0", "no mpls ip", "mpls label mode all-vrfs protocol bgp-vpnv4 per-vrf", "no ip gratuitous-arps", "scheduler allocate 20000 1000", "scheduler max-task-time 5000", "exception crashinfo maximum files 10", "archive", " log config", "  hidekeys",
            "crypto pki token default removal timeout 0", "wsma agent exec", "netconf-yang", "restconf", "no network-clock-participate slot 1", "voice-card 0", " no dspfarm", "voice call send-alert", "no fallback extended-history", "errdisable recovery interval 30", "alias exec sr show run", "ntp update-calendar", "snmp-server community x RO", "sntp server 192.0.2.1", "no dss", "line con 0", " stopbits 1", "line vty 0 4", " login",
        ];
        string text = "hostname a\n" + string.Join('\n', lines.Where(line => line != "no dss")) + "\n" + Stanza + "end\n";
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text);
        Assert.True(config is not null, ConfigReportText.Render("f", report));
        Assert.DoesNotContain(report.Findings, f => f.Kind == FindingKind.Error);
        Assert.Single(config.Tunnels);
    }

    [Theory]
    [InlineData("e0/0", "Ethernet0/0")]
    [InlineData("Et0/0", "Ethernet0/0")]
    [InlineData("ethernet2/0", "Ethernet2/0")]
    [InlineData("gi0/1", "GigabitEthernet0/1")]
    [InlineData("Gig0/0/0.100", "GigabitEthernet0/0/0.100")]
    [InlineData("g0/1", "GigabitEthernet0/1")]
    [InlineData("gi1", "GigabitEthernet1")]
    [InlineData("GIGABITETHERNET2", "GigabitEthernet2")]
    [InlineData("fa0/0", "FastEthernet0/0")]
    [InlineData("f0/0.10", "FastEthernet0/0.10")]
    [InlineData("te1/0/1", "TenGigabitEthernet1/0/1")]
    [InlineData("lo0", "Loopback0")]
    [InlineData("loopback10", "Loopback10")]
    [InlineData("se0/0/0:1", "Serial0/0/0:1")]
    [InlineData("vl10", "Vlan10")]
    [InlineData("po1", "Port-channel1")]
    [InlineData("di1", "Dialer1")]
    [InlineData("nu0", "Null0")]
    // Linux's own.
    [InlineData("eth0", "eth0")]
    [InlineData("ens3", "ens3")]
    [InlineData("enp0s31f6", "enp0s31f6")]
    [InlineData("lo", "lo")]
    [InlineData("br0", "br0")]
    [InlineData("vlan10", "vlan10")]
    [InlineData("bond0.10", "bond0.10")]
    [InlineData("wlan0", "wlan0")]
    [InlineData("ppp0", "ppp0")]
    public void InterfaceName_IsSpeltInFull(string written, string name)
    {
        Assert.Equal(name, InterfaceNames.Normalize(written));
        RouterConfig? config = ConfigLoader.Load($"interface {written}\n ip address 192.0.2.1 255.255.255.0\n" + Stanza.Replace("eth0", name)).Config;
        if (name != "Null0") Assert.Equal((name, name), (config!.Tunnels[0].Source!.Interface, Assert.Single(config.LinuxInterfaces).Name));
    }

    [Theory]
    [InlineData("interface fastEthernet 0/0", "FastEthernet0/0")]
    [InlineData("int gig 0/2", "GigabitEthernet0/2")]
    [InlineData("int e 0/0", "Ethernet0/0")]
    [InlineData("interface vlan 500", "Vlan500")]
    [InlineData("interface Loopback 0", "Loopback0")]
    [InlineData("interface port-channel 1.5", "Port-channel1.5")]
    public void InterfaceNameInTwoHalves_IsOneName(string line, string name) =>
        Assert.Equal(name, Assert.Single(ConfigLoader.Load(line + "\n ip address 192.0.2.1 255.255.255.0\n" + Stanza).Config!.LinuxInterfaces).Name);

    [Fact]
    public void TunnelWithHalvesAndAbbreviations_IsOneTunnel() =>
        Assert.Equal(Expected, Assert.Single(ConfigLoader.Load("int tunnel 0\nip add 172.20.0.11 255.255.255.0\nint tu0\nip nhrp net 1\ninterface Tun0\ntun so eth0\ntun mo gre mu\ntun k 7\n").Config!.Tunnels));
}
