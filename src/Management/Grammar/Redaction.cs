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
        return MaskUserInfo(line);
    }

    /// <summary>Name and password in an address: <c>http://me:secret@host/</c>.</summary>
    private static string MaskUserInfo(string line)
    {
        int start = line.IndexOf("://", StringComparison.Ordinal) + 3;
        if (start < 3) return line;
        int length = line.AsSpan(start).IndexOfAny('@', '/', ' ');
        return length <= 0 || line[start + length] != '@' ? line : string.Concat(line.AsSpan(0, start), new string('*', length), line.AsSpan(start + length));
    }

    /// <summary>Abbreviations count too, and after <c>nhrp</c> whatever begins with an a: it may be "authentication", mistyped.</summary>
    private static bool Introduces(List<Word> words, int i)
    {
        string word = words[i].Text, next = words[i + 1].Text;
        bool isFirst = i == 0 || i == 1 && words[0].Text.ToLowerInvariant() is "no" or "default";
        // Of an IKEv2 profile: in `authentication remote pre-share key …` the secret comes last, and without the word `key` sooner.
        if (isFirst && Begins(word, "auth") && next.Length > 2 && (Begins("local", next) || Begins("remote", next))) return false;
        if (!isFirst && Begins(word, "pre-s") && Begins("key", next)) return false;
        if (i > 0 && word.Length > 4 && Begins("authorization", word) && Begins(words[i - 1].Text, "nh")) return false;
        if (i > 0 && word[0] is 'a' or 'A' && Begins(words[i - 1].Text, "nh")) return true;
        // The key of a GRE tunnel is no secret: `tunnel key 100`.
        if (i > 0 && word.StartsWith('k') && Begins(words[i - 1].Text, "tu")) return false;
        foreach (string introducer in Introducers)
        {
            if (introducer.Equals(word, StringComparison.OrdinalIgnoreCase)) return true;
            if (word.Length >= 2 && introducer.Length >= 6 && Begins(introducer, word)) return true;
        }
        // `preshared-key`, `pre-sharedkey`, `pre-shred-key`: mistyped, and still followed by a key.
        return isFirst && (word.EndsWith("key", StringComparison.OrdinalIgnoreCase) || Begins(word, "pre") || word.Equals("psk", StringComparison.OrdinalIgnoreCase));
    }

    private static bool Begins(string text, string with) => text.StartsWith(with, StringComparison.OrdinalIgnoreCase);
}
