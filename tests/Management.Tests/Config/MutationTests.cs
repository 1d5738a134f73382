using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

/// <summary>
/// No change of a file makes a protected tunnel an unprotected one without an error: the file is refused, or the tunnel is
/// protected, shut down, or not there at all. Where the change is that the only line with <c>tunnel protection</c> goes, a
/// warning says that the tunnel sends in clear text.
/// </summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    private const int MostOfAFile = 3000, MostOfASharedFile = 150, MostMovesOfAFile = 4000;

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

    /// <summary>Every line of every file, moved to every place: the interface lines among them take other lines along.</summary>
    [Fact]
    [Trait("When", "Nightly")]
    public void AnyMoveOfALineOfAnyFile_LeavesItsTunnelsProtectedOrIsRefused()
    {
        long until = Environment.TickCount64 + (long)TimeSpan.FromMinutes(10).TotalMilliseconds;
        List<string> losses = [];
        int moves = 0;
        IEnumerable<(string Name, string Text)> own = Files.Select(f => (f.Data, Tests.Config.Text.File(Path.Combine("Protected", f.Data))));
        IEnumerable<(string Name, string Text)> shared = SharedConfigurations.Files()
            .Select(f => (Path.GetFileName(f), Runnable(File.ReadAllText(f)).Text ?? "")).Where(f => f.Item2.Length > 0);
        foreach ((string name, string text) in own.Concat(shared))
        {
            if (Environment.TickCount64 > until) break;
            RouterConfig original = ConfigLoader.Load(text).Config!;
            losses.AddRange(Losses(text, original, Mutations.Moves(text, MostMovesOfAFile), out int accepted).Select(loss => $"{name}: {loss}"));
            moves += accepted;
        }
        output.WriteLine($"{moves} moves were accepted");
        Assert.True(moves > 1000, $"{moves} moves were accepted");
        Assert.Empty(losses);
    }

    /// <summary>What stands behind a moved <c>interface</c> line is another tunnel's from there on: an error or a warning says so.</summary>
    [Fact]
    public void InterfaceLineMovedIntoAnotherTunnel_IsNeverTakenWithoutAWord()
    {
        const string crypto = "crypto ikev2 keyring K\n peer A\n  address 192.0.2.0 255.255.255.0\n  pre-shared-key aVeryLongKeyOfThisTest\ncrypto ikev2 profile I\n match identity remote address 192.0.2.0 255.255.255.0\n"
            + " authentication remote pre-share\n authentication local pre-share\n keyring local K\ncrypto ipsec profile P\n set ikev2-profile I\n";
        string[] first = [.. Block(0)], second = [.. Block(1)];
        for (int at = 1; at < first.Length; at++)
        {
            string text = crypto + string.Join('\n', [.. first[..at], second[0], .. first[at..], .. second[1..]]) + "\n";
            ConfigReport report = ConfigLoader.Load(text, needsTunnel: true).Report;
            Assert.True(report.Findings.Any(f => f.Kind > FindingKind.Note), $"moved to line {at + 1} of Tunnel0:\n{text}");
        }

        static IEnumerable<string> Block(int number) =>
        [
            $"interface Tunnel{number}", $" ip address 10.{number}.0.1 255.255.255.0", $" ip nhrp network-id {number + 1}", " ip nhrp redirect", $" tunnel source 192.0.2.{number + 1}",
            " tunnel mode gre multipoint", $" tunnel key {number + 1}", " tunnel protection ipsec profile P",
        ];
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

    private static List<string> Losses(string text, RouterConfig original, int most, out int accepted) => Losses(text, original, Mutations.Of(text, most), out accepted);

    private static List<string> Losses(string text, RouterConfig original, IEnumerable<(string Name, string Text)> mutations, out int accepted)
    {
        List<string> losses = [];
        accepted = 0;
        foreach ((string name, string changed) in mutations)
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
