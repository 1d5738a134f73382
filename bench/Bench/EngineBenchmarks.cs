using BenchmarkDotNet.Attributes;
using Dmvpn.Bench.Nhrp;

namespace Dmvpn.Bench;

/// <summary>One message through the engine, its reply written; as many spokes registered as said, asked for at random.</summary>
[MemoryDiagnoser]
public class EngineBenchmarks : IDisposable
{
    private const int Requests = 16_384;

    private EngineHub _hub = null!;
    private RequestSet _renewals = null!;
    private RequestSet _resolutions = null!;
    private int _next;

    [Params(1000, 100_000)]
    public int Spokes { get; set; }

    [GlobalSetup]
    public void Register()
    {
        var random = new Random(1);
        _hub = new EngineHub(forwarding: false);
        int[] some = new int[Requests], others = new int[Requests];
        for (int i = 0; i < Requests; i++)
        {
            some[i] = random.Next(Spokes);
            others[i] = (some[i] + 1 + random.Next(Spokes - 1)) % Spokes;
        }
        using (var all = RequestSet.Registrations([.. Enumerable.Range(0, Spokes)]))
        {
            for (int i = 0; i < Spokes; i++)
            {
                _hub.Handle(all, i);
                _hub.CarryOut();
            }
        }
        _renewals = RequestSet.Registrations(some);
        _resolutions = RequestSet.Resolutions(some, others, authoritative: true);
    }

    [Benchmark]
    public int Renewal() => One(_renewals);

    [Benchmark]
    public int ResolutionPassedOn() => One(_resolutions);

    [GlobalCleanup]
    public void Dispose()
    {
        _renewals.Dispose();
        _resolutions.Dispose();
        GC.SuppressFinalize(this);
    }

    private int One(RequestSet requests)
    {
        _next = _next + 1 & Requests - 1;
        _hub.Handle(requests, _next);
        return _hub.CarryOut();
    }
}
