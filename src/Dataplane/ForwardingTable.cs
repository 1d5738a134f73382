using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// The control thread's side of forwarding: changes are collected here and become visible to the workers, all at once, by
/// <see cref="Publish"/>. Every change copies a few hundred bytes at most, however many routes and mappings there are, and changes
/// that are published together copy less. Call Publish once per turn of the control loop, before its packets are sent: a reply must not overtake the mapping that it announces.
/// <para>Control thread only, except <see cref="Current"/>.</para>
/// </summary>
public sealed class ForwardingTable
{
    private readonly SortedDictionary<TunnelId, Entry> _tunnels = [];
    private PrefixTrie<TunnelId?> _bestRoutes = PrefixTrie<TunnelId?>.Empty;
    private ForwardingSnapshot _current = ForwardingSnapshot.Empty;
    private long _version;
    private bool _changed;
    private bool _configChanged;

    // Nodes of the tries that were made since the last publication: the workers do not know them yet.
    private TrieEdit _edit = TrieEdit.Begin();

    /// <summary>The security associations.</summary>
    public SecurityTable Security { get; } = new();

    /// <summary>The published snapshot. Any thread.</summary>
    public ForwardingSnapshot Current => Volatile.Read(ref _current);

    /// <summary>
    /// Adds a tunnel or changes its configuration; routes, mappings and counters of an existing one stay.
    /// </summary>
    /// <param name="config">The configuration.</param>
    /// <param name="underlay">The tunnel source, the same object for all tunnels with that source; null while it has no address.</param>
    /// <param name="queues">The TUN device's queues, one for each worker.</param>
    public TunnelCounters SetTunnel(TunnelForwarding config, Underlay? underlay, ValueList<ITunDevice> queues)
    {
        if (!_tunnels.TryGetValue(config.Tunnel, out Entry? entry)) _tunnels.Add(config.Tunnel, entry = new Entry());
        bool rebind = entry.Config is not null && entry.Config.Protection != config.Protection;
        if (rebind) ReleaseAll(entry);
        (entry.Config, entry.Underlay, entry.Queues) = (config, underlay, queues);
        if (rebind) RebindAll(entry);
        BindPointToPoint(entry);
        _configChanged = true;
        MarkChanged(entry);
        return entry.State.Counters;
    }

    /// <summary>Removes a tunnel with all that belongs to it. Dispose of its device only when all workers have seen the publication.</summary>
    public bool RemoveTunnel(TunnelId tunnel)
    {
        bool removed = _tunnels.Remove(tunnel, out Entry? entry);
        if (removed) ReleaseAll(entry!);
        _changed |= removed;
        _configChanged |= removed;
        return removed;
    }

    /// <summary>The counters of a tunnel.</summary>
    public bool TryGetCounters(TunnelId tunnel, [MaybeNullWhen(false)] out TunnelCounters counters)
    {
        counters = _tunnels.GetValueOrDefault(tunnel)?.State.Counters;
        return counters is not null;
    }

    /// <summary>Mirrors a kernel route that leaves by the tunnel. No next hop: directly connected. Several: of equal cost. <paramref name="isPartial"/>: others leave by other interfaces.</summary>
    public void SetRoute(TunnelId tunnel, IpPrefix prefix, ValueList<IpAddress> nextHops, bool isPartial = false)
    {
        if (!_tunnels.TryGetValue(tunnel, out Entry? entry)) return;
        if (entry.Fib.TryGet(prefix, out FibEntry? former) && former.NextHops.Equals(nextHops) && former.IsPartial == isPartial) return;
        var route = new FibEntry(nextHops, isPartial);
        if (former is not null) route.InheritUse(former);
        entry.Fib = entry.Fib.Set(prefix, route, _edit);
        MarkChanged(entry);
    }

    /// <summary>The kernel route is gone.</summary>
    public void RemoveRoute(TunnelId tunnel, IpPrefix prefix)
    {
        if (!_tunnels.TryGetValue(tunnel, out Entry? entry)) return;
        PrefixTrie<FibEntry> fib = entry.Fib.Remove(prefix, _edit);
        if (ReferenceEquals(fib, entry.Fib)) return;
        entry.Fib = fib;
        MarkChanged(entry);
    }

    /// <summary>The tunnel's route for exactly this prefix, to ask when it was last used.</summary>
    public bool TryGetRoute(TunnelId tunnel, IpPrefix prefix, [MaybeNullWhen(false)] out FibEntry route)
    {
        route = null;
        return _tunnels.TryGetValue(tunnel, out Entry? entry) && entry.Fib.TryGet(prefix, out route);
    }

    /// <summary>
    /// Mirrors the kernel's best route for a prefix, whichever interface it leaves by: the tunnel, or null for another interface and for this
    /// machine's own addresses. Redirects and the relay need it.
    /// </summary>
    public void SetBestRoute(IpPrefix prefix, TunnelId? tunnel)
    {
        if (_bestRoutes.TryGet(prefix, out TunnelId? former) && former == tunnel) return;
        _bestRoutes = _bestRoutes.Set(prefix, tunnel, _edit);
        _changed = true;
    }

    /// <summary>The kernel has no route for the prefix any more.</summary>
    public void RemoveBestRoute(IpPrefix prefix)
    {
        PrefixTrie<TunnelId?> routes = _bestRoutes.Remove(prefix, _edit);
        _changed |= !ReferenceEquals(routes, _bestRoutes);
        _bestRoutes = routes;
    }

    /// <summary>
    /// A next hop has a mapping, or has moved. The counters of its former adjacency go on. Null when there is no such tunnel.
    /// </summary>
    /// <param name="tunnel">The tunnel.</param>
    /// <param name="nextHop">The next hop's tunnel address as a host prefix; wider for a static map with a mask.</param>
    /// <param name="peer">Where it is on the underlay.</param>
    public Adjacency? SetAdjacency(TunnelId tunnel, IpPrefix nextHop, NbmaPeer peer)
    {
        if (!_tunnels.TryGetValue(tunnel, out Entry? entry)) return null;
        if (entry.Adjacencies.TryGet(nextHop, out Adjacency? former) && former.Peer == peer) return former;
        var adjacency = new Adjacency(nextHop, peer, entry.Config.Protection is int protection ? Security.Acquire(protection, peer) : null);
        if (former is not null)
        {
            adjacency.InheritCounters(former);
            Release(entry, former);
        }
        entry.Adjacencies = entry.Adjacencies.Set(nextHop, adjacency, _edit);
        MarkChanged(entry);
        return adjacency;
    }

    /// <summary>A next hop has no mapping any more.</summary>
    public void RemoveAdjacency(TunnelId tunnel, IpPrefix nextHop)
    {
        if (!_tunnels.TryGetValue(tunnel, out Entry? entry)) return;
        PrefixTrie<Adjacency> adjacencies = entry.Adjacencies.Remove(nextHop, _edit);
        if (ReferenceEquals(adjacencies, entry.Adjacencies)) return;
        Release(entry, entry.Adjacencies.TryGet(nextHop, out Adjacency? gone) ? gone : null);
        entry.Adjacencies = adjacencies;
        MarkChanged(entry);
    }

    /// <summary>The adjacency of a next hop, to ask when it was last used or to set its path MTU.</summary>
    public bool TryGetAdjacency(TunnelId tunnel, IpPrefix nextHop, [MaybeNullWhen(false)] out Adjacency adjacency)
    {
        adjacency = null;
        return _tunnels.TryGetValue(tunnel, out Entry? entry) && entry.Adjacencies.TryGet(nextHop, out adjacency);
    }

    /// <summary>
    /// Which NHS packets go by while their next hop has no mapping: its tunnel address, whose own mapping is used; <see cref="IpAddress.None"/> for
    /// none. One for each family of next hops.
    /// </summary>
    public void SetNhs(TunnelId tunnel, bool isIPv4, IpAddress nhs)
    {
        if (!_tunnels.TryGetValue(tunnel, out Entry? entry)) return;
        ref IpAddress current = ref isIPv4 ? ref entry.NhsIPv4 : ref entry.NhsIPv6;
        if (current == nhs) return;
        current = nhs;
        MarkChanged(entry);
    }

    /// <summary>The peer may bring packets of others, or may no longer. IPv4 and IPv6 NHRP may both say so: it ends when both have taken that back.</summary>
    public void SetTransit(TunnelId tunnel, NbmaPeer peer, bool on)
    {
        if (!_tunnels.TryGetValue(tunnel, out Entry? entry)) return;
        entry.Transits = on ? entry.Transits.Add(peer) : Without(entry.Transits, peer);
        MarkChanged(entry);
    }

    /// <summary>The peer gets the tunnel's multicast from now on. IPv4 and IPv6 NHRP may both want it: it ends when both have taken that back.</summary>
    public void AddMulticast(TunnelId tunnel, NbmaPeer peer)
    {
        if (!_tunnels.TryGetValue(tunnel, out Entry? entry)) return;
        if (!entry.MulticastIndex.TryAdd(peer, entry.Multicast.Count))
        {
            entry.MulticastTwice.Add(peer);
            return;
        }
        entry.Multicast = entry.Multicast.Add(peer);
        MarkChanged(entry);
    }

    /// <summary>The peer gets no more multicast.</summary>
    public void RemoveMulticast(TunnelId tunnel, NbmaPeer peer)
    {
        if (!_tunnels.TryGetValue(tunnel, out Entry? entry) || entry.MulticastTwice.Remove(peer)) return;
        if (!entry.MulticastIndex.Remove(peer, out int index)) return;
        entry.Multicast = entry.Multicast.RemoveAt(index);
        if (index < entry.Multicast.Count) entry.MulticastIndex[entry.Multicast[index]] = index;
        MarkChanged(entry);
    }

    /// <summary>Has the next <see cref="Publish"/> publish a new version also when no route or mapping changed: an SA was taken out.</summary>
    public void Touch() => _changed = true;

    /// <summary>Shows the workers all changes since the last call, by one store. False when there were none.</summary>
    public bool Publish()
    {
        if (!_changed) return false;
        ForwardingSnapshot current = _current;
        var tunnels = new TunnelSnapshot[_tunnels.Count];
        int at = 0;
        foreach (Entry entry in _tunnels.Values) tunnels[at++] = entry.Snapshot ??= entry.Build(++_version);
        Volatile.Write(ref _current, _configChanged ? Build(tunnels) : current.With(++_version, tunnels, _bestRoutes));
        _changed = _configChanged = false;
        _edit = TrieEdit.Begin();
        return true;
    }

    private ForwardingSnapshot Build(TunnelSnapshot[] tunnels)
    {
        var underlays = new List<Underlay>();
        foreach (TunnelSnapshot tunnel in tunnels)
        {
            if (tunnel.Underlay is not null && !underlays.Contains(tunnel.Underlay)) underlays.Add(tunnel.Underlay);
        }
        Underlay[] distinct = [.. underlays];
        GreDemux[] demuxes = Array.ConvertAll(distinct, underlay => new GreDemux(tunnels, underlay));
        return new ForwardingSnapshot(++_version, tunnels, distinct, demuxes, _bestRoutes);
    }

    private static ValueList<NbmaPeer> Without(ValueList<NbmaPeer> peers, NbmaPeer one)
    {
        List<NbmaPeer> left = [.. peers];
        left.Remove(one);
        return [.. left];
    }

    private void Release(Entry entry, Adjacency? adjacency)
    {
        if (adjacency?.Security is not null && entry.Config.Protection is int protection) Security.Release(protection, adjacency.Peer);
    }

    private void ReleaseAll(Entry entry)
    {
        foreach (KeyValuePair<IpPrefix, Adjacency> adjacency in entry.Adjacencies.Entries()) Release(entry, adjacency.Value);
        Release(entry, entry.PointToPoint);
        entry.PointToPoint = null;
    }

    /// <summary>Protection came, went, or is another one: the adjacencies lead to other peers.</summary>
    private void RebindAll(Entry entry)
    {
        foreach (KeyValuePair<IpPrefix, Adjacency> old in new List<KeyValuePair<IpPrefix, Adjacency>>(entry.Adjacencies.Entries()))
        {
            var adjacency = new Adjacency(old.Key, old.Value.Peer, entry.Config.Protection is int protection ? Security.Acquire(protection, old.Value.Peer) : null);
            adjacency.InheritCounters(old.Value);
            entry.Adjacencies = entry.Adjacencies.Set(old.Key, adjacency, _edit);
        }
    }

    /// <summary>The other end of a point-to-point tunnel: kept while the destination stays the same, for its counters.</summary>
    private void BindPointToPoint(Entry entry)
    {
        IpAddress destination = entry.Config.Destination;
        if (entry.PointToPoint is { } present && present.Peer.Address == destination) return;
        Release(entry, entry.PointToPoint);
        var peer = new NbmaPeer(destination);
        entry.PointToPoint = destination.IsNone ? null
            : new Adjacency(IpPrefix.Host(destination), peer, entry.Config.Protection is int protection ? Security.Acquire(protection, peer) : null);
    }

    private void MarkChanged(Entry entry)
    {
        entry.Snapshot = null;
        _changed = true;
    }

    private sealed class Entry
    {
        public readonly TunnelState State = new();
        public readonly Dictionary<NbmaPeer, int> MulticastIndex = [];

        /// <summary>Peers that both <c>ip nhrp</c> and <c>ipv6 nhrp</c> want to have it: the first removal takes one wish back.</summary>
        public readonly HashSet<NbmaPeer> MulticastTwice = [];
        public TunnelForwarding Config = null!;
        public Adjacency? PointToPoint;
        public Underlay? Underlay;
        public ValueList<ITunDevice> Queues = [];
        public PrefixTrie<FibEntry> Fib = PrefixTrie<FibEntry>.Empty;
        public PrefixTrie<Adjacency> Adjacencies = PrefixTrie<Adjacency>.Empty;
        public MulticastList Multicast = MulticastList.Empty;
        public ValueList<NbmaPeer> Transits = [];
        public IpAddress NhsIPv4;
        public IpAddress NhsIPv6;
        public TunnelSnapshot? Snapshot;

        public TunnelSnapshot Build(long version) => new(version, Config, Underlay, Queues, State)
        {
            PointToPoint = PointToPoint,
            Fib = Fib,
            Adjacencies = Adjacencies,
            Multicast = Multicast,
            Transits = Transits,
            NhsIPv4 = Nhs(NhsIPv4),
            NhsIPv6 = Nhs(NhsIPv6),
        };

        private Adjacency? Nhs(IpAddress address) => !address.IsNone && Adjacencies.TryMatch(address, out Adjacency? nhs) ? nhs : null;
    }
}
