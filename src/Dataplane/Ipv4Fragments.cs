using System.Buffers.Binary;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane;

/// <summary>
/// Cuts an IPv4 packet, which may be a fragment itself, into fragments of at most a given length (RFC 791 3.2). The packet must have
/// passed <see cref="Ipv4View.TryParse"/>; the limit must leave 8 bytes behind its header (68 always does).
/// </summary>
internal ref struct Ipv4Fragments
{
    private const ushort MoreFragments = 0x2000;
    private readonly ReadOnlySpan<byte> _packet;
    private readonly int _headerLength;
    private readonly int _limit;
    private int _at;

    public Ipv4Fragments(ReadOnlySpan<byte> packet, int limit)
    {
        _packet = packet;
        _headerLength = (packet[0] & 0xF) * 4;
        _limit = limit;
        _at = _headerLength;
    }

    public readonly bool HasMore => _at < _packet.Length;

    /// <summary>Writes the next fragment and returns its length.</summary>
    public int WriteNext(Span<byte> to)
    {
        bool first = _at == _headerLength;
        int header = first ? _headerLength : IpSpec.Ipv4HeaderLength + CopiedOptions(_packet[IpSpec.Ipv4HeaderLength.._headerLength], to[IpSpec.Ipv4HeaderLength..]);
        if (first) _packet[.._headerLength].CopyTo(to);
        else _packet[..IpSpec.Ipv4HeaderLength].CopyTo(to);

        int left = _packet.Length - _at;
        int payload = left <= _limit - header ? left : (_limit - header) & ~7;
        _packet.Slice(_at, payload).CopyTo(to[header..]);
        _at += payload;

        ushort original = BinaryPrimitives.ReadUInt16BigEndian(_packet[6..]);
        int offset = (original & 0x1FFF) + (_at - payload - _headerLength) / 8;
        int more = HasMore ? MoreFragments : original & MoreFragments;
        to[0] = (byte)(0x40 | header / 4);
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], (ushort)(header + payload));
        BinaryPrimitives.WriteUInt16BigEndian(to[6..], (ushort)(more | offset));
        BinaryPrimitives.WriteUInt16BigEndian(to[10..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(to[10..], InternetChecksum.Compute(to[..header]));
        return header + payload;
    }

    /// <summary>Options whose copied flag is set go into every fragment (RFC 791 3.1); padded to a whole word. Stops at one that does not decode.</summary>
    private static int CopiedOptions(ReadOnlySpan<byte> options, Span<byte> to)
    {
        int written = 0;
        for (int at = 0; at < options.Length && options[at] != 0;)
        {
            int length = options[at] == 1 ? 1 : at + 1 < options.Length ? options[at + 1] : 0;
            if (length == 0 || length > options.Length - at) break;
            if ((options[at] & 0x80) != 0)
            {
                options.Slice(at, length).CopyTo(to[written..]);
                written += length;
            }
            at += length;
        }
        while ((written & 3) != 0) to[written++] = 0;
        return written;
    }
}
