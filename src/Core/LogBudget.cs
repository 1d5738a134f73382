namespace Dmvpn.Core;

/// <summary>
/// How many lines about single peers the log gets. A line for each is what an operator of ten spokes wants to see; when 100,000 come
/// back after an outage, or somebody tries names and keys, they would cost more than the work itself and bury everything else. What
/// is left out is counted and said in one line.
/// </summary>
/// <typeparam name="TEffect">What the engine asks for.</typeparam>
/// <param name="timers">The engine's timers: the budget has a deadline while it left something out.</param>
/// <param name="leftOut">Writes the line about what was left out, with the number of lines.</param>
/// <param name="lines">How many lines an interval may have.</param>
/// <param name="interval">For how long that many lines are enough.</param>
/// <param name="sources">Each address has a part of the whole and no more; null without.</param>
public sealed class LogBudget<TEffect>(TimerHeap<Timed<TEffect>> timers, Action<int> leftOut, int lines, TimeSpan interval, SourceBudget? sources = null)
    : Timed<TEffect>
    where TEffect : struct
{
    private Instant _end;
    private int _used;
    private int _leftOut;

    /// <summary>True when <see cref="TryTake"/> would be. Ask before the text of a line is made, where that takes long.</summary>
    public bool HasRoom(Instant now, IpAddress source) => (now >= _end || _used < lines) && (sources?.HasOne(source, now) ?? true);

    /// <summary>True when a line about a peer at this address may be written now.</summary>
    public bool TryTake(Instant now, IpAddress source = default)
    {
        if (now >= _end) (_end, _used) = (now + interval, 0);
        if (_used >= lines || !(sources?.TryTake(source, now) ?? true)) return LeaveOut(now);
        _used++;
        return true;
    }

    /// <summary>A line is left out, and its text is not made. False, always.</summary>
    public bool LeaveOut(Instant now)
    {
        if (now >= _end) _end = now + interval;
        if (_leftOut++ == 0) timers.Set(this, _end);
        return false;
    }

    /// <inheritdoc/>
    public override void OnDeadline(Instant now, Outbox<TEffect> outbox)
    {
        leftOut(_leftOut);
        _leftOut = 0;
    }
}
