using System.Text.RegularExpressions;
using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

/// <summary>docs/configuration.md says what the code does.</summary>
public sealed partial class DocumentTests
{
    private const string Rewrite = "DMVPN_WRITE_DOCS";
    private const string Begin = "<!-- commands:begin -->\n";
    private const string End = "<!-- commands:end -->";

    private static string Document => Path.Combine(Text.Root(), "docs", "configuration.md");

    public static TheoryData<string, string> Examples()
    {
        TheoryData<string, string> examples = [];
        foreach (Match fence in Fence().Matches(File.ReadAllText(Document))) examples.Add(fence.Groups[1].Value, fence.Groups[2].Value);
        return examples;
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_IsTakenOrRefusedAsItSays(string kind, string text)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text);
        Assert.True(config is null == (kind == "ios-refused"), ConfigReportText.Render("example", report));
    }

    [Fact]
    public void Document_HasManyExamples() => Assert.True(Examples().Count >= 10);

    [Fact]
    public void TableOfCommands_IsWhatTheGrammarSays()
    {
        string text = File.ReadAllText(Document);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, end = text.IndexOf(End, StringComparison.Ordinal);
        string fresh = text[..begin] + ConfigReference.Markdown() + text[end..];
        if (Environment.GetEnvironmentVariable(Rewrite) == "1") File.WriteAllText(Document, fresh);
        else Assert.True(fresh == text, $"docs/configuration.md is out of date: run {Rewrite}=1 dotnet run --project tests/Management.Tests -- --filter-class {typeof(DocumentTests).FullName}");
    }

    [GeneratedRegex("^```(ios|ios-refused)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
