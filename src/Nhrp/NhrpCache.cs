using System.Runtime.InteropServices;
using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary>
/// The mappings and shortcuts of one interface, and the peers behind them. The only place that emits mapping, shortcut, multicast and peer
/// effects, so that each Up has its Down.
/// </summary>
internal sealed partial class NhrpCache(NhrpInterface owner)
{
    private readonly Dictionary<IpAddress, NhrpMapping> _mappings = [];
    private readonly Dictionary<NbmaPeer, PeerUse> _peers = [];
    private PrefixTrie<NhrpShortcut> _shortcuts = PrefixTrie<NhrpShortcut>.Empty;

    private TimerHeap<Timed<NhrpEffect>> Timers => owner.Core.Timers;

    public int MappingCount => _mappings.Count;

    public int ShortcutCount => _shortcuts.Count;

    public Dictionary<IpAddress, NhrpMapping>.ValueCollection Mappings => _mappings.Values;

    public IEnumerable<KeyValuePair<IpPrefix, NhrpShortcut>> Shortcuts => _shortcuts.Entries();

    public Dictionary<NbmaPeer, PeerUse> Peers => _peers;

    public NhrpMapping? Find(IpAddress address) => _mappings.GetValueOrDefault(address);

    public NhrpShortcut? FindShortcut(IpAddress address) => _shortcuts.TryMatch(address, out NhrpShortcut? found) ? found : null;

    /// <summary>True when something on this interface is reached by the peer.</summary>
    public bool Knows(NbmaPeer peer) => _peers.TryGetValue(peer, out PeerUse use) && use.Count > 0;

    /// <summary>The same for who sent a packet: configured peers are kept without the association that their packets come with.</summary>
    public bool KnowsSender(NbmaPeer from) => Knows(from) || from.Association != 0 && Knows(new NbmaPeer(from.Address));

    /// <summary>Makes a mapping, or gives the existing one a new peer. The caller fills in the rest and sets its lifetime.</summary>
    public NhrpMapping Put(IpAddress address, NbmaPeer peer, IpAddress claimed, NhrpOrigin origin, Instant now, Outbox<NhrpEffect> outbox)
    {
        ref NhrpMapping? slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_mappings, address, out bool exists);
        NhrpMapping mapping = slot ??= new NhrpMapping(owner, address) { Created = now };
        bool moved = !exists || mapping.Suspended || mapping.Peer != peer || mapping.Claimed != claimed;
        mapping.Suspended = false;
        if (exists && mapping.Peer != peer) Unlink(mapping, outbox);
        bool link = !exists || mapping.Peer != peer;
        bool wasRegistered = exists && !link && mapping.Origin == NhrpOrigin.Registered;
        mapping.Peer = peer;
        mapping.Claimed = claimed;
        mapping.Origin = origin;
        if (link) Link(mapping, outbox);
        else if (wasRegistered != (origin == NhrpOrigin.Registered)) CountRegistered(peer, wasRegistered ? -1 : 1, outbox);
        if (moved)
        {
            outbox.Add(new NhrpEffect { Kind = NhrpEffectKind.MappingUp, Key = owner.Key, Address = address, Peer = peer, Claimed = claimed });
            owner.Core.Logger.MappingUp(owner.Key, address, peer, claimed);
        }
        return mapping;
    }

    /// <summary>Sets how long a learnt mapping lives; used ones are asked for again before (<see cref="OnMappingDeadline"/>).</summary>
    public void SetLifetime(NhrpMapping mapping, ushort holdTime, Instant now)
    {
        mapping.HoldTime = holdTime;
        mapping.Expires = now + TimeSpan.FromSeconds(holdTime);
        Timers.Set(mapping, mapping.Origin == NhrpOrigin.Resolved ? RefreshAt(mapping.Expires, holdTime) : mapping.Expires);
    }

    /// <summary>Takes a mapping away with all shortcuts over it; answers that named it are purged.</summary>
    public void Remove(NhrpMapping mapping, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (mapping.Removed) return;
        while (mapping.Shortcuts is { Count: > 0 } shortcuts) RemoveShortcut(shortcuts[^1], outbox);
        mapping.Removed = true;
        Timers.Set(mapping, Instant.Never);
        _mappings.Remove(mapping.Address);
        if (!mapping.Suspended) GoDown(mapping, outbox);
        Unlink(mapping, outbox);
        if (mapping.IsServed) owner.Answers.Purge(IpPrefix.Host(mapping.Address), now, outbox);
    }

    /// <summary>Nothing is sent by a configured mapping until it is <see cref="Put"/> again.</summary>
    public void Suspend(NhrpMapping mapping, Outbox<NhrpEffect> outbox)
    {
        if (mapping.Suspended) return;
        while (mapping.Shortcuts is { Count: > 0 } shortcuts) RemoveShortcut(shortcuts[^1], outbox);
        GoDown(mapping, outbox);
        mapping.Suspended = true;
    }

    /// <summary>Makes or renews a shortcut by a next hop that has a mapping.</summary>
    public NhrpShortcut PutShortcut(IpPrefix prefix, NhrpMapping nextHop, bool nextHopOverride, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (!_shortcuts.TryGet(prefix, out NhrpShortcut? shortcut))
        {
            shortcut = new NhrpShortcut(owner, prefix) { Created = now };
            _shortcuts = _shortcuts.Set(prefix, shortcut);
        }
        else if (shortcut.NextHop == nextHop && shortcut.NextHopOverride == nextHopOverride)
        {
            return shortcut;
        }
        shortcut.NextHop?.Shortcuts?.Remove(shortcut);
        shortcut.NextHop = nextHop;
        shortcut.NextHopOverride = nextHopOverride;
        (nextHop.Shortcuts ??= []).Add(shortcut);
        outbox.Add(new NhrpEffect { Kind = NhrpEffectKind.ShortcutUp, Key = owner.Key, Prefix = prefix, Address = nextHop.Address, NextHopOverride = nextHopOverride });
        owner.Core.Logger.ShortcutUp(owner.Key, prefix, nextHop.Address, nextHopOverride);
        return shortcut;
    }

    /// <summary>Sets how long a shortcut lives.</summary>
    public void SetLifetime(NhrpShortcut shortcut, ushort holdTime, Instant now)
    {
        shortcut.HoldTime = holdTime;
        shortcut.Expires = now + TimeSpan.FromSeconds(holdTime);
        Timers.Set(shortcut, RefreshAt(shortcut.Expires, holdTime));
    }

    /// <summary>Takes a shortcut away; its next hop's mapping stays until it expires.</summary>
    public void RemoveShortcut(NhrpShortcut shortcut, Outbox<NhrpEffect> outbox)
    {
        if (shortcut.Removed) return;
        shortcut.Removed = true;
        Timers.Set(shortcut, Instant.Never);
        _shortcuts = _shortcuts.Remove(shortcut.Prefix);
        shortcut.NextHop.Shortcuts!.Remove(shortcut);
        outbox.Add(new NhrpEffect { Kind = NhrpEffectKind.ShortcutDown, Key = owner.Key, Prefix = shortcut.Prefix, Address = shortcut.NextHop.Address, NextHopOverride = shortcut.NextHopOverride });
        owner.Core.Logger.ShortcutDown(owner.Key, shortcut.Prefix, shortcut.NextHop.Address);
    }

    /// <summary>The shortcuts that overlap a prefix, as a copy.</summary>
    public List<NhrpShortcut> ShortcutsOverlapping(IpPrefix prefix)
    {
        List<NhrpShortcut> found = [];
        if (_shortcuts.Count == 0) return found;
        foreach (KeyValuePair<IpPrefix, NhrpShortcut> inside in _shortcuts.EntriesWithin(prefix)) found.Add(inside.Value);
        IpPrefix outer = prefix;
        while (outer.Length > 0 && _shortcuts.TryMatchCovering(new IpPrefix(outer.Address, outer.Length - 1), out outer, out NhrpShortcut? covering)) found.Add(covering);
        return found;
    }

    /// <summary>The mappings of one peer, as a copy.</summary>
    public List<NhrpMapping> MappingsOf(NbmaPeer peer)
    {
        List<NhrpMapping> found = [];
        if (!_peers.TryGetValue(peer, out PeerUse use)) return found;
        for (NhrpMapping? mapping = use.First; mapping is not null; mapping = mapping.NextOfPeer) found.Add(mapping);
        return found;
    }

    /// <summary>A used resolved mapping is asked for again before it ends; at its end it goes.</summary>
    public void OnMappingDeadline(NhrpMapping mapping, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (now >= mapping.Expires)
        {
            Remove(mapping, now, outbox);
            return;
        }
        Timers.Set(mapping, mapping.Expires);
        // With shortcuts over it, their refresh renews it.
        if (mapping.Shortcuts is { Count: > 0 }) return;
        if (mapping.Origin == NhrpOrigin.Resolved && WasUsed(mapping, mapping.HoldTime, now)) owner.Resolutions.Refresh(mapping.Address, mapping, now, outbox);
    }

    /// <summary>The same for a shortcut.</summary>
    public void OnShortcutDeadline(NhrpShortcut shortcut, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (now >= shortcut.Expires)
        {
            RemoveShortcut(shortcut, outbox);
            return;
        }
        Timers.Set(shortcut, shortcut.Expires);
        if (WasUsed(shortcut.NextHop, shortcut.HoldTime, now)) owner.Resolutions.Refresh(shortcut.Destination, shortcut.NextHop, now, outbox);
    }

    private void GoDown(NhrpMapping mapping, Outbox<NhrpEffect> outbox)
    {
        outbox.Add(new NhrpEffect { Kind = NhrpEffectKind.MappingDown, Key = owner.Key, Address = mapping.Address, Peer = mapping.Peer, Claimed = mapping.Claimed });
        owner.Core.Logger.MappingDown(owner.Key, mapping.Address, mapping.Peer);
    }

    private static bool WasUsed(NhrpMapping mapping, ushort holdTime, Instant now) =>
        !mapping.LastUsed.IsNever && now.Since(mapping.LastUsed) <= Earlier(holdTime) + Earlier(holdTime);

    private static Instant RefreshAt(Instant expires, ushort holdTime) => new(expires.Nanoseconds - Earlier(holdTime).Ticks * 100);

    private static TimeSpan Earlier(ushort holdTime)
    {
        TimeSpan quarter = TimeSpan.FromSeconds(holdTime / 4.0);
        return quarter < NhrpLimits.RefreshBefore ? quarter : NhrpLimits.RefreshBefore;
    }
}
