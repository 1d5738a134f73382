using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Dataplane.Offload;
using Dmvpn.Ipsec;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane;

// Packets that come from the Decapsulator of the same worker, instead of from the kernel. They are sealed where they were opened when there is room for the headers of their new tunnel, and are copied
// otherwise. They wait in the queues until FlushRelayed; so the queues are of one tunnel at any time, and empty whenever another part of the Encapsulator begins.
public sealed partial class Encapsulator
{
    // Whose packets wait in the queues.
    private TunnelSnapshot? _relayed;

    /// <summary>
    /// Forwards a packet into a tunnel that has an underlay. True when it is on its way, or was dropped as one from the kernel would be; false, and the packet is unchanged, when it is too long and the
    /// kernel must see it. Its bytes must stay until <see cref="FlushRelayed"/>.
    /// </summary>
    /// <param name="slot">The packet, with what <see cref="SegmentMerger.Inspect"/> found.</param>
    /// <param name="tunnel">Where it goes.</param>
    /// <param name="now">The present.</param>
    /// <param name="packets">How many packets it is.</param>
    /// <param name="bytes">Their bytes.</param>
    internal bool TryRelay(ref PacketSlot slot, TunnelSnapshot tunnel, Instant now, out int packets, out int bytes)
    {
        (packets, bytes) = (1, slot.Length);
        // Anew: its ECN field may be another one than when it came.
        if (!IpView.TryParse(slot.Data, out IpView ip, out _)) return false;
        if (ip.Protocol == IpProtocol.Gre && ip.Source == tunnel.Underlay!.LocalAddress) return false;
        if (!ReferenceEquals(_relayed, tunnel)) FlushRelayed(now);
        _relayed = tunnel;
        if (!TryFindAdjacency(slot, ip, tunnel, out Adjacency? adjacency, now)) return true;
        int limit = InnerLimit(tunnel, adjacency!, ip.IsIPv4);
        if (slot.Offload.Kind != SegmentKind.None) return TryRelaySegments(slot, ip, tunnel, adjacency!, limit, now, ref packets, ref bytes);
        if (slot.Length > limit) return false;
        OutboundSa? sa = adjacency!.Security?.Outbound;
        if (HasRoom(slot, tunnel, sa))
        {
            Relay(ref slot, ip, tunnel, adjacency, sa, now);
            return true;
        }
        ref PacketSlot copy = ref TakeBuffer(slot.Length, tunnel, now);
        slot.Data.CopyTo(copy.Room);
        copy.Length = slot.Length;
        Relay(ref copy, ip, tunnel, adjacency, sa: null, now);
        return true;
    }

    /// <summary>Sends what waits. Before the buffers of the relayed packets are used again.</summary>
    internal void FlushRelayed(Instant now)
    {
        if (_relayed is null) return;
        Flush(_relayed, now);
        _arena.Clear();
        _relayed = null;
    }

    private void Relay(ref PacketSlot packet, scoped in IpView ip, TunnelSnapshot tunnel, Adjacency adjacency, OutboundSa? sa, Instant now)
    {
        CountDown(packet.Data, ip.IsIPv4);
        ClampMss(packet, ip, tunnel.Config, InnerLimit(tunnel, adjacency, ip.IsIPv4));
        Enqueue(ref packet, ip.TrafficClass, ip.DontFragment, tunnel, adjacency, now, sa);
    }

    /// <summary>What the kernel's GRO has merged before it came to us is cut up as what comes from a TUN device is, and not sent back to the kernel: there it would fall behind the rest of its flow.</summary>
    private bool TryRelaySegments(
        in PacketSlot slot, scoped in IpView ip, TunnelSnapshot tunnel, Adjacency adjacency, int limit, Instant now, ref int packets, ref int bytes)
    {
        if (!SegmentSplitter.TryStart(slot.Data, ip, slot.Offload, out SegmentSplitter splitter) || splitter.NextLength > limit) return false;
        packets = splitter.Count;
        bytes = slot.Length + (packets - 1) * splitter.HeaderLength;
        CountDown(slot.Data, ip.IsIPv4);
        EncapsulateSegments(slot, ip, tunnel, adjacency, now);
        return true;
    }

    /// <summary>Room for the headers of this tunnel and this SA; when none is known yet, of any: it may be there a moment later.</summary>
    private static bool HasRoom(in PacketSlot slot, TunnelSnapshot tunnel, OutboundSa? sa)
    {
        int before = tunnel.GreHeaderLength, behind = 0;
        if (tunnel.Config.Protection is not null)
        {
            behind = sa?.RoomBehind(slot.Length + before) ?? EspPacket.Tailroom;
            before += sa?.RoomBefore ?? EspPacket.Headroom;
        }
        return slot.RoomBefore >= before && slot.RoomBehind >= behind;
    }

    private static void CountDown(Span<byte> packet, bool ip4)
    {
        if (!ip4)
        {
            packet[7]--;
            return;
        }
        ushort old = BinaryPrimitives.ReadUInt16BigEndian(packet[8..]);
        ushort @new = (ushort)(old - 0x100);
        BinaryPrimitives.WriteUInt16BigEndian(packet[8..], @new);
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], InternetChecksum.Update(BinaryPrimitives.ReadUInt16BigEndian(packet[10..]), old, @new));
    }
}
