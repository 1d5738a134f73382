using Dmvpn.Bench.Nhrp;

namespace Dmvpn.Bench.Ike;

/// <summary>What a flood from nowhere does to the hub and to the spokes that come up meanwhile.</summary>
/// <param name="Case">How the spokes set SAs up.</param>
/// <param name="Spoofed">IKE_SA_INITs from addresses where nobody is.</param>
/// <param name="Spokes">Spokes that came up and registered while it lasted: all that wanted to.</param>
/// <param name="Seconds">How long that took them.</param>
/// <param name="GrownBytes">Growth of the hub's resident memory by it and the spokes, after a fifth of it had gone before.</param>
/// <param name="CpuSeconds">CPU time of the hub for all of it.</param>
internal sealed record FloodMeasure(string Case, int Spoofed, int Spokes, double Seconds, long GrownBytes, double CpuSeconds);

/// <summary>The flood of issue 3, section 6, against the real program: throws when a spoke does not come up, or the hub grows.</summary>
internal static class FloodBench
{
    // The mailbox between worker and control thread has 8 MB, which a flood fills and which stay; as much again for what the collector has not collected yet.
    private const long MostGrowth = 32 << 20;

    public static async Task<FloodMeasure> RunAsync(IkeCase way, SpokePopulation population, int spoofed, int spokes, bool thorough)
    {
        IkeHub hub = await IkeHub.StartOursAsync(way, population).ConfigureAwait(false);
        await using (hub.ConfigureAwait(false))
        {
            using var generator = new IkeGenerator(hub.Spokes, population, way, withChild: true);
            using var flood = new SpoofedFlood(hub.Spokes, way);
            // Buffers of the hub that are used for the first time are not what grows with a flood.
            flood.Run(spoofed / 5);
            long before = await hub.SettledBytesAsync(thorough).ConfigureAwait(false), cpu = ProcessFigures.CpuNanoseconds(hub.Process);
            Task running = Task.Factory.StartNew(() => flood.Run(spoofed), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            int up;
            TimeSpan took;
            try
            {
                (up, took) = generator.Run(0, spokes, spokes, TimeSpan.FromMinutes(1));
            }
            finally
            {
                // Its memory goes away with this method.
                await running.ConfigureAwait(false);
            }
            cpu = ProcessFigures.CpuNanoseconds(hub.Process) - cpu;
            if (up != spokes) throw new TimeoutException($"{up} of {spokes} spokes came up in a flood");
            long after = await hub.SettledBytesAsync(thorough).ConfigureAwait(false);
            if (after - before > MostGrowth) throw new InvalidDataException($"the hub grew by {after - before} bytes in a flood");
            return new FloodMeasure(way.Name, spoofed, up, took.TotalSeconds, after - before, cpu / 1e9);
        }
    }
}
