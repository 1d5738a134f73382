using Dmvpn.Core;
using Dmvpn.Rib;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Routing;

/// <summary>
/// Sees whether a default route by a tunnel loses against another one of this machine, as that of a provider: traffic that was
/// meant for the tunnel then leaves in the clear. Says so once for each change, and tells ODR. Control thread only.
/// </summary>
internal sealed class DefaultRouteWatch(Engines engines, ILogger logger)
{
    private KernelRoute? _winner;
    private KernelRoute? _loser;

    /// <summary>Looks at the default routes of the kernel; cheap, and does nothing when they are as before.</summary>
    public void Look(Instant now)
    {
        KernelRoute? winner = null, loser = null;
        foreach (MirrorRoute mirrored in engines.Rib.Mirror.RoutesTo(IpPrefix.DefaultIPv4))
        {
            bool isByTunnel = mirrored.Route.NextHops.Count > 0 && mirrored.Route.NextHops[0].Interface.Tunnel is not null;
            if (isByTunnel && winner is not null) loser ??= mirrored.Route;
            if (winner is null && isByTunnel) break;
            winner ??= mirrored.Route;
        }
        if (loser is null) winner = null;
        if (winner == _winner && loser == _loser) return;
        (_winner, _loser) = (winner, loser);
        bool isOdr = loser is not null && RibKernel.Source(loser) == RouteSource.Odr;
        engines.Odr.OnOtherDefault(isOdr, now, engines.OdrOut);
        if (loser is null) return;
        DaemonLog.DefaultLoses(logger, loser.NextHops[0].Interface.ToString(), winner!.NextHops.Count > 0 ? winner.NextHops[0].Interface.ToString() : "Null0", winner.Metric,
            isOdr ? "only the private networks (RFC 1918) go by the tunnel, all else leaves there in the clear" : "what was meant for the tunnel leaves there in the clear");
    }
}
