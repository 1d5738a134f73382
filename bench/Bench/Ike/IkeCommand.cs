using System.CommandLine;
using Dmvpn.Lab.Peers.StrongSwan;

namespace Dmvpn.Bench.Ike;

/// <summary><c>bench ike</c>.</summary>
internal static class IkeCommand
{
    private const int Flooded = 100;

    // Starting and ending hubs, making certificates.
    private const int Overhead = 3;

    public static Command Create()
    {
        Option<bool> quick = new("--quick") { Description = "our hub alone and few set-ups: a few seconds, to see that it works" };
        Option<FileInfo?> json = new("--json") { Description = "write every figure of every run to a file", HelpName = "FILE" };
        Option<int> seconds = new("--seconds") { Description = "about how long it may take", DefaultValueFactory = _ => 60 };
        Option<int> setups = new("--setups") { Description = "set-ups in each case, where there is time for them", DefaultValueFactory = _ => 4000 };
        Option<bool> alone = new("--no-charon") { Description = "our hub alone" };
        Option<string?> only = new("--only") { Description = "cases whose name has this word (PSK, ECDSA, 19, 31); none: no set-ups", HelpName = "WORD" };
        Option<int> spokes = new("--spokes") { Description = "also: so many spokes with ESP and registration, their memory, and a storm of reconnections (target: 10000)" };
        Option<int> flood = new("--flood") { Description = "also: so many IKE_SA_INITs from spoofed addresses while 100 spokes come up (target: 100000)" };
        Command command = new("ike", "Set-ups that a hub answers, beside strongSwan's charon with the same load; memory per spoke; a storm of reconnections")
        {
            quick, json, seconds, setups, alone, only, spokes, flood,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            bool fast = parsed.GetValue(quick), charon = !fast && !parsed.GetValue(alone);
            if (charon && CharonPeer.Obstacle is { } obstacle)
            {
                Console.Error.WriteLine($"bench: without strongSwan: {obstacle}");
                charon = false;
            }
            string word = parsed.GetValue(only) ?? "";
            IkeCase[] cases = [.. fast ? [IkeCase.All[1], IkeCase.All[2]] : IkeCase.All.Where(c => c.Name.Contains(word, StringComparison.OrdinalIgnoreCase))];
            int count = fast ? 100 : parsed.GetValue(setups);
            double slot = parsed.GetValue(seconds) / (double)Math.Max(cases.Length * (charon ? 2 : 1), 1) - Overhead;
            int many = fast ? 200 : parsed.GetValue(spokes);
            using var population = new SpokePopulation(Math.Max(count + SetupBench.Warm, many), cases.Any(c => c.Certificates));
            List<SetupMeasure> measures = [];
            foreach (IkeCase way in cases)
            {
                cancel.ThrowIfCancellationRequested();
                Console.Error.WriteLine($"bench: {way.Name} ...");
                measures.AddRange(await SetupBench.RunAsync(way, population, count, TimeSpan.FromSeconds(Math.Max(slot, 1)), charon).ConfigureAwait(false));
            }
            List<ScaleMeasure> scales = [];
            // The key exchange that is the slower one of the two, and the proof that nearly all networks have.
            if (many > 0)
            {
                Console.Error.WriteLine($"bench: {many} spokes ...");
                scales.Add(await ScaleBench.RunAsync(IkeCase.All[0], population, many, !fast).ConfigureAwait(false));
            }
            List<FloodMeasure> floods = [];
            if ((fast ? 10_000 : parsed.GetValue(flood)) is > 0 and int spoofed)
            {
                Console.Error.WriteLine($"bench: {spoofed} spoofed IKE_SA_INITs ...");
                floods.Add(await FloodBench.RunAsync(IkeCase.All[1], population, spoofed, Flooded, !fast).ConfigureAwait(false));
            }
            var report = new IkeReport(measures, scales, floods);
            report.Print();
            if (parsed.GetValue(json) is { } file) report.Write(file.FullName);
            return 0;
        });
        return command;
    }
}
