using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Wire.Nhrp;

/// <summary>
/// An NHRP packet in place. Read first: RFC 2332 5. <see cref="TryParse"/> checks every length, the version, the checksum, the
/// chain of client information entries and the chain of extensions; after that no accessor can fail.
/// </summary>
/// <remarks>
/// <code>
///  0             afn              |           pro.type
///  4                          pro.snap
///  8  pro.snap    |    hopcnt     |            pktsz
/// 12            chksum            |            extoff
/// 16  version     |     type      |     shtl      |     sstl
/// 20 srcProtoLen  |  dstProtoLen  |            flags
/// 24                         request id
/// 28 source NBMA, source subaddress, source protocol, destination protocol
///    client information entries, or (error, traffic indication) the head of a packet
///    extensions, from extoff
/// </code>
/// </remarks>
public readonly ref struct NhrpView : IWireView<NhrpView>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _bodyStart;
    private readonly int _bodyEnd;

    private NhrpView(ReadOnlySpan<byte> bytes, int bodyStart, int bodyEnd)
    {
        _bytes = bytes;
        _bodyStart = bodyStart;
        _bodyEnd = bodyEnd;
    }

    /// <summary>The packet, as long as its packet size says.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>ar$afn.</summary>
    public ushort AddressFamily => BinaryPrimitives.ReadUInt16BigEndian(_bytes);

    /// <summary>ar$pro.type.</summary>
    public ushort ProtocolType => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>ar$hopcnt.</summary>
    public byte HopCount => _bytes[9];

    /// <summary>ar$pktsz.</summary>
    public ushort PacketSize => (ushort)_bytes.Length;

    /// <summary>ar$extoff; 0 without extensions.</summary>
    public ushort ExtensionOffset => BinaryPrimitives.ReadUInt16BigEndian(_bytes[14..]);

    /// <summary>ar$op.type; one of the enum's values.</summary>
    public NhrpPacketType Type => (NhrpPacketType)_bytes[17];

    /// <summary>Flags; "unused" in Error and Traffic Indications.</summary>
    public NhrpFlags Flags => (NhrpFlags)BinaryPrimitives.ReadUInt16BigEndian(_bytes[22..]);

    /// <summary>Request id; see <see cref="NhrpHeader.RequestId"/>.</summary>
    public uint RequestId => BinaryPrimitives.ReadUInt32BigEndian(_bytes[24..]);

    /// <summary>Source NBMA address when it is an IP address, else <see cref="IpAddress.None"/>.</summary>
    public IpAddress SourceNbma => IpAddress.FromBytes(_bytes.Slice(NhrpSpec.MinimumLength, NbmaLength));

    /// <summary>Source protocol address when it is an IP address, else <see cref="IpAddress.None"/>.</summary>
    public IpAddress SourceProtocol => IpAddress.FromBytes(_bytes.Slice(SourceProtocolStart, _bytes[20]));

    /// <summary>Destination protocol address when it is an IP address, else <see cref="IpAddress.None"/>.</summary>
    public IpAddress DestinationProtocol => IpAddress.FromBytes(_bytes.Slice(SourceProtocolStart + _bytes[20], _bytes[21]));

    /// <summary>Everything of the head as a value.</summary>
    public NhrpHeader Header => new()
    {
        AddressFamily = AddressFamily,
        ProtocolType = ProtocolType,
        Snap = (ulong)BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]) << 8 | _bytes[8],
        HopCount = HopCount,
        Type = Type,
        Flags = Flags,
        RequestId = RequestId,
        SourceNbma = NhrpAddress.Read(_bytes[18], _bytes.Slice(NhrpSpec.MinimumLength, NbmaLength)),
        SourceSubaddress = NhrpAddress.Read(_bytes[19], _bytes.Slice(NhrpSpec.MinimumLength + NbmaLength, _bytes[19] & 0x3F)),
        SourceProtocol = NhrpAddress.Read(_bytes[20], _bytes.Slice(SourceProtocolStart, _bytes[20])),
        DestinationProtocol = NhrpAddress.Read(_bytes[21], _bytes.Slice(SourceProtocolStart + _bytes[20], _bytes[21])),
    };

    /// <summary>True for the two types that carry the head of a packet in place of client information entries.</summary>
    public bool IsIndication => Type is NhrpPacketType.ErrorIndication or NhrpPacketType.TrafficIndication;

    /// <summary>The client information entries of the mandatory part; none in an indication.</summary>
    public NhrpCieList Cies
    {
        get
        {
            NhrpCieList.TryParse(IsIndication ? [] : _bytes[_bodyStart.._bodyEnd], out NhrpCieList list);
            return list;
        }
    }

    /// <summary>The client information entries, or the carried packet, as bytes.</summary>
    public ReadOnlySpan<byte> Body => _bytes[_bodyStart.._bodyEnd];

    /// <summary>Where the first entry (or the carried packet) starts.</summary>
    public int BodyOffset => _bodyStart;

    /// <summary>The start of the packet that an indication is about: an NHRP packet (error) or an IP packet (traffic).</summary>
    public ReadOnlySpan<byte> CarriedPacket => IsIndication ? _bytes[_bodyStart.._bodyEnd] : default;

    /// <summary>The extensions in their order.</summary>
    public NhrpExtensionList Extensions => new(_bytes, ExtensionOffset == 0 ? _bytes.Length : _bodyEnd);

    private int NbmaLength => _bytes[18] & 0x3F;

    private int SourceProtocolStart => NhrpSpec.MinimumLength + NbmaLength + (_bytes[19] & 0x3F);

    /// <summary>Checks the packet and makes it readable. Bytes beyond its packet size are ignored.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out NhrpView view, out Malformed why)
    {
        view = default;
        why = Check(ref bytes, out int bodyStart, out int bodyEnd);
        if (why != Malformed.None) return false;
        view = new NhrpView(bytes, bodyStart, bodyEnd);
        return true;
    }

    /// <summary>Finds the first extension of a type.</summary>
    public bool TryGetExtension(NhrpExtensionType type, out NhrpExtensionView extension)
    {
        foreach (NhrpExtensionView candidate in Extensions)
        {
            if (candidate.Type != type) continue;
            extension = candidate;
            return true;
        }
        extension = default;
        return false;
    }

    private static Malformed Check(ref ReadOnlySpan<byte> bytes, out int bodyStart, out int bodyEnd)
    {
        bodyStart = bodyEnd = 0;
        if (bytes.Length < NhrpSpec.MinimumLength) return Malformed.Truncated;
        if (bytes[16] != NhrpSpec.Version) return Malformed.UnknownVersion;
        int size = BinaryPrimitives.ReadUInt16BigEndian(bytes[10..]);
        if (size > bytes.Length) return Malformed.LengthTooLarge;
        if (size < NhrpSpec.MinimumLength) return Malformed.LengthTooSmall;
        bytes = bytes[..size];
        if (!InternetChecksum.IsValid(bytes)) return Malformed.BadChecksum;
        if (bytes[17] is < (byte)NhrpPacketType.ResolutionRequest or > (byte)NhrpPacketType.TrafficIndication) return Malformed.UnknownType;
        int extensions = BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        bodyEnd = extensions == 0 ? size : extensions;
        if (bodyEnd > size || bodyEnd < NhrpSpec.MinimumLength) return Malformed.BadExtensionOffset;
        bodyStart = NhrpSpec.MinimumLength + (bytes[18] & 0x3F) + (bytes[19] & 0x3F) + bytes[20] + bytes[21];
        if (bodyStart > bodyEnd) return Malformed.BadAddressLength;
        bool indication = bytes[17] is (byte)NhrpPacketType.ErrorIndication or (byte)NhrpPacketType.TrafficIndication;
        if (!indication && !NhrpCieList.TryParse(bytes[bodyStart..bodyEnd], out _)) return Malformed.CieTruncated;
        return extensions == 0 ? Malformed.None : NhrpExtensionList.Check(bytes, bodyEnd);
    }
}
