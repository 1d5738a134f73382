using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// A tunnel next hop that has an NHRP mapping: which peer on the underlay it is, and what was sent to it. Where it leads
/// never changes (a mapping that moves makes a new adjacency, which inherits the counters); the counters are written by workers,
/// once for a run of packets, and read by the control thread.
/// </summary>
public sealed class Adjacency
{
    /// <summary>No limit other than the tunnel MTU.</summary>
    public const int UnknownPathMtu = int.MaxValue;

    private long _packetsOut;
    private long _bytesOut;
    private long _lastUsed;
    private int _pathMtu = UnknownPathMtu;

    internal Adjacency(IpPrefix nextHop, NbmaPeer peer, ProtectedPeer? security = null) => (NextHop, Peer, Security) = (nextHop, peer, security);

    /// <summary>The next hop, as a host prefix; wider only for a static map with a mask.</summary>
    public IpPrefix NextHop { get; }

    /// <summary>Who and where it is on the underlay.</summary>
    public NbmaPeer Peer { get; }

    /// <summary>By which SA packets to it leave, on a protected tunnel; null on one without protection.</summary>
    public ProtectedPeer? Security { get; }

    /// <summary>Where packets to it go on the underlay at present.</summary>
    public IpAddress Remote => Security?.Outbound?.Path.Remote ?? Peer.Address;

    /// <summary>Inner packets sent to it.</summary>
    public long PacketsOut => Volatile.Read(ref _packetsOut);

    /// <summary>Bytes of those packets, without any of our headers.</summary>
    public long BytesOut => Volatile.Read(ref _bytesOut);

    /// <summary>When a packet was last sent to it; <see cref="Instant.Zero"/> for never. A mapping in use is refreshed before it expires.</summary>
    public Instant LastUsed => new(Volatile.Read(ref _lastUsed));

    /// <summary>
    /// The largest outer packet, its IP header included, that reaches the peer, or <see cref="UnknownPathMtu"/>. Set by the control
    /// thread; has an effect on tunnels with path MTU discovery. The value is raised to <see cref="DataplaneLimits.LeastPathMtu"/>, so
    /// that a forged ICMP error cannot shrink the tunnel to nothing.
    /// </summary>
    public int PathMtu
    {
        get => Volatile.Read(ref _pathMtu);
        set => Volatile.Write(ref _pathMtu, Math.Max(value, DataplaneLimits.LeastPathMtu));
    }

    internal void CountOut(int packets, long bytes, Instant now)
    {
        Interlocked.Add(ref _packetsOut, packets);
        Interlocked.Add(ref _bytesOut, bytes);
        Volatile.Write(ref _lastUsed, now.Nanoseconds);
    }

    internal void InheritCounters(Adjacency former)
    {
        _packetsOut = former.PacketsOut;
        _bytesOut = former.BytesOut;
        _lastUsed = former.LastUsed.Nanoseconds;
    }
}
