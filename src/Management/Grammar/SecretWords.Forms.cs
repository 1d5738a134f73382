namespace Dmvpn.Management.Grammar;

/// <content>The forms of lines with secrets, and the words that introduce one.</content>
internal static partial class SecretWords
{
    private static readonly string[] Introducers =
    [
        "authentication", "password", "secret", "community", "pre-shared-key", "key-string", "key", "md5", "passphrase", "psk", "spi",
        "authentication-key", "server-key", "shared-secret", "session-key", "area-password", "domain-password", "wpa-psk", "pmk", "cak",
        "challenge-password", "passcode", "pin", "ppk", "privkey", "private-key", "wep-key",
    ];

    /// <summary>Those of them that are also known abbreviated and mistyped.</summary>
    private static readonly string[] Abbreviated = ["authentication", "password", "secret", "community", "pre-shared-key", "key-string", "passphrase"];

    /// <summary>Words behind <c>authentication</c> that say how, not with what.</summary>
    private static readonly string[] Methods =
    [
        "mode", "key-chain", "message-digest", "null", "pre-share", "rsa-sig", "rsa-encr", "ecdsa-sig", "certificate", "local", "remote", "chap", "pap",
        "ms-chap", "ms-chap-v2", "eap", "login", "list", "open", "host-mode", "order", "priority", "port-control", "periodic", "timer", "event", "violation",
        "mac-move", "control-direction", "key-management", "network-eap", "retries", "attempts", "banner", "fail-message", "success", "ppp", "enable", "dot1x",
        "aaa", "trap", "logging", "required",
    ];

    /// <summary>The word that introduces a secret which this one is, abbreviates or was meant to be; null when it is none.</summary>
    private static string? Introducer(List<Word> words, int first, int i)
    {
        string word = words[i].Text;
        bool isFirst = i == first;
        foreach (string introducer in Introducers)
            if (introducer.Equals(word, StringComparison.OrdinalIgnoreCase)) return introducer;
        foreach (string introducer in Abbreviated)
        {
            // Abbreviated: `pre-shared`, `passw`; `au`, `pa`, `se` only where IOS takes them, at the start of a line or behind a name.
            if (word.Length >= (isFirst || IsUser(words, first) ? 2 : 4) && Begins(introducer, word) && !IsOther(word)) return introducer;
        }
        if (word.Length < 6 || IsOther(word)) return isFirst && (Begins(word, "pre") || word.EndsWith("key", StringComparison.OrdinalIgnoreCase)) ? "pre-shared-key" : null;
        // Mistyped.
        foreach (string introducer in Abbreviated)
        {
            if (Math.Abs(introducer.Length - word.Length) < 3 && ParseErrors.Distance(introducer, word.ToLowerInvariant()) <= (introducer.Length > 6 ? 2 : 1)) return introducer;
        }
        return isFirst && (Begins(word, "pre-s") || word.EndsWith("key", StringComparison.OrdinalIgnoreCase)) ? "pre-shared-key" : null;
    }

    private static bool IsUser(List<Word> words, int first) => Is(words, first, "username") || Is(words, first, "enable");

    /// <summary>Keywords that look like an abbreviation or a slip of one that introduces a secret.</summary>
    private static bool IsOther(string word) => word.ToLowerInvariant() is "server" or "service" or "session" or "set" or "secondary" or "secure" or "security" or "securityk9"
        or "sequence-datagrams" or "send" or "serial" or "periodic" or "per" or "pre" or "prefix" or "preference" or "preempt" or "permit" or "peer" or "passive" or "passwords" or "path"
        or "authorization" or "auto" or "automatic" or "pim" or "privilege" or "keyring" or "communities";

    /// <summary>After <c>nhrp</c> whatever begins with an a and is no <c>authorization</c> or <c>attribute</c>: it may be "authentication", mistyped.</summary>
    private static bool IsNhrpPassword(List<Word> words, int i)
    {
        string word = words[i].Text;
        if (i == 0 || !Begins(words[i - 1].Text, "nh") || word[0] is not ('a' or 'A')) return false;
        return !(word.Length > 4 && Begins("authorization", word) || word.Length > 2 && Begins("attribute", word));
    }

    private static bool Authentication(List<Word> words, int first, int i, Span<bool> secrets)
    {
        int next = i + 1;
        // Who authenticates lines by lists and methods.
        if (Is(words, first, "ppp") || Is(words, first + 1, "http")) return true;
        // `authentication username U password S`, `authentication ipsec spi N md5 S`: what follows finds them.
        if (Is(words, next, "username") || Is(words, next, "ipsec")) return false;
        if (Is(words, next, "text")) return Rest(words, Prelude(words, next + 1), secrets);
        if (Is(words, next, "md5") || Is(words, next, "local") || Is(words, next, "remote")) return false;
        string word = words[next].Text;
        if (Is(words, next, "mode")) return Digest(words, next + 1, secrets, endsInSecret: false);
        if (word.Length > 2 && (Begins("local", word) || Begins("remote", word))) return false;
        foreach (string method in Methods)
            if (method.Equals(word, StringComparison.OrdinalIgnoreCase)) return true;
        return Rest(words, Prelude(words, next), secrets);
    }

    /// <summary>
    /// <c>md5 [0] S</c>, <c>md5 key-string [0] S</c>, <c>md5 key-chain NAME</c>, <c>mode hmac-sha-256 [0] S</c>, <c>spi N md5 [0] S</c>, <c>spi N esp aes-cbc 256 S sha1 S</c>: all but the words that name
    /// algorithms is secret.
    /// </summary>
    private static bool Digest(List<Word> words, int i, Span<bool> secrets, bool endsInSecret)
    {
        bool isIpsec = Is(words, i, "spi");
        for (int at = isIpsec ? i + 2 : i; at < words.Count; at++)
        {
            string word = words[at].Text.ToLowerInvariant();
            if (word == "key-chain" || word == "eigrp" && at + 1 < words.Count) at++;
            else if (word == "key-string") return Rest(words, Prelude(words, at + 1), secrets);
            else if (endsInSecret && at == words.Count - 1 || !(word is "md5" or "sha1" or "sha256" or "sha" or "esp" or "null" or "des" or "3des" or "aes-cbc" or "hmac-sha-256" or "hmac-sha-1" or "text" or "timeout"
                || word.Length <= 3 && int.TryParse(word, out _) && at + 1 < words.Count)) secrets[at] = true;
        }
        return true;
    }

    private static bool Key(List<Word> words, int first, int i, Span<bool> secrets)
    {
        // The key of a GRE tunnel is no secret, nor is the number of one of NTP's: `tunnel key 100`, `ntp server A key 1`.
        if (i > 0 && words[i - 1].Text.Length >= 2 && Begins("tunnel", words[i - 1].Text) || Is(words, first, "ntp")) return false;
        if (Is(words, i + 1, "chain") || i == first && IsNumberOfAKey(words, i + 1)) return true;
        if (Is(words, i + 1, "config-key")) return Rest(words, i + 3, secrets);
        return OneWord(words, i + 1, secrets, mayBeNumber: false, "address", "hostname", "no-xauth");
    }

    /// <summary><c>key 1</c> of a key chain, alone in its line. A server's key is longer, or has words before it.</summary>
    private static bool IsNumberOfAKey(List<Word> words, int at) =>
        at + 1 == words.Count && words[at].Text.Length <= 3 && !words[at].Text.AsSpan().ContainsAnyExceptInRange('0', '9');

    /// <summary>Of a keyring: <c>[local | remote] [0] S</c>, or with whom it is shared first: <c>address A [MASK] key [0] S</c>.</summary>
    private static bool PreSharedKey(List<Word> words, int from, Span<bool> secrets)
    {
        if (Is(words, from, "key-chain")) return true;
        // `authentication local pre-share key S`.
        if (Is(words, from, "key")) from++;
        if (!Is(words, from, "address") && !Is(words, from, "hostname")) return Rest(words, Prelude(words, from), secrets);
        for (int i = from + 1; i < words.Count; i++)
            if (Is(words, i, "key")) return Rest(words, Prelude(words, i + 1), secrets);
        return from + 4 < words.Count && Rest(words, from + 2, secrets);
    }

    /// <summary><c>host A [vrf V] [traps | informs] [version {1 | 2c | 3 {auth | noauth | priv}}] COMMUNITY …</c>.</summary>
    private static bool SnmpHost(List<Word> words, int at, Span<bool> secrets)
    {
        for (at++; at < words.Count; at++)
        {
            if (Is(words, at, "vrf")) at++;
            else if (Is(words, at, "version")) at += Is(words, at + 1, "3") ? 2 : 1;
            else if (!Is(words, at, "traps") && !Is(words, at, "informs")) break;
        }
        if (at < words.Count) secrets[at] = true;
        return true;
    }

    /// <summary><c>user U G [remote A] {v1 | v2c | v3 [encrypted] [auth {md5 | sha} S [priv {des | 3des | aes [128]} S]]} …</c>.</summary>
    private static bool SnmpUser(List<Word> words, int at, Span<bool> secrets)
    {
        for (int i = at + 2; i < words.Count; i++)
        {
            if (!Is(words, i, "auth") && !Is(words, i, "priv")) continue;
            bool isAes = Is(words, i, "priv") && Is(words, i + 1, "aes");
            i += 2;
            if (isAes && i + 1 < words.Count && words[i].Text is "128" or "192" or "256") i++;
            if (i < words.Count) secrets[i] = true;
        }
        return true;
    }

    /// <summary><c>crypto key generate|zeroize|pubkey-chain …</c> hold none; <c>crypto key import|export … S</c> end in one.</summary>
    private static bool KeyCommand(List<Word> words, int at, Span<bool> secrets)
    {
        if ((Is(words, at, "import") || Is(words, at, "export")) && words.Count > at + 1) secrets[^1] = true;
        return true;
    }
}
