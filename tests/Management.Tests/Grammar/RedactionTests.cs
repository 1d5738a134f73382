using Dmvpn.Management.Config;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Tests.Grammar;

/// <summary>Secrets become stars, keywords stay, and columns stay where they are.</summary>
public sealed class RedactionTests
{
    /// <summary>In each line <c>S3cretWord</c> is the secret.</summary>
    [Theory]
    [InlineData("username admin privilege 15 secret 5 S3cretWord", "username admin privilege 15 secret 5 **********")]
    [InlineData("username admin password 0 S3cretWord", "username admin password 0 **********")]
    [InlineData("username admin se S3cretWord", "username admin se **********")]
    [InlineData("enable secret level 15 S3cretWord", "enable secret level 15 **********")]
    [InlineData("enable secret 9 S3cretWord", "enable secret 9 **********")]
    [InlineData("enable algorithm-type scrypt secret S3cretWord", "enable algorithm-type scrypt secret **********")]
    [InlineData(" password 7 S3cretWord", " password 7 **********")]
    [InlineData(" password S3cretWord with blanks", " password ********** **** ******")]
    [InlineData("snmp-server community S3cretWord RO 10", "snmp-server community ********** RO 10")]
    [InlineData("snmp-server community S3cretWord view V rw", "snmp-server community ********** view V rw")]
    [InlineData("snmp-server community S3cretWord", "snmp-server community **********")]
    [InlineData("snmp-server host 10.0.0.1 version 2c S3cretWord", "snmp-server host 10.0.0.1 version 2c **********")]
    [InlineData("snmp-server host 10.0.0.1 vrf M traps version 3 priv S3cretWord udp-port 162", "snmp-server host 10.0.0.1 vrf M traps version 3 priv ********** udp-port 162")]
    [InlineData("snmp-server host 10.0.0.1 S3cretWord bgp", "snmp-server host 10.0.0.1 ********** bgp")]
    [InlineData("snmp-server user U G v3 auth sha S3cretWord priv aes 128 S3cretWord access 9", "snmp-server user U G v3 auth sha ********** priv aes 128 ********** access 9")]
    [InlineData("crypto isakmp key S3cretWord address 0.0.0.0 0.0.0.0 no-xauth", "crypto isakmp key ********** address 0.0.0.0 0.0.0.0 no-xauth")]
    [InlineData("crypto isakmp key 6 S3cretWord hostname hub", "crypto isakmp key 6 ********** hostname hub")]
    [InlineData("  pre-shared-key address 0.0.0.0 0.0.0.0 key S3cretWord", "  pre-shared-key address 0.0.0.0 0.0.0.0 key **********")]
    [InlineData("  pre-shared-key local 0 S3cretWord", "  pre-shared-key local 0 **********")]
    [InlineData("  pre-shared-key hex S3cretWord", "  pre-shared-key hex **********")]
    [InlineData("  pre-shared S3cretWord", "  pre-shared **********")]
    [InlineData("  preshared-key S3cretWord", "  preshared-key **********")]
    [InlineData("  psk S3cretWord", "  psk **********")]
    [InlineData(" authentication remote pre-share key 0 S3cretWord", " authentication remote pre-share key 0 **********")]
    [InlineData(" authentication local pre-share key hex S3cretWord", " authentication local pre-share key hex **********")]
    [InlineData(" ip nhrp authentication S3cretWord", " ip nhrp authentication **********")]
    [InlineData(" ip nhrp autentication S3cretWord", " ip nhrp autentication **********")]
    [InlineData(" ip nh a S3cretWord", " ip nh a **********")]
    [InlineData("  key-string 7 S3cretWord", "  key-string 7 **********")]
    [InlineData(" key 7 S3cretWord", " key 7 **********")]
    [InlineData(" key S3cretWord", " key **********")]
    [InlineData("key config-key password-encrypt S3cretWord", "key config-key password-encrypt **********")]
    [InlineData("tacacs-server host 10.0.0.1 key 7 S3cretWord", "tacacs-server host 10.0.0.1 key 7 **********")]
    [InlineData("radius-server host 10.0.0.1 auth-port 1812 acct-port 1813 key S3cretWord", "radius-server host 10.0.0.1 auth-port 1812 acct-port 1813 key **********")]
    [InlineData(" client 10.0.0.1 server-key S3cretWord", " client 10.0.0.1 server-key **********")]
    [InlineData(" neighbor 10.0.0.1 password 7 S3cretWord", " neighbor 10.0.0.1 password 7 **********")]
    [InlineData(" neighbor 10.0.0.1 passwrod S3cretWord", " neighbor 10.0.0.1 passwrod **********")]
    [InlineData(" ip ospf authentication-key S3cretWord", " ip ospf authentication-key **********")]
    [InlineData(" ip ospf message-digest-key 1 md5 7 S3cretWord", " ip ospf message-digest-key 1 md5 7 **********")]
    [InlineData(" ip ospf message-digest-key 1 md5 text", " ip ospf message-digest-key 1 md5 ****")]
    [InlineData(" area 0 authentication ipsec spi 256 md5 S3cretWord", " area 0 authentication ipsec spi 256 md5 **********")]
    [InlineData(" ospfv3 encryption ipsec spi 256 esp aes-cbc 128 S3cretWord sha1 S3cretWord", " ospfv3 encryption ipsec spi 256 esp aes-cbc 128 ********** sha1 **********")]
    [InlineData("  authentication mode hmac-sha-256 0 S3cretWord", "  authentication mode hmac-sha-256 0 **********")]
    [InlineData(" standby 1 authentication S3cretWord", " standby 1 authentication **********")]
    [InlineData(" standby 1 authentication text S3cretWord", " standby 1 authentication text **********")]
    [InlineData(" standby 1 authentication md5 key-string S3cretWord", " standby 1 authentication md5 key-string **********")]
    [InlineData(" isis password S3cretWord", " isis password **********")]
    [InlineData(" ppp chap password 0 S3cretWord", " ppp chap password 0 **********")]
    [InlineData(" ppp pap sent-username me password 7 S3cretWord", " ppp pap sent-username me password 7 **********")]
    [InlineData("ntp authentication-key 1 md5 S3cretWord", "ntp authentication-key 1 md5 **********")]
    [InlineData("mpls ldp neighbor 10.0.0.1 password S3cretWord", "mpls ldp neighbor 10.0.0.1 password **********")]
    [InlineData("ip ftp password S3cretWord", "ip ftp password **********")]
    [InlineData("vtp password S3cretWord", "vtp password **********")]
    [InlineData("crypto key export rsa K pem terminal 3des S3cretWord", "crypto key export rsa K pem terminal 3des **********")]
    [InlineData(" enrollment url http://me:S3cretWord@ca.example.net/scep", " enrollment url http://*************@ca.example.net/scep")]
    [InlineData(" path ftp://me:p@S3cretWord@host/x scp://you:S3cretWord@host", " path ftp://***************@host/x scp://**************@host")]
    [InlineData("anything 7 0822455D0A16", "anything 7 ************")]
    [InlineData("anything $9$abcdefgh$ijkl", "anything ****************")]
    public void LineWithASecret_IsMasked_AndItsKeywordsStay(string line, string masked)
    {
        Assert.Equal(masked, Redaction.Mask(line));
        Assert.Equal(line.Length, masked.Length);
        Assert.DoesNotContain("S3cretWord", masked);
    }

    [Theory]
    [InlineData("service password-encryption")]
    [InlineData("security passwords min-length 10")]
    [InlineData("password encryption aes")]
    [InlineData("aaa authentication login default group tacacs+ local")]
    [InlineData("login authentication VTY")]
    [InlineData("ip http authentication local")]
    [InlineData("key chain EIGRP-KEYS")]
    [InlineData(" key 1")]
    [InlineData("  no key 100")]
    [InlineData(" ip ospf authentication message-digest")]
    [InlineData(" ip ospf authentication key-chain K")]
    [InlineData(" ip authentication mode eigrp 100 md5")]
    [InlineData(" ip authentication key-chain eigrp 100 K")]
    [InlineData("  authentication mode md5")]
    [InlineData(" ip rip authentication mode md5")]
    [InlineData(" area 0 authentication message-digest")]
    [InlineData(" authentication remote pre-share")]
    [InlineData(" authentication local rsa-sig")]
    [InlineData(" authentication pre-share")]
    [InlineData(" ppp authentication chap pap callin")]
    [InlineData(" match identity remote key-id hub")]
    [InlineData(" keyring local K")]
    [InlineData("crypto ikev2 keyring K")]
    [InlineData("crypto key generate rsa modulus 2048")]
    [InlineData(" tunnel key 100")]
    [InlineData("tu k 100")]
    [InlineData(" ip nhrp authorization certificate")]
    [InlineData(" ip nhrp attribute group G")]
    [InlineData("ntp server 10.0.0.1 key 1")]
    [InlineData("ntp trusted-key 1")]
    [InlineData(" integrity md5 sha1 sha256")]
    [InlineData(" hash md5")]
    [InlineData("crypto ipsec transform-set T esp-aes esp-md5-hmac")]
    [InlineData("snmp-server enable traps")]
    [InlineData("no snmp-server")]
    [InlineData("ip ssh server algorithm encryption aes256-ctr")]
    [InlineData("interface Serial0/0")]
    [InlineData(" standby 1 priority 110")]
    [InlineData("ip prefix-list P seq 5 permit 10.0.0.0/8")]
    [InlineData("radius server R")]
    [InlineData("username")]
    [InlineData("")]
    public void LineWithoutASecret_StaysAsItIs(string line) => Assert.Equal(line, Redaction.Mask(line));

    [Fact]
    public void SecretsOfLinesThatArePassedOver_ReachNoReport()
    {
        const string text = """
            enable secret Planted1
            username a privilege 15 secret Planted2
            snmp-server community Planted3 RO
            tacacs-server host 10.0.0.9 key Planted4
            radius server R
             address ipv4 10.0.0.9 auth-port 1812 acct-port 1813
             key 7 Planted5
            key chain K
             key 1
              key-string Planted6
            interface Dialer1
             ppp chap password 0 Planted7
            line vty 0 4
             password Planted8
            router bgp 65000
             neighbor 10.0.0.1 password Planted9
            crypto isakmp key Planted10 address 0.0.0.0
            ip nhrp authentication Planted11
            usrname x secret Planted12
            interface Tunnel0
             ip nhrp authentication Planted13isLong
             tunnel source eth0
            """;
        ConfigReport report = ConfigLoader.Load(text).Report;
        Assert.NotEmpty(report.PassedOver);
        Assert.DoesNotContain("Planted", ConfigReportText.Render("f", report, passedOver: true));
        Assert.DoesNotContain(report.PassedOver, line => line.Text.Contains("Planted", StringComparison.Ordinal));
        Assert.DoesNotContain(report.Findings, f => (f.Source + f.Reason + f.Remedy).Contains("Planted", StringComparison.Ordinal));
    }
}
