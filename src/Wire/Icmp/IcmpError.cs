using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Wire.Icmp;

/// <summary>
/// ICMP errors as whole IP packets that quote the packet at fault. Read first: RFC 792, RFC 1812 4.3.2, RFC 4443 2.4. How often
/// they may be sent (RFC 1812 4.3.2.8) is the sender's business.
/// <code>
/// |     Type      |     Code      |          Checksum             |
/// |   unused, or the MTU (IPv4: in the lower 16 bits, RFC 1191)   |
/// |      the offending packet, as much of it as may go along      |
/// </code>
/// </summary>
public static class IcmpError
{
    /// <summary>No error is longer than this: the minimum MTU of IPv6.</summary>
    public const int MaximumLength = IpSpec.Ipv6MinimumMtu;

    private const int HeaderLength = 8;
    private const byte HopLimit = 255;

    /// <summary>Precedence 6, internetwork control (RFC 1812 4.3.2.5).</summary>
    private const byte Ipv4Tos = 0xC0;

    /// <summary>
    /// Writes the error about <paramref name="offending"/>, a whole IP packet, to its source, and returns its length. Returns 0
    /// when no error may be sent about that packet (see <see cref="IsReportable"/>), <paramref name="source"/> is not of its version, or
    /// it does not decode. <paramref name="to"/> has room for <see cref="MaximumLength"/> bytes and does not overlap the packet.
    /// </summary>
    /// <param name="mtu">For <see cref="IcmpErrorKind.PacketTooBig"/>; an IPv6 one below 1280 is raised to it.</param>
    public static int Write(Span<byte> to, IcmpErrorKind kind, ReadOnlySpan<byte> offending, IpAddress source, int mtu = 0)
    {
        if (!IpView.TryParse(offending, out IpView ip, out _) || !IsReportable(ip, kind) || source.IsIPv4 != ip.IsIPv4) return 0;
        int ipHeader = ip.IsIPv4 ? Ipv4Header.Length : Ipv6Header.Length;
        int limit = ip.IsIPv4 ? IpSpec.Ipv4MinimumReassembly : IpSpec.Ipv6MinimumMtu;
        int quoted = Math.Min(ip.Bytes.Length, limit - ipHeader - HeaderLength);
        to = to[..(ipHeader + HeaderLength + quoted)];
        Span<byte> message = to[ipHeader..];

        (message[0], message[1]) = ip.IsIPv4 ? Ipv4Numbers(kind) : Ipv6Numbers(kind);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], 0);
        BinaryPrimitives.WriteUInt32BigEndian(message[4..], MtuField(kind, ip.IsIPv4, mtu));
        ip.Bytes[..quoted].CopyTo(message[HeaderLength..]);

        ulong sum = InternetChecksum.Sum(message);
        if (!ip.IsIPv4) sum += InternetChecksum.PseudoHeaderSum(source, ip.Source, (byte)IpProtocol.Icmpv6, message.Length);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], InternetChecksum.Fold(sum));

        if (ip.IsIPv4) new Ipv4Header(Ipv4Tos, HopLimit, IpProtocol.Icmp, source, ip.Source).Write(to);
        else new Ipv6Header(0, HopLimit, IpProtocol.Icmpv6, source, ip.Source).Write(to);
        return to.Length;
    }

    /// <summary>
    /// Whether an error may be sent about a packet: not about an ICMP error, a later fragment (IPv4), a multicast or
    /// broadcast, or to a source that is not one host (RFC 1812 4.3.2.7, RFC 4443 2.4 e). ICMPv6 Packet Too Big is sent
    /// about multicast all the same, so that path MTU discovery works for it.
    /// </summary>
    public static bool IsReportable(IpView packet, IcmpErrorKind kind)
    {
        IpAddress source = packet.Source;
        if (source.IsUnspecified || source.IsMulticast || source.IsLoopback || source.IsLimitedBroadcast) return false;
        if (packet.IsIPv4 && (source.ToUInt32() >> 28 == 15 || packet.Destination.IsLimitedBroadcast)) return false;
        if (packet.Destination.IsMulticast && (packet.IsIPv4 || kind != IcmpErrorKind.PacketTooBig)) return false;
        return packet.FragmentOffset == 0 ? !IsIcmpError(packet) : !packet.IsIPv4 && packet.Protocol != IpProtocol.Icmpv6;
    }

    private static bool IsIcmpError(IpView packet)
    {
        if (packet.Protocol is not (IpProtocol.Icmp or IpProtocol.Icmpv6)) return false;

        // One without a type cannot be told apart from an error.
        if (packet.Payload.IsEmpty) return true;
        byte type = packet.Payload[0];
        return packet.Protocol == IpProtocol.Icmp ? type is 3 or 4 or 5 or 11 or 12 : type < 128 || type == 137;
    }

    private static uint MtuField(IcmpErrorKind kind, bool ip4, int mtu)
    {
        if (kind != IcmpErrorKind.PacketTooBig) return 0;
        return ip4 ? (ushort)Math.Clamp(mtu, 0, ushort.MaxValue) : (uint)Math.Max(mtu, IpSpec.Ipv6MinimumMtu);
    }

    private static (byte Type, byte Code) Ipv4Numbers(IcmpErrorKind kind) => kind switch
    {
        IcmpErrorKind.PacketTooBig => (3, 4),
        IcmpErrorKind.TimeExceeded => (11, 0),
        IcmpErrorKind.NoRoute => (3, 0),
        IcmpErrorKind.Prohibited => (3, 13),
        _ => (3, 1),
    };

    private static (byte Type, byte Code) Ipv6Numbers(IcmpErrorKind kind) => kind switch
    {
        IcmpErrorKind.PacketTooBig => (2, 0),
        IcmpErrorKind.TimeExceeded => (3, 0),
        IcmpErrorKind.NoRoute => (1, 0),
        IcmpErrorKind.Prohibited => (1, 1),
        _ => (1, 3),
    };
}
