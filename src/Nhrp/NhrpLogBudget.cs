using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary>
/// How many lines about single peers the log gets. A line for each is what an operator of ten spokes wants to see; when 100,000 come back after an
/// outage, or somebody tries names and passwords, they would cost more than the work itself and bury everything else. What is left out
/// is counted and said in one line; <c>debug nhrp</c> and the counters have it all.
/// </summary>
internal sealed class NhrpLogBudget(NhrpCore core) : NhrpTimed
{
    private Instant _end;
    private int _used;
    private int _leftOut;

    /// <summary>True when a line about a peer may be written now.</summary>
    public bool TryTake(Instant now)
    {
        if (now >= _end)
        {
            _end = now + NhrpLimits.PeerLineInterval;
            _used = 0;
        }
        if (_used < NhrpLimits.PeerLinesPerInterval)
        {
            _used++;
            return true;
        }
        if (_leftOut++ == 0) core.Timers.Set(this, _end);
        return false;
    }

    public override void OnDeadline(Instant now, Outbox<NhrpEffect> outbox)
    {
        core.Logger.PeerLinesLeftOut(_leftOut);
        _leftOut = 0;
    }
}
