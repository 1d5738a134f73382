using System.Net;
using System.Text.RegularExpressions;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>
/// What web pages, mails and word processors put into a line: tags, entities, invisible characters, typographic dashes and
/// quotes. They are taken out here, but never out of a secret without a word: nobody can tell what its owner typed.
/// </summary>
internal static partial class WebText
{
    private const string Dashes = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212", Quotes = "\u201C\u201D\u201E\u201F\u00AB\u00BB", Apostrophes = "\u2018\u2019\u201A\u201B";

    /// <summary>The line as it was typed; the line itself where there is nothing to mend.</summary>
    public static string Clean(string text)
    {
        bool isPlain = !text.AsSpan().ContainsAnyExceptInRange('\0', '\u007f');
        if (isPlain && !text.AsSpan().ContainsAny('<', '&')) return text;
        if (!isPlain) text = Invisible().Replace(text, "");
        if (text.Contains('&')) text = Entity(Blank().Replace(text, " "));
        if (text.Contains('<')) text = WithoutTags(text);
        if (isPlain || Remark().IsMatch(text)) return text;
        return new(Array.ConvertAll(text.ToCharArray(), Plain));
    }

    /// <summary>What is odd in a secret of a line as it was pasted; null when nothing is. An error where the secret cannot be right.</summary>
    public static (FindingKind Kind, string Reason, string Remedy)? OddSecret(string pasted)
    {
        bool isPlain = !pasted.AsSpan().ContainsAnyExceptInRange('\0', '\u007f');
        if (isPlain && !pasted.Contains('&')) return null;
        string masked = Redaction.Mask(pasted);
        for (int i = 0; i < pasted.Length; i++)
        {
            if (masked[i] != '*' || pasted[i] == '*') continue;
            if (Plain(pasted[i]) != pasted[i])
                return (FindingKind.Error, $"the secret has the character '{pasted[i]}', which word processors put in place of another", "Type the secret again, with the characters of the keyboard");
        }
        return Entities().Match(pasted) is { Success: true } entity && masked[entity.Index] == '*'
            ? (FindingKind.Warning, $"the secret has '{entity.Value}', as web pages write '{WebUtility.HtmlDecode(entity.Value)}': it is taken as it stands", "Type the secret again if it was copied out of a web page")
            : null;
    }

    private static char Plain(char c) => Dashes.Contains(c) ? '-' : Quotes.Contains(c) ? '"' : Apostrophes.Contains(c) ? '\'' : c;

    private static string Entity(string text)
    {
        string masked = Redaction.Mask(text);
        return Entities().Replace(text, match => masked[match.Index] == '*' ? match.Value : WebUtility.HtmlDecode(match.Value));
    }

    private static string WithoutTags(string text)
    {
        text = TagsBehind().Replace(text, "");
        string masked = Redaction.Mask(text);
        return Tag().Replace(text, match => masked[match.Index] == '*' ? match.Value : "");
    }

    [GeneratedRegex("[\u200B-\u200F\u2060\uFEFF\u00AD]")]
    private static partial Regex Invisible();

    [GeneratedRegex("&(nbsp|ensp|emsp|#160|#xa0);", RegexOptions.IgnoreCase)]
    private static partial Regex Blank();

    [GeneratedRegex("&(amp|lt|gt|quot|apos|#39|#34|#x27|#x22|#60|#62);", RegexOptions.IgnoreCase)]
    private static partial Regex Entities();

    private const string Names = "pre|code|br|p|div|span|li|ul|ol|b|strong|em|i|u|font|a|td|tr|th|table|tbody|html|body|blockquote|h[1-6]|tt|kbd|samp";

    [GeneratedRegex($"</?({Names})(\\s[^<>]*)?/?>", RegexOptions.IgnoreCase)]
    private static partial Regex Tag();

    /// <summary>At the end of a line they belong to no secret.</summary>
    [GeneratedRegex($"(<br ?/?>|</({Names})>|\\s)+$", RegexOptions.IgnoreCase | RegexOptions.RightToLeft)]
    private static partial Regex TagsBehind();

    /// <summary>Free text keeps what its author wrote.</summary>
    [GeneratedRegex(@"^\s*(desc\w*|remark|\d+ remark)\s", RegexOptions.IgnoreCase)]
    private static partial Regex Remark();
}
