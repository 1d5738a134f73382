using System.Text.RegularExpressions;

namespace Dmvpn.Architecture.Tests;

/// <summary>The ledgers in docs/coverage name, for every requirement of an RFC, the test that shows it. That test must exist.</summary>
public sealed partial class LedgerTests(ITestOutputHelper output)
{
    [Fact]
    public void Ledger_ThatNamesATest_NamesOneThatExists()
    {
        var tests = Tests();
        Assert.True(tests.Count > 50, $"Only {tests.Count} tests found: the search is broken");
        string folder = Path.Combine(Repository.Root, "docs", "coverage");
        if (!Directory.Exists(folder)) Assert.Skip("There is no docs/coverage yet");
        var missing = new List<string>();
        int named = 0;
        foreach (string file in Directory.EnumerateFiles(folder, "*.md", SearchOption.AllDirectories))
        {
            foreach ((string line, int number) in File.ReadLines(file).Select((line, index) => (line, index + 1)))
            {
                foreach (string name in NamedIn(line))
                {
                    named++;
                    if (!tests.Contains(name)) missing.Add($"{Path.GetFileName(file)}:{number}: {name}");
                }
            }
        }
        output.WriteLine($"{named} tests named");
        Assert.Empty(missing);
    }

    [Theory]
    [InlineData("| 5.2.3 | MUST x | `NhrpServerTests.Registration_Twice_IsRefused` |", "NhrpServerTests.Registration_Twice_IsRefused")]
    [InlineData("| `Registration_Twice_IsRefused` and `A_B_C` |", "Registration_Twice_IsRefused,A_B_C")]
    [InlineData("| not done: `ip nhrp foo` and `SOME_CONSTANT` are not |", "")]
    public void Row_OfALedger_NamesTheseTests(string row, string expected) => Assert.Equal(expected, string.Join(',', NamedIn(row)));

    /// <summary>In backticks, three parts or more joined by underscores, the class in front if wanted.</summary>
    private static IEnumerable<string> NamedIn(string line) => NamePattern().Matches(line).Select(match => match.Groups[1].Value);

    /// <summary>All test methods, bare and with the name of their class.</summary>
    private static HashSet<string> Tests()
    {
        var tests = new HashSet<string>(StringComparer.Ordinal);
        foreach (string file in Repository.Sources("tests"))
        {
            string type = "";
            foreach (string line in File.ReadLines(Path.Combine(Repository.Root, file)))
            {
                if (ClassPattern().Match(line) is { Success: true } of) type = of.Groups[1].Value;
                if (MethodPattern().Match(line) is not { Success: true } method) continue;
                tests.Add(method.Groups[1].Value);
                tests.Add($"{type}.{method.Groups[1].Value}");
            }
        }
        return tests;
    }

    [GeneratedRegex(@"`((?:[A-Z]\w*\.)?[A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+){2,})`")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^\s*(?:public |internal |sealed |partial |abstract |static )*class (\w+)")]
    private static partial Regex ClassPattern();

    [GeneratedRegex(@"^\s*public (?:static )?(?:async )?(?:void|Task|ValueTask) (\w+_\w+)\(")]
    private static partial Regex MethodPattern();
}
