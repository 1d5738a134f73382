using System.Text;
using System.Text.RegularExpressions;

namespace Dmvpn.Management.Config;

/// <summary>
/// Turns a file into lines. Many files were copied out of a terminal: prompts, <c>--More--</c> with the backspaces that
/// erase it, colours and overwritten characters are taken out here, so that nobody else has to know of them.
/// </summary>
internal static partial class PastedText
{
    /// <summary>The lines of <paramref name="text"/>, without blanks at their ends.</summary>
    public static List<SourceLine> Lines(string text)
    {
        List<SourceLine> lines = [];
        int indent = 0;
        string[] raw = text.Contains('\n') ? text.Split('\n') : text.Split('\r');
        for (int i = 0; i < raw.Length; i++)
        {
            SourceLine line = Line(i + 1, raw[i].TrimStart('\uFEFF', '\u200B').TrimEnd(), indent);
            if (line.Text.Length > 0) indent = line.Indent;
            lines.Add(line);
        }
        return lines;
    }

    private static SourceLine Line(int number, string text, int indentBefore)
    {
        bool isIndentKnown = true;
        if (text.AsSpan().IndexOfAny('\b', '\r', '\u001b') >= 0 || text.Contains("More", StringComparison.OrdinalIgnoreCase))
        {
            text = WithoutMore(Escape().Replace(text, ""), ref isIndentKnown);
            text = AsShown(text).TrimEnd();
        }
        var line = new SourceLine(number, text);
        // Blanks erased `--More--`, and nobody can tell them from the line's own.
        if (!isIndentKnown) line = line with { Indent = indentBefore };
        Match prompt = Prompt().Match(text);
        if (!prompt.Success) return line;
        return line with
        {
            Command = new string(' ', prompt.Length) + text[prompt.Length..],
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

    /// <summary><c>hub#</c>, <c>hub&gt;</c>, <c>hub(config-if)#</c>, with the blanks in front and behind.</summary>
    [GeneratedRegex(@"^\s*[A-Za-z][A-Za-z0-9._/:@-]{0,62}(?<mode>\([A-Za-z][A-Za-z0-9 ._-]*\))?[#>]\s*")]
    private static partial Regex Prompt();
}
