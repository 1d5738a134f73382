namespace Dmvpn.Core.Tests;

public sealed class TimeTests
{
    private enum Timer { First, Second }

    [Fact]
    public void TimerTable_TwoTimers_PopInDeadlineAndOnlyOnce()
    {
        var timers = new TimerTable<Timer>();
        Assert.True(timers.Next.IsNever);
        timers.Set(Timer.First, Instant.FromSeconds(5));
        timers.Set(Timer.Second, Instant.FromSeconds(3));
        Assert.Equal(Instant.FromSeconds(3), timers.Next);
        Assert.False(timers.TryPop(Instant.FromSeconds(2), out _));
        Assert.True(timers.TryPop(Instant.FromSeconds(4), out Timer timer));
        Assert.Equal(Timer.Second, timer);
        Assert.False(timers.TryPop(Instant.FromSeconds(4), out _));
        timers.Stop(Timer.First);
        Assert.True(timers.Next.IsNever);
    }

    [Fact]
    public void DeadlineQueue_ManyKeys_PopInOrder()
    {
        var queue = new DeadlineQueue<int>();
        queue.Schedule(2, Instant.FromSeconds(2));
        queue.Schedule(1, Instant.FromSeconds(1));
        queue.Schedule(9, Instant.Never);
        Assert.Equal(2, queue.Count);
        Assert.False(queue.TryPop(Instant.FromSeconds(0.5), out _));
        Assert.True(queue.TryPop(Instant.FromSeconds(5), out int key));
        Assert.Equal(1, key);
        Assert.True(queue.TryPop(Instant.FromSeconds(5), out key));
        Assert.Equal(2, key);
        Assert.True(queue.Next.IsNever);
    }

    [Fact]
    public void DeadlineQueue_BodySchedulesWhatIsPast_LoopEndsAndItComesLater()
    {
        var queue = new DeadlineQueue<int>();
        queue.Schedule(7, Instant.FromSeconds(1));
        Instant now = Instant.FromSeconds(5);
        int served = 0;
        while (queue.TryPop(now, out int key) && served < 10)
        {
            served++;
            queue.Schedule(key, Instant.FromSeconds(2 + served));
        }
        Assert.Equal(1, served);
        Assert.Equal(now + Deadlines.LeastDelay, queue.Next);
        Assert.True(queue.TryPop(queue.Next, out _));
    }

    [Fact]
    public void Instant_AddedBeyondItsRange_IsNever()
    {
        Assert.True((Instant.FromSeconds(1) + TimeSpan.MaxValue).IsNever);
        Assert.True((Instant.Never + TimeSpan.FromSeconds(-1)).IsNever);
        Assert.Equal(TimeSpan.Zero, Instant.FromSeconds(1).Since(Instant.FromSeconds(2)));
    }

    [Fact]
    public void SeededRandom_SameSeed_SameNumbers()
    {
        var a = new SeededRandom(42);
        var b = new SeededRandom(42);
        for (int i = 0; i < 100; i++) Assert.Equal(a.NextUInt32(), b.NextUInt32());
        Assert.NotEqual(new SeededRandom(43).NextUInt32(), new SeededRandom(42).NextUInt32());
    }
}
