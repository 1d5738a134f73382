using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// Packets of one tunnel that wait for the next <see cref="IDatagramPort.Send"/>, and what to count when it is done. The bytes stay where
/// they are until then.
/// </summary>
internal sealed unsafe class SendQueue
{
    private readonly OutgoingPacket[] _packets = new OutgoingPacket[DataplaneLimits.SendSize];
    private readonly Sent[] _sent = new Sent[DataplaneLimits.SendSize];
    private int _count;

    public int Count => _count;

    public bool IsFull => _count == _packets.Length;

    /// <summary>
    /// Adds a packet. <paramref name="innerLength"/> is what the counters count; 0 for a copy that is already counted.
    /// </summary>
    public void Add(
        in PacketSlot slot, IpAddress destination, byte trafficClass, byte hopLimit, bool dontFragment, Adjacency? adjacency, int innerLength, ushort port = 0)
    {
        ref OutgoingPacket packet = ref _packets[_count];
        packet.Data = slot.Pointer;
        packet.Length = slot.Length;
        packet.Destination = destination;
        packet.Port = port;
        packet.TrafficClass = trafficClass;
        packet.HopLimit = hopLimit;
        packet.DontFragment = dontFragment;
        _sent[_count++] = new Sent { Adjacency = adjacency, InnerLength = innerLength };
    }

    /// <summary>Forgets all, and says how many these were.</summary>
    public int Discard()
    {
        int count = _count;
        _count = 0;
        return count;
    }

    /// <summary>Sends all and counts what became of each. Returns how many went. For what size the path was too narrow, the port's error queue says.</summary>
    public int Flush(IDatagramPort port, TunnelCounters counters, Instant now)
    {
        if (_count == 0) return 0;
        Span<OutgoingPacket> packets = _packets.AsSpan(0, _count);
        port.Send(packets);

        int went = 0;
        long packetsOut = 0, bytesOut = 0;
        Adjacency? run = null;
        int runPackets = 0, runBytes = 0;
        for (int i = 0; i < packets.Length; i++)
        {
            ref readonly Sent sent = ref _sent[i];
            if (packets[i].Outcome != SendOutcome.Sent)
            {
                counters.Drops.Count(Drop(packets[i].Outcome));
                continue;
            }
            went++;
            if (sent.InnerLength == 0) continue;
            packetsOut++;
            bytesOut += sent.InnerLength;
            if (!ReferenceEquals(sent.Adjacency, run))
            {
                run?.CountOut(runPackets, runBytes, now);
                (run, runPackets, runBytes) = (sent.Adjacency, 0, 0);
            }
            runPackets++;
            runBytes += sent.InnerLength;
        }
        run?.CountOut(runPackets, runBytes, now);
        counters.CountOut(packetsOut, bytesOut, now);
        _count = 0;
        return went;
    }

    private static DataplaneDrop Drop(SendOutcome outcome) => outcome switch
    {
        SendOutcome.TooBig => DataplaneDrop.OutPathTooBig,
        SendOutcome.Congested => DataplaneDrop.OutCongested,
        _ => DataplaneDrop.OutUnreachable,
    };

    private struct Sent
    {
        public Adjacency? Adjacency;
        public int InnerLength;
    }
}
