using System.Text.RegularExpressions;

namespace Dmvpn.Management.Tests.Screens;

/// <summary>
/// What the parsers that users run on IOS output (ntc-templates, genie) look for, written anew: a line that their patterns do
/// not match is lost to their users, so the same must match here.
/// </summary>
internal static partial class UserParsers
{
    public sealed record DmvpnRow(string Nbma, string Tunnel, string State, string Time, string Attributes);

    public sealed record RouteRow(string Protocol, string Type, string Network, string Mask, string Distance, string Metric, string Via, string Interface, string Age);

    public static List<DmvpnRow> Dmvpn(string text)
    {
        var rows = new List<DmvpnRow>();
        foreach (string line in text.Split('\n'))
        {
            if (DmvpnLine().Match(line.TrimEnd('\r')) is { Success: true } match)
                rows.Add(new DmvpnRow(match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value, match.Groups[4].Value, match.Groups[5].Value));
        }

        return rows;
    }

    public static List<RouteRow> Routes(string text)
    {
        var rows = new List<RouteRow>();
        string mask = "", protocol = "", type = "", network = "";
        bool started = false;
        foreach (string raw in text.Split('\n'))
        {
            string line = raw.TrimEnd('\r');
            if (line.StartsWith("Gateway", StringComparison.Ordinal)) started = true;
            if (!started) continue;
            if (Subnetted().Match(line) is { Success: true } header)
            {
                mask = header.Groups[1].Value;
                continue;
            }

            string rest = line;
            if (RouteLead().Match(line) is { Success: true } lead)
            {
                (protocol, type, network) = (lead.Groups["p"].Value, lead.Groups["t"].Value, lead.Groups["n"].Value);
                if (lead.Groups["m"].Success) mask = lead.Groups["m"].Value;
                rest = line[lead.Length..];
            }

            if (RouteRest().Match(rest) is { Success: true } match)
                rows.Add(new RouteRow(protocol, type, network, mask, Value("d"), Value("e"), Value("v"), Value("i"), Value("a")));

            string Value(string group) => match.Groups[group].Value;
        }

        return rows;
    }

    [GeneratedRegex(@"^\s+\d+\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)$")]
    private static partial Regex DmvpnLine();

    [GeneratedRegex(@"^\s+[\d.]+/(\d+) is (variably )?subnetted")]
    private static partial Regex Subnetted();

    [GeneratedRegex(@"^(?<p>\w)[\s*](?<t>\w{0,2})\s+(?<n>\d+\.\d+\.\d+\.\d+)(/(?<m>\d+))?")]
    private static partial Regex RouteLead();

    [GeneratedRegex(@"^\s+(is directly connected|is a summary|\[(?<d>\d+)/(?<e>\d+)\]( via (?<v>[\d.]+))?)(, (?<a>\d[\w:.]+))?(, (?<i>[A-Za-z][\w\-.:/]+))?\s*$")]
    private static partial Regex RouteRest();
}
