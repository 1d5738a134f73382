using Dmvpn.Core;
using Dmvpn.Daemon.Protection;
using Dmvpn.Ike;
using Dmvpn.Management.Api;

namespace Dmvpn.Daemon.Screens;

/// <summary>How far IKE and ESP are with the peers of NHRP's entries, looked up once for a whole <c>show dmvpn</c>. Control thread only.</summary>
internal sealed class PeerProtection(IkeInstance ike, ProtectionParts parts)
{
    private readonly HashSet<(ProtectionId, int)> _associations = [];
    private readonly HashSet<(ProtectionId, IpAddress)> _addresses = [];
    private bool _read;

    /// <summary>The layer below NHRP that is not up; null when packets can be sent to the peer, and on tunnels without protection.</summary>
    public DmvpnSessionState? StateBelow(TunnelId tunnel, NbmaPeer peer)
    {
        // A resolution under way has no peer yet.
        if (parts.Sources.Of(tunnel) is not { } protection || peer.Address.IsUnspecified) return null;
        if (parts.Peers.TryFind(protection, peer, out ProtectedPeerEntry? entry) && entry.Sending != 0) return null;
        Read();
        bool hasIke = peer.Association != 0 ? _associations.Contains((protection, peer.Association)) : _addresses.Contains((protection, peer.Address));
        return hasIke ? DmvpnSessionState.Ipsec : DmvpnSessionState.Ike;
    }

    /// <summary>Who the peer proved to be; null on tunnels without protection, and while nobody has.</summary>
    public string? IdentityOf(TunnelId tunnel, NbmaPeer peer)
    {
        if (parts.Sources.Of(tunnel) is not { } protection || peer.Address.IsUnspecified) return null;
        return parts.Peers.TryFind(protection, peer, out ProtectedPeerEntry? entry) ? entry.Identity.Id.ToString() : null;
    }

    private void Read()
    {
        if (_read) return;
        _read = true;
        foreach (IkeSaState sa in ike.Sas())
        {
            if (sa.Status != IkeSaStatus.Ready) continue;
            _associations.Add((sa.Protection, sa.Association));
            _addresses.Add((sa.Protection, sa.Path.Remote.Address));
        }
    }
}
