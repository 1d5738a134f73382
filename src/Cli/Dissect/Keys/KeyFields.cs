using System.Globalization;
using System.Text;
using Dmvpn.Core;
using Dmvpn.Crypto;

namespace Dmvpn.Cli.Dissect.Keys;

/// <summary>Reads parts of a line of a key file. Keys are never made strings of, which nobody could zero.</summary>
internal static class KeyFields
{
    /// <summary>The fields of a line that are separated by commas; quotes around a field are taken off.</summary>
    public static List<Range> Split(ReadOnlySpan<byte> line)
    {
        var fields = new List<Range>();
        int start = 0;
        bool quoted = false;
        for (int at = 0; at <= line.Length; at++)
        {
            if (at < line.Length && line[at] == '"') quoted = !quoted;
            if (at < line.Length && (line[at] != ',' || quoted)) continue;
            (int from, int to) = (start, at);
            if (to - from >= 2 && line[from] == '"' && line[to - 1] == '"') (from, to) = (from + 1, to - 1);
            fields.Add(from..to);
            start = at + 1;
        }
        return fields;
    }

    /// <summary>A word that is no secret.</summary>
    public static string Word(ReadOnlySpan<byte> field) => Encoding.UTF8.GetString(field);

    /// <summary>Hexadecimal digits with or without 0x; empty for an empty field.</summary>
    public static bool TryKey(ReadOnlySpan<byte> field, out SecretBytes key)
    {
        field = WithoutPrefix(field);
        key = new SecretBytes(field.Length / 2);
        if (field.Length % 2 == 0 && (field.IsEmpty || Convert.FromHexString(field, key.Span, out _, out int written) == System.Buffers.OperationStatus.Done && written == key.Length)) return true;
        key.Dispose();
        return false;
    }

    /// <summary>An SPI of an IKE SA.</summary>
    public static bool TryIkeSpi(ReadOnlySpan<byte> field, out ulong spi) => ulong.TryParse(WithoutPrefix(field), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out spi);

    /// <summary>An SPI of an ESP SA; null for <c>*</c>, which is any.</summary>
    public static bool TryEspSpi(ReadOnlySpan<byte> field, out uint? spi)
    {
        spi = null;
        if (field.SequenceEqual("*"u8) || field.SequenceEqual("0x*"u8)) return true;
        bool hex = field.StartsWith("0x"u8);
        if (!uint.TryParse(hex ? field[2..] : field, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out uint number)) return false;
        spi = number;
        return true;
    }

    /// <summary>An address; <see cref="IpAddress.None"/>, which is any, for one with wildcards.</summary>
    public static IpAddress Address(ReadOnlySpan<byte> field) => IpAddress.TryParse(Word(field), out IpAddress address) ? address : IpAddress.None;

    private static ReadOnlySpan<byte> WithoutPrefix(ReadOnlySpan<byte> field) => field.StartsWith("0x"u8) ? field[2..] : field;
}
