using Dmvpn.Daemon.Logging;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Tests.Logging;

public sealed class LogBufferTests
{
    [Fact]
    public void Add_MoreThanCapacity_NewestStayOldestFirst()
    {
        LogBuffer buffer = Filled(capacity: 3, lines: 5);
        Assert.Equal(["3", "4", "5"], Texts(buffer));
        Assert.Equal(5, buffer.Written);
        Assert.Equal(3, buffer.Capacity);
    }

    [Fact]
    public void Snapshot_NotYetFull_GivesWhatIsThere() => Assert.Equal(["1", "2"], Texts(Filled(capacity: 3, lines: 2)));

    [Theory]
    [InlineData(2, "4,5")]
    [InlineData(3, "3,4,5")]
    [InlineData(9, "3,4,5")]
    public void Resize_FullBuffer_NewestStay(int capacity, string expected)
    {
        LogBuffer buffer = Filled(capacity: 3, lines: 5);
        buffer.Resize(capacity);
        Assert.Equal(expected, string.Join(',', Texts(buffer)));
        Assert.Equal(capacity, buffer.Capacity);
    }

    [Fact]
    public void Add_AfterResize_GoesOnInOrder()
    {
        LogBuffer buffer = Filled(capacity: 3, lines: 5);
        buffer.Resize(4);
        buffer.Add(Line("6"));
        buffer.Add(Line("7"));
        Assert.Equal(["4", "5", "6", "7"], Texts(buffer));
    }

    [Fact]
    public void Capacity_Zero_HoldsOneLine()
    {
        LogBuffer buffer = Filled(capacity: 0, lines: 2);
        Assert.Equal(["2"], Texts(buffer));
        buffer.Resize(0);
        buffer.Add(Line("3"));
        Assert.Equal(["3"], Texts(buffer));
    }

    [Fact]
    public void Clear_FilledBuffer_EmptyWithTheSameCapacity()
    {
        LogBuffer buffer = Filled(capacity: 3, lines: 5);
        buffer.Clear();
        Assert.Empty(buffer.Snapshot());
        Assert.Equal(0, buffer.Written);
        Assert.Equal(3, buffer.Capacity);
    }

    private static LogBuffer Filled(int capacity, int lines)
    {
        var buffer = new LogBuffer(capacity);
        for (int i = 1; i <= lines; i++) buffer.Add(Line(i.ToString()));
        return buffer;
    }

    private static LogLine Line(string text) => new(DateTimeOffset.UnixEpoch, LogLevel.Information, default, "Nhrp", text);

    private static string[] Texts(LogBuffer buffer) => Array.ConvertAll(buffer.Snapshot(), line => line.Text);
}
