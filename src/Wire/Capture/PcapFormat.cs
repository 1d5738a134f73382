using System.Buffers.Binary;

namespace Dmvpn.Wire.Capture;

/// <summary>
/// Writes pcap: a file header once, then a record header in front of each frame. Little-endian with nanoseconds, which every
/// reader takes. Where the bytes go is the caller's business.
/// </summary>
public static class PcapFormat
{
    /// <summary>Length of the file header.</summary>
    public const int FileHeaderLength = 24;

    /// <summary>Length of the header of each record.</summary>
    public const int RecordHeaderLength = 16;

    /// <summary>The longest frame that is written, and that a reader believes in (libpcap's own limit).</summary>
    public const int MaximumFrame = 262144;

    /// <summary>Writes the file header.</summary>
    public static void WriteFileHeader(Span<byte> to, LinkType link)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, 0xA1B23C4D);
        BinaryPrimitives.WriteUInt16LittleEndian(to[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(to[6..], 4);
        to[8..16].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(to[16..], MaximumFrame);
        BinaryPrimitives.WriteUInt32LittleEndian(to[20..], (uint)link);
    }

    /// <summary>Writes the header of a record; the frame's <paramref name="capturedLength"/> bytes come behind it.</summary>
    public static void WriteRecordHeader(Span<byte> to, long unixNanoseconds, int capturedLength, int originalLength)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, (uint)(unixNanoseconds / 1_000_000_000));
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], (uint)(unixNanoseconds % 1_000_000_000));
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], capturedLength);
        BinaryPrimitives.WriteInt32LittleEndian(to[12..], originalLength);
    }
}
