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
                wanted[map.Protocol.Address] = (Keep(map.Protocol.Address, new NbmaPeer(map.Nbma)), false, map.Preference);
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
        foreach (IpAddress address in new List<IpAddress>(_mapped))
        {
            if (wanted.ContainsKey(address)) continue;
            _mapped.Remove(address);
            if (owner.Cache.Find(address) is { Origin: NhrpOrigin.Static } gone) owner.Cache.Remove(gone, now, outbox);
        }
        foreach ((IpAddress address, (NbmaPeer peer, bool nhs, byte preference)) in wanted) Put(address, peer, nhs, preference, now, outbox);
        SyncMulticast(_multicast, multicast, MulticastReasons.Static, outbox);
        SyncMulticast(_multicastNhs, multicastNhs, MulticastReasons.Nhs, outbox);
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
        foreach (NhsClient nhs in owner.Nhss.Clients)
        {
            if (nhs.IsSelected && nhs.Peer.Address == from.Address && (nhs.Peer.Association == 0 || nhs.Peer.Association == from.Association)) return true;
        }
        foreach (NhrpStaticMap map in owner.Config.Maps.AsSpan())
        {
            if (map.Nbma == from.Address) return true;
        }
        return false;
    }

    private void Put(IpAddress address, NbmaPeer peer, bool nhs, byte preference, Instant now, Outbox<NhrpEffect> outbox)
    {
        _mapped.Add(address);
        NhrpMapping mapping = owner.Cache.Put(address, peer, peer.Address, NhrpOrigin.Static, now, outbox);
        mapping.IsNhs = nhs;
        mapping.Preference = preference;
        mapping.Authoritative = true;
        mapping.Expires = Instant.Never;
        owner.Core.Timers.Set(mapping, Instant.Never);
    }

    private void KeepDerived(Dictionary<IpAddress, (NbmaPeer Peer, bool Nhs, byte Preference)> wanted)
    {
        foreach (IpAddress address in _mapped)
        {
            if (!wanted.ContainsKey(address) && FindNetwork(address) is { } map) wanted[address] = (Keep(address, new NbmaPeer(map.Nbma)), false, map.Preference);
        }
    }

    /// <summary>An association that was learnt for the same address stays.</summary>
    private NbmaPeer Keep(IpAddress address, NbmaPeer configured) =>
        owner.Cache.Find(address) is { Origin: NhrpOrigin.Static } current && current.Peer.Address == configured.Address ? current.Peer : configured;

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
