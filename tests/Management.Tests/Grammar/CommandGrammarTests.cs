using Dmvpn.Core;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Tests.Grammar;

public sealed class CommandGrammarTests
{
    private static readonly CommandGrammar<string> Grammar = new(
    [
        new("exec", "show ip nhrp [brief | detail | A.B.C.D]", "show ip nhrp"),
        new("exec", "show ip route [TUNNEL]", "show ip route"),
        new("exec", "show ipv6 nhrp", "show ipv6 nhrp"),
        new("exec", "show version", "show version"),
        new("exec", "show verbose LINE", "show verbose"),
        new("exec", "set map proto=A.B.C.D [MASK] {nbma=A.B.C.D | nbma=X:X::X} [preference <1-255>]", "set map") { NoPattern = "set map" },
        new("exec", "authentication SECRET(1-8)", "authentication"),
        new("exec", "show zulu LINE", "zulu") { IsHidden = true },
    ], new(new Dictionary<string, string> { ["show"] = "Look", ["nhrp"] = "NHRP cache", ["ip nhrp"] = "IPv4 NHRP cache", ["preference <1-255>"] = "Lower wins" }));

    [Theory]
    [InlineData("show ip nhrp", "show ip nhrp")]
    [InlineData("sh ip nh", "show ip nhrp")]
    [InlineData("SHOW IP NHRP BRIEF", "show ip nhrp")]
    [InlineData("  sh   ip nhrp 10.0.0.1  ", "show ip nhrp")]
    [InlineData("sh ip ro tun 7", "show ip route")]
    [InlineData("sh ip ro tunnel7", "show ip route")]
    [InlineData("sh vers", "show version")]
    [InlineData("show zulu time", "zulu")]
    [InlineData("no set map", "set map")]
    public void WordsInFullOrAbbreviated_FindTheRow(string line, string row)
    {
        ParseResult<string> result = Grammar.Parse("exec", line);
        Assert.Null(result.Error);
        Assert.Equal(row, result.Row!.Command);
    }

    [Theory]
    [InlineData("sh ver", ParseErrorKind.Ambiguous, 4, 3)]
    [InlineData("sh ip nhrp brif", ParseErrorKind.Invalid, 12, 4)]
    [InlineData("show ip", ParseErrorKind.Incomplete, 9, 1)]
    [InlineData("show ip nhrp brief x", ParseErrorKind.Invalid, 20, 1)]
    [InlineData("show zul x", ParseErrorKind.Invalid, 6, 3)]
    [InlineData("set map 10.0.0.1 1.2.3.4 preference 256", ParseErrorKind.Invalid, 37, 3)]
    [InlineData("", ParseErrorKind.Incomplete, 2, 1)]
    public void WrongLine_ErrorPointsAtTheWord(string line, ParseErrorKind kind, int column, int length)
    {
        ParseError error = Grammar.Parse("exec", line).Error!;
        Assert.Equal((kind, column, length), (error.Kind, error.Column, error.Length));
    }

    [Fact]
    public void AmbiguousWord_ErrorListsCandidates()
    {
        Assert.Equal("It may be verbose, version", Grammar.Parse("exec", "show ver").Error!.Remedy);
        Assert.Equal("Did you mean 'brief'?", Grammar.Parse("exec", "sh ip nhrp brif").Error!.Remedy);
        Assert.Equal("256 is not in the range 1-255", Grammar.Parse("exec", "set map 10.0.0.1 1.2.3.4 preference 256").Error!.Reason);
    }

    [Fact]
    public void AddressThatIsAlsoMask_TheReadingThatFitsTheWholeLineWins()
    {
        CommandArguments host = Grammar.Parse("exec", "set map 10.0.0.1 240.0.0.0").Arguments;
        Assert.False(host.HasValue("map"));
        Assert.Equal(IpAddress.Parse("240.0.0.0"), host.Address("nbma"));
        CommandArguments prefix = Grammar.Parse("exec", "set map 10.0.0.0 255.0.0.0 2001:db8::1 pref 7").Arguments;
        Assert.Equal(8, prefix.Number("map"));
        Assert.Equal(7, prefix.Number("preference"));
        Assert.Equal(IpAddress.Parse("2001:db8::1"), prefix.Address("nbma"));
    }

    [Fact]
    public void QuestionMark_ListsWhatMayFollow()
    {
        Assert.Equal(["A.B.C.D", "brief", "detail", "<cr>"], Grammar.Complete("exec", "sh ip nhrp ").Select(c => c.Token));
        Assert.Equal(["verbose", "version"], Grammar.Complete("exec", "sh ver").Select(c => c.Token));
        Assert.Equal([new Completion("nhrp", "IPv4 NHRP cache", true)], Grammar.Complete("exec", "show ip n"));
        Assert.Equal([new Completion("nhrp", "NHRP cache", true)], Grammar.Complete("exec", "show ipv6 "));
        Assert.Equal("Lower wins", Grammar.Complete("exec", "set map 10.0.0.1 1.2.3.4 pref ")[0].Help);
        Assert.Equal(["authentication", "default", "no", "set", "show"], Grammar.Complete("exec", "").Select(c => c.Token));
        Assert.Equal(["set"], Grammar.Complete("exec", "no ").Select(c => c.Token));
        Assert.Empty(Grammar.Complete("exec", "nonsense "));
    }

    [Theory]
    [InlineData("sh", "show ")]
    [InlineData("show v", "show ver")]
    [InlineData("show vers", "show version ")]
    [InlineData("show x", "show x")]
    [InlineData("show ", "show ")]
    public void Tab_CompletesAsFarAsCertain(string partial, string completed) =>
        Assert.Equal(completed, Grammar.CompleteWord("exec", partial));

    [Theory]
    [InlineData("authentication toolongsecret")]
    [InlineData("auth hunter2 hunter3")]
    public void SecretInWrongLine_IsNotInTheError(string line)
    {
        ParseError error = Grammar.Parse("exec", line).Error!;
        Assert.DoesNotContain("secret", error.Reason + error.Remedy);
        Assert.DoesNotContain("hunter", error.Reason + error.Remedy);
    }

    [Theory]
    [InlineData("ip nhrp authentication abc", "ip nhrp authentication ***")]
    [InlineData("ip nhrp authentification abc d", "ip nhrp authentification *** *")]
    [InlineData(" tunnel key 100", " tunnel key 100")]
    [InlineData("username a secret 5 x", "username a secret 5 *")]
    [InlineData("snmp-server community public RO", "snmp-server community ****** RO")]
    public void Mask_HidesWhatFollowsAnIntroducer(string line, string masked) => Assert.Equal(masked, Redaction.Mask(line));
}
