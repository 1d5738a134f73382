using Dmvpn.Ike;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Management.Config;

/// <summary>
/// What a reload would take away that is more likely a mistake than meant: the last tunnel, and the protection of a tunnel.
/// </summary>
public static class ConfigLosses
{
    /// <summary>The losses, one sentence each without a full stop; empty when there is none.</summary>
    /// <param name="running">The configuration in force.</param>
    /// <param name="next">The one that is to replace it.</param>
    public static IReadOnlyList<string> Of(RouterConfig running, RouterConfig next)
    {
        List<string> losses = [];
        if (running.Tunnels.Count > 0 && next.Tunnels.Count == 0)
            losses.Add($"this reload would remove {string.Join(", ", running.Tunnels.Select(t => t.Id))}, and no tunnel would be left");
        Dictionary<Core.TunnelId, TunnelConfig> before = running.Tunnels.ToDictionary(t => t.Id);
        ILookup<Core.IpPrefix, TunnelConfig> networks = Removed(running, next).SelectMany(t => Networks(t).Select(n => (Network: n, Tunnel: t))).ToLookup(n => n.Network, n => n.Tunnel);
        foreach (TunnelConfig tunnel in next.Tunnels)
        {
            // A tunnel under another number in the network of one that goes is the same tunnel.
            TunnelConfig? old = before.GetValueOrDefault(tunnel.Id) ?? Networks(tunnel).SelectMany(n => networks[n]).FirstOrDefault();
            if (old?.Protection is not { } protection) continue;
            if (tunnel.Protection is null)
                losses.Add($"{tunnel.Id} would lose its protection (ipsec profile {protection.Profile}): its packets would leave in clear text");
            else if (Encrypts(old, running.Crypto) && !Encrypts(tunnel, next.Crypto))
                losses.Add($"{tunnel.Id} would lose its encryption: its packets would only be authenticated");
        }
        return losses;
    }

    private static IEnumerable<TunnelConfig> Removed(RouterConfig running, RouterConfig next)
    {
        HashSet<Core.TunnelId> stay = [.. next.Tunnels.Select(t => t.Id)];
        return running.Tunnels.Where(t => t.Protection is not null && !stay.Contains(t.Id));
    }

    private static IEnumerable<Core.IpPrefix> Networks(TunnelConfig tunnel) => tunnel.Ipv4Addresses.Concat(tunnel.Ipv6Addresses).Select(a => a.Subnet);

    /// <summary>True when none of the transforms that may be agreed on leaves packets readable.</summary>
    private static bool Encrypts(TunnelConfig tunnel, IkeConfig crypto) =>
        crypto.IpsecProfileOf(tunnel.Protection!.Profile) is not { } profile
        || !crypto.TransformSetsOf(profile).Any(set => set.Encryption.Id is EncryptionId.Null or EncryptionId.NullAesGmac);
}
