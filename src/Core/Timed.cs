namespace Dmvpn.Core;

/// <summary>Something with one deadline, which a <see cref="TimerHeap{T}"/> keeps.</summary>
public abstract class Timed
{
    /// <summary>When it is due, or <see cref="Instant.Never"/>; set through <see cref="TimerHeap{T}.Set"/>.</summary>
    public Instant Deadline { get; internal set; } = Instant.Never;

    /// <summary>When it was last served; a new deadline is later.</summary>
    internal Instant Served { get; set; } = Deadlines.NotServed;

    /// <summary>Place in the heap; -1 outside.</summary>
    internal int Slot { get; set; } = -1;
}

/// <summary>A part of an engine with one deadline, at which it does something by itself.</summary>
/// <typeparam name="TEffect">What the engine asks for.</typeparam>
public abstract class Timed<TEffect> : Timed
    where TEffect : struct
{
    /// <summary>The deadline has come; it is <see cref="Instant.Never"/> now, and may be set again.</summary>
    public abstract void OnDeadline(Instant now, Outbox<TEffect> outbox);
}
