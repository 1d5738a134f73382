using Dmvpn.Core;
using Dmvpn.Wire.Ecn;

namespace Dmvpn.Dataplane.Queueing;

/// <summary>
/// Packets of one worker that wait to be sent: a queue for each flow, in turn, and Controlled Delay for each (RFC 8290), in three bands by DSCP. So a flow that sends little overtakes the
/// bulk of others, and one that sends much is told so before it fills the queue. Bounded in packets and bytes. It owns its buffers and changes them for the reader's, so nothing is copied;
/// nothing is allocated after its construction. Not for two threads.
/// <code>
/// Add → the flow's queue; no room: the longest queue loses its oldest
/// TryTake → band (credit) → flow that is new, or next in turn (deficit) → CoDel: mark, drop, or this one
/// Release: what was taken has left, its buffers are free
/// </code>
/// </summary>
internal sealed class FairQueue : IDisposable
{
    private readonly PacketBatch _buffers = new(QueueLimits.Packets);
    private readonly Packet[] _packets = new Packet[QueueLimits.Packets];
    private readonly FlowQueue[] _flows = new FlowQueue[TrafficBands.Count * QueueLimits.FlowsPerBand];
    private readonly BandSchedule[] _bands = new BandSchedule[TrafficBands.Count];

    // The first _freeCount are free, the one that was used last on top, for it may still be in the cache; behind them, from the end, those that are taken.
    private readonly short[] _places = new short[QueueLimits.Packets];
    private readonly ulong _seed;
    private int _freeCount = QueueLimits.Packets;
    private int _takenCount;

    /// <param name="seed">For <see cref="FlowKey"/>.</param>
    public FairQueue(ulong seed)
    {
        _seed = seed;
        for (int i = 0; i < _places.Length; i++) _places[i] = (short)i;
        Array.Fill(_flows, FlowQueue.Empty);
        for (int i = 0; i < _bands.Length; i++) _bands[i] = new BandSchedule(TrafficBands.Shares[i]);
    }

    /// <summary>How many packets wait.</summary>
    public int Count { get; private set; }

    /// <summary>Whether it has places for another batch from a device.</summary>
    public bool HasRoom => _freeCount >= DataplaneLimits.BatchSize;

    /// <summary>Bytes of them.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many packets have ever come.</summary>
    public long Added { get; private set; }

    /// <summary>The most bytes that waited at one moment.</summary>
    public long MostBytes { get; private set; }

    /// <summary>Takes a packet out of its slot, which gets an empty buffer instead.</summary>
    public void Add(ref PacketSlot slot, TunnelSnapshot tunnel, Instant now)
    {
        while (_freeCount == 0 || Count > 0 && Bytes + slot.Length > QueueLimits.Bytes)
        {
            // All that could make room is on its way out.
            if (!DropFromLongest()) break;
        }
        if (_freeCount == 0)
        {
            tunnel.Counters.Drops.Count(DataplaneDrop.OutQueueFull);
            return;
        }
        short place = _places[--_freeCount];
        (_buffers[place], slot) = (slot, _buffers[place]);
        int length = _buffers[place].Length;
        FlowKey key = FlowKey.Of(_buffers[place].Data, _seed);
        var index = (short)((int)key.Band * QueueLimits.FlowsPerBand + (int)(key.Hash % QueueLimits.FlowsPerBand));
        ref FlowQueue flow = ref _flows[index];
        _packets[place] = new Packet { Tunnel = tunnel.Config.Tunnel, Counters = tunnel.Counters, At = now, Next = FlowQueue.None };
        if (flow.Head == FlowQueue.None) flow.Head = place;
        else _packets[flow.Tail].Next = place;
        flow.Tail = place;
        flow.Bytes += length;
        Count++;
        Bytes += length;
        Added++;
        MostBytes = Math.Max(MostBytes, Bytes);
        if (!flow.IsListed) _bands[(int)key.Band].Enlist(_flows, index);
    }

    /// <summary>The packet whose turn it is; its buffer stays its own until <see cref="Release"/>.</summary>
    public bool TryTake(Instant now, out int place, out TunnelId tunnel)
    {
        (place, tunnel) = (FlowQueue.None, default);
        while (Count > 0)
        {
            ref BandSchedule band = ref NextBand();
            short index = band.Next(_flows);
            ref FlowQueue flow = ref _flows[index];
            if (!TryTakeFrom(ref flow, now, out place))
            {
                band.OnEmpty(_flows);
                continue;
            }
            int length = _buffers[place].Length;
            flow.Deficit -= length;
            band.Credit -= length;
            tunnel = _packets[place].Tunnel;
            _places[_places.Length - ++_takenCount] = (short)place;
            return true;
        }
        return false;
    }

    /// <summary>The buffer of a packet that was taken.</summary>
    public ref PacketSlot Slot(int place) => ref _buffers[place];

    /// <summary>What was taken is sent.</summary>
    public void Release()
    {
        while (_takenCount > 0) Free(_places[_places.Length - _takenCount--]);
    }

    /// <summary>Frees the buffers.</summary>
    public void Dispose() => _buffers.Dispose();

    // The first band that has something and credit; when none has, a new cycle begins for all.
    private ref BandSchedule NextBand()
    {
        while (true)
        {
            for (int i = 0; i < _bands.Length; i++)
            {
                if (_bands[i].HasFlows && _bands[i].Credit > 0) return ref _bands[i];
            }
            for (int i = 0; i < _bands.Length; i++) _bands[i].Refill();
        }
    }

    private bool TryTakeFrom(ref FlowQueue flow, Instant now, out int place)
    {
        while (true)
        {
            place = flow.Head;
            if (place == FlowQueue.None)
            {
                flow.Delay.OnEmpty();
                return false;
            }
            ref readonly Packet packet = ref _packets[place];
            bool owed = flow.Delay.IsOwed(now.Since(packet.At), flow.Bytes, now);
            Unlink(ref flow);
            // RFC 8290 4.2 with ECN: the mark says it as well, and nothing is lost.
            if (!owed || EcnTunnel.TryDecapsulate(_buffers[place].Data, (byte)EcnCodepoint.Ce)) return true;
            packet.Counters.Drops.Count(DataplaneDrop.OutQueueDelay);
            Free((short)place);
        }
    }

    // RFC 8290 4.1.3: the flow that has most waiting pays, with half of it at once, for to find it takes a walk over all of them.
    private bool DropFromLongest()
    {
        int longest = 0;
        for (int i = 1; i < _flows.Length; i++)
        {
            if (_flows[i].Bytes > _flows[longest].Bytes) longest = i;
        }
        ref FlowQueue flow = ref _flows[longest];
        long until = flow.Bytes / 2;
        int dropped = 0;
        while (flow.Head != FlowQueue.None && dropped < QueueLimits.DroppedAtOnce && (dropped == 0 || flow.Bytes > until))
        {
            short place = flow.Head;
            Unlink(ref flow);
            _packets[place].Counters.Drops.Count(DataplaneDrop.OutQueueFull);
            Free(place);
            dropped++;
        }
        return dropped > 0;
    }

    private void Unlink(ref FlowQueue flow)
    {
        short place = flow.Head;
        int length = _buffers[place].Length;
        flow.Head = _packets[place].Next;
        flow.Bytes -= length;
        Count--;
        Bytes -= length;
    }

    private void Free(short place)
    {
        _packets[place] = default;
        _places[_freeCount++] = place;
    }

    private struct Packet
    {
        public TunnelId Tunnel;
        public TunnelCounters Counters;
        public Instant At;
        public short Next;
    }
}
