using Dmvpn.Core;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Runtime.Netlink;

namespace Dmvpn.Daemon;

/// <summary>
/// What ODR tells the hub: the IPv4 subnets of this router's interfaces, without tunnels, loopback networks, and the underlay (a hub that routed a
/// spoke's own NBMA address into the tunnel would cut itself off).
/// </summary>
internal static class ConnectedPrefixes
{
    public static ValueList<IpPrefix> Of(KernelSync kernel, TunnelSet tunnels)
    {
        var underlay = new HashSet<int>();
        foreach (TunnelInterface tunnel in tunnels.All)
        {
            if (tunnel.Config.Vrf is null && kernel.Links.LinkWith(tunnel.Source) is { } link) underlay.Add(link.Index);
        }
        var prefixes = new SortedSet<IpPrefix>();
        foreach (LinuxLink link in kernel.Links.Links)
        {
            if (!link.IsRunning || kernel.IsTunnel(link.Index) || underlay.Contains(link.Index)) continue;
            foreach (LinuxAddress address in kernel.Links.Addresses(link.Index))
            {
                if (address.Address.IsIPv4 && !address.Address.IsLoopback && !address.Address.IsLinkLocal) prefixes.Add(address.Subnet);
            }
        }
        return [.. prefixes];
    }
}
