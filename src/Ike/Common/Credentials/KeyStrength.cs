namespace Dmvpn.Ike;

/// <summary>
/// Can a pre-shared key be guessed? Whoever answers a caller in its peer's place gets an AUTH payload, and tries keys on it at home (RFC 7296 2.15: a key "SHOULD contain as much
/// unpredictability as the strongest key being negotiated"). A rough lower bound of what he has to try.
/// </summary>
public static class KeyStrength
{
    private const int LeastOctets = 16;

    private const double LeastBits = 64;

    /// <summary>A word, or a run of one letter or of neighbours, is one thing to guess.</summary>
    private const double BitsOfAWord = 8;

    private const int LeastRun = 3;

    private static readonly string[] Words =
    [
        "password", "preshared", "changeme", "welcome", "letmein", "default", "private", "company", "network", "routing", "gateway", "qwerty", "asdfgh", "zxcvbn", "secret", "shared",
        "branch", "router", "tunnel", "passwd", "office", "strong", "cisco", "ipsec", "dmvpn", "admin", "guest", "spoke", "crypto", "ikev2", "test", "pass", "site", "nhrp", "demo", "vpn",
        "hub", "key", "psk", "lab", "gre", "wan", "isp", "the", "my",
    ];

    /// <summary>Why a key is weak, in words that do not tell it; null when it is not.</summary>
    public static string? WeaknessOf(PreSharedKey key)
    {
        int octets = key.IsHexadecimal ? key.Text.Length / 2 : System.Text.Encoding.UTF8.GetByteCount(key.Text);
        if (octets < LeastOctets) return $"shorter than {LeastOctets} octets";
        if (BitsOf(UnitOf(key.Text), key.IsHexadecimal) >= LeastBits) return null;
        return "made of words, digits or repeats that are easy to guess";
    }

    private static double BitsOf(string text, bool isHexadecimal)
    {
        string lower = text.ToLowerInvariant();
        double each = BitsOfACharacter(text, isHexadecimal), bits = 0;
        for (int at = 0; at < lower.Length;)
        {
            int length = isHexadecimal ? RunAt(lower, at) : Math.Max(WordAt(lower, at), RunAt(lower, at));
            bits += length > 0 ? BitsOfAWord : each;
            at += Math.Max(length, 1);
        }
        return bits;
    }

    /// <summary>Letters of one case may be words of any language, which have less in them than letters drawn by lot.</summary>
    private static double BitsOfACharacter(string text, bool isHexadecimal)
    {
        if (isHexadecimal || text.All(char.IsAsciiHexDigit)) return text.All(char.IsAsciiDigit) ? 3.3 : 4;
        bool one = text.All(char.IsAsciiLetterLower) || text.All(char.IsAsciiLetterUpper);
        return one ? 4 : text.All(char.IsAsciiLetterOrDigit) ? 5 : 5.5;
    }

    private static int WordAt(string text, int at)
    {
        foreach (string word in Words)
        {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) == 0) return word.Length;
        }
        return 0;
    }

    /// <summary>aaaa, 1234, fedc; 0 for less than three.</summary>
    private static int RunAt(string text, int at)
    {
        if (at + LeastRun > text.Length) return 0;
        int step = text[at + 1] - text[at], length = 2;
        if (step is < -1 or > 1) return 0;
        while (at + length < text.Length && text[at + length] - text[at + length - 1] == step) length++;
        return length >= LeastRun ? length : 0;
    }

    /// <summary>What a text is repeats of: itself, most often.</summary>
    private static string UnitOf(string text)
    {
        // A text is n times its unit exactly when it is found again in itself doubled, at the unit's length.
        int length = (text + text).IndexOf(text, 1, StringComparison.Ordinal);
        return text[..length];
    }
}
