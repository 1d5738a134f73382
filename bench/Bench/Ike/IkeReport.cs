using System.Text.Json;

namespace Dmvpn.Bench.Ike;

/// <summary>The figures as a table and as JSON.</summary>
internal sealed class IkeReport(IReadOnlyList<SetupMeasure> measures, IReadOnlyList<ScaleMeasure> scales, IReadOnlyList<FloodMeasure> floods)
{
    /// <summary>Issue 3, section 6.</summary>
    private const double TargetRatio = 3;
    private const double TargetBytes = 12 * 1024;
    private const int TargetSpokes = 10_000;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public void Print()
    {
        if (measures.Count > 0) PrintSetups();
        foreach (ScaleMeasure s in scales)
        {
            Line($"{s.Spokes} spokes, {s.Case}, with ESP and registration: all up in {s.Seconds:0.0} s; {s.BytesPerSpoke:0} bytes each{(s.Spokes >= TargetSpokes ? FormattableString.Invariant($" (target {TargetBytes:0}): {Verdict(s.BytesPerSpoke <= TargetBytes)}") : "")}");
            Line($"hub crashed, all back at once by tickets: registered again after {s.ResumedSeconds:0.0} s ({s.ResumedCpuSeconds:0.0} s of the hub's CPU time), {s.RefusedTickets} tickets refused");
            Line($"the same without tickets: {s.AnewSeconds:0.0} s ({s.AnewCpuSeconds:0.0} s); cookies asked for in both storms: {s.Cookies}, messages sent again: {s.Retransmitted}");
        }
        foreach (FloodMeasure f in floods)
            Line($"{f.Spoofed} spoofed IKE_SA_INITs, {f.Case}: {f.Spokes} spokes registered meanwhile, in {f.Seconds:0.0} s; the hub grew by {f.GrownBytes / 1024} KB, {f.CpuSeconds:0.0} s of CPU time");
    }

    private void PrintSetups()
    {
        Line($"{"case",-24}{"hub",-8}{"set-ups",9}{"per second",12}{"CPU us each",13}{"per core",10}{"public-key us",15}{"of it",7}{"to charon",11}");
        List<double> ratios = [];
        foreach (IGrouping<string, SetupMeasure> group in measures.GroupBy(m => m.Case))
        {
            SetupMeasure? charon = group.FirstOrDefault(m => m.Hub == "charon");
            foreach (SetupMeasure m in group)
            {
                double? ratio = m == charon ? null : charon?.CpuNanoseconds / m.CpuNanoseconds;
                if (ratio is { } r) ratios.Add(r);
                Line($"{m.Case,-24}{m.Hub,-8}{m.Setups,9}{m.PerSecond,12:0}{m.CpuNanoseconds / 1000,13:0}{m.PerCore,10:0}{m.PublicKeyNanoseconds / 1000,15:0}{m.PublicKeyNanoseconds / m.CpuNanoseconds,7:0%}{ratio,11:0.00}");
            }
        }
        Console.WriteLine();
        if (ratios.Count > 0) Line($"per core {ratios.Min():0.00} to {ratios.Max():0.00} times charon (target {TargetRatio:0}): {Verdict(ratios.Min() >= TargetRatio)}");
        Console.WriteLine($"messages sent again: {measures.Sum(m => m.Retransmitted)}");
    }

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(new
    {
        cores = Environment.ProcessorCount,
        kernel = Environment.OSVersion.VersionString,
        load = File.ReadAllText("/proc/loadavg").Trim(),
        at = DateTimeOffset.UtcNow,
        measures,
        scales,
        floods,
    }, Json) + "\n");

    private static void Line(FormattableString text) => Console.WriteLine(FormattableString.Invariant(text));

    private static string Verdict(bool met) => met ? "met" : "NOT met";
}
