using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary>
/// What is configured rather than learnt: <c>map</c>, the mappings of the next hop servers in use, and static multicast. Each change of
/// either calls <see cref="Sync"/>, which touches only what differs.
/// </summary>
internal sealed class NhrpStatics(NhrpInterface owner)
{
    private readonly HashSet<IpAddress> _mapped = [];
    private readonly HashSet<NbmaPeer> _multicast = [];
    private readonly HashSet<NbmaPeer> _multicastNhs = [];
    private readonly HashSet<NbmaPeer> _transits = [];
    private readonly HashSet<IpAddress> _configured = [];

    public void Sync(Instant now, Outbox<NhrpEffect> outbox)
    {
        var wanted = new Dictionary<IpAddress, (NbmaPeer Peer, bool Nhs, byte Preference)>();
        var multicast = new HashSet<NbmaPeer>();
        var multicastNhs = new HashSet<NbmaPeer>();
        if (owner.Active)
        {
            foreach (NhrpStaticMap map in owner.Config.Maps.AsSpan())
            {
                // Several for one address are alternatives: the highest preference wins, the first of equals.
                if (!map.Protocol.IsHost || wanted.TryGetValue(map.Protocol.Address, out var other) && other.Preference >= map.Preference) continue;
                wanted[map.Protocol.Address] = (new NbmaPeer(map.Nbma), false, map.Preference);
            }
            foreach (NhsClient nhs in owner.Nhss.Clients)
            {
                if (!nhs.IsSelected || nhs.Address.IsUnspecified || nhs.Peer.Address.IsUnspecified) continue;
                wanted[nhs.Address] = (nhs.Peer, true, 255);
                if (nhs.Config.Multicast) multicastNhs.Add(nhs.Peer);
            }
            foreach (IpAddress target in owner.Config.MulticastMaps.AsSpan()) multicast.Add(new NbmaPeer(target));
            KeepDerived(wanted);
        }
        HashSet<IpAddress> configured = owner.Active ? ConfiguredAddresses() : [];
        foreach (IpAddress address in configured)
        {
            if (_configured.Add(address)) outbox.Add(new NhrpEffect { Kind = NhrpEffectKind.PeerConfigured, Key = owner.Key, Peer = new NbmaPeer(address) });
        }
        foreach (IpAddress address in new List<IpAddress>(_mapped))
        {
            if (wanted.ContainsKey(address)) continue;
            _mapped.Remove(address);
            if (owner.Cache.Find(address) is { Origin: NhrpOrigin.Static } gone) owner.Cache.Remove(gone, now, outbox);
        }
        foreach ((IpAddress address, (NbmaPeer peer, bool nhs, byte preference)) in wanted) Put(address, peer, nhs, preference, now, outbox);
        SyncTransits(wanted, multicast, outbox);
        SyncMulticast(_multicast, multicast, MulticastReasons.Static, outbox);
        SyncMulticast(_multicastNhs, multicastNhs, MulticastReasons.Nhs, outbox);
        foreach (IpAddress address in new List<IpAddress>(_configured))
        {
            if (configured.Contains(address)) continue;
            _configured.Remove(address);
            outbox.Add(new NhrpEffect { Kind = NhrpEffectKind.PeerUnconfigured, Key = owner.Key, Peer = new NbmaPeer(address) });
        }
    }

    /// <summary>A next hop inside of a mapped network (<c>map NETWORK MASK NBMA</c>) gets a mapping of its own when it is needed.</summary>
    public bool TryDerive(IpAddress nextHop, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (FindNetwork(nextHop) is not { } map) return false;
        Put(nextHop, new NbmaPeer(map.Nbma), false, map.Preference, now, outbox);
        return true;
    }

    /// <summary>True for who sent a packet when it is one of the next hop servers in use or in a <c>map</c>: trusted with what others said.</summary>
    public bool IsConfigured(NbmaPeer from)
    {
        if (NhrpTrust.IsServer(owner, from)) return true;
        foreach (IpAddress address in _mapped)
        {
            if (owner.Cache.Find(address) is { Origin: NhrpOrigin.Static, Suspended: false } mapping && NhrpTrust.IsFrom(from, mapping.Peer)) return true;
        }
        return false;
    }

    private void Put(IpAddress address, NbmaPeer peer, bool nhs, byte preference, Instant now, Outbox<NhrpEffect> outbox)
    {
        _mapped.Add(address);
        bool refused = peer.Association == 0 && !TryBind(address, nhs, ref peer, now);
        if (refused && owner.Cache.Find(address) is { Suspended: true } still && still.Peer == peer) return;
        NhrpMapping mapping = owner.Cache.Put(address, peer, peer.Address, NhrpOrigin.Static, now, outbox);
        mapping.IsNhs = nhs;
        mapping.Preference = preference;
        mapping.Authoritative = true;
        mapping.Expires = Instant.Never;
        owner.Core.Timers.Set(mapping, Instant.Never);
        if (refused) owner.Cache.Suspend(mapping, outbox);
    }

    /// <summary>False when only stations are at the address that may not be it.</summary>
    private bool TryBind(IpAddress address, bool nhs, ref NbmaPeer peer, Instant now)
    {
        // An association that was learnt for the same address stays.
        if (owner.Cache.Find(address) is { Origin: NhrpOrigin.Static } current && current.Peer.Association != 0 && current.Peer.Address == peer.Address)
        {
            peer = current.Peer;
            return true;
        }
        if (owner.Core.Identities.Bind(owner, address, nhs, isConfigured: true, ref peer) != NhrpBinding.Refused) return true;
        if (nhs && owner.Core.Complaints.IsNew(owner.Key, NhrpComplaint.NotTheServer, peer.Address, now))
            owner.Core.Logger.ServerSuspended(owner.Key, peer, address);
        return false;
    }

    /// <summary>
    /// Who may bring packets with the tunnel addresses of others: next hop servers, and routers that are configured as neighbours (<c>map</c> and <c>map multicast</c>).
    /// </summary>
    private void SyncTransits(Dictionary<IpAddress, (NbmaPeer Peer, bool Nhs, byte Preference)> wanted, HashSet<NbmaPeer> multicast, Outbox<NhrpEffect> outbox)
    {
        var transits = new HashSet<NbmaPeer>();
        foreach ((IpAddress address, (NbmaPeer configured, bool nhs, _)) in wanted)
        {
            if (owner.Cache.Find(address) is { Suspended: false } mapping && (nhs || multicast.Contains(new NbmaPeer(configured.Address)))) transits.Add(mapping.Peer);
        }
        foreach (NbmaPeer peer in new List<NbmaPeer>(_transits))
        {
            if (transits.Contains(peer)) continue;
            _transits.Remove(peer);
            outbox.Add(new NhrpEffect { Kind = NhrpEffectKind.TransitDown, Key = owner.Key, Peer = peer });
        }
        foreach (NbmaPeer peer in transits)
        {
            if (_transits.Add(peer)) outbox.Add(new NhrpEffect { Kind = NhrpEffectKind.TransitUp, Key = owner.Key, Peer = peer });
        }
    }

    /// <summary>The NBMA addresses that the configuration leads to at present.</summary>
    private HashSet<IpAddress> ConfiguredAddresses()
    {
        var addresses = new HashSet<IpAddress>(owner.Config.MulticastMaps);
        foreach (NhrpStaticMap map in owner.Config.Maps.AsSpan()) addresses.Add(map.Nbma);
        foreach (NhsClient nhs in owner.Nhss.Clients)
        {
            if (nhs.IsSelected && !nhs.Peer.Address.IsUnspecified) addresses.Add(nhs.Peer.Address);
        }
        return addresses;
    }

    private void KeepDerived(Dictionary<IpAddress, (NbmaPeer Peer, bool Nhs, byte Preference)> wanted)
    {
        foreach (IpAddress address in _mapped)
        {
            if (!wanted.ContainsKey(address) && FindNetwork(address) is { } map) wanted[address] = (new NbmaPeer(map.Nbma), false, map.Preference);
        }
    }

    private NhrpStaticMap? FindNetwork(IpAddress address)
    {
        NhrpStaticMap? best = null;
        foreach (NhrpStaticMap map in owner.Config.Maps.AsSpan())
        {
            if (!map.Protocol.IsHost && map.Protocol.Contains(address) && (best is null || map.Protocol.Length > best.Protocol.Length)) best = map;
        }
        return best;
    }

    private void SyncMulticast(HashSet<NbmaPeer> current, HashSet<NbmaPeer> wanted, MulticastReasons reason, Outbox<NhrpEffect> outbox)
    {
        foreach (NbmaPeer peer in new List<NbmaPeer>(current))
        {
            if (wanted.Contains(peer)) continue;
            current.Remove(peer);
            owner.Cache.SetMulticast(peer, reason, false, outbox);
        }
        foreach (NbmaPeer peer in wanted)
        {
            if (current.Add(peer)) owner.Cache.SetMulticast(peer, reason, true, outbox);
        }
    }
}
