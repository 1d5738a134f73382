namespace Dmvpn.Core.Tests;

public sealed class RemindersTests
{
    private static readonly Instant Begin = Instant.FromSeconds(100);

    [Fact]
    public void Line_ThatIsStillTrue_ComesAgainAfterTheInterval()
    {
        var lines = new Reminders<string>(10, TimeSpan.FromSeconds(60));
        Assert.True(lines.IsNew("a", Begin));
        Assert.False(lines.IsNew("a", Begin + TimeSpan.FromSeconds(59)));
        Assert.True(lines.IsNew("b", Begin));
        Assert.True(lines.IsNew("a", Begin + TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void MoreThingsThanItRemembers_AllAreToldOnceMore()
    {
        var lines = new Reminders<int>(3, TimeSpan.FromSeconds(60));
        for (int i = 0; i < 3; i++) Assert.True(lines.IsNew(i, Begin));
        Assert.True(lines.WasTold(0, Begin));
        Assert.True(lines.IsNew(3, Begin));
        Assert.False(lines.WasTold(0, Begin));
        Assert.True(lines.WasTold(3, Begin));
    }
}
