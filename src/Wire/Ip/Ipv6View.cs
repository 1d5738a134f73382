using System.Buffers.Binary;
using Dmvpn.Core;

namespace Dmvpn.Wire.Ip;

/// <summary>
/// An IPv6 packet (RFC 8200 3) over borrowed bytes, with its chain of extension headers walked.
/// <code>
/// |Version| Traffic Class |           Flow Label                  |
/// |         Payload Length        |  Next Header  |   Hop Limit   |
/// |                    Source Address (16)                        |
/// |                 Destination Address (16)                      |
/// </code>
/// </summary>
public readonly ref struct Ipv6View : IWireView<Ipv6View>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _upperOffset;
    private readonly int _fragmentHeader;

    private Ipv6View(ReadOnlySpan<byte> bytes, int upperOffset, IpProtocol protocol, int fragmentHeader)
    {
        _bytes = bytes;
        _upperOffset = upperOffset;
        Protocol = protocol;
        _fragmentHeader = fragmentHeader;
    }

    /// <summary>A whole packet; bytes behind the payload length (link-layer padding) are left out. No jumbograms (RFC 2675).</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Ipv6View view, out Malformed why)
    {
        view = default;
        why = CheckFixedHeader(bytes);
        if (why != Malformed.None) return false;
        int total = IpSpec.Ipv6HeaderLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        if (total > bytes.Length)
        {
            why = Malformed.LengthTooLarge;
            return false;
        }
        why = Walk(bytes[..total], out view);
        if (why == Malformed.None) return true;
        view = default;
        return false;
    }

    /// <summary>
    /// The start of a packet, as error messages quote it: the fixed header must be whole, the rest may be cut off
    /// anywhere. <see cref="Protocol"/> is then the last one that could be seen.
    /// </summary>
    public static bool TryParseHeader(ReadOnlySpan<byte> bytes, out Ipv6View view, out Malformed why)
    {
        view = default;
        why = CheckFixedHeader(bytes);
        if (why != Malformed.None) return false;
        Walk(bytes, out view);
        return true;
    }

    /// <summary>The packet from its first byte to its last that is there.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The whole traffic class: DSCP and ECN.</summary>
    public byte TrafficClass => (byte)(BinaryPrimitives.ReadUInt16BigEndian(_bytes) >> 4);

    /// <summary>Differentiated services code point (RFC 2474).</summary>
    public byte Dscp => (byte)(TrafficClass >> 2);

    /// <summary>Explicit congestion notification (RFC 3168).</summary>
    public Ecn.EcnCodepoint Ecn => (Ecn.EcnCodepoint)(TrafficClass & 3);

    /// <summary>20 bits that are the same for all packets of a flow.</summary>
    public uint FlowLabel => BinaryPrimitives.ReadUInt32BigEndian(_bytes) & 0xF_FFFF;

    /// <summary>The Payload Length field: all that is behind the fixed header.</summary>
    public int PayloadLength => BinaryPrimitives.ReadUInt16BigEndian(_bytes[4..]);

    /// <summary>Fixed header and payload.</summary>
    public int TotalLength => IpSpec.Ipv6HeaderLength + PayloadLength;

    /// <summary>What follows the fixed header; see <see cref="Protocol"/> for what follows the chain.</summary>
    public IpProtocol NextHeader => (IpProtocol)_bytes[6];

    /// <summary>Hop limit.</summary>
    public byte HopLimit => _bytes[7];

    /// <summary>Where it comes from.</summary>
    public IpAddress Source => IpAddress.FromBytes(_bytes.Slice(8, 16));

    /// <summary>Where it goes.</summary>
    public IpAddress Destination => IpAddress.FromBytes(_bytes.Slice(24, 16));

    /// <summary>Fixed header and extension headers. In a fragment that is not the first the walk ends behind the fragment header.</summary>
    public int HeaderLength => _upperOffset;

    /// <summary>What is behind the extension headers (the upper layer, or the first header that is not known).</summary>
    public IpProtocol Protocol { get; }

    /// <summary>True when this is only a part of a packet, the first part included; false for an atomic fragment (RFC 6946).</summary>
    public bool IsFragment => _fragmentHeader != 0 && (BinaryPrimitives.ReadUInt16BigEndian(_bytes[(_fragmentHeader + 2)..]) & 0xFFF9) != 0;

    /// <summary>Where this fragment's payload belongs, in bytes.</summary>
    public int FragmentOffset => _fragmentHeader == 0 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(_bytes[(_fragmentHeader + 2)..]) & 0xFFF8;

    /// <summary>The M flag of the fragment header.</summary>
    public bool MoreFragments => _fragmentHeader != 0 && (_bytes[_fragmentHeader + 3] & 1) != 0;

    /// <summary>What is behind the extension headers, as much as is there.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[_upperOffset..];

    private static Malformed CheckFixedHeader(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < IpSpec.Ipv6HeaderLength) return Malformed.Truncated;
        if (bytes[0] >> 4 != 6) return Malformed.UnknownVersion;
        return IpAddress.FromBytes(bytes.Slice(8, 16)).IsIPv4 || IpAddress.FromBytes(bytes.Slice(24, 16)).IsIPv4 ? Malformed.MappedAddress : Malformed.None;
    }

    /// <summary>Walks the chain as far as it goes; the view is good for what was seen, whatever the result.</summary>
    private static Malformed Walk(ReadOnlySpan<byte> bytes, out Ipv6View view)
    {
        int at = IpSpec.Ipv6HeaderLength, fragment = 0, walked = 0;
        var protocol = (IpProtocol)bytes[6];
        var why = Malformed.None;
        while (IsExtension(protocol))
        {
            if (++walked > IpLimits.ExtensionHeaders) why = Malformed.ExtensionChainTooLong;
            else if (bytes.Length - at < 8) why = Malformed.ExtensionChainTruncated;
            if (why != Malformed.None) break;

            // The length is in units of 8 bytes beyond the first 8, but of 4 bytes beyond 8 in AH (RFC 4302 2.2).
            int length = protocol switch
            {
                IpProtocol.Fragment => 8,
                IpProtocol.Ah => (bytes[at + 1] + 2) * 4,
                _ => (bytes[at + 1] + 1) * 8,
            };
            if (length > bytes.Length - at)
            {
                why = Malformed.ExtensionChainTruncated;
                break;
            }
            if (protocol == IpProtocol.Fragment) fragment = at;
            protocol = (IpProtocol)bytes[at];
            at += length;
            if (fragment != 0 && (BinaryPrimitives.ReadUInt16BigEndian(bytes[(fragment + 2)..]) & 0xFFF8) != 0) break;
        }
        view = new Ipv6View(bytes, at, protocol, fragment);
        return why;
    }

    private static bool IsExtension(IpProtocol protocol) => protocol
        is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.Fragment or IpProtocol.DestinationOptions
        or IpProtocol.Ah or IpProtocol.Mobility or IpProtocol.Hip or IpProtocol.Shim6;
}
