using System.Globalization;
using System.Text;
using System.Text.Json;
using Dmvpn.Bench.Tunnel.Subjects;

namespace Dmvpn.Bench.Tunnel;

/// <summary>What has a table of its own.</summary>
/// <param name="Allocations">What the daemons took from their garbage collectors.</param>
/// <param name="IdlePeers">What many idle peers cost.</param>
internal sealed record TunnelExtras(IReadOnlyList<AllocationFigure> Allocations, IReadOnlyList<IdlePeersFigure> IdlePeers);

/// <summary>The figures as a Markdown table (the middle one of the runs and, in brackets, the least and the most), the targets of issue 4, and JSON.</summary>
internal sealed class TunnelReport(IReadOnlyList<Row> rows, IReadOnlyList<Subject> subjects, IReadOnlyList<Figure> figures, TunnelExtras extras, double offer)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public IReadOnlyList<Row> Rows => rows;

    public IReadOnlyList<Subject> Subjects => subjects;

    /// <summary>The middle one of all runs; null when it was not measured.</summary>
    public double? Middle(string subject, string row, Func<Figure, double?>? what = null) => Of(subject, row, what) is { Length: > 0 } all ? Middle(all) : null;

    /// <summary>The middle one of figures in order.</summary>
    public static double Middle(double[] all) => all[all.Length / 2];

    public void Print(TextWriter to)
    {
        if (figures.Count > 0) PrintRows(to);
        AllocationBench.Print(to, extras.Allocations);
        IdlePeersBench.Print(to, extras.IdlePeers);
    }

    private void PrintRows(TextWriter to)
    {
        List<string[]> lines = [["", .. subjects.Select(s => s.Name)]];
        foreach (Row row in rows)
        {
            lines.Add([$"{row.Title}, {row.Unit}", .. subjects.Select(s => Cell(s.Name, row.Name, f => f.Value, Precision(row)))]);
            if (Any(row, f => f.Lost) && row.Unit != "ms") lines.Add(["  lost, %", .. subjects.Select(s => Cell(s.Name, row.Name, f => f.Lost, "0.0"))]);
            if (Any(row, f => f.CpuPerGigabit)) lines.Add(["  CPU, s for a Gbit", .. subjects.Select(s => Cell(s.Name, row.Name, f => f.CpuPerGigabit, "0.00"))]);
        }
        Table(to, lines);
        to.WriteLine();
        foreach (Subject subject in subjects) to.WriteLine($"{subject.Name}: {subject.Description}");
        to.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"offered: {offer:0.#} kpps; {Environment.ProcessorCount} cores for both ends and iperf3; load {figures.Min(f => f.Load):0.0} to {figures.Max(f => f.Load):0.0}"));
        Targets(to);
    }

    public async Task WriteAsync(string file, int seconds)
    {
        var versions = new Dictionary<string, string>();
        foreach (Subject subject in subjects) versions[subject.Name] = await subject.VersionAsync().ConfigureAwait(false);
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new
        {
            cores = Environment.ProcessorCount,
            kernel = Environment.OSVersion.VersionString,
            at = DateTimeOffset.UtcNow,
            seconds,
            offer,
            versions,
            rows = rows.Select(r => new { r.Name, r.Title, r.Unit }),
            figures,
            extras.Allocations,
            extras.IdlePeers,
        }, Json) + "\n").ConfigureAwait(false);
    }

    internal static string Precision(Row row) => row.Unit switch
    {
        "Gbit/s" => "0.00",
        "ms" => "0.000",
        _ => "0.0",
    };

    private bool Any(Row row, Func<Figure, double?> what) => figures.Any(f => f.Row == row.Name && what(f) is not null);

    private double[] Of(string subject, string row, Func<Figure, double?>? what) =>
        [.. figures.Where(f => f.Subject == subject && f.Row == row).Select(what ?? (f => f.Value)).OfType<double>().Order()];

    private string Cell(string subject, string row, Func<Figure, double?> what, string format) => Spread(Of(subject, row, what), format);

    /// <summary>The middle one of figures in order and, in brackets, the least and the most.</summary>
    internal static string Spread(double[] all, string format)
    {
        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
        return all.Length switch
        {
            0 => "",
            1 => Text(all[0]),
            _ => $"{Text(Middle(all))} ({Text(all[0])}-{Text(all[^1])})",
        };
    }

    internal static void Table(TextWriter to, List<string[]> lines)
    {
        int[] widths = [.. Enumerable.Range(0, lines[0].Length).Select(c => lines.Max(l => l[c].Length))];
        for (int i = 0; i < lines.Count; i++)
        {
            var text = new StringBuilder("|");
            for (int c = 0; c < widths.Length; c++) text.Append(' ').Append(c == 0 ? lines[i][c].PadRight(widths[c]) : lines[i][c].PadLeft(widths[c])).Append(" |");
            to.WriteLine(text);
            if (i == 0) to.WriteLine("|" + string.Concat(widths.Select((w, c) => (c == 0 ? " " : "") + new string('-', c == 0 ? w : w + 1) + (c == 0 ? " |" : ":|"))));
        }
    }

    private void Targets(TextWriter to)
    {
        const string Wg = "wireguard-go", Esp = "esp-udp";
        (string What, double? Ours, double? Theirs, double Factor, bool Least)[] targets =
        [
            ("TCP, 1 stream, to wireguard-go", Middle(Esp, "tcp1"), Middle(Wg, "tcp1"), 2.5, true),
            ("TCP, 1 stream, to our GRE in the clear", Middle(Esp, "tcp1"), Middle("gre", "tcp1"), 0.85, true),
            ("TCP, 4 streams, to wireguard-go", Middle(Esp, "tcp4"), Middle(Wg, "tcp4"), 2.5, true),
            ("UDP 64 bytes delivered, to wireguard-go", Middle(Esp, "udp64"), Middle(Wg, "udp64"), 4, true),
            ("ping under load, to wireguard-go", Middle(Esp, "ping-loaded"), Middle(Wg, "ping-loaded"), 0.2, false),
            ("transit, 1 TCP stream, to direct", Middle("esp-transit", "tcp1"), Middle(Esp, "tcp1"), 0.6, true),
            ("CPU for a Gbit, 1 TCP stream, to wireguard-go", Middle(Esp, "tcp1", f => f.CpuPerGigabit), Middle(Wg, "tcp1", f => f.CpuPerGigabit), 0.5, false),
        ];
        foreach ((string what, double? ours, double? theirs, double factor, bool least) in targets)
        {
            if (ours is not { } a || theirs is not { } b || b == 0) continue;
            double ratio = a / b;
            Verdict(to, what, ratio, factor, least, least ? ratio >= factor : ratio <= factor, "times");
        }
        if (Middle(Esp, "ping") is { } idle && Middle(Wg, "ping") is { } theirIdle)
            Verdict(to, "ping, idle, beyond wireguard-go", idle - theirIdle, 0.05, false, idle - theirIdle <= 0.05, "ms");
    }

    internal static void Verdict(TextWriter to, string what, double value, double target, bool least, bool met, string unit) =>
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"target: {what}: {value:0.00} {unit}, at {(least ? "least" : "most")} {target}: {(met ? "met" : "NOT met")}"));
}
