using Dmvpn.Core;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Control;

/// <summary>
/// Serves the deadlines of all parts of the router, each by itself, so that a fault of one part costs the others nothing:
/// <list type="bullet">
/// <item>what a part throws is logged, counted, and ends there;</item>
/// <item>a part whose deadline is not in the future after it was served would keep the control thread busy for ever: it is
/// counted, named in the log, and served again after <see cref="Penalty"/> only.</item>
/// </list>
/// Control thread only.
/// </summary>
internal sealed class DeadlineWatch(ControlProgress progress, ILogger logger)
{
    /// <summary>How long a part waits whose deadline did not move.</summary>
    public static readonly TimeSpan Penalty = TimeSpan.FromMilliseconds(100);

    // A fault that comes back every round must not fill the log.
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly List<TimedPart> _parts = [];

    /// <summary>The parts, in the order in which they are served.</summary>
    public IReadOnlyList<TimedPart> Parts => _parts;

    /// <summary>The earliest deadline of all parts.</summary>
    public Instant NextDeadline
    {
        get
        {
            Instant next = Instant.Never;
            foreach (TimedPart part in _parts)
            {
                Instant due = part.Next;
                next = Instant.Min(next, due < part.HeldUntil ? part.HeldUntil : due);
            }
            return next;
        }
    }

    /// <summary>Adds a part; parts are served in the order in which they were added.</summary>
    public void Add(string name, Func<Instant>? next, Action<Instant> serve) => _parts.Add(new TimedPart(name, next, serve));

    /// <summary>Serves all parts.</summary>
    public void OnDeadline(Instant now)
    {
        foreach (TimedPart part in _parts)
        {
            if (now >= part.HeldUntil) Serve(part, now);
        }
    }

    /// <summary>The faults that were counted, by name, for <c>show drops</c>.</summary>
    public IEnumerable<KeyValuePair<string, long>> NonZero()
    {
        foreach (TimedPart part in _parts)
        {
            if (part.StuckDeadlines != 0) yield return new KeyValuePair<string, long>($"StuckDeadline of {part.Name}", part.StuckDeadlines);
            if (part.Failures != 0) yield return new KeyValuePair<string, long>($"Failure of {part.Name}", part.Failures);
        }
    }

    private void Serve(TimedPart part, Instant now)
    {
        progress.Enter(part.Name);
        try
        {
            part.Serve(now);
        }
        catch (Exception e)
        {
            part.Failures++;
            if (MayLog(part, now)) DaemonLog.PartFailed(logger, part.Name, part.Failures, e);
        }
        Instant next = part.Next;
        if (next > now) return;
        part.StuckDeadlines++;
        part.HeldUntil = now + Penalty;
        if (MayLog(part, now)) DaemonLog.DeadlineStuck(logger, part.Name, now.Since(next).TotalSeconds, part.StuckDeadlines);
    }

    private static bool MayLog(TimedPart part, Instant now)
    {
        if (now < part.LogAgain) return false;
        part.LogAgain = now + LogInterval;
        return true;
    }
}
