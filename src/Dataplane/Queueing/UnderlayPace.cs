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
    private long _unsent;

    /// <summary>How much may be added, when there is no pause.</summary>
    public long Allowance => _limit - _unsent;

    /// <summary>True while nothing should be sent; ask again after <see cref="QueueLimits.Pause"/>.</summary>
    /// <param name="unsent">Bytes that the kernel has and that have not left.</param>
    /// <param name="now">The present.</param>
    public bool IsPaused(long unsent, Instant now)
    {
        if (!_isPaused)
        {
            _unsent = unsent;
            // Before it is quite full: pauses are what the limit is learnt in.
            _isPaused = Allowance <= _limit / 4;
            if (_isPaused) _since = _leftAt = now;
            return _isPaused;
        }
        TimeSpan elapsed = now.Since(_since);
        if (elapsed < QueueLimits.Pause) return true;
        long gone = Math.Max(_unsent - unsent, 0);
        if (gone > 0) _leftAt = now;
        (_since, _unsent) = (now, unsent);
        if (now.Since(_leftAt) >= QueueLimits.LongestStandstill)
        {
            // What does not move does not wait for the underlay's turn: for a neighbour's address perhaps, which must not keep back what is for others.
            _limit = Math.Min(2 * unsent, QueueLimits.Bytes);
            return _isPaused = false;
        }
        long left = (long)(gone * (QueueLimits.UnderlayTime / elapsed));
        _limit = Math.Clamp((3 * _limit + left) / 4, QueueLimits.UnderlayLeast, QueueLimits.Bytes);
        return _isPaused = unsent > _limit / 2;
    }
}
