using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;
using Dmvpn.Ike;

namespace Dmvpn.Daemon.Protection;

/// <summary>A peer with an association.</summary>
internal sealed class ProtectedPeerEntry(ProtectionId protection, NbmaPeer peer, PeerIdentity identity)
{
    public ProtectionId Protection { get; } = protection;

    /// <summary>Where it is now, and its association.</summary>
    public NbmaPeer Peer { get; set; } = peer;

    public PeerIdentity Identity { get; set; } = identity;

    /// <summary>Our SPI of the child SA that packets to it leave by; 0 while there is none.</summary>
    public uint Sending { get; set; }

    /// <summary>The longest outer packet that gets through to it, in octets; <see cref="Ipsec.OutboundSa.UnknownPathMtu"/> without a limit.</summary>
    public int PathMtu { get; set; } = Ipsec.OutboundSa.UnknownPathMtu;

    /// <summary>Our SPIs of all its child SAs.</summary>
    public List<uint> Children { get; } = new(1);
}

/// <summary>
/// The peers that IKE has associations with, by association and by where they are. NHRP knows configured and resolved stations by their address alone
/// (association 0): such a one is the peer that IKE bound to the address, and never another one that is there too. Control thread only.
/// </summary>
internal sealed class PeerTable
{
    private readonly Dictionary<int, ProtectedPeerEntry> _byAssociation = [];
    private readonly Dictionary<(ProtectionId Protection, IpAddress Address), int> _bound = [];

    public int Count => _byAssociation.Count;

    public IEnumerable<ProtectedPeerEntry> All => _byAssociation.Values;

    public bool TryGet(int association, [MaybeNullWhen(false)] out ProtectedPeerEntry entry) => _byAssociation.TryGetValue(association, out entry);

    /// <summary>Whom packets to <paramref name="peer"/> go to: with an association that one, without the one that is bound to the address.</summary>
    public bool TryFind(ProtectionId protection, NbmaPeer peer, [MaybeNullWhen(false)] out ProtectedPeerEntry entry)
    {
        if (peer.Association != 0) return _byAssociation.TryGetValue(peer.Association, out entry);
        return _byAssociation.TryGetValue(_bound.GetValueOrDefault((protection, peer.Address)), out entry);
    }

    /// <summary>Packets to the address go to its association from now on; with association 0 to nobody. Returns which it was before.</summary>
    public int Bind(ProtectionId protection, NbmaPeer to)
    {
        int before = _bound.GetValueOrDefault((protection, to.Address));
        if (to.Association == 0) _bound.Remove((protection, to.Address));
        else _bound[(protection, to.Address)] = to.Association;
        return before;
    }

    /// <summary>The addresses that are bound to an association.</summary>
    public IEnumerable<IpAddress> AddressesOf(ProtectedPeerEntry entry)
    {
        foreach (((ProtectionId protection, IpAddress address), int association) in _bound)
        {
            if (association == entry.Peer.Association && protection == entry.Protection) yield return address;
        }
    }

    /// <summary>The same peer with the address where it is now: a packet that waited in a mailbox may bear an old one.</summary>
    public NbmaPeer Current(NbmaPeer peer) => peer.Association != 0 && _byAssociation.TryGetValue(peer.Association, out ProtectedPeerEntry? entry) ? entry.Peer : peer;

    /// <summary>Adds a peer, or takes its new place and identity over. Returns where it was before.</summary>
    public NbmaPeer? Put(ProtectionId protection, NbmaPeer peer, PeerIdentity identity)
    {
        if (!_byAssociation.TryGetValue(peer.Association, out ProtectedPeerEntry? entry))
        {
            _byAssociation.Add(peer.Association, new ProtectedPeerEntry(protection, peer, identity));
            return null;
        }
        entry.Identity = identity;
        return Move(entry, peer);
    }

    /// <summary>The peer is at another address now, or was heard of there last. Returns where it was before.</summary>
    public static NbmaPeer Move(ProtectedPeerEntry entry, NbmaPeer to)
    {
        NbmaPeer before = entry.Peer;
        entry.Peer = to;
        return before;
    }

    public void Remove(ProtectedPeerEntry entry) => _byAssociation.Remove(entry.Peer.Association);
}
