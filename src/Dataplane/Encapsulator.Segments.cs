using Dmvpn.Core;
using Dmvpn.Dataplane.Offload;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane;

// Super-packets: one look-up, then segments. A segment that is too long for the peer is treated as the packet that it stands for, just as the kernel treats super-packets that it forwards
// (skb_gso_validate_network_len): with "don't fragment" the sender is told, without it is fragmented. Cutting smaller segments instead would hide the path from the sender's TCP, which would go on
// with a wrong segment size for ever: in its congestion window, and in every packet that is no super-packet.
public sealed partial class Encapsulator
{
    // A segment that is not sent from where it is written.
    private readonly PacketBatch _single = new(1);

    private void EncapsulateSegments(in PacketSlot slot, scoped in IpView ip, TunnelSnapshot tunnel, Adjacency adjacency, Instant now)
    {
        if (!SegmentSplitter.TryStart(slot.Data, ip, slot.Offload, out SegmentSplitter splitter))
        {
            tunnel.Counters.Drops.Count(DataplaneDrop.OutMalformed);
            return;
        }
        if (tunnel.PointToPoint is not null && tunnel.IsReplicated(ip.Destination)) tunnel.Counters.CountMulticastOut(splitter.Count, splitter.Count);
        int limit = InnerLimit(tunnel, adjacency, ip.IsIPv4);
        while (splitter.HasMore)
        {
            bool tooBig = splitter.NextLength > limit;
            ref PacketSlot segment = ref tooBig ? ref Single() : ref TakeBuffer(splitter.NextLength, tunnel, now);
            segment.Length = splitter.WriteNext(segment.Room);
            if (tooBig)
            {
                if (IpView.TryParse(segment.Data, out IpView part, out _)) OnTooBig(ref segment, part, tunnel, adjacency, limit, now);
                // It is told of the first one; the others are no news, and it sends all of them again.
                if (ip.DontFragment) return;
                continue;
            }
            ClampMss(segment, ip, tunnel.Config, limit);
            Enqueue(ref segment, ip.TrafficClass, ip.DontFragment, tunnel, adjacency, now);
        }
    }

    private void ReplicateAll(ref PacketSlot slot, TunnelSnapshot tunnel, Instant now)
    {
        if (slot.Offload.Kind == SegmentKind.None)
        {
            Replicate(ref slot, tunnel, now);
            return;
        }
        if (!IpView.TryParse(slot.Data, out IpView ip, out _) || !SegmentSplitter.TryStart(slot.Data, ip, slot.Offload, out SegmentSplitter splitter))
        {
            tunnel.Counters.Drops.Count(DataplaneDrop.OutMalformed);
            return;
        }
        while (splitter.HasMore)
        {
            ref PacketSlot segment = ref Single();
            segment.Length = splitter.WriteNext(segment.Room);
            // When it returns, the copies are sent, or the packet was copied for later.
            Replicate(ref segment, tunnel, now);
        }
    }

    private ref PacketSlot Single()
    {
        _single[0].Reset();
        return ref _single[0];
    }
}
