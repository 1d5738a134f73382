namespace Dmvpn.Wire.Nhrp;

/// <summary>
/// The fixed header and the head of the mandatory part (RFC 2332 5.1 and 5.2.0.1), without what follows from the rest of
/// the packet: packet size, extension offset and checksum.
/// </summary>
public readonly record struct NhrpHeader()
{
    /// <summary>ar$afn: family of the NBMA addresses.</summary>
    public ushort AddressFamily { get; init; } = NhrpSpec.AfnIPv4;

    /// <summary>ar$pro.type: an Ethertype.</summary>
    public ushort ProtocolType { get; init; } = NhrpSpec.ProtocolIPv4;

    /// <summary>ar$pro.snap: 40 bits, zero but for protocol type 0x0080.</summary>
    public ulong Snap { get; init; }

    /// <summary>ar$hopcnt.</summary>
    public byte HopCount { get; init; } = NhrpSpec.HopCount;

    /// <summary>ar$op.type.</summary>
    public NhrpPacketType Type { get; init; }

    /// <summary>Flags; "unused" in Error and Traffic Indications.</summary>
    public NhrpFlags Flags { get; init; }

    /// <summary>Request id. In Error and Traffic Indications the same four bytes are a code and an offset.</summary>
    public uint RequestId { get; init; }

    /// <summary>Source NBMA address.</summary>
    public NhrpAddress SourceNbma { get; init; }

    /// <summary>Source NBMA subaddress; IP underlays have none.</summary>
    public NhrpAddress SourceSubaddress { get; init; }

    /// <summary>Source protocol address.</summary>
    public NhrpAddress SourceProtocol { get; init; }

    /// <summary>Destination protocol address.</summary>
    public NhrpAddress DestinationProtocol { get; init; }

    /// <summary>Error code of an Error Indication; traffic code (0 is redirect) of a Traffic Indication.</summary>
    public NhrpErrorCode ErrorCode
    {
        get => (NhrpErrorCode)(RequestId >> 16);
        init => RequestId = RequestId & 0xFFFF | (uint)value << 16;
    }

    /// <summary>Offset of an Error Indication: where in the offending packet the error is.</summary>
    public ushort ErrorOffset
    {
        get => (ushort)RequestId;
        init => RequestId = RequestId & 0xFFFF0000 | value;
    }

    /// <summary>Bytes on the wire up to the first entry.</summary>
    public int Length =>
        NhrpSpec.MinimumLength + SourceNbma.Length + SourceSubaddress.Length + SourceProtocol.Length + DestinationProtocol.Length;
}
