namespace Dmvpn.Management.Grammar;

/// <summary>
/// Hides what follows a word that introduces a secret, character for character so that columns stay right. Every line that is
/// shown to anybody goes through it, understood or not.
/// </summary>
internal static class Redaction
{
    private static readonly string[] Introducers =
        ["authentication", "password", "secret", "community", "pre-shared-key", "key-string", "key", "md5", "passphrase", "tacacs-server", "radius-server"];

    /// <summary>The line with its secrets as stars.</summary>
    public static string Mask(string line)
    {
        List<Word> words = Word.Split(line);
        for (int i = 0; i + 1 < words.Count; i++)
        {
            if (!Introduces(words, i)) continue;
            char[] masked = line.ToCharArray();
            for (int at = words[i + 1].Start; at < masked.Length; at++)
                if (!char.IsWhiteSpace(masked[at])) masked[at] = '*';
            return new(masked);
        }
        return line;
    }

    /// <summary>Abbreviations count too, and after <c>nhrp</c> whatever begins with an a: it may be "authentication", mistyped.</summary>
    private static bool Introduces(List<Word> words, int i)
    {
        string word = words[i].Text;
        if (i > 0 && word[0] is 'a' or 'A' && words[i - 1].Text.StartsWith("nh", StringComparison.OrdinalIgnoreCase)) return true;
        // The key of a GRE tunnel is no secret: `tunnel key 100`.
        if (i > 0 && word.StartsWith('k') && words[i - 1].Text.StartsWith("tu", StringComparison.OrdinalIgnoreCase)) return false;
        foreach (string introducer in Introducers)
        {
            if (introducer.Equals(word, StringComparison.OrdinalIgnoreCase)) return true;
            if (word.Length >= 2 && introducer.Length >= 6 && introducer.StartsWith(word, StringComparison.OrdinalIgnoreCase)) return true;
        }
        return false;
    }
}
