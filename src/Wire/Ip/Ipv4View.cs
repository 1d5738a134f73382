using System.Buffers.Binary;
using Dmvpn.Core;

namespace Dmvpn.Wire.Ip;

/// <summary>
/// An IPv4 packet (RFC 791 3.1) over borrowed bytes.
/// <code>
///  0                   1                   2                   3
/// |Version|  IHL  |Type of Service|          Total Length         |
/// |         Identification        |0|D|M|      Fragment Offset    |
/// |  Time to Live |    Protocol   |         Header Checksum       |
/// |                       Source Address                          |
/// |                    Destination Address                        |
/// |                    Options                    |    Padding    |
/// </code>
/// </summary>
public readonly ref struct Ipv4View : IWireView<Ipv4View>
{
    private readonly ReadOnlySpan<byte> _bytes;

    private Ipv4View(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>
    /// A whole packet; bytes behind the total length (link-layer padding) are left out. The header checksum is not checked
    /// here, see <see cref="IsHeaderChecksumValid"/>: what comes out of a TUN device may not have one yet.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Ipv4View view, out Malformed why)
    {
        if (!TryParseHeader(bytes, out view, out why)) return false;
        if (view.TotalLength > bytes.Length)
        {
            why = Malformed.LengthTooLarge;
            view = default;
            return false;
        }
        view = new Ipv4View(bytes[..view.TotalLength]);
        return true;
    }

    /// <summary>
    /// The start of a packet, as error messages quote it: the header must be whole, the payload may be cut off anywhere.
    /// </summary>
    public static bool TryParseHeader(ReadOnlySpan<byte> bytes, out Ipv4View view, out Malformed why)
    {
        view = default;
        if (bytes.Length < IpSpec.Ipv4HeaderLength)
        {
            why = Malformed.Truncated;
            return false;
        }
        if (bytes[0] >> 4 != 4)
        {
            why = Malformed.UnknownVersion;
            return false;
        }
        int header = (bytes[0] & 0xF) * 4;
        if (header < IpSpec.Ipv4HeaderLength || BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) < header)
        {
            why = Malformed.LengthTooSmall;
            return false;
        }
        if (header > bytes.Length)
        {
            why = Malformed.Truncated;
            return false;
        }
        view = new Ipv4View(bytes);
        why = Malformed.None;
        return true;
    }

    /// <summary>The packet from its first byte to its last that is there.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Header with options: 20-60 bytes.</summary>
    public int HeaderLength => (_bytes[0] & 0xF) * 4;

    /// <summary>The Total Length field.</summary>
    public int TotalLength => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>The whole ToS byte: DSCP and ECN.</summary>
    public byte TrafficClass => _bytes[1];

    /// <summary>Differentiated services code point (RFC 2474).</summary>
    public byte Dscp => (byte)(_bytes[1] >> 2);

    /// <summary>Explicit congestion notification (RFC 3168).</summary>
    public Ecn.EcnCodepoint Ecn => (Ecn.EcnCodepoint)(_bytes[1] & 3);

    /// <summary>Tells the fragments of one packet from those of another.</summary>
    public ushort Identification => BinaryPrimitives.ReadUInt16BigEndian(_bytes[4..]);

    /// <summary>DF.</summary>
    public bool DontFragment => (_bytes[6] & 0x40) != 0;

    /// <summary>MF.</summary>
    public bool MoreFragments => (_bytes[6] & 0x20) != 0;

    /// <summary>Where this fragment's payload belongs, in bytes.</summary>
    public int FragmentOffset => (BinaryPrimitives.ReadUInt16BigEndian(_bytes[6..]) & 0x1FFF) * 8;

    /// <summary>True when this is only a part of a packet, the first part included.</summary>
    public bool IsFragment => (BinaryPrimitives.ReadUInt16BigEndian(_bytes[6..]) & 0x3FFF) != 0;

    /// <summary>Time to live.</summary>
    public byte Ttl => _bytes[8];

    /// <summary>What the payload is.</summary>
    public IpProtocol Protocol => (IpProtocol)_bytes[9];

    /// <summary>The header checksum field.</summary>
    public ushort HeaderChecksum => BinaryPrimitives.ReadUInt16BigEndian(_bytes[10..]);

    /// <summary>True when the header sums up.</summary>
    public bool IsHeaderChecksumValid => InternetChecksum.IsValid(_bytes[..HeaderLength]);

    /// <summary>Where it comes from.</summary>
    public IpAddress Source => IpAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(_bytes[12..]));

    /// <summary>Where it goes.</summary>
    public IpAddress Destination => IpAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(_bytes[16..]));

    /// <summary>The options, as they are.</summary>
    public ReadOnlySpan<byte> Options => _bytes[IpSpec.Ipv4HeaderLength..HeaderLength];

    /// <summary>What is behind the header, as much as is there.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];
}
