using Dmvpn.Management.Config;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Tests.Config;

/// <summary>Each row of the table against lines made from it.</summary>
public sealed class TableTests
{
    public static TheoryData<int> OwnRows => [.. Enumerable.Range(0, ConfigGrammar.Rows.Count).Where(i => !ConfigGrammar.Rows[i].IsForeign)];

    public static TheoryData<int> ForeignRows => [.. Enumerable.Range(0, ConfigGrammar.Rows.Count).Where(i => ConfigGrammar.Rows[i].IsForeign)];

    [Theory]
    [MemberData(nameof(OwnRows))]
    public void EveryWayThroughARow_IsTaken_AtBothEndsOfItsRanges(int index)
    {
        ConfigRow row = ConfigGrammar.Rows[index];
        foreach (Symbol[] way in RowSamples.Ways(row.Pattern))
        {
            foreach (bool highest in (bool[])[false, true])
            {
                string line = RowSamples.Line(way, highest);
                ParseResult<ConfigRow> result = ConfigGrammar.Commands.Parse(row.Mode, line);
                Assert.True(result.Error is null, $"'{line}': {result.Error?.Reason}");
                Assert.Same(row, result.Row!.Command);
                if (line.StartsWith("ip nhrp interest w", StringComparison.Ordinal)) continue;
                ConfigBuilder builder = ConfigReader.Read(RowSamples.InContext(row, line));
                Assert.True(builder.Findings.TrueForAll(f => f.Kind != FindingKind.Error), $"'{line}': {builder.Findings.FirstOrDefault()?.Reason}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(OwnRows))]
    public void ValueBesideItsRange_IsRefusedAtItsColumn(int index)
    {
        ConfigRow row = ConfigGrammar.Rows[index];
        foreach (Symbol[] way in RowSamples.Ways(row.Pattern))
        {
            for (int i = 0; i < way.Length; i++)
            {
                if (way[i].Argument is not { } argument) continue;
                foreach (string wrong in RowSamples.Wrong(argument))
                {
                    string line = RowSamples.Line(way, wrongAt: i, wrong: wrong);
                    ParseError? error = ConfigGrammar.Commands.Parse(row.Mode, line).Error;
                    Assert.True(error is not null, $"'{line}' was taken");
                    // A wrong mask may pass for the address after it: then the next word is at fault.
                    int column = RowSamples.Line(way[..i]).Length + 2;
                    Assert.Equal(argument.Kind == ArgumentKind.Mask && error.Column > column ? RowSamples.Line(way[..i]).Length + 2 + wrong.Length + 1 : column, error.Column);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(OwnRows))]
    public void LineThenItsDefault_LeavesNothingBehind(int index)
    {
        ConfigRow row = ConfigGrammar.Rows[index];
        if (row.No is null || row.Pattern.StartsWith("interface", StringComparison.Ordinal) || row.Pattern == "router odr") return;
        foreach (Symbol[] way in RowSamples.Ways(row.Pattern))
        {
            string line = RowSamples.Line(way, highest: true);
            if (line.Contains("interest w", StringComparison.Ordinal)) continue;
            string words = row.Pattern.StartsWith("logging", StringComparison.Ordinal) ? "no " : "default ";
            RouterConfig before = Load(RowSamples.InContext(row, ""));
            RouterConfig after = Load(RowSamples.InContext(row, line + "\n" + words + line));
            if (words == "no ") Assert.Contains("no logging", RunningConfig.Write(after));
            else Assert.Equal(before, after);
        }

        static RouterConfig Load(string text)
        {
            ConfigBuilder builder = ConfigReader.Read(text);
            Assert.DoesNotContain(builder.Findings, f => f.Kind == FindingKind.Error);
            Assert.Empty(builder.Routes);
            return builder.Router with { Tunnels = [.. builder.Tunnels] };
        }
    }

    [Theory]
    [MemberData(nameof(OwnRows))]
    public void ShortestAbbreviations_FindTheSameRow(int index)
    {
        ConfigRow row = ConfigGrammar.Rows[index];
        // What does not show in `?` is taken in full only.
        if (row.IsHidden) return;
        foreach (Symbol[] way in RowSamples.Ways(row.Pattern))
        {
            string full = "", brief = "";
            foreach (string word in RowSamples.Line(way).Split(' '))
            {
                string[] keywords = [.. ConfigGrammar.Commands.Complete(row.Mode, full).Where(c => c.IsKeyword).Select(c => c.Token)];
                brief += keywords.Contains(word) ? Shortest(word, keywords) + " " : word + " ";
                full += word + " ";
            }
            ParseResult<ConfigRow> result = ConfigGrammar.Commands.Parse(row.Mode, brief);
            Assert.True(result.Error is null, $"'{brief}' for '{full}': {result.Error?.Reason}");
            Assert.Same(row, result.Row!.Command);
        }

        static string Shortest(string word, string[] keywords)
        {
            for (int length = 1; length < word.Length; length++)
                if (keywords.Count(k => k.StartsWith(word[..length], StringComparison.Ordinal)) == 1) return word[..length];
            return word;
        }
    }

    [Theory]
    [MemberData(nameof(OwnRows))]
    public void EveryWordOfARow_HasHelp(int index)
    {
        ConfigRow row = ConfigGrammar.Rows[index];
        Assert.NotEmpty(row.Summary);
        foreach (Symbol[] way in RowSamples.Ways(row.Pattern))
        {
            string line = "";
            foreach (string word in RowSamples.Line(way).Split(' '))
            {
                foreach (Completion completion in ConfigGrammar.Commands.Complete(row.Mode, line))
                    Assert.True(completion.Help.Length > 0 || completion.Token == "<cr>", $"no help for '{completion.Token}' after '{line}'");
                line += word + " ";
            }
        }
    }

    [Theory]
    [MemberData(nameof(ForeignRows))]
    public void ForeignLine_IsUnderstoodInFull_AndItsNoFormIsHarmless(int index)
    {
        ConfigRow row = ConfigGrammar.Rows[index];
        foreach (Symbol[] way in RowSamples.Ways(row.Pattern))
        {
            string line = RowSamples.Line(way);
            ParseResult<ConfigRow> result = ConfigGrammar.Commands.Parse(row.Mode, line);
            Assert.True(result.Error is null, $"'{line}': {result.Error?.Reason}");
            Assert.True(result.Row!.Command.IsForeign, $"'{line}' is a row of our own");
            ConfigBuilder no = ConfigReader.Read(RowSamples.InContext(row, "no " + line));
            Assert.DoesNotContain(no.Findings, f => f.Kind != FindingKind.Note);
        }
    }

    [Fact]
    public void QuestionMark_ShowsOnlyWhatWeDo()
    {
        Assert.Equal(
            ["bandwidth", "cdp", "default", "delay", "description", "end", "exit", "if-state", "ip", "ipv6", "keepalive", "no", "shutdown", "tunnel"],
            ConfigGrammar.Complete(ConfigMode.Tunnel, "").Select(c => c.Token));
        Assert.Equal(["A.B.C.D", "cluster", "dynamic", "fallback"], ConfigGrammar.Complete(ConfigMode.Tunnel, "ip nhrp nhs ").Select(c => c.Token));
        Assert.Equal("ip nhrp network-id ", ConfigGrammar.CompleteWord(ConfigMode.Tunnel, "ip nhrp net"));
        Assert.Equal([new Completion("<1-65535>", "Seconds", false)], ConfigGrammar.Complete(ConfigMode.Tunnel, "ip nhrp holdtime "));
    }
}
