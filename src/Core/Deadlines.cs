namespace Dmvpn.Core;

/// <summary>
/// The rule that keeps every loop over deadlines finite: what was served at one time is due again only after that time.
/// </summary>
public static class Deadlines
{
    /// <summary>
    /// How long after it was served something is due again at the earliest. An owner that asks for less has a fault; so it
    /// costs a thousand rounds a second, not the control thread.
    /// </summary>
    public static readonly TimeSpan LeastDelay = TimeSpan.FromMilliseconds(1);

    /// <summary>The time at which something was last served that never was.</summary>
    public static Instant NotServed => new(long.MinValue);

    /// <summary>The deadline <paramref name="wanted"/>, or a little after <paramref name="served"/> when it is not later than that.</summary>
    public static Instant After(Instant served, Instant wanted) => wanted > served ? wanted : served + LeastDelay;
}
