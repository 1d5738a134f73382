using System.Buffers.Binary;
using CsCheck;
using Dmvpn.Wire.Ip;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests;

public sealed class TooBigTests
{
    [Fact]
    public void Ipv4WithDontFragment_LongerThanMtu_FragmentationNeededWithMtuToItsSource()
    {
        using var rig = new Rig();
        byte[] packet = Packet("10.1.0.5", "10.2.0.1", 1381, dontFragment: true);
        Assert.Empty(rig.Out(packet));
        Assert.True(Ipv4View.TryParse(Assert.Single(rig.Tun.Written), out Ipv4View error, out _));
        Assert.True(error.IsHeaderChecksumValid);
        Assert.Equal((IpProtocol.Icmp, Ip("10.2.0.1"), Ip("10.1.0.5")), (error.Protocol, error.Source, error.Destination));
        Assert.Equal((3, 4, 1400), (error.Payload[0], error.Payload[1], BinaryPrimitives.ReadUInt16BigEndian(error.Payload[6..])));
        Assert.True(InternetChecksum.IsValid(error.Payload));
        Assert.True(packet.AsSpan().StartsWith(error.Payload[8..]));
        Assert.Equal(1, rig.Drops(DataplaneDrop.OutTooBig));
        Assert.Single(rig.Out(Packet("10.1.0.5", "10.2.0.1", 1380, dontFragment: true)));   // just fits
    }

    [Fact]
    public void Ipv6_LongerThanMtu_PacketTooBigWithMtuToItsSource()
    {
        using var rig = new Rig();
        Assert.Empty(rig.Out(Packet("fd01::5", "fd02::1", 1361)));
        Assert.True(Ipv6View.TryParse(Assert.Single(rig.Tun.Written), out Ipv6View error, out _));
        Assert.Equal((IpProtocol.Icmpv6, Ip("fd02::1"), Ip("fd01::5")), (error.Protocol, error.Source, error.Destination));
        Assert.Equal((2, 0, 1400u), (error.Payload[0], error.Payload[1], BinaryPrimitives.ReadUInt32BigEndian(error.Payload[4..])));
        ulong sum = InternetChecksum.PseudoHeaderSum(error.Source, error.Destination, 58, error.Payload.Length);
        Assert.Equal(0, InternetChecksum.Fold(sum + InternetChecksum.Sum(error.Payload)));
    }

    [Fact]
    public void IcmpErrorLongerThanMtu_DontFragment_NotAnswered()
    {
        using var rig = new Rig();
        byte[] error = Pattern(1400);
        error[0] = 3;
        rig.Out(Packet(Ip("10.1.0.5"), Ip("10.2.0.1"), error, dontFragment: true, protocol: IpProtocol.Icmp));
        Assert.Empty(rig.Tun.Written);
        Assert.Equal((1, 0), (rig.Drops(DataplaneDrop.OutTooBig), rig.Drops(DataplaneDrop.OutIcmpSuppressed)));
    }

    [Fact]
    public void FloodOfTooBigPackets_OneInstant_AnswersAreLimitedAndCounted()
    {
        using var rig = new Rig();
        byte[] packet = Packet("10.1.0.5", "10.2.0.1", 1500, dontFragment: true);
        rig.Out([.. Enumerable.Repeat(packet, 300)]);
        Assert.Equal(DataplaneLimits.IcmpBurst, rig.Tun.Written.Count);
        Assert.Equal((300, 300 - DataplaneLimits.IcmpBurst), (rig.Drops(DataplaneDrop.OutTooBig), rig.Drops(DataplaneDrop.OutIcmpSuppressed)));
        rig.Now += TimeSpan.FromSeconds(1);
        rig.Out(packet);
        Assert.Equal(DataplaneLimits.IcmpBurst + 1, rig.Tun.Written.Count);
    }

    [Fact]
    public void PathMtuDiscovery_SmallerPath_BoundsInnerPacketsAndCopiesDontFragment()
    {
        using var rig = new Rig(c => c with { PathMtuDiscovery = true });
        Assert.True(Assert.Single(rig.Out(Packet("10.0.0.1", "10.0.0.2", 900, dontFragment: true))).DontFragment);
        Assert.False(Assert.Single(rig.Out(Packet("10.0.0.1", "10.0.0.2", 900))).DontFragment);
        Assert.True(rig.Table.TryGetAdjacency(Rig.Tunnel0, Prefix("10.0.0.2/32"), out Adjacency? adjacency));
        adjacency.PathMtu = 900;
        Assert.Empty(rig.Out(Packet("10.0.0.1", "10.0.0.2", 900, dontFragment: true)));
        Assert.True(Ipv4View.TryParse(Assert.Single(rig.Tun.Written), out Ipv4View error, out _));
        Assert.Equal(900 - 20 - 8, BinaryPrimitives.ReadUInt16BigEndian(error.Payload[6..]));
        adjacency.PathMtu = 70;   // forged
        Assert.Equal(DataplaneLimits.LeastPathMtu, adjacency.PathMtu);
    }

    [Fact]
    public void Ipv6OnNarrowPath_UpTo1280Bytes_SentWithoutOuterDontFragment()
    {
        using var rig = new Rig(c => c with { PathMtuDiscovery = true });
        Assert.True(rig.Table.TryGetAdjacency(Rig.Tunnel0, Prefix("fd00::2/128"), out Adjacency? adjacency));
        adjacency.PathMtu = 1000;
        Assert.False(Assert.Single(rig.Out(Packet("fd00::1", "fd00::2", 1240))).DontFragment);
        Assert.True(Assert.Single(rig.Out(Packet("fd00::1", "fd00::2", 900))).DontFragment);
        Assert.Empty(rig.Out(Packet("fd00::1", "fd00::2", 1241)));
    }

    [Fact]
    public void Ipv4WithoutDontFragment_LongerThanMtu_FragmentsMakeUpThePacket() =>
        Gen.Select(Gen.Int[69, 9000], Gen.Int[68, 1400], Gen.Int[0, 10], Gen.Bool).Sample((length, mtu, optionWords, isFragment) =>
        {
            using var rig = new Rig(c => c with { Mtu = mtu, Checksum = true });
            byte[] packet = WithOptions(length, optionWords, isFragment);
            List<Datagram> sent = rig.Out(packet);
            Assert.Equal(sent.Count, rig.Counters.PacketsOut);
            Assert.Equal(packet[((packet[0] & 15) * 4)..], Reassemble(sent, mtu, isFragment));
        }, iter: 300);

    // Record route (not copied) and router alert (copied), to see that later fragments have only the second.
    private static byte[] WithOptions(int length, int words, bool isFragment)
    {
        byte[] packet = Packet("10.1.0.5", "10.2.0.1", length);
        int header = 20 + 4 * words;
        byte[] full = new byte[header + length];
        packet.AsSpan(0, 20).CopyTo(full);
        packet.AsSpan(20).CopyTo(full.AsSpan(header));
        full[0] = (byte)(0x40 | header / 4);
        if (words > 0) new byte[] { 148, 4, 0, 0 }.CopyTo(full, 20);
        if (words > 1)
        {
            full[24] = 7;
            full[25] = (byte)(4 * words - 4);
        }
        BinaryPrimitives.WriteUInt16BigEndian(full.AsSpan(2), (ushort)full.Length);
        BinaryPrimitives.WriteUInt16BigEndian(full.AsSpan(6), (ushort)(isFragment ? 0x2000 | 100 : 0));
        return full;
    }

    private static byte[] Reassemble(List<Datagram> sent, int mtu, bool isFragment)
    {
        var whole = new List<byte>();
        int baseOffset = isFragment ? 800 : 0;
        for (int i = 0; i < sent.Count; i++)
        {
            Assert.True(Ipv4View.TryParse(Rig.Parse(sent[i]).Payload, out Ipv4View ip, out _));
            Assert.True(ip.TotalLength <= mtu);
            Assert.Equal(baseOffset + whole.Count, ip.FragmentOffset);
            Assert.Equal(i < sent.Count - 1 || isFragment, ip.MoreFragments);
            Assert.Equal(0x1234, ip.Identification);
            if (sent.Count > 1) Assert.True(ip.IsHeaderChecksumValid);
            if (i > 0) Assert.True(ip.HeaderLength is 20 or 24);
            if (i > 0 && ip.HeaderLength == 24) Assert.Equal(148, ip.Options[0]);
            whole.AddRange(ip.Payload);
        }
        return [.. whole];
    }
}
