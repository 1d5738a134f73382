using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// The destinations that a worker sent to of late, and how they are reached: two trie walks saved. An entry is good for the
/// tunnel snapshot that it was made by and for no other, so a publication empties the cache without touching it.
/// Only what is resolved is kept: a destination that goes by the NHS must keep asking.
/// </summary>
internal sealed class FlowCache
{
    private readonly Entry[] _entries = new Entry[DataplaneLimits.FlowCacheSize];

    public bool TryGet(TunnelSnapshot tunnel, IpAddress destination, [MaybeNullWhen(false)] out Adjacency adjacency, out FibEntry? route)
    {
        ref Entry entry = ref Slot(destination);
        adjacency = entry.Adjacency;
        route = entry.Route;
        return entry.Version == tunnel.Version && entry.Destination == destination;
    }

    public void Set(TunnelSnapshot tunnel, IpAddress destination, Adjacency adjacency, FibEntry? route) =>
        Slot(destination) = new Entry { Destination = destination, Version = tunnel.Version, Adjacency = adjacency, Route = route };

    private ref Entry Slot(IpAddress destination) => ref _entries[FlowHash.Of(destination) & (DataplaneLimits.FlowCacheSize - 1)];

    private struct Entry
    {
        public IpAddress Destination;
        public long Version;
        public Adjacency Adjacency;
        public FibEntry? Route;
    }
}
