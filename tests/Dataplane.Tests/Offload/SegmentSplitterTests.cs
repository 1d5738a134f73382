using CsCheck;
using Dmvpn.Dataplane.Offload;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane.Tests.Offload;

public sealed class SegmentSplitterTests
{
    [Fact]
    public void AnySuperPacket_Split_IsWhatTheSlowPathWrites() => SuperPacket.Any.Sample(super =>
    {
        Assert.Equal(super.Segments(), Split(super.Whole(), super.Header));
    }, iter: 1000);

    [Fact]
    public void ChecksumNotLeftToUs_Split_IsTheSame() => SuperPacket.Any.Sample(super =>
    {
        Assert.Equal(super.Segments(), Split(super.Whole(), super.Header with { NeedsChecksum = false }));
    }, iter: 300);

    /// <summary>RFC 8200 8.1: the pseudo-header has the last destination of a routing header, which only the kernel's sum knows.</summary>
    [Fact]
    public void ExtensionHeaders_Split_AreInEverySegment()
    {
        SuperPacket super = SuperPacket.Ordinary(ipv4: false);
        byte[] plain = super.Whole();
        byte[] packet = [.. plain[..40], 6, 0, 1, 4, 0, 0, 0, 0, .. plain[40..]];
        packet[6] = 60;   // destination options
        (packet[4], packet[5]) = ((byte)(packet.Length - 40 >> 8), (byte)(packet.Length - 40));
        List<byte[]> segments = Split(packet, super.Header with { ChecksumStart = 48 });
        List<byte[]> expected = super.Segments();
        for (int i = 0; i < segments.Count; i++)
        {
            Assert.Equal(packet[40..48], segments[i][40..48]);
            Assert.Equal(expected[i][40..], segments[i][48..]);
            Assert.Equal(segments[i].Length - 40, segments[i][4] << 8 | segments[i][5]);
        }
    }

    [Fact]
    public void AnyHeaderAndBytes_NeverThrow() =>
        Gen.Select(SuperPacket.Any, Gen.Int[0, 100], Gen.Byte, Gen.Byte, Gen.UShort).Sample((super, at, value, kind, size) =>
        {
            byte[] packet = super.Whole();
            if (at < packet.Length) packet[at] = value;
            Split(packet, super.Header with { Kind = (SegmentKind)kind, SegmentSize = size });
            Split(packet, super.Header);
        }, iter: 1000);

    [Theory]
    [InlineData(SegmentKind.TcpIPv6, 1000)]
    [InlineData(SegmentKind.Udp, 1000)]
    [InlineData(SegmentKind.TcpIPv4, 0)]
    [InlineData((SegmentKind)3, 1000)]
    public void HeaderThatDisagreesWithThePacket_Split_Refused(SegmentKind kind, int size)
    {
        SuperPacket super = SuperPacket.Ordinary();
        Assert.Empty(Split(super.Whole(), super.Header with { Kind = kind, SegmentSize = (ushort)size }));
    }

    [Fact]
    public void AnyVnetHeader_WrittenAndRead_IsTheSame() => Gen.Byte.Array[10].Sample(bytes =>
    {
        bytes[0] &= 1;
        byte[] again = new byte[10];
        VnetHeader.Read(bytes).Write(again);
        Assert.Equal(bytes, again);
    });

    [Fact]
    public void ChecksumLeftToUs_Completed_IsRight() => SuperPacket.Any.Sample(super =>
    {
        SuperPacket one = super with { Payload = super.Payload[..Math.Min(super.Size, super.Payload.Length)] };
        byte[] packet = one.Whole();
        Assert.True(PartialChecksum.TryComplete(packet, one.Header));
        ulong pseudo = InternetChecksum.PseudoHeaderSum(one.Source, one.Destination, (byte)(one.Tcp ? 6 : 17), packet.Length - one.IpLength);
        Assert.Equal(0, InternetChecksum.Fold(pseudo + InternetChecksum.Sum(packet.AsSpan(one.IpLength))));
        Assert.False(PartialChecksum.TryComplete(packet.AsSpan(0, one.IpLength + 5), one.Header));
    });

    private static List<byte[]> Split(byte[] packet, VnetHeader header)
    {
        var all = new List<byte[]>();
        if (!IpView.TryParse(packet, out IpView ip, out _)) return all;
        if (!SegmentSplitter.TryStart(packet.AsSpan(0, ip.TotalLength), ip, header, out SegmentSplitter splitter)) return all;
        byte[] room = new byte[65535];
        int count = splitter.Count, longest = splitter.NextLength;
        while (splitter.HasMore)
        {
            int expected = splitter.NextLength, length = splitter.WriteNext(room);
            Assert.Equal(expected, length);
            Assert.True(length <= longest);
            all.Add(room[..length]);
        }
        Assert.Equal(count, all.Count);
        return all;
    }
}
