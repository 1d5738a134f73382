using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// Where a prefix leads within one tunnel: the mirror of a kernel route whose output device is the tunnel. A prefix that is
/// directly connected has no next hop: each destination is its own.
/// </summary>
public sealed class FibEntry
{
    private readonly ValueList<IpAddress> _nextHops;
    private long _lastUsed;

    /// <summary>An entry with these next hops, of equal cost; none for a connected prefix.</summary>
    public FibEntry(ValueList<IpAddress> nextHops, bool isPartial = false) => (_nextHops, IsPartial) = (nextHops, isPartial);

    /// <summary>The next hops; empty for a connected prefix.</summary>
    public ValueList<IpAddress> NextHops => _nextHops;

    /// <summary>True when the kernel's route has next hops by other interfaces too: which packets come to the tunnel is then the kernel's choice.</summary>
    public bool IsPartial { get; }

    /// <summary>
    /// When a worker last sent a packet by this entry; <see cref="Instant.Zero"/> for never. Written by workers, read
    /// by the control thread: a shortcut that is in use is refreshed before it expires.
    /// </summary>
    public Instant LastUsed => new(Volatile.Read(ref _lastUsed));

    /// <summary>The next hop for a destination; of several the destination chooses, so a flow keeps its own.</summary>
    public IpAddress NextHopFor(IpAddress destination) => _nextHops.Count switch
    {
        0 => destination,
        1 => _nextHops[0],
        int count => _nextHops[(int)(FlowHash.Of(destination) % (uint)count)],
    };

    internal void Touch(Instant now)
    {
        // A store only when something changes: the line stays shared between workers within one batch.
        if (_lastUsed != now.Nanoseconds) Volatile.Write(ref _lastUsed, now.Nanoseconds);
    }

    internal void InheritUse(FibEntry former) => _lastUsed = former._lastUsed;
}
