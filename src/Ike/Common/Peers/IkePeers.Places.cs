using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// One identity may be at several places at once: a router with two uplinks and a tunnel by each, a hub with two addresses, two hubs
/// with one name. Each place is an association of its own, so that none pushes another out.
/// </summary>
internal sealed partial class IkePeers
{
    /// <summary>The association that a new IKE SA with the identity belongs to.</summary>
    /// <param name="protection">By which source.</param>
    /// <param name="identity">Who has proved itself, and with what.</param>
    /// <param name="sa">The new SA.</param>
    /// <param name="before">The association that was called, or whose authentication is renewed; null without.</param>
    /// <param name="alone">The peer says, or shows with a ticket, that it has no other SA with us.</param>
    private IkePeer FindOrAdd(IkeProtection protection, PeerIdentity identity, IkeSa sa, IkePeer? before, bool alone)
    {
        IkeIdentity id = identity.Id.Normalized();
        if (before is not null && before.Protection == protection && before.Is(identity) && _byAssociation.ContainsKey(before.Association)) return before;
        IkePeer? first = _byIdentity.GetValueOrDefault((protection.Id, id)), moved = null;
        for (IkePeer? peer = first; peer is not null; peer = peer.NextOfIdentity)
        {
            if (peer.KeyEntry != identity.KeyEntry) continue;
            if (IsPlaceOf(peer, sa)) return peer;
            // Whom we call is where we call it. Who calls us may have moved, when nothing is left of where it was.
            if (peer.Target is null && (alone || peer.Sas.Count == 0)) moved = Preferred(moved, peer);
        }
        if (moved is not null) return moved;
        var added = new IkePeer(core, protection, id, identity.KeyEntry, ++_last) { NextOfIdentity = first };
        _byIdentity[(protection.Id, id)] = added;
        _byAssociation.Add(added.Association, added);
        return added;
    }

    /// <summary>The places of a peer's identity, its own too.</summary>
    private List<IkePeer> PlacesOf(IkePeer peer)
    {
        var places = new List<IkePeer>(1);
        for (IkePeer? place = _byIdentity.GetValueOrDefault((peer.Protection.Id, peer.Id)); place is not null; place = place.NextOfIdentity)
        {
            if (place.KeyEntry == peer.KeyEntry) places.Add(place);
        }
        return places;
    }

    /// <summary>Other peers of the source that have the name of this one, and another credential.</summary>
    private IEnumerable<IkePeer> Namesakes(IkePeer peer)
    {
        for (IkePeer? other = _byIdentity.GetValueOrDefault((peer.Protection.Id, peer.Id)); other is not null; other = other.NextOfIdentity)
        {
            if (other.KeyEntry != peer.KeyEntry) yield return other;
        }
    }

    /// <summary>After a new place came: who takes more than a router has loses the one that it was heard from least recently.</summary>
    private void LimitPlaces(IkePeer peer, Instant now, Outbox<IkeEffect> outbox)
    {
        List<IkePeer> places = PlacesOf(peer);
        if (places.Count <= IkeLimits.MaximumPlacesPerIdentity) return;
        IkePeer? oldest = null;
        foreach (IkePeer place in places)
        {
            if (place != peer && place.Current is { } sa && (oldest is null || sa.LastHeard < oldest.Current!.LastHeard)) oldest = place;
        }
        foreach (IkeSa sa in oldest?.Sas.ToArray() ?? []) sa.Close(IkeDownReason.Unused, now, outbox);
    }

    /// <summary>Behind a NAT several uplinks of one router may share an address: the port tells them apart.</summary>
    private static bool IsPlaceOf(IkePeer peer, IkeSa sa)
    {
        if (peer.Address != sa.Path.Remote.Address) return false;
        return !sa.IsRemoteBehindNat || sa.IsInitiator || peer.Current is not { } present || present.Path.Remote.Port == sa.Path.Remote.Port;
    }

    /// <summary>Of two that may have moved: one that somebody depends on, then the older one.</summary>
    private static IkePeer Preferred(IkePeer? one, IkePeer other) =>
        one is null || (other.Wants > 0, -other.Association).CompareTo((one.Wants > 0, -one.Association)) > 0 ? other : one;

    private void RemoveFromIdentity(IkePeer peer)
    {
        (ProtectionId, IkeIdentity) key = (peer.Protection.Id, peer.Id);
        IkePeer first = _byIdentity[key];
        if (first != peer)
        {
            IkePeer previous = first;
            while (previous.NextOfIdentity != peer) previous = previous.NextOfIdentity!;
            previous.NextOfIdentity = peer.NextOfIdentity;
        }
        else if (peer.NextOfIdentity is { } next)
        {
            _byIdentity[key] = next;
        }
        else
        {
            _byIdentity.Remove(key);
        }
        peer.NextOfIdentity = null;
    }
}
