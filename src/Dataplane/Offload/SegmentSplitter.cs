using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane.Offload;

/// <summary>
/// Cuts a super-packet into the packets that it stands for, as a network card with TSO or USO does, and finishes their checksums. Payload bytes are read once and written once, to
/// where they are sealed. What differs from packet to packet:
/// <code>
/// IPv4    total length, identification (+1 for each), header checksum
/// IPv6    payload length
/// TCP     sequence number; FIN and PSH on the last only, CWR on the first only (RFC 3168 6.1.2); checksum
/// UDP     length, checksum
/// </code>
/// The sums of all that does not differ are made once.
/// </summary>
internal ref struct SegmentSplitter
{
    private const int TcpHeader = 20, UdpHeader = 8;
    private const int TcpFlagsAt = 13, TcpChecksumAt = 16, UdpChecksumAt = 6;

    private readonly ReadOnlySpan<byte> _packet;
    private readonly int _ipLength;
    private readonly int _size;
    private readonly bool _ipv4;
    private readonly bool _tcp;
    private readonly ushort _identification;
    private readonly uint _sequence;
    private readonly ulong _ipSum;
    private readonly ulong _upperSum;
    private int _at;
    private int _index;

    private SegmentSplitter(ReadOnlySpan<byte> packet, bool ipv4, bool tcp, int ipLength, int headerLength, int size, bool partial)
    {
        _packet = packet;
        (_ipv4, _tcp, _ipLength, HeaderLength, _size) = (ipv4, tcp, ipLength, headerLength, size);
        _at = headerLength;
        ReadOnlySpan<byte> upper = packet[ipLength..headerLength];
        ulong pseudo = partial ? PseudoHeader(upper[(tcp ? TcpChecksumAt : UdpChecksumAt)..], packet.Length - ipLength) : PseudoHeader(packet, ipv4, tcp);
        if (ipv4)
        {
            _identification = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
            _ipSum = Word(packet) + InternetChecksum.Sum(packet[6..10]) + InternetChecksum.Sum(packet[12..ipLength]);
        }
        if (tcp)
        {
            _sequence = BinaryPrimitives.ReadUInt32BigEndian(upper[4..]);
            // Without sequence number, flags (with the header's length) and checksum.
            _upperSum = pseudo + InternetChecksum.Sum(upper[..4]) + InternetChecksum.Sum(upper[8..12]) + InternetChecksum.Sum(upper[14..16])
                + InternetChecksum.Sum(upper[18..]);
        }
        else
        {
            _upperSum = pseudo + InternetChecksum.Sum(upper[..4]);
        }
    }

    /// <summary>IP and TCP or UDP headers.</summary>
    public int HeaderLength { get; }

    /// <summary>How many segments there are.</summary>
    public readonly int Count => Math.Max((_packet.Length - HeaderLength + _size - 1) / _size, 1);

    /// <summary>False when all were written.</summary>
    public readonly bool HasMore => _index == 0 || _at < _packet.Length;

    /// <summary>
    /// Begins with a packet whose IP headers were decoded and whose length is what these say. False when it is not what its vnet header says it is.
    /// </summary>
    public static bool TryStart(ReadOnlySpan<byte> packet, scoped in IpView ip, in VnetHeader header, out SegmentSplitter splitter)
    {
        splitter = default;
        bool tcp = header.Kind is SegmentKind.TcpIPv4 or SegmentKind.TcpIPv6;
        if (!tcp && header.Kind != SegmentKind.Udp || header.SegmentSize == 0 || ip.IsFragment) return false;
        if (ip.Protocol != (tcp ? IpProtocol.Tcp : IpProtocol.Udp)) return false;
        if (header.Kind == SegmentKind.TcpIPv4 && !ip.IsIPv4 || header.Kind == SegmentKind.TcpIPv6 && ip.IsIPv4) return false;
        int room = packet.Length - ip.HeaderLength;
        if (room < (tcp ? TcpHeader : UdpHeader)) return false;
        int upper = tcp ? (packet[ip.HeaderLength + 12] >> 4) * 4 : UdpHeader;
        if (tcp && upper < TcpHeader || upper > room) return false;
        splitter = new SegmentSplitter(packet, ip.IsIPv4, tcp, ip.HeaderLength, ip.HeaderLength + upper, header.SegmentSize, header.NeedsChecksum);
        return true;
    }

    /// <summary>Length of the segment that comes next.</summary>
    public readonly int NextLength => HeaderLength + Math.Min(_size, _packet.Length - _at);

    /// <summary>Writes the next segment, <see cref="NextLength"/> bytes, and returns its length.</summary>
    public int WriteNext(Span<byte> to)
    {
        int payload = Math.Min(_size, _packet.Length - _at);
        int length = HeaderLength + payload;
        to = to[..length];
        _packet[..HeaderLength].CopyTo(to);
        ulong sum = InternetChecksum.CopyAndSum(_packet.Slice(_at, payload), to[HeaderLength..]);
        bool last = _at + payload == _packet.Length;
        WriteIp(to, length);
        Span<byte> upper = to[_ipLength..HeaderLength];
        if (_tcp) WriteTcp(upper, length - _ipLength, last, sum);
        else WriteUdp(upper, length - _ipLength, sum);
        _at += payload;
        _index++;
        return length;
    }

    private readonly void WriteIp(Span<byte> to, int length)
    {
        if (!_ipv4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(to[4..], (ushort)(length - IpSpec.Ipv6HeaderLength));
            return;
        }
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], (ushort)length);
        BinaryPrimitives.WriteUInt16BigEndian(to[4..], (ushort)(_identification + _index));
        BinaryPrimitives.WriteUInt16BigEndian(to[10..], InternetChecksum.Fold(_ipSum + Word(to[2..]) + Word(to[4..])));
    }

    private readonly void WriteTcp(Span<byte> upper, int length, bool last, ulong payloadSum)
    {
        BinaryPrimitives.WriteUInt32BigEndian(upper[4..], _sequence + (uint)(_index * _size));
        if (!last) upper[TcpFlagsAt] &= unchecked((byte)~(TcpFlags.Fin | TcpFlags.Psh));
        if (_index > 0) upper[TcpFlagsAt] &= unchecked((byte)~TcpFlags.Cwr);
        ulong sum = _upperSum + Turned((ushort)length) + Word(upper[4..]) + Word(upper[6..]) + Word(upper[12..]) + payloadSum;
        BinaryPrimitives.WriteUInt16BigEndian(upper[TcpChecksumAt..], InternetChecksum.Fold(sum));
    }

    private readonly void WriteUdp(Span<byte> upper, int length, ulong payloadSum)
    {
        BinaryPrimitives.WriteUInt16BigEndian(upper[4..], (ushort)length);
        ushort checksum = InternetChecksum.Fold(_upperSum + 2ul * Turned((ushort)length) + payloadSum);
        BinaryPrimitives.WriteUInt16BigEndian(upper[UdpChecksumAt..], checksum == 0 ? (ushort)0xFFFF : checksum);
    }

    // The kernel left it in the field, with the whole length in it. It knows the last destination of a routing header (RFC 8200 8.1), too.
    private static ulong PseudoHeader(ReadOnlySpan<byte> field, int length) => Word(field) + (ulong)(ushort)~Turned((ushort)length);

    private static ulong PseudoHeader(ReadOnlySpan<byte> packet, bool ipv4, bool tcp) =>
        InternetChecksum.Sum(ipv4 ? packet.Slice(12, 8) : packet.Slice(8, 32)) + Turned((byte)(tcp ? IpProtocol.Tcp : IpProtocol.Udp));

    // A word as it lies in memory, which is how sums are made (RFC 1071 2 B).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ReadOnlySpan<byte> at) => Unsafe.ReadUnaligned<ushort>(in at[0]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Turned(ushort value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
