using Dmvpn.Core;

namespace Dmvpn.Runtime.Tests;

public sealed class PollerTests
{
    [Fact]
    public void Wait_UntilAnInstant_IsNotEarly()
    {
        using var poller = new Poller();
        Instant until = MonotonicClock.Now + TimeSpan.FromMilliseconds(5);
        Assert.Equal(0, poller.Wait(until).Length);
        Assert.True(MonotonicClock.Now >= until);
        Assert.Equal(0, poller.Wait(Instant.Zero).Length);
    }

    [Fact]
    public void Wake_FromAnotherThread_EndsTheWaitOnce()
    {
        using var poller = new Poller();
        using var waiting = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            waiting.Wait();
            poller.Wake();
        });
        thread.Start();
        waiting.Set();
        Assert.Equal(0, poller.Wait(Instant.Never).Length);
        thread.Join();
        Instant until = MonotonicClock.Now + TimeSpan.FromMilliseconds(2);
        poller.Wait(until);
        Assert.True(MonotonicClock.Now >= until);
    }

    [Fact]
    public void Descriptor_BecomesReadableAndIsRemoved_IsReportedWithItsTokenAndThenNotAtAll()
    {
        using var poller = new Poller();
        using var other = new Poller();
        poller.Add(other.Descriptor, ulong.MaxValue - 1);
        Assert.Equal(0, poller.Wait(Instant.Zero).Length);
        other.Wake();
        Ready ready = Assert.Single(poller.Wait(Instant.Never).ToArray());
        Assert.Equal(new Ready(ulong.MaxValue - 1, PollInterest.Readable), ready);
        Assert.True(ready.CanRead);
        poller.Modify(other.Descriptor, 5, PollInterest.None);
        Assert.Equal(0, poller.Wait(Instant.Zero).Length);
        poller.Modify(other.Descriptor, 5, PollInterest.Readable);
        Assert.Equal(5u, poller.Wait(Instant.Zero)[0].Token);
        poller.Remove(other.Descriptor);
        Assert.Equal(0, poller.Wait(Instant.Zero).Length);
    }

    [Fact]
    public void WaitAndWake_ManyRounds_AllocateNothing()
    {
        using var poller = new Poller();
        long before = 0;
        for (int round = 0; round < 1100; round++)
        {
            if (round == 100) before = GC.GetAllocatedBytesForCurrentThread();
            poller.Wake();
            poller.Wait(Instant.Never);
        }
        Dmvpn.Tests.Allocation.AssertNone(GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
