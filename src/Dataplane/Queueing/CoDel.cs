using Dmvpn.Core;

namespace Dmvpn.Dataplane.Queueing;

/// <summary>
/// When a queue's sender is to be told that packets wait too long: Controlled Delay (RFC 8289 5), of one queue. The queue asks for each packet that it takes out.
/// </summary>
internal struct CoDel
{
    // The next time that counts as late is told sooner, each time: interval / sqrt(count).
    private Instant _firstAbove;
    private Instant _dropNext;
    private uint _count;
    private uint _lastCount;
    private bool _isAbove;
    private bool _isDropping;

    /// <summary>Nothing waits: the time above the target ends.</summary>
    public void OnEmpty() => _isAbove = false;

    /// <summary>
    /// The head of the queue is taken out. True when it is to be dropped or marked; call again for the next head after a drop, not after a mark.
    /// </summary>
    /// <param name="sojourn">How long it has waited.</param>
    /// <param name="backlog">Bytes that wait, itself among them.</param>
    /// <param name="now">The present.</param>
    public bool IsOwed(TimeSpan sojourn, long backlog, Instant now)
    {
        bool late = IsLate(sojourn, backlog, now);
        if (_isDropping)
        {
            if (!late) _isDropping = false;
            if (!_isDropping || now < _dropNext) return false;
            _count++;
            _dropNext = After(_dropNext, _count);
            return true;
        }
        if (!late) return false;
        _isDropping = true;
        // A short while after the last time, what had been enough then is near what is needed now (RFC 8289 5.4).
        uint delta = _count - _lastCount;
        _count = delta > 1 && now.Since(_dropNext) < 16 * QueueLimits.Interval ? delta : 1;
        _lastCount = _count;
        _dropNext = After(now, _count);
        return true;
    }

    private bool IsLate(TimeSpan sojourn, long backlog, Instant now)
    {
        if (sojourn < QueueLimits.Target || backlog <= QueueLimits.Unquestioned)
        {
            _isAbove = false;
            return false;
        }
        if (!_isAbove)
        {
            _isAbove = true;
            _firstAbove = now + QueueLimits.Interval;
            return false;
        }
        return now >= _firstAbove;
    }

    private static Instant After(Instant time, uint count) => time + QueueLimits.Interval / Math.Sqrt(count);
}
