using Dmvpn.Daemon.Logging;
using Dmvpn.Management.Api;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Tests.Logging;

public sealed class RouterLogTests : IDisposable
{
    private readonly StringWriter _written = new();
    private int _formatted;

    [Fact]
    public void Log_BelowTheWrittenLevel_KeptButNotWritten()
    {
        RouterLog log = New(LogLevel.Warning);
        Say(log, LogLevel.Information, "quiet");
        Say(log, LogLevel.Warning, "loud");
        Assert.Equal(["quiet", "loud"], Kept(log));
        Assert.Equal(["loud"], Written());
    }

    [Fact]
    public void Log_BelowTheBufferLevel_WrittenButNotKept()
    {
        RouterLog log = New(LogLevel.Information);
        log.ConfigureLevels(LogLevel.Information, LogLevel.Error);
        Say(log, LogLevel.Information, "one");
        Say(log, LogLevel.Error, "two");
        Assert.Equal(["two"], Kept(log));
        Assert.Equal(["one", "two"], Written());
    }

    [Fact]
    public void Log_BothLevelsOff_NothingAndNotFormatted()
    {
        RouterLog log = New(LogLevel.None);
        log.ConfigureLevels(LogLevel.None, LogLevel.None);
        Say(log, LogLevel.Critical, "unheard");
        Assert.Equal((0, 0, 0), (_formatted, Kept(log).Length, Written().Length));
    }

    [Fact]
    public void ConfigureLevels_FixedLevel_CommandLineGoesFirst()
    {
        using var log = new RouterLog(LogLevel.Error, _written, journal: false) { FixedLevel = LogLevel.Error };
        log.ConfigureLevels(LogLevel.Debug, LogLevel.Warning);
        Assert.Equal((LogLevel.Error, LogLevel.Warning), (log.Level, log.BufferLevel));
    }

    [Fact]
    public void Log_Journal_PriorityInsteadOfTime()
    {
        RouterLog log = New(LogLevel.Debug, journal: true);
        Say(log, LogLevel.Warning, "careful");
        Say(log, LogLevel.Debug, "detail");
        Assert.Equal(["<4>Nhrp: careful", "<7>Nhrp: detail"], Lines());
        Assert.True(log.IsJournal);
    }

    [Fact]
    public void Log_Exception_IsInTheText()
    {
        RouterLog log = New(LogLevel.Information);
        log.CreateLogger("Nhrp").Log(LogLevel.Error, default, "failed", new InvalidDataException("why"), (text, _) => text);
        Assert.StartsWith("failed: System.IO.InvalidDataException: why", Assert.Single(Kept(log)));
    }

    [Fact]
    public void Debug_NobodyWatches_NotFormatted()
    {
        RouterLog log = New(LogLevel.Information);
        Assert.False(log.CreateLogger("Nhrp").IsEnabled(LogLevel.Debug));
        Say(log, LogLevel.Debug, "unheard");
        Assert.Equal(0, _formatted);
        Assert.Empty(Kept(log));
    }

    [Fact]
    public void Debug_OnlyAnotherPartIsWatched_NotFormatted()
    {
        RouterLog log = New(LogLevel.Information);
        using DebugStream stream = log.Open([Topic(DebugTopics.Cdp)]);
        Say(log, LogLevel.Debug, "unheard");
        Assert.Equal(0, _formatted);
        Assert.True(log.CreateLogger("Odr").IsEnabled(LogLevel.Debug));
    }

    [Fact]
    public void Debug_Watched_GoesToTheStreamOnly()
    {
        RouterLog log = New(LogLevel.Information);
        using (DebugStream stream = log.Open([Topic(DebugTopics.NhrpPacket)]))
        {
            Say(log, LogLevel.Debug, "packet", id: 1100);
            Assert.True(stream.Lines.TryRead(out Dmvpn.Daemon.Logging.LogLine line));
            Assert.Equal("packet", line.Text);
        }
        Assert.Empty(Kept(log));
        Assert.Empty(Written());
        Say(log, LogLevel.Debug, "packet", id: 1100);
        Assert.Equal(1, _formatted);
    }

    [Fact]
    public void Debug_WrittenLevelIsDebug_WrittenAndKept()
    {
        RouterLog log = New(LogLevel.Debug);
        Say(log, LogLevel.Debug, "detail");
        Assert.Equal(["detail"], Kept(log));
        Assert.Equal("detail", Assert.Single(Written()));
    }

    [Fact]
    public void CreateLogger_SameCategory_SameLogger()
    {
        RouterLog log = New(LogLevel.Information);
        Assert.Same(log.CreateLogger("Nhrp"), log.CreateLogger("Nhrp"));
    }

    public void Dispose() => _written.Dispose();

    private static DebugTopic Topic(string name) => DebugTopic.TryFind(name, out DebugTopic? topic) ? topic : throw new ArgumentException(name);

    private static string[] Kept(RouterLog log) => Array.ConvertAll(log.Buffer.Snapshot(), line => line.Text);

    private RouterLog New(LogLevel level, bool journal = false) => new(level, _written, journal);

    private void Say(RouterLog log, LogLevel level, string text, int id = 1001) =>
        log.CreateLogger("Nhrp").Log(level, new EventId(id, "NhsUp"), text, null, (state, _) =>
        {
            _formatted++;
            return state;
        });

    private string[] Lines() => _written.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    private string[] Written() => Array.ConvertAll(Lines(), line => line[(line.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]);
}
