using System.CommandLine;
using System.Globalization;
using Dmvpn.Bench.Nhrp;
using Dmvpn.Bench.Tunnel.Subjects;
using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;

namespace Dmvpn.Bench.Tunnel;

/// <summary><c>bench tunnel</c>.</summary>
internal static class TunnelCommand
{
    private const string Garbage = "gc", IdlePeers = "idle-peers";

    // Measurements with a table of their own.
    private static readonly string[] Extras = [Garbage, IdlePeers];

    private static readonly string[] QuickWords = ["gre", "esp-udp", "esp-raw", "esp-transit", "tcp1", "ping", Garbage, IdlePeers];

    public static Command Create()
    {
        Option<bool> quick = new("--quick") { Description = "our own ways, one TCP stream and ping, one second each: to see that they work" };
        Option<string[]> only = new("--only")
        {
            Description = $"rows ({string.Join(", ", Row.All.Select(r => r.Name))}) and subjects ({string.Join(", ", Subjects(null, "wireguard-go", "nebula").Select(s => s.Name))}); by default all that can be measured. "
                + $"Only by name: {Garbage}, allocations and garbage collections of our daemons in a TCP stream of {TunnelLimits.QuietSeconds} s; {IdlePeers}, a hub with {TunnelLimits.IdlePeers} idle peers beside one without",
            AllowMultipleArgumentsPerToken = true,
            HelpName = "NAME",
        };
        Option<int?> seconds = new("--seconds") { Description = $"how long one measurement takes: 3, or for {Garbage} {TunnelLimits.QuietSeconds}" };
        Option<int> runs = new("--runs") { Description = "how often everything is measured", DefaultValueFactory = _ => 1 };
        Option<double> offer = new("--offer") { Description = "packets a second where a fixed rate is offered, in thousands", DefaultValueFactory = _ => 20 };
        Option<FileInfo?> json = new("--json") { Description = "write every figure of every run to a file", HelpName = "FILE" };
        Option<FileInfo?> svg = new("--svg") { Description = "draw the table", HelpName = "FILE" };
        Option<FileInfo?> before = new("--before") { Description = "another dmvpn to measure beside this one", HelpName = "FILE" };
        Option<string> wireGuard = new("--wireguard-go") { Description = "another wireguard-go than the installed one", HelpName = "FILE", DefaultValueFactory = _ => "wireguard-go" };
        Option<string> nebula = new("--nebula") { Description = "another nebula than the installed one; nebula-cert is beside it", HelpName = "FILE", DefaultValueFactory = _ => "nebula" };
        Command command = new("tunnel", "Throughput, packets a second, loss, latency and CPU time through tunnels, ours and others', side by side in namespaces")
        {
            quick, only, seconds, runs, offer, json, svg, before, wireGuard, nebula,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            List<Subject> subjects = Subjects(parsed.GetValue(before)?.FullName, parsed.GetValue(wireGuard)!, parsed.GetValue(nebula)!);
            bool fast = parsed.GetValue(quick);
            string[] words = fast ? QuickWords : [.. (parsed.GetValue(only) ?? []).SelectMany(w => w.Split(',', StringSplitOptions.RemoveEmptyEntries))];
            if (Unknown(words, subjects) is { } unknown)
            {
                Console.Error.WriteLine($"bench: '{unknown}' is neither a row nor a subject; see bench tunnel --help");
                return 2;
            }
            if (Traffic.Obstacle is { } missing)
            {
                Console.Error.WriteLine("bench: " + missing);
                return 1;
            }
            (List<Row> rows, string[] extras, subjects) = Choose(words, subjects);
            foreach (Subject absent in subjects.Where(s => s.Obstacle is not null)) Console.Error.WriteLine($"bench: without {absent.Name}: {absent.Obstacle}");
            subjects.RemoveAll(s => s.Obstacle is not null);
            int each = fast ? 1 : parsed.GetValue(seconds) ?? 3;
            var traffic = new Traffic(each, parsed.GetValue(offer));
            var quiet = new Traffic(fast ? 1 : parsed.GetValue(seconds) ?? TunnelLimits.QuietSeconds, traffic.Offer);
            int others = !extras.Contains(IdlePeers) ? 0 : fast ? TunnelLimits.FewIdlePeers : TunnelLimits.IdlePeers;
            (List<Figure> figures, TunnelExtras special) =
                await RunAsync(subjects, rows, traffic, extras.Contains(Garbage) ? quiet : null, others, parsed.GetValue(runs), cancel).ConfigureAwait(false);
            var report = new TunnelReport(rows, subjects, figures, special, traffic.Offer);
            report.Print(Console.Out);
            if (parsed.GetValue(json) is { } file) await report.WriteAsync(file.FullName, each).ConfigureAwait(false);
            if (parsed.GetValue(svg) is { } picture) await File.WriteAllTextAsync(picture.FullName, new TunnelChart(report).ToString(), cancel).ConfigureAwait(false);
            // What must never be is what a test of all fails by.
            return fast && special.Allocations.Any(a => a.WorkerBytes != 0) ? 1 : 0;
        });
        return command;
    }

    private static List<Subject> Subjects(string? before, string wireGuard, string nebula)
    {
        string ours = DmvpnDaemon.Binary;
        List<Subject> subjects =
        [
            new RawSubject(),
            new DmvpnSubject("gre", Carriage.Clear, transit: false, ours),
            new DmvpnSubject("esp-udp", Carriage.EspInUdp, transit: false, ours),
            new DmvpnSubject("esp-raw", Carriage.RawEsp, transit: false, ours),
            new DmvpnSubject("gre-transit", Carriage.Clear, transit: true, ours),
            new DmvpnSubject("esp-transit", Carriage.EspInUdp, transit: true, ours),
            new DmvpnSubject("esp-transit-direct", Carriage.EspInUdp, transit: true, ours, direct: true),
        ];
        if (before is not null)
        {
            subjects.Add(new DmvpnSubject("gre-before", Carriage.Clear, transit: false, before));
            subjects.Add(new DmvpnSubject("esp-udp-before", Carriage.EspInUdp, transit: false, before));
            subjects.Add(new DmvpnSubject("esp-raw-before", Carriage.RawEsp, transit: false, before));
        }
        subjects.AddRange([new WireGuardSubject(wireGuard), new LibipsecSubject(), new OpenVpnSubject(), new NebulaSubject(nebula), new TincSubject()]);
        return subjects;
    }

    private static string? Unknown(string[] words, List<Subject> subjects) =>
        words.FirstOrDefault(w => !Extras.Contains(w) && !Row.All.Any(r => r.Name == w) && !subjects.Any(s => s.Name == w));

    private static (List<Row> Rows, string[] Extras, List<Subject> Subjects) Choose(string[] words, List<Subject> subjects)
    {
        List<Row> rows = [.. Row.All.Where(r => words.Contains(r.Name))];
        string[] extras = [.. Extras.Where(words.Contains)];
        List<Subject> named = [.. subjects.Where(s => words.Contains(s.Name))];
        if (rows.Count == 0 && extras.Length == 0) rows = [.. Row.All];
        if (named.Count > 0) return (rows, extras, named);
        // Idle peers have hubs of their own, and the way that garbage is made is the same for all of ours.
        return (rows, extras, rows.Count > 0 ? subjects : extras.Contains(Garbage) ? [.. subjects.Where(s => s.Name == "esp-udp")] : []);
    }

    // A run is a row for all subjects, one right after the other: what else the machine does then hits them alike.
    private static async Task<(List<Figure> Figures, TunnelExtras Extras)> RunAsync(
        List<Subject> subjects, List<Row> rows, Traffic traffic, Traffic? quiet, int others, int runs, CancellationToken cancel)
    {
        LabRun run = LabRun.Start();
        try
        {
            foreach (Subject subject in subjects)
            {
                cancel.ThrowIfCancellationRequested();
                Console.Error.WriteLine($"bench: starting {subject.Name} ...");
                await subject.StartAsync(run).ConfigureAwait(false);
                await Traffic.ServeAsync(subject).ConfigureAwait(false);
            }
            List<Figure> figures = [];
            for (int i = 1; i <= runs; i++)
            {
                foreach (Row row in rows)
                {
                    Console.Error.Write($"bench: run {i}, {row.Name} ");
                    foreach (Subject subject in subjects)
                    {
                        cancel.ThrowIfCancellationRequested();
                        figures.Add(await MeasureAsync(subject, row, traffic, i).ConfigureAwait(false));
                        Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $" {subject.Name} {figures[^1].Value:0.###}"));
                    }
                    Console.Error.WriteLine();
                }
            }
            List<AllocationFigure> allocations = [];
            foreach (DmvpnSubject subject in quiet is null ? [] : subjects.OfType<DmvpnSubject>())
            {
                cancel.ThrowIfCancellationRequested();
                Console.Error.WriteLine($"bench: garbage of {subject.Name} ...");
                allocations.Add(await AllocationBench.RunAsync(subject, quiet!).ConfigureAwait(false));
            }
            List<IdlePeersFigure> idle = others == 0 ? []
                : await IdlePeersBench.RunAsync(run, traffic, runs, others, (subject, row, i) => MeasureAsync(subject, row, traffic, i)).ConfigureAwait(false);
            return (figures, new TunnelExtras(allocations, idle));
        }
        catch
        {
            run.KeepFiles = !run.IsOver && !cancel.IsCancellationRequested;
            if (run.KeepFiles) Console.Error.WriteLine($"bench: the logs are in {run.Directory}");
            throw;
        }
        finally
        {
            await run.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<Figure> MeasureAsync(Subject subject, Row row, Traffic traffic, int run)
    {
        long before = subject.Processes.Sum(ProcessFigures.CpuNanoseconds);
        Sample sample = await row.Measure(subject, traffic).ConfigureAwait(false);
        double computed = (subject.Processes.Sum(ProcessFigures.CpuNanoseconds) - before) / 1e9;
        double load = double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);
        return new Figure(run, subject.Name, row.Name, sample.Value, sample.Lost, subject.Processes.Count == 0 || sample.Bits == 0 ? null : computed / (sample.Bits / 1e9), load);
    }
}
