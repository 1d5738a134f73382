namespace Dmvpn.Core.Tests;

public sealed class LogBudgetTests
{
    private static readonly Instant Begin = Instant.FromSeconds(100);
    private readonly TimerHeap<Timed<int>> _timers = new();
    private readonly List<int> _said = [];

    [Fact]
    public void MoreLinesThanTheIntervalHas_TheRestIsCountedInOneLine()
    {
        LogBudget<int> budget = Budget(sources: null);
        Assert.Equal(3, Enumerable.Range(0, 10).Count(_ => budget.TryTake(Begin)));
        Serve(Begin + TimeSpan.FromSeconds(0.9));
        Assert.Empty(_said);
        Serve(Begin + TimeSpan.FromSeconds(1));
        Assert.Equal([7], _said);
        Assert.True(budget.TryTake(Begin + TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void OneSourceMakesManyLines_OthersKeepTheirs()
    {
        LogBudget<int> budget = Budget(new SourceBudget(new SeededRandom(1), 1, 1));
        IpAddress loud = IpAddress.Parse("192.0.2.1"), quiet = IpAddress.Parse("198.51.100.1");
        Assert.Equal(1, Enumerable.Range(0, 10).Count(_ => budget.TryTake(Begin, loud)));
        Assert.False(budget.HasRoom(Begin, loud));
        Assert.True(budget.HasRoom(Begin, quiet));
        Assert.True(budget.TryTake(Begin, quiet));
        Serve(Begin + TimeSpan.FromSeconds(1));
        Assert.Equal([9], _said);
    }

    private LogBudget<int> Budget(SourceBudget? sources) => new(_timers, _said.Add, lines: 3, TimeSpan.FromSeconds(1), sources);

    private void Serve(Instant now)
    {
        var outbox = new Outbox<int>();
        while (_timers.TryPop(now, out Timed<int>? timed)) timed.OnDeadline(now, outbox);
    }
}
