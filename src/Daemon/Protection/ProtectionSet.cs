using Dmvpn.Core;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Ike;
using Dmvpn.Management.Config;

namespace Dmvpn.Daemon.Protection;

/// <summary>
/// The protected sources: each is a tunnel source with an IPsec profile, and belongs to one tunnel or, with <c>shared</c>, to several. An
/// interface is a source of its own for each family of the underlay. Tells IKE when one comes, goes, or has another address. Control
/// thread only.
/// </summary>
internal sealed class ProtectionSet(Engines engines)
{
    private const int NarrowRoute = 8;

    private readonly Dictionary<Key, Entry> _entries = [];
    private readonly Dictionary<TunnelId, Entry> _byTunnel = [];
    private int _last;

    /// <summary>The protected source of a tunnel; null for one that sends in clear text.</summary>
    public ProtectionId? Of(TunnelId tunnel) => _byTunnel.TryGetValue(tunnel, out Entry? entry) ? entry.Id : null;

    /// <summary>The tunnels with a protected source.</summary>
    public IEnumerable<TunnelId> TunnelsOf(ProtectionId protection)
    {
        foreach (Entry entry in _entries.Values)
        {
            if (entry.Id != protection) continue;
            foreach (TunnelInterface tunnel in entry.Tunnels) yield return tunnel.Id;
        }
    }

    /// <summary>Network namespace, local address and IPsec profile of a protected source; null when there is none with this number.</summary>
    public ProtectionFacts? Facts(ProtectionId protection)
    {
        foreach (Entry entry in _entries.Values)
        {
            if (entry.Id == protection) return entry.Facts;
        }
        return null;
    }

    /// <summary>
    /// True when an address is in a network of one of the source's own tunnels, or reached by a route through one: there is no underlay there. A route as wide as a default one does not count, since
    /// policy routing may keep outer packets away from it.
    /// </summary>
    public bool IsInsideTunnel(ProtectionId protection, IpAddress address)
    {
        foreach (Entry entry in _entries.Values)
        {
            if (entry.Id != protection) continue;
            foreach (TunnelInterface tunnel in entry.Tunnels)
            {
                foreach (InterfaceAddress own in tunnel.Addresses)
                {
                    if (own.Subnet.Contains(address)) return true;
                }
            }
            // The mirror is of this namespace.
            return entry.Key.Namespace is null && engines.Rib.Mirror.TryLookup(address, withShortcuts: true, out RouteView route) && route.Prefix.Length >= NarrowRoute
                && entry.Tunnels.Exists(tunnel => tunnel.Id == route.Tunnel);
        }
        return false;
    }

    /// <summary>The tunnel is there; its configuration or its source may have changed.</summary>
    public void Update(TunnelInterface tunnel, Instant now)
    {
        // With `shutdown` the peers are told that their SAs are gone: it may be for long, and they have other ways.
        Key? wanted = tunnel.Config is { Shutdown: false, Protection: { } protection, Source: { } source }
            ? new Key(tunnel.Config.UnderlayNamespace, source, tunnel.Config.IsIPv6Transport, protection.Profile)
            : null;
        if (_byTunnel.TryGetValue(tunnel.Id, out Entry? present) && present.Key != wanted)
        {
            Leave(tunnel, present, now);
            present = null;
        }
        if (wanted is null) return;
        if (present is null)
        {
            if (!_entries.TryGetValue(wanted, out present)) _entries.Add(wanted, present = new Entry(wanted, new ProtectionId(++_last)));
            present.Tunnels.Add(tunnel);
            _byTunnel.Add(tunnel.Id, present);
        }
        Tell(present, now);
        WantDestination(tunnel, present, tunnel.Config.IsMultipoint || tunnel.Source.IsNone ? IpAddress.None : tunnel.Config.Destination, now);
    }

    /// <summary>The tunnel is gone.</summary>
    public void Remove(TunnelInterface tunnel, Instant now)
    {
        if (_byTunnel.TryGetValue(tunnel.Id, out Entry? entry)) Leave(tunnel, entry, now);
    }

    private void Leave(TunnelInterface tunnel, Entry entry, Instant now)
    {
        _byTunnel.Remove(tunnel.Id);
        entry.Tunnels.Remove(tunnel);
        if (entry.Tunnels.Count > 0)
        {
            WantDestination(tunnel, entry, IpAddress.None, now);
            Tell(entry, now);
            return;
        }
        WantDestination(tunnel, entry, IpAddress.None, now);
        _entries.Remove(entry.Key);
        engines.Ike.OnProtectionRemoved(entry.Id, now, engines.IkeOut);
    }

    /// <summary>A point-to-point tunnel always wants its other end; NHRP wants those of a multipoint one.</summary>
    private void WantDestination(TunnelInterface tunnel, Entry entry, IpAddress destination, Instant now)
    {
        IpAddress before = entry.Destinations.GetValueOrDefault(tunnel.Id);
        if (before == destination) return;
        if (!before.IsNone)
        {
            engines.Ike.OnPeerReleased(entry.Id, new NbmaPeer(before), now, engines.IkeOut);
            engines.Ike.OnAddressConfigured(entry.Id, before, configured: false);
        }
        if (!destination.IsNone)
        {
            engines.Ike.OnAddressConfigured(entry.Id, destination, configured: true);
            engines.Ike.OnPeerWanted(entry.Id, new NbmaPeer(destination), now, engines.IkeOut);
        }
        if (destination.IsNone) entry.Destinations.Remove(tunnel.Id);
        else entry.Destinations[tunnel.Id] = destination;
    }

    private void Tell(Entry entry, Instant now)
    {
        IpAddress local = IpAddress.None;
        foreach (TunnelInterface tunnel in entry.Tunnels)
        {
            if (!tunnel.Source.IsNone) local = tunnel.Source;
        }
        var facts = new ProtectionFacts { Id = entry.Id, Namespace = entry.Key.Namespace, Local = local, Profile = entry.Key.Profile };
        if (facts == entry.Facts) return;
        entry.Facts = facts;
        engines.Ike.OnProtectionChanged(facts, now, engines.IkeOut);
    }

    private sealed record Key(string? Namespace, TunnelSource Source, bool IPv6, string Profile);

    private sealed class Entry(Key key, ProtectionId id)
    {
        public readonly Key Key = key;
        public readonly ProtectionId Id = id;
        public readonly List<TunnelInterface> Tunnels = [];
        public readonly Dictionary<TunnelId, IpAddress> Destinations = [];
        public ProtectionFacts? Facts;
    }
}
