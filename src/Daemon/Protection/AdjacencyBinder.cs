using Dmvpn.Core;
using Dmvpn.Nhrp;

namespace Dmvpn.Daemon.Protection;

/// <summary>
/// Mappings become adjacencies here. On a protected tunnel a mapping whose peer has no SA yet waits while a next hop server is there: traffic goes on by the server, and not one packet is lost while
/// the direct way comes up. Control thread only.
/// </summary>
internal sealed class AdjacencyBinder(Engines engines, ProtectionSet protections, PeerTable peers)
{
    private readonly Dictionary<(TunnelId Tunnel, IpAddress NextHop), NbmaPeer> _waiting = [];

    public void OnMappingUp(NhrpInterfaceKey key, IpAddress nextHop, NbmaPeer peer)
    {
        if (MayWait(key, nextHop, peer))
        {
            engines.Forwarding.RemoveAdjacency(key.Tunnel, IpPrefix.Host(nextHop));
            _waiting[(key.Tunnel, nextHop)] = peer;
            return;
        }
        _waiting.Remove((key.Tunnel, nextHop));
        engines.Forwarding.SetAdjacency(key.Tunnel, IpPrefix.Host(nextHop), peer);
    }

    public void OnMappingDown(NhrpInterfaceKey key, IpAddress nextHop)
    {
        _waiting.Remove((key.Tunnel, nextHop));
        engines.Forwarding.RemoveAdjacency(key.Tunnel, IpPrefix.Host(nextHop));
    }

    /// <summary>Packets can be sent to the peer.</summary>
    public void OnPeerReady(ProtectedPeerEntry ready)
    {
        if (_waiting.Count == 0) return;
        foreach (((TunnelId Tunnel, IpAddress NextHop) key, NbmaPeer peer) in new List<KeyValuePair<(TunnelId, IpAddress), NbmaPeer>>(_waiting))
        {
            if (protections.Of(key.Tunnel) is not { } protection || !peers.TryFind(protection, peer, out ProtectedPeerEntry? entry) || entry != ready) continue;
            _waiting.Remove(key);
            engines.Forwarding.SetAdjacency(key.Tunnel, IpPrefix.Host(key.NextHop), peer);
        }
    }

    private bool MayWait(NhrpInterfaceKey key, IpAddress nextHop, NbmaPeer peer)
    {
        if (protections.Of(key.Tunnel) is not { } protection || peers.TryFind(protection, peer, out ProtectedPeerEntry? entry) && entry.Sending != 0) return false;
        return engines.Nhrp.TryGetServer(key, out IpAddress server, out _) && server != nextHop;
    }
}
