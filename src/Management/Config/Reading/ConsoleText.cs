using System.Text.RegularExpressions;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>What a terminal shows around a configuration, and commands that a user types there: no line of these configures anything.</summary>
internal static partial class ConsoleText
{
    /// <summary>The reason why such lines are passed over.</summary>
    public const string Reason = "a terminal shows it; it is no configuration";

    /// <summary>EXEC commands with the least that IOS takes for them; a number of arguments that they must have stands behind.</summary>
    private static readonly (string Word, int Least, int Arguments)[] Commands =
    [
        ("enable", 2, 0), ("disable", 4, 0), ("configure", 4, 0), ("write", 2, 0), ("copy", 3, 1), ("show", 2, 1), ("ping", 2, 1), ("traceroute", 5, 1), ("reload", 3, 0),
        ("terminal", 4, 1), ("debug", 3, 1), ("undebug", 1, 1), ("clear", 2, 1), ("logout", 4, 0), ("erase", 3, 1), ("telnet", 3, 1), ("more", 2, 1), ("dir", 3, 0), ("tclsh", 3, 0),
        ("do", 2, 1), ("quit", 3, 0), ("yes", 1, 0), ("no", 2, 0),
    ];

    /// <summary>Begins like an EXEC command whose other words are configuration: only these arguments make it one.</summary>
    private static readonly Dictionary<string, string[]> OnlyWith = new()
    {
        ["enable"] = [],
        ["configure"] = ["terminal", "memory", "network", "replace", "revert", "confirm"],
        ["write"] = ["memory", "terminal", "erase", "network"],
        ["reload"] = ["in", "at", "cancel"],
        ["disable"] = [],
        ["logout"] = [],
        ["quit"] = [],
        ["yes"] = [],
        ["no"] = [],
        ["dir"] = ["flash:", "nvram:", "bootflash:", "all"],
        ["tclsh"] = [],
    };

    /// <summary>True for text that a terminal prints by itself.</summary>
    public static bool IsOutput(string text) => Output().IsMatch(text) || !text.AsSpan().ContainsAnyExcept(" ^-=*_~.+#\t");

    /// <summary>True for a command that changes no configuration, as it is typed: <c>conf t</c>, <c>wr</c>, <c>do wr mem</c>, <c>exit-address-family</c>.</summary>
    public static bool IsCommand(List<Word> words)
    {
        string first = words[0].Text.ToLowerInvariant();
        if (first.StartsWith("exit-", StringComparison.Ordinal)) return true;
        foreach ((string word, int least, int arguments) in Commands)
        {
            if (first.Length < least || !word.StartsWith(first, StringComparison.Ordinal) || words.Count - 1 < arguments) continue;
            if (!OnlyWith.TryGetValue(word, out string[]? allowed)) return true;
            if (words.Count == 1) return true;
            string second = words[1].Text;
            return Array.Exists(allowed, a => a.StartsWith(second, StringComparison.OrdinalIgnoreCase)) || word == "enable" && second is ['0' or '1', ..] && second.Length <= 2 && words.Count == 2;
        }
        return false;
    }

    [GeneratedRegex(
        @"^(Building configuration|Current configuration\b.*bytes|Using \d+ out of \d+|Load for (five|one)|Time source is|%[ A-Z]|Enter configuration commands|\[OK\]|\[confirm\]|Destination filename|Source filename|Translating ""|"
        + @"Press RETURN|User Access Verification|Password:|Username:|[*.]?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d|Connected to |Trying \d|Escape character|Last configuration change|NVRAM config last updated|Proceed with|"
        + @"Are you sure|Do you want|Would you like|Configuration register|Generating |The name for the keys|How many bits|Choose the size|Connection (to|closed)|\d+ bytes copied|Uncompressed configuration|Compressed configuration|.* con\d+ is now available|\^Z$)",
        RegexOptions.IgnoreCase)]
    private static partial Regex Output();
}
