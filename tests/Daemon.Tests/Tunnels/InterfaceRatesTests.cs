using System.Runtime.CompilerServices;
using Dmvpn.Core;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;

namespace Dmvpn.Daemon.Tests.Tunnels;

public sealed class InterfaceRatesTests
{
    private readonly InterfaceRates _rates = new();
    private readonly TunnelCounters _counters = new();

    [Fact]
    public void Add_FirstSample_NoRate()
    {
        Count(1000, 100_000);
        _rates.Add(_counters, Instant.FromSeconds(1000));
        Assert.Equal((0, 0, 0, 0), Rates());
    }

    [Fact]
    public void Add_SteadyTrafficForAnHour_IsTheRate()
    {
        Run(720, packetsPerSample: 50, bytesPerSample: 5000);
        Assert.Equal(10, _rates.PacketsInPerSecond, 0.01);
        Assert.Equal(8000, _rates.BitsInPerSecond, 1.0);
        Assert.Equal(20, _rates.PacketsOutPerSecond, 0.01);
        Assert.Equal(16000, _rates.BitsOutPerSecond, 1.0);
    }

    [Fact]
    public void Add_FiveMinutesAfterTrafficBegan_IsOneTimeConstantUp()
    {
        Run(61, packetsPerSample: 50, bytesPerSample: 5000);
        Assert.Equal(10 * (1 - Math.Exp(-1)), _rates.PacketsInPerSecond, 1e-6);
    }

    [Fact]
    public void Add_SameInstantTwice_ChangesNothing()
    {
        Run(10, packetsPerSample: 50, bytesPerSample: 5000);
        (double, double, double, double) before = Rates();
        _rates.Add(_counters, Instant.FromSeconds(45));
        Assert.Equal(before, Rates());
    }

    // Samples every five seconds from time zero; twice as much goes out as comes in.
    private void Run(int samples, int packetsPerSample, int bytesPerSample)
    {
        for (int i = 0; i < samples; i++)
        {
            Count(packetsPerSample, bytesPerSample);
            _rates.Add(_counters, Instant.FromSeconds(5 * i));
        }
    }

    private void Count(int packets, int bytes)
    {
        CountIn(_counters, packets, bytes, 0, 0, Instant.Zero);
        CountOut(_counters, 2 * packets, 2 * bytes, Instant.Zero);
    }

    private (double, double, double, double) Rates() =>
        (_rates.PacketsInPerSecond, _rates.BitsInPerSecond, _rates.PacketsOutPerSecond, _rates.BitsOutPerSecond);

    // Only the data plane counts.
    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern void CountIn(TunnelCounters counters, long packets, long bytes, long multicast, long control, Instant now);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern void CountOut(TunnelCounters counters, long packets, long bytes, Instant now);
}
