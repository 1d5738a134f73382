using Dmvpn.Management.Config;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Tests.Config;

/// <summary>Lines made from the patterns of the table itself, so that a new row is tested without a new test.</summary>
internal static class RowSamples
{
    /// <summary>Every way through a pattern, as the symbols passed.</summary>
    public static List<Symbol[]> Ways(string pattern)
    {
        Pattern compiled = Pattern.Compile(pattern);
        List<Symbol[]> ways = [];
        Walk(0, []);
        return ways;

        void Walk(int node, Symbol[] so_far)
        {
            if (compiled.Accepts[node] && !IsTwice(so_far)) ways.Add(so_far);
            foreach ((Symbol symbol, int to) in compiled.Edges[node]) Walk(to, [.. so_far, symbol]);
        }
    }

    /// <summary>Words behind a next hop stand in any order, each once; the pattern cannot say that.</summary>
    private static bool IsTwice(Symbol[] way) =>
        way.Select(symbol => symbol.Keyword ?? symbol.Name).Where(name => name is "distance" or "tag" or "name" or "permanent")
            .GroupBy(name => name).Any(group => group.Count() > (group.Key is "tag" or "name" ? 2 : 1));

    /// <summary>The line of a way, each argument with a good value: of a number its lowest or its highest.</summary>
    public static string Line(Symbol[] way, bool highest = false, int wrongAt = -1, string wrong = "")
    {
        List<string> words = [];
        for (int i = 0; i < way.Length; i++) words.Add(i == wrongAt ? wrong : way[i].Keyword ?? Value(way, way[i], highest));
        return string.Join(' ', words);
    }

    /// <summary>Values of the wrong range or kind for the argument.</summary>
    public static IEnumerable<string> Wrong(Argument argument)
    {
        switch (argument.Kind)
        {
            case ArgumentKind.Number:
                yield return (argument.Max + 1).ToString();
                if (argument.Min > 0) yield return (argument.Min - 1).ToString();
                yield return "@";
                yield return "-1";
                break;
            case ArgumentKind.Mask:
                yield return "255.0.255.0";
                yield return "@";
                break;
            case ArgumentKind.Ipv4:
                yield return "10.0.0.256";
                yield return "10.0.0";
                break;
            case ArgumentKind.Ipv4Prefix:
                yield return "10.0.0.0/33";
                break;
            case ArgumentKind.Ipv6:
                yield return "2001:db8:::1";
                break;
            case ArgumentKind.Ipv6Prefix:
                yield return "2001:db8::1/129";
                break;
            case ArgumentKind.Tunnel:
                yield return "Tunnel2147483648";
                break;
            case ArgumentKind.Interface or ArgumentKind.Name:
                yield return "-@";
                break;
            case ArgumentKind.Secret or ArgumentKind.Word:
                yield return new string('x', (int)argument.Max + 1);
                break;
        }
    }

    /// <summary>A file in which the line stands where its row belongs.</summary>
    public static string InContext(ConfigRow row, string lines) => row.Mode switch
    {
        ConfigMode.Tunnel => "interface Tunnel0\n" + lines,
        ConfigMode.LinuxInterface => "interface eth0\n" + lines,
        ConfigMode.Odr => "router odr\n" + lines,
        ConfigMode.TransformSet => "crypto ipsec transform-set T esp-gcm\n" + lines,
        ConfigMode.Ikev2KeyringPeer => "crypto ikev2 keyring K\npeer P\n" + lines,
        ConfigMode.Ikev2Proposal or ConfigMode.Ikev2Policy or ConfigMode.Ikev2Keyring or ConfigMode.Ikev2Profile or ConfigMode.IpsecProfile or ConfigMode.Trustpoint => row.Mode + " N\n" + lines,
        _ => lines,
    };

    private static string Value(Symbol[] way, Symbol symbol, bool highest) => symbol.Argument!.Kind switch
    {
        ArgumentKind.Number => (highest ? symbol.Argument.Max : symbol.Argument.Min).ToString(),
        ArgumentKind.Mask => "255.255.255.0",
        ArgumentKind.Ipv4 when symbol.Name == "prefix" => "10.2.0.0",
        ArgumentKind.Ipv4 when symbol.Name == "wildcard" => "0.0.0.255",
        ArgumentKind.Ipv4 => "10.1.0.1",
        ArgumentKind.Ipv4Prefix => "10.3.0.0/16",
        ArgumentKind.Ipv6 => way[^1].Keyword == "link-local" ? "fe80::1" : "2001:db8::1",
        ArgumentKind.Ipv6Prefix => symbol.Name == "prefix" ? "2001:db8::/32" : "2001:db8::1/64",
        ArgumentKind.Tunnel => "Tunnel7",
        ArgumentKind.Interface => "eth1",
        ArgumentKind.Name => "hub.example.net",
        ArgumentKind.Line when symbol.Name == "more" => way[0].Keyword switch { "encryption" => "aes-cbc-192 aes-cbc-128", "group" => "15 16", _ => "sha384 sha512" },
        ArgumentKind.Line when symbol.Name == "dn" => "CN=hub.example.net, O=Example",
        ArgumentKind.Line when symbol.Name == "url" => "http://pki.example.net/ca.crl",
        ArgumentKind.Line => "some text  to the end",
        ArgumentKind.Secret when symbol.Name == "digits" => new string('a', (int)(highest ? symbol.Argument.Max : symbol.Argument.Min)),
        _ => new string('w', (int)(highest ? symbol.Argument.Max : symbol.Argument.Min)),
    };
}
