using Dmvpn.Core;
using Dmvpn.Dataplane.Queueing;

namespace Dmvpn.Dataplane;

// More comes out of the tunnels than can be sent. The kernel's queue is first in, first out, so what is in it is taken out as fast as may be, into queues by flow. A round sends only a little of
// that, so that a packet which overtakes the others does not wait for long.
public sealed partial class Encapsulator
{
    private readonly FairQueue _backlog;
    private readonly UnderlayPace _pace = new();
    private long _bytesOfRound = QueueLimits.BytesPerRound;
    private bool _hasSent;
    private bool _sentInTheClear;

    /// <summary>True while the underlay has as much as it should; what comes out of the devices waits.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>
    /// Looks whether the underlay can take more. Once per round, first. Only where there is one underlay: of several, packets of a slow one would keep back those of the others in the queue.
    /// </summary>
    public void LookAtUnderlay(ForwardingSnapshot snapshot, Instant now)
    {
        if (snapshot.Underlays.Length != 1)
        {
            (IsPaused, _bytesOfRound) = (false, QueueLimits.BytesPerRound);
            return;
        }
        if (!_hasSent && !IsPaused) return;
        _hasSent = false;
        Underlay underlay = snapshot.Underlays[0];
        IDatagramPort port = _sentInTheClear || underlay.Security is not { } ports ? underlay.WorkerPorts[_worker] : _protected.SentByNat ? ports.Nat[_worker] : ports.Esp[_worker];
        IsPaused = _pace.IsPaused(port.Unsent, now);
        _bytesOfRound = Math.Min(QueueLimits.BytesPerRound, _pace.Allowance);
    }

    /// <summary>True while packets wait for <see cref="RunBacklog"/>, and not for the underlay: the worker must not sleep.</summary>
    public bool HasBacklog => _backlog.Count > 0 && !IsPaused;

    /// <summary>How many packets have had to wait, and the most bytes that waited at one moment.</summary>
    public (long Packets, long MostBytes) Queued => (_backlog.Added, _backlog.MostBytes);

    /// <summary>Sends a round's share of what waits, of all tunnels. Once per round. A tunnel that is gone takes its packets with it.</summary>
    public void RunBacklog(ForwardingSnapshot snapshot, Instant now)
    {
        TunnelSnapshot? current = null;
        int bytes = 0, packets = 0, multicast = 0;
        while (bytes < _bytesOfRound && packets < QueueLimits.PacketsPerRound && _backlog.TryTake(now, out int place, out TunnelId id))
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
            if (!HasMore || !_backlog.HasRoom && !IsPaused || reads == QueueLimits.ReadsPerRound) break;
            count = Read(tunnel);
        }
        return total;
    }
}
