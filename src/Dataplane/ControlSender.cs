using Dmvpn.Core;
using Dmvpn.Wire.Gre;

namespace Dmvpn.Dataplane;

/// <summary>
/// The control thread's way out, by <see cref="Underlay.ControlPort"/>: NHRP, CDP and keepalives. Packets are collected, and leave at <see cref="Flush"/> or
/// when the batch is full, in the order in which they were given. Control thread only; allocates nothing after its construction.
/// </summary>
public sealed class ControlSender : IDisposable
{
    /// <summary>nhrp-wire 4.1, as IOS sends: CS6, internetwork control.</summary>
    private const byte TrafficClass = 0xC0;
    private const byte HopLimit = 255;

    // Some hundred events; those that found no room are written again a second later.
    private const int EventsSize = 16384;

    private readonly SecurityTable? _security;
    private readonly PacketBatch _batch = new(DataplaneLimits.BatchSize);
    private readonly SendQueue _queue = new();
    private readonly ProtectedSender _protected;
    private TunnelSnapshot? _tunnel;
    private int _used;

    /// <summary>A way out.</summary>
    /// <param name="security">The security associations; null when no tunnel can be protected.</param>
    /// <param name="thread">This thread's number among those that send by an SA: behind the workers'.</param>
    public ControlSender(SecurityTable? security = null, int thread = 0)
    {
        _security = security;
        _protected = new ProtectedSender(thread, Events);
    }

    /// <summary>What sending showed of SAs (<see cref="ControlKind.SaSoftLimit"/>, <see cref="ControlKind.SaHardLimit"/>), to be read like a worker's mailbox.</summary>
    public ControlMailbox Events { get; } = new(EventsSize);

    /// <summary>
    /// Sends a control packet through the tunnel's GRE to a peer.
    /// </summary>
    /// <param name="tunnel">The tunnel, of <see cref="ForwardingTable.Current"/>.</param>
    /// <param name="peer">Where to.</param>
    /// <param name="protocol">What it is.</param>
    /// <param name="payload">The bytes behind the GRE header; copied.</param>
    /// <param name="now">The present.</param>
    public void Send(TunnelSnapshot tunnel, NbmaPeer peer, GreProtocol protocol, ReadOnlySpan<byte> payload, Instant now)
    {
        if (!TryTakeSlot(tunnel, payload.Length, now)) return;
        ref PacketSlot slot = ref Fill(payload);
        Encapsulator.PrependGre(ref slot, protocol, tunnel);
        Add(ref slot, tunnel, peer, mayWait: true, now);
    }

    /// <summary>
    /// Sends a control packet to all peers that get the tunnel's multicast, from the same bytes; on a point-to-point tunnel to its destination.
    /// Takes about a microsecond for each peer.
    /// </summary>
    public void Replicate(TunnelSnapshot tunnel, GreProtocol protocol, ReadOnlySpan<byte> payload, Instant now)
    {
        if (tunnel.PointToPoint is not null)
        {
            Send(tunnel, tunnel.PointToPoint.Peer, protocol, payload, now);
            return;
        }
        // Copies are made from the first slot.
        if (tunnel.Config.Protection is not null) Flush(now);
        MulticastList peers = tunnel.Multicast;
        if (peers.Count == 0 || !TryTakeSlot(tunnel, payload.Length, now)) return;
        ref PacketSlot slot = ref Fill(payload);
        Encapsulator.PrependGre(ref slot, protocol, tunnel);
        for (int i = 0; i < peers.Count; i++)
        {
            if (tunnel.Config.Protection is null) Add(slot, peers[i].Address, now);
            else AddCopy(slot.Data, tunnel, peers[i], now);
        }
        Flush(now);
    }

    /// <summary>Sends a GRE keepalive on a point-to-point tunnel.</summary>
    public void SendKeepalive(TunnelSnapshot tunnel, Instant now)
    {
        if (tunnel.PointToPoint is null || tunnel.Underlay is null) return;
        Span<byte> reply = stackalloc byte[GreKeepalive.MaximumLength];
        reply = reply[..GreKeepalive.Write(reply, tunnel.Config, tunnel.Underlay.LocalAddress)];
        Send(tunnel, tunnel.PointToPoint.Peer, reply[0] >> 4 == 4 ? GreProtocol.Ipv4 : GreProtocol.Ipv6, reply, now);
    }

    /// <summary>
    /// Gives a peer's keepalive back: the bytes and the peer of a <see cref="ControlKind.KeepaliveReceived"/>, a whole GRE packet.
    /// </summary>
    public void Reflect(TunnelSnapshot tunnel, NbmaPeer to, ReadOnlySpan<byte> grePacket, Instant now)
    {
        if (TryTakeSlot(tunnel, grePacket.Length, now)) Add(ref Fill(grePacket), tunnel, to, mayWait: false, now);
    }

    /// <summary>Sends what was collected. Once per turn of the control loop, after <see cref="ForwardingTable.Publish"/>.</summary>
    public void Flush(Instant now)
    {
        SendQueued(now);
        _used = 0;
        _tunnel = null;
    }

    /// <summary>Packets that waited for an SA and have one now leave. Once per turn of the control loop, before its packets are given: these are younger.</summary>
    public void ReleaseHeld(ForwardingSnapshot snapshot, Instant now)
    {
        Flush(now);
        _protected.ReleaseHeld(snapshot, byControl: true, now);
    }

    /// <summary>Frees the buffers.</summary>
    public void Dispose()
    {
        _batch.Dispose();
        _protected.Dispose();
    }

    private bool TryTakeSlot(TunnelSnapshot tunnel, int length, Instant now)
    {
        if (tunnel.Underlay is null || length > PacketBatch.MaximumPacket - GreSpec.MaximumLength)
        {
            tunnel.Counters.Drops.Count(tunnel.Underlay is null ? DataplaneDrop.OutNoUnderlay : DataplaneDrop.OutTooBig);
            return false;
        }
        if (_used == _batch.Capacity || _tunnel is not null && !ReferenceEquals(_tunnel, tunnel)) Flush(now);
        _tunnel = tunnel;
        return true;
    }

    private ref PacketSlot Fill(ReadOnlySpan<byte> bytes)
    {
        ref PacketSlot slot = ref _batch[_used++];
        slot.Reset();
        bytes.CopyTo(slot.Room);
        slot.Length = bytes.Length;
        return ref slot;
    }

    private void Add(ref PacketSlot slot, TunnelSnapshot tunnel, NbmaPeer peer, bool mayWait, Instant now)
    {
        if (tunnel.Config.Protection is not int protection)
        {
            Add(slot, peer.Address, now);
            return;
        }
        ProtectedPeer? found = null;
        _security?.TryGetPeer(protection, peer, out found);
        _protected.Add(ref slot, new(found, TrafficClass, HopLimit, DontFragment: false, Adjacency: null, InnerLength: 0, mayWait), tunnel, now);
        if (_protected.IsFull) SendQueued(now);
    }

    /// <summary>Each peer's copy is sealed for itself: the bytes of the packet stay as they are.</summary>
    private void AddCopy(ReadOnlySpan<byte> grePacket, TunnelSnapshot tunnel, NbmaPeer peer, Instant now)
    {
        // The first slot is the packet itself.
        if (_used == _batch.Capacity)
        {
            SendQueued(now);
            _used = 1;
        }
        Add(ref Fill(grePacket), tunnel, peer, mayWait: false, now);
    }

    private void Add(in PacketSlot slot, IpAddress to, Instant now)
    {
        _queue.Add(slot, to, TrafficClass, HopLimit, dontFragment: false, adjacency: null, innerLength: 0);
        if (_queue.IsFull) SendQueued(now);
    }

    private void SendQueued(Instant now)
    {
        if (_tunnel is null) return;
        if (_tunnel.Config.Protection is not null)
        {
            _protected.Flush(_tunnel, byControl: true, now);
            return;
        }
        int went = _queue.Flush(_tunnel.Underlay!.ControlPort, _tunnel.Counters, now);
        if (went > 0) _tunnel.Counters.CountControlOut(went, now);
    }
}
