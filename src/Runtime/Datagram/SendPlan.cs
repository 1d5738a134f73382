using Dmvpn.Dataplane;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>
/// Which packets leave in one message. A message has packets to one destination with the same outer header, all of one length but
/// the last, which may be shorter: the kernel cuts it up again (UDP_SEGMENT). Packets to other destinations may lie between them; the order of those
/// to one destination stays. Nothing is allocated after its construction.
/// </summary>
internal sealed class SendPlan
{
    // Destinations whose last message is remembered; two that share a place only end each other's message early.
    private const int Places = 32;
    private const short None = -1;

    private readonly Message[] _messages;
    private readonly int[] _packet;
    private readonly short[] _next;
    private readonly short[] _open = new short[Places];

    /// <param name="messages">Messages in one plan.</param>
    /// <param name="packets">Packets in one plan.</param>
    public SendPlan(int messages, int packets)
    {
        _messages = new Message[messages];
        (_packet, _next) = (new int[packets], new short[packets]);
        Clear();
    }

    /// <summary>How many messages there are.</summary>
    public int Messages { get; private set; }

    /// <summary>How many packets there are.</summary>
    public int Packets { get; private set; }

    /// <summary>One more packet may not fit.</summary>
    public bool IsFull => Messages == _messages.Length || Packets == _packet.Length;

    /// <summary>Length of the packets of a message but the last.</summary>
    public int SegmentLength(int message) => _messages[message].SegmentLength;

    /// <summary>How many packets a message has.</summary>
    public int Count(int message) => _messages[message].Count;

    /// <summary>The packets of a message, in order, by their index in what is sent.</summary>
    public Walk Of(int message) => new(this, _messages[message].First);

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        Messages = Packets = 0;
        _open.AsSpan().Fill(None);
    }

    /// <summary>Takes a packet.</summary>
    /// <param name="packets">What is sent.</param>
    /// <param name="index">Which of it.</param>
    /// <param name="longestSegment">The longest packet that may share a message; 0: each has one of its own.</param>
    public void Add(ReadOnlySpan<OutgoingPacket> packets, int index, int longestSegment)
    {
        ref readonly OutgoingPacket packet = ref packets[index];
        var entry = (short)Packets++;
        (_packet[entry], _next[entry]) = (index, None);
        ref short open = ref _open[(packet.Destination.GetHashCode() ^ packet.Port) & (Places - 1)];
        if (open != None && TryAppend(ref _messages[open], packets, packet, entry)) return;
        // The latest message to its destination in any case: nothing to it may go into an earlier one any more.
        open = (short)Messages++;
        _messages[open] = new Message
        {
            First = entry,
            Last = entry,
            Count = 1,
            Total = packet.Length,
            SegmentLength = packet.Length,
            IsClosed = packet.Length > longestSegment || packet.Length == 0 || packet.IsAlone,
        };
    }

    private bool TryAppend(ref Message message, ReadOnlySpan<OutgoingPacket> packets, in OutgoingPacket packet, short entry)
    {
        if (message.IsClosed || packet.IsAlone || packet.Length > message.SegmentLength || packet.Length == 0 || message.Count == UdpSocketSpec.MaximumSegments) return false;
        if (message.Total + packet.Length > UdpSocketSpec.MaximumMessage) return false;
        ref readonly OutgoingPacket first = ref packets[_packet[message.First]];
        if (packet.Destination != first.Destination || packet.Port != first.Port || packet.TrafficClass != first.TrafficClass || packet.HopLimit != first.HopLimit) return false;
        _next[message.Last] = entry;
        message.Last = entry;
        message.Count++;
        message.Total += packet.Length;
        message.IsClosed = packet.Length < message.SegmentLength;
        return true;
    }

    /// <summary>Goes through the packets of a message.</summary>
    public struct Walk(SendPlan plan, short first)
    {
        private short _at = first;

        /// <summary>The next packet's index; false when there is none.</summary>
        public bool TryNext(out int packet)
        {
            packet = 0;
            if (_at == None) return false;
            packet = plan._packet[_at];
            _at = plan._next[_at];
            return true;
        }
    }

    private struct Message
    {
        public short First;
        public short Last;
        public int Count;
        public int Total;
        public int SegmentLength;
        public bool IsClosed;
    }
}
