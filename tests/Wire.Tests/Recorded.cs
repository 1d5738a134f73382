using Dmvpn.Wire.Capture;

namespace Dmvpn.Wire.Tests;

/// <summary>The recorded captures beside the repository, and what is in them.</summary>
internal static class Recorded
{
    /// <summary>All capture files, or a skip that says why there are none.</summary>
    public static IReadOnlyList<string> Files()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string shared = Path.Combine(folder.FullName, "shared");
            if (Directory.Exists(shared)) return [.. Directory.EnumerateFiles(shared, "*.pcap*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        }
        Assert.Skip("The recorded captures are not there: no folder 'shared' beside the checkout or above it");
        return [];
    }

    /// <summary>One of them by its name, or a skip.</summary>
    public static string File(string name) => Files().FirstOrDefault(file => Path.GetFileName(file) == name) ?? Missing(name);

    /// <summary>The IP packets of a file; a frame that was cut off too.</summary>
    public static List<byte[]> IpPackets(string file)
    {
        var packets = new List<byte[]>();
        Assert.True(CaptureReader.TryOpen(System.IO.File.ReadAllBytes(file), out CaptureReader reader, out Malformed why), $"{file}: {why}");
        while (reader.TryRead(out CapturedFrame frame))
        {
            if (LinkLayer.TryGetIp(frame.Link, frame.Bytes, out ReadOnlySpan<byte> packet, out why)) packets.Add(packet.ToArray());
            else Assert.NotEqual(Malformed.None, why);
        }
        return packets;
    }

    private static string Missing(string name)
    {
        Assert.Skip($"{name} is not among the recorded captures");
        return "";
    }
}
