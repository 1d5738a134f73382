using CsCheck;
using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

/// <summary>Whatever a file holds, the reader answers; it never throws.</summary>
public sealed class AnyTextTests
{
    private static readonly string Good = Text.File("branch-router.ios");

    [Fact]
    public void RandomText_IsAnswered() => Gen.String.Sample(Answered, iter: 3000);

    [Fact]
    public void RandomWordsOfTheGrammar_AreAnswered()
    {
        string[] words = [.. ConfigGrammar.Rows.SelectMany(r => r.Pattern.Split(' ', '[', ']', '{', '}', '|')).Distinct(), "no", "default", "\n", "\n ", "10.0.0.1", "255.255.255.0", "fe80::1", "7", "Tunnel0", "tun", "^C", "!", "****"];
        Gen.OneOf<string>(words).Array[1, 40].Select(w => string.Join(' ', w)).Sample(Answered, iter: 5000);
    }

    [Fact]
    public void MutatedGoodFile_IsAnswered_AndEveryErrorHasALine()
    {
        // Cut, put in, or replace a piece somewhere.
        Gen<string> piece = Gen.OneOf<string>(Gen.String[0, 5], Gen.OneOf<string>("\n", " ", "\t", "^C", "no ", "end\n", "interface Tunnel0\n", "banner motd x\n", "\u0000", "!", "\r"));
        Gen<(int, int, string)> mutation = Gen.Select(Gen.Int[0, Good.Length - 1], Gen.Int[0, 30], piece, (at, length, text) => (at, length, text));
        mutation.Array[1, 6].Select(all => all.Aggregate(Good, (text, m) =>
        {
            int at = Math.Min(m.Item1, text.Length);
            return text[..at] + m.Item3 + text[Math.Min(text.Length, at + m.Item2)..];
        })).Sample(Answered, iter: 600);
    }

    [Fact]
    public void EveryPrefixOfAGoodFile_IsAnswered()
    {
        for (int length = 0; length <= Good.Length; length += 31) Answered(Good[..length]);
    }

    [Fact]
    public void AnyPartialLine_CompletesWithoutThrowing() =>
        Gen.Select(Gen.OneOf<string>(ConfigMode.Global, ConfigMode.Tunnel, ConfigMode.Odr, ConfigMode.LinuxInterface, "none"),
            Gen.OneOf<string>(Gen.String, Gen.OneOf<string>("ip nhrp ", "no ip", "tunnel source gi 0", "ip nhrp nhs 10.0.0.1 nbma "))).Sample((mode, text) =>
        {
            _ = ConfigGrammar.Complete(mode, text);
            Assert.StartsWith(text.TrimEnd('\0')[..0], ConfigGrammar.CompleteWord(mode, text));
        }, iter: 3000);

    private static void Answered(string text)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text);
        Assert.Equal(report.HasErrors, config is null);
        int lines = text.Split('\n').Length;
        foreach (Finding finding in report.Findings)
        {
            if (finding.Kind == FindingKind.Error) Assert.InRange(finding.Line, 1, lines);
            Assert.NotEmpty(finding.Reason);
        }
        Assert.DoesNotContain('\u001b', ConfigReportText.Render("f", report));
        if (config is not null) _ = RunningConfig.Write(config);
    }
}
