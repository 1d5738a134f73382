using System.Globalization;
using Dmvpn.Core;
using Dmvpn.Management.Grammar;
using Dmvpn.Odr;

namespace Dmvpn.Management.Config;

/// <summary>One line of an access list or a prefix list, as the file has it.</summary>
/// <param name="Source">The line.</param>
/// <param name="Words">What follows the list's name.</param>
internal sealed record ListEntry(SourceLine Source, List<Word> Words);

/// <summary>
/// The access lists and prefix lists of a file: of all of them, only those that <c>distribute-list</c> names are read. The others
/// filter what Linux filters, and stay passed over.
/// </summary>
internal sealed class AccessLists
{
    private readonly Dictionary<(bool IsPrefixList, string Name), List<ListEntry>> _lists = [];
    private readonly HashSet<string> _extended = [];

    /// <summary>Finds the lists of a whole text; of a line that is no list's nothing is said.</summary>
    public AccessLists(string text)
    {
        string? open = null;
        string[] lines = text.TrimStart('\uFEFF').Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            var line = new SourceLine(i + 1, lines[i].TrimEnd('\r', ' ', '\t'));
            List<Word> words = Word.Split(line.Text.TrimStart());
            if (words.Count == 0 || words[0].Text[0] == '!') continue;
            if (Is(words, "access-list") && words.Count > 2)
            {
                if (int.TryParse(words[1].Text, CultureInfo.InvariantCulture, out int number) && number is >= 100 and <= 199 or >= 2000 and <= 2699) _extended.Add(words[1].Text);
                Add(false, words[1].Text, line, words[2..]);
            }
            else if (Is(words, "ip", "prefix-list") && words.Count > 3) Add(true, words[2].Text, line, words[3..]);
            else if (Is(words, "ip", "access-list") && words.Count == 4 && (words[2].Text is "standard" or "extended"))
            {
                open = words[3].Text;
                if (words[2].Text == "extended") _extended.Add(open);
                _lists.TryAdd((false, open), []);
                continue;
            }
            else if (open is not null && IsEntry(words))
            {
                Add(false, open, line, words);
                continue;
            }
            open = null;
        }
    }

    /// <summary>The list's lines as rules, or null when there is no such list. What cannot be read is a finding about that line.</summary>
    /// <param name="isPrefixList">A prefix list; else an access list.</param>
    /// <param name="name">Its name or number.</param>
    /// <param name="findings">Where faults are said.</param>
    /// <param name="lines">Gets the lines that were read, as they are printed.</param>
    public ValueList<OdrFilterRule>? Read(bool isPrefixList, string name, List<Finding> findings, List<(int Number, string Text)> lines)
    {
        if (!_lists.TryGetValue((isPrefixList, name), out List<ListEntry>? entries)) return null;
        var rules = new List<(long Order, OdrFilterRule Rule)>();
        long order = 0;
        foreach (ListEntry entry in entries)
        {
            lines.Add((entry.Source.Number, entry.Source.Text.Trim()));
            List<Word> words = entry.Words;
            if (words.Count > 1 && words[0].Text == "seq") words = words[1..];
            order += isPrefixList ? 5 : 10;
            if (long.TryParse(words[0].Text, NumberStyles.None, CultureInfo.InvariantCulture, out long said)) (order, words) = (said, words[1..]);
            if (words.Count == 0 || words[0].Text is "remark" or "description") continue;
            string? fault = isPrefixList ? PrefixListLine.TryRead(words, out OdrFilterRule? rule) : AccessListLine.TryRead(words, _extended.Contains(name), out rule);
            if (fault is not null) findings.Add(entry.Source.Finding(FindingKind.Error, 0, 0, fault, "A list that 'distribute-list' names is read whole: write the line in another way"));
            else rules.Add((order, rule!));
        }
        return [.. rules.OrderBy(static one => one.Order).Select(static one => one.Rule)];
    }

    private void Add(bool isPrefixList, string name, SourceLine line, List<Word> words)
    {
        if (!_lists.TryGetValue((isPrefixList, name), out List<ListEntry>? entries)) _lists.Add((isPrefixList, name), entries = []);
        entries.Add(new ListEntry(line, words));
    }

    private static bool IsEntry(List<Word> words) =>
        words[0].Text is "permit" or "deny" or "remark" || words.Count > 1 && char.IsAsciiDigit(words[0].Text[0]) && words[1].Text is "permit" or "deny" or "remark";

    private static bool Is(List<Word> words, params ReadOnlySpan<string> start)
    {
        if (words.Count < start.Length) return false;
        for (int i = 0; i < start.Length; i++)
        {
            if (!words[i].Text.Equals(start[i], StringComparison.OrdinalIgnoreCase)) return false;
        }
        return true;
    }
}
