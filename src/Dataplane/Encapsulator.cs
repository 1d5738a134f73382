using Dmvpn.Core;
using Dmvpn.Dataplane.Offload;
using Dmvpn.Dataplane.Queueing;
using Dmvpn.Ipsec;
using Dmvpn.Wire.Ecn;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Tcp;

namespace Dmvpn.Dataplane;

/// <summary>
/// One worker's way out. Not for two threads; allocates nothing after its construction.
/// <code>
/// ITunDevice.Read          a batch of IP packets and super-packets, with headroom
///   → more than a batch?   a queue, fair among flows                                Encapsulator.Backlog.cs, Queueing/
///   → IP version, lengths  OutMalformed
///   → checksum, when the kernel left it to us
///   → multicast?           copies for all peers                                     Encapsulator.Multicast.cs
///   → flow cache, or FIB → next hop → adjacency | NHS and NextHopUnresolved          OutNoRoute, OutNoMapping
///   → super-packet?        cut into segments, each in a buffer with headroom         Encapsulator.Segments.cs
///   → TCP MSS
///   → MTU                  ICMP back into the TUN, or fragments                     Encapsulator.TooBig.cs
///   → GRE header in front  key, checksum, sequence number
///   → protected tunnel?    ESP, sealed in place; no SA: wait or drop, never send     ProtectedSender.cs
///   → outer ToS, TTL, DF   RFC 6040
///   → SendQueue            one IDatagramPort.Send for the batch
/// </code>
/// </summary>
public sealed partial class Encapsulator : IDisposable
{
    private readonly int _worker;
    private readonly ControlMailbox _mailbox;
    private readonly PacketBatch _batch = new(DataplaneLimits.BatchSize);
    private readonly SendQueue _queue = new();
    private readonly FlowCache _flows = new();
    private readonly RateLimitTable _events = new();
    private readonly ProtectedSender _protected;
    private readonly SecurityTable? _security;

    /// <summary>The way out of one worker.</summary>
    /// <param name="worker">Its number: which TUN queue and which port are its own.</param>
    /// <param name="mailbox">Where its events go.</param>
    /// <param name="security">The security associations; null when no tunnel is protected.</param>
    /// <param name="flowSeed">Secret: which flows share a queue while packets wait.</param>
    public Encapsulator(int worker, ControlMailbox mailbox, SecurityTable? security = null, ulong flowSeed = 0)
    {
        (_worker, _mailbox, _security) = (worker, mailbox, security);
        _backlog = new FairQueue(flowSeed);
        _protected = new ProtectedSender(worker, mailbox);
    }

    /// <summary>True when the last <see cref="Run"/> took as much as a batch may have.</summary>
    public bool HasMore { get; private set; }

    /// <summary>
    /// Takes what waits at the tunnel's device, a batch or somewhat more, and sends it; when that is not all that waits, it goes into a queue that is fair among flows, for
    /// <see cref="RunBacklog"/>. Returns how many packets there were, super-packets counted as one; <see cref="HasMore"/> says whether more may wait.
    /// </summary>
    public int Run(TunnelSnapshot tunnel, Instant now)
    {
        int count = Read(tunnel);
        if (count == 0) return 0;
        if (_backlog.Count > 0 || HasMore || IsPaused) return ReadIntoBacklog(count, tunnel, now);
        int multicast = 0;
        for (int i = 0; i < count; i++)
        {
            if (!TryEncapsulate(ref _batch[i], tunnel, now)) _multicast[multicast++] = i;
        }
        Flush(tunnel, now);
        _arena.Clear();
        for (int i = 0; i < multicast; i++) ReplicateAll(ref _batch[_multicast[i]], tunnel, now);
        return count;
    }

    private int Read(TunnelSnapshot tunnel)
    {
        // In a pause all is read, and the longest queue pays: a device that is not read would keep the worker awake.
        if (!_backlog.HasRoom && !IsPaused)
        {
            HasMore = true;
            return 0;
        }
        int count = tunnel.Queues[_worker].Read(_batch), bytes = 0;
        for (int i = 0; i < count; i++) bytes += _batch[i].Length;
        HasMore = count == DataplaneLimits.BatchSize || bytes >= DataplaneLimits.BatchBytes;
        return count;
    }

    /// <summary>
    /// One packet from the device: it waits for <see cref="Flush"/>, or was sent, copied for later, or counted. False when it is for <see cref="ReplicateAll"/>, after the unicast of the batch.
    /// </summary>
    private bool TryEncapsulate(ref PacketSlot slot, TunnelSnapshot tunnel, Instant now)
    {
        DropCounters<DataplaneDrop> drops = tunnel.Counters.Drops;
        if (tunnel.Underlay is null)
        {
            drops.Count(DataplaneDrop.OutNoUnderlay);
            return true;
        }
        if (!IpView.TryParse(slot.Data, out IpView ip, out _))
        {
            drops.Count(DataplaneDrop.OutMalformed);
            return true;
        }
        slot.Length = ip.TotalLength;
        if (ip.Protocol == IpProtocol.Gre && ip.Source == tunnel.Underlay.LocalAddress)
        {
            drops.Count(DataplaneDrop.OutRecursion);
            return true;
        }
        if (slot.Offload.NeedsChecksum && slot.Offload.Kind == SegmentKind.None && !PartialChecksum.TryComplete(slot.Data, slot.Offload))
        {
            drops.Count(DataplaneDrop.OutMalformed);
            return true;
        }
        if (tunnel.PointToPoint is null && tunnel.IsReplicated(ip.Destination)) return false;
        EncapsulateUnicast(ref slot, ip, tunnel, now);
        return true;
    }

    /// <summary>Frees the buffers. Only when no thread is within <see cref="Run"/>.</summary>
    public void Dispose()
    {
        _batch.Dispose();
        _arena.Dispose();
        _single.Dispose();
        _pendingPackets.Dispose();
        _backlog.Dispose();
        _protected.Dispose();
    }

    /// <summary>Packets that waited for an SA and have one now leave. Once per round.</summary>
    public void ReleaseHeld(ForwardingSnapshot snapshot, Instant now) => _protected.ReleaseHeld(snapshot, byControl: false, now);

    /// <summary>True while packets wait for SAs: they go when one comes, for which the worker is woken, or when their time is over.</summary>
    public bool HasHeld => _protected.HasHeld;

    private void EncapsulateUnicast(ref PacketSlot slot, scoped in IpView ip, TunnelSnapshot tunnel, Instant now)
    {
        if (!TryFindAdjacency(slot, ip, tunnel, out Adjacency? adjacency, now)) return;
        if (slot.Offload.Kind != SegmentKind.None)
        {
            EncapsulateSegments(slot, ip, tunnel, adjacency!, now);
            return;
        }
        if (tunnel.PointToPoint is not null && tunnel.IsReplicated(ip.Destination)) tunnel.Counters.CountMulticastOut(1, 1);
        int limit = InnerLimit(tunnel, adjacency!, ip.IsIPv4);
        ClampMss(slot, ip, tunnel.Config, limit);
        if (slot.Length > limit)
        {
            OnTooBig(ref slot, ip, tunnel, adjacency!, limit, now);
            return;
        }
        Enqueue(ref slot, ip.TrafficClass, ip.DontFragment, tunnel, adjacency!, now);
    }

    /// <summary>Where the peer's path carries less than the tunnel's MTU, the segments of both ends are bounded by that too: ICMP does not reach every host.</summary>
    private static void ClampMss(in PacketSlot slot, scoped in IpView ip, TunnelForwarding config, int limit)
    {
        if (ip.Protocol != IpProtocol.Tcp || ip.FragmentOffset != 0) return;
        int mss = (ip.IsIPv4 ? config.MssIPv4 : config.MssIPv6) ?? ushort.MaxValue;
        if (limit < config.Mtu) mss = Math.Min(mss, limit - (ip.IsIPv4 ? TcpMss.HeadersIPv4 : TcpMss.HeadersIPv6));
        if (mss < ushort.MaxValue) TcpMss.ClampSegment(slot.Data[ip.HeaderLength..], (ushort)mss);
    }

    private bool TryFindAdjacency(in PacketSlot slot, scoped in IpView ip, TunnelSnapshot tunnel, out Adjacency? adjacency, Instant now)
    {
        if (_flows.TryGet(tunnel, ip.Destination, out adjacency, out FibEntry? route))
        {
            route?.Touch(now);
            return true;
        }
        ReachKind reach = tunnel.Reach(ip.Destination, out IpAddress nextHop, out route, out adjacency);
        route?.Touch(now);
        switch (reach)
        {
            case ReachKind.Resolved:
                _flows.Set(tunnel, ip.Destination, adjacency!, route);
                return true;
            case ReachKind.ByNhs:
                ReportUnresolved(slot, tunnel, nextHop, now);
                return true;
            case ReachKind.NoMapping:
                ReportUnresolved(slot, tunnel, nextHop, now);
                tunnel.Counters.Drops.Count(DataplaneDrop.OutNoMapping);
                return false;
            default:
                tunnel.Counters.Drops.Count(DataplaneDrop.OutNoRoute);
                return false;
        }
    }

    private void ReportUnresolved(in PacketSlot slot, TunnelSnapshot tunnel, IpAddress nextHop, Instant now)
    {
        ulong key = FlowHash.Of(nextHop, IpAddress.FromBits(0, (ulong)tunnel.Config.Tunnel.Number));
        if (!_events.TryPass(key, DataplaneLimits.UnresolvedInterval, now)) return;
        ReadOnlySpan<byte> head = slot.Data[..Math.Min(slot.Length, DataplaneLimits.PacketHead)];
        if (_mailbox.TryWrite(ControlKind.NextHopUnresolved, tunnel.Config.Tunnel, default, nextHop, head, now)) return;
        tunnel.Counters.Drops.Count(DataplaneDrop.EventLost);
    }

    private void Enqueue(
        ref PacketSlot slot, byte innerTrafficClass, bool innerDontFragment, TunnelSnapshot tunnel, Adjacency adjacency, Instant now, OutboundSa? sa = null)
    {
        TunnelForwarding config = tunnel.Config;
        int innerLength = slot.Length;
        bool ip4 = slot.Data[0] >> 4 == 4;
        PrependGre(ref slot, ip4 ? GreProtocol.Ipv4 : GreProtocol.Ipv6, tunnel);
        byte trafficClass = EcnTunnel.OuterTrafficClass(innerTrafficClass, config.TrafficClass ?? innerTrafficClass, EcnMode.Normal);

        // An IPv6 packet of up to 1280 bytes must get through (RFC 8200 5): what is longer than the path then is fragmented outside.
        bool dontFragment = config.PathMtuDiscovery && innerDontFragment && innerLength + Overhead(tunnel, adjacency, slot.Length) <= adjacency.PathMtu;
        if (config.Protection is not null)
        {
            _protected.Add(ref slot, new(adjacency.Security, trafficClass, config.HopLimit, dontFragment, adjacency, innerLength, MayWait: true, sa), tunnel, now);
            if (_protected.IsFull) Flush(tunnel, now);
            return;
        }
        _queue.Add(slot, adjacency.Peer.Address, trafficClass, config.HopLimit, dontFragment, adjacency, innerLength);
        if (_queue.IsFull) Flush(tunnel, now);
    }

    internal static void PrependGre(ref PacketSlot slot, GreProtocol protocol, TunnelSnapshot tunnel)
    {
        TunnelForwarding config = tunnel.Config;
        uint? sequence = config.SequenceNumbers ? tunnel.State.NextSequence() : null;
        var header = new GreHeader(protocol, config.Key, sequence, config.Checksum);
        slot.Prepend(header.Length);
        header.Write(slot.Data);
    }

    private int Flush(TunnelSnapshot tunnel, Instant now)
    {
        if (tunnel.Underlay is null) return 0;
        _hasSent = true;
        _sentInTheClear = tunnel.Config.Protection is null;
        return tunnel.Config.Protection is null
            ? _queue.Flush(tunnel.Underlay.WorkerPorts[_worker], tunnel.Counters, now)
            : _protected.Flush(tunnel, byControl: false, now);
    }
}
