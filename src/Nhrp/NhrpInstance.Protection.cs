using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary>What IKE tells: peers with a proved identity, peers that move, and peers that cannot be had.</summary>
public sealed partial class NhrpInstance
{
    /// <summary>
    /// The peer has proved who it is. What was learnt about its NBMA address from others holds only as far as its certificate goes (with
    /// <c>authorization certificate</c>).
    /// </summary>
    public void OnPeerIdentified(NbmaPeer peer, NhrpIdentity identity, Instant now, Outbox<NhrpEffect> outbox)
    {
        _core.Identities.Set(peer.Association, identity);
        foreach (NhrpInterface via in _core.Interfaces)
        {
            if (!via.Active) continue;
            foreach (NhrpMapping mapping in via.Cache.MappingsOf(new NbmaPeer(peer.Address)))
            {
                if (mapping.Origin != NhrpOrigin.Static && !_core.Identities.IsCertified(via, peer, mapping.Address, now)) Distrust(via, mapping, now, outbox);
            }
        }
    }

    /// <summary>The peer is somewhere else now, by the same association (MOBIKE, NAT): its mappings stay and lead there.</summary>
    public void OnPeerMoved(NbmaPeer from, NbmaPeer to, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (from == to) return;
        foreach (NhrpInterface via in _core.Interfaces)
        {
            if (!via.Active) continue;
            foreach (NhrpMapping mapping in via.Cache.MappingsOf(from))
            {
                if (mapping.Origin == NhrpOrigin.Static) continue;
                if (mapping.IsServed) via.Answers.Purge(IpPrefix.Host(mapping.Address), now, outbox);
                via.Cache.Put(mapping.Address, to, mapping.Claimed == from.Address ? to.Address : mapping.Claimed, mapping.Origin, now, outbox);
            }
        }
    }

    /// <summary>
    /// No association with the peer can be had (it does not answer, or proves nothing): what was resolved to it goes, and is not asked for again for a while. The hub stays the way.
    /// </summary>
    public void OnPeerUnreachable(NbmaPeer peer, Instant now, Outbox<NhrpEffect> outbox)
    {
        foreach (NhrpInterface via in _core.Interfaces)
        {
            if (!via.Active) continue;
            foreach (NhrpMapping mapping in via.Cache.MappingsOf(peer))
            {
                if (mapping.Origin is NhrpOrigin.Resolved or NhrpOrigin.Implicit) Distrust(via, mapping, now, outbox);
            }
        }
    }

    private static void Distrust(NhrpInterface via, NhrpMapping mapping, Instant now, Outbox<NhrpEffect> outbox)
    {
        via.Resolutions.Avoid(mapping.Address, now);
        foreach (NhrpShortcut shortcut in mapping.Shortcuts ?? []) via.Resolutions.Avoid(shortcut.Destination, now);
        via.Cache.Remove(mapping, now, outbox);
    }
}
