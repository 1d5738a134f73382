namespace Dmvpn.Core.Tests;

public sealed class DropCountersTests
{
    private enum Reason { First, Second, Third }

    [Fact]
    public void Reasons_Counted_AreListedByName()
    {
        var drops = new DropCounters<Reason>();
        Assert.Empty(drops.NonZero());
        drops.Count(Reason.Third);
        drops.Count(Reason.Third);
        drops.Count(Reason.First, 40);
        Assert.Equal((40, 0, 2, 42), (drops[Reason.First], drops[Reason.Second], drops[Reason.Third], drops.Total));
        Assert.Equal([new("First", 40), new("Third", 2)], drops.NonZero());
        drops.Clear();
        Assert.Equal(0, drops.Total);
    }

    [Fact]
    public void Counting_AThousandTimes_AllocatesNothing()
    {
        var drops = new DropCounters<Reason>();
        drops.Count(Reason.Second);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) drops.Count(Reason.Second);
        Dmvpn.Tests.Allocation.AssertNone(GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1001, drops[Reason.Second]);
    }

    [Fact]
    public void ShareOfAThread_Set_HasWhatThatThreadCountsAnywhere()
    {
        DropCounters<Reason> share = new(), one = new(), other = new();
        // On a thread of its own: what is set stays with the thread.
        var worker = new Thread(() =>
        {
            DropCounters<Reason>.OfThread = share;
            one.Count(Reason.First);
            other.Count(Reason.First, 2);
        });
        worker.Start();
        worker.Join();
        one.Count(Reason.First);
        Assert.Equal((3, 2, 2), (share.Total, one.Total, other.Total));
    }
}
