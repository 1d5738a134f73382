using System.Buffers.Binary;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Wire.Gre;

/// <summary>
/// A GRE packet (RFC 2784 2.1, RFC 2890 2) over borrowed bytes.
/// <code>
/// |C|R|K|S|s|         Reserved0   | Ver |         Protocol Type         |
/// |      Checksum (optional)            |       Reserved1 (optional)    |
/// |                         Key (optional)                              |
/// |                 Sequence Number (optional)                          |
/// </code>
/// </summary>
public readonly ref struct GreView : IWireView<GreView>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ushort _flags;

    private GreView(ReadOnlySpan<byte> bytes, ushort flags, int headerLength)
    {
        _bytes = bytes;
        _flags = flags;
        HeaderLength = headerLength;
    }

    /// <summary>Checks flags, version, length and, when it is present, the checksum over header and payload.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out GreView view, out Malformed why)
    {
        view = default;
        why = Check(bytes, out ushort flags, out int length);
        if (why != Malformed.None) return false;
        view = new GreView(bytes, flags, length);
        return true;
    }

    private static Malformed Check(ReadOnlySpan<byte> bytes, out ushort flags, out int length)
    {
        flags = 0;
        length = 0;
        if (bytes.Length < GreSpec.BaseLength) return Malformed.Truncated;
        flags = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        if ((flags & GreSpec.VersionMask) != 0) return Malformed.UnknownVersion;
        if ((flags & GreSpec.RoutingFlag) != 0) return Malformed.GreRouting;
        if ((flags & GreSpec.RefusedBits) != 0) return Malformed.ReservedBits;
        length = GreSpec.BaseLength + 4 * ((flags >> 15) + (flags >> 13 & 1) + (flags >> 12 & 1));
        if (length > bytes.Length) return Malformed.Truncated;
        if ((flags & GreSpec.ChecksumFlag) != 0 && !InternetChecksum.IsValid(bytes)) return Malformed.BadChecksum;
        return Malformed.None;
    }

    /// <summary>Header and payload.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>4-16 bytes.</summary>
    public int HeaderLength { get; }

    /// <summary>What the payload is.</summary>
    public GreProtocol Protocol => (GreProtocol)BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>True when there was a checksum; it was right then.</summary>
    public bool HasChecksum => (_flags & GreSpec.ChecksumFlag) != 0;

    /// <summary>True when there is a key.</summary>
    public bool HasKey => (_flags & GreSpec.KeyFlag) != 0;

    /// <summary>True when there is a sequence number.</summary>
    public bool HasSequence => (_flags & GreSpec.SequenceFlag) != 0;

    /// <summary>The key, or null: a tunnel with key 0 and one without are different tunnels.</summary>
    public uint? Key => HasKey ? BinaryPrimitives.ReadUInt32BigEndian(_bytes[(HasChecksum ? 8 : 4)..]) : null;

    /// <summary>The sequence number, or null.</summary>
    public uint? Sequence => HasSequence ? BinaryPrimitives.ReadUInt32BigEndian(_bytes[(HeaderLength - 4)..]) : null;

    /// <summary>The header as a value, for sending the like.</summary>
    public GreHeader Header => new(Protocol, Key, Sequence, HasChecksum);

    /// <summary>What is behind the header.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];
}
