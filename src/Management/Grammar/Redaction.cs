namespace Dmvpn.Management.Grammar;

/// <summary>
/// Hides secrets, character for character so that columns stay right, and leaves the keywords around them. Every line that is
/// shown to anybody goes through it, understood or not. What stands where a secret may stand is hidden: rather a word too
/// many than a secret.
/// </summary>
internal static class Redaction
{
    /// <summary>The line with its secrets as stars.</summary>
    public static string Mask(string line)
    {
        List<Word> words = Word.Split(line);
        var secrets = new bool[words.Count];
        SecretWords.Find(words, secrets);
        char[]? masked = null;
        for (int i = 0; i < secrets.Length; i++)
        {
            if (!secrets[i]) continue;
            masked ??= line.ToCharArray();
            masked.AsSpan(words[i].Start, words[i].Text.Length).Fill('*');
        }
        return MaskUserInfo(masked is null ? line : new(masked));
    }

    /// <summary>Name and password in addresses: <c>http://me:secret@host/</c>.</summary>
    private static string MaskUserInfo(string line)
    {
        for (int from = 0; line.IndexOf("://", from, StringComparison.Ordinal) is >= 0 and int at;)
        {
            from = at + 3;
            int end = line.AsSpan(from).IndexOfAny('/', ' ', '\t') is >= 0 and int length ? from + length : line.Length;
            if (end == from) continue;
            int host = line.LastIndexOf('@', end - 1, end - from);
            if (host >= from) line = string.Concat(line.AsSpan(0, from), new string('*', host - from), line.AsSpan(host));
        }
        return line;
    }
}
