using Dmvpn.Core;
using Dmvpn.Dataplane.Queueing;

namespace Dmvpn.Dataplane.Tests.Queueing;

/// <summary>RFC 8289's law, by the times at which something is owed.</summary>
public sealed class CoDelTests
{
    private const long Backlog = QueueLimits.Unquestioned + 1;
    private static readonly TimeSpan Long = QueueLimits.Target + TimeSpan.FromMilliseconds(1);

    [Fact]
    public void AboveTarget_LessThanAnInterval_NothingIsOwed()
    {
        var delay = new CoDel();
        Assert.Empty(Owed(ref delay, 0, 99, Long));
    }

    [Fact]
    public void AboveTarget_Longer_OwedAfterAnIntervalAndThenEverSooner()
    {
        var delay = new CoDel();
        // 100 after the start; then 100/√1, 100/√2, 100/√3, 100/√4 later, each a millisecond of the probing late at most.
        Assert.Equal([100, 200, 271, 329, 379], Owed(ref delay, 0, 400, Long));
    }

    [Fact]
    public void BelowTarget_Once_TheIntervalBeginsAnew()
    {
        var delay = new CoDel();
        Assert.Empty(Owed(ref delay, 0, 90, Long));
        Assert.Empty(Owed(ref delay, 91, 91, TimeSpan.Zero));
        Assert.Equal([192], Owed(ref delay, 92, 200, Long));
    }

    [Fact]
    public void NoMoreThanASuperPacket_WaitsForever_NothingIsOwed()
    {
        var delay = new CoDel();
        Assert.Empty(Owed(ref delay, 0, 1000, TimeSpan.FromSeconds(1), QueueLimits.Unquestioned));
    }

    [Fact]
    public void Again_SoonAfterTheLastTime_BeginsNearTheLastRate()
    {
        var delay = new CoDel();
        int first = Owed(ref delay, 0, 1000, Long).Count;
        Assert.Empty(Owed(ref delay, 1001, 1010, TimeSpan.Zero));
        List<int> again = Owed(ref delay, 1011, 1200, Long);
        Assert.True(first > 10, $"{first}");
        // From the start: 1111 and 1211. Near the last rate: every 25 ms.
        Assert.True(again.Count > 3, string.Join(' ', again));
    }

    private static List<int> Owed(ref CoDel delay, int from, int to, TimeSpan sojourn, long backlog = Backlog)
    {
        var owed = new List<int>();
        for (int t = from; t <= to; t++)
        {
            if (delay.IsOwed(sojourn, backlog, Instant.FromSeconds(10) + TimeSpan.FromMilliseconds(t))) owed.Add(t);
        }
        return owed;
    }
}
