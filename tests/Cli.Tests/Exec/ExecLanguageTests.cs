using Dmvpn.Cli.Exec;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Cli.Tests.Exec;

public sealed class ExecLanguageTests
{
    private static readonly ExecLanguage Language = new();

    [Theory]
    [InlineData("show dmvpn", "/v1/dmvpn")]
    [InlineData("sh dm det", "/v1/dmvpn?detail=true")]
    [InlineData("show dmvpn ipv6 peer nbma 172.17.0.2 interface Tunnel1 detail", "/v1/dmvpn?family=ipv6&tunnel=1&nbma=172.17.0.2&detail=true")]
    [InlineData("show dmvpn peer tunnel 2001:db8::1", "/v1/dmvpn?address=2001%3Adb8%3A%3A1")]
    [InlineData("show ip nhrp", "/v1/nhrp/cache?family=ipv4")]
    [InlineData("sh ip nhrp br", "/v1/nhrp/cache?family=ipv4")]
    [InlineData("show ip nhrp 10.0.0.1 detail", "/v1/nhrp/cache?family=ipv4&address=10.0.0.1")]
    [InlineData("show ip nhrp dynamic tu1", "/v1/nhrp/cache?family=ipv4&tunnel=1&filter=dynamic")]
    [InlineData("show ip nhrp shortcut", "/v1/nhrp/cache?family=ipv4&filter=shortcut")]
    [InlineData("show ipv6 nhrp 2001:db8::1", "/v1/nhrp/cache?family=ipv6&address=2001%3Adb8%3A%3A1")]
    [InlineData("show ip nhrp nhs detail", "/v1/nhrp/nhs?family=ipv4")]
    [InlineData("show ip nhrp traffic interface Tunnel 7", "/v1/nhrp/traffic?family=ipv4&tunnel=7")]
    [InlineData("show ip nhrp summary", "/v1/nhrp/summary?family=ipv4")]
    [InlineData("show ip nhrp redirect", "/v1/nhrp/redirect?family=ipv4")]
    [InlineData("show ip nhrp multicast", "/v1/nhrp/multicast?family=ipv4")]
    [InlineData("show ip route", "/v1/routes?family=ipv4")]
    [InlineData("show ip route nhrp", "/v1/routes?family=ipv4&filter=nhrp")]
    [InlineData("sh ip ro tunnel", "/v1/routes?family=ipv4&filter=tunnel")]
    [InlineData("show ip route Tunnel1", "/v1/routes?family=ipv4&tunnel=1")]
    [InlineData("show ip route 10.1.2.3", "/v1/routes?family=ipv4&address=10.1.2.3")]
    [InlineData("show ipv6 route odr", "/v1/routes?family=ipv6&filter=odr")]
    [InlineData("show interfaces", "/v1/interfaces")]
    [InlineData("sh int tun0", "/v1/interfaces?interface=Tunnel0")]
    [InlineData("show interfaces eth0", "/v1/interfaces?interface=eth0")]
    [InlineData("show ip interface brief", "/v1/interfaces")]
    [InlineData("show adjacency detail", "/v1/adjacencies")]
    [InlineData("show cdp neighbors detail", "/v1/cdp/neighbors")]
    [InlineData("show version", "/v1/version")]
    [InlineData("show logging | include NHS", "/v1/log")]
    [InlineData("show drops", "/v1/drops")]
    [InlineData("sh ru int tu1", "/v1/running-config?tunnel=1")]
    [InlineData("show platform", "/v1/platform")]
    [InlineData("show crypto session", "/v1/crypto/sessions")]
    [InlineData("sh cry sess det", "/v1/crypto/sessions")]
    [InlineData("show crypto session remote 192.0.2.7 brief", "/v1/crypto/sessions?nbma=192.0.2.7")]
    [InlineData("show crypto ikev2 sa detail", "/v1/crypto/sessions")]
    [InlineData("show crypto ikev2 sa remote 2001:db8::7 detailed", "/v1/crypto/sessions?nbma=2001%3Adb8%3A%3A7")]
    [InlineData("show crypto ikev2 session detailed", "/v1/crypto/sessions")]
    [InlineData("show crypto ipsec sa peer 192.0.2.7 interface Tunnel1 detail", "/v1/crypto/sessions?tunnel=1&nbma=192.0.2.7")]
    [InlineData("show crypto ikev2 stats", "/v1/crypto/statistics")]
    [InlineData("show crypto ikev2 stats exchange", "/v1/crypto/statistics")]
    [InlineData("show crypto ikev2 performance", "/v1/crypto/statistics")]
    [InlineData("show crypto ikev2 diagnose error | include psk", "/v1/crypto/statistics")]
    [InlineData("show crypto ikev2 proposal", "/v1/crypto/config?filter=proposal")]
    [InlineData("show crypto ikev2 policy POL", "/v1/crypto/config?filter=policy&name=POL")]
    [InlineData("show crypto ikev2 profile PR", "/v1/crypto/config?filter=ikev2-profile&name=PR")]
    [InlineData("show crypto ipsec profile", "/v1/crypto/config?filter=ipsec-profile")]
    [InlineData("show crypto ipsec transform-set T", "/v1/crypto/config?filter=transform-set&name=T")]
    [InlineData("show crypto pki certificates", "/v1/crypto/certificates")]
    [InlineData("show crypto pki certificates CA verbose", "/v1/crypto/certificates?name=CA")]
    [InlineData("show crypto pki certificates verbose", "/v1/crypto/certificates")]
    public void ShowCommand_Typed_AsksForItsState(string line, string path) => Assert.Equal(path, Assert.IsType<ShowAction>(Parse(line)).Path);

    [Theory]
    [InlineData("clear ip nhrp", "/v1/clear/nhrp", """{"family":"ipv4","scope":"dynamic"}""")]
    [InlineData("clear ip nhrp 10.0.0.3", "/v1/clear/nhrp", """{"family":"ipv4","scope":"dynamic","address":"10.0.0.3"}""")]
    [InlineData("clear ip nhrp shortcut interface Tunnel1", "/v1/clear/nhrp", """{"family":"ipv4","scope":"shortcut","tunnel":"Tunnel1"}""")]
    [InlineData("clear ipv6 nhrp counters", "/v1/clear/nhrp", """{"family":"ipv6","scope":"counters"}""")]
    [InlineData("clear dmvpn session peer nbma 172.17.0.2 static", "/v1/clear/dmvpn-session", """{"nbma":"172.17.0.2","static":true}""")]
    [InlineData("clear dmvpn session peer tunnel 10.0.0.2 interface tun1", "/v1/clear/dmvpn-session", """{"address":"10.0.0.2","tunnel":"Tunnel1","static":false}""")]
    [InlineData("clear crypto session", "/v1/clear/crypto", """{"scope":"session"}""")]
    [InlineData("clear crypto session remote 192.0.2.7 local 192.0.2.1", "/v1/clear/crypto", """{"scope":"session","peer":"192.0.2.7","local":"192.0.2.1"}""")]
    [InlineData("clear crypto ikev2 sa remote 2001:db8::7", "/v1/clear/crypto", """{"scope":"session","peer":"2001:db8::7"}""")]
    [InlineData("clear crypto sa peer 192.0.2.7", "/v1/clear/crypto", """{"scope":"ipsec","peer":"192.0.2.7"}""")]
    [InlineData("clear crypto sa spi 0xC1C2C3C4", "/v1/clear/crypto", """{"scope":"ipsec","spi":3250766788}""")]
    [InlineData("clear crypto sa spi 300", "/v1/clear/crypto", """{"scope":"ipsec","spi":300}""")]
    [InlineData("clear crypto ikev2 stats", "/v1/clear/crypto", """{"scope":"statistics"}""")]
    [InlineData("clear counters tu1", "/v1/clear/counters", """{"interface":"Tunnel1"}""")]
    [InlineData("clear logging", "/v1/clear/logging", null)]
    [InlineData("clear cdp table", "/v1/clear/cdp", null)]
    [InlineData("reload", "/v1/reload", """{"force":false}""")]
    [InlineData("reload force", "/v1/reload", """{"force":true}""")]
    public void ChangingCommand_Typed_PostsItsRequest(string line, string path, string? body)
    {
        PostAction action = Assert.IsType<PostAction>(Parse(line));
        Assert.Equal(path, action.Path);
        Assert.Equal(body, action.Body is null ? null : System.Text.Encoding.UTF8.GetString(action.Body));
    }

    [Theory]
    [InlineData("debug nhrp packet", "/v1/debug?topic=nhrp-packet")]
    [InlineData("debug nhrp", "/v1/debug?topic=nhrp&topic=nhrp-error")]
    [InlineData("debug crypto ikev2", "/v1/debug?topic=ikev2&topic=ikev2-error")]
    [InlineData("debug crypto ikev2 packet peer 192.0.2.7", "/v1/debug?topic=ikev2-packet&peer=192.0.2.7")]
    [InlineData("debug crypto ikev2 internal", "/v1/debug?topic=ikev2&topic=ikev2-internal")]
    [InlineData("debug crypto ikev2 error", "/v1/debug?topic=ikev2-error")]
    [InlineData("debug crypto ipsec", "/v1/debug?topic=ipsec")]
    [InlineData("debug crypto pki", "/v1/debug?topic=pki")]
    [InlineData("deb dmvpn peer 10.0.0.1 interface tu3", "/v1/debug?topic=dmvpn&peer=10.0.0.1&tunnel=3")]
    public void DebugCommand_Typed_NamesItsTopics(string line, string path) => Assert.Equal(path, Assert.IsType<DebugAction>(Parse(line)).Path);

    [Theory]
    [InlineData("show foo", "% Invalid input detected at '^' marker.", 5)]
    [InlineData("show ip", "% Incomplete command.", -1)]
    [InlineData("show i", "% Ambiguous command:  \"show i\"", -1)]
    [InlineData("show ip nhrp nhs 300.0.0.1", "% Invalid input detected at '^' marker.", 17)]
    [InlineData("clear crypto sa spi 255", "% Invalid input detected at '^' marker.", 20)]
    [InlineData("clear crypto sa spi 0x1FFFFFFFF", "% Invalid input detected at '^' marker.", 20)]
    public void WrongLine_Typed_IsAnsweredInIosWords(string line, string message, int column)
    {
        Assert.False(Language.TryParse(line, out _, out ExecError error));
        Assert.Equal((message, column), (error.Message, error.Column));
        Assert.NotEmpty(error.Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("! a comment")]
    public void EmptyLine_Typed_AsksForNothing(string line) => Assert.Equal("", Assert.IsType<TextAction>(Parse(line)).Text);

    [Fact]
    public void HalfWord_Help_ListsWordsInARow() => Assert.Equal("interfaces  ip  ipv6\n", ShortHelp("show i"));

    [Fact]
    public void AfterBlank_Help_ExplainsEachWord()
    {
        string help = ShortHelp("show ip nhrp nhs ");
        Assert.Contains("  Tunnel<0-2147483647>  Tunnel interface\n", help);
        Assert.Contains("  detail                More of each entry\n", help);
        Assert.Contains("  <cr>\n", help);
        Assert.Contains("  |                     Output modifiers\n", help);
    }

    [Fact]
    public void AfterBar_Help_ListsModifiers()
    {
        Assert.Equal("include\n", ShortHelp("show version | inc"));
        Assert.StartsWith("  begin    Begin with the line that matches\n", ShortHelp("show version | "));
    }

    [Fact]
    public void EveryKeyword_OfTheTable_IsExplained()
    {
        List<string> silent = [];
        Walk("", 0);
        Assert.Empty(silent);

        void Walk(string line, int depth)
        {
            foreach (Completion candidate in Language.Candidates(line))
            {
                if (candidate.Help.Length == 0 && candidate.Token != "<cr>") silent.Add(line + candidate.Token);
                if (candidate.IsKeyword && depth < 6) Walk($"{line}{candidate.Token} ", depth + 1);
            }
        }
    }

    [Theory]
    [InlineData("sh", "show ")]
    [InlineData("show ip nh", "nhrp ")]
    [InlineData("show in", "interfaces ")]
    [InlineData("show i", "i")]
    [InlineData("show ip r", "route ")]
    [InlineData("show version | i", "include ")]
    [InlineData("show xyz", "")]
    public void Tab_CompletesAsFarAsItIsSure(string line, string expected) => Assert.Equal(expected, Language.Complete(line, out _));

    private static string ShortHelp(string line) => ExecLanguage.Help(line, Language.Candidates(line));

    private static ExecAction Parse(string line)
    {
        Assert.True(Language.TryParse(line, out ExecLine parsed, out ExecError error), error.Message + error.Reason);
        return parsed.Action;
    }
}
