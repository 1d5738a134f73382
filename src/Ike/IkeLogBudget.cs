using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>
/// How many lines about single peers the log gets. A line for each is what an operator of ten spokes wants to see; when 10,000 come back after an outage, or
/// somebody tries keys, they would cost more than the work itself and bury everything else. What is left out is counted and said in one line. Each address has a part of
/// the whole and no more: who makes many lines leaves those about others in the log.
/// </summary>
internal sealed class IkeLogBudget(IkeCore core, int perSource = IkeLimits.LinesPerSource) : IkeTimed
{
    private readonly SourceBudget _sources = new(core.Random, perSource, perSource / 5.0);
    private Instant _end;
    private int _used;
    private int _leftOut;

    /// <summary>True when <see cref="TryTake"/> would be. To be asked before the text of a line is made, where that takes long.</summary>
    public bool HasRoom(Instant now, IpAddress source) => (now >= _end || _used < IkeLimits.PeerLinesPerInterval) && _sources.HasOne(source, now);

    /// <summary>True when a line about a peer at this address may be written now.</summary>
    public bool TryTake(Instant now, IpAddress source)
    {
        if (now >= _end)
        {
            _end = now + IkeLimits.PeerLineInterval;
            _used = 0;
        }
        if (_used < IkeLimits.PeerLinesPerInterval && _sources.TryTake(source, now))
        {
            _used++;
            return true;
        }
        LeaveOut(now);
        return false;
    }

    /// <summary>A line is left out, and its text is not made.</summary>
    public void LeaveOut(Instant now)
    {
        if (now >= _end) _end = now + IkeLimits.PeerLineInterval;
        if (_leftOut++ == 0) core.Timers.Set(this, _end);
    }

    public override void OnDeadline(Instant now, Outbox<IkeEffect> outbox)
    {
        core.Logger.PeerLinesLeftOut(_leftOut);
        _leftOut = 0;
    }
}
