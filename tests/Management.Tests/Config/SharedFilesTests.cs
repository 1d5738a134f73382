using System.Text.RegularExpressions;
using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

/// <summary>Files of real people: what is said of them is what a second, much simpler reader finds in them.</summary>
public sealed partial class SharedFilesTests(ITestOutputHelper output)
{
    [Fact]
    public void EveryTunnelAndItsProtection_IsUnderstood_RefusedOrNot()
    {
        List<string> wrong = [];
        foreach (string file in SharedConfigurations.Files())
        {
            string text = File.ReadAllText(file);
            ConfigReport report = ConfigLoader.Load(text, needsTunnel: true).Report;
            Dictionary<string, string?> read = report.Understood.Tunnels.ToDictionary(t => t.Name, t => t.Protection);
            output.WriteLine($"{Path.GetFileName(file)}: {report.Count(FindingKind.Error)} errors; {Understanding.Text(report.Understood)}");
            foreach ((string tunnel, string? profile) in Expected(text))
            {
                if (!read.TryGetValue(tunnel, out string? protection)) wrong.Add($"{Path.GetFileName(file)}: {tunnel} is not there");
                // A line that is refused protects nothing, and the file is not run.
                else if (protection != profile && !report.Findings.Any(f => f.Kind == FindingKind.Error && f.Source.Contains("protection", StringComparison.OrdinalIgnoreCase)))
                    wrong.Add($"{Path.GetFileName(file)}: {tunnel} has protection '{protection}', the file says '{profile}'");
            }
            foreach (string protocol in Routers().Matches(text).Select(m => m.Groups[1].Value.ToLowerInvariant()).Distinct())
                if (!report.Understood.Routing.Any(r => r.Protocol == protocol)) wrong.Add($"{Path.GetFileName(file)}: router {protocol} is not there");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void NoSecretOfAnyFile_IsInWhatIsShown()
    {
        foreach (string file in SharedConfigurations.Files())
        {
            string text = File.ReadAllText(file);
            ConfigReport report = ConfigLoader.Load(text, needsTunnel: true).Report;
            string shown = ConfigReportText.Render("f", report, passedOver: true);
            foreach (string secret in Secrets().Matches(text).Select(m => m.Groups["secret"].Value).Where(s => s.Length > 5).Distinct())
                Assert.DoesNotContain(shown.Split('\n'), l => l.Contains(secret, StringComparison.Ordinal));
        }
    }

    /// <summary>Files that were read wrongly once: accepted or refused, and what must be said.</summary>
    [Theory]
    [InlineData("F1-", false, "")]
    [InlineData("F2-", false, "protected by DMVPN-PROFILE")]
    [InlineData("F3-", true, "Tunnel0: mGRE, spoke")]
    [InlineData("F4-", true, "Tunnel0: mGRE, spoke")]
    [InlineData("F5-", true, "Tunnel0: mGRE, spoke")]
    [InlineData("F7-", false, "vrf forwarding")]
    [InlineData("F7b-", false, "cts")]
    [InlineData("F8-", false, "")]
    [InlineData("F8b-", false, "no tunnel")]
    [InlineData("F9-", true, "2 tunnels")]
    [InlineData("F10-", true, "Tunnel0: mGRE, spoke")]
    [InlineData("F10b-", false, "refused: 1 error")]
    [InlineData("F11-", true, "Tunnel0: mGRE, spoke")]
    [InlineData("F12-", true, "altname")]
    [InlineData("F13-", false, "no tunnel")]
    [InlineData("F14-", false, "no tunnel")]
    [InlineData("F15-", true, "Tunnel0: mGRE, hub")]
    public void FileThatWasReadWrongly_IsReadRightly(string start, bool isAccepted, string said)
    {
        string? file = SharedConfigurations.Files(Path.Combine("failing", "config")).FirstOrDefault(f => Path.GetFileName(f).StartsWith(start, StringComparison.Ordinal));
        if (file is null) Assert.Skip($"no file {start}… beside the repository");
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(File.ReadAllText(file), needsTunnel: true);
        string text = ConfigReportText.Render("f", report);
        Assert.True(config is not null == isAccepted, text);
        Assert.Contains(said, text);
    }

    /// <summary>Tunnels with the profile of their last protection, by the nearest <c>interface</c> line above; global commands that cannot stand in a tunnel end it.</summary>
    private static Dictionary<string, string?> Expected(string text)
    {
        Dictionary<string, string?> tunnels = [];
        string? current = null;
        foreach (string raw in text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n'))
        {
            string line = raw.Trim();
            if (Interface().Match(line) is { Success: true } opened)
            {
                current = Tunnel().Match(opened.Groups[1].Value) is { Success: true } tunnel ? $"Tunnel{int.Parse(tunnel.Groups[1].Value)}" : null;
                if (current is not null) tunnels.TryAdd(current, null);
            }
            else if (current is not null && Protection().Match(line) is { Success: true } protection)
            {
                tunnels[current] = protection.Groups[1].Value;
            }
        }
        return tunnels;
    }

    [GeneratedRegex(@"^int\w*\s+(\S+(\s+\d+)?)\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex Interface();

    [GeneratedRegex(@"^tu[a-z]*\s*(\d+)$", RegexOptions.IgnoreCase)]
    private static partial Regex Tunnel();

    [GeneratedRegex(@"^tunnel\s+protection\s+ipsec\s+profile\s+(\S+)", RegexOptions.IgnoreCase)]
    private static partial Regex Protection();

    [GeneratedRegex(@"^\s*router\s+(eigrp|ospf|bgp|rip)\b", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex Routers();

    [GeneratedRegex(@"^\s*(ip nhrp authentication|ipv6 nhrp authentication|pre-shared-key( local| remote)?( \d)?|crypto isakmp key( \d)?|username \S+( privilege \d+)? (password|secret)( \d)?|enable (secret|password)( level \d+)?( \d)?|password( \d)?|.*\skey( [067])?|snmp-server community|key-string( \d)?) (?<secret>(?!address|hostname|local|remote|chain|generate)\S+)", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex Secrets();
}
