using Dmvpn.Core;

namespace Dmvpn.Management.Config;

/// <summary>What two tunnels must not share. Found by sorting, not by comparing each with each.</summary>
internal static class TunnelPairs
{
    public static void Check(RouterConfig config, ConfigBuilder builder)
    {
        Dictionary<(TunnelSource, string?, uint?, TunnelMode, IpAddress), TunnelConfig> alike = [];
        foreach (TunnelConfig tunnel in config.Tunnels)
        {
            if (tunnel.Source is not { } source) continue;
            var key = (source, tunnel.UnderlayNamespace, tunnel.Key, tunnel.Mode, tunnel.Destination);
            if (alike.TryGetValue(key, out TunnelConfig? other)) Alike(other, tunnel, builder);
            else alike[key] = tunnel;
        }
        Overlaps(config, t => t.Ipv4Addresses, "ip address", builder);
        Overlaps(config, t => t.Ipv6Addresses, "ipv6 address", builder);
    }

    private static void Alike(TunnelConfig a, TunnelConfig b, ConfigBuilder builder) => new TunnelCheck(b, builder).Refuse("tunnel key",
        $"{a.Id} and {b.Id} have the same source, mode{(a.IsMultipoint ? "" : ", destination")} and {(a.Key is { } key ? $"key {key}" : "no key")}: packets for one would be taken for the other's",
        "Give each a 'tunnel key' of its own");

    /// <summary>In the order of prefixes, wider ones first, a network lies within the last one that has not ended, or within none.</summary>
    private static void Overlaps(RouterConfig config, Func<TunnelConfig, ValueList<InterfaceAddress>> addresses, string command, ConfigBuilder builder)
    {
        List<(InterfaceAddress Address, TunnelConfig Tunnel)> all =
            [.. config.Tunnels.SelectMany(t => addresses(t).Where(a => !a.Address.IsLinkLocal).Select(a => (a, t)))];
        all.Sort(static (x, y) => x.Address.Subnet.Address.CompareTo(y.Address.Subnet.Address) is not 0 and var byAddress ? byAddress
            : x.Address.Length != y.Address.Length ? x.Address.Length.CompareTo(y.Address.Length) : x.Tunnel.Id.CompareTo(y.Tunnel.Id));
        HashSet<TunnelId> said = [];
        Stack<(InterfaceAddress Address, TunnelConfig Tunnel)> open = [];
        foreach ((InterfaceAddress Address, TunnelConfig Tunnel) one in all)
        {
            while (open.TryPeek(out var last) && !last.Address.Subnet.Contains(one.Address.Subnet)) open.Pop();
            if (open.FirstOrDefault(o => o.Tunnel.Id != one.Tunnel.Id) is { Tunnel: not null } around)
            {
                // The later tunnel is at fault.
                (var first, var second) = around.Tunnel.Id.CompareTo(one.Tunnel.Id) < 0 ? (around, one) : (one, around);
                if (said.Add(second.Tunnel.Id)) Overlap(first.Address, first.Tunnel, second.Address, command, new(second.Tunnel, builder));
            }
            // One more address of the same tunnel in the same network shows nothing new.
            if (!(open.TryPeek(out var same) && same.Tunnel.Id == one.Tunnel.Id)) open.Push(one);
        }
    }

    private static void Overlap(InterfaceAddress x, TunnelConfig other, InterfaceAddress y, string command, TunnelCheck check) => check.Refuse(
        $"{command} {y.Address}", x.Address == y.Address ? $"{y.Address} is already an address of {other.Id}" : $"{y.Subnet} overlaps with {x.Subnet} of {other.Id}",
        "Each tunnel is a network of its own");
}
