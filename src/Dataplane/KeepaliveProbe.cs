using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>What a <see cref="KeepaliveProbe"/> wants done.</summary>
public enum KeepaliveEffectKind
{
    /// <summary>Send a keepalive: <see cref="ControlSender.SendKeepalive"/>.</summary>
    Send,

    /// <summary>The peer answers again: the tunnel's line protocol is up.</summary>
    Up,

    /// <summary>The peer has not answered for the configured number of times: the line protocol is down.</summary>
    Down,
}

/// <summary>An effect of a <see cref="KeepaliveProbe"/>.</summary>
/// <param name="Tunnel">Which tunnel.</param>
/// <param name="Kind">What to do.</param>
public readonly record struct KeepaliveEffect(TunnelId Tunnel, KeepaliveEffectKind Kind);

/// <summary>
/// <c>keepalive [period [retries]]</c> of one point-to-point tunnel, as on IOS: a counter rises with every keepalive sent and falls to 0 with
/// one that comes back; at <c>retries</c> the tunnel is down, and the first that comes back brings it up. Starts up. Control thread only.
/// </summary>
public sealed class KeepaliveProbe
{
    private readonly TunnelId _tunnel;
    private TimeSpan _period;
    private int _retries;
    private int _unanswered;

    /// <summary>A probe that sends its first keepalive after one period.</summary>
    /// <param name="tunnel">Which tunnel.</param>
    /// <param name="period">1-32767 s; 10 s on IOS unless given.</param>
    /// <param name="retries">1-255; 3 on IOS unless given.</param>
    /// <param name="now">The present.</param>
    public KeepaliveProbe(TunnelId tunnel, TimeSpan period, int retries, Instant now)
    {
        (_tunnel, _period, _retries) = (tunnel, period, retries);
        NextDeadline = now + period;
    }

    /// <summary>Whether the peer counts as reachable.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>When the next keepalive is due.</summary>
    public Instant NextDeadline { get; private set; }

    /// <summary>Takes a changed configuration over without a flap: the state stays.</summary>
    public void Apply(TimeSpan period, int retries, Instant now)
    {
        if (_period != period) NextDeadline = now + period;
        (_period, _retries) = (period, retries);
    }

    /// <summary>Sends, or gives the peer up. Does nothing before <see cref="NextDeadline"/>.</summary>
    public void OnDeadline(Instant now, Outbox<KeepaliveEffect> outbox)
    {
        if (now < NextDeadline) return;
        NextDeadline = now + _period;
        if (IsUp && _unanswered >= _retries)
        {
            IsUp = false;
            outbox.Add(new KeepaliveEffect(_tunnel, KeepaliveEffectKind.Down));
        }
        if (_unanswered < _retries) _unanswered++;
        outbox.Add(new KeepaliveEffect(_tunnel, KeepaliveEffectKind.Send));
    }

    /// <summary>A keepalive of ours came back (<see cref="ControlKind.KeepaliveReturned"/>).</summary>
    public void HandleReturned(Outbox<KeepaliveEffect> outbox)
    {
        _unanswered = 0;
        if (IsUp) return;
        IsUp = true;
        outbox.Add(new KeepaliveEffect(_tunnel, KeepaliveEffectKind.Up));
    }
}
