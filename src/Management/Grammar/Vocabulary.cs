namespace Dmvpn.Management.Grammar;

/// <summary>
/// The help texts of words, by path: "nhrp map multicast" explains <c>multicast</c> after <c>nhrp map</c>, and where there is no
/// such entry "map multicast" or "multicast" does. So a word is explained once, and again only where it means something else.
/// Arguments are keyed by what <c>?</c> prints: "holdtime &lt;1-65535&gt;".
/// </summary>
public sealed class Vocabulary(IReadOnlyDictionary<string, string> entries)
{
    private static readonly Dictionary<string, string> Arguments = new()
    {
        ["A.B.C.D"] = "IPv4 address",
        ["A.B.C.D/nn"] = "IPv4 prefix",
        ["X:X:X:X::X"] = "IPv6 address",
        ["X:X:X:X::X/<0-128>"] = "IPv6 prefix",
        ["Tunnel<0-2147483647>"] = "Tunnel interface",
        ["IFNAME"] = "Interface of this machine, by its name or an alternative name",
        ["WORD"] = "Name",
        ["LINE"] = "Text up to the end of the line",
    };

    /// <summary>The help for <paramref name="token"/> after the keywords of <paramref name="path"/>; empty when there is none.</summary>
    public string Help(IReadOnlyList<string> path, string token)
    {
        for (int from = 0; from <= path.Count; from++)
        {
            string key = from == path.Count ? token : string.Join(' ', path.Skip(from)) + " " + token;
            if (entries.TryGetValue(key, out string? help)) return help;
        }
        return Arguments.GetValueOrDefault(token, "");
    }
}
