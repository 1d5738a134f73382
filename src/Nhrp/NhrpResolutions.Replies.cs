using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp;

/// <summary>What is made of an answer: who it is from, whether it may have what it says, how much of it is believed.</summary>
internal sealed partial class NhrpResolutions
{
    /// <summary>A positive or negative answer to one of ours.</summary>
    public void HandleReply(NhrpResolution resolution, in NhrpArrival arrival, NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        NhrpCie best = default;
        bool any = false;
        foreach (NhrpCieView entry in view.Cies)
        {
            NhrpCie cie = entry.ToCie();
            // The first of the highest preference (5.2.2).
            if (any && (cie.Code != NhrpCieCode.Success || cie.Preference <= best.Preference)) continue;
            best = cie;
            any = true;
        }
        if (!any || best.Code != NhrpCieCode.Success || best.HoldTime == 0)
        {
            Core.Logger.ResolutionRefused(owner.Key, resolution.Destination, any ? best.Code : NhrpCieCode.NoBinding);
            Refuse(resolution, now);
            return;
        }
        IpAddress nextHop = best.Protocol.Ip, claimed = best.Nbma.Ip;
        bool relayed = IsRelayed(arrival, view, nextHop);
        NbmaPeer peer = relayed ? PeerOf(view, nextHop, claimed) : arrival.From;
        if (!IsStation(nextHop, peer, claimed))
        {
            RefuseUnusable(resolution, nextHop, peer, "its answer cannot be used", now);
            return;
        }
        if (!(relayed ? MayBe(nextHop, ref peer, now) : Core.Identities.MayClaim(owner, peer, nextHop, now)))
        {
            Refuse(resolution, NhrpLimits.UnreachableRetry, now);
            return;
        }
        IpPrefix prefix = PrefixOf(resolution.Destination, best.PrefixLength);
        bool isChecked = arrival.From.Association != 0 && owner.Config.Authorization != NhrpAuthorization.None;
        NhrpShortcut? old = owner.Cache.FindShortcut(resolution.Destination);
        string? why = isChecked && !owner.Extent.TryFind(resolution.Destination, prefix, nextHop, peer, old, out prefix) ? "its certificate does not name that network"
            : !IsRoutable(prefix, peer) ? "its answer covers an outer address, or this router"
            : IsFull(nextHop, peer) ? "there are too many already" : null;
        if (why is not null)
        {
            RefuseUnusable(resolution, nextHop, peer, why, now);
            return;
        }
        Cancel(resolution);
        Learn(resolution.Destination, prefix, nextHop, peer, claimed, best, view, now, outbox);
    }

    private void RefuseUnusable(NhrpResolution resolution, IpAddress nextHop, NbmaPeer peer, string why, Instant now)
    {
        Core.Drops.Count(NhrpDrop.UnusableReply);
        ComplainOfShortcut(resolution.Destination, nextHop, peer, why, now);
        Refuse(resolution, now);
    }

    /// <summary>A refusal is one line in the log: traffic goes by the server, and nobody would know why.</summary>
    public void ComplainOfShortcut(IpAddress destination, IpAddress nextHop, NbmaPeer peer, string why, Instant now)
    {
        if (Core.Complaints.IsNew(owner.Key, NhrpComplaint.ShortcutRefused, nextHop, now) && Core.PeerLines.TryTake(now))
            Core.Logger.ShortcutRefused(owner.Key, destination, nextHop, Core.Identities.NameOf(peer), peer, why);
    }

    /// <summary>
    /// True when the answer came by way of somebody whose word counts for where the next hop is; else it came from the next hop itself, or from one that says so. A record of a
    /// transit NHS proves nothing: whoever answers can write one. (Without protection an outer address proves as little, and the record is all there is.)
    /// </summary>
    private bool IsRelayed(in NhrpArrival arrival, NhrpView view, IpAddress nextHop) => Core.Trust.IsTransit(owner, arrival.From, nextHop)
        || arrival.From.Association == 0 && view.TryGetExtension(NhrpExtensionType.ReverseTransitNhs, out NhrpExtensionView records) && records.Value.Length > 0;

    /// <summary>Where the next hop of a relayed answer is: what a transit NHS wrote into the NAT extension; else what it claims.</summary>
    private NbmaPeer PeerOf(NhrpView view, IpAddress nextHop, IpAddress claimed)
    {
        if (view.TryGetExtension(NhrpExtensionType.NatAddress, out NhrpExtensionView nat) && !nat.IsCompulsory && nat.TryGetCies(out NhrpCieList entries))
        {
            foreach (NhrpCieView entry in entries)
            {
                NhrpCie cie = entry.ToCie();
                if (cie.Protocol.Ip == nextHop && !cie.Nbma.Ip.IsUnspecified) return new NbmaPeer(cie.Nbma.Ip);
            }
        }
        return new NbmaPeer(claimed);
    }

    /// <summary>
    /// An association that has the next hop keeps it: a hearsay address never takes its place. Else whoever has proved itself at the address must be one that
    /// may have it; nobody is asked for again soon when it is not.
    /// </summary>
    private bool MayBe(IpAddress nextHop, ref NbmaPeer peer, Instant now)
    {
        if (owner.Cache.Find(nextHop) is { } known && (Core.Identities.IsLive(known.Peer) || known.Peer.Association != 0 && known.Peer.Address == peer.Address))
        {
            peer = known.Peer;
            return true;
        }
        NhrpBinding binding = Core.Identities.Bind(owner, nextHop, asServer: false, isConfigured: false, ref peer);
        if (binding is NhrpBinding.Open or NhrpBinding.Bound) return true;
        Core.Drops.Count(binding == NhrpBinding.Ambiguous ? NhrpDrop.UnusableReply : NhrpDrop.IdentityMismatch);
        ComplainOfShortcut(nextHop, nextHop, peer, "another station than that is at its outer address; they may be behind one NAT", now);
        return false;
    }

    /// <summary>No member may fill the tables: beyond its share the hub stays the way.</summary>
    private bool IsFull(IpAddress nextHop, NbmaPeer peer) =>
        owner.Cache.Find(nextHop) is { } known ? known.Shortcuts?.Count >= NhrpLimits.ShortcutsPerNextHop : owner.Cache.CountOf(peer) >= NhrpLimits.MappingsPerPeer;

    private bool IsStation(IpAddress nextHop, NbmaPeer peer, IpAddress claimed) =>
        nextHop.IsIPv4 != owner.Key.IPv6 && !nextHop.IsUnspecified && !nextHop.IsMulticast && !Core.IsOwn(nextHop)
        && !peer.Address.IsUnspecified && !peer.Address.IsMulticast && peer.Address.IsIPv4 == owner.Facts.NbmaSource.IsIPv4
        && peer.Address != owner.Facts.NbmaSource && !claimed.IsUnspecified;

    // A route for the peer's own underlay address into the tunnel to it would be a loop (IOS: %TUN-5-RECURDOWN).
    private bool IsRoutable(IpPrefix prefix, NbmaPeer peer) =>
        !prefix.Contains(peer.Address) && !prefix.Contains(owner.Facts.NbmaSource) && (prefix.IsHost || !prefix.Contains(owner.Address));

    private void Learn(
        IpAddress destination, IpPrefix prefix, IpAddress nextHop, NbmaPeer peer, IpAddress claimed, in NhrpCie cie, NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        NhrpMapping? mapping = owner.Cache.Find(nextHop);
        if (mapping is not { IsServed: true })
        {
            mapping = owner.Cache.Put(nextHop, peer, claimed, NhrpOrigin.Resolved, now, outbox);
            mapping.Authoritative = (view.Flags & NhrpFlags.Authoritative) != 0;
            mapping.Mtu = cie.Mtu;
            mapping.Preference = cie.Preference;
            mapping.RequestId = view.RequestId;
            owner.Cache.SetLifetime(mapping, NhrpLimits.HoldOf(cie.HoldTime), now);
        }
        mapping.Hits++;
        bool routed = Core.Routes.TryLookup(destination, withShortcuts: false, out RouteView route);
        if (destination == nextHop && (!routed || route.NextHop.IsUnspecified || route.NextHop == nextHop)) return;
        // A longer prefix in the routing table would win over the shortcut: then the shortcut is for that one.
        if (routed && route.Prefix.Length > prefix.Length) prefix = route.Prefix;
        NhrpShortcut? old = owner.Cache.FindShortcut(destination);
        NhrpShortcut shortcut = owner.Cache.PutShortcut(prefix, mapping, routed && route.Prefix == prefix, now, outbox);
        shortcut.Destination = destination;
        shortcut.Authoritative = mapping.Authoritative;
        shortcut.Mtu = cie.Mtu;
        shortcut.Preference = cie.Preference;
        shortcut.Hits++;
        owner.Cache.SetLifetime(shortcut, NhrpLimits.HoldOf(cie.HoldTime), now);
        if (old is not null && old != shortcut) owner.Cache.RemoveShortcut(old, outbox);
    }

    private IpPrefix PrefixOf(IpAddress destination, byte length) =>
        length == 0 || length > owner.Width ? IpPrefix.Host(destination) : new IpPrefix(destination, length);
}
