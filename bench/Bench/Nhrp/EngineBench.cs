using System.Diagnostics;

namespace Dmvpn.Bench.Nhrp;

/// <summary>
/// The engine alone, and the engine with the forwarding table that its mappings become adjacencies in: no sockets, no threads. The
/// daemon's control thread does the same and sends.
/// </summary>
internal static class EngineBench
{
    // As many packets as a round of the control loop handles when it is busy.
    private const int Round = 64;

    /// <summary>The measurements of <see cref="SocketBench"/>, without and with the forwarding table.</summary>
    public static List<Measure> Run(int spokes, int samples) => [.. Run(spokes, samples, forwarding: false), .. Run(spokes, samples, forwarding: true)];

    private static List<Measure> Run(int spokes, int samples, bool forwarding)
    {
        string path = forwarding ? "engine+fib" : "engine";
        var sample = Sample.Of(spokes, samples);
        using var all = RequestSet.Registrations(sample.All);
        using var renewals = RequestSet.Registrations(sample.Some);
        using var passedOn = RequestSet.Resolutions(sample.Some, sample.Others, authoritative: true);
        using var cached = RequestSet.Resolutions(sample.Some, sample.Others, authoritative: false);
        var hub = new EngineHub(forwarding);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Measure registered = Run(hub, path, "registration", spokes, all);
        long after = GC.GetTotalMemory(forceFullCollection: true);
        return
        [
            registered with { BytesPerSpoke = (after - before) / (double)spokes },
            Run(hub, path, "renewal", spokes, renewals),
            Run(hub, path, "resolution, passed on", spokes, passedOn),
            Run(hub, path, "resolution, from cache", spokes, cached),
        ];
    }

    private static Measure Run(EngineHub hub, string path, string what, int spokes, RequestSet requests)
    {
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        int answers = 0;
        for (int i = 0; i < requests.Count; i++)
        {
            hub.Handle(requests, i);
            if (i % Round == Round - 1 || i == requests.Count - 1) answers += hub.CarryOut();
        }
        TimeSpan took = watch.Elapsed;
        cpu = Environment.CpuUsage.TotalTime - cpu;
        if (answers != requests.Count) throw new InvalidDataException($"{what}: {answers} answers to {requests.Count} requests");
        return new Measure(path, what, spokes, requests.Count, took.TotalSeconds, cpu.TotalNanoseconds / requests.Count);
    }
}
