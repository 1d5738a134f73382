using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Nhrp;

/// <summary>
/// NHRP of one router: client and server in one (RFC 2332 with Cisco's deviations). Sans-IO: time comes in as <c>now</c>, what is to
/// be done goes out through the outbox. Read first: RFC 2332 2.2, 5.2 and 6.2. Four kinds of method:
/// <list type="number">
/// <item>Getters (<c>Cache</c>, <c>Nhss</c>, …): no effect; they enumerate live state, so finish one before the next call of another kind.</item>
/// <item>Events: <see cref="HandlePacket"/> from the network; <c>On…</c> from the other engines and the shell.</item>
/// <item>Commands: <see cref="TryApply"/>, <c>Clear…</c>, <see cref="Stop"/>.</item>
/// <item>Time: <see cref="NextDeadline"/>, and <see cref="OnDeadline"/> when it has come; extra calls do nothing.</item>
/// </list>
/// After each call of kinds 2 to 4 the shell carries out the outbox's effects in order.
/// </summary>
public sealed partial class NhrpInstance
{
    private readonly NhrpCore _core;

    /// <summary>An engine without interfaces.</summary>
    public NhrpInstance(IRouteLookup routes, IRandom random, ILogger logger) => _core = new NhrpCore(routes, random, logger);

    /// <summary>The earliest time at which <see cref="OnDeadline"/> has something to do.</summary>
    public Instant NextDeadline => _core.Timers.Next;

    /// <summary>The interface came up, went down, or changed an address, its source or its MTU. Changed addresses are registered at once.</summary>
    public void OnInterfaceChanged(NhrpInterfaceFacts facts, Instant now, Outbox<NhrpEffect> outbox)
    {
        NhrpInterface via = _core.FindOrAdd(facts.Key);
        NhrpInterfaceFacts old = via.Facts;
        if (facts == old) return;
        bool addressesChanged = !facts.Addresses.Equals(old.Addresses), sourceChanged = facts.NbmaSource != old.NbmaSource;
        bool runs = via.Config.NetworkId is not null && facts.Up && facts.Addresses.Count > 0 && !facts.NbmaSource.IsUnspecified;
        // `shutdown`, while the source still works: the last words go out by the old facts.
        if (via.Active && !facts.Up && !sourceChanged) Shut(via, purge: true, now, outbox);
        // What is taken back must be taken back by the old protocol address, and sent from the underlay address that still works.
        if (via.Active && addressesChanged && !sourceChanged && old.Up)
        {
            via.Answers.PurgeAll(byServer: false, now, outbox);
            foreach (NhsClient nhs in via.Nhss.Clients) nhs.PurgeAddressesNotIn(facts, now, outbox);
        }
        via.Facts = facts;
        if (!via.Active || !runs)
        {
            Update(via, purge: false, now, outbox);
            return;
        }
        if (!addressesChanged && !sourceChanged) return;
        foreach (NhrpInterfaceAddress own in facts.Addresses.AsSpan())
        {
            if (via.Cache.Find(own.Address) is { } taken) via.Cache.Remove(taken, now, outbox);
        }
        foreach (NhsClient nhs in via.Nhss.Clients) nhs.Restart(now, outbox);
        if (!sourceChanged) return;
        via.Answers.PurgeAll(byServer: true, now, outbox);
        via.Purges.SendOwn(now, outbox);
    }

    /// <summary>An NHRP packet (what follows the GRE header). It is not kept.</summary>
    public void HandlePacket(in NhrpArrival arrival, ReadOnlySpan<byte> packet, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (_core.Find(arrival.Key) is not { Active: true } via)
        {
            Drops.Count(NhrpDrop.InterfaceDown);
            return;
        }
        if (!NhrpView.TryParse(packet, out NhrpView view, out Wire.Malformed why))
        {
            Malformed.Count(why);
            if (_core.Logger.IsEnabled(LogLevel.Debug) && _core.MalformedLines.TryTake(now)) _core.Logger.PacketMalformed(arrival.Key, arrival.From, why);
            return;
        }
        via.Received[(int)view.Type]++;
        via.Received[0]++;
        if (_core.Logger.IsEnabled(LogLevel.Debug)) _core.Logger.PacketReceived(NhrpText.NameOf(view.Type), arrival.Key, arrival.From, view.PacketSize, NhrpText.Format(view));
        if (!IsOurFamily(via, view))
        {
            Drops.Count(NhrpDrop.FamilyMismatch);
            return;
        }
        if (CheckExtensions(via, arrival, view, now, outbox)) Dispatch(via, arrival, view, now, outbox);
    }

    /// <summary>Phase 2: there is traffic for a next hop on the tunnel that has no mapping. The caller sends it by the NHS meanwhile.</summary>
    public void OnNextHopUnresolved(NhrpInterfaceKey key, IpAddress nextHop, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (_core.Find(key) is not { Active: true } via) return;
        if (nextHop.IsIPv4 == key.IPv6 || nextHop.IsUnspecified || nextHop.IsMulticast || via.IsBroadcast(nextHop) || _core.IsOwn(nextHop)) return;
        if (via.Cache.Find(nextHop) is not null || via.Statics.TryDerive(nextHop, now, outbox)) return;
        via.Resolutions.Start(nextHop, now, outbox);
    }

    /// <summary>
    /// A packet that came from <paramref name="from"/> over the tunnel is routed out over a tunnel of the same network-id: its
    /// sender is told, at most once per redirect timeout and (source, destination).
    /// </summary>
    public void OnTrafficTurnedAround(NhrpInterfaceKey arrival, NbmaPeer from, ReadOnlySpan<byte> ipPacketHead, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (_core.Find(arrival) is { Active: true } via) via.Redirects.OnTrafficTurnedAround(from, ipPacketHead, now, outbox);
    }

    /// <summary>The adjacency of a next hop carried traffic since the last call: it, and shortcuts over it, are refreshed before they expire.</summary>
    public void OnUsed(NhrpInterfaceKey key, IpAddress nextHop, Instant now)
    {
        if (_core.Find(key)?.Cache.Find(nextHop) is not { } mapping) return;
        mapping.LastUsed = now;
        // Idle when it was asked whether to refresh, used now: ask again.
        if (mapping.Origin == NhrpOrigin.Resolved && mapping.Deadline == mapping.Expires) _core.Timers.Set(mapping, now);
        if (mapping.Shortcuts is null) return;
        foreach (NhrpShortcut shortcut in mapping.Shortcuts)
        {
            if (shortcut.Deadline == shortcut.Expires) _core.Timers.Set(shortcut, now);
        }
    }

    /// <summary>A route of the kernel's table (not a shortcut) appeared, changed or went: answers given that depended on it are purged.</summary>
    public void OnRouteChanged(IpPrefix prefix, Instant now, Outbox<NhrpEffect> outbox)
    {
        foreach (NhrpInterface via in _core.Interfaces)
        {
            if (!via.Active || via.Key.IPv6 == prefix.IsIPv4) continue;
            via.Answers.OnRouteChanged(prefix, now, outbox);
            foreach (NhrpShortcut shortcut in via.Cache.ShortcutsOverlapping(prefix)) Reconsider(via, shortcut, now, outbox);
            via.Resolutions.ForgetNegative(prefix);
        }
    }

    /// <summary>
    /// Answer to <see cref="NhrpEffectKind.ResolveName"/> for one interface: where its tunnel's source is the same name may have other
    /// addresses. No address means that the look-up failed.
    /// </summary>
    public void OnNameResolved(
        NhrpInterfaceKey key, string name, ReadOnlySpan<IpAddress> addresses, TimeSpan timeToLive, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (_core.Find(key) is not { } via) return;
        foreach (NhsClient nhs in via.Nhss.Clients)
        {
            if (string.Equals(nhs.Config.NbmaName, name, StringComparison.OrdinalIgnoreCase)) nhs.OnNameResolved(addresses, timeToLive, now, outbox);
        }
    }

    /// <summary>The association with a peer is gone for good: what was learnt from it goes, and its next hop server is registered with anew.</summary>
    public void OnPeerLost(NbmaPeer peer, Instant now, Outbox<NhrpEffect> outbox)
    {
        _core.Identities.Remove(peer.Association);
        foreach (NhrpInterface via in _core.Interfaces)
        {
            if (!via.Active) continue;
            // A configured station is known by its NBMA address alone again.
            List<NhrpMapping> lost = via.Cache.MappingsOf(peer);
            foreach (NhrpMapping mapping in lost)
            {
                if (mapping.Origin != NhrpOrigin.Static) via.Cache.Remove(mapping, now, outbox);
                else if (peer.Association != 0) via.Cache.Put(mapping.Address, new NbmaPeer(peer.Address), mapping.Claimed, NhrpOrigin.Static, now, outbox);
            }
            foreach (NhsClient nhs in via.Nhss.Clients)
            {
                if (nhs.IsSelected && (nhs.Peer == peer || lost.Exists(mapping => mapping.IsNhs && mapping.Address == nhs.Address))) nhs.OnPeerLost(now, outbox);
            }
            Settle(via, peer.Address, now, outbox);
        }
    }

    /// <summary>Does what is due.</summary>
    public void OnDeadline(Instant now, Outbox<NhrpEffect> outbox)
    {
        while (_core.Timers.TryPop(now, out Timed<NhrpEffect>? timed)) timed.OnDeadline(now, outbox);
    }

    /// <summary>A shortcut's route changed under it: gone when the network is now this router's own, an override or not by the table.</summary>
    private void Reconsider(NhrpInterface via, NhrpShortcut shortcut, Instant now, Outbox<NhrpEffect> outbox)
    {
        bool routed = _core.Routes.TryLookup(shortcut.Destination, withShortcuts: false, out RouteView route);
        // No route at all is no reason: the hub that gave it may be dead, and the shortcut does not need it.
        if (routed && _core.Paths.Find(via, shortcut.Destination).Kind == NhrpPathKind.Local) via.Cache.RemoveShortcut(shortcut, outbox);
        else via.Cache.PutShortcut(shortcut.Prefix, shortcut.NextHop, routed && route.Prefix == shortcut.Prefix, now, outbox);
    }
}
