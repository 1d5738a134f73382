using System.Buffers.Binary;

namespace Dmvpn.Wire.Capture;

/// <summary>
/// The current section of a pcapng file: its byte order and its interfaces. Every block is
/// <code>| type | total length | body, padded to 4 | total length |</code>
/// </summary>
internal struct PcapngSection()
{
    private const int SmallestBlock = 12;
    private const uint SectionHeader = 0x0A0D0D0A;
    private const uint ByteOrderMagic = 0x1A2B3C4D;
    private const uint InterfaceDescription = 1;
    private const uint ObsoletePacket = 2;
    private const uint SimplePacket = 3;
    private const uint EnhancedPacket = 6;
    private const ushort ResolutionOption = 9;
    private const ushort TimeOffsetOption = 14;

    private readonly List<Interface> _interfaces = [];
    private bool _bigEndian;

    /// <summary>Takes blocks off the front up to the first one that holds a frame; without one, the frame's number stays 0.</summary>
    public Malformed Read(scoped ref ReadOnlySpan<byte> rest, int number, out CapturedFrame frame)
    {
        frame = default;
        while (!rest.IsEmpty && frame.Number == 0)
        {
            if (rest.Length < SmallestBlock) return Malformed.Truncated;
            uint type = Word(rest);
            if (type == SectionHeader && !StartSection(rest)) return Malformed.BadCaptureRecord;
            uint total = Word(rest[4..]);
            if (total < SmallestBlock || total % 4 != 0) return Malformed.BadCaptureRecord;
            if (total > rest.Length) return Malformed.Truncated;
            if (Word(rest[((int)total - 4)..]) != total) return Malformed.BadCaptureRecord;
            ReadOnlySpan<byte> body = rest[8..((int)total - 4)];
            rest = rest[(int)total..];
            if (!TryReadBody(type, body, number, out frame)) return Malformed.BadCaptureRecord;
        }
        return Malformed.None;
    }

    private bool StartSection(ReadOnlySpan<byte> block)
    {
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(block[8..]);
        _bigEndian = magic != ByteOrderMagic;
        _interfaces.Clear();
        return magic == ByteOrderMagic || BinaryPrimitives.ReverseEndianness(magic) == ByteOrderMagic;
    }

    private readonly bool TryReadBody(uint type, ReadOnlySpan<byte> body, int number, out CapturedFrame frame)
    {
        frame = default;
        switch (type)
        {
            case InterfaceDescription:
                if (body.Length < 8) return false;
                _interfaces.Add(Describe(body));
                return true;
            case EnhancedPacket:
                return body.Length >= 20 && TryFrame(Word(body), body, number, out frame);
            case ObsoletePacket:
                return body.Length >= 20 && TryFrame(Half(body), body, number, out frame);
            case SimplePacket:
                if (body.Length < 4 || _interfaces.Count == 0) return false;
                uint original = Word(body), limit = _interfaces[0].SnapLength;
                long captured = limit == 0 ? original : Math.Min(original, limit);
                if (captured > body.Length - 4) return false;
                frame = new CapturedFrame(number, 0, _interfaces[0].Link, (int)Math.Min(original, int.MaxValue), body.Slice(4, (int)captured));
                return true;
            default:
                return true;
        }
    }

    private readonly bool TryFrame(uint interfaceId, ReadOnlySpan<byte> body, int number, out CapturedFrame frame)
    {
        frame = default;
        uint captured = Word(body[12..]), original = Word(body[16..]);
        if (interfaceId >= _interfaces.Count || captured > body.Length - 20) return false;
        Interface from = _interfaces[(int)interfaceId];
        long time = from.ToUnixNanoseconds((ulong)Word(body[4..]) << 32 | Word(body[8..]));
        frame = new CapturedFrame(number, time, from.Link, (int)Math.Min(original, int.MaxValue), body.Slice(20, (int)captured));
        return true;
    }

    private readonly Interface Describe(ReadOnlySpan<byte> body)
    {
        byte resolution = 6;
        long offset = 0;
        for (ReadOnlySpan<byte> options = body[8..]; options.Length >= 4;)
        {
            ushort code = Half(options);
            int length = Half(options[2..]);
            if (code == 0 || length > options.Length - 4) break;
            if (code == ResolutionOption && length == 1) resolution = options[4];
            if (code == TimeOffsetOption && length == 8)
            {
                offset = _bigEndian ? BinaryPrimitives.ReadInt64BigEndian(options[4..]) : BinaryPrimitives.ReadInt64LittleEndian(options[4..]);
            }
            options = options[Math.Min(options.Length, 4 + (length + 3 & ~3))..];
        }
        return new Interface((LinkType)Half(body), Word(body[4..]), resolution, offset);
    }

    private readonly uint Word(ReadOnlySpan<byte> at) =>
        _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at);

    private readonly ushort Half(ReadOnlySpan<byte> at) =>
        _bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(at) : BinaryPrimitives.ReadUInt16LittleEndian(at);

    /// <summary>An interface of the section; its resolution is a power of 10, or of 2 when the top bit is set.</summary>
    private readonly record struct Interface(LinkType Link, uint SnapLength, byte Resolution, long OffsetSeconds)
    {
        public long ToUnixNanoseconds(ulong ticks)
        {
            int exponent = Resolution & 0x7F;
            UInt128 perSecond = 1;
            for (int i = 0; i < exponent && perSecond < ulong.MaxValue; i++) perSecond *= (Resolution & 0x80) != 0 ? 2u : 10u;
            var nanoseconds = (Int128)(ticks * (UInt128)1_000_000_000 / perSecond) + (Int128)OffsetSeconds * 1_000_000_000;
            return (long)Int128.Clamp(nanoseconds, 0, long.MaxValue);
        }
    }
}
