using System.Buffers.Binary;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Wire.Tcp;

/// <summary>
/// The maximum segment size option of a SYN (RFC 9293 3.7.1) lowered in passing: <c>ip tcp adjust-mss</c>. A SYN without the
/// option stays as it is, as on IOS. The checksum is corrected incrementally, so it must be a complete one: not the
/// pseudo-header sum that a kernel leaves for checksum offload.
/// </summary>
public static class TcpMss
{
    /// <summary>IPv4 and TCP headers without options, which an MSS does not count (RFC 9293 3.7.1).</summary>
    public const int HeadersIPv4 = IpSpec.Ipv4HeaderLength + FixedHeader;

    /// <summary>The same of IPv6.</summary>
    public const int HeadersIPv6 = IpSpec.Ipv6HeaderLength + FixedHeader;

    private const int FixedHeader = 20;
    private const byte SynFlag = 0x02;
    private const byte EndOfOptions = 0;
    private const byte NoOperation = 1;
    private const byte MssKind = 2;
    private const byte MssLength = 4;

    /// <summary>
    /// Lowers the option to <paramref name="maximum"/> when the IP packet is a SYN that offers more. False when nothing was
    /// changed: not TCP, not a SYN, a fragment without the TCP header, no such option, or options that do not decode.
    /// </summary>
    public static bool Clamp(Span<byte> packet, ushort maximum) =>
        IpView.TryParse(packet, out IpView ip, out _) && ip.Protocol == IpProtocol.Tcp && ip.FragmentOffset == 0
        && ClampSegment(packet[ip.HeaderLength..ip.Bytes.Length], maximum);

    /// <summary>The same for what is behind the IP headers.</summary>
    public static bool ClampSegment(Span<byte> segment, ushort maximum)
    {
        if (segment.Length < FixedHeader || (segment[13] & SynFlag) == 0) return false;
        int end = (segment[12] >> 4) * 4;
        if (end < FixedHeader || end > segment.Length) return false;
        for (int at = FixedHeader; at < end;)
        {
            byte kind = segment[at];
            if (kind == EndOfOptions) return false;
            if (kind == NoOperation)
            {
                at++;
                continue;
            }
            if (end - at < 2) return false;
            int length = segment[at + 1];
            if (length < 2 || length > end - at) return false;
            if (kind == MssKind) return length == MssLength && Lower(segment, at + 2, maximum);
            at += length;
        }
        return false;
    }

    private static bool Lower(Span<byte> segment, int at, ushort maximum)
    {
        ushort offered = BinaryPrimitives.ReadUInt16BigEndian(segment[at..]);
        if (offered <= maximum) return false;
        BinaryPrimitives.WriteUInt16BigEndian(segment[at..], maximum);

        // Behind an odd number of NOPs the value straddles two checksum words; swapping both values is the same sum (RFC 1071 2 B).
        bool odd = (at & 1) != 0;
        ushort before = odd ? BinaryPrimitives.ReverseEndianness(offered) : offered;
        ushort after = odd ? BinaryPrimitives.ReverseEndianness(maximum) : maximum;
        ushort checksum = BinaryPrimitives.ReadUInt16BigEndian(segment[16..]);
        BinaryPrimitives.WriteUInt16BigEndian(segment[16..], InternetChecksum.Update(checksum, before, after));
        return true;
    }
}
