using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Control;

/// <summary>
/// Looks once a second, from another thread, whether the control thread still goes on. When one step holds it for
/// <see cref="PatienceTicks"/> looks, the log names the step. A machine that sleeps does not look either, so it is no stall.
/// </summary>
internal sealed class StallWatch : IDisposable
{
    /// <summary>How many looks in a row find the same step before that is a stall.</summary>
    public const int PatienceTicks = 5;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly ControlProgress _progress;
    private readonly ILogger _logger;
    private readonly Timer? _timer;
    private long _seen = -1;
    private int _ticks;

    /// <summary>A watch over <paramref name="progress"/>.</summary>
    /// <param name="progress">What the control thread says.</param>
    /// <param name="logger">Where a stall is said.</param>
    /// <param name="start">False for tests, which call <see cref="Look"/> themselves.</param>
    public StallWatch(ControlProgress progress, ILogger logger, bool start = true)
    {
        (_progress, _logger) = (progress, logger);
        if (start) _timer = new Timer(static watch => ((StallWatch)watch!).Look(), this, Period, Period);
    }

    /// <summary>How many stalls there were.</summary>
    public long Stalls { get; private set; }

    /// <summary>One look; the timer's thread.</summary>
    public void Look()
    {
        (long entered, string step) = (_progress.Entered, _progress.Step);
        if (entered != _seen || step == ControlProgress.Waiting)
        {
            if (_ticks >= PatienceTicks) DaemonLog.ControlGoesOn(_logger, _ticks);
            (_seen, _ticks) = (entered, 0);
            return;
        }
        if (++_ticks != PatienceTicks) return;
        Stalls++;
        DaemonLog.ControlStalled(_logger, step, _ticks);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();
}
