using Dmvpn.Core;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Rib;

namespace Dmvpn.Daemon;

/// <summary>
/// What ODR tells the hub: the IPv4 subnets of this router's interfaces, without the tunnels' and the underlay's (a hub that routed a
/// spoke's own NBMA address into the tunnel would cut itself off).
/// </summary>
internal static class ConnectedPrefixes
{
    public static ValueList<IpPrefix> Of(Engines engines, IKernelPort kernel, TunnelSet tunnels)
    {
        var excluded = new HashSet<RibInterface>();
        foreach (TunnelInterface tunnel in tunnels.All)
        {
            excluded.Add(RibInterface.Of(tunnel.Id));
            if (tunnel.Config.Vrf is null && kernel.Links.LinkWith(tunnel.Source) is { } link) excluded.Add(RibInterface.Of(link.Name));
        }
        return engines.Rib.Mirror.ConnectedPrefixes(ipv6: false, excluded);
    }
}
