using System.Buffers.Binary;
using CsCheck;
using Dmvpn.Dataplane.Offload;
using Dmvpn.Wire.Ip;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Offload;

/// <summary>Super-packets through a whole worker: what leaves is what the packet-by-packet path sends, and what comes back in is one again.</summary>
public sealed class SuperPacketTests
{
    [Fact]
    public void AnySuperPacket_Out_LeavesAsThePacketsThatItStandsFor() => SuperPacket.Any.Sample(super =>
    {
        using Rig fast = Wide(), slow = Wide();
        fast.Tun.WaitingHeaders[Enqueue(fast, super.Whole())] = super.Header;
        fast.Run();
        List<Datagram> expected = slow.Out([.. super.Segments()]);
        Assert.Equal(expected.ConvertAll(Described), fast.Port.Sent.ConvertAll(Described));
        Assert.Equal((slow.Counters.PacketsOut, slow.Counters.BytesOut), (fast.Counters.PacketsOut, fast.Counters.BytesOut));
        Assert.Equal(0, fast.Counters.Drops.Total);
    }, iter: 300);

    [Fact]
    public void AnySuperPacket_ThroughTwoEnds_ArrivesInOnePiece() => SuperPacket.Any.Where(s => s.Count > 1).Sample(super =>
    {
        using Rig a = Wide(), b = Wide("192.0.2.2");
        b.Tun.Offloads = TunOffloads.Tcp | TunOffloads.Udp;
        a.Tun.WaitingHeaders[Enqueue(a, super.Whole())] = super.Header;
        a.Run();
        foreach (Datagram sent in a.Port.Sent) b.Port.Waiting.Enqueue(sent with { Peer = Ip("192.0.2.1") });
        b.Run();
        byte[] expected = super.Whole();
        Assert.Equal(expected, Assert.Single(b.Tun.Written));
        Assert.Equal((super.Count, a.Counters.BytesOut), (b.Counters.PacketsIn, b.Counters.BytesIn));
    }, iter: 300);

    [Fact]
    public void OrdinaryPacketWithoutItsChecksum_Out_LeavesWithIt()
    {
        SuperPacket one = SuperPacket.Ordinary(length: 700);
        using Rig rig = Wide();
        rig.Tun.WaitingHeaders[Enqueue(rig, one.Whole())] = one.Header with { Kind = SegmentKind.None, SegmentSize = 0 };
        rig.Run();
        Assert.Equal(one.Segments()[0], Rig.Parse(Assert.Single(rig.Port.Sent)).Payload.ToArray());
    }

    [Fact]
    public void SynWithoutItsChecksum_AdjustMss_LoweredAndChecksumRight()
    {
        using var rig = new Rig(c => c with { MssIPv4 = 1300 });
        byte[] syn = Syn("10.1.0.1", "10.2.0.1", 1460);
        Assert.True(IpView.TryParse(syn, out IpView ip, out _));
        BinaryPrimitives.WriteUInt16BigEndian(syn.AsSpan(36), (ushort)~InternetChecksum.Fold(InternetChecksum.PseudoHeaderSum(ip.Source, ip.Destination, 6, 24)));
        rig.Tun.WaitingHeaders[Enqueue(rig, syn)] = new VnetHeader { NeedsChecksum = true, ChecksumStart = 20, ChecksumOffset = 16 };
        rig.Run();
        Assert.Equal(1300, MssOf(Rig.Parse(Assert.Single(rig.Port.Sent)).Payload.ToArray()));
    }

    [Fact]
    public void SegmentsLongerThanThePathWithDontFragment_Out_SenderIsToldOnceOfTheFirst()
    {
        SuperPacket super = SuperPacket.Ordinary(size: 1400, length: 9000);
        using var rig = new Rig();
        rig.Tun.WaitingHeaders[Enqueue(rig, super.Whole())] = super.Header;
        rig.Run();
        Assert.Empty(rig.Port.Sent);
        Assert.True(Ipv4View.TryParse(Assert.Single(rig.Tun.Written), out Ipv4View error, out _));
        Assert.Equal((3, 4, 1400), (error.Payload[0], error.Payload[1], BinaryPrimitives.ReadUInt16BigEndian(error.Payload[6..])));
        Assert.True(super.Segments()[0].AsSpan().StartsWith(error.Payload[8..]));
        Assert.Equal(1, rig.Drops(DataplaneDrop.OutTooBig));
    }

    [Fact]
    public void SegmentsLongerThanThePathWithoutDontFragment_Out_EachIsFragmented()
    {
        SuperPacket super = SuperPacket.Ordinary(size: 1400, length: 3000) with { DontFragment = false };
        using Rig fast = new(), slow = new();
        fast.Tun.WaitingHeaders[Enqueue(fast, super.Whole())] = super.Header;
        fast.Run();
        List<Datagram> expected = slow.Out([.. super.Segments()]);
        Assert.Equal(5, expected.Count);
        Assert.Equal(expected.ConvertAll(Described), fast.Port.Sent.ConvertAll(Described));
    }

    [Fact]
    public void MoreSegmentsThanTheArenaHolds_Out_AllLeaveInOrder()
    {
        SuperPacket super = SuperPacket.Ordinary(size: 100, length: 60_000);
        using Rig rig = Wide();
        for (int i = 0; i < 3; i++) rig.Tun.WaitingHeaders[Enqueue(rig, super.Whole())] = super.Header;
        rig.Run();
        List<byte[]> segments = super.Segments();
        Assert.Equal([.. segments, .. segments, .. segments], rig.Port.Sent.ConvertAll(s => Rig.Parse(s).Payload.ToArray()));
    }

    [Fact]
    public void MulticastSuperPacket_Out_EverySegmentToEveryPeer()
    {
        SuperPacket super = SuperPacket.Ordinary(tcp: false);
        using Rig rig = Wide();
        rig.Table.AddMulticast(Rig.Tunnel0, Rig.Peer2);
        rig.Table.AddMulticast(Rig.Tunnel0, Rig.Peer3);
        rig.Table.Publish();
        byte[] whole = super.Whole();
        whole[16] = 239;
        rig.Tun.WaitingHeaders[Enqueue(rig, whole)] = super.Header with { NeedsChecksum = false };
        rig.Run();
        Assert.Equal(6, rig.Port.Sent.Count);
        Assert.Equal(3, rig.Port.Sent.Count(s => s.Peer == Rig.Peer3.Address));
        Assert.Equal((3, 6), (rig.Counters.MulticastOut, rig.Counters.MulticastCopiesOut));
    }

    [Theory]
    [InlineData("10.2.0.1", SegmentKind.TcpIPv6)]
    [InlineData("239.0.0.1", SegmentKind.TcpIPv6)]
    public void SuperPacketThatIsNotWhatItSays_Out_DroppedAndCounted(string destination, SegmentKind kind)
    {
        using var rig = new Rig();
        rig.Tun.WaitingHeaders[Enqueue(rig, Packet("10.1.0.1", destination, 3000, protocol: IpProtocol.Tcp))] = new VnetHeader { Kind = kind, SegmentSize = 1000 };
        rig.Run();
        Assert.Empty(rig.Port.Sent);
        Assert.Equal(1, rig.Drops(DataplaneDrop.OutMalformed));
    }

    private static Rig Wide(string local = "192.0.2.1") => new(c => c with { Mtu = 2000, Checksum = true }, local);

    private static byte[] Enqueue(Rig rig, byte[] packet)
    {
        rig.Tun.Waiting.Enqueue(packet);
        return packet;
    }

    private static string Described(Datagram sent) => $"{sent.Peer} {sent.TrafficClass} {sent.HopLimit} {sent.DontFragment} {Convert.ToHexString(sent.Bytes)}";
}
