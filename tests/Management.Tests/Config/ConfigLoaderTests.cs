using Dmvpn.Core;
using Dmvpn.Management.Config;
using Dmvpn.Nhrp;

namespace Dmvpn.Management.Tests.Config;

public sealed class ConfigLoaderTests
{
    [Fact]
    public void RealisticRunningConfig_Loads_AndForeignLinesArePassedOverOrNamed()
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(Text.File("branch-router.ios"));
        Assert.True(config is not null, ConfigReportText.Render("branch-router.ios", report));
        TunnelConfig tunnel = Assert.Single(config.Tunnels);
        Assert.Equal("BRANCH-17", config.Hostname);
        Assert.Equal(new InterfaceAddress(IpAddress.Parse("172.20.0.17"), 24), Assert.Single(tunnel.Ipv4Addresses));
        Assert.Equal("LabNhrp", tunnel.IpNhrp.Authentication);
        Assert.Equal(100u, tunnel.IpNhrp.NetworkId);
        Assert.Equal(
            new ValueList<NhsConfig>[]
            {
                [new() { Protocol = IpAddress.Parse("172.20.0.1"), Nbma = IpAddress.Parse("198.51.100.1"), Multicast = true },
                 new() { Protocol = IpAddress.Parse("172.20.0.2"), NbmaName = "hub2.example.net", Multicast = true, Priority = 1, Cluster = 1 }],
            }[0], tunnel.IpNhrp.Nhss);
        Assert.False(tunnel.IpNhrp.RegistrationUnique);
        Assert.Equal(new TunnelSource("GigabitEthernet0/0/0", IpAddress.None), tunnel.Source);
        Assert.True(tunnel is { IsMultipoint: true, Key: 100, CdpEnabled: true, IfStateNhrp: true, IpAdjustMss: 1360, Delay: 1000, Bandwidth: 50000, Shutdown: false });
        Assert.Equal(4, config.LinuxInterfaces.Count);
        Assert.Equal(new LoggingConfig { BufferSize = 131072, Buffered = Severity.Informational, Console = Severity.Warnings }, config.Logging);
        Assert.Equal(TimeSpan.FromSeconds(30), config.Cdp.Timer);
        Assert.Equal(
            [new StaticRouteConfig { Prefix = IpPrefix.Parse("10.0.0.0/8"), Tunnel = new(0), NextHop = IpAddress.Parse("172.20.0.1"), Distance = 200, Name = "DATACENTER" },
             new StaticRouteConfig { Prefix = IpPrefix.Parse("10.99.0.0/16"), Tunnel = new(0), TunnelIsNamed = true, NextHop = IpAddress.Parse("172.20.0.9") }],
            config.StaticRoutes);
        // What somebody may rely on is named, once for each reason at its first line; all else is one number.
        string[] warned = [.. report.Findings.Where(f => f.Kind == FindingKind.Warning).Select(f => f.Source.Trim())];
        Assert.Equal(
            ["aaa new-model", "ip dhcp pool LAN", "track 1 ip sla 1 reachability", "ip access-group WAN-IN in", "ip nat outside", "service-policy output WAN-OUT", "ip policy route-map LOCAL", "vrf forwarding Mgmt-intf",
                "ip route 0.0.0.0 0.0.0.0 203.0.113.1", "snmp-server community *************** RO", "ntp server 10.0.0.123", "event manager applet NOTE"],
            warned);
        Assert.Matches(@"^\d+ lines that do not concern a DMVPN router were passed over$", report.Findings[^1].Reason);
        Assert.DoesNotContain("secretcommunity", ConfigReportText.Render("f", report));
    }

    [Fact]
    public void SameFileWithoutIndentation_GivesTheSameConfiguration()
    {
        string text = Text.File("branch-router.ios");
        string flat = string.Join('\n', text.Split('\n').Select(l => l.TrimStart()));
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(flat);
        Assert.True(config is not null, ConfigReportText.Render("flat", report));
        Assert.Equal(ConfigLoader.Load(text).Config, config);
    }

    [Fact]
    public void ManyErrors_AllAreReportedInOneRun_WithLineColumnAndRemedy()
    {
        const string text = """
            hostname hub
            interface tun0
             ip address 10.0.0.1 255.0.255.0
             ip nhrp netwrok-id 5
             ip nhrp holdtime 0
             tunnel s
             tunnel source eth0
             tunnel mode gre multipoint
            nonsense here
            """;
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text);
        Assert.Null(config);
        Assert.Equal(
            """
            hub.conf:3:22: error: 255.0.255.0 is not a subnet mask: its one bits are not contiguous
                 ip address 10.0.0.1 255.0.255.0
                                     ^^^^^^^^^^^

            hub.conf:4:10: error: 'netwrok-id' is not known here
                 ip nhrp netwrok-id 5
                         ^^^^^^^^^^
                Did you mean 'network-id'?

            hub.conf:5:19: error: 0 is not in the range 1-65535
                 ip nhrp holdtime 0
                                  ^

            hub.conf:6:9: error: 's' is ambiguous
                 tunnel s
                        ^
                It may be sequence-datagrams, source

            hub.conf:9:1: error: 'nonsense' is not known here
                nonsense here
                ^^^^^^^^
                Expected: cdp, crypto, end, exit, hostname, interface, ip, ipv6, logging, platform, router

            """,
            string.Join("\n\n", ConfigReportText.Render("hub.conf", report).Split("\n\n").Where(b => b.Contains("error: "))) + "\n");
        Assert.EndsWith("hub.conf: refused: 5 errors, 0 warnings\n", ConfigReportText.Render("hub.conf", report));
    }

    [Theory]
    [InlineData("int tun0\n ip addr 10.0.0.1 255.255.255.0\n tunnel so eth0\n tun mode gre multi\n ip nhrp net 1")]
    [InlineData("INTERFACE TUNNEL 0\nIP ADDRESS 10.0.0.1 255.255.255.0\nTUNNEL SOURCE eth0\nTUNNEL MODE GRE MULTIPOINT\nIP NHRP NETWORK-ID 1")]
    [InlineData("interface Tunnel0\r\n\tip address 10.0.0.1 255.255.255.0\r\n\ttunnel source eth0\r\n!\r\n\ttunnel mode gre multipoint\r\n\tip nhrp network-id 1\r\n exit\r\nend\r\n")]
    [InlineData("interface Tunnel0\n tunnel mode gre multipoint\n tunnel mode gre multipoint ipv6\n no tunnel mode\n tunnel mode gre multipoint\n shutdown\n no shut\n ip mtu 1300\n no ip mtu\n ip nhrp holdtime 5\n default ip nhrp holdtime\n no ip nhrp shortcut\n default ip nhrp shortcut\n ip address 10.9.0.1 255.255.255.0\n ip address 10.0.0.1 255.255.255.0\ninterface Tunnel0\n tunnel source eth0\n ip nhrp network-id 1")]
    public void AnySpelling_GivesTheSameTunnel(string text)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text);
        Assert.True(config is not null, ConfigReportText.Render("f", report));
        Assert.Equal(
            new TunnelConfig
            {
                Id = new(0),
                Ipv4Addresses = [new(IpAddress.Parse("10.0.0.1"), 24)],
                Source = new("eth0", IpAddress.None),
                Mode = TunnelMode.GreMultipoint,
                IpNhrp = new() { NetworkId = 1 },
            }, Assert.Single(config.Tunnels));
    }

    // The pair of a real lab (c8000v 17.15), as it is.
    private const string IosCrypto = """
        crypto ikev2 proposal P
         encryption aes-cbc-256
         integrity sha256
         group 14
        crypto ikev2 policy POL
         proposal P
        crypto ikev2 keyring K
         peer ANY
          address 0.0.0.0 0.0.0.0
          pre-shared-key hunter2
        crypto ikev2 profile PR
         match identity remote address 0.0.0.0
         authentication remote pre-share
         authentication local pre-share
         keyring local K
        crypto ipsec transform-set T esp-aes 256 esp-sha256-hmac
         mode transport
        crypto ipsec profile IP
         set transform-set T
         set ikev2-profile PR

        """;

    [Theory]
    [InlineData("172.20.0.1", "ip nhrp redirect")]
    [InlineData("172.20.0.2", "ip nhrp nhs 172.20.0.1 nbma 100.64.0.1 multicast")]
    public void IosPair_WithCrypto_LoadsAndWarnsOfTheWildcardKey(string address, string line)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(IosCrypto + IosTunnel(address, line) + " tunnel protection ipsec profile IP\n");
        Assert.NotNull(config);
        Assert.Contains(report.Findings, f => f.Kind == FindingKind.Warning && f.Reason.Contains("one key for everybody"));
        Assert.DoesNotContain("hunter2", ConfigReportText.Render("f", report));
        Assert.Equal(new TunnelProtection("IP", false), config.Tunnels[0].Protection);
        Assert.Equal("hunter2", config.Crypto.Keyrings[0].Peers[0].RemoteKey?.Text);
        Assert.Equal("0.0.0.0/0", config.Crypto.Profiles[0].MatchRemote[0].Prefix.ToString());
        Assert.Equal(config, ConfigLoader.Load(RunningConfig.Write(config, withSecrets: true)).Config);
        Assert.DoesNotContain("hunter2", RunningConfig.Write(config));
    }

    [Theory]
    [InlineData("172.20.0.1", "ip nhrp redirect")]
    [InlineData("172.20.0.2", "ip nhrp nhs 172.20.0.1 nbma 100.64.0.1 multicast")]
    public void IosPair_WithoutCrypto_LoadsAndNamesBfd(string address, string line)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(IosTunnel(address, line));
        Assert.NotNull(config);
        Finding warning = Assert.Single(report.Findings, f => f.Kind == FindingKind.Warning);
        Assert.Equal("'bfd' is not yet supported and has no effect", warning.Reason);
    }

    [Fact]
    public void LinesAfterEnd_AreReadToo_AndNamed()
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load("hostname a\nend\n!\nhostname b\n");
        Assert.Equal("b", config!.Hostname);
        Assert.Contains(report.Findings, f => f.Line == 4 && f.Reason.Contains("'end' in line 2"));
    }

    [Fact]
    public void UnclosedBanner_IsRefused() =>
        Assert.Equal(1, Assert.Single(ConfigLoader.Load("banner motd #\nhello\n").Report.Findings, f => f.Kind == FindingKind.Error).Line);

    [Theory]
    [InlineData("banner motd # one line #\nhostname a")]
    [InlineData("banner login ^C\n interface Tunnel5\n ^C\nhostname a")]
    [InlineData("banner exec \u0003x\nhostname z\n\u0003\nhostname a")]
    public void Banner_IsPassedOverWhateverItHolds(string text)
    {
        RouterConfig config = ConfigLoader.Load(text).Config!;
        Assert.Equal("a", config.Hostname);
        Assert.Empty(config.Tunnels);
    }

    private static string IosTunnel(string address, string line) => $"""
        interface Tunnel0
         ip address {address} 255.255.255.0
         ip nhrp authentication LabNhrp
         ip nhrp network-id 100
         ip nhrp holdtime 300
         {line}
         ip tcp adjust-mss 1360
         bfd interval 500 min_rx 500 multiplier 3
         tunnel source GigabitEthernet2
         tunnel mode gre multipoint
         tunnel key 100

        """.TrimEnd() + "\n";
}
