using Dmvpn.Core;

namespace Dmvpn.Management.Config;

/// <summary>Finds the tunnel in whose network a next hop is.</summary>
internal sealed class NextHops
{
    private readonly HashSet<IpAddress> _own = [];
    private readonly Dictionary<IpPrefix, TunnelId> _networks = [];
    private readonly SortedSet<int> _lengths = [];

    /// <summary>Knows the addresses of all tunnels of the file.</summary>
    public NextHops(ConfigBuilder builder)
    {
        foreach (TunnelConfig tunnel in builder.Tunnels)
        {
            foreach (InterfaceAddress address in tunnel.Ipv4Addresses.Concat(tunnel.Ipv6Addresses))
            {
                _own.Add(address.Address);
                // A link-local next hop says nothing about the interface.
                if (address.Address.IsLinkLocal) continue;
                _networks.TryAdd(address.Subnet, tunnel.Id);
                _lengths.Add(address.Length);
            }
        }
    }

    /// <summary>True for an address of this router itself.</summary>
    public bool IsOwn(IpAddress hop) => _own.Contains(hop);

    /// <summary>The tunnel with the longest network around <paramref name="hop"/>; null when there is none.</summary>
    public TunnelId? TunnelOf(IpAddress hop)
    {
        foreach (int length in _lengths.Reverse())
        {
            if (length <= (hop.IsIPv4 ? 32 : 128) && _networks.TryGetValue(new(hop, length), out TunnelId tunnel)) return tunnel;
        }
        return null;
    }
}
