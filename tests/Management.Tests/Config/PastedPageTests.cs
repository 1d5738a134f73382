using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

/// <summary>Configurations as web pages, mails, word processors and terminals leave them are read as they were written.</summary>
public sealed class PastedPageTests
{
    private const string Plain = """
        crypto ikev2 keyring K
         peer HUB
          address 198.51.100.1
          pre-shared-key aVeryLongKeyOfThisTest
        crypto ikev2 profile I
         match identity remote address 198.51.100.1 255.255.255.255
         authentication remote pre-share
         authentication local pre-share
         keyring local K
        crypto ipsec profile P
         set ikev2-profile I
        interface Tunnel0
         ip address 172.20.0.11 255.255.255.0
         ip nhrp network-id 100
         ip nhrp nhs 172.20.0.1 nbma 198.51.100.1 multicast
         tunnel source eth0
         tunnel mode gre multipoint
         tunnel protection ipsec profile P

        """;

    private static readonly string[] Lines = Plain.TrimEnd('\n').Split('\n');

    public static TheoryData<string> Kinds =>
    [
        "blanks that do not break", "entities for blanks", "br", "pre", "spans", "fences", "fences with a language", "prose around fences", "bullets", "stars", "stars without indentation", "numbered list",
        "backticks", "cat -n", "nl", "three digits", "numbers and bars", "numbers without empty lines", "mail", "mail in a mail", "en dashes", "invisible characters", "soft hyphens", "tabs", "CRLF", "wrapped",
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void PastedFile_IsReadAsItWasWritten(string kind)
    {
        string pasted = Pasted(kind);
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(pasted, needsTunnel: true);
        Assert.True(config is not null, ConfigReportText.Render("f", report));
        Assert.Equal(ConfigLoader.Load(Plain).Config, config);
        Assert.DoesNotContain(report.Findings, f => f.Kind > FindingKind.Note);
    }

    private static string Pasted(string kind) => kind switch
    {
        "blanks that do not break" => Plain.Replace(' ', '\u00A0'),
        "entities for blanks" => Join(Lines.Select(l => l.Replace(" ", "&nbsp;"))),
        "br" => Join(Lines.Select(l => l + "<br>")),
        "pre" => $"<pre>\n{Plain}</pre>\n",
        "spans" => Join(Lines.Select(l => $"<span class=\"x\">{l}</span>")),
        "fences" => $"```\n{Plain}```\n",
        "fences with a language" => $"# Spoke\n\n~~~ios\n{Plain}~~~\n",
        "prose around fences" => $"Configure the spoke like this:\n\n```\n{string.Join('\n', Lines[..12])}\n```\n\nThe tunnel gets these lines. Line 1 is its address.\n\n```\n{string.Join('\n', Lines[12..])}\n```\nIP nhrp is up now.\n",
        "bullets" => Join(Lines.Select(l => "- " + l)),
        "stars" => Join(Lines.Select(l => "* " + l)),
        "stars without indentation" => Join(Lines.Select(l => "  * " + l.Trim())),
        "numbered list" => Join(Lines.Select((l, i) => $"{i + 1}. {l}")),
        "backticks" => Join(Lines.Select(l => $"`{l}`")),
        "cat -n" => Join(Lines.Select((l, i) => $"{i + 1,6}\t{l}")),
        "nl" => Join(Lines.Select((l, i) => $"{i + 1,6}  {l}")),
        "three digits" => Join(Lines.Select((l, i) => $"{i + 1:000} {l}")),
        "numbers and bars" => Join(Lines.Select((l, i) => $"{i + 1,3}| {l}")),
        "numbers without empty lines" => string.Join("\n\n", Lines.Select((l, i) => $"{i + 17}: {l}")) + "\n",
        "mail" => Join(Lines.Select(l => "> " + l)),
        "mail in a mail" => Join(Lines.Select(l => ">> " + l)),
        "en dashes" => Plain.Replace("pre-share", "pre\u2013share").Replace("network-id", "network\u2011id"),
        "invisible characters" => Plain.Replace("tunnel ", "\u200Btunnel\u2060 ").Replace("crypto", "\uFEFFcrypto"),
        "soft hyphens" => Plain.Replace("protection", "protec\u00ADtion"),
        "tabs" => Join(Lines.Select(l => l.TrimStart() == l ? l : "\t" + l.TrimStart().Replace(' ', '\t'))),
        "CRLF" => Plain.Replace("\n", "\r\n"),
        _ => Plain.Replace("172.20.0.11 255", "172.20.0.11\n255").Replace("nbma 198.51.100.1", "nbma\n198.51.100.1").Replace("ipsec profile P\n", "ipsec profile\nP\n").Replace("crypto ipsec profile\nP", "crypto ipsec profile P"),
    };

    [Theory]
    [InlineData("\u201CaVeryLongKeyOfThisTest\u201D")]
    [InlineData("aVery\u2013LongKeyOfThisTest")]
    [InlineData("aVeryLong\u2019KeyOfThisTest")]
    public void SecretWithACharacterOfAWordProcessor_IsOneError(string key)
    {
        ConfigReport report = ConfigLoader.Load(Plain.Replace("aVeryLongKeyOfThisTest", key)).Report;
        Finding error = Assert.Single(report.Findings, f => f.Kind > FindingKind.Note);
        Assert.Equal((FindingKind.Error, 4), (error.Kind, error.Line));
        Assert.Contains("word processors", error.Reason);
        Assert.DoesNotContain("aVery", ConfigReportText.Render("f", report));
    }

    [Fact]
    public void SecretWithAnEntity_StaysAsItIs_WithAWarning()
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(Plain.Replace("aVeryLongKeyOfThisTest", "aVery&lt;LongKeyOfThisTest"));
        Assert.Contains("aVery&lt;LongKeyOfThisTest", RunningConfig.Write(config!, withSecrets: true));
        Assert.Equal(4, Assert.Single(report.Findings, f => f.Kind == FindingKind.Warning).Line);
    }

    [Fact]
    public void DescriptionKeepsItsCharacters()
    {
        RouterConfig? config = ConfigLoader.Load(Plain.Replace("interface Tunnel0\n", "interface Tunnel0\n description to the \u201Chub\u201D \u2013 A &amp; B\n")).Config;
        Assert.Equal("to the \u201Chub\u201D \u2013 A & B", config!.Tunnels[0].Description);
    }

    [Fact]
    public void AnswersOfATerminal_ArePassedOver_AndCommandsBehindThemAreRead()
    {
        string text = "Router>enable\nRouter#configure terminal\nR(config)#interface tunnel 0\n" + Join(Lines[12..17].Select(l => "R(config-if)#" + l.Trim()))
            + "R(config-if)#do show ip int brief\nInterface     IP-Address      OK? Method Status   Protocol\nGigabitEthernet0/0  198.51.100.2  YES manual up  up\nTunnel0   172.20.0.11  YES manual up   up\n"
            + "R(config-if)#tunnel key 7\nR(config-if)#end\nR#ping 172.20.0.1\nType escape sequence to abort.\n!!!!!\nSuccess rate is 100 percent (5/5)\nR#\n";
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text, needsTunnel: true);
        Assert.True(config is not null, ConfigReportText.Render("f", report));
        Assert.Equal(7u, config.Tunnels[0].Key);
        Assert.Contains(report.PassedOver, line => line.Text.StartsWith("Success rate", StringComparison.Ordinal));
    }

    /// <summary>What is no configuration is passed over only where it may be: elsewhere it is a mistake.</summary>
    [Theory]
    [InlineData("Nonsense of some kind\n")]
    [InlineData("```\nhostname a\n")]
    public void UnknownLine_WithoutFencesAroundTheRest_IsAnError(string added) =>
        Assert.Null(ConfigLoader.Load(added + Plain).Config);

    [Fact]
    public void UnknownLine_InFences_IsAnError() => Assert.Equal(14, Assert.Single(ConfigLoader.Load($"```\n{Plain.Replace("interface Tunnel0\n", "interface Tunnel0\n tunnel protektion ipsec profile P\n")}```\n").Report.Findings, f => f.Kind == FindingKind.Error).Line);

    /// <summary>Numbers that are part of a command are none of a listing.</summary>
    [Fact]
    public void NumbersOfAnAccessList_StayWhereTheyAre()
    {
        ConfigReport report = ConfigLoader.Load("ip access-list extended A\n 10 permit ip any any\n 20 deny ip any any\n" + Plain).Report;
        Assert.Contains(report.PassedOver, line => line.Text == "10 permit ip any any");
        Assert.False(report.HasErrors);
    }

    private static string Join(IEnumerable<string> lines) => string.Join('\n', lines) + "\n";
}
