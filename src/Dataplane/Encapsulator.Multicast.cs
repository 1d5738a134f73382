using Dmvpn.Core;
using Dmvpn.Dataplane.Queueing;
using Dmvpn.Wire.Ecn;
using Dmvpn.Wire.Gre;

namespace Dmvpn.Dataplane;

// Multicast and broadcast. One payload and one GRE header, many outgoing packets that point to them. Two limits keep it from
// starving unicast: copies per second on average (what is beyond is dropped whole), and copies per round (a packet to more peers
// is continued in the following rounds, each of which first sends a batch of unicast).
public sealed partial class Encapsulator
{
    private readonly int[] _multicast = new int[Math.Max(DataplaneLimits.BatchSize, QueueLimits.PacketsPerRound)];
    private readonly PacketBatch _pendingPackets = new(DataplaneLimits.MulticastPending);
    private readonly Pending[] _pending = new Pending[DataplaneLimits.MulticastPending];
    private int _firstPending;
    private int _pendingCount;

    /// <summary>True while copies of a multicast packet wait for <see cref="Continue"/>: the worker must not sleep.</summary>
    public bool HasPending => _pendingCount > 0;

    /// <summary>
    /// Sends the next share of the copies that wait. Once per round. The tunnel is looked up anew, for its port may have been replaced; when it is gone
    /// so are its copies, and also when its protection is another one. The peers stay those of the moment when the packet came.
    /// </summary>
    public void Continue(ForwardingSnapshot snapshot, Instant now)
    {
        if (_pendingCount == 0) return;
        ref Pending pending = ref _pending[_firstPending];
        bool done = true;
        if (snapshot.TryGet(pending.Tunnel, out TunnelSnapshot? tunnel) && tunnel.Underlay is not null && tunnel.Config.Protection == pending.Protection)
        {
            int count = Math.Min(pending.Peers.Count - pending.Next, DataplaneLimits.MulticastCopiesPerRound);
            SendCopies(ref _pendingPackets[_firstPending], pending.Peers, pending.Next, count, tunnel, now);
            pending.Next += count;
            done = pending.Next == pending.Peers.Count;
        }
        if (!done) return;
        pending = default;
        _firstPending = (_firstPending + 1) % _pending.Length;
        _pendingCount--;
    }

    private void Replicate(ref PacketSlot slot, TunnelSnapshot tunnel, Instant now)
    {
        MulticastList peers = tunnel.Multicast;
        if (peers.Count == 0)
        {
            tunnel.Counters.Drops.Count(DataplaneDrop.OutNoMulticastPeer);
            return;
        }
        bool atOnce = _pendingCount == 0 && peers.Count <= DataplaneLimits.MulticastCopiesPerRound;
        if (!atOnce && _pendingCount == _pending.Length || !tunnel.State.MulticastAllowance.TryTake(peers.Count, now))
        {
            tunnel.Counters.Drops.Count(DataplaneDrop.OutMulticastFlood);
            return;
        }
        tunnel.Counters.CountMulticastOut(1, 0);
        tunnel.Counters.CountOut(1, slot.Length, now);
        if (atOnce)
        {
            SendCopies(ref slot, peers, 0, peers.Count, tunnel, now);
            return;
        }
        int place = (_firstPending + _pendingCount++) % _pending.Length;
        ref PacketSlot copy = ref _pendingPackets[place];
        copy.Reset();
        slot.Data.CopyTo(copy.Room);
        copy.Length = slot.Length;
        _pending[place] = new Pending { Tunnel = tunnel.Config.Tunnel, Protection = tunnel.Config.Protection, Peers = peers };
    }

    /// <summary>The GRE header is made anew for each share: a sequence number must not be older than that of unicast sent meanwhile.</summary>
    private void SendCopies(ref PacketSlot slot, MulticastList peers, int first, int count, TunnelSnapshot tunnel, Instant now)
    {
        TunnelForwarding config = tunnel.Config;
        bool ip4 = slot.Data[0] >> 4 == 4;
        byte inner = ip4 ? slot.Data[1] : (byte)(slot.Data[0] << 4 | slot.Data[1] >> 4);
        byte trafficClass = EcnTunnel.OuterTrafficClass(inner, config.TrafficClass ?? inner, EcnMode.Normal);
        int innerLength = slot.Length;
        PrependGre(ref slot, ip4 ? GreProtocol.Ipv4 : GreProtocol.Ipv6, tunnel);
        int went = config.Protection is int protection ? SendProtectedCopies(slot, peers, first, count, trafficClass, protection, tunnel, now) : 0;
        if (config.Protection is not null) count = 0;
        for (int i = first; i < first + count; i++)
        {
            _queue.Add(slot, peers[i].Address, trafficClass, config.HopLimit, dontFragment: false, adjacency: null, innerLength: 0);
            if (_queue.IsFull) went += Flush(tunnel, now);
        }
        went += Flush(tunnel, now);
        slot.TrimStart(slot.Length - innerLength);
        tunnel.Counters.CountMulticastOut(0, went);
    }

    /// <summary>Each peer has an SA of its own, so each copy has bytes of its own. A peer without one gets none: multicast that waited is worth nothing.</summary>
    private int SendProtectedCopies(
        in PacketSlot slot, MulticastList peers, int first, int count, byte trafficClass, int protection, TunnelSnapshot tunnel, Instant now)
    {
        int went = 0;
        for (int i = first; i < first + count; i++)
        {
            if (!_security!.TryGetPeer(protection, peers[i], out ProtectedPeer? peer) || peer.Outbound is null)
            {
                tunnel.Counters.Drops.Count(DataplaneDrop.OutNoSa);
                continue;
            }
            if (!_arena.Fits(slot.Length) || _protected.IsFull)
            {
                went += Flush(tunnel, now);
                _arena.Clear();
            }
            ref PacketSlot copy = ref _arena.Take(slot.Length);
            slot.Data.CopyTo(copy.Room);
            copy.Length = slot.Length;
            _protected.Add(ref copy, new(peer, trafficClass, tunnel.Config.HopLimit, false, null, 0, MayWait: false), tunnel, now);
        }
        return went;
    }

    private struct Pending
    {
        public TunnelId Tunnel;
        public int? Protection;
        public MulticastList Peers;
        public int Next;
    }
}
