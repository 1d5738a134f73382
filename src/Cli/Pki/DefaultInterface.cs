namespace Dmvpn.Cli.Pki;

/// <summary>The interface of the default route (proc(5)).</summary>
internal static class DefaultInterface
{
    /// <summary>Null when there is none.</summary>
    public static string? Find(bool ipv6) => ipv6 ? InIPv6("/proc/net/ipv6_route") : InIPv4("/proc/net/route");

    /// <summary>Interface, destination, …, mask in the eighth field.</summary>
    private static string? InIPv4(string path)
    {
        foreach (string line in Lines(path).Skip(1))
        {
            string[] fields = line.Split('\t');
            if (fields.Length > 7 && fields[1] == "00000000" && fields[7] == "00000000") return fields[0];
        }
        return null;
    }

    /// <summary>Destination, its length, …, interface in the last field. The kernel's own route of last resort is by lo.</summary>
    private static string? InIPv6(string path)
    {
        foreach (string line in Lines(path))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[0] == new string('0', 32) && fields[1] == "00" && fields[^1] != "lo") return fields[^1];
        }
        return null;
    }

    private static IEnumerable<string> Lines(string path) => File.Exists(path) ? File.ReadLines(path) : [];
}
