using System.Text.RegularExpressions;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>Text inside a configuration: banners, and certificates in hexadecimal.</summary>
internal static partial class TextBlocks
{
    private const string BannerReason = "no banner is shown";

    /// <summary>A banner may quote a command or two; with more it has lost its end.</summary>
    private const int MostLikeConfiguration = 3;

    private static readonly string[] BannerKinds = ["motd", "login", "exec", "incoming", "prompt-timeout", "slip-ppp", "config-save"];

    /// <summary>Where the text of a banner begins: the delimiter's index in the line; null when the line opens none.</summary>
    public static int? Banner(SourceLine line, List<Word> words)
    {
        string first = words[0].Text;
        int at;
        if (first.Length >= 3 && "banner".StartsWith(first, StringComparison.OrdinalIgnoreCase))
        {
            // `banner motd ^C` and `banner ^C`: the kind of banner may be left out.
            bool isKind = words.Count > 1 && words[1].Text.Length > 1 && Array.Exists(BannerKinds, kind => kind.StartsWith(words[1].Text, StringComparison.OrdinalIgnoreCase));
            at = isKind ? 2 : 1;
        }
        else
        {
            Match other = OtherText().Match(line.Command);
            if (!other.Success) return null;
            at = Word.Split(other.Value).Count;
        }
        return at < words.Count ? words[at].Start : line.Command.Length;
    }

    /// <summary>Passes over the text whose delimiter is at <paramref name="start"/>, whatever it holds, and returns the index of its last line.</summary>
    public static int SkipBanner(ConfigBuilder builder, List<SourceLine> lines, int index, int start)
    {
        SourceLine line = lines[index];
        string text = line.Command;
        builder.PassOver(line, BannerReason);
        if (start >= text.Length)
        {
            builder.Findings.Add(line.Finding(FindingKind.Error, text.Length + 2, 1, "the banner has no text", "Remove the line"));
            return index;
        }
        string delimiter = text[start] == '^' && start + 1 < text.Length && char.IsAsciiLetter(text[start + 1]) ? text.Substring(start, 2) : text.Substring(start, 1);
        if (text.IndexOf(delimiter, start + delimiter.Length, StringComparison.Ordinal) >= 0) return index;
        int ours = 0, first = 0;
        for (int i = index + 1; i < lines.Count; i++)
        {
            builder.PassOver(lines[i], BannerReason);
            if (Configuration().IsMatch(lines[i].Command) && ours++ == 0) first = lines[i].Number;
            if (Protection().Match(lines[i].Command) is { Success: true } match) builder.HiddenProtections.Add((match.Groups[1].Value, lines[i]));
            if (!lines[i].Text.Contains(delimiter, StringComparison.Ordinal)) continue;
            if (ours >= MostLikeConfiguration) Refuse($"the banner ends in line {lines[i].Number} only, and from line {first} on it holds configuration");
            return i;
        }
        Refuse("the banner does not end: its delimiter does not come again");
        return lines.Count - 1;

        void Refuse(string reason) => builder.Findings.Add(line.Finding(FindingKind.Error, start + 1, delimiter.Length, reason, "Close it, or remove it"));
    }

    /// <summary>Passes over a certificate: the lines of hexadecimal digits below <paramref name="index"/>, and <c>quit</c> where there is one.</summary>
    public static int SkipCertificate(ConfigBuilder builder, List<SourceLine> lines, int index)
    {
        const string reason = "certificates are read from files";
        builder.PassOver(lines[index], reason);
        for (int i = index + 1; i < lines.Count; i++)
        {
            string text = lines[i].Command.Trim();
            bool isQuit = text.Equals("quit", StringComparison.OrdinalIgnoreCase);
            if (text.Length > 0 && !isQuit && !Hexadecimal().IsMatch(text)) return i - 1;
            if (text.Length > 0) builder.PassOver(lines[i], reason);
            if (isQuit) return i;
        }
        return lines.Count - 1;
    }

    /// <summary>Other commands with text between delimiters.</summary>
    [GeneratedRegex(@"^\s*(vacant-message|refuse-message|busy-message \S+|aaa authentication (banner|fail-message)|menu \S+ (title|status-line)|banner(?= \^C))(?=\s+\S)", RegexOptions.IgnoreCase)]
    private static partial Regex OtherText();

    [GeneratedRegex(@"^\s*tunnel protection ipsec profile (\S+)", RegexOptions.IgnoreCase)]
    private static partial Regex Protection();

    /// <summary>Lines that few banners hold by intent.</summary>
    [GeneratedRegex(@"^\s*(tunnel (protection|source|mode|destination) |ip(v6)? nhrp |crypto (ikev2|ipsec|pki) |set (ikev2-profile|transform-set) )", RegexOptions.IgnoreCase)]
    private static partial Regex Configuration();

    [GeneratedRegex("^[0-9A-Fa-f]{2,8}( +[0-9A-Fa-f]{2,8})*$")]
    private static partial Regex Hexadecimal();
}
