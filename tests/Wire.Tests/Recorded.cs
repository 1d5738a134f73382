using Dmvpn.Wire.Capture;

namespace Dmvpn.Wire.Tests;

/// <summary>The recorded captures beside the repository, and what is in them.</summary>
internal static class Recorded
{
    /// <summary>All capture files, or a skip that says why there are none.</summary>
    public static IReadOnlyList<string> Files()
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Dmvpn.slnx"))) root = root.Parent;
        string shared = Path.Combine(root!.Parent!.FullName, "shared");
        if (!Directory.Exists(shared)) Assert.Skip($"{shared} with the recorded captures is not there");
        return [.. Directory.EnumerateFiles(shared, "*.pcap*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
    }

    /// <summary>The IP packets of a file; a frame that was cut off too.</summary>
    public static List<byte[]> IpPackets(string file)
    {
        var packets = new List<byte[]>();
        Assert.True(CaptureReader.TryOpen(File.ReadAllBytes(file), out CaptureReader reader, out Malformed why), $"{file}: {why}");
        while (reader.TryRead(out CapturedFrame frame))
        {
            if (LinkLayer.TryGetIp(frame.Link, frame.Bytes, out ReadOnlySpan<byte> packet, out why)) packets.Add(packet.ToArray());
            else Assert.NotEqual(Malformed.None, why);
        }
        return packets;
    }
}
