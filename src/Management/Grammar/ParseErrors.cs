namespace Dmvpn.Management.Grammar;

/// <summary>Says in words why a line is no command, and what would be.</summary>
internal static class ParseErrors
{
    /// <summary>Longer lists of what may follow help nobody; <c>?</c> shows them.</summary>
    private const int MostListed = 14;

    /// <summary>For a word that none of <paramref name="expected"/> takes.</summary>
    public static ParseError Invalid(List<Symbol> expected, Word word, int depth, string line)
    {
        string shown = Redaction.Mask(line).Substring(word.Start, word.Text.Length);
        SortedSet<string> keywords = Keywords(expected);
        List<Argument> arguments = Arguments(expected);
        string reason, remedy = "";
        if (expected.Count == 0)
        {
            reason = $"'{shown}' is one word too many";
            remedy = "The command ends before it";
        }
        else if (arguments.Find(a => a.Kind == ArgumentKind.Number) is { } number && char.IsAsciiDigit(word.Text[0]) && !word.Text.AsSpan().ContainsAny('.', ':', '/'))
        {
            reason = number.Explain(word.Text, shown);
        }
        else if (keywords.Count == 0 && arguments.Count == 1)
        {
            reason = arguments[0].Explain(word.Text, shown);
            if (arguments[0].Kind == ArgumentKind.Secret && word.Text.Length > arguments[0].Max) remedy = "Shorten it, here and on all routers that have the same";
        }
        else if (Like(arguments, word.Text) is { } like)
        {
            reason = like.Explain(word.Text, shown);
        }
        else
        {
            reason = $"'{shown}' is not known here";
            remedy = Nearest(keywords, word.Text) is { } nearest ? $"Did you mean '{nearest}'?" : Listed(keywords, arguments);
        }
        return new(ParseErrorKind.Invalid, word.Start + 1, word.Text.Length, depth, reason, remedy);
    }

    /// <summary>For a line that ends where one of <paramref name="expected"/> has to follow.</summary>
    public static ParseError Incomplete(List<Symbol> expected, int depth, string line) =>
        new(ParseErrorKind.Incomplete, line.TrimEnd().Length + 2, 1, depth, "the command is incomplete", Listed(Keywords(expected), Arguments(expected)));

    private static SortedSet<string> Keywords(List<Symbol> symbols)
    {
        var keywords = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Symbol symbol in symbols)
            if (symbol.Keyword is not null) keywords.Add(symbol.Keyword);
        return keywords;
    }

    private static List<Argument> Arguments(List<Symbol> symbols)
    {
        List<Argument> arguments = [];
        foreach (Symbol symbol in symbols)
            if (symbol.Argument is { } argument && !arguments.Contains(argument)) arguments.Add(argument);
        return arguments;
    }

    /// <summary>The kind that the word was plainly meant to be: it has dots, colons or a slash.</summary>
    private static Argument? Like(List<Argument> arguments, string text)
    {
        bool v6 = text.Contains(':'), v4 = !v6 && char.IsAsciiDigit(text[0]);
        return arguments.Find(a => a.Kind switch
        {
            ArgumentKind.Mask or ArgumentKind.Ipv4 or ArgumentKind.Ipv4Prefix => v4,
            ArgumentKind.Ipv6 or ArgumentKind.Ipv6Prefix => v6,
            _ => false,
        });
    }

    private static string Listed(SortedSet<string> keywords, List<Argument> arguments)
    {
        List<string> all = [.. arguments.Select(a => a.Kind == ArgumentKind.Mask ? "MASK" : a.Display).Distinct(), .. keywords];
        if (all.Count == 0) return "";
        return all.Count > MostListed ? $"Expected: {string.Join(", ", all.Take(MostListed))}, …" : $"Expected: {string.Join(", ", all)}";
    }

    /// <summary>The word that <paramref name="text"/> was plainly meant to be; null when it is like none.</summary>
    public static string? NearestOf(IEnumerable<string> words, string text) => Nearest(new SortedSet<string>(words, StringComparer.Ordinal), text);

    private static string? Nearest(SortedSet<string> keywords, string text)
    {
        string? best = null;
        int least = text.Length <= 3 ? 2 : 3;
        foreach (string keyword in keywords)
        {
            int distance = Distance(keyword, text.ToLowerInvariant());
            if (distance >= least) continue;
            least = distance;
            best = keyword;
        }
        return best;
    }

    /// <summary>Edits (insert, delete, replace, swap of neighbours) from one word to the other.</summary>
    internal static int Distance(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (int j = 0; j <= b.Length; j++) d[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }
        return d[a.Length, b.Length];
    }
}
