using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

/// <summary>
/// No change of a file makes a protected tunnel an unprotected one without an error: the file is refused, or the tunnel is
/// protected, shut down, or not there at all. Where the change is that the only line with <c>tunnel protection</c> goes, a
/// warning says that the tunnel sends in clear text.
/// </summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    private const int MostOfAFile = 3000, MostOfASharedFile = 150;

    public static TheoryData<string> Files => [.. Directory.GetFiles(Path.Combine(Text.Root(), "tests", "Management.Tests", "Config", "Files", "Protected"), "*.ios").Select(f => Path.GetFileName(f)!).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void AnyChangeOfAFile_LeavesItsTunnelsProtectedOrIsRefused(string file)
    {
        string text = Text.File(Path.Combine("Protected", file));
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text);
        Assert.True(config is not null, ConfigReportText.Render(file, report));
        Assert.Contains(config.Tunnels, t => t.Protection is not null);
        Assert.Empty(Losses(text, config, MostOfAFile, out int accepted));
        // Otherwise nothing was tried.
        Assert.True(accepted > 20, $"{accepted} changes were accepted");
    }

    /// <summary>Files as people have them: what keeps them from being run is removed first, so that there is something to lose.</summary>
    [Fact]
    public void AnyChangeOfARealFile_LeavesItsTunnelsProtectedOrIsRefused()
    {
        int tried = 0;
        List<string> losses = [];
        foreach (string file in SharedConfigurations.Files())
        {
            if (Runnable(File.ReadAllText(file)) is not ({ } text, { } config)) continue;
            losses.AddRange(Losses(text, config, MostOfASharedFile, out int accepted).Select(loss => $"{Path.GetFileName(file)}: {loss}"));
            if (accepted > 0) tried++;
        }
        output.WriteLine($"{tried} files");
        Assert.True(tried >= 10, $"{tried} files could be tried");
        Assert.Empty(losses);
    }

    private static List<string> Losses(string text, RouterConfig original, int most, out int accepted)
    {
        List<string> losses = [];
        accepted = 0;
        foreach ((string name, string changed) in Mutations.Of(text, most))
        {
            (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(changed, needsTunnel: true);
            if (config is null) continue;
            accepted++;
            foreach (TunnelConfig tunnel in original.Tunnels)
            {
                if (tunnel.Protection is null || config.Tunnel(tunnel.Id) is not { Protection: null, Shutdown: false }) continue;
                // The change took away the only line that protects: that is what people do by hand, and there is a warning.
                bool isGone = Protections(changed) == 0;
                if (isGone && (report.Findings.Any(f => f.Kind == FindingKind.Warning && f.Reason.Contains("in clear text", StringComparison.Ordinal)) || !changed.Contains("crypto", StringComparison.OrdinalIgnoreCase))) continue;
                losses.Add($"{name}: {tunnel.Id}");
            }
        }
        return losses;
    }

    /// <summary>Lines that say that they protect a tunnel, remarks left out.</summary>
    private static int Protections(string text) =>
        text.Split('\n', '\r').Count(line => line.Contains("protection ipsec profile", StringComparison.OrdinalIgnoreCase) && line.TrimStart() is not ['!', ..]);

    /// <summary>The file without the lines that are refused, behind crypto blocks that fit any profile; null when nothing protected is left.</summary>
    private static (string? Text, RouterConfig? Config) Runnable(string text)
    {
        const string crypto = "crypto ikev2 keyring TEST\n peer ANY\n  address 192.0.2.0 255.255.255.0\n  pre-shared-key oneKeyForAllOfThisTest\n"
            + "crypto ikev2 profile TEST\n match identity remote address 192.0.2.0 255.255.255.0\n authentication remote pre-share\n authentication local pre-share\n keyring local TEST\n"
            + "crypto ipsec profile TEST\n set ikev2-profile TEST\n";
        List<string> lines = [.. (crypto + text.TrimStart('\uFEFF').ReplaceLineEndings("\n")).Split('\n')];
        for (int round = 0; round < 60; round++)
        {
            (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(string.Join('\n', lines));
            if (config is not null) return config.Tunnels.Any(t => t.Protection is not null) ? (string.Join('\n', lines), config) : (null, null);
            foreach (int line in report.Findings.Where(f => f.Kind == FindingKind.Error).Select(f => f.Line).Distinct().OrderDescending())
            {
                string old = lines[line - 1];
                lines.RemoveAt(line - 1);
                // Its profile is the one from above.
                if (old.Contains("tunnel protection", StringComparison.OrdinalIgnoreCase)) lines.Insert(line - 1, " tunnel protection ipsec profile TEST");
            }
        }
        return (null, null);
    }
}
