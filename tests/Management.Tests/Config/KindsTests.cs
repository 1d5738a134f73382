using System.Text.RegularExpressions;
using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

/// <summary>
/// Small files of many kinds, each with the judgement of an engineer at its end: <c>!! says TEXT</c> is what was understood,
/// <c>!! error LINE REASON</c> and <c>!! warning LINE REASON</c> are all errors and all warnings, <c>!! passed LINE GROUP</c> are
/// some of the lines without effect.
/// </summary>
public sealed partial class KindsTests
{
    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Path.Combine(Tests.Config.Text.Root(), "tests", "Management.Tests", "Config", "Files", "Kinds"), "*.ios").Select(f => Path.GetFileName(f)!).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void FileOfAKind_IsJudgedAsAnEngineerWould(string file)
    {
        string text = Tests.Config.Text.File(Path.Combine("Kinds", file));
        (string Kind, int Line, string Text)[] expected =
            [.. Judgement().Matches(text).Select(m => (m.Groups["kind"].Value, m.Groups["line"].Success ? int.Parse(m.Groups["line"].Value) : 0, m.Groups["rest"].Value.Trim()))];
        ConfigReport report = ConfigLoader.Load(text, needsTunnel: true).Report;
        Assert.Equal(Assert.Single(expected, e => e.Kind == "says").Text, Understanding.Text(report.Understood));
        foreach ((string kind, FindingKind found) in ((string, FindingKind)[])[("error", FindingKind.Error), ("warning", FindingKind.Warning)])
        {
            Assert.Equal(
                expected.Where(e => e.Kind == kind).Select(e => $"{e.Line} {e.Text}"),
                report.Findings.Where(f => f.Kind == found).Select(f => $"{f.Line} {f.Reason}"));
        }
        Assert.DoesNotContain(report.Findings, f => f.Kind == FindingKind.Error && f.Remedy.Length == 0 && !f.Reason.Contains("range", StringComparison.Ordinal) && !f.Reason.Contains("mask", StringComparison.Ordinal));
        foreach ((_, int line, string group) in expected.Where(e => e.Kind == "passed"))
            Assert.Contains(report.PassedOver, p => p.Line == line && p.Group == group);
    }

    [GeneratedRegex(@"^!! ((?<kind>says)|(?<kind>error|warning|passed) (?<line>\d+)) (?<rest>.*)$", RegexOptions.Multiline)]
    private static partial Regex Judgement();
}
