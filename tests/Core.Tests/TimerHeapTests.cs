using CsCheck;

namespace Dmvpn.Core.Tests;

public sealed class TimerHeapTests
{
    [Fact]
    public void AnyOrderOfSetMoveAndStop_PopsEachOnceInOrderAndNeverEarly() =>
        Gen.Select(Gen.Int[0, 19], Gen.Int[-5, 100]).Array[0, 200].Sample(changes =>
        {
            var timers = new TimerHeap<Thing>();
            Thing[] things = [.. Enumerable.Range(0, 20).Select(_ => new Thing())];
            foreach ((int which, int at) in changes) timers.Set(things[which], at < 0 ? Instant.Never : new Instant(at));
            List<Instant> expected = [.. things.Select(thing => thing.Deadline).Where(at => !at.IsNever).Order()];
            Assert.Equal(expected.Count, timers.Count);
            var popped = new List<Instant>();
            for (long now = 0; now <= 100; now++)
            {
                while (timers.TryPop(new Instant(now), out Thing? timed))
                {
                    Assert.True(timed.Deadline.IsNever);
                    popped.Add(new Instant(now));
                }
            }
            Assert.Equal(expected, popped);
            Assert.Equal(0, timers.Count);
        });

    [Fact]
    public void OwnerAsksForWhatIsPast_WhileItIsServed_LoopEndsAndItComesLater()
    {
        var timers = new TimerHeap<Thing>();
        timers.Set(new Thing(), Instant.FromSeconds(1));
        Instant now = Instant.FromSeconds(5);
        int served = 0;
        while (timers.TryPop(now, out Thing? timed) && served < 10)
        {
            served++;
            timers.Set(timed, now);
        }
        Assert.Equal(1, served);
        Assert.Equal(now + Deadlines.LeastDelay, timers.Next);
    }

    [Fact]
    public void TenThousandNeighboursWithThreeTimers_HellosMoveThemLater_NothingIsAllocatedOrMoved()
    {
        var timers = new TimerHeap<Thing>();
        Thing[] things = [.. Enumerable.Range(0, 30_000).Select(_ => new Thing())];
        for (int i = 0; i < things.Length; i++) timers.Set(things[i], Instant.FromSeconds(10 + i % 100));
        int[] places = [.. things.Select(thing => thing.Slot)];

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int hello = 1; hello <= 3; hello++)
        {
            for (int i = 0; i < things.Length; i++) timers.Set(things[i], Instant.FromSeconds(10 + i % 100 + hello * 5));
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(places, things.Select(thing => thing.Slot));

        before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(timers.TryPop(Instant.FromSeconds(24.9), out _));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        int due = 0;
        while (timers.TryPop(Instant.FromSeconds(25), out _)) due++;
        Assert.Equal(300, due);
    }

    private sealed class Thing : Timed;
}
