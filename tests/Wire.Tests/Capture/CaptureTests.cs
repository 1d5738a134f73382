using System.Buffers.Binary;
using Dmvpn.Wire.Capture;

namespace Dmvpn.Wire.Tests.Capture;

public sealed class CaptureTests
{
    private static readonly byte[] Frame = [0x45, 1, 2, 3, 4];

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Pcap_OfAnyByteOrderAndResolution_IsRead(bool big, bool nanoseconds)
    {
        byte[] file = [.. Words(big, nanoseconds ? 0xA1B23C4D : 0xA1B2C3D4, 0x00040002, 0, 0, 65535, 101), .. Words(big, 7, 8, 5, 9), .. Frame];
        (int number, long time, LinkType link, int original, byte[] bytes) = Assert.Single(Read(file));
        Assert.Equal((1, 7_000_000_000 + (nanoseconds ? 8 : 8000), LinkType.Raw, 9), (number, time, link, original));
        Assert.Equal(Frame, bytes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pcapng_WithSectionsInterfacesAndBlocksOfAllKinds_IsRead(bool big)
    {
        byte[] padded = [.. Frame, 0, 0, 0];
        byte[] file =
        [
            .. Block(big, 0x0A0D0D0A, Words(big, 0x1A2B3C4D, big ? 0x00010000u : 0x00000001u, 0xFFFFFFFF, 0xFFFFFFFF)),
            .. Block(big, 1, [.. Halves(big, 1, 0), .. Words(big, 0)]), // Ethernet, microseconds
            .. Block(big, 1, [.. Halves(big, 101, 0), .. Words(big, 3), .. Halves(big, 9, 1), 9, 0, 0, 0, .. Halves(big, 14, 8), .. Eight(big, 100), .. Halves(big, 0, 0)]),
            .. Block(big, 0xBAD, Words(big, 1, 2, 3)), // an unknown block is passed over
            .. Block(big, 6, [.. Words(big, 0, 0, 1_000_000, 5, 50), .. padded]),
            .. Block(big, 6, [.. Words(big, 1, 1, 5, 5, 5), .. padded]),
            .. Block(big, 2, [.. Halves(big, 1, 0), .. Words(big, 0, 9, 5, 5), .. padded]),
            .. Block(big, 3, [.. Words(big, 5), .. padded]),
            .. Block(!big, 0x0A0D0D0A, Words(!big, 0x1A2B3C4D, 1, 0, 0)), // another machine's section
            .. Block(!big, 1, [.. Halves(!big, 228, 0), .. Words(!big, 3)]),
            .. Block(!big, 3, [.. Words(!big, 5), .. Frame[..3], 0]), // cut to the interface's snap length
        ];
        var frames = Read(file);
        Assert.Equal([1, 2, 3, 4, 5], frames.Select(f => f.Number));
        Assert.Equal([LinkType.Ethernet, LinkType.Raw, LinkType.Raw, LinkType.Ethernet, LinkType.Ipv4], frames.Select(f => f.Link));
        Assert.Equal([1_000_000_000, 100_000_000_000 + 4_294_967_301, 100_000_000_009, 0, 0], frames.Select(f => f.Time));
        Assert.Equal([50, 5, 5, 5, 5], frames.Select(f => f.Original));
        Assert.Equal(Frame[..3], frames[4].Bytes);
    }

    [Fact]
    public void Pcap_Written_IsReadBack()
    {
        byte[] file = new byte[PcapFormat.FileHeaderLength + PcapFormat.RecordHeaderLength + Frame.Length];
        Array.Fill(file, (byte)0xA5);
        PcapFormat.WriteFileHeader(file, LinkType.Raw);
        PcapFormat.WriteRecordHeader(file.AsSpan(PcapFormat.FileHeaderLength), 1_700_000_000_123_456_789, Frame.Length, 1400);
        Frame.CopyTo(file.AsSpan(PcapFormat.FileHeaderLength + PcapFormat.RecordHeaderLength));
        (_, long time, LinkType link, int original, byte[] bytes) = Assert.Single(Read(file));
        Assert.Equal((1_700_000_000_123_456_789, LinkType.Raw, 1400), (time, link, original));
        Assert.Equal(Frame, bytes);
    }

    [Theory]
    [InlineData("0a0d0d0a", Malformed.None, Malformed.Truncated)]
    [InlineData("0a0d0d0a0c0000004d3c2b1a", Malformed.None, Malformed.BadCaptureRecord)]
    [InlineData("0a0d0d0a00000000000000000000000000000000", Malformed.None, Malformed.BadCaptureRecord)]
    [InlineData("d4c3b2a1", Malformed.Truncated, Malformed.None)]
    [InlineData("d4c3", Malformed.Truncated, Malformed.None)]
    [InlineData("0123456789", Malformed.UnknownCaptureFormat, Malformed.None)]
    public void File_ThatIsBroken_IsRefusedByName(string file, Malformed opening, Malformed reading)
    {
        Assert.Equal(opening == Malformed.None, CaptureReader.TryOpen(Convert.FromHexString(file), out CaptureReader reader, out Malformed why));
        Assert.Equal(opening, why);
        if (opening != Malformed.None) return;
        Assert.False(reader.TryRead(out _));
        Assert.Equal(reading, reader.Failure);
    }

    [Fact]
    public void Record_LongerThanAnyFrame_IsRefused()
    {
        byte[] file = [.. Words(false, 0xA1B2C3D4, 0x00040002, 0, 0, 65535, 101), .. Words(false, 0, 0, 0x7FFFFFFF, 5), .. Frame];
        Assert.True(CaptureReader.TryOpen(file, out CaptureReader reader, out _));
        Assert.False(reader.TryRead(out _));
        Assert.Equal(Malformed.BadCaptureRecord, reader.Failure);
    }

    [Theory]
    [InlineData(LinkType.Ethernet, "0102030405060708090a0b0c0800" + "45", true, Malformed.None)]
    [InlineData(LinkType.Ethernet, "0102030405060708090a0b0c8100000186dd" + "60", true, Malformed.None)]
    [InlineData(LinkType.Ethernet, "0102030405060708090a0b0c88a80002810000010800" + "45", true, Malformed.None)]
    [InlineData(LinkType.Ethernet, "0102030405060708090a0b0c0806" + "45", false, Malformed.NotIp)]
    [InlineData(LinkType.Ethernet, "0102030405060708090a0b0c81000001", false, Malformed.Truncated)]
    [InlineData(LinkType.Ethernet, "0102030405060708090a0b0c0800", false, Malformed.Truncated)]
    [InlineData(LinkType.Raw, "60", true, Malformed.None)]
    [InlineData(LinkType.Raw, "70", false, Malformed.NotIp)]
    [InlineData(LinkType.Raw, "", false, Malformed.Truncated)]
    [InlineData(LinkType.Null, "02000000" + "45", true, Malformed.None)]
    [InlineData(LinkType.Null, "0000001e" + "60", true, Malformed.None)]
    [InlineData(LinkType.Loop, "0000000a" + "60", true, Malformed.None)]
    [InlineData(LinkType.Null, "07000000" + "45", false, Malformed.NotIp)]
    [InlineData(LinkType.Null, "020000", false, Malformed.Truncated)]
    [InlineData(LinkType.LinuxSll, "00000001000600000000000000000800" + "45", true, Malformed.None)]
    [InlineData(LinkType.LinuxSll, "0000000100060000000000000000", false, Malformed.Truncated)]
    [InlineData(LinkType.LinuxSll2, "86dd0000000000010001000600000000000000ff" + "60", true, Malformed.None)]
    [InlineData(LinkType.LinuxSll2, "08060000000000010001000600000000000000ff" + "60", false, Malformed.NotIp)]
    [InlineData((LinkType)999, "45", false, Malformed.UnknownLinkType)]
    public void LinkHeader_OfEachKind_IsTakenOff(LinkType link, string frame, bool isIp, Malformed expected)
    {
        byte[] bytes = Convert.FromHexString(frame);
        Assert.Equal(isIp, LinkLayer.TryGetIp(link, bytes, out ReadOnlySpan<byte> packet, out Malformed why));
        Assert.Equal(expected, why);
        if (isIp) Assert.Equal(bytes[^1..], packet.ToArray());
    }

    private static List<(int Number, long Time, LinkType Link, int Original, byte[] Bytes)> Read(byte[] file)
    {
        var frames = new List<(int, long, LinkType, int, byte[])>();
        Assert.True(CaptureReader.TryOpen(file, out CaptureReader reader, out _));
        while (reader.TryRead(out CapturedFrame f)) frames.Add((f.Number, f.UnixNanoseconds, f.Link, f.OriginalLength, f.Bytes.ToArray()));
        Assert.Equal(Malformed.None, reader.Failure);
        return frames;
    }

    private static byte[] Block(bool big, uint type, byte[] body)
    {
        uint total = (uint)body.Length + 12;
        return [.. Words(big, type, total), .. body, .. Words(big, total)];
    }

    private static byte[] Words(bool big, params uint[] values)
    {
        byte[] bytes = new byte[values.Length * 4];
        for (int i = 0; i < values.Length; i++)
        {
            if (big) BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(i * 4), values[i]);
            else BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), values[i]);
        }
        return bytes;
    }

    private static byte[] Halves(bool big, ushort a, ushort b) => Words(big, big ? (uint)a << 16 | b : (uint)b << 16 | a);

    private static byte[] Eight(bool big, uint value) => big ? Words(big, 0, value) : Words(big, value, 0);
}
