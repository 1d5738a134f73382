using System.Buffers;
using System.Globalization;
using System.Text;

namespace Dmvpn.Core;

/// <summary>
/// The one place where text that strangers chose (device names, identities, names in certificates) is made fit for a line of
/// a log, a screen or a stream: characters that end a line, steer a terminal, turn the direction of writing or cannot be seen
/// are written as escapes, so that nobody forges a line.
/// </summary>
public static class PrintableText
{
    /// <summary>The text as one line. Text with nothing to escape is returned as it is.</summary>
    public static string Escape(string text) => Escape(text, keepLines: false);

    /// <summary>The text with its line feeds; all else is escaped as by <see cref="Escape(string)"/>.</summary>
    public static string EscapeLines(string text) => Escape(text, keepLines: true);

    /// <summary>True for a character that is escaped.</summary>
    public static bool IsUnfit(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned || IsInvisible(rune.Value);

    private static string Escape(string text, bool keepLines)
    {
        int at = IndexOfUnfit(text, keepLines);
        if (at < 0) return text;
        var escaped = new StringBuilder(text.Length + 16);
        escaped.Append(text, 0, at);
        ReadOnlySpan<char> rest = text.AsSpan(at);
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out Rune rune, out int used) != OperationStatus.Done) escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)rest[0]:x4}");
            else if (!IsUnfit(rune) || keepLines && rune.Value == '\n') escaped.Append(rest[..used]);
            else Append(escaped, rune.Value);
            rest = rest[used..];
        }
        return escaped.ToString();
    }

    private static int IndexOfUnfit(string text, bool keepLines)
    {
        for (int i = 0; i < text.Length;)
        {
            char c = text[i];
            if (c is >= ' ' and < (char)0x7F || keepLines && c == '\n')
            {
                i++;
                continue;
            }
            if (Rune.DecodeFromUtf16(text.AsSpan(i), out Rune rune, out int used) != OperationStatus.Done || IsUnfit(rune)) return i;
            i += used;
        }
        return -1;
    }

    private static void Append(StringBuilder to, int value)
    {
        if (value == '\n') to.Append("\\n");
        else if (value == '\r') to.Append("\\r");
        else if (value == '\t') to.Append("\\t");
        else if (value <= byte.MaxValue) to.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
        else to.Append(CultureInfo.InvariantCulture, $"\\u{{{value:x}}}");
    }

    // Fillers and selectors that have the category of letters or marks, and show as nothing.
    private static bool IsInvisible(int value) => value is 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x2800 or 0x3164 or 0xFFA0
        or (>= 0x180B and <= 0x180F) or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF);
}
