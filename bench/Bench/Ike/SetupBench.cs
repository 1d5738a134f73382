using Dmvpn.Bench.Nhrp;

namespace Dmvpn.Bench.Ike;

/// <summary>One hub's figures in one case.</summary>
/// <param name="Case">Which.</param>
/// <param name="Hub"><c>dmvpn</c> or <c>charon</c>.</param>
/// <param name="Setups">Answered and measured, IKE_SA_INIT and IKE_AUTH each.</param>
/// <param name="Seconds">Wall time of the hub's turns.</param>
/// <param name="CpuNanoseconds">CPU time of the hub's process for one, all threads and system calls.</param>
/// <param name="PublicKeyNanoseconds">CPU time of the public-key operations of one, by themselves, in the same run.</param>
/// <param name="Retransmitted">Messages that were sent again.</param>
internal sealed record SetupMeasure(string Case, string Hub, int Setups, double Seconds, double CpuNanoseconds, double PublicKeyNanoseconds, int Retransmitted)
{
    public double PerSecond => Setups / Seconds;

    /// <summary>What one core of the hub would answer.</summary>
    public double PerCore => 1e9 / CpuNanoseconds;
}

/// <summary>Full set-ups without child SA (RFC 6023), each spoke once, first with our hub, then with charon.</summary>
internal static class SetupBench
{
    /// <summary>Set-ups before those that are measured.</summary>
    public const int Warm = 200;

    // Less than the half-open SAs from which our hub asks for cookies (charon is told not to ask), and than the messages that fit into charon's socket.
    private const int Turn = 64;

    /// <param name="way">How.</param>
    /// <param name="population">At least <paramref name="count"/> and <see cref="Warm"/> spokes.</param>
    /// <param name="count">Set-ups to be measured.</param>
    /// <param name="most">Time for these.</param>
    /// <param name="charon">With charon.</param>
    public static async Task<List<SetupMeasure>> RunAsync(IkeCase way, SpokePopulation population, int count, TimeSpan most, bool charon)
    {
        double bare = PublicKeyCost.Of(way);
        List<SetupMeasure> measures = [await MeasureAsync("dmvpn", way, population, bare, count, most).ConfigureAwait(false)];
        if (charon) measures.Add(await MeasureAsync("charon", way, population, bare, count, most).ConfigureAwait(false));
        return measures;
    }

    private static async Task<SetupMeasure> MeasureAsync(string name, IkeCase way, SpokePopulation population, double bare, int count, TimeSpan most)
    {
        IkeHub hub = await (name == "charon" ? IkeHub.StartCharonAsync(way, population) : IkeHub.StartOursAsync(way, population)).ConfigureAwait(false);
        await using (hub.ConfigureAwait(false))
        {
            using var generator = new IkeGenerator(hub.Spokes, population, way, withChild: false);
            generator.RunInTurns(0, Warm, Turn, most);
            long before = ProcessFigures.CpuNanoseconds(hub.Process);
            (int done, TimeSpan took) = generator.RunInTurns(Warm, count, Turn, most);
            long cpu = ProcessFigures.CpuNanoseconds(hub.Process) - before;
            return new SetupMeasure(way.Name, name, done, took.TotalSeconds, (double)cpu / done, bare, generator.Retransmitted);
        }
    }
}
