using System.Text;
using System.Text.RegularExpressions;

namespace Dmvpn.Management.Config;

/// <summary>
/// Turns a file into lines. Many files were copied out of a terminal: prompts, <c>--More--</c> with the backspaces that
/// erase it, colours and overwritten characters are taken out here, and what <see cref="WebText"/> and <see cref="LineMarks"/>
/// know of, so that nobody else has to.
/// </summary>
internal static partial class PastedText
{
    /// <summary>The lines of <paramref name="text"/>, without blanks at their ends.</summary>
    public static List<SourceLine> Lines(string text)
    {
        List<SourceLine> lines = [];
        int indent = 0;
        string[] raw = text.Contains('\n') ? text.Split('\n') : text.Split('\r');
        int[]? numbers = LineMarks.Numbers(raw);
        for (int i = 0; i < raw.Length; i++)
        {
            SourceLine line = Line(i + 1, raw[i].TrimEnd(), numbers is null ? -1 : numbers[i], indent);
            if (line.Text.Length > 0) indent = line.Indent;
            lines.Add(line);
        }
        return lines;
    }

    private static SourceLine Line(int number, string pasted, int numbered, int indentBefore)
    {
        bool isIndentKnown = true;
        string text = pasted;
        if (text.AsSpan().IndexOfAny('\b', '\r', '\u001b') >= 0 || text.Contains("More", StringComparison.OrdinalIgnoreCase))
        {
            text = WithoutMore(Escape().Replace(text, ""), ref isIndentKnown);
            text = AsShown(text).TrimEnd();
        }
        int mark = numbered >= 0 ? Math.Min(numbered, text.Length) : -1;
        if (mark > 0) text = new string(' ', mark) + text[mark..];
        string shown = WebText.Clean(text).TrimEnd();
        if (mark < 0) mark = LineMarks.Length(shown);
        var line = new SourceLine(number, shown) { OddSecret = WebText.OddSecret(text) };
        if (mark > 0)
        {
            string rest = shown[Math.Min(mark, shown.Length)..];
            line = line with { Command = new string(' ', Math.Min(mark, shown.Length)) + rest, Indent = SourceLine.IndentOf(rest) + (numbered >= 0 ? 0 : SourceLine.IndentOf(shown)) };
        }
        if (line.Command.Contains('`') && InBackticks().Match(line.Command) is { Success: true } quoted)
        {
            string command = new string(' ', quoted.Groups["text"].Index) + quoted.Groups["text"].Value;
            line = line with { Command = command, Indent = mark > 0 ? line.Indent : SourceLine.IndentOf(shown) };
        }
        // Blanks erased `--More--`, and nobody can tell them from the line's own.
        if (!isIndentKnown) line = line with { Indent = indentBefore };
        if (line.Command.AsSpan().IndexOfAny('#', '>') < 0 || Prompt().Match(line.Command) is not { Success: true } prompt) return line;
        return line with
        {
            Command = new string(' ', prompt.Length) + line.Command[prompt.Length..],
            Prompt = prompt.Groups["mode"].Success ? PromptKind.Configuration : PromptKind.Exec,
            Indent = 0,
        };
    }

    /// <summary>The line behind <c>--More--</c>: what follows the last backspace or carriage return that erases it.</summary>
    private static string WithoutMore(string text, ref bool isIndentKnown)
    {
        Match more = More().Match(text);
        if (!more.Success) return text;
        string rest = text[more.Length..];
        int blanks = rest.Length - rest.TrimStart(' ', '\b', '\r').Length;
        int erased = rest.AsSpan(0, blanks).LastIndexOfAny('\b', '\r');
        isIndentKnown = erased >= 0;
        return isIndentKnown ? rest[(erased + 1)..] : rest.TrimStart();
    }

    /// <summary>What stays on the screen when backspaces and carriage returns were obeyed.</summary>
    private static string AsShown(string text)
    {
        var shown = new StringBuilder();
        int at = 0;
        foreach (char c in text)
        {
            if (c == '\r') at = 0;
            else if (c == '\b') at = Math.Max(0, at - 1);
            else if (at == shown.Length) (_, at) = (shown.Append(c), at + 1);
            else shown[at++] = c;
        }
        return shown.ToString();
    }

    [GeneratedRegex(@"^\s*<?-+ ?More ?-+>?", RegexOptions.IgnoreCase)]
    private static partial Regex More();

    [GeneratedRegex("\u001b(\\[[0-9;?]*[A-Za-z]|[^\\[])")]
    private static partial Regex Escape();

    /// <summary>A line of a web page in the marks of code.</summary>
    [GeneratedRegex(@"^\s*`(?<text>[^`]+)`\s*$")]
    private static partial Regex InBackticks();

    /// <summary><c>hub#</c>, <c>hub&gt;</c>, <c>hub(config-if)#</c>, with the blanks in front and behind.</summary>
    [GeneratedRegex(@"^\s*[A-Za-z][A-Za-z0-9._/:@-]{0,62}(?<mode>\([A-Za-z][A-Za-z0-9 ._-]*\))?[#>]\s*")]
    private static partial Regex Prompt();
}
