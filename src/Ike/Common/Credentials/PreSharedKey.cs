using System.Text;
using Dmvpn.Crypto;

namespace Dmvpn.Ike;

/// <summary>A pre-shared key as it was written: text, which stands for its UTF-8 octets, or octets in hexadecimal. A secret.</summary>
/// <param name="Text">What was written; hexadecimal digits in small letters without 0x.</param>
/// <param name="IsHexadecimal">The digits stand for the octets.</param>
public sealed record PreSharedKey(string Text, bool IsHexadecimal = false)
{
    /// <summary>A key that is text.</summary>
    public static implicit operator PreSharedKey(string text) => new(text);

    /// <summary>From hexadecimal digits, with or without 0x in front; null when they are none, or half an octet is left over.</summary>
    public static PreSharedKey? FromHexadecimal(string digits)
    {
        ReadOnlySpan<char> plain = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? digits.AsSpan(2) : digits;
        if (plain.Length == 0 || plain.Length % 2 != 0) return null;
        foreach (char digit in plain)
            if (!char.IsAsciiHexDigit(digit)) return null;
        return new(plain.ToString().ToLowerInvariant(), IsHexadecimal: true);
    }

    /// <summary>The octets that stand for the key in AUTH; the caller disposes of them.</summary>
    public SecretBytes Octets()
    {
        var octets = new SecretBytes(IsHexadecimal ? Text.Length / 2 : Encoding.UTF8.GetByteCount(Text));
        if (IsHexadecimal) Convert.FromHexString(Text, octets.Span, out _, out _);
        else Encoding.UTF8.GetBytes(Text, octets.Span);
        return octets;
    }

    /// <summary>Stars.</summary>
    public override string ToString() => "********";
}
