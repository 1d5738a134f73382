using System.Diagnostics;
using Dmvpn.Core;

namespace Dmvpn.Runtime;

/// <summary>
/// The only clock of the program: CLOCK_MONOTONIC, which does not jump when the time of day is set. Read once per batch
/// and passed down as <c>now</c>.
/// </summary>
public static class MonotonicClock
{
    // On Linux the frequency is 1e9 and this is 1: a tick is a nanosecond.
    private static readonly long NanosecondsPerTick = 1_000_000_000 / Stopwatch.Frequency;

    /// <summary>The time now.</summary>
    public static Instant Now => new(Stopwatch.GetTimestamp() * NanosecondsPerTick);
}
