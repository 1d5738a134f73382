using System.Globalization;
using System.Text;
using CsCheck;

namespace Dmvpn.Core.Tests;

public sealed class PrintableTextTests
{
    [Theory]
    [InlineData("hub.vpn.example.net", "hub.vpn.example.net")]
    [InlineData("Zürich 東京", "Zürich 東京")]
    [InlineData("x\nDec 1 00:00:00: %IKEV2-6-UP: forged", "x\\nDec 1 00:00:00: %IKEV2-6-UP: forged")]
    [InlineData("a\r\tb\0c\u007F", "a\\r\\tb\\x00c\\x7f")]
    [InlineData("\u001b[2J\u009b31m", "\\x1b[2J\\x9b31m")]
    [InlineData("line\u2028para\u2029nel\u0085", "line\\u{2028}para\\u{2029}nel\\x85")]
    [InlineData("\u202etxt.exe\u2066x\u2069\u200f\u061c", "\\u{202e}txt.exe\\u{2066}x\\u{2069}\\u{200f}\\u{61c}")]
    [InlineData("zero\u200bwidth\ufeff", "zero\\u{200b}width\\u{feff}")]
    [InlineData("tag\U000E0041", "tag\\u{e0041}")]
    public void Text_OfStrangers_IsOneVisibleLine(string text, string expected) => Assert.Equal(expected, PrintableText.Escape(text));

    // No attribute can hold half a surrogate pair.
    [Fact]
    public void HalfASurrogatePair_IsWrittenByItsNumber() => Assert.Equal("half \\ud800 and \\udc00", PrintableText.Escape("half \ud800 and \udc00"));

    [Fact]
    public void TextOfSeveralLines_KeepsItsLineFeeds_AndNothingElse() =>
        Assert.Equal("Version 1\nline 2\\r\\x1b", PrintableText.EscapeLines("Version 1\nline 2\r\u001b"));

    [Fact]
    public void FitText_IsNotCopied()
    {
        string text = new('x', 20);
        Assert.Same(text, PrintableText.Escape(text));
    }

    [Fact]
    public void AnyText_HasNothingUnfitAfterwards_AndOnceIsEnough() => Gen.String[Gen.Char, 0, 60].Sample(text =>
    {
        string escaped = PrintableText.Escape(text);
        foreach (Rune rune in escaped.EnumerateRunes())
        {
            Assert.False(PrintableText.IsUnfit(rune));
            Assert.NotEqual(UnicodeCategory.Control, Rune.GetUnicodeCategory(rune));
        }
        Assert.DoesNotContain(escaped, char.IsControl);
        Assert.Same(escaped, PrintableText.Escape(escaped));
        Assert.Equal(text.Count(static c => c == '\n'), PrintableText.EscapeLines(text).Count(static c => c == '\n'));
    }, iter: 20_000);
}
