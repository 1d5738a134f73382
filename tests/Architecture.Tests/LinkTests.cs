using System.Text.RegularExpressions;

namespace Dmvpn.Architecture.Tests;

/// <summary>Every relative link in a document leads to a file or folder of the repository, and to a heading that exists.</summary>
public sealed partial class LinkTests(ITestOutputHelper output)
{
    [Fact]
    public void Links_OfAllDocuments_LeadSomewhere()
    {
        var broken = new List<string>();
        int links = 0;
        foreach (string document in Documents())
        {
            foreach ((string target, int line) in LinksOf(File.ReadAllText(document)))
            {
                links++;
                if (Fault(document, target) is { } fault)
                    broken.Add($"{Path.GetRelativePath(Repository.Root, document)}:{line}: {target}: {fault}");
            }
        }
        output.WriteLine($"{links} links");
        Assert.True(links > 50, $"Only {links} links found: the search is broken");
        Assert.Empty(broken);
    }

    [Theory]
    [InlineData("see [a](src/Nothing.cs).", "no such file")]
    [InlineData("see [a](README.md#no-such-heading).", "no such heading")]
    [InlineData("see [a](README.md) and [b](https://example.net/x).", null)]
    [InlineData("see [a](README.md#tests).", null)]
    [InlineData("```\n[a](src/Nothing.cs)\n```", null)]
    public void Link_InADocument_IsJudged(string text, string? expected)
    {
        string document = Path.Combine(Repository.Root, "README.md");
        Assert.Equal(expected, LinksOf(text).Select(link => Fault(document, link.Target)).FirstOrDefault(fault => fault is not null));
    }

    /// <summary>Markdown files of the repository: those at its top, and those below docs, fuzz, bench, contrib and .github.</summary>
    private static IEnumerable<string> Documents() =>
        Directory.EnumerateFiles(Repository.Root, "*.md").Concat(
            from folder in new[] { "docs", "fuzz", "bench", "contrib", ".github" }
            let path = Path.Combine(Repository.Root, folder)
            where Directory.Exists(path)
            from file in Directory.EnumerateFiles(path, "*.md", SearchOption.AllDirectories)
            where !file.Contains("/bin/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal)
            select file);

    /// <summary>The targets of all links outside code blocks, without those that leave the repository.</summary>
    private static IEnumerable<(string Target, int Line)> LinksOf(string text)
    {
        bool inCode = false;
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal)) inCode = !inCode;
            if (inCode) continue;
            foreach (Match match in LinkPattern().Matches(CodePattern().Replace(line, "")))
            {
                string target = match.Groups[1].Value;
                if (!target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal))
                    yield return (target, number);
            }
        }
    }

    /// <summary>What is wrong with a link, or null.</summary>
    private static string? Fault(string document, string target)
    {
        string[] parts = target.Split('#', 2);
        string path = parts[0].Length == 0 ? document : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(document)!, parts[0]));
        if (Directory.Exists(path)) return null;
        if (!File.Exists(path)) return "no such file";
        if (parts.Length == 1 || !path.EndsWith(".md", StringComparison.Ordinal)) return null;
        return Anchors(File.ReadAllText(path)).Contains(parts[1]) ? null : "no such heading";
    }

    /// <summary>The anchors that a Markdown renderer gives to the headings.</summary>
    private static HashSet<string> Anchors(string text)
    {
        var anchors = new HashSet<string>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n').Where(line => line.StartsWith('#')))
        {
            string heading = line.TrimStart('#').Trim().ToLowerInvariant();
            anchors.Add(string.Concat(heading.Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-'));
        }
        return anchors;
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex LinkPattern();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex CodePattern();
}
