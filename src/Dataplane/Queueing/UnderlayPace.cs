using Dmvpn.Core;

namespace Dmvpn.Dataplane.Queueing;

/// <summary>
/// Whether one worker may give the kernel more, by how much of what it gave has not left yet: on an underlay slower than the processor packets would wait in the kernel, first in, first out, instead of in
/// the queue that is fair. What may wait there is what leaves in <see cref="QueueLimits.UnderlayTime"/>; how much that is shows in the pauses, when nothing is added. (The byte queue limits of Linux's
/// drivers do this for a device's ring.)
/// </summary>
internal sealed class UnderlayPace
{
    private long _limit = QueueLimits.UnderlayAtFirst;
    private bool _isPaused;
    private Instant _since;
    private Instant _leftAt;
    private long _unsentThen;

    /// <summary>How much may be added, when there is no pause.</summary>
    public long Allowance { get; private set; } = QueueLimits.UnderlayAtFirst;

    /// <summary>True while nothing should be sent; ask again after <see cref="QueueLimits.Pause"/>.</summary>
    /// <param name="unsent">Bytes that the kernel has and that have not left.</param>
    /// <param name="now">The present.</param>
    public bool IsPaused(long unsent, Instant now)
    {
        if (!_isPaused)
        {
            Allowance = _limit - unsent;
            // Before it is quite full: pauses are what the limit is learnt in.
            if (Allowance > _limit / 4) return false;
            (_isPaused, _since, _leftAt, _unsentThen) = (true, now, now, unsent);
            return true;
        }
        TimeSpan elapsed = now.Since(_since);
        if (elapsed < QueueLimits.Pause) return true;
        if (unsent < _unsentThen) _leftAt = now;
        if (now.Since(_leftAt) >= QueueLimits.LongestStandstill)
        {
            // What does not move does not wait for the underlay's turn: for a neighbour's address perhaps, which must not keep back what is for others.
            _limit = Math.Min(2 * unsent, QueueLimits.Bytes);
            Allowance = _limit - unsent;
            return _isPaused = false;
        }
        long left = (long)(Math.Max(_unsentThen - unsent, 0) * (QueueLimits.UnderlayTime / elapsed));
        _limit = Math.Clamp((3 * _limit + left) / 4, QueueLimits.UnderlayLeast, QueueLimits.Bytes);
        (_since, _unsentThen) = (now, unsent);
        Allowance = _limit - unsent;
        _isPaused = unsent > _limit / 2;
        return _isPaused;
    }
}
