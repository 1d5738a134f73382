using System.Text.RegularExpressions;

namespace Dmvpn.Cli.Exec;

/// <summary>What stands behind <c>|</c>: <c>include</c>, <c>exclude</c>, <c>begin</c>, <c>section</c> and <c>count</c>, each with a regular expression.</summary>
internal sealed class OutputModifier
{
    /// <summary>The words and their help, in the order of <c>?</c>.</summary>
    public static readonly (string Word, string Help)[] Words =
    [
        ("begin", "Begin with the line that matches"),
        ("count", "Count number of lines which match regexp"),
        ("exclude", "Exclude lines that match"),
        ("include", "Include lines that match"),
        ("section", "Filter a section of output"),
    ];

    private readonly string _word;
    private readonly Regex _pattern;
    private bool _begun;
    private bool _inSection;
    private long _count;

    private OutputModifier(string word, Regex pattern) => (_word, _pattern) = (word, pattern);

    /// <summary>Splits <c>show … | include X</c>; a line without <c>|</c> has no modifiers.</summary>
    /// <returns>False with <paramref name="error"/> when a modifier is not understood.</returns>
    public static bool TrySplit(string line, out string command, out List<OutputModifier> modifiers, out string error)
    {
        modifiers = [];
        error = "";
        // A '|' inside a regular expression has no blank before it ("include UP|IKE"), the one before a modifier has.
        string[] parts = Regex.Split(line, @"(?:^|\s)\|\s*(?=[A-Za-z])");
        command = parts[0].Trim();
        foreach (string part in parts.AsSpan(1))
        {
            int blank = part.IndexOf(' ');
            string typed = blank < 0 ? part.Trim() : part[..blank];
            string argument = blank < 0 ? "" : part[blank..].Trim();
            string[] words = [.. Words.Select(word => word.Word).Where(word => word.StartsWith(typed, StringComparison.OrdinalIgnoreCase))];
            if (words.Length != 1)
            {
                error = words.Length == 0 ? $"% Unknown output modifier '{typed}'" : $"% Ambiguous output modifier '{typed}'";
                return false;
            }

            // "section include X" and "section exclude X" exist on IOS; without a word it is include.
            string name = words[0];
            if (name == "section" && argument.Split(' ', 2) is [var kind, var rest] && kind.Length >= 3)
            {
                if ("include".StartsWith(kind, StringComparison.Ordinal)) argument = rest;
                else if ("exclude".StartsWith(kind, StringComparison.Ordinal)) (name, argument) = ("section-exclude", rest);
            }

            if (argument.Length == 0)
            {
                error = $"% Output modifier '{name}' needs a regular expression";
                return false;
            }

            try
            {
                modifiers.Add(new OutputModifier(name, new Regex(argument, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(2))));
            }
            catch (ArgumentException)
            {
                error = $"% Not a regular expression: {argument}";
                return false;
            }
        }

        return true;
    }

    /// <summary>A whole text through all modifiers.</summary>
    public static string Apply(string text, IReadOnlyList<OutputModifier> modifiers)
    {
        foreach (OutputModifier modifier in modifiers)
        {
            string body = text.EndsWith('\n') ? text[..^1] : text;
            IEnumerable<string> kept = text.Length == 0 ? [] : body.Split('\n').Where(modifier.Keeps);
            string joined = string.Concat(kept.Select(line => line + "\n"));
            text = modifier._word == "count" ? $"Number of lines which match regexp = {modifier._count}\n" : joined;
        }

        return text;
    }

    /// <summary>Whether this line passes; called once for each line in order. For a live stream too.</summary>
    public bool Keeps(string line)
    {
        bool match = _pattern.IsMatch(line);
        switch (_word)
        {
            case "include":
                return match;
            case "exclude":
                return !match;
            case "begin":
                return _begun |= match;
            case "count":
                if (match) _count++;
                return false;
            default:
                // A section starts at a line without indentation and holds the indented ones after it.
                if (!line.StartsWith(' ')) _inSection = match;
                else if (match) _inSection = true;
                return _inSection == (_word == "section");
        }
    }
}
