using System.Globalization;
using Dmvpn.Bench.Ike;
using Dmvpn.Bench.Tunnel.Subjects;
using Dmvpn.Lab.Hosts;

namespace Dmvpn.Bench.Tunnel;

/// <summary>One measurement with and without idle peers, one right after the other.</summary>
/// <param name="Run">Which, from 1.</param>
/// <param name="Row">What was sent.</param>
/// <param name="Unit">Of the figures.</param>
/// <param name="Others">Idle peers.</param>
/// <param name="OnePeer">The hub without them.</param>
/// <param name="ManyPeers">The hub with them.</param>
internal sealed record IdlePeersFigure(int Run, string Row, string Unit, int Others, Figure OnePeer, Figure ManyPeers)
{
    /// <summary>With them to without them.</summary>
    public double Ratio => ManyPeers.Value / OnePeer.Value;

    /// <summary>The same for what it costs: less is better.</summary>
    public double? CpuRatio => ManyPeers.CpuPerGigabit / OnePeer.CpuPerGigabit;
}

/// <summary>What 10,000 peers that have nothing to say cost those that have: two hubs, both up, measured in turns.</summary>
internal static class IdlePeersBench
{
    /// <summary>Issue 4: less than 5 % slower.</summary>
    private const double Target = 0.95;

    private static readonly Row[] Rows =
    [
        new("tcp1", "TCP, 1 stream to the hub", "Gbit/s", (s, t) => t.TcpAsync(s, 1)),
        new("tcp1-back", "TCP, 1 stream from the hub", "Gbit/s", (s, t) => t.TcpAsync(s, 1, back: true)),
        new("udp64", "UDP 64 bytes to the hub, as many as go", "kpps", (s, t) => t.UdpAsync(s, 64, null)),
    ];

    public static async Task<List<IdlePeersFigure>> RunAsync(LabRun run, Traffic traffic, int runs, int others, Func<Subject, Row, int, Task<Figure>> measure)
    {
        using var population = new SpokePopulation(others, certificates: false);
        using IdlePeersSubject one = new(0, population), many = new(others, population);
        foreach (IdlePeersSubject subject in (IdlePeersSubject[])[one, many])
        {
            Console.Error.WriteLine($"bench: starting {subject.Name} ...");
            await subject.StartAsync(run).ConfigureAwait(false);
            await Traffic.ServeAsync(subject).ConfigureAwait(false);
        }
        List<IdlePeersFigure> figures = [];
        for (int i = 1; i <= runs; i++)
        {
            foreach (Row row in Rows)
            {
                // Each is the first one as often as the other.
                bool ahead = (i & 1) != 0;
                Figure first = await measure(ahead ? one : many, row, i).ConfigureAwait(false), second = await measure(ahead ? many : one, row, i).ConfigureAwait(false);
                figures.Add(new IdlePeersFigure(i, row.Title, row.Unit, others, ahead ? first : second, ahead ? second : first));
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bench: run {i}, idle peers, {row.Name}: {figures[^1].OnePeer.Value:0.##} without, {figures[^1].ManyPeers.Value:0.##} with"));
            }
        }
        await many.CheckAsync().ConfigureAwait(false);
        return figures;
    }

    public static void Print(TextWriter to, IReadOnlyList<IdlePeersFigure> figures)
    {
        if (figures.Count == 0) return;
        List<string[]> lines = [["", "one peer", $"and {figures[0].Others} idle ones", "times"]];
        foreach (IGrouping<string, IdlePeersFigure> row in figures.GroupBy(f => f.Row))
        {
            lines.Add([$"{row.Key}, {row.First().Unit}", Spread(row, f => f.OnePeer.Value), Spread(row, f => f.ManyPeers.Value), Spread(row, f => f.Ratio)]);
            lines.Add(["  CPU, s for a Gbit", Spread(row, f => f.OnePeer.CpuPerGigabit), Spread(row, f => f.ManyPeers.CpuPerGigabit), Spread(row, f => f.CpuRatio)]);
        }
        TunnelReport.Table(to, lines);
        foreach (IGrouping<string, IdlePeersFigure> row in figures.GroupBy(f => f.Row))
        {
            double middle = TunnelReport.Middle([.. row.Select(f => f.Ratio).Order()]);
            TunnelReport.Verdict(to, $"{row.First().Others} idle peers, {row.Key}, to one peer", middle, Target, true, middle >= Target, "times");
        }
        to.WriteLine();
    }

    private static string Spread(IEnumerable<IdlePeersFigure> figures, Func<IdlePeersFigure, double?> what) => TunnelReport.Spread([.. figures.Select(what).OfType<double>().Order()], "0.00");
}
