using System.Collections.Frozen;
using Dmvpn.Core;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Rib;

namespace Dmvpn.Daemon;

/// <summary>
/// The IPv4 subnets of this router's interfaces, as ODR wants to know them: those that it tells the hub, without the tunnels' and
/// the underlay's (a hub that routed a spoke's own NBMA address into the tunnel would cut itself off), and all of them, which
/// nobody else is behind.
/// </summary>
internal static class ConnectedPrefixes
{
    /// <summary>Tells ODR both.</summary>
    public static void Tell(Engines engines, IKernelPort kernel, TunnelSet tunnels, Instant now)
    {
        engines.Odr.OnOwnNetworks(engines.Rib.Mirror.ConnectedPrefixes(ipv6: false, FrozenSet<RibInterface>.Empty), now, engines.OdrOut);
        engines.Odr.OnConnectedPrefixes(Announced(engines, kernel, tunnels), now, engines.OdrOut);
    }

    private static ValueList<IpPrefix> Announced(Engines engines, IKernelPort kernel, TunnelSet tunnels)
    {
        var excluded = new HashSet<RibInterface>();
        foreach (TunnelInterface tunnel in tunnels.All)
        {
            excluded.Add(RibInterface.Of(tunnel.Id));
            if (tunnel.Config.UnderlayNamespace is null && kernel.Links.LinkWith(tunnel.Source) is { } link) excluded.Add(RibInterface.Of(link.Name));
        }
        return engines.Rib.Mirror.ConnectedPrefixes(ipv6: false, excluded);
    }
}
