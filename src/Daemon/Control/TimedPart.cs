using Dmvpn.Core;

namespace Dmvpn.Daemon.Control;

/// <summary>A part of the router that has deadlines, or work every round.</summary>
/// <param name="name">What the log and <c>show drops</c> call it.</param>
/// <param name="next">Its earliest deadline; null for a part that has none.</param>
/// <param name="serve">Does what is due; a call too many does nothing.</param>
internal sealed class TimedPart(string name, Func<Instant>? next, Action<Instant> serve)
{
    /// <summary>What the log and <c>show drops</c> call it.</summary>
    public string Name { get; } = name;

    /// <summary>Its earliest deadline.</summary>
    public Instant Next => next is null ? Instant.Never : next();

    /// <summary>Until when it is not served, because its deadline did not move when it was.</summary>
    public Instant HeldUntil { get; set; }

    /// <summary>Next time at which a fault of it is logged.</summary>
    public Instant LogAgain { get; set; }

    /// <summary>How often its deadline was not in the future after it was served.</summary>
    public long StuckDeadlines { get; set; }

    /// <summary>How often it threw.</summary>
    public long Failures { get; set; }

    /// <summary>Does what is due.</summary>
    public void Serve(Instant now) => serve(now);
}
