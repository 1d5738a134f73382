using System.Text.RegularExpressions;
using Dmvpn.Ike;

namespace Dmvpn.Management.Config;

/// <summary>
/// A tunnel sends in clear text only when that is meant. A line that would protect one and is not read as such, and a tunnel
/// without protection beside protected ones, is an error; whoever means it writes <c>no tunnel protection ipsec</c>.
/// </summary>
internal static partial class ClearTextCheck
{
    /// <summary>Checks the tunnels of a file.</summary>
    /// <param name="config">What was read.</param>
    /// <param name="lines">The lines of the file.</param>
    /// <param name="builder">Where each part came from.</param>
    public static void Check(RouterConfig config, IEnumerable<SourceLine> lines, ConfigBuilder builder)
    {
        foreach (SourceLine line in lines)
            if (IsLost(line, config, builder)) builder.Findings.Add(Lost(line));
        // A line that was meant to protect and is refused has said it already.
        if (builder.Findings.Exists(f => f.Kind == FindingKind.Error && Phrase().IsMatch(f.Source))) return;
        TunnelConfig? protectedOne = config.Tunnels.FirstOrDefault(t => t.Protection is not null);
        string? leftover = Leftover(config.Crypto);
        foreach (TunnelConfig tunnel in config.Tunnels)
        {
            if (tunnel is not { Protection: null, IsClearTextMeant: false, Shutdown: false } || builder.OtherTunnels.Contains(tunnel.Id)) continue;
            var check = new TunnelCheck(tunnel, builder);
            if (protectedOne is not null)
                check.Refuse("", $"{tunnel.Id} would send in clear text, but {protectedOne.Id} is protected: a line may be lost",
                    $"Add 'tunnel protection ipsec profile {protectedOne.Protection!.Profile}', or 'no tunnel protection ipsec' if clear text is meant");
            else if (leftover is not null)
                check.Warn("", $"{tunnel.Id} sends in clear text, but there is '{leftover}': a line may be lost",
                    "Add 'tunnel protection ipsec profile NAME', or 'no tunnel protection ipsec' if clear text is meant");
        }
    }

    private static Finding Lost(SourceLine line) => line.Finding(FindingKind.Error, 0, 0, "this line does not protect a tunnel, although it has the words",
        "Put it on a line of its own in the tunnel's block; '!' in front makes it a remark");

    /// <summary>True for a line with the words of <c>tunnel protection</c> and a known profile that changed no tunnel.</summary>
    private static bool IsLost(SourceLine line, RouterConfig config, ConfigBuilder builder) =>
        !builder.ProtectionLines.Contains(line.Number)
        && !builder.RefusedLines.Contains(line.Number)
        && Phrase().Match(line.Command) is { Success: true } match
        && line.Command.AsSpan().TrimStart() is not ['!', ..]
        && config.Crypto.IpsecProfileOf(match.Groups["profile"].Value) is not null
        && !builder.Findings.Exists(f => f.Kind == FindingKind.Error && f.Line == line.Number);

    private static string? Leftover(IkeConfig crypto) =>
        crypto.IpsecProfiles.Count > 0 ? $"crypto ipsec profile {crypto.IpsecProfiles[0].Name}"
        : crypto.Profiles.Count > 0 ? $"crypto ikev2 profile {crypto.Profiles[0].Name}"
        : crypto.Keyrings.Count > 0 ? $"crypto ikev2 keyring {crypto.Keyrings[0].Name}" : null;

    // Abbreviated as IOS takes it; or in full behind anything, as a lost line end leaves it.
    [GeneratedRegex(@"(\btu\w*\s+prot?\w*\s+i\w*\s+p\w*|tunnel\s+protection\s+ipsec\s+profile)\s+(?<profile>\S+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Phrase();
}
