using System.Text.RegularExpressions;

namespace Dmvpn.Management.Config;

/// <summary>What stands in front of the lines of a listing: line numbers, marks of quotations and lists. No command begins with them.</summary>
internal static partial class LineMarks
{
    private const int LeastNumbered = 3;

    /// <summary>
    /// How many characters the number of each line takes; null when the lines are not numbered. They are when every line that is
    /// not empty begins with a number, and the numbers rise as the lines do.
    /// </summary>
    public static int[]? Numbers(string[] lines)
    {
        int[] lengths = new int[lines.Length];
        List<(int Line, Match Match)> matches = [];
        long before = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i])) continue;
            Match match = Number().Match(lines[i]);
            if (!match.Success || !long.TryParse(match.Groups["number"].Value, out long number)) return null;
            if (matches.Count > 0 && (number <= before || number - before > i - matches[^1].Line)) return null;
            before = number;
            matches.Add((i, match));
        }
        if (matches.Count < LeastNumbered) return null;
        // What lies behind the number is the line's own indentation, but for what all lines have.
        int common = int.MaxValue;
        foreach ((int line, Match match) in matches)
            if (match.Length < lines[line].TrimEnd().Length) common = Math.Min(common, match.Groups["blanks"].Value[^1] == '\t' ? 1 : match.Groups["blanks"].Length);
        foreach ((int line, Match match) in matches)
            lengths[line] = Math.Min(match.Groups["blanks"].Index + (match.Groups["blanks"].Value.StartsWith('\t') ? 1 : common), lines[line].Length);
        return lengths;
    }

    /// <summary>How many characters at the start of a line are such marks: <c>&gt; </c>, <c>- </c>, <c>* </c>, <c>1. </c>; 0 for none.</summary>
    public static int Length(string text)
    {
        ReadOnlySpan<char> start = text.AsSpan().TrimStart();
        return start.Length == 0 || char.IsAsciiLetter(start[0]) || start[0] == '!' ? 0 : Marks().Match(text) is { Success: true } match ? match.Length : 0;
    }

    [GeneratedRegex(@"^\s*(?<number>\d{1,6})[.:|)\]]?(?<blanks>[ \t]+|$)")]
    private static partial Regex Number();

    /// <summary>One blank behind a mark belongs to it; more are the line's indentation.</summary>
    [GeneratedRegex(@"^(\s*(>|[-*+\u2022\u25AA\u2013](?=\s+\S)|\d{1,3}[.)](?=\s+[A-Za-z!]))\s?)+(?!$)")]
    private static partial Regex Marks();
}
