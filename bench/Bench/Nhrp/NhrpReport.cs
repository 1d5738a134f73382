using System.Globalization;
using System.Text.Json;

namespace Dmvpn.Bench.Nhrp;

/// <summary>The figures of all runs as a table (the middle one, and how far the runs were apart) and as JSON (every one).</summary>
internal sealed class NhrpReport(IReadOnlyList<Measure> measures)
{
    /// <summary>Issue 2, section 8.</summary>
    private const int TargetSpokes = 100_000;
    private const double TargetSeconds = 5;
    private const double TargetBytes = 1024;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public void Print()
    {
        Line("path", "messages", "spokes", "per second", "(least - most)", "CPU ns each", "(least - most)", "to first", "bytes/spoke");
        Dictionary<string, double> first = [];
        string path = "";
        foreach (IGrouping<string, Measure> group in measures.GroupBy(m => m.Key).OrderBy(g => Order(g.First())))
        {
            Measure one = group.First();
            if (path != one.Path) Console.WriteLine();
            path = one.Path;
            double[] rates = [.. group.Select(m => m.PerSecond).Order()], costs = [.. group.Select(m => m.CpuNanoseconds).Order()];
            double[] bytes = [.. group.Where(m => m.BytesPerSpoke is not null).Select(m => m.BytesPerSpoke!.Value).Order()];
            double cost = Middle(costs), base1 = first.TryGetValue(one.Path + one.What, out double known) ? known : first[one.Path + one.What] = cost;
            Line(one.Path, one.What, Number(one.Spokes), Number(Middle(rates)), $"({Number(rates[0])} - {Number(rates[^1])})", Number(cost),
                $"({Number(costs[0])} - {Number(costs[^1])})", (cost / base1).ToString("0.00", CultureInfo.InvariantCulture), bytes.Length == 0 ? "" : Number(Middle(bytes)));
        }
        Console.WriteLine();
        PrintTargets();
    }

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(new
    {
        cores = Environment.ProcessorCount,
        kernel = Environment.OSVersion.VersionString,
        at = DateTimeOffset.UtcNow,
        measures,
    }, Json) + "\n");

    private void PrintTargets()
    {
        Measure[] reached = [.. measures.Where(m => m.Path == "socket" && m.What == "registration" && m.Spokes == TargetSpokes)];
        if (reached.Length == 0) return;
        double worst = reached.Max(m => m.Seconds), bytes = reached.Max(m => m.BytesPerSpoke ?? 0);
        Console.WriteLine(FormattableString.Invariant(
            $"{TargetSpokes} spokes registered through the socket in {reached.Min(m => m.Seconds):0.00} to {worst:0.00} s (target {TargetSeconds:0}): {Verdict(worst < TargetSeconds)}"));
        Console.WriteLine(FormattableString.Invariant(
            $"{bytes:0} bytes each at most, adjacency included (target {TargetBytes:0} beyond the adjacency): {Verdict(bytes < TargetBytes)}"));
        PrintSlope();
        Console.WriteLine(FormattableString.Invariant($"requests sent again: {reached.Sum(m => m.Retransmitted)}"));
    }

    // A process that has worked has larger buffers and garbage that was not yet collected, whether for 100 spokes or for 100,000: the difference of two
    // sizes is what one more spoke takes.
    private void PrintSlope()
    {
        (int Spokes, double Bytes)[] sizes = [.. measures.Where(m => m is { Path: "socket", BytesPerSpoke: not null }).GroupBy(m => m.Spokes)
            .Select(g => (g.Key, Middle([.. g.Select(m => m.BytesPerSpoke!.Value * g.Key).Order()]))).OrderBy(s => s.Key)];
        for (int i = 1; i < sizes.Length; i++)
        {
            double each = (sizes[i].Bytes - sizes[i - 1].Bytes) / (sizes[i].Spokes - sizes[i - 1].Spokes);
            Console.WriteLine(FormattableString.Invariant($"from {sizes[i - 1].Spokes} to {sizes[i].Spokes} spokes: {each:0} bytes for each more"));
        }
    }

    private static void Line(string path, string what, params string[] figures)
    {
        int[] widths = [8, 12, 24, 13, 18, 10, 13];
        Console.Write($"{path,-11}{what,-23}");
        for (int i = 0; i < figures.Length; i++) Console.Write(figures[i].PadLeft(widths[i]));
        Console.WriteLine();
    }

    private static string Verdict(bool met) => met ? "met" : "NOT met";

    private static int Order(Measure m) =>
        Array.IndexOf(["engine", "engine+fib", "socket"], m.Path) * 100
        + Array.IndexOf(["registration", "renewal", "resolution, passed on", "resolution, from cache"], m.What) * 10 + (int)Math.Log10(m.Spokes);

    private static double Middle(double[] ordered) => ordered.Length % 2 == 1 ? ordered[ordered.Length / 2] : (ordered[ordered.Length / 2 - 1] + ordered[ordered.Length / 2]) / 2;

    private static string Number(double value) => value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ');
}
