using CsCheck;
using Dmvpn.Dataplane.Offload;
using Dmvpn.Wire.Ip;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Offload;

public sealed class SegmentMergerTests
{
    private const TunOffloads All = TunOffloads.Tcp | TunOffloads.Udp;

    [Fact]
    public void AnySegmentsOfOneFlow_Merged_AreOneSuperPacketThatStandsForThem() => SuperPacket.Any.Sample(super =>
    {
        List<byte[]> segments = super.Segments();
        FakeTun tun = Merge(segments);
        Assert.Single(tun.Written);
        Assert.Equal(segments, Expand(tun));
        if (segments.Count == 1) return;
        Assert.Equal(super.Whole(), tun.Written[0]);
        Assert.Equal(Bytes(super.Header), Bytes(tun.WrittenHeaders[0]));
    }, iter: 1000);

    /// <summary>The oracle of merging: whatever comes, cutting what the kernel got gives what came, bit for bit, and every flow in its order.</summary>
    [Fact]
    public void AnyMixOfFlowsLossReorderingDamage_MergedAndCut_IsWhatCame() => Gen.Select(SuperPacket.Any.Array[1, 5], Gen.Int).Sample((supers, seed) =>
    {
        List<byte[]> packets = Disturb(supers, new Random(seed));
        List<byte[]> got = Expand(Merge(packets));
        Assert.Equal(packets.Count, got.Count);
        foreach (string flow in packets.Select(FlowOf).Distinct())
        {
            Assert.Equal(packets.Where(p => Concerns(p, flow)).Select(Comparable), got.Where(p => Concerns(p, flow)).Select(Comparable));
        }
    }, iter: 2000);

    [Fact]
    public void DamagedSegment_Merged_GoesAloneAsItCame()
    {
        List<byte[]> segments = SuperPacket.Ordinary(length: 5000).Segments();
        segments[2][^1] ^= 1;
        FakeTun tun = Merge(segments);
        Assert.Equal([2052, 1052, 2052], tun.Written.ConvertAll(w => w.Length));
        Assert.Equal(segments[2], tun.Written[1]);
        Assert.Equal(SegmentKind.None, tun.WrittenHeaders[1].Kind);
    }

    [Fact]
    public void FirstSegmentDamaged_Merged_NothingIsAddedToIt()
    {
        List<byte[]> segments = SuperPacket.Ordinary(length: 3000).Segments();
        segments[0][11] ^= 1;   // IPv4 header checksum
        Assert.Equal([1052, 2052], Merge(segments).Written.ConvertAll(w => w.Length));
    }

    [Theory]
    [InlineData(1, 100, 2)]        // ToS
    [InlineData(8, 63, 2)]         // TTL
    [InlineData(6, 0x00, 2)]       // DF
    [InlineData(33, 0x11, 1 + 1)]  // FIN closes it
    [InlineData(33, 0x18, 1 + 1)]  // so does PSH
    [InlineData(33, 0x90, 2)]      // CWR begins another one
    [InlineData(33, 0x50, 3)]      // ECE on one only
    [InlineData(35, 9, 3)]         // window
    [InlineData(47, 9, 3)]         // timestamp
    [InlineData(31, 9, 3)]         // acknowledgement
    public void SecondOfThreeDiffers_Merged_IsNotAddedToWhatItDoesNotContinue(int at, byte value, int writes)
    {
        List<byte[]> segments = SuperPacket.Ordinary(length: 3000).Segments();
        segments[1][at] = value;
        Fix(segments[1]);
        FakeTun tun = Merge(segments);
        Assert.Equal(segments, Expand(tun));
        Assert.True(tun.Written.Count is var count && (count == writes || count == 3), $"{tun.Written.Count} writes");
        Assert.NotEqual(1, tun.Written.Count);
    }

    /// <summary>RFC 6864 4.1: the identification of what is never fragmented says nothing; many systems send 0.</summary>
    [Fact]
    public void SameIdentificationWithDontFragment_Merged_IsOne()
    {
        List<byte[]> segments = SuperPacket.Ordinary(length: 3000).Segments();
        foreach (byte[] segment in segments)
        {
            (segment[4], segment[5]) = (0, 0);
            Fix(segment);
        }
        Assert.Single(Merge(segments).Written);
        foreach (byte[] segment in segments)
        {
            segment[6] = 0;
            Fix(segment);
        }
        Assert.Equal(3, Merge(segments).Written.Count);
    }

    [Fact]
    public void SameFlowAcknowledges_BetweenItsSegments_OrderIsKept()
    {
        List<byte[]> segments = SuperPacket.Ordinary(length: 4000).Segments();
        byte[] acknowledgement = segments[3][..52];
        (acknowledgement[2], acknowledgement[3]) = (0, 52);
        Fix(acknowledgement);
        segments.Insert(2, acknowledgement);
        FakeTun tun = Merge(segments);
        Assert.Equal([2052, 52, 2052], tun.Written.ConvertAll(w => w.Length));
        Assert.Equal(segments, Expand(tun));
    }

    [Fact]
    public void MoreThan64Kilobytes_Merged_AreSeveral()
    {
        List<byte[]> segments = SuperPacket.Ordinary(size: 1348, length: 150_000).Segments();
        FakeTun tun = Merge(segments);
        Assert.Equal(3, tun.Written.Count);
        Assert.Equal(segments, Expand(tun));
    }

    [Fact]
    public void MoreDatagramsThanTheKernelTakes_Merged_AreSeveral()
    {
        List<byte[]> segments = SuperPacket.Ordinary(tcp: false, size: 100, length: 6_500).Segments();
        Assert.Equal(2, Merge(segments).Written.Count);
        Assert.Equal(segments.Count, Merge(segments, TunOffloads.Tcp).Written.Count);
    }

    [Fact]
    public void Multicast_Merged_GoesAlone() => Assert.Equal(3, Merge(SuperPacket.Ordinary(tcp: false).Segments(), All, isMulticast: true).Written.Count);

    [Fact]
    public void DeviceWithoutOffloads_Merged_GetsPacketsOneByOne()
    {
        List<byte[]> segments = SuperPacket.Ordinary().Segments();
        Assert.Equal(segments, Merge(segments, TunOffloads.None).Written);
    }

    [Fact]
    public void DeviceRefuses_Merged_AllSegmentsAreCounted()
    {
        using var rig = new Rig();
        (rig.Tun.Offloads, rig.Tun.Refuses) = (All, true);
        foreach (byte[] segment in SuperPacket.Ordinary().Segments()) rig.Port.Waiting.Enqueue(new Datagram(Rig.Peer2.Address, Gre(segment, 7)));
        rig.Run();
        Assert.Equal(3, rig.Drops(DataplaneDrop.InDeviceRefused));
        Assert.Equal(0, rig.Counters.PacketsIn);
    }

    /// <summary>
    /// GRO of the underlay's device looks into GRE, and a raw socket gets what it made: a packet of up to 64 KB with half a checksum. Written as it is, no stack would take it.
    /// </summary>
    [Theory]
    [InlineData(All)]
    [InlineData(TunOffloads.None)]
    public void MergedByTheKernelInTheClear_GoesBackAsASuperPacket(TunOffloads offloads)
    {
        SuperPacket super = SuperPacket.Ordinary(size: 1348, length: 30_000);
        using var rig = new Rig();
        rig.Tun.Offloads = offloads;
        byte[] got = Assert.Single(rig.In(Rig.Peer2, Gre(super.Whole(), 7)));
        Assert.Equal(super.Whole(), got);
        Assert.Equal(Bytes(super.Header), Bytes(rig.Tun.WrittenHeaders[^1]));   // ip mtu 1400 less headers
        Assert.Equal((super.Count, super.Segments().Sum(s => s.Length)), (rig.Counters.PacketsIn, rig.Counters.BytesIn));
    }

    [Fact]
    public void MergedByTheKernel_FlowWithSmallerSegments_IsCutAsTheseWere()
    {
        SuperPacket super = SuperPacket.Ordinary(size: 700, length: 30_000);
        using var rig = new Rig();
        rig.Tun.Offloads = All;
        rig.In(Rig.Peer2, Gre(super.Segments()[0], 7));
        rig.In(Rig.Peer2, Gre(super.Segments()[^1], 7));
        rig.In(Rig.Peer2, Gre(super.Whole(), 7));
        Assert.Equal(700, rig.Tun.WrittenHeaders[^1].SegmentSize);
        rig.In(Rig.Peer2, Gre((super with { SourcePort = 9 }).Whole(), 7));
        Assert.Equal(1348, rig.Tun.WrittenHeaders[^1].SegmentSize);
    }

    [Fact]
    public void TwoSmallOnesMergedByTheKernel_AreOnePacketWhoseChecksumIsToBeFinished()
    {
        SuperPacket super = SuperPacket.Ordinary(size: 300, length: 500);
        using var rig = new Rig();
        rig.In(Rig.Peer2, Gre(super.Whole(), 7));
        Assert.Equal(Bytes(super.Header with { Kind = SegmentKind.None, SegmentSize = 0 }), Bytes(rig.Tun.WrittenHeaders[^1]));
    }

    private static FakeTun Merge(List<byte[]> packets, TunOffloads offloads = All, bool isMulticast = false)
    {
        using var batch = new PacketBatch(packets.Count);
        var merger = new SegmentMerger();
        var tun = new FakeTun();
        for (int i = 0; i < packets.Count; i++)
        {
            FakeTun.Fill(ref batch[i], packets[i]);
            Assert.True(IpView.TryParse(batch[i].Data, out IpView ip, out _));
            merger.Add(ref batch[i], ip, offloads, isMulticast);
        }
        MergeTally tally = merger.Flush(tun);
        Assert.Equal((packets.Count, packets.Sum(p => p.Length), tun.Written.Count, 0), (tally.Packets, tally.Bytes, tally.Writes, tally.Refused));
        Assert.Equal(0, merger.Flush(tun).Packets);
        return tun;
    }

    /// <summary>As the kernel cuts it: by what the splitter, which has an oracle of its own, makes of it.</summary>
    private static List<byte[]> Expand(FakeTun tun)
    {
        var all = new List<byte[]>();
        byte[] room = new byte[65535];
        for (int i = 0; i < tun.Written.Count; i++)
        {
            if (tun.WrittenHeaders[i].Kind == SegmentKind.None)
            {
                Assert.Equal(new byte[10], Bytes(tun.WrittenHeaders[i]));
                all.Add(tun.Written[i]);
                continue;
            }
            Assert.True(IpView.TryParse(tun.Written[i], out IpView ip, out _));
            Assert.Equal(tun.Written[i].Length, ip.TotalLength);
            if (ip.IsIPv4) Assert.True(InternetChecksum.IsValid(tun.Written[i].AsSpan(0, 20)));
            Assert.True(SegmentSplitter.TryStart(tun.Written[i], ip, tun.WrittenHeaders[i], out SegmentSplitter splitter));
            while (splitter.HasMore) all.Add(room[..splitter.WriteNext(room)]);
        }
        return all;
    }

    private static List<byte[]> Disturb(SuperPacket[] supers, Random random)
    {
        List<Queue<byte[]>> flows = [.. supers.Select(s => new Queue<byte[]>(s.Segments()))];
        var packets = new List<byte[]>();
        while (flows.Count > 0)
        {
            Queue<byte[]> flow = flows[random.Next(flows.Count)];
            for (int run = random.Next(1, 6); run > 0 && flow.TryDequeue(out byte[]? packet); run--)
            {
                switch (random.Next(20))
                {
                    case 0: continue;
                    case 1: packets.Add(packet); break;
                    case 2: packet[random.Next(packet.Length)] ^= (byte)(1 << random.Next(8)); break;
                    case 3: packets.Add(Fragment(packet)); break;
                    case 4 when packets.Count > 0: packets.Insert(packets.Count - 1, packet); continue;
                    case 5: packets.Add(Packet("10.1.0.1", "10.2.0.1", 20, protocol: IpProtocol.Icmp)); break;
                    default: break;
                }
                packets.Add(packet);
            }
            flows.RemoveAll(f => f.Count == 0);
        }
        // What does not decode, or is longer or shorter than it says, never comes to the merger.
        packets.RemoveAll(p => !IpView.TryParse(p, out IpView ip, out _) || ip.TotalLength != p.Length);
        return packets;
    }

    private static byte[] Fragment(byte[] packet)
    {
        byte[] fragment = [.. packet];
        if (fragment[0] >> 4 == 4) fragment[7] = 1;
        return fragment;
    }

    // Two ends, protocol and ports; what may belong to any flow concerns all.
    private static string FlowOf(byte[] packet)
    {
        Assert.True(IpView.TryParse(packet, out IpView ip, out _));
        bool any = ip.IsFragment || ip.HeaderLength != (ip.IsIPv4 ? 20 : 40) || ip.Payload.Length < 8;
        return any ? "any" : $"{ip.Source} {ip.Destination} {ip.Protocol} {Convert.ToHexString(ip.Payload[..4])}";
    }

    // The identification of what is never fragmented may come out another one.
    private static byte[] Comparable(byte[] packet)
    {
        if (packet[0] >> 4 != 4 || (packet[6] & 0x40) == 0 || !InternetChecksum.IsValid(packet.AsSpan(0, (packet[0] & 15) * 4))) return packet;
        byte[] copy = [.. packet];
        Array.Clear(copy, 4, 2);
        Array.Clear(copy, 10, 2);
        return copy;
    }

    private static bool Concerns(byte[] packet, string flow) => FlowOf(packet) is var its && (its == flow || its == "any");

    /// <summary>Makes both checksums right again.</summary>
    private static void Fix(byte[] packet)
    {
        (packet[10], packet[11]) = (0, 0);
        Set(packet, 10, InternetChecksum.Compute(packet.AsSpan(0, 20)));
        Set(packet, 36, 0);
        Assert.True(IpView.TryParse(packet, out IpView ip, out _));
        Set(packet, 36, InternetChecksum.Fold(InternetChecksum.PseudoHeaderSum(ip.Source, ip.Destination, 6, packet.Length - 20) + InternetChecksum.Sum(packet.AsSpan(20))));
    }

    private static void Set(byte[] packet, int at, ushort value) => (packet[at], packet[at + 1]) = ((byte)(value >> 8), (byte)value);

    private static byte[] Bytes(VnetHeader header)
    {
        byte[] bytes = new byte[VnetHeader.Size];
        header.Write(bytes);
        return bytes;
    }
}
