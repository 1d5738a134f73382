namespace Dmvpn.Core;

/// <summary>
/// A point on the monotonic clock, in nanoseconds since an arbitrary start. The shell reads the clock once
/// per batch and passes it down; nothing below the shell can read one. A recording is therefore only
/// (instant, event) pairs, and tests jump the clock at will.
/// </summary>
public readonly record struct Instant(long Nanoseconds) : IComparable<Instant>
{
    /// <summary>The start of the clock.</summary>
    public static Instant Zero => default;

    /// <summary>An instant that is never reached: the deadline of something that has none.</summary>
    public static Instant Never => new(long.MaxValue);

    /// <summary>The instant <paramref name="seconds"/> after <see cref="Zero"/>.</summary>
    public static Instant FromSeconds(double seconds) => new((long)(seconds * 1e9));

    /// <summary>True when this is <see cref="Never"/>.</summary>
    public bool IsNever => Nanoseconds == long.MaxValue;

    /// <inheritdoc/>
    public int CompareTo(Instant other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>The time from <paramref name="earlier"/> to this instant, not below zero.</summary>
    public TimeSpan Since(Instant earlier) => this <= earlier ? TimeSpan.Zero : this - earlier;

    /// <summary>The earlier of two instants.</summary>
    public static Instant Min(Instant a, Instant b) => a <= b ? a : b;

    /// <summary>This instant moved by <paramref name="span"/>; saturates at <see cref="Never"/>.</summary>
    public static Instant operator +(Instant instant, TimeSpan span)
    {
        if (instant.IsNever || span == TimeSpan.MaxValue) return Never;
        Int128 sum = (Int128)instant.Nanoseconds + (Int128)span.Ticks * 100;
        return sum >= long.MaxValue ? Never : new Instant((long)sum);
    }

    /// <summary>The span between two instants.</summary>
    public static TimeSpan operator -(Instant a, Instant b) => new((a.Nanoseconds - b.Nanoseconds) / 100);

    /// <summary>Later than.</summary>
    public static bool operator >(Instant a, Instant b) => a.Nanoseconds > b.Nanoseconds;

    /// <summary>Earlier than.</summary>
    public static bool operator <(Instant a, Instant b) => a.Nanoseconds < b.Nanoseconds;

    /// <summary>Not earlier than.</summary>
    public static bool operator >=(Instant a, Instant b) => a.Nanoseconds >= b.Nanoseconds;

    /// <summary>Not later than.</summary>
    public static bool operator <=(Instant a, Instant b) => a.Nanoseconds <= b.Nanoseconds;

    /// <inheritdoc/>
    public override string ToString() => IsNever ? "never" : FormattableString.Invariant($"{Nanoseconds / 1e9:0.######} s");
}
