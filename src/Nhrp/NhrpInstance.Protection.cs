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
        _core.Identities.Set(peer, identity);
        foreach (NhrpInterface via in _core.Interfaces)
        {
            if (!via.Active || via.Facts.Protection != identity.Protection) continue;
            Settle(via, peer.Address, now, outbox);
            foreach (NhrpMapping mapping in via.Cache.MappingsOf(peer))
            {
                // It may have come back with another certificate.
                if (mapping.Origin == NhrpOrigin.Static) continue;
                if (_core.Identities.IsCertified(via, peer, mapping.Address, now)) Restrict(via, mapping, now, outbox);
                else Distrust(via, mapping, now, outbox);
            }
            foreach (NhsClient nhs in via.Nhss.Clients) nhs.OnPeerUp(peer, now, outbox);
        }
    }

    /// <summary>
    /// At a configured NBMA address this association answered (0: nobody does at present): nobody else who is seen there is the next hop server, or the station of a <c>map</c>.
    /// </summary>
    /// <param name="protection">The protected source, as <see cref="NhrpInterfaceFacts.Protection"/> has it.</param>
    /// <param name="to">The address, and who answered there.</param>
    /// <param name="configured">The address has just been found in the configuration; otherwise only who answers there has changed.</param>
    /// <param name="now">The time.</param>
    /// <param name="outbox">What is to be done.</param>
    public void OnAddressBound(int protection, NbmaPeer to, bool configured, Instant now, Outbox<NhrpEffect> outbox)
    {
        _core.Identities.SetBound(protection, to, configured);
        if (configured) return;
        foreach (NhrpInterface via in _core.Interfaces)
        {
            if (via.Active && via.Facts.Protection == protection) Settle(via, to.Address, now, outbox);
        }
    }

    /// <summary>The peer is somewhere else now, by the same association (MOBIKE, NAT): its mappings stay and lead there.</summary>
    public void OnPeerMoved(NbmaPeer from, NbmaPeer to, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (from == to) return;
        _core.Identities.Move(to);
        foreach (NhrpInterface via in _core.Interfaces)
        {
            if (!via.Active) continue;
            foreach (NhrpMapping mapping in via.Cache.MappingsOf(from))
            {
                if (mapping.Origin == NhrpOrigin.Static) continue;
                if (mapping.IsServed) via.Answers.Purge(IpPrefix.Host(mapping.Address), now, outbox);
                via.Cache.Put(mapping.Address, to, mapping.Claimed == from.Address ? to.Address : mapping.Claimed, mapping.Origin, now, outbox);
            }
            Settle(via, from.Address, now, outbox);
            Settle(via, to.Address, now, outbox);
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

    /// <summary>
    /// Who is at an NBMA address has changed: stations that are known by it alone are bound to the association there that may be them, so that nothing for
    /// them leaves by another one.
    /// </summary>
    private void Settle(NhrpInterface via, IpAddress nbma, Instant now, Outbox<NhrpEffect> outbox)
    {
        via.Statics.Sync(now, outbox);
        foreach (NhrpMapping mapping in via.Cache.MappingsOf(new NbmaPeer(nbma)))
        {
            if (mapping.Origin == NhrpOrigin.Static) continue;
            NbmaPeer peer = mapping.Peer;
            switch (_core.Identities.Bind(via, mapping.Address, asServer: false, isConfigured: false, ref peer))
            {
                case NhrpBinding.Bound:
                    via.Cache.Put(mapping.Address, peer, mapping.Claimed, mapping.Origin, now, outbox);
                    Restrict(via, mapping, now, outbox);
                    break;
                case NhrpBinding.Refused or NhrpBinding.Ambiguous:
                    _core.Drops.Count(via.Config.Authorization == NhrpAuthorization.Certificate ? NhrpDrop.NotInCertificate : NhrpDrop.IdentityMismatch);
                    via.Resolutions.ComplainOfShortcut(mapping.Address, mapping.Address, peer, "the station at its outer address did not prove to be it", now);
                    Distrust(via, mapping, now, outbox);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Shortcuts by a next hop whose identity is known now lead no further than its certificate.</summary>
    private static void Restrict(NhrpInterface via, NhrpMapping nextHop, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (via.Config.Authorization == NhrpAuthorization.None || nextHop.Shortcuts is not { Count: > 0 } shortcuts) return;
        foreach (NhrpShortcut shortcut in shortcuts.ToArray())
        {
            if (via.Extent.TryFind(shortcut.Destination, shortcut.Prefix, nextHop.Address, nextHop.Peer, shortcut, out IpPrefix believed) && believed == shortcut.Prefix) continue;
            via.Resolutions.ComplainOfShortcut(shortcut.Destination, nextHop.Address, nextHop.Peer, "its certificate does not name that network", now);
            via.Resolutions.Avoid(shortcut.Destination, now);
            via.Cache.RemoveShortcut(shortcut, outbox);
        }
    }

    private static void Distrust(NhrpInterface via, NhrpMapping mapping, Instant now, Outbox<NhrpEffect> outbox)
    {
        via.Resolutions.Avoid(mapping.Address, now);
        foreach (NhrpShortcut shortcut in mapping.Shortcuts ?? []) via.Resolutions.Avoid(shortcut.Destination, now);
        via.Cache.Remove(mapping, now, outbox);
    }
}
