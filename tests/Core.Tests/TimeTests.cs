namespace Dmvpn.Core.Tests;

public sealed class TimeTests
{
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
