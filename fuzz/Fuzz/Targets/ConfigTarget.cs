using System.Text;
using System.Text.Json;
using Dmvpn.Management.Api;
using Dmvpn.Management.Config;
using RunningConfig = Dmvpn.Management.Config.RunningConfig;

namespace Dmvpn.Fuzz.Targets;

/// <summary>The text of a configuration file: any is answered, what is accepted reads back as the same, and nothing of it reaches a terminal.</summary>
internal sealed class ConfigTarget : IFuzzTarget
{
    public static string Name => "config";

    public static IEnumerable<byte[]> Seeds => Texts.Select(Encoding.UTF8.GetBytes);

    private static string[] Texts =>
    [
        """
        hostname hub
        crypto ikev2 keyring K
         peer ANY
          address 192.0.2.0 255.255.255.0
          pre-shared-key local aKeyOfTheFuzzer
          pre-shared-key remote hex 00112233445566778899aabbccddeeff
        crypto ikev2 profile I
         match identity remote fqdn domain example.net
         identity local key-id hub
         authentication remote pre-share
         authentication local pre-share
         keyring local K
         dpd 10 3 periodic
        crypto ipsec transform-set T esp-aes 256 esp-sha256-hmac
         mode transport
        crypto ipsec profile P
         set transform-set T
         set ikev2-profile I
        interface Tunnel0
         description hub
         ip address 172.20.0.1 255.255.255.0
         ip nhrp authentication aNhrpPw
         ip nhrp network-id 1
         ip nhrp redirect
         tunnel source eth0
         tunnel mode gre multipoint
         tunnel protection ipsec profile P
        router odr
         timers basic 8 24 0 40
        ip route 10.0.0.0 255.0.0.0 172.20.0.2 200 name BACKUP
        end
        """,
        """
        interface tun 1
        ip addr 172.21.0.2 255.255.255.0
        ipv6 address 2001:db8::2/64
        ip nhrp net 7
        ip nhrp map 172.21.0.1 2001:db8::1
        ip nhrp map multicast 2001:db8::1
        ip nhrp nhs dynamic nbma hub.example.net multicast priority 1 cluster 2
        tunnel source GigabitEthernet 0/0
        tunnel mode gre multipoint ipv6
        tunnel vrf WAN
        no ip nhrp shortcut
        interface GigabitEthernet 0/0
        ip address 192.0.2.1 255.255.255.0
        ip helper-address 10.0.0.9
        """,
        """
        Current configuration : 100 bytes
        hub#conf t
        aaa new-model
        banner motd ^C
         interface Tunnel0
        ^C
        crypto pki trustpoint T
         ca-file ca.pem
         crl url http://me:aSecret@pki.example.net/crl
        crypto pki certificate chain T
         certificate 01
          30820330 30820218
          quit
        ip sla 1
         icmp-echo 192.0.2.1
        snmp-server community aCommunity RO 10
        router eigrp 100
         network 10.0.0.0
        line vty 0 4
         password 7 0822455D0A16
        """,
    ];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        string text = Encoding.UTF8.GetString(input);
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text, needsTunnel: true);
        Check.That(report.HasErrors == (config is null), "a file is accepted or has errors");
        int lines = text.AsSpan().Count('\n') + text.AsSpan().Count('\r') + 1;
        foreach (Finding finding in report.Findings)
            Check.That(finding.Reason.Length > 0 && finding.Line <= lines && (finding.Kind != FindingKind.Error || finding.Line > 0), $"line {finding.Line}: {finding.Reason}");
        foreach (PassedOverLine line in report.PassedOver)
            Check.That(line.Line >= 1 && line.Line <= lines && line.Reason.Length > 0, $"line {line.Line}: {line.Reason}");
        foreach (char letter in ConfigReportText.Render("f", report, passedOver: true))
            Check.That(!char.IsControl(letter) || letter is '\n' or '\t', $"a terminal would see {(int)letter}");
        _ = JsonSerializer.Serialize(report.Understood, ApiJson.Default.UnderstoodConfig);
        if (config is null) return;
        string written = RunningConfig.Write(config, withSecrets: true);
        (RouterConfig? again, ConfigReport why) = ConfigLoader.Load(written, needsTunnel: true);
        Check.That(again is not null, $"what was accepted is refused when it is read back:\n{written}\n{ConfigReportText.Render("f", why)}");
        Check.That(ConfigDiff.Compute(config, again!).IsEmpty, $"what was accepted reads back as something else:\n{written}");
        Check.That(ConfigLosses.Of(config, again!).Count == 0, "nothing is lost");
        _ = RunningConfig.Write(config);
    }
}
