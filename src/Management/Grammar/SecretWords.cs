namespace Dmvpn.Management.Grammar;

/// <summary>
/// Finds the words of a line that are secrets: by the word that introduces a secret (<c>password</c>, <c>key</c>…), by what
/// may stand between both (<c>0</c>, <c>local</c>, <c>address A.B.C.D</c>…), and by what may follow it.
/// </summary>
internal static partial class SecretWords
{
    /// <summary>Marks the secrets among <paramref name="words"/>.</summary>
    /// <param name="words">The words of a line, as it was typed.</param>
    /// <param name="secrets">One flag for each word.</param>
    public static void Find(List<Word> words, Span<bool> secrets)
    {
        for (int i = 0; i < words.Count; i++)
        {
            // An encrypted or hashed password is recognised wherever it stands.
            if (IsHash(words[i].Text) || IsKeyMaterial(words[i].Text) || i > 0 && words[i - 1].Text == "7" && IsType7(words[i].Text)) secrets[i] = true;
        }
        int first = IsNegation(words, 0) ? 1 : 0;
        if (Line(words, first, secrets)) return;
        for (int i = first; i < words.Count; i++)
        {
            if (After(words, first, i, secrets)) return;
        }
    }

    /// <summary>Lines with a form of their own; true when nothing else is to be looked for.</summary>
    private static bool Line(List<Word> words, int first, Span<bool> secrets)
    {
        if (Is(words, first, "snmp-server") && Is(words, first + 1, "host")) return SnmpHost(words, first + 2, secrets);
        if (Is(words, first, "snmp-server") && Is(words, first + 1, "user")) return SnmpUser(words, first + 2, secrets);
        if (Is(words, first, "key") && (Is(words, first + 1, "chain") || Is(words, first + 1, "generate"))) return true;
        if (Is(words, first, "crypto") && Is(words, first + 1, "key")) return KeyCommand(words, first + 2, secrets);
        if (Is(words, first, "integrity") || Is(words, first, "prf") || Is(words, first, "hash")) return true;
        // `aaa authentication login default group tacacs+ local`: lists of methods, and names of lists.
        return (Is(words, first, "aaa") || Is(words, first, "login")) && Is(words, first + 1, "authentication");
    }

    /// <summary>What the word at <paramref name="i"/> introduces; true when the rest of the line was looked at.</summary>
    private static bool After(List<Word> words, int first, int i, Span<bool> secrets)
    {
        string word = words[i].Text;
        if (i + 1 == words.Count) return false;
        if (IsNhrpPassword(words, i)) return Rest(words, i + 1, secrets);
        switch (Introducer(words, first, i))
        {
            case "authentication":
                return Authentication(words, first, i, secrets);
            case "md5" or "spi":
                return Digest(words, i, secrets, endsInSecret: true);
            case "authentication-key" when Is(words, i + 2, "md5"):
                return false;
            case "key":
                return Key(words, first, i, secrets);
            case "community":
                return OneWord(words, i + 1, secrets, mayBeNumber: true, "ro", "rw", "view", "ipv6");
            case "pre-shared-key":
                return PreSharedKey(words, i + 1, secrets);
            case { } introducer:
                // `password encryption aes`, `passwords min-length 8`: settings, no secrets.
                if (introducer == "password" && (Is(words, i + 1, "encryption") || Is(words, i + 1, "policy") || Is(words, first, "security"))) return false;
                return Rest(words, Prelude(words, i + 1), secrets);
            case null:
                return false;
        }
    }

    /// <summary>The index of the secret behind words that may stand before one; never behind the last word.</summary>
    private static int Prelude(List<Word> words, int from)
    {
        int at = from;
        while (at + 1 < words.Count)
        {
            string word = words[at].Text;
            bool isType = word.Length == 1 && word[0] is '0' or >= '5' and <= '9';
            if (isType || Is(words, at, "local") || Is(words, at, "remote") || Is(words, at, "hex") || Is(words, at, "ascii") || Is(words, at, "encrypted") || Is(words, at, "clear")) at++;
            else if (at + 2 < words.Count && (Is(words, at, "level") || Is(words, at, "peer") || Is(words, at, "user") || Is(words, at, "index"))) at += 2;
            else break;
        }
        return at;
    }

    /// <summary>All words from <paramref name="from"/> on: a secret may hold blanks.</summary>
    private static bool Rest(List<Word> words, int from, Span<bool> secrets)
    {
        for (int i = from; i < words.Count; i++) secrets[i] = true;
        return true;
    }

    /// <summary>One word when one of <paramref name="tails"/> (or a number) follows it; else all.</summary>
    private static bool OneWord(List<Word> words, int from, Span<bool> secrets, bool mayBeNumber, params ReadOnlySpan<string> tails)
    {
        int at = Prelude(words, from);
        if (at >= words.Count) return true;
        bool hasTail = mayBeNumber && at + 1 < words.Count && int.TryParse(words[at + 1].Text, out _);
        foreach (string tail in tails) hasTail |= Is(words, at + 1, tail);
        if (!hasTail) return Rest(words, at, secrets);
        secrets[at] = true;
        return true;
    }

    private static bool IsNegation(List<Word> words, int i) => Is(words, i, "no") || Is(words, i, "default");

    private static bool Is(List<Word> words, int i, string word) => i < words.Count && words[i].Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    private static bool Begins(string text, string with) => text.StartsWith(with, StringComparison.OrdinalIgnoreCase);

    /// <summary><c>$1$…</c>, <c>$5$…</c>, <c>$8$…</c>, <c>$9$…</c>, <c>$14$…</c>: IOS's hashes.</summary>
    private static bool IsHash(string word) => word.Length > 8 && word[0] == '$' && char.IsAsciiDigit(word[1]) && word.IndexOf('$', 2) is 2 or 3;

    /// <summary>A line of a private key in PEM: nothing else in a configuration is as long without a dot, a dash or a colon.</summary>
    private static bool IsKeyMaterial(string word)
    {
        if (word.Length < 40) return false;
        foreach (char letter in word)
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('+' or '/' or '=')) return false;
        return true;
    }

    private static bool IsType7(string word)
    {
        if (word.Length < 6 || word.Length % 2 != 0) return false;
        foreach (char digit in word)
            if (!char.IsAsciiHexDigit(digit)) return false;
        return true;
    }
}
