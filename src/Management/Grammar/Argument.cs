using System.Globalization;
using Dmvpn.Core;

namespace Dmvpn.Management.Grammar;

/// <summary>What an argument of a command may be. The order is the order of preference when several match one word.</summary>
internal enum ArgumentKind
{
    Number,
    Mask,
    Ipv4,
    Ipv4Prefix,
    Ipv6,
    Ipv6Prefix,
    Tunnel,
    Interface,
    Name,
    Secret,
    Word,
    Line,
}

/// <summary>
/// A place in a pattern that takes a value: <c>A.B.C.D</c>, <c>MASK</c>, <c>A.B.C.D/nn</c>, <c>X:X::X</c>, <c>X:X::X/nn</c>,
/// <c>&lt;1-10&gt;</c>, <c>SPI</c>, <c>TUNNEL</c>, <c>IFNAME</c>, <c>FQDN</c>, <c>WORD</c>, <c>WORD(1-8)</c>, <c>SECRET(1-8)</c>, <c>LINE</c>.
/// </summary>
/// <param name="Display">As <c>?</c> prints it.</param>
/// <param name="Min">Of a number its lowest value, of a word its shortest length.</param>
/// <param name="Max">Of a number its highest value, of a word its greatest length.</param>
/// <param name="Hexadecimal">A number may also be written as 0x1F.</param>
internal sealed record Argument(ArgumentKind Kind, string Display, long Min = 1, long Max = long.MaxValue, bool Hexadecimal = false)
{
    /// <summary>Reads the type's name as patterns write it; null when the text is a keyword.</summary>
    public static Argument? FromPattern(string text)
    {
        int paren = text.IndexOf('(');
        string head = paren < 0 ? text : text[..paren];
        (long Min, long Max)? range = null;
        if (paren >= 0) range = Range(text[(paren + 1)..^1]);
        else if (text[0] == '<') range = Range(text[1..^1]);
        return head switch
        {
            "A.B.C.D" => new(ArgumentKind.Ipv4, text),
            "MASK" => new(ArgumentKind.Mask, "A.B.C.D"),
            "A.B.C.D/nn" => new(ArgumentKind.Ipv4Prefix, text),
            "X:X::X" => new(ArgumentKind.Ipv6, "X:X:X:X::X"),
            "X:X::X/nn" => new(ArgumentKind.Ipv6Prefix, "X:X:X:X::X/<0-128>"),
            "SPI" => new(ArgumentKind.Number, "<256-4294967295>", 256, uint.MaxValue, Hexadecimal: true),
            "TUNNEL" => new(ArgumentKind.Tunnel, "Tunnel<0-2147483647>"),
            "IFNAME" => new(ArgumentKind.Interface, "IFNAME"),
            "FQDN" => new(ArgumentKind.Name, "WORD"),
            "WORD" => new(ArgumentKind.Word, "WORD", range?.Min ?? 1, range?.Max ?? 255),
            "SECRET" => new(ArgumentKind.Secret, "WORD", range?.Min ?? 1, range?.Max ?? 255),
            "LINE" => new(ArgumentKind.Line, "LINE"),
            _ when text[0] == '<' => new(ArgumentKind.Number, text, range!.Value.Min, range.Value.Max),
            _ => null,
        };

        static (long, long) Range(string text)
        {
            int dash = text.IndexOf('-');
            return (long.Parse(text[..dash], CultureInfo.InvariantCulture), long.Parse(text[(dash + 1)..], CultureInfo.InvariantCulture));
        }
    }

    /// <summary>True when <paramref name="text"/> is a value of this kind; <paramref name="value"/> is then its parsed form.</summary>
    public bool TryMatch(string text, out ArgumentValue value)
    {
        value = new() { Text = text };
        switch (Kind)
        {
            case ArgumentKind.Number:
                bool hexadecimal = Hexadecimal && text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
                if (!long.TryParse(hexadecimal ? text.AsSpan(2) : text, hexadecimal ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out long number)) return false;
                value = value with { Number = number };
                return number >= Min && number <= Max;
            case ArgumentKind.Mask:
                if (!IpAddress.TryParse(text, out IpAddress mask) || !mask.IsIPv4 || MaskLength(mask) is not { } length) return false;
                value = value with { Number = length };
                return true;
            case ArgumentKind.Ipv4 or ArgumentKind.Ipv6:
                if (!IpAddress.TryParse(text, out IpAddress address) || address.IsIPv4 != (Kind == ArgumentKind.Ipv4)) return false;
                value = value with { Address = address };
                return true;
            case ArgumentKind.Ipv4Prefix or ArgumentKind.Ipv6Prefix:
                if (!IpPrefix.TryParse(text, out IpPrefix prefix, allowHostBits: true)
                    || prefix.IsIPv4 != (Kind == ArgumentKind.Ipv4Prefix)) return false;
                // The address with its host bits: `ipv6 address` needs them.
                _ = IpAddress.TryParse(text.AsSpan(0, text.IndexOf('/')), out IpAddress host);
                value = value with { Address = host, Prefix = prefix };
                return true;
            case ArgumentKind.Tunnel:
                if (!InterfaceNames.TryTunnel(text, out TunnelId id)) return false;
                value = value with { Text = id.ToString(), Number = id.Number };
                return true;
            case ArgumentKind.Interface:
                value = value with { Text = InterfaceNames.Normalize(text) };
                return InterfaceNames.IsName(text);
            case ArgumentKind.Name:
                return IsDomainName(text);
            case ArgumentKind.Line:
                return true;
            default:
                return text.Length >= Min && text.Length <= Max && IsPrintable(text);
        }
    }

    /// <summary>True when more typing could turn <paramref name="text"/> into a value: what <c>?</c> after a half-typed word shows.</summary>
    public bool CouldBecome(string text)
    {
        if (text.Length == 0 || TryMatch(text, out _)) return true;
        return Kind switch
        {
            ArgumentKind.Number when Hexadecimal && text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) => !text.AsSpan(2).ContainsAnyExcept("0123456789abcdefABCDEF") && text.Length <= 10,
            ArgumentKind.Number => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long n) && n < Min,
            ArgumentKind.Mask or ArgumentKind.Ipv4 => !text.AsSpan().ContainsAnyExcept("0123456789."),
            ArgumentKind.Ipv4Prefix => !text.AsSpan().ContainsAnyExcept("0123456789./"),
            ArgumentKind.Ipv6 => !text.AsSpan().ContainsAnyExcept("0123456789abcdefABCDEF:."),
            ArgumentKind.Ipv6Prefix => !text.AsSpan().ContainsAnyExcept("0123456789abcdefABCDEF:./"),
            ArgumentKind.Tunnel => "Tunnel".StartsWith(text, StringComparison.OrdinalIgnoreCase),
            ArgumentKind.Word or ArgumentKind.Secret => text.Length < Min,
            _ => false,
        };
    }

    /// <summary>Why <paramref name="shown"/> is not a value of this kind.</summary>
    public string Explain(string text, string shown) => Kind switch
    {
        ArgumentKind.Number when text.Length > 0 && !text.AsSpan().ContainsAnyExceptInRange('0', '9') => $"{shown} is not in the range {Min}-{Max}",
        ArgumentKind.Number => $"'{shown}' is not a number in the range {Min}-{Max}",
        ArgumentKind.Mask when IpAddress.TryParse(text, out IpAddress a) && a.IsIPv4 => $"{shown} is not a subnet mask: its one bits are not contiguous",
        ArgumentKind.Mask => $"'{shown}' is not a subnet mask",
        ArgumentKind.Ipv4 => $"'{shown}' is not an IPv4 address",
        ArgumentKind.Ipv4Prefix => $"'{shown}' is not an IPv4 prefix (A.B.C.D/nn)",
        ArgumentKind.Ipv6 => $"'{shown}' is not an IPv6 address",
        ArgumentKind.Ipv6Prefix => $"'{shown}' is not an IPv6 address with a prefix length (X:X::X/nn)",
        ArgumentKind.Tunnel => $"'{shown}' is not a tunnel interface (Tunnel0 to Tunnel2147483647)",
        ArgumentKind.Interface => $"'{shown}' is not an interface name",
        ArgumentKind.Name => $"'{shown}' is not a domain name",
        ArgumentKind.Secret => text.Length > Max ? $"this has {text.Length} characters, and must have {Min} to {Max}" : $"this must have {Min} to {Max} printable characters",
        _ => $"'{shown}' must have {Min} to {Max} printable characters",
    };

    private static int? MaskLength(IpAddress mask)
    {
        uint inverted = ~mask.ToUInt32();
        return (inverted & inverted + 1) == 0 ? System.Numerics.BitOperations.PopCount(mask.ToUInt32()) : null;
    }

    private static bool IsPrintable(string text)
    {
        foreach (char c in text)
            if (c is < '!' or > '~') return false;
        return true;
    }

    private static bool IsDomainName(string text)
    {
        if (text.Length > 253 || !char.IsAsciiLetter(text[^1]) && !text.AsSpan().ContainsAnyInRange('a', 'z') && !text.AsSpan().ContainsAnyInRange('A', 'Z'))
            return false;
        foreach (string label in text.TrimEnd('.').Split('.'))
        {
            if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-') return false;
            foreach (char c in label)
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')) return false;
        }
        return true;
    }
}

/// <summary>An argument as it was given.</summary>
internal readonly record struct ArgumentValue
{
    /// <summary>The text; of an interface its normal spelling.</summary>
    public string Text { get; init; }

    /// <summary>Number, length of a mask, or number of a tunnel.</summary>
    public long Number { get; init; }

    /// <summary>Address, host bits kept.</summary>
    public IpAddress Address { get; init; }

    /// <summary>Prefix, host bits cleared; null for all that was not written as one.</summary>
    public IpPrefix? Prefix { get; init; }
}
