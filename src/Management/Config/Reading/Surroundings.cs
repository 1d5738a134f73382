using System.Text.RegularExpressions;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>
/// Where a file holds more than a configuration: text around the fences of a web page, and what a router answered to
/// <c>show</c> in a terminal. Only lines that are no command may belong to it; a command is read wherever it stands.
/// </summary>
internal sealed partial class Surroundings
{
    /// <summary>Why text around fences is passed over.</summary>
    public const string Prose = "text around the configuration";

    private readonly bool _hasFences;
    private readonly int _lastPrompt;
    private bool _isInFence, _isAnswer;

    public Surroundings(List<SourceLine> lines)
    {
        _hasFences = lines.Count(line => Fence().IsMatch(line.Text)) > 1;
        _lastPrompt = lines.FindLastIndex(line => line.Prompt != PromptKind.None);
    }

    /// <summary>Takes note of a line before it is read; true when it is a fence, and nothing else.</summary>
    public bool Enter(SourceLine line, List<Word> words)
    {
        if (line.Prompt != PromptKind.None) _isAnswer = IsQuestion(words);
        if (!_hasFences || !Fence().IsMatch(line.Text)) return false;
        _isInFence = !_isInFence;
        return true;
    }

    /// <summary>Why a line that is no command is passed over; null when it is to be complained about.</summary>
    /// <param name="index">The line's index in the file.</param>
    public string? ReasonFor(int index) => _hasFences && !_isInFence ? Prose : _isAnswer && index < _lastPrompt ? ConsoleText.Reason : null;

    /// <summary>A sentence that happens to begin like a command that is not ours: <c>Line 5 protects the tunnel.</c></summary>
    public bool IsSentence(SourceLine line) => _hasFences && !_isInFence && char.IsAsciiLetterUpper(line.Command.AsSpan().TrimStart()[0]);

    /// <summary>True for an EXEC command whose answer is no configuration.</summary>
    private static bool IsQuestion(List<Word> words)
    {
        int at = words.Count > 1 && words[0].Text.Equals("do", StringComparison.OrdinalIgnoreCase) ? 1 : 0;
        if (words.Count - at < 2) return false;
        string command = words[at].Text.ToLowerInvariant(), what = words[at + 1].Text.ToLowerInvariant();
        bool isShow = command.Length >= 2 && "show".StartsWith(command, StringComparison.Ordinal);
        if (isShow) return !"running-config".StartsWith(what, StringComparison.Ordinal) && !"startup-config".StartsWith(what, StringComparison.Ordinal);
        return command.Length >= 3 && ("ping".StartsWith(command, StringComparison.Ordinal) || "traceroute".StartsWith(command, StringComparison.Ordinal) || "debug".StartsWith(command, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^\s*(```+|~~~+)\s*\w*\s*$")]
    private static partial Regex Fence();
}
