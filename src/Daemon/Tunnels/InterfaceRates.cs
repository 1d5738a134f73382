using Dmvpn.Core;
using Dmvpn.Dataplane;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>
/// IOS's five-minute rates: exponentially weighted, sampled every five seconds. Control thread only.
/// </summary>
internal sealed class InterfaceRates
{
    /// <summary>Time between samples.</summary>
    public static readonly TimeSpan Sampling = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private Sample _last;
    private bool _started;

    public double PacketsInPerSecond { get; private set; }

    public double BitsInPerSecond { get; private set; }

    public double PacketsOutPerSecond { get; private set; }

    public double BitsOutPerSecond { get; private set; }

    public void Add(TunnelCounters counters, Instant now)
    {
        var sample = new Sample(now, counters.PacketsIn, counters.BytesIn, counters.PacketsOut, counters.BytesOut);
        double seconds = now.Since(_last.At).TotalSeconds;
        if (_started && seconds > 0)
        {
            double weight = 1 - Math.Exp(-seconds / Window.TotalSeconds);
            PacketsInPerSecond += weight * ((sample.PacketsIn - _last.PacketsIn) / seconds - PacketsInPerSecond);
            BitsInPerSecond += weight * ((sample.BytesIn - _last.BytesIn) * 8 / seconds - BitsInPerSecond);
            PacketsOutPerSecond += weight * ((sample.PacketsOut - _last.PacketsOut) / seconds - PacketsOutPerSecond);
            BitsOutPerSecond += weight * ((sample.BytesOut - _last.BytesOut) * 8 / seconds - BitsOutPerSecond);
        }
        (_last, _started) = (sample, true);
    }

    private readonly record struct Sample(Instant At, long PacketsIn, long BytesIn, long PacketsOut, long BytesOut);
}
