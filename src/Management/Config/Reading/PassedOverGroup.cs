using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>
/// A kind of line that is passed over: which lines they are, and why they have no effect. What users rely on has a warning,
/// one for all lines of the group; the rest is only counted.
/// </summary>
/// <param name="Name">Short, for lists and JSON.</param>
/// <param name="Reason">Why the lines have no effect, one sentence without a full stop.</param>
/// <param name="Remedy">Who does it on this machine; empty when nobody needs to.</param>
/// <param name="IsMissed">True when a network may rely on it: a warning.</param>
internal sealed partial record PassedOverGroup(string Name, string Reason, string Remedy, bool IsMissed)
{
    /// <summary>Lines that no DMVPN router depends on.</summary>
    public static readonly PassedOverGroup Other = new("other", PassedOverLine.NoConcern, "", false);

    /// <summary>Lines of interfaces that Linux owns.</summary>
    public static readonly PassedOverGroup LinuxInterface = new("interfaces of Linux", "this interface belongs to Linux", "", false);

    /// <summary>The group of a line: the first whose words the line begins with.</summary>
    /// <param name="mode">The mode whose grammar passed it over: one of <see cref="ConfigMode"/>.</param>
    /// <param name="text">The line, not negated.</param>
    public static PassedOverGroup Of(string mode, string text)
    {
        if (mode is not (ConfigMode.Global or ConfigMode.LinuxInterface)) return Other;
        List<Word> words = Word.Split(text);
        foreach ((string where, string[] starts, PassedOverGroup group) in All)
        {
            if (where == mode && Array.Exists(starts, start => Begins(words, start))) return group;
        }
        return mode == ConfigMode.LinuxInterface ? LinuxInterface : Other;
    }

    /// <summary>The keywords that a pattern begins with.</summary>
    public static string NameOf(string pattern) =>
        string.Join(' ', pattern.Split(' ').TakeWhile(word => char.IsAsciiLetterLower(word[0]) && !word.Contains('=')));

    /// <summary>True when the words are those of <paramref name="start"/>, each in full or abbreviated; <c>*</c> is an address.</summary>
    private static bool Begins(List<Word> words, string start)
    {
        string[] wanted = start.Split(' ');
        if (words.Count < wanted.Length) return false;
        for (int i = 0; i < wanted.Length; i++)
        {
            string word = words[i].Text;
            bool fits = wanted[i] == "*"
                ? Core.IpAddress.TryParse(word, out _)
                : word.Equals(wanted[i], StringComparison.OrdinalIgnoreCase) || word.Length >= 3 && wanted[i].StartsWith(word, StringComparison.OrdinalIgnoreCase);
            if (!fits) return false;
        }
        return true;
    }
}
