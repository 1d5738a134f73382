using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Ipsec;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Protected;

/// <summary>What leaves by SAs: how it looks outside, and who gets it.</summary>
public sealed class EspOutTests
{
    private static readonly byte[] Inner = Packet("10.0.0.1", "10.2.0.1", trafficClass: 0xB8);

    [Fact]
    public void Packet_ByRawEsp_IsGreInsideAndLooksLikeGreOutside()
    {
        using var rig = new SecureRig(c => c with { HopLimit = 77 });
        FarEnd end = rig.Peer2();
        Datagram sent = Assert.Single(rig.Out(Inner));
        Assert.Equal((end.Peer.Address, (ushort)0, 0xB8, 77, false), (sent.Peer, sent.Port, sent.TrafficClass, sent.HopLimit, sent.DontFragment));
        Assert.Equal(Gre(Inner, 7), end.Open(sent.Bytes));
        Assert.Equal((1, Inner.Length, 1), (rig.Rig.Counters.PacketsOut, rig.Rig.Counters.BytesOut, end.FromUs.Packets));
        Assert.Empty(rig.Nat.Sent);
    }

    [Fact]
    public void Packet_InUdp_GoesFrom4500ToThePeersPort()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(udp: 61_234);
        Assert.Empty(rig.Out(Inner));
        Datagram sent = Assert.Single(rig.Nat.Sent);
        Assert.Equal((end.Peer.Address, (ushort)61_234, 0xB8), (sent.Peer, sent.Port, sent.TrafficClass));
        Assert.Equal(Gre(Inner, 7), end.Open(sent.Bytes));
    }

    [Fact]
    public void SeveralPackets_OfOneBatch_LeaveInOneCallWithRisingNumbers()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2();
        List<Datagram> sent = rig.Out([.. Enumerable.Range(0, 40).Select(i => Packet("10.0.0.1", "10.2.0.1", 20 + i))]);
        Assert.Equal(40, sent.Count);
        Assert.Single(sent.Select(s => s.Call).Distinct());
        for (int i = 0; i < sent.Count; i++)
        {
            Assert.Equal((uint)i + 1, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(sent[i].Bytes.AsSpan(4)));
            Assert.Equal(8 + 20 + 20 + i, end.Open(sent[i].Bytes)!.Length);
        }
    }

    [Fact]
    public void Rekey_InTheMiddleOfTraffic_NextPacketLeavesByTheNewSa()
    {
        using var rig = new SecureRig();
        FarEnd old = rig.Peer2();
        Assert.NotNull(old.Open(Assert.Single(rig.Out(Inner)).Bytes));
        FarEnd fresh = rig.Peer2(SecureRig.Cbc);
        Assert.NotNull(fresh.Open(Assert.Single(rig.Out(Inner)).Bytes));
        Assert.Equal(0, rig.Rig.Counters.Drops.Total);
    }

    [Fact]
    public void Multicast_EachPeerGetsACopyOfItsOwnSa_OneWithoutSaGetsNone()
    {
        using var rig = new SecureRig();
        List<FarEnd> ends = [.. Enumerable.Range(1, 150).Select(rig.AddMulticastPeer)];
        rig.UseNone(ends[70]);
        rig.Rig.Table.AddMulticast(Rig.Tunnel0, new NbmaPeer(Ip("203.0.113.200")));
        rig.Rig.Table.Publish();
        byte[] hello = Packet("10.0.0.1", "224.0.0.5");
        List<Datagram> sent = rig.Out(hello);
        foreach (FarEnd end in ends)
        {
            List<Datagram> copies = sent.FindAll(s => s.Peer == end.Peer.Address);
            if (ReferenceEquals(end, ends[70])) Assert.Empty(copies);
            else Assert.Equal(Gre(hello, 7), end.Open(Assert.Single(copies).Bytes));
        }
        Assert.Equal((149, 2, 1), (rig.Rig.Counters.MulticastCopiesOut, rig.Drops(DataplaneDrop.OutNoSa), rig.Rig.Counters.MulticastOut));
        Assert.Equal(0, rig.SentInClear);
    }

    [Fact]
    public void MulticastToManyPeers_SpreadOverRounds_AllGetIt()
    {
        using var rig = new SecureRig();
        List<FarEnd> ends = [];
        for (int i = 0; i < 700; i++)
        {
            FarEnd end = rig.Agree(new NbmaPeer(IpAddress.FromIPv4(0xC633_0000 + (uint)i), 100 + i));
            rig.Rig.Table.AddMulticast(Rig.Tunnel0, end.Peer);
            rig.Use(end);
            ends.Add(end);
        }
        rig.Rig.Table.Publish();
        byte[] hello = Packet("10.0.0.1", "224.0.0.5");
        var sent = rig.Out(hello).ToDictionary(s => s.Peer);
        Assert.Equal(700, sent.Count);
        Assert.All(ends, end => Assert.Equal(Gre(hello, 7), end.Open(sent[end.Peer.Address].Bytes)));
    }

    [Fact]
    public void ControlPackets_ToOneAndToAll_LeaveByEachPeersSa()
    {
        using var rig = new SecureRig();
        List<FarEnd> ends = [.. Enumerable.Range(1, 150).Select(rig.AddMulticastPeer)];
        FarEnd nat = rig.Agree(new NbmaPeer(Ip("203.0.113.9"), 99), udp: 2222);
        rig.Use(nat);
        rig.Rig.Table.Publish();
        using var control = new ControlSender(rig.Security, 1);
        control.Send(rig.Rig.Tunnel, nat.Peer, GreProtocol.Nhrp, Pattern(100), rig.Now);
        control.Replicate(rig.Rig.Tunnel, GreProtocol.Cdp, Pattern(70), rig.Now);
        control.Flush(rig.Now);
        Datagram nhrp = Assert.Single(rig.NatControl.Sent);
        Assert.Equal((2222, 0xC0, 255), (nhrp.Port, nhrp.TrafficClass, nhrp.HopLimit));
        Assert.Equal(Gre(Pattern(100), 7, protocol: GreProtocol.Nhrp), nat.Open(nhrp.Bytes));
        var copies = rig.EspControl.Sent.ToDictionary(s => s.Peer);
        Assert.All(ends, end => Assert.Equal(Gre(Pattern(70), 7, protocol: GreProtocol.Cdp), end.Open(copies[end.Peer.Address].Bytes)));
        Assert.Equal((151, 0), (rig.Rig.Counters.ControlOut, rig.SentInClear));
    }

    // RFC 6040 4.1 and RFC 4301 5.1.2.1: DSCP and ECN of the inner header in both headers that are made.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TrafficClass_GoesOut_WithItsEcnField(bool tunnelMode)
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(tunnelMode: tunnelMode);
        foreach (byte trafficClass in new byte[] { 0xB8, 0xB9, 0xBA, 0xBB, 3 })
        {
            Datagram sent = Assert.Single(rig.Out(Packet("10.0.0.1", "10.2.0.1", trafficClass: trafficClass)));
            Assert.NotNull(end.Open(sent.Bytes));
            Assert.Equal((trafficClass, tunnelMode ? trafficClass : (byte)0), (sent.TrafficClass, end.TrafficClass));
        }
    }

    // RFC 6040 4.2, RFC 7296 2.24: CE is told through both headers to the inner packet, or the packet is dropped.
    [Theory]
    [InlineData(false, 2, 2, 3, 3)]
    [InlineData(false, 2, 2, 2, 2)]
    [InlineData(false, 0, 0, 3, -1)]
    [InlineData(true, 2, 2, 3, 3)]
    [InlineData(true, 1, 1, 3, 3)]
    [InlineData(true, 2, 3, 0, 3)]
    [InlineData(true, 2, 2, 0, 2)]
    [InlineData(true, 2, 2, 1, 1)]
    [InlineData(true, 0, 0, 3, -1)]
    [InlineData(true, 0, 3, 0, -1)]
    [InlineData(true, 3, 0, 0, 3)]
    public void CongestionOnTheWay_IsToldToTheInnerPacket_OrThePacketIsDropped(bool tunnelMode, byte inner, byte middle, byte outer, int onward)
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(tunnelMode: tunnelMode);
        byte[] gre = Gre(Packet("10.2.0.1", "10.0.0.1", trafficClass: (byte)(0x28 | inner)), 7);
        List<byte[]> written = rig.In(end.Peer.Address, end.Seal(gre, middle), trafficClass: outer);
        if (onward < 0)
        {
            Assert.Empty(written);
            Assert.Equal(1, rig.Drops(DataplaneDrop.InEcn));
            return;
        }
        Assert.True(IpView.TryParse(Assert.Single(written), out IpView ip, out _));
        Assert.Equal(0x28 | onward, ip.TrafficClass);
        Assert.Equal(0, InternetChecksum.Compute(written[0].AsSpan(0, 20)));
    }

    /// <summary>What the peer's answers proved counts with and without path MTU discovery.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PathProvedNarrow_PacketsAndSegmentsAreHeldToIt_AndToldSo(bool discovery)
    {
        using var rig = new SecureRig(c => c with { PathMtuDiscovery = discovery, Mtu = 1400, MssIPv4 = 1360 });
        FarEnd end = rig.Peer2();
        end.FromUs.PathMtu = 1300;
        int limit = 1300 - 20 - 8 - 8 - 16 - 2 - 8;
        Assert.Single(rig.Out(Packet("10.0.0.1", "10.2.0.1", limit - 20, dontFragment: true)));
        Assert.Empty(rig.Out(Packet("10.0.0.1", "10.2.0.1", limit - 19, dontFragment: true)));
        byte[] icmp = Assert.Single(rig.Rig.Tun.Written);
        Assert.Equal(limit, System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(icmp.AsSpan(26)));
        Assert.Equal(2, rig.Out(Packet("10.0.0.1", "10.2.0.1", 1380)).Count);
        byte[] syn = end.Open(Assert.Single(rig.Out(Syn("10.0.0.1", "10.2.0.1", 1460))).Bytes)![8..];
        Assert.Equal(limit - 40, MssOf(syn));
        end.FromUs.PathMtu = OutboundSa.UnknownPathMtu;
        Assert.Single(rig.Out(Packet("10.0.0.1", "10.2.0.1", 1380, dontFragment: true)));
        Assert.Equal(1360, MssOf(end.Open(Assert.Single(rig.Out(Syn("10.0.0.1", "10.2.0.1", 1460))).Bytes)![8..]));
    }

    [Fact]
    public void PathMtuKnown_LongestPacketFitsExactly_OfEverySuiteAndMode()
    {
        const int Path = 1400;
        foreach (EspSuite suite in new[] { SecureRig.Gcm, SecureRig.Cbc })
        {
            foreach (bool tunnelMode in new[] { false, true })
            {
                foreach (ushort udp in new ushort[] { 0, 4500 })
                {
                    using var rig = new SecureRig(c => c with { PathMtuDiscovery = true, Mtu = 1500 });
                    rig.Peer2(suite, udp, tunnelMode);
                    rig.Rig.Table.TryGetAdjacency(Rig.Tunnel0, Prefix("10.0.0.2/32"), out Adjacency? adjacency);
                    adjacency!.PathMtu = Path;
                    int longest = 0;
                    for (int length = 1200; length < 1400; length++)
                    {
                        rig.Out(Packet("10.0.0.1", "10.2.0.1", length - 20, dontFragment: true));
                        foreach (Datagram sent in rig.Esp.Sent.Concat(rig.Nat.Sent))
                        {
                            longest = length;
                            Assert.True(sent.DontFragment);
                            Assert.InRange(20 + (udp != 0 ? 8 : 0) + sent.Bytes.Length, 0, Path);
                        }
                    }
                    // A block less than the overhead would mean that room was given away.
                    int overhead = 20 + (udp != 0 ? 8 : 0) + (tunnelMode ? 20 : 0) + 8 + (suite == SecureRig.Cbc ? 16 + 16 + 2 : 8 + 16 + 2) + 8;
                    Assert.InRange(longest, Path - overhead - (suite == SecureRig.Cbc ? 15 : 3), Path - overhead);
                    // What is longer was answered, with the same number.
                    byte[] icmp = rig.Rig.Tun.Written[0];
                    Assert.Equal(longest, System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(icmp.AsSpan(26)));
                }
            }
        }
    }
}
