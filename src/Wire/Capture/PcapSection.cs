using System.Buffers.Binary;

namespace Dmvpn.Wire.Capture;

/// <summary>How the records of one pcap file are written.</summary>
internal readonly struct PcapSection
{
    private readonly bool _bigEndian;
    private readonly bool _nanoseconds;
    private readonly LinkType _link;

    public PcapSection(ReadOnlySpan<byte> fileHeader, bool bigEndian, bool nanoseconds)
    {
        _bigEndian = bigEndian;
        _nanoseconds = nanoseconds;

        // The upper bits of the word say whether frames end with a checksum.
        _link = (LinkType)(ushort)Word(fileHeader[20..]);
    }

    /// <summary>Takes one record off the front.</summary>
    public Malformed Read(scoped ref ReadOnlySpan<byte> rest, int number, out CapturedFrame frame)
    {
        frame = default;
        if (rest.Length < PcapFormat.RecordHeaderLength) return Malformed.Truncated;
        uint captured = Word(rest[8..]), original = Word(rest[12..]);
        if (captured > PcapFormat.MaximumFrame) return Malformed.BadCaptureRecord;
        if (captured > rest.Length - PcapFormat.RecordHeaderLength) return Malformed.Truncated;
        long time = Word(rest) * 1_000_000_000L + Word(rest[4..]) * (_nanoseconds ? 1L : 1000L);
        frame = new CapturedFrame(number, time, _link, (int)Math.Min(original, int.MaxValue), rest.Slice(PcapFormat.RecordHeaderLength, (int)captured));
        rest = rest[(PcapFormat.RecordHeaderLength + (int)captured)..];
        return Malformed.None;
    }

    private uint Word(ReadOnlySpan<byte> at) =>
        _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at);
}
