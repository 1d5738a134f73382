using Dmvpn.Core;
using Dmvpn.Daemon.Control;
using Dmvpn.Daemon.Logging;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Tests.Control;

/// <summary>No part of the router keeps the control thread: it is named, counted, and the others go on.</summary>
public sealed class DeadlineWatchTests : IDisposable
{
    private readonly RouterLog _log = new(LogLevel.Information, TextWriter.Null, journal: false);
    private readonly ControlProgress _progress = new();
    private readonly DeadlineWatch _watch;
    private readonly Instant _now = Instant.FromSeconds(100);

    public DeadlineWatchTests() => _watch = new DeadlineWatch(_progress, _log.CreateLogger("Dmvpn"));

    [Fact]
    public void DeadlineDoesNotMove_PartIsNamedCountedAndHeld_TheOthersAreServed()
    {
        int served = 0;
        Instant other = _now;
        _watch.Add("ODR", () => _now, static _ => { });
        _watch.Add("NHRP", () => other, at => (served, other) = (served + 1, at + TimeSpan.FromSeconds(5)));
        _watch.OnDeadline(_now);
        Assert.Equal(1, served);
        Assert.Equal(_now + DeadlineWatch.Penalty, _watch.NextDeadline);
        _watch.OnDeadline(_now + TimeSpan.FromMilliseconds(10));
        _watch.OnDeadline(_now + DeadlineWatch.Penalty);
        Assert.Equal(new KeyValuePair<string, long>("StuckDeadline of ODR", 2), Assert.Single(_watch.NonZero()));
        LogLine line = Assert.Single(_log.Buffer.Snapshot());
        Assert.Equal("DeadlineStuck", line.Event.Name);
        Assert.StartsWith("ODR asks to be served", line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void PartThrows_EveryTime_IsNamedOnceAMinuteAndTheOthersAreServed()
    {
        int served = 0;
        _watch.Add("packets", null, static _ => throw new InvalidOperationException("a bug"));
        _watch.Add("NHRP", () => Instant.Never, _ => served++);
        for (int second = 0; second < 90; second++) _watch.OnDeadline(_now + TimeSpan.FromSeconds(second));
        Assert.Equal(90, served);
        Assert.Equal(new KeyValuePair<string, long>("Failure of packets", 90), Assert.Single(_watch.NonZero()));
        Assert.Equal(2, _log.Buffer.Snapshot().Length);
    }

    [Fact]
    public void StepDoesNotEnd_StallIsNamedOnce_AndItsEndIsSaid()
    {
        using var stalls = new StallWatch(_progress, _log.CreateLogger("Dmvpn"), start: false);
        _progress.Enter("ODR");
        for (int second = 0; second < 20; second++) stalls.Look();
        Assert.Equal(1, stalls.Stalls);
        Assert.Contains("held by ODR", Assert.Single(_log.Buffer.Snapshot()).Text, StringComparison.Ordinal);
        _progress.Enter(ControlProgress.Waiting);
        for (int second = 0; second < 20; second++) stalls.Look();
        Assert.Equal(2, _log.Buffer.Snapshot().Length);
    }

    [Fact]
    public void ManyShortSteps_AndALongWait_AreNoStall()
    {
        using var stalls = new StallWatch(_progress, _log.CreateLogger("Dmvpn"), start: false);
        for (int second = 0; second < 20; second++)
        {
            _progress.Enter("NHRP");
            stalls.Look();
        }
        _progress.Enter(ControlProgress.Waiting);
        for (int second = 0; second < 20; second++) stalls.Look();
        Assert.Equal(0, stalls.Stalls);
    }

    public void Dispose() => _log.Dispose();
}
