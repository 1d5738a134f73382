using System.Buffers.Binary;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Wire.Nhrp;

/// <summary>
/// Writes one NHRP packet front to back into a span: head, then entries (or a carried packet), then
/// <see cref="BeginExtensions"/> and extensions, then <see cref="TryFinish"/>, which fills in packet size, extension offset and
/// checksum. Running out of room is remembered and told once, at the end. Allocates nothing.
/// </summary>
public ref struct NhrpWriter
{
    private readonly Span<byte> _to;
    private int _used;
    private int _extensions;
    private bool _overflow;

    /// <summary>Starts a packet.</summary>
    public NhrpWriter(Span<byte> to, in NhrpHeader header)
    {
        _to = to;
        Span<byte> head = Take(NhrpSpec.MinimumLength);
        if (head.IsEmpty) return;
        head.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(head, header.AddressFamily);
        BinaryPrimitives.WriteUInt16BigEndian(head[2..], header.ProtocolType);
        BinaryPrimitives.WriteUInt32BigEndian(head[4..], (uint)(header.Snap >> 8));
        head[8] = (byte)header.Snap;
        head[9] = header.HopCount;
        head[16] = NhrpSpec.Version;
        head[17] = (byte)header.Type;
        head[18] = header.SourceNbma.TypeLength;
        head[19] = header.SourceSubaddress.TypeLength;
        head[20] = header.SourceProtocol.TypeLength;
        head[21] = header.DestinationProtocol.TypeLength;
        BinaryPrimitives.WriteUInt16BigEndian(head[22..], (ushort)header.Flags);
        BinaryPrimitives.WriteUInt32BigEndian(head[24..], header.RequestId);
        Address(header.SourceNbma);
        Address(header.SourceSubaddress);
        Address(header.SourceProtocol);
        Address(header.DestinationProtocol);
    }

    /// <summary>Bytes so far.</summary>
    public readonly int Length => _used;

    /// <summary>Adds a client information entry, in the mandatory part or in the extension that is open.</summary>
    public void Cie(in NhrpCie cie)
    {
        Span<byte> head = Take(NhrpSpec.CieLength);
        if (head.IsEmpty) return;
        head[0] = (byte)cie.Code;
        head[1] = cie.PrefixLength;
        BinaryPrimitives.WriteUInt16BigEndian(head[2..], cie.Unused);
        BinaryPrimitives.WriteUInt16BigEndian(head[4..], cie.Mtu);
        BinaryPrimitives.WriteUInt16BigEndian(head[6..], cie.HoldTime);
        head[8] = cie.Nbma.TypeLength;
        head[9] = cie.Subaddress.TypeLength;
        head[10] = cie.Protocol.TypeLength;
        head[11] = cie.Preference;
        Address(cie.Nbma);
        Address(cie.Subaddress);
        Address(cie.Protocol);
    }

    /// <summary>Adds bytes as they are: entries of another packet, or the packet that an indication carries.</summary>
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        Span<byte> room = Take(bytes.Length);
        if (room.Length == bytes.Length) bytes.CopyTo(room);
    }

    /// <summary>Here the extensions start.</summary>
    public void BeginExtensions() => _extensions = _used;

    /// <summary>Adds a whole extension.</summary>
    public void Extension(ushort rawType, ReadOnlySpan<byte> value)
    {
        int mark = OpenExtension(rawType);
        Raw(value);
        CloseExtension(mark);
    }

    /// <summary>Adds an extension of a type with an empty value.</summary>
    public void Extension(NhrpExtensionType type, bool compulsory = true) => Extension(RawType(type, compulsory), []);

    /// <summary>Opens an extension: what is written until <see cref="CloseExtension"/> is its value.</summary>
    public int OpenExtension(ushort rawType)
    {
        int mark = _used;
        Span<byte> head = Take(NhrpSpec.ExtensionHeaderLength);
        if (!head.IsEmpty) BinaryPrimitives.WriteUInt16BigEndian(head, rawType);
        return mark;
    }

    /// <summary>Fills in the length of the extension that was opened at <paramref name="mark"/>.</summary>
    public readonly void CloseExtension(int mark)
    {
        if (_overflow) return;
        BinaryPrimitives.WriteUInt16BigEndian(_to[(mark + 2)..], (ushort)(_used - mark - NhrpSpec.ExtensionHeaderLength));
    }

    /// <summary>Adds Cisco's cleartext authentication.</summary>
    public void Authentication(ReadOnlySpan<byte> text)
    {
        int mark = OpenExtension(RawType(NhrpExtensionType.Authentication, true));
        Span<byte> spi = Take(4);
        if (!spi.IsEmpty) BinaryPrimitives.WriteUInt32BigEndian(spi, NhrpSpec.CleartextSpi);
        Raw(text);
        CloseExtension(mark);
    }

    /// <summary>Fills in sizes and checksum. False when the packet did not fit; nothing of it is to be used then.</summary>
    public readonly bool TryFinish(out int length)
    {
        length = _used;
        if (_overflow || _used > NhrpSpec.MaximumLength) return false;
        BinaryPrimitives.WriteUInt16BigEndian(_to[10..], (ushort)_used);
        BinaryPrimitives.WriteUInt16BigEndian(_to[12..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(_to[14..], (ushort)_extensions);
        BinaryPrimitives.WriteUInt16BigEndian(_to[12..], InternetChecksum.Compute(_to[.._used]));
        return true;
    }

    /// <summary>An extension type with or without its compulsory bit.</summary>
    public static ushort RawType(NhrpExtensionType type, bool compulsory) =>
        compulsory ? (ushort)((ushort)type | NhrpSpec.CompulsoryBit) : (ushort)type;

    private void Address(in NhrpAddress address)
    {
        int length = address.Length;
        if (length == 0) return;
        Span<byte> room = Take(length);
        if (!room.IsEmpty) address.Write(room);
    }

    private Span<byte> Take(int length)
    {
        if (_overflow || _to.Length - _used < length)
        {
            _overflow = true;
            return default;
        }
        Span<byte> room = _to.Slice(_used, length);
        _used += length;
        return room;
    }
}
