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

    private readonly PacketBatch _batch = new(DataplaneLimits.BatchSize);
    private readonly SendQueue _queue = new();
    private TunnelSnapshot? _tunnel;
    private int _used;

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
        Add(slot, peer.Address, now);
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
        MulticastList peers = tunnel.Multicast;
        if (peers.Count == 0 || !TryTakeSlot(tunnel, payload.Length, now)) return;
        ref PacketSlot slot = ref Fill(payload);
        Encapsulator.PrependGre(ref slot, protocol, tunnel);
        for (int i = 0; i < peers.Count; i++) Add(slot, peers[i].Address, now);
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
    /// Gives a peer's keepalive back: the bytes and the address of a <see cref="ControlKind.KeepaliveReceived"/>, a whole GRE packet.
    /// </summary>
    public void Reflect(TunnelSnapshot tunnel, IpAddress to, ReadOnlySpan<byte> grePacket, Instant now)
    {
        if (TryTakeSlot(tunnel, grePacket.Length, now)) Add(Fill(grePacket), to, now);
    }

    /// <summary>Sends what was collected. Once per turn of the control loop, after <see cref="ForwardingTable.Publish"/>.</summary>
    public void Flush(Instant now)
    {
        SendQueued(now);
        _used = 0;
        _tunnel = null;
    }

    /// <summary>Frees the buffers.</summary>
    public void Dispose() => _batch.Dispose();

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

    private void Add(in PacketSlot slot, IpAddress to, Instant now)
    {
        _queue.Add(slot, to, TrafficClass, HopLimit, dontFragment: false, adjacency: null, innerLength: 0);
        if (_queue.IsFull) SendQueued(now);
    }

    private void SendQueued(Instant now)
    {
        if (_tunnel is null) return;
        int went = _queue.Flush(_tunnel.Underlay!.ControlPort, _tunnel.Counters, now, out _);
        if (went > 0) _tunnel.Counters.CountControlOut(went, now);
    }
}
