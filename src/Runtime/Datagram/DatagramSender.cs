using Dmvpn.Dataplane;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>
/// Sends packets by sendmmsg over one socket, with TTL, ToS and "don't fragment" of each. One thread at a time.
/// <para>
/// There is no control message for "don't fragment" (the IPv6 one is not for these protocols), it is a state of the socket. So
/// those packets that want it as it is go first and the others after one change: in practice a batch wants one of the
/// two. A second socket for the others would get a copy of every packet that is received.
/// </para>
/// </summary>
internal sealed unsafe class DatagramSender : IDisposable
{
    private const int TrafficClassPlace = 0, HopLimitPlace = 1, Controls = 2;

    private readonly int _descriptor;
    private readonly bool _ipv4;
    private readonly int _scope;
    private readonly SocketTraits _traits;
    private readonly MessageVector _messages = new(RuntimeLimits.MessagesPerCall);
    private readonly int[] _indexes = new int[RuntimeLimits.MessagesPerCall];
    private bool _dontFragment;

    /// <param name="scope">Index of the link that link-local destinations are on.</param>
    /// <param name="traits">What is special about the socket.</param>
    public DatagramSender(int descriptor, bool ipv4, int scope, SocketTraits traits)
    {
        (_descriptor, _ipv4, _scope, _traits) = (descriptor, ipv4, scope, traits);
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
        int filled = 0, total = 0;
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
            Fill(filled, packet);
            _indexes[filled++] = i;
            if (filled < _messages.Capacity) continue;
            Flush(packets, filled);
            filled = 0;
        }
        Flush(packets, filled);
        return total;
    }

    private void Fill(int place, in OutgoingPacket packet)
    {
        _messages.Vectors[place].Base = packet.Data;
        _messages.Vectors[place].Length = (nuint)packet.Length;
        ref MessageHeader header = ref _messages.Headers[place].Header;
        header.NameLength = SocketAddress.Write(header.Name, packet.Destination, packet.Port, _scope);
        _messages.ControlValue(place, TrafficClassPlace) = packet.TrafficClass;
        _messages.ControlValue(place, HopLimitPlace) = packet.HopLimit;
    }

    // sendmmsg stops at the first refused packet and says why only when that is the first of a call. A UDP socket also answers
    // with what ICMP said about an earlier packet, perhaps to another peer (udp(7)); asked again, it answers for this one.
    private void Flush(Span<OutgoingPacket> packets, int count)
    {
        int start = 0, refused = -1;
        while (start < count)
        {
            int sent = Libc.SendMessages(_descriptor, _messages.Headers + start, (uint)(count - start), LibcSpec.MessageDontWait);
            if (sent > 0)
            {
                for (int i = start; i < start + sent; i++) packets[_indexes[i]].Outcome = SendOutcome.Sent;
                start += sent;
                continue;
            }
            Errno error = LinuxError.Last.Number;
            if (error == Errno.Interrupted) continue;
            SendOutcome outcome = OutcomeOf(error);
            bool again = (_traits & SocketTraits.TellsOldErrors) != 0 && refused != start && outcome != SendOutcome.Congested;
            refused = start;
            if (!again) packets[_indexes[start++]].Outcome = outcome;
        }
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
        int always = ignores ? IpSocketSpec.MtuDiscoverProbe : IpSocketSpec.MtuDiscoverAlways;
        // IPv6 routers do not fragment: there the kernel must know, and hears of it in any state.
        int never = ignores && _ipv4 ? IpSocketSpec.MtuDiscoverOmit : IpSocketSpec.MtuDiscoverNever;
        int value = dontFragment ? always : never;
        Libc.SetOption(_descriptor, level, option, value, "set IP_MTU_DISCOVER");
        _dontFragment = dontFragment;
    }
}

/// <summary>What is special about a socket.</summary>
[Flags]
internal enum SocketTraits
{
    None = 0,

    /// <summary>A send may end by what ICMP said about an earlier packet: UDP, not raw sockets.</summary>
    TellsOldErrors = 1,

    /// <summary>
    /// "Don't fragment" whatever the kernel believes the path MTU to be: it believes any ICMP error that quotes addresses and ports, and would refuse our packets by it. We know SPIs (RFC 4301 8.2.1).
    /// </summary>
    IgnoresKernelPathMtu = 2,

    /// <summary>What is sent starts with an SPI, or with four zeros when it is for IKE.</summary>
    SendsEsp = 4,
}
