using Dmvpn.Core;
using Dmvpn.Nhrp.Tests.Harness;
using Dmvpn.Wire.Nhrp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Nhrp.Tests;

/// <summary>Memory is the whole process's: nothing else may run at the same time.</summary>
[CollectionDefinition(nameof(ScaleTests), DisableParallelization = true)]
[Collection(nameof(ScaleTests))]
public sealed class ScaleTests
{
    private static readonly NhrpInterfaceKey Key = new(new TunnelId(0), false);

    [Fact]
    public void Registrations_HundredThousand_TakeLittleMemoryAndARenewalAllocatesNothing()
    {
        const int Count = 100_000;
        var outbox = new Outbox<NhrpEffect>();
        NhrpInstance engine = Hub(outbox);
        byte[][] requests = new byte[Count][];
        for (int i = 0; i < Count; i++) requests[i] = Request(i);
        Register(engine, requests, 1000, outbox);

        long before = GC.GetTotalMemory(forceFullCollection: true);
        Register(engine, requests, Count, outbox);
        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / (Count - 1000);
        Assert.InRange(each, 1, 600);
        Assert.Equal(Count, engine.Summary(false).Registered);

        long allocated = GC.GetAllocatedBytesForCurrentThread();
        Register(engine, requests, Count, outbox);
        Dmvpn.Tests.Allocation.AssertNone(GC.GetAllocatedBytesForCurrentThread() - allocated);

        engine.OnDeadline(Instant.FromSeconds(10_000), outbox);
        Assert.Equal(0, engine.Summary(false).Entries);
        Assert.True(engine.NextDeadline.IsNever);
    }

    [Fact]
    public void RegisterAndPurge_Repeated_LeavesNothingBehind()
    {
        var outbox = new Outbox<NhrpEffect>();
        NhrpInstance engine = Hub(outbox);
        byte[] request = Request(1), purge = NhrpBytes.Purge("11.0.0.1", "10.0.1.1", "10.0.0.1", "10.0.1.1");
        long memory = 0;
        for (int i = 0; i < 20_000; i++)
        {
            if (i == 10_000) memory = GC.GetTotalMemory(forceFullCollection: true);
            var arrival = new NhrpArrival(Key, new NbmaPeer(IpAddress.FromIPv4(0x0B000001)), default);
            engine.HandlePacket(arrival, request, Instant.FromSeconds(1), outbox);
            engine.HandlePacket(arrival, purge, Instant.FromSeconds(1), outbox);
            outbox.Clear();
        }
        Assert.Equal(0, engine.CacheCount(false));
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, 200_000);
    }

    private static NhrpInstance Hub(Outbox<NhrpEffect> outbox)
    {
        var engine = new NhrpInstance(new NoRoutes(), new SeededRandom(1), NullLogger.Instance);
        engine.TryApply(Key, new NhrpConfig { NetworkId = 1, Authentication = "secret" }, Instant.Zero, outbox);
        engine.OnInterfaceChanged(new NhrpInterfaceFacts
        {
            Key = Key,
            Up = true,
            Addresses = [new(IpAddress.Parse("10.0.0.1"), 8)],
            NbmaSource = IpAddress.Parse("198.51.100.1"),
        }, Instant.Zero, outbox);
        outbox.Clear();
        return engine;
    }

    private static byte[] Request(int i) => NhrpBytes.Registration(Nbma(i).ToString(), IpAddress.FromIPv4(0x0A000100u + (uint)i).ToString(), unique: true, cies: [new NhrpCie { PrefixLength = 32, HoldTime = 7200 }]);

    private static IpAddress Nbma(int i) => IpAddress.FromIPv4(0x0B000000u + (uint)i);

    private static void Register(NhrpInstance engine, byte[][] requests, int count, Outbox<NhrpEffect> outbox)
    {
        for (int i = 0; i < count; i++)
        {
            engine.HandlePacket(new NhrpArrival(Key, new NbmaPeer(Nbma(i)), default), requests[i], Instant.FromSeconds(1), outbox);
            outbox.Clear();
        }
    }

    private sealed class NoRoutes : IRouteLookup
    {
        public IpPrefix WithoutTunnelRoutes(IpPrefix prefix, IpAddress destination) => prefix;

        public bool TryLookup(IpAddress destination, bool withShortcuts, out RouteView route)
        {
            route = default;
            return false;
        }
    }
}
