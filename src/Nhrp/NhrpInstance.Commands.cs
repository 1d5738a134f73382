using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary>Configuration and commands.</summary>
public sealed partial class NhrpInstance
{
    /// <summary>
    /// Gives an interface its configuration, or takes it away (null). Only what differs is touched: mappings, registrations and
    /// shortcuts that are not concerned live on. False, and nothing changed, when the configuration cannot be used.
    /// </summary>
    public bool TryApply(NhrpInterfaceKey key, NhrpConfig? config, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (config is { Authentication: { } text } && text.Length is 0 or > Wire.Nhrp.NhrpSpec.MaximumAuthenticationLength) return false;
        NhrpInterface? known = _core.Find(key);
        if (config is null && known is null) return true;
        NhrpInterface via = known ?? _core.FindOrAdd(key);
        NhrpConfig old = via.Config, next = config ?? new NhrpConfig();
        if (next == old) return true;
        // The last words must be said with the old authentication.
        if (next.NetworkId is null)
        {
            if (via.Active) Shut(via, purge: true, now, outbox);
            via.Answers.PurgeAll(byServer: false, now, outbox);
        }
        via.Configure(next);
        if (!via.Active || !via.CanRun)
        {
            Update(via, purge: true, now, outbox);
            return true;
        }
        via.Statics.Sync(now, outbox);
        if (old.MulticastDynamic != next.MulticastDynamic) via.Cache.UpdateAllMulticast(outbox);
        if (!next.Shortcut && old.Shortcut) DropShortcuts(via, now, outbox);
        via.Nhss.Sync(now, outbox);
        if (old.HoldTime != next.HoldTime || old.RegistrationTimeout != next.RegistrationTimeout || old.RegistrationUnique != next.RegistrationUnique
            || old.Authentication != next.Authentication)
        {
            foreach (NhsClient nhs in via.Nhss.Clients) nhs.Restart(now, outbox);
        }
        return true;
    }

    /// <summary><c>clear ip nhrp</c>: all dynamic entries of a family, or those of one interface.</summary>
    public void Clear(bool ipv6, NhrpInterfaceKey? key, Instant now, Outbox<NhrpEffect> outbox)
    {
        foreach (NhrpInterface via in _core.Interfaces)
        {
            if (!via.Active || via.Key.IPv6 != ipv6 || key is { } only && only != via.Key) continue;
            via.Resolutions.CancelAll();
            via.Answers.PurgeAll(byServer: false, now, outbox);
            foreach (NhrpMapping mapping in new List<NhrpMapping>(via.Cache.Mappings))
            {
                if (mapping.Origin != NhrpOrigin.Static) via.Cache.Remove(mapping, now, outbox);
            }
            DropShortcuts(via, now, outbox);
        }
    }

    /// <summary><c>clear ip nhrp ADDRESS</c>: the dynamic entries for an address or next hop. False when there is none.</summary>
    public bool ClearAddress(IpAddress address, Instant now, Outbox<NhrpEffect> outbox)
    {
        bool found = false;
        foreach (NhrpInterface via in _core.Interfaces)
        {
            if (!via.Active || via.Key.IPv6 == address.IsIPv4) continue;
            if (via.Resolutions.Find(address) is { } resolution)
            {
                via.Resolutions.Cancel(resolution);
                found = true;
            }
            if (via.Cache.Find(address) is { Origin: not NhrpOrigin.Static } mapping)
            {
                via.Cache.Remove(mapping, now, outbox);
                found = true;
            }
            foreach (NhrpShortcut shortcut in via.Cache.ShortcutsOverlapping(IpPrefix.Host(address)))
            {
                via.Cache.RemoveShortcut(shortcut, outbox);
                found = true;
            }
        }
        return found;
    }

    /// <summary><c>clear ip nhrp shortcut</c>.</summary>
    public void ClearShortcuts(bool ipv6, Instant now, Outbox<NhrpEffect> outbox)
    {
        foreach (NhrpInterface via in _core.Interfaces)
        {
            if (via.Active && via.Key.IPv6 == ipv6) DropShortcuts(via, now, outbox);
        }
    }

    /// <summary><c>clear ip nhrp counters</c>.</summary>
    public void ClearCounters()
    {
        Drops.Clear();
        Malformed.Clear();
        foreach (NhrpInterface via in _core.Interfaces)
        {
            Array.Clear(via.Sent);
            Array.Clear(via.Received);
            via.Redirects.Suppressed = 0;
        }
    }

    /// <summary>The program ends: registrations and answers given are purged, routes withdrawn. Nothing is kept.</summary>
    public void Stop(Instant now, Outbox<NhrpEffect> outbox)
    {
        foreach (NhrpInterface via in _core.Interfaces)
        {
            if (via.Active) Shut(via, purge: true, now, outbox);
            via.Answers.PurgeAll(byServer: false, now, outbox);
        }
    }

    private static void Update(NhrpInterface via, bool purge, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (via.CanRun == via.Active) return;
        if (via.Active)
        {
            Shut(via, purge, now, outbox);
            return;
        }
        via.Active = true;
        via.Statics.Sync(now, outbox);
        via.Nhss.Sync(now, outbox);
        // Given before the interface lost its source: who has them would go on sending to the old place until they expire.
        via.Answers.PurgeAll(byServer: true, now, outbox);
    }

    private static void Shut(NhrpInterface via, bool purge, Instant now, Outbox<NhrpEffect> outbox)
    {
        via.Resolutions.CancelAll();
        if (purge && via.CanRun) via.Answers.PurgeAll(byServer: false, now, outbox);
        via.Nhss.Stop(purge && via.CanRun, now, outbox);
        via.Purges.CancelAll();
        via.Active = false;
        DropShortcuts(via, now, outbox);
        via.Statics.Sync(now, outbox);
        foreach (NhrpMapping mapping in new List<NhrpMapping>(via.Cache.Mappings)) via.Cache.Remove(mapping, now, outbox);
        via.Redirects.Clear();
    }

    private static void DropShortcuts(NhrpInterface via, Instant now, Outbox<NhrpEffect> outbox)
    {
        foreach (KeyValuePair<IpPrefix, NhrpShortcut> entry in via.Cache.Shortcuts)
        {
            NhrpMapping nextHop = entry.Value.NextHop;
            via.Cache.RemoveShortcut(entry.Value, outbox);
            if (nextHop is { Origin: NhrpOrigin.Resolved, Shortcuts.Count: 0 }) via.Cache.Remove(nextHop, now, outbox);
        }
    }
}
