using System.Diagnostics;
using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Nhrp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Bench.Nhrp;

/// <summary>
/// The engine alone, and the engine with the forwarding table that its mappings become adjacencies in: no sockets, no threads. The
/// daemon's control thread does the same and sends.
/// </summary>
internal sealed class EngineBench : IRouteLookup
{
    // As many packets as one round of the control loop handles when it is busy.
    private const int Round = 64;

    private static readonly NhrpInterfaceKey Key = new(new TunnelId(0), false);
    private static readonly Instant Now = Instant.FromSeconds(1);

    private readonly Outbox<NhrpEffect> _outbox = new();
    private readonly NhrpInstance _engine;
    private readonly ForwardingTable? _table;
    private readonly string _path;

    private EngineBench(bool forwarding)
    {
        _path = forwarding ? "engine+fib" : "engine";
        _engine = new NhrpInstance(this, new SeededRandom(1), NullLogger.Instance);
        _engine.TryApply(Key, new NhrpConfig { NetworkId = 1, Redirect = true }, Instant.Zero, _outbox);
        _engine.OnInterfaceChanged(new NhrpInterfaceFacts
        {
            Key = Key,
            Up = true,
            Addresses = [new(BenchNetwork.HubTunnel, BenchNetwork.TunnelPrefixLength)],
            NbmaSource = BenchNetwork.HubUnderlay,
        }, Instant.Zero, _outbox);
        _outbox.Clear();
        if (!forwarding) return;
        _table = new ForwardingTable();
        _table.SetTunnel(new TunnelForwarding { Tunnel = Key.Tunnel }, null, []);
        _table.Publish();
    }

    /// <summary>The measurements of <see cref="SocketBench"/>, without and with the forwarding table.</summary>
    public static List<Measure> Run(int spokes, int samples) => [.. Run(spokes, samples, forwarding: false), .. Run(spokes, samples, forwarding: true)];

    /// <inheritdoc/>
    public bool TryLookup(IpAddress destination, bool withShortcuts, out RouteView route)
    {
        route = default;
        return false;
    }

    private static List<Measure> Run(int spokes, int samples, bool forwarding)
    {
        var random = new Random(spokes);
        int[] some = new int[samples], others = new int[samples];
        for (int i = 0; i < samples; i++)
        {
            some[i] = random.Next(spokes);
            others[i] = (some[i] + 1 + random.Next(spokes - 1)) % spokes;
        }
        var bench = new EngineBench(forwarding);
        int[] order = [.. Enumerable.Range(0, spokes)];
        random.Shuffle(order);
        using var all = RequestSet.Registrations(order);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Measure registered = bench.Run("registration", spokes, all);
        long after = GC.GetTotalMemory(forceFullCollection: true);
        using var renewals = RequestSet.Registrations(some);
        using var passedOn = RequestSet.Resolutions(some, others, authoritative: true);
        using var cached = RequestSet.Resolutions(some, others, authoritative: false);
        return
        [
            registered with { BytesPerSpoke = (after - before) / (double)spokes },
            bench.Run("renewal", spokes, renewals),
            bench.Run("resolution, passed on", spokes, passedOn),
            bench.Run("resolution, from cache", spokes, cached),
        ];
    }

    private Measure Run(string what, int spokes, RequestSet requests)
    {
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        int answers = 0;
        for (int i = 0; i < requests.Count; i++)
        {
            _engine.HandlePacket(new NhrpArrival(Key, new NbmaPeer(requests.Source(i)), BenchNetwork.HubUnderlay), requests.Nhrp(i), Now, _outbox);
            if (i % Round == Round - 1 || i == requests.Count - 1) answers += CarryOut();
        }
        TimeSpan took = watch.Elapsed;
        cpu = Environment.CpuUsage.TotalTime - cpu;
        if (answers != requests.Count) throw new InvalidDataException($"{what}: {answers} answers to {requests.Count} requests");
        return new Measure(_path, what, spokes, requests.Count, took.TotalSeconds, cpu.TotalNanoseconds / requests.Count);
    }

    private int CarryOut()
    {
        int answers = 0;
        foreach (ref readonly NhrpEffect effect in _outbox.Effects)
        {
            if (effect.Kind == NhrpEffectKind.Transmit) answers++;
            else if (effect.Kind == NhrpEffectKind.MappingUp) _table?.SetAdjacency(Key.Tunnel, IpPrefix.Host(effect.Address), effect.Peer);
            else if (effect.Kind == NhrpEffectKind.MulticastUp) _table?.AddMulticast(Key.Tunnel, effect.Peer);
        }
        _outbox.Clear();
        _table?.Publish();
        return answers;
    }
}
