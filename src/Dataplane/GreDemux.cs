using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// Which tunnel a GRE packet that arrived at one <see cref="Underlay"/> belongs to: by key and peer for point-to-point tunnels, else by
/// key alone for a multipoint one. Immutable. Values are indexes into <see cref="ForwardingSnapshot.Tunnels"/>.
/// </summary>
internal sealed class GreDemux
{
    private readonly Dictionary<Key, int> _tunnels = [];
    private readonly HashSet<long> _keys = [];

    public GreDemux(ReadOnlySpan<TunnelSnapshot> tunnels, Underlay underlay)
    {
        for (int i = 0; i < tunnels.Length; i++)
        {
            if (!ReferenceEquals(tunnels[i].Underlay, underlay)) continue;
            TunnelForwarding config = tunnels[i].Config;
            _tunnels.TryAdd(new Key(Number(config.Key), config.Destination), i);
            _keys.Add(Number(config.Key));
        }
    }

    /// <summary>Finds the tunnel, or says what there is not: <see cref="DataplaneDrop.InNoTunnel"/> or <see cref="DataplaneDrop.InUnknownPeer"/>.</summary>
    public bool TryFind(uint? key, IpAddress peer, out int tunnel, out DataplaneDrop why)
    {
        long number = Number(key);
        why = default;
        if (_tunnels.TryGetValue(new Key(number, peer), out tunnel)) return true;
        if (_tunnels.TryGetValue(new Key(number, IpAddress.None), out tunnel)) return true;
        why = _keys.Contains(number) ? DataplaneDrop.InUnknownPeer : DataplaneDrop.InNoTunnel;
        return false;
    }

    // No key and key 0 are different tunnels.
    private static long Number(uint? key) => key ?? -1L;

    private readonly record struct Key(long Number, IpAddress Peer);
}
