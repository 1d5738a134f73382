namespace Dmvpn.Management.Tests.Config;

/// <summary>What happens to a file between an editor, a terminal and a mail: one change each, with a name.</summary>
internal static class Mutations
{
    /// <summary>All changes of a file; with <paramref name="most"/> an even selection of them.</summary>
    public static IEnumerable<(string Name, string Text)> Of(string text, int most = int.MaxValue)
    {
        string[] lines = text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        (string Name, string Text)[] whole = [.. Whole(lines)];
        foreach ((string, string) one in whole) yield return one;
        Func<(string, string)>[] local = [.. Local(lines)];
        int step = Math.Max(1, local.Length / most);
        // A step without a common factor with the kinds of change, so that each kind is met everywhere.
        if (step > 1) step |= 1;
        for (int i = 0; i < local.Length; i += step) yield return local[i]();
    }

    /// <summary>One line moved to another place, in all ways; with <paramref name="most"/> an even selection, in which all moves of <c>interface</c> lines are.</summary>
    public static IEnumerable<(string Name, string Text)> Moves(string text, int most)
    {
        string[] lines = text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        int step = Math.Max(1, lines.Length * lines.Length / most) | 1, n = 0;
        for (int from = 0; from < lines.Length; from++)
        {
            bool always = lines[from].TrimStart().StartsWith("int", StringComparison.OrdinalIgnoreCase);
            for (int to = 0; to < lines.Length; to++)
                if (to != from && (n++ % step == 0 || always)) yield return ($"line {from + 1} '{lines[from].Trim()}' moved to line {to + 1}", Join(Moved(lines, from, to)));
        }
    }

    private static IEnumerable<(string, string)> Whole(string[] lines)
    {
        yield return ("CRLF", string.Join("\r\n", lines) + "\r\n");
        yield return ("CR alone", string.Join("\r", lines) + "\r");
        yield return ("no indentation", Join(lines.Select(l => l.TrimStart())));
        yield return ("all indented", Join(lines.Select(l => "  " + l)));
        yield return ("tabs", Join(lines.Select(l => l.Length > 0 && l[0] == ' ' ? "\t" + l.TrimStart() : l)));
        yield return ("tabs between words", Join(lines.Select(l => l.TrimStart().Replace(' ', '\t'))));
        yield return ("blanks behind", Join(lines.Select(l => l + "   ")));
        yield return ("doubled blanks", Join(lines.Select(l => l.Replace(" ", "  ", StringComparison.Ordinal))));
        yield return ("empty lines between", Join(lines.SelectMany(l => (string[])[l, ""])));
        yield return ("upper case", Join(lines.Select(l => l.ToUpperInvariant())));
        yield return ("byte order mark", "\uFEFF" + Join(lines));
        yield return ("twice", Join([.. lines, .. lines]));
        yield return ("quoted", Join(lines.Select(l => "> " + l)));
        yield return ("numbered", Join(lines.Select((l, i) => $"{i + 1}: {l}")));
        yield return ("backwards", Join(lines.Reverse()));
    }

    private static IEnumerable<Func<(string, string)>> Local(string[] lines)
    {
        for (int n = 0; n < lines.Length; n++)
        {
            int i = n;
            string name = $"line {i + 1} '{lines[i].Trim()}'";
            yield return () => ($"{name} removed", Join([.. lines[..i], .. lines[(i + 1)..]]));
            yield return () => ($"{name} doubled", Join([.. lines[..i], lines[i], .. lines[i..]]));
            yield return () => ($"{name} without indentation", With(lines, i, lines[i].TrimStart()));
            yield return () => ($"{name} indented", With(lines, i, " " + lines[i]));
            yield return () => ($"{name} behind a tab", With(lines, i, "\t" + lines[i].TrimStart()));
            yield return () => ($"{name} commented out", With(lines, i, "!" + lines[i]));
            yield return () => ($"{name} broken", With(lines, i, lines[i].Insert(lines[i].Length / 2, "\n")));
            yield return () => ($"{name} cut", With(lines, i, lines[i][..(lines[i].Length / 2)]));
            yield return () => ($"truncated before {name}", Join(lines[..i]));
            yield return () => ($"truncated within {name}", Join([.. lines[..i], lines[i][..(lines[i].Length / 2)]]).TrimEnd('\n'));
            if (i + 1 < lines.Length)
            {
                yield return () => ($"{name} joined with the next", Join([.. lines[..i], lines[i] + lines[i + 1], .. lines[(i + 2)..]]));
                yield return () => ($"{name} joined with the next by a blank", Join([.. lines[..i], lines[i] + " " + lines[i + 1].TrimStart(), .. lines[(i + 2)..]]));
                yield return () => ($"{name} swapped with the next", Join([.. lines[..i], lines[i + 1], lines[i], .. lines[(i + 2)..]]));
            }
            for (int m = 0; m < lines.Length; m++)
            {
                int to = m;
                if (to != i) yield return () => ($"{name} moved to line {to + 1}", Join(Moved(lines, i, to)));
            }
        }
    }

    private static string With(string[] lines, int i, string line) => Join([.. lines[..i], line, .. lines[(i + 1)..]]);

    private static List<string> Moved(string[] lines, int from, int to)
    {
        List<string> moved = [.. lines];
        moved.RemoveAt(from);
        moved.Insert(to, lines[from]);
        return moved;
    }

    private static string Join(IEnumerable<string> lines) => string.Join('\n', lines) + "\n";
}
