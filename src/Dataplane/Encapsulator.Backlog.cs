using Dmvpn.Core;
using Dmvpn.Dataplane.Queueing;

namespace Dmvpn.Dataplane;

// More comes out of the tunnels than can be sent. The kernel's queue is first in, first out, so what is in it is taken out as fast as may be, into queues by flow. A round sends only a little of
// that, so that a packet which overtakes the others does not wait for long.
public sealed partial class Encapsulator
{
    private readonly FairQueue _backlog;

    /// <summary>True while packets wait for <see cref="RunBacklog"/>: the worker must not sleep.</summary>
    public bool HasBacklog => _backlog.Count > 0;

    /// <summary>How many packets have had to wait, and the most bytes that waited at one moment.</summary>
    public (long Packets, long MostBytes) Queued => (_backlog.Added, _backlog.MostBytes);

    /// <summary>Sends a round's share of what waits, of all tunnels. Once per round. A tunnel that is gone takes its packets with it.</summary>
    public void RunBacklog(ForwardingSnapshot snapshot, Instant now)
    {
        TunnelSnapshot? current = null;
        int bytes = 0, packets = 0, multicast = 0;
        while (bytes < QueueLimits.BytesPerRound && packets < QueueLimits.PacketsPerRound && _backlog.TryTake(now, out int place, out TunnelId id))
        {
            ref PacketSlot slot = ref _backlog.Slot(place);
            bytes += slot.Length;
            packets++;
            if (!snapshot.TryGet(id, out TunnelSnapshot? tunnel)) continue;
            if (!ReferenceEquals(current, tunnel))
            {
                Settle(current, ref multicast, now);
                current = tunnel;
            }
            if (!TryEncapsulate(ref slot, tunnel, now)) _multicast[multicast++] = place;
        }
        Settle(current, ref multicast, now);
        _backlog.Release();
    }

    private void Settle(TunnelSnapshot? tunnel, ref int multicast, Instant now)
    {
        if (tunnel is null) return;
        Flush(tunnel, now);
        _arena.Clear();
        for (int i = 0; i < multicast; i++) ReplicateAll(ref _backlog.Slot(_multicast[i]), tunnel, now);
        multicast = 0;
    }

    private int ReadIntoBacklog(int count, TunnelSnapshot tunnel, Instant now)
    {
        int total = 0;
        for (int reads = 1; count > 0; reads++)
        {
            for (int i = 0; i < count; i++) _backlog.Add(ref _batch[i], tunnel, now);
            total += count;
            if (!HasMore || !_backlog.HasRoom || reads == QueueLimits.ReadsPerRound) break;
            count = Read(tunnel);
        }
        return total;
    }
}
