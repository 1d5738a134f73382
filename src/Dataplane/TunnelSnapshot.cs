using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;
using Dmvpn.Ipsec;

namespace Dmvpn.Dataplane;

/// <summary>How a destination is reached through a tunnel.</summary>
public enum ReachKind
{
    /// <summary>The next hop has a mapping.</summary>
    Resolved,

    /// <summary>The next hop has none: by way of the NHS.</summary>
    ByNhs,

    /// <summary>The next hop has none, and there is no NHS to send by.</summary>
    NoMapping,

    /// <summary>No route of this tunnel leads there.</summary>
    NoRoute,
}

/// <summary>
/// All that workers need to know of one tunnel at one moment. Immutable, but for the counters and stamps that it leads to.
/// </summary>
public sealed class TunnelSnapshot
{
    internal TunnelSnapshot(long version, TunnelForwarding config, Underlay? underlay, ValueList<ITunDevice> queues, TunnelState state) =>
        (Version, Config, Underlay, Queues, State) = (version, config, underlay, queues, state);

    /// <summary>Differs between any two snapshots of any two tunnels.</summary>
    public long Version { get; }

    /// <summary>The configuration.</summary>
    public TunnelForwarding Config { get; }

    /// <summary>The tunnel source; null while it has no address.</summary>
    public Underlay? Underlay { get; }

    /// <summary>The device's queues, one for each worker.</summary>
    public ValueList<ITunDevice> Queues { get; }

    /// <summary>The counters, the same object for the life of the tunnel.</summary>
    public TunnelCounters Counters => State.Counters;

    /// <summary>The mirror of the kernel's routes that leave by this tunnel.</summary>
    public PrefixTrie<FibEntry> Fib { get; internal init; } = PrefixTrie<FibEntry>.Empty;

    /// <summary>Next hops that have a mapping.</summary>
    public PrefixTrie<Adjacency> Adjacencies { get; internal init; } = PrefixTrie<Adjacency>.Empty;

    /// <summary>Who may bring packets of others: next hop servers, configured neighbours.</summary>
    public ValueList<NbmaPeer> Transits { get; internal init; } = [];

    /// <summary>Who gets multicast.</summary>
    public MulticastList Multicast { get; internal init; } = MulticastList.Empty;

    /// <summary>The NHS that packets to unmapped IPv4 next hops go by.</summary>
    public Adjacency? NhsIPv4 { get; internal init; }

    /// <summary>The NHS that packets to unmapped IPv6 next hops go by.</summary>
    public Adjacency? NhsIPv6 { get; internal init; }

    /// <summary>The other end of a point-to-point tunnel.</summary>
    public Adjacency? PointToPoint { get; internal init; }

    internal TunnelState State { get; }

    /// <summary>GRE header and outer IP header of a packet of this tunnel, in bytes.</summary>
    public int Overhead => OuterHeaderLength + GreHeaderLength;

    /// <summary>Octets of the longest packet that leaves by an SA, outer IP header included.</summary>
    public int LongestOuter(OutboundSa sa) => Config.Mtu + Overhead + sa.Overhead(Config.Mtu + GreHeaderLength);

    /// <summary>Octets of the longest inner packet that makes an outer one of <paramref name="outer"/> octets at most.</summary>
    public int InnerFor(int outer, OutboundSa sa) => sa.PayloadFor(outer - OuterHeaderLength) - GreHeaderLength;

    internal int OuterHeaderLength => Underlay?.OuterHeaderLength ?? 20;

    internal int GreHeaderLength => 4 + (Config.Key.HasValue ? 4 : 0) + (Config.Checksum ? 4 : 0) + (Config.SequenceNumbers ? 4 : 0);

    /// <summary>
    /// How <paramref name="destination"/> (unicast) is reached. A destination that no route covers counts as its own next hop when it has a
    /// mapping: the mirror of the kernel's routes may be some milliseconds behind, and link-local routes are per interface.
    /// </summary>
    public ReachKind Reach(IpAddress destination, out IpAddress nextHop, out FibEntry? route, out Adjacency? adjacency)
    {
        nextHop = destination;
        route = null;
        adjacency = PointToPoint;
        if (adjacency is not null) return ReachKind.Resolved;

        bool routed = Fib.TryMatch(destination, out route);
        if (routed) nextHop = route!.NextHopFor(destination);
        if (Adjacencies.TryMatch(nextHop, out adjacency)) return ReachKind.Resolved;
        if (!routed) return ReachKind.NoRoute;
        adjacency = nextHop.IsIPv4 ? NhsIPv4 : NhsIPv6;
        return adjacency is not null ? ReachKind.ByNhs : ReachKind.NoMapping;
    }

    /// <summary>True for multicast, the limited broadcast and the broadcast addresses of the tunnel's subnets.</summary>
    public bool IsReplicated(IpAddress destination)
    {
        if (destination.IsMulticast || destination.IsLimitedBroadcast) return true;
        foreach (IpAddress broadcast in Config.Broadcasts.AsSpan())
        {
            if (broadcast == destination) return true;
        }
        return false;
    }

    /// <summary>True for a peer that may bring packets of others.</summary>
    public bool IsTransit(NbmaPeer peer)
    {
        foreach (NbmaPeer transit in Transits.AsSpan())
        {
            if (transit.Association != 0 ? transit.Association == peer.Association : transit.Address == peer.Address) return true;
        }
        return false;
    }

    /// <summary>True for an address of the tunnel interface.</summary>
    public bool IsOwn(IpAddress address)
    {
        foreach (IpAddress own in Config.Addresses.AsSpan())
        {
            if (own == address) return true;
        }
        return false;
    }

    /// <summary>The mapping of a next hop, exactly as it was set.</summary>
    public bool TryGetAdjacency(IpPrefix nextHop, [MaybeNullWhen(false)] out Adjacency adjacency) => Adjacencies.TryGet(nextHop, out adjacency);
}

/// <summary>What of a tunnel changes without a new snapshot: counters, the sequence number, the multicast allowance. Shared by the workers.</summary>
internal sealed class TunnelState
{
    private int _sequence = -1;

    public TunnelCounters Counters { get; } = new();

    /// <summary>
    /// Multicast copies that may still be sent. Workers may race for it, and then it is a little off, which does not matter.
    /// </summary>
    public TokenBucket MulticastAllowance = new(DataplaneLimits.MulticastCopiesPerSecond, DataplaneLimits.MulticastBurst);

    /// <summary>
    /// RFC 2890 2.2: starts at 0. One row of numbers for the tunnel, not one for each peer: so all copies of a multicast packet can share
    /// their bytes, and every peer still sees rising numbers, which is all that the receiver checks.
    /// </summary>
    public uint NextSequence() => (uint)Interlocked.Increment(ref _sequence);
}
