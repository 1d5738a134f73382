using System.Security.Cryptography;

namespace Dmvpn.Cli.Dissect.Keys;

/// <summary>
/// Reads <c>--keys</c>: a key log of <c>dmvpn run --keylog</c>, a file of one of Wireshark's tables, or one for <c>tcpdump -E</c>; they may be mixed. Of a folder all key logs (<c>*.keys</c>)
/// and Wireshark's two tables are read.
/// </summary>
internal static class KeyFile
{
    private const int MaximumFile = 64 << 20;
    private const string IkeTable = "ikev2_decryption_table";
    private const string EspTable = "esp_sa";

    /// <summary>Reads a file or folder. What is wrong with single lines goes to <paramref name="warnings"/>: by number, since a line is a secret.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static void Read(string path, CaptureKeys keys, TextWriter warnings)
    {
        if (!Directory.Exists(path))
        {
            ReadFile(path, keys, warnings);
            return;
        }
        foreach (string file in Directory.EnumerateFiles(path).Order(StringComparer.Ordinal))
        {
            if (Path.GetFileName(file) is IkeTable or EspTable || Path.GetExtension(file) == ".keys") ReadFile(file, keys, warnings);
        }
    }

    /// <summary>Adds what one line says. True for lines that say nothing, too.</summary>
    public static bool TryAdd(ReadOnlySpan<byte> line, CaptureKeys keys, out string why)
    {
        why = "";
        line = line.Trim(" \t\r"u8);
        // Behind a number sign is what Wireshark does not decrypt, and what is for people.
        if (line.StartsWith("#uat:"u8)) line = line[1..];
        if (line.IsEmpty || line[0] == '#' || line.StartsWith("esp."u8)) return true;
        if (line.StartsWith("uat:"u8))
        {
            line = line[4..];
            if (line.StartsWith("ikev2_decryption_table:"u8)) return WiresharkLine.TryAddIke(line["ikev2_decryption_table:".Length..], keys, out why);
            if (line.StartsWith("esp_sa:"u8)) return WiresharkLine.TryAddEsp(line["esp_sa:".Length..], keys, out why);
            why = "it is of another table";
            return false;
        }
        if (line.StartsWith("ikev2 "u8)) return TcpdumpLine.TryAddIke(line, keys, out why);
        if (line.StartsWith("0x"u8) && line.Contains((byte)'@')) return TcpdumpLine.TryAddEsp(line, keys, out why);
        return line.StartsWith("\"IP"u8) ? WiresharkLine.TryAddEsp(line, keys, out why) : WiresharkLine.TryAddIke(line, keys, out why);
    }

    private static void ReadFile(string path, CaptureKeys keys, TextWriter warnings)
    {
        using FileStream file = new(path, new FileStreamOptions { BufferSize = 0 });
        if (file.Length > MaximumFile) throw new IOException($"it is larger than {MaximumFile >> 20} MiB");
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)file.Length, pinned: true);
        try
        {
            file.ReadExactly(bytes);
            int number = 0;
            foreach (Range at in bytes.AsSpan().Split((byte)'\n'))
            {
                number++;
                if (!TryAdd(bytes.AsSpan()[at], keys, out string why)) warnings.WriteLine($"dissect: {path}, line {number} is left out: {why}");
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
