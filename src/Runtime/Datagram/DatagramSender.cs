using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>
/// Sends packets by sendmmsg over one socket, with TTL, ToS and "don't fragment" of each; over UDP, many to one destination as one message (<see cref="SendPlan"/>). One thread at a time.
/// <para>
/// There is no control message for "don't fragment" (the IPv6 one is not for these protocols), it is a state of the socket. So
/// those packets that want it as it is go first and the others after one change: in practice a batch wants one of the
/// two. A second socket for the others would get a copy of every packet that is received.
/// </para>
/// </summary>
internal sealed unsafe class DatagramSender : IDisposable
{
    private const int TrafficClassPlace = 0, HopLimitPlace = 1, SegmentPlace = 2, Controls = 2;

    // A message of its own, behind those of the plan: for a packet of one that was refused as a whole.
    private const int Alone = RuntimeLimits.MessagesPerCall;

    private readonly int _descriptor;
    private readonly IpAddress _local;
    private readonly bool _ipv4;
    private readonly int _scope;
    private readonly SocketTraits _traits;
    private readonly Action _refused;
    private readonly MessageVector _messages = new(RuntimeLimits.MessagesPerCall + 1, DataplaneLimits.SendSize + 1);
    private readonly SendPlan _plan = new(RuntimeLimits.MessagesPerCall, DataplaneLimits.SendSize);
    private bool _dontFragment;
    private int _longestSegment;
    private int _shortened;
    private long _calls;
    private long _sentMessages;
    private long _sentPackets;

    /// <param name="local">The address that it is bound to.</param>
    /// <param name="scope">Index of the link that link-local destinations are on.</param>
    /// <param name="traits">What is special about the socket.</param>
    /// <param name="refused">Called once when a device takes no messages of several packets.</param>
    public DatagramSender(int descriptor, IpAddress local, int scope, SocketTraits traits, Action refused)
    {
        bool ipv4 = local.IsIPv4;
        (_descriptor, _local, _ipv4, _scope, _traits, _refused) = (descriptor, local, ipv4, scope, traits, refused);
        int level = ipv4 ? IpSocketSpec.LevelIPv4 : IpSocketSpec.LevelIPv6;
        _messages.PrepareControl(TrafficClassPlace, level, ipv4 ? IpSocketSpec.IPv4TypeOfService : IpSocketSpec.IPv6TrafficClass);
        _messages.PrepareControl(HopLimitPlace, level, ipv4 ? IpSocketSpec.IPv4TimeToLive : IpSocketSpec.IPv6HopLimit);
        for (int i = 0; i < _messages.Capacity; i++)
        {
            ref MessageHeader header = ref _messages.Headers[i].Header;
            header.Name = _messages.Name(i);
            header.Control = _messages.Control(i);
            header.ControlLength = Controls * MessageVector.ControlSpace;
        }
        SetDontFragment(false);
    }

    /// <summary>By which link packets leave where the kernel is not to choose; null: it always does.</summary>
    public EgressTable? Egress { get; set; }

    /// <summary>Whether several packets leave in one message.</summary>
    public SegmentOffload Offload { get; private set; }

    /// <summary>What was sent.</summary>
    public PortCounters Counters => new(Volatile.Read(ref _calls), Volatile.Read(ref _sentMessages), Volatile.Read(ref _sentPackets), 0, 0, 0);

    /// <summary>From now on several packets may leave in one message. A UDP socket with checksums, before the first packet.</summary>
    public void SetOffload(SegmentOffload offload)
    {
        Offload = offload;
        _longestSegment = offload == SegmentOffload.Active ? UdpSocketSpec.MaximumMessage : 0;
    }

    /// <summary>From now on each packet leaves in a message of its own.</summary>
    public void RefuseOffload()
    {
        if (Offload != SegmentOffload.Active) return;
        SetOffload(SegmentOffload.Refused);
        _refused();
    }

    public void Send(Span<OutgoingPacket> packets)
    {
        bool present = _dontFragment;
        if (SendWhere(packets, present) == packets.Length) return;
        SetDontFragment(!present);
        SendWhere(packets, !present);
    }

    public void Dispose() => _messages.Dispose();

    /// <summary>Sends the packets with this "don't fragment" and returns how many these are.</summary>
    private int SendWhere(Span<OutgoingPacket> packets, bool dontFragment)
    {
        int total = 0;
        for (int i = 0; i < packets.Length; i++)
        {
            ref OutgoingPacket packet = ref packets[i];
            if (packet.DontFragment != dontFragment) continue;
            total++;
            if (packet.Destination.IsIPv4 != _ipv4)
            {
                packet.Outcome = SendOutcome.Unreachable;
                continue;
            }
            if (_plan.IsFull) Flush(packets);
            _plan.Add(packets, i, _longestSegment);
        }
        Flush(packets);
        return total;
    }

    private void Flush(Span<OutgoingPacket> packets)
    {
        if (_plan.Messages == 0) return;
        int vector = 0;
        for (int message = 0; message < _plan.Messages; message++)
        {
            ref MessageHeader header = ref _messages.Headers[message].Header;
            header.Vectors = _messages.Vectors + vector;
            header.VectorCount = (nuint)_plan.Count(message);
            bool first = true;
            for (SendPlan.Walk walk = _plan.Of(message); walk.TryNext(out int index); first = false)
            {
                if (first) Describe(message, packets[index], _plan.Count(message) > 1 ? _plan.SegmentLength(message) : 0);
                Point(ref _messages.Vectors[vector++], packets[index]);
            }
        }
        Transmit(packets);
        _plan.Clear();
        if (_longestSegment < UdpSocketSpec.MaximumMessage) Lengthen();
    }

    private void Describe(int place, in OutgoingPacket packet, int segment)
    {
        ref MessageHeader header = ref _messages.Headers[place].Header;
        header.NameLength = SocketAddress.Write(header.Name, packet.Destination, packet.Port, _scope);
        _messages.ControlValue(place, TrafficClassPlace) = packet.TrafficClass;
        _messages.ControlValue(place, HopLimitPlace) = packet.HopLimit;
        if (segment > 0)
        {
            // Where a message without it had its link.
            _messages.PrepareControl(place, SegmentPlace, UdpSocketSpec.Level, UdpSocketSpec.Segment, sizeof(ushort));
            _messages.ControlValue(place, SegmentPlace) = segment;
        }
        int controls = (segment > 0 ? Controls + 1 : Controls) * MessageVector.ControlSpace;
        if (Egress?.LinkFor(_local, packet.Destination) is > 0 and int link) controls += SocketAddress.WritePacketInformation(header.Control + controls, _local, link);
        header.ControlLength = (nuint)controls;
    }

    private static void Point(ref IoVector vector, in OutgoingPacket packet)
    {
        vector.Base = packet.Data;
        vector.Length = (nuint)packet.Length;
    }

    // sendmmsg stops at the first refused packet and says why only when that is the first of a call. A UDP socket also answers
    // with what ICMP said about an earlier packet, perhaps to another peer (udp(7)); asked again, it answers for this one.
    private void Transmit(Span<OutgoingPacket> packets)
    {
        int start = 0, refused = -1, count = _plan.Messages;
        while (start < count)
        {
            int sent = Call(start, count - start);
            if (sent > 0)
            {
                for (int end = start + sent; start < end; start++) Conclude(packets, start, SendOutcome.Sent);
                continue;
            }
            Errno error = LinuxError.Last.Number;
            if (error == Errno.Interrupted) continue;
            SendOutcome outcome = OutcomeOf(error);
            bool again = TellsOldErrors && refused != start && outcome != SendOutcome.Congested;
            refused = start;
            if (again) continue;
            if (_plan.Count(start) > 1 && error is Errno.Invalid or Errno.MessageTooLong or Errno.InputOutput) SendApart(packets, start, error);
            else Conclude(packets, start, outcome);
            start++;
        }
    }

    private bool TellsOldErrors => (_traits & SocketTraits.TellsOldErrors) != 0;

    private int Call(int place, int count)
    {
        int sent = Libc.SendMessages(_descriptor, _messages.Headers + place, (uint)count, LibcSpec.MessageDontWait);
        Volatile.Write(ref _calls, _calls + 1);
        if (sent > 0) Volatile.Write(ref _sentMessages, _sentMessages + sent);
        return sent;
    }

    private void Conclude(Span<OutgoingPacket> packets, int message, SendOutcome outcome)
    {
        for (SendPlan.Walk walk = _plan.Of(message); walk.TryNext(out int index);) packets[index].Outcome = outcome;
        if (outcome == SendOutcome.Sent) Volatile.Write(ref _sentPackets, _sentPackets + _plan.Count(message));
    }

    /// <summary>
    /// A message was refused because it has several packets: EIO when the device computes no checksums, for good; EINVAL or EMSGSIZE when
    /// they are longer than its MTU, which a packet alone may be: then the kernel fragments it, or says so.
    /// </summary>
    private void SendApart(Span<OutgoingPacket> packets, int message, Errno error)
    {
        if (error == Errno.InputOutput)
        {
            RefuseOffload();
        }
        else
        {
            _longestSegment = Math.Min(_longestSegment, _plan.SegmentLength(message) - 1);
            _shortened = 0;
        }
        for (SendPlan.Walk walk = _plan.Of(message); walk.TryNext(out int index);) SendAlone(ref packets[index]);
    }

    private void SendAlone(ref OutgoingPacket packet)
    {
        ref MessageHeader header = ref _messages.Headers[Alone].Header;
        header.Vectors = _messages.Vectors + DataplaneLimits.SendSize;
        Describe(Alone, packet, 0);
        Point(ref *header.Vectors, packet);
        bool refused = false;
        while (Call(Alone, 1) <= 0)
        {
            Errno error = LinuxError.Last.Number;
            if (error == Errno.Interrupted) continue;
            packet.Outcome = OutcomeOf(error);
            if (refused || !TellsOldErrors || packet.Outcome == SendOutcome.Congested) return;
            refused = true;
        }
        packet.Outcome = SendOutcome.Sent;
        Volatile.Write(ref _sentPackets, _sentPackets + 1);
    }

    // Another route, or the same device, may have a larger MTU by now: it is found out again now and then.
    private void Lengthen()
    {
        if (Offload != SegmentOffload.Active || ++_shortened < RuntimeLimits.SendsWithShortSegments) return;
        _longestSegment = UdpSocketSpec.MaximumMessage;
    }

    private static SendOutcome OutcomeOf(Errno error) => error switch
    {
        Errno.MessageTooLong => SendOutcome.TooBig,
        Errno.Again or Errno.NoBufferSpace or Errno.NoMemory => SendOutcome.Congested,
        _ => SendOutcome.Unreachable,
    };

    private void SetDontFragment(bool dontFragment)
    {
        int level = _ipv4 ? IpSocketSpec.LevelIPv4 : IpSocketSpec.LevelIPv6;
        int option = _ipv4 ? IpSocketSpec.IPv4MtuDiscover : IpSocketSpec.IPv6MtuDiscover;
        bool ignores = (_traits & SocketTraits.IgnoresKernelPathMtu) != 0;
        // Over UDP only what a path is tried with bears it, and what the kernel was told by anybody must not decide that.
        int always = ignores || TellsOldErrors ? IpSocketSpec.MtuDiscoverProbe : IpSocketSpec.MtuDiscoverAlways;
        // IPv6 routers do not fragment: there the kernel must know, and hears of it in any state.
        int never = ignores && _ipv4 ? IpSocketSpec.MtuDiscoverOmit : IpSocketSpec.MtuDiscoverNever;
        int value = dontFragment ? always : never;
        Libc.SetOption(_descriptor, level, option, value, "set IP_MTU_DISCOVER");
        _dontFragment = dontFragment;
    }
}
