using System.CommandLine;

namespace Dmvpn.Bench.Nhrp;

/// <summary><c>bench nhrp</c>.</summary>
internal static class NhrpCommand
{
    public static Command Create()
    {
        Option<bool> quick = new("--quick") { Description = "1,000 spokes, one run: a few seconds, to see that it works" };
        Option<FileInfo?> json = new("--json") { Description = "write every figure of every run to a file", HelpName = "FILE" };
        Option<int> runs = new("--runs") { Description = "how often everything is measured", DefaultValueFactory = _ => 3 };
        Option<int[]> spokes = new("--spokes") { Description = "numbers of spokes", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1000, 10_000, 100_000] };
        Option<string?> only = new("--only") { Description = "engine or socket" };
        only.AcceptOnlyFromAmong("engine", "socket");
        Command command = new("nhrp", "Registrations and resolutions through the engine and through the socket; memory per spoke")
        {
            quick, json, runs, spokes, only,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            bool fast = parsed.GetValue(quick);
            int[] sizes = fast ? [1000] : parsed.GetValue(spokes)!;
            List<Measure> measures = [];
            // The just-in-time compiler's work is not what is measured.
            _ = EngineBench.Run(1000, 2000);
            for (int run = 1; run <= (fast ? 1 : parsed.GetValue(runs)); run++)
            {
                foreach (int size in sizes)
                {
                    cancel.ThrowIfCancellationRequested();
                    Console.Error.WriteLine($"bench: run {run}, {size} spokes ...");
                    int samples = fast ? 2000 : 20_000;
                    if (parsed.GetValue(only) != "socket") measures.AddRange(EngineBench.Run(size, samples).Select(m => m with { Run = run }));
                    if (parsed.GetValue(only) != "engine") measures.AddRange((await SocketBench.RunAsync(size, samples).ConfigureAwait(false)).Select(m => m with { Run = run }));
                }
            }
            var report = new NhrpReport(measures);
            report.Print();
            if (parsed.GetValue(json) is { } file) report.Write(file.FullName);
            return 0;
        });
        return command;
    }
}
