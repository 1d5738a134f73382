using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>
/// How many lines about single peers the log gets. A line for each is what an operator of ten spokes wants to see; when 10,000 come back after an outage, or
/// somebody tries keys, they would cost more than the work itself and bury everything else. What is left out is counted and said in one line.
/// </summary>
internal sealed class IkeLogBudget(IkeCore core) : IkeTimed
{
    private Instant _end;
    private int _used;
    private int _leftOut;

    /// <summary>True when a line about a peer may be written now.</summary>
    public bool TryTake(Instant now)
    {
        if (now >= _end)
        {
            _end = now + IkeLimits.PeerLineInterval;
            _used = 0;
        }
        if (_used < IkeLimits.PeerLinesPerInterval)
        {
            _used++;
            return true;
        }
        if (_leftOut++ == 0) core.Timers.Set(this, _end);
        return false;
    }

    public override void OnDeadline(Instant now, Outbox<IkeEffect> outbox)
    {
        core.Logger.PeerLinesLeftOut(_leftOut);
        _leftOut = 0;
    }
}
