using System.Diagnostics;
using Dmvpn.Bench.Nhrp;

namespace Dmvpn.Bench.Ike;

/// <summary>What many spokes take, and how long they take to come back.</summary>
/// <param name="Case">How they set SAs up.</param>
/// <param name="Spokes">How many.</param>
/// <param name="Seconds">From the first IKE_SA_INIT to the last registration reply, 64 at a time.</param>
/// <param name="BytesPerSpoke">Growth of the hub's own resident memory: IKE SA, ESP SA each way with its cipher, association, mapping, adjacency.</param>
/// <param name="ResumedSeconds">From the crash of the hub, its start included, until all are registered again by their tickets; all begin at once.</param>
/// <param name="ResumedCpuSeconds">CPU time of the new hub for that.</param>
/// <param name="RefusedTickets">Tickets that it did not take.</param>
/// <param name="AnewSeconds">The same without tickets: with key exchange and authentication.</param>
/// <param name="AnewCpuSeconds">CPU time for that.</param>
/// <param name="Cookies">Cookies that it asked for in both storms.</param>
/// <param name="Retransmitted">Messages that were sent again in both storms.</param>
internal sealed record ScaleMeasure(
    string Case, int Spokes, double Seconds, double BytesPerSpoke, double ResumedSeconds, double ResumedCpuSeconds, int RefusedTickets, double AnewSeconds, double AnewCpuSeconds, int Cookies,
    int Retransmitted);

/// <summary>Spokes with child SA and registration through it; the hub's crash, and all of them back at once.</summary>
internal static class ScaleBench
{
    private const int Window = 64;
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    public static async Task<ScaleMeasure> RunAsync(IkeCase way, SpokePopulation population, int spokes, bool thorough)
    {
        IkeHub hub = await IkeHub.StartOursAsync(way, population).ConfigureAwait(false);
        await using (hub.ConfigureAwait(false))
        {
            using var generator = new IkeGenerator(hub.Spokes, population, way, withChild: true);
            long before = await hub.SettledBytesAsync(thorough).ConfigureAwait(false);
            TimeSpan first = Whole(generator.Run(0, spokes, Window, Long), spokes);
            long after = await hub.SettledBytesAsync(thorough).ConfigureAwait(false);
            int cookies = generator.Cookies, retransmitted = generator.Retransmitted;

            (double resumed, double resumedCpu) = await StormAsync(hub, generator, spokes, resume: true).ConfigureAwait(false);
            int refused = generator.RefusedTickets;
            (double anew, double anewCpu) = await StormAsync(hub, generator, spokes, resume: false).ConfigureAwait(false);
            return new ScaleMeasure(
                way.Name, spokes, first.TotalSeconds, (after - before) / (double)spokes, resumed, resumedCpu, refused, anew, anewCpu, generator.Cookies - cookies,
                generator.Retransmitted - retransmitted);
        }
    }

    private static async Task<(double Seconds, double CpuSeconds)> StormAsync(IkeHub hub, IkeGenerator generator, int spokes, bool resume)
    {
        var watch = Stopwatch.StartNew();
        await hub.RestartAsync().ConfigureAwait(false);
        long cpu = ProcessFigures.CpuNanoseconds(hub.Process);
        Whole(generator.Run(0, spokes, spokes, Long, resume), spokes);
        return (watch.Elapsed.TotalSeconds, (ProcessFigures.CpuNanoseconds(hub.Process) - cpu) / 1e9);
    }

    private static TimeSpan Whole((int Count, TimeSpan Took) run, int spokes) =>
        run.Count == spokes ? run.Took : throw new TimeoutException($"{run.Count} of {spokes} spokes in {run.Took.TotalSeconds} s");
}
