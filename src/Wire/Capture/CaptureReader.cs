using System.Buffers.Binary;

namespace Dmvpn.Wire.Capture;

/// <summary>
/// Reads a capture file that is in memory: pcap of either byte order with microseconds or nanoseconds
/// (draft-ietf-opsawg-pcap), or pcapng (draft-ietf-opsawg-pcapng). The file is input like any other: nothing in it makes this throw.
/// </summary>
public ref struct CaptureReader
{
    private const uint PcapMicroseconds = 0xA1B2C3D4;
    private const uint PcapNanoseconds = 0xA1B23C4D;
    private const uint PcapngSection = 0x0A0D0D0A;

    private readonly bool _isPcapng;
    private ReadOnlySpan<byte> _rest;
    private PcapSection _pcap;
    private PcapngSection _pcapng;
    private int _frames;

    private CaptureReader(ReadOnlySpan<byte> rest, PcapSection pcap)
    {
        _rest = rest;
        _pcap = pcap;
        _pcapng = new PcapngSection();
    }

    private CaptureReader(ReadOnlySpan<byte> rest)
    {
        _isPcapng = true;
        _rest = rest;
        _pcapng = new PcapngSection();
    }

    /// <summary>
    /// Why reading ended before the end of the file; <see cref="Malformed.None"/> as long as all was well. A file whose writer was
    /// stopped ends with <see cref="Malformed.Truncated"/>, and the frames before are good.
    /// </summary>
    public Malformed Failure { get; private set; }

    /// <summary>Looks at the magic number and the file header.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> file, out CaptureReader reader, out Malformed why)
    {
        reader = default;
        why = Malformed.None;
        if (file.Length < 4)
        {
            why = Malformed.Truncated;
            return false;
        }
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(file);
        if (magic == PcapngSection)
        {
            reader = new CaptureReader(file);
            return true;
        }
        bool bigEndian = magic is not (PcapMicroseconds or PcapNanoseconds);
        if (bigEndian) magic = BinaryPrimitives.ReverseEndianness(magic);
        if (magic is not (PcapMicroseconds or PcapNanoseconds)) why = Malformed.UnknownCaptureFormat;
        else if (file.Length < PcapFormat.FileHeaderLength) why = Malformed.Truncated;
        if (why != Malformed.None) return false;
        reader = new CaptureReader(file[PcapFormat.FileHeaderLength..], new PcapSection(file, bigEndian, magic == PcapNanoseconds));
        return true;
    }

    /// <summary>Takes the next frame. False at the end, or when <see cref="Failure"/> says why not.</summary>
    public bool TryRead(out CapturedFrame frame)
    {
        frame = default;
        if (Failure != Malformed.None || _rest.IsEmpty) return false;
        Failure = _isPcapng ? _pcapng.Read(ref _rest, _frames + 1, out frame) : _pcap.Read(ref _rest, _frames + 1, out frame);
        if (Failure != Malformed.None || frame.Number == 0) return false;
        _frames++;
        return true;
    }
}
