using System.Text;
using Dmvpn.Core;

namespace Dmvpn.Cli.Pki;

/// <summary>
/// What the words of a bundle may be made of: they become lines of a configuration, names of files and identities, and a
/// character with a meaning there would become somebody else's line.
/// </summary>
internal static class SiteText
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz", Digits = "0123456789";
    private const int LongestDomain = 190, LongestInterface = 15, LongestAuthentication = 8;

    /// <summary>A site's name: one label of a domain name.</summary>
    public static bool IsName(string? text) => text is { Length: > 0 and <= 63 } && Has(text, Letters + Digits + "-");

    /// <summary>The network's domain: labels with dots between. Sites are NAME.DOMAIN.</summary>
    public static bool IsDomain(string? text) => text is { Length: > 0 and <= LongestDomain } && IsHostName(text);

    /// <summary>Where a hub is: an address of one host, or a domain name.</summary>
    public static bool IsPlace(string? text)
    {
        if (text is not { Length: > 0 and <= 253 }) return false;
        if (IpAddress.TryParse(text, out IpAddress address)) return !address.IsUnspecified && !address.IsMulticast && !address.IsLinkLocal;
        // What ends in a number is an address that went wrong (RFC 3696 2).
        return IsHostName(text) && !Digits.Contains(text[^1], StringComparison.Ordinal);
    }

    /// <summary>An interface of Linux's (its names have no slash, no space, at most 15 characters), or an address of it.</summary>
    public static bool IsSource(string? text)
    {
        if (text is null || IpAddress.TryParse(text, out _)) return text is not null;
        return text.Length is > 0 and <= LongestInterface && text is not ("." or "..") && Has(text, Letters + Letters.ToUpperInvariant() + Digits + "-_.:@");
    }

    /// <summary>NHRP's password: as long as IOS takes it.</summary>
    public static bool IsAuthentication(string? text) => text is { Length: > 0 and <= LongestAuthentication } && Has(text, Letters + Letters.ToUpperInvariant() + Digits);

    /// <summary>The text with what a terminal would act on made visible.</summary>
    public static string Escaped(this string text)
    {
        var shown = new StringBuilder();
        foreach (char c in text.Length > 64 ? text[..64] + "…" : text) shown.Append(char.IsControl(c) ? $"\\u{(int)c:x4}" : c);
        return shown.ToString();
    }

    private static bool IsHostName(string text)
    {
        foreach (string label in text.Split('.'))
        {
            if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-' || !Has(label, Letters + Letters.ToUpperInvariant() + Digits + "-_")) return false;
        }
        return true;
    }

    private static bool Has(string text, string characters) => !text.AsSpan().ContainsAnyExcept(characters);
}
