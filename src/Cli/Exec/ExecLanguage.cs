using Dmvpn.Management.Grammar;

namespace Dmvpn.Cli.Exec;

/// <summary>A line that is understood: what it asks for and what stands behind its <c>|</c>.</summary>
internal sealed record ExecLine(ExecAction Action, IReadOnlyList<OutputModifier> Modifiers);

/// <summary>Why a line is not understood.</summary>
/// <param name="Message">IOS's words, beginning with "% ".</param>
/// <param name="Column">Where the caret goes, from 0; -1 when IOS shows none.</param>
/// <param name="Reason">What is wrong and what would be right; may be empty.</param>
internal sealed record ExecError(string Message, int Column = -1, string Reason = "");

/// <summary>The whole EXEC line: the commands of <see cref="ExecTable"/> and the output modifiers behind them.</summary>
internal sealed class ExecLanguage
{
    private readonly CommandGrammar<Func<CommandArguments, ExecAction>> _grammar = new(ExecTable.Rows, ExecHelp.Words);

    /// <summary>Understands a line; blank lines and comments (<c>!</c>) ask for nothing.</summary>
    public bool TryParse(string line, out ExecLine parsed, out ExecError error)
    {
        parsed = new ExecLine(new TextAction(""), []);
        error = new ExecError("");
        if (line.AsSpan().Trim() is [] or ['!', ..]) return true;
        if (!OutputModifier.TrySplit(line, out string command, out List<OutputModifier> modifiers, out string message))
        {
            error = new ExecError(message);
            return false;
        }

        ParseResult<Func<CommandArguments, ExecAction>> result = _grammar.Parse(ExecTable.Mode, command);
        if (result.Error is { } wrong)
        {
            error = Explain(command, line, wrong);
            return false;
        }

        parsed = new ExecLine(result.Row!.Command(result.Arguments), modifiers);
        return true;
    }

    /// <summary>What can come next at the end of the line.</summary>
    public IReadOnlyList<Completion> Candidates(string line)
    {
        int bar = line.LastIndexOf('|');
        if (bar < 0)
        {
            IReadOnlyList<Completion> next = _grammar.Complete(ExecTable.Mode, line);
            bool complete = line.EndsWith(' ') && next.Any(candidate => candidate.Token == "<cr>");
            return complete ? [.. next, new Completion("|", "Output modifiers", false)] : next;
        }

        string typed = line[(bar + 1)..].TrimStart();
        return typed.Contains(' ')
            ? [new Completion("LINE", "Regular Expression", false)]
            : [.. OutputModifier.Words.Where(word => word.Word.StartsWith(typed, StringComparison.OrdinalIgnoreCase)).Select(word => new Completion(word.Word, word.Help, true))];
    }

    /// <summary>The candidates as <c>?</c> shows them: words and help below each other; in the middle of a word only the words, in a row.</summary>
    public static string Help(string line, IReadOnlyList<Completion> candidates)
    {
        if (candidates.Count == 0) return "% Unrecognized command\n";
        if (line.Length > 0 && !line.EndsWith(' ')) return string.Join("  ", candidates.Select(candidate => candidate.Token)) + "\n";
        int width = candidates.Max(candidate => candidate.Token.Length);
        return string.Concat(candidates.Select(candidate => $"  {candidate.Token.PadRight(width)}  {candidate.Help}".TrimEnd() + "\n"));
    }

    /// <summary>Completes the last word: what replaces it, "" when nothing is sure.</summary>
    public string Complete(string line, out IReadOnlyList<Completion> candidates)
    {
        candidates = [.. Candidates(line).Where(candidate => candidate.IsKeyword)];
        if (candidates.Count == 0) return "";
        if (candidates.Count == 1) return candidates[0].Token + " ";
        string first = candidates[0].Token;
        int common = first.Length;
        foreach (Completion candidate in candidates) common = Math.Min(common, candidate.Token.AsSpan().CommonPrefixLength(first));
        return first[..common];
    }

    private static ExecError Explain(string command, string line, ParseError error)
    {
        string reason = error.Remedy.Length == 0 ? error.Reason : $"{error.Reason}. {error.Remedy}";
        int indent = line.Length - line.TrimStart().Length;
        return error.Kind switch
        {
            ParseErrorKind.Incomplete => new ExecError("% Incomplete command.", -1, error.Remedy),
            ParseErrorKind.Ambiguous => new ExecError($"% Ambiguous command:  \"{command}\"", -1, error.Remedy),
            _ => new ExecError("% Invalid input detected at '^' marker.", error.Column - 1 + indent, reason),
        };
    }
}
