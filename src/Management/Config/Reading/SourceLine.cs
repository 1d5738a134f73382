using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>A line of the file with its number, from 1.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Text">The line as a terminal shows it: no backspace, no <c>--More--</c>.</param>
internal sealed record SourceLine(int Number, string Text)
{
    private const int TabWidth = 8;

    /// <summary>What is read of the line: as long as <see cref="Text"/>, with blanks for a prompt in front.</summary>
    public string Command { get; init; } = Text;

    /// <summary>What is odd in a secret of the line as it was pasted; null when nothing is.</summary>
    public (FindingKind Kind, string Reason, string Remedy)? OddSecret { get; init; }

    /// <summary>Which prompt stood in front.</summary>
    public PromptKind Prompt { get; init; }

    /// <summary>The column that the line starts in, from 0. A line behind a prompt starts in 0.</summary>
    public int Indent { get; init; } = IndentOf(Text);

    /// <summary>The column of the first character that is no blank; tabs count to the next multiple of 8.</summary>
    public static int IndentOf(string text)
    {
        int column = 0;
        foreach (char c in text)
        {
            if (c == '\t') column += TabWidth - column % TabWidth;
            else if (char.IsWhiteSpace(c)) column++;
            else return column;
        }
        return column;
    }

    /// <summary>A finding about this line; secrets in it are masked here, once for all.</summary>
    public Finding Finding(FindingKind kind, int column, int length, string reason, string remedy = "")
    {
        // A finding about the whole line points at its first word.
        if (column == 0)
        {
            column = Command.Length - Command.TrimStart().Length + 1;
            length = Math.Max(1, Command.Trim().Length);
        }
        return new() { Kind = kind, Line = Number, Column = column, Length = length, Source = Redaction.Mask(Text), Reason = Printable(reason), Remedy = Printable(remedy) };
    }

    /// <summary>Reasons quote words of the file, which may hold anything; no control character of it reaches a terminal.</summary>
    public static string Printable(string text) => string.Create(text.Length, text, static (to, from) =>
    {
        for (int i = 0; i < from.Length; i++) to[i] = char.IsControl(from[i]) ? '.' : from[i];
    });
}

/// <summary>The prompt of a terminal in front of a line.</summary>
internal enum PromptKind
{
    /// <summary>None: the line is from a file.</summary>
    None,

    /// <summary><c>hub#</c> or <c>hub&gt;</c>: what follows is no configuration, as a rule.</summary>
    Exec,

    /// <summary><c>hub(config-if)#</c>: what follows is configuration.</summary>
    Configuration,
}
