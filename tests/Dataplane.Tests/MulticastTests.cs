using CsCheck;
using Dmvpn.Core;
using Dmvpn.Wire.Gre;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests;

public sealed class MulticastTests
{
    private static Rig WithPeers(int count, Func<TunnelForwarding, TunnelForwarding>? change = null)
    {
        var rig = new Rig(change);
        for (uint i = 0; i < count; i++) rig.Table.AddMulticast(Rig.Tunnel0, PeerNumber(i));
        rig.Table.Publish();
        return rig;
    }

    private static NbmaPeer PeerNumber(uint number) => new(IpAddress.FromIPv4(0xC633_0000 + number));

    [Theory]
    [InlineData("10.0.0.1", "224.0.0.10")]
    [InlineData("10.0.0.1", "255.255.255.255")]
    [InlineData("10.0.0.1", "10.0.0.255")]
    [InlineData("fe80::1", "ff02::a")]
    public void MulticastOrBroadcast_ThreePeers_EachGetsTheSameBytesFromOnePlace(string source, string destination)
    {
        using Rig rig = WithPeers(3);
        byte[] packet = Packet(source, destination, 40, 0xC1);
        List<Datagram> sent = rig.Out(packet);
        Assert.Equal([PeerNumber(0).Address, PeerNumber(1).Address, PeerNumber(2).Address], sent.ConvertAll(s => s.Peer));
        Assert.Single(sent.Select(s => s.Address).Distinct());
        Assert.Equal(packet, Rig.Parse(sent[2]).Payload.ToArray());
        Assert.Equal((0xC1, 255), (sent[0].TrafficClass, sent[0].HopLimit));
        Assert.Equal((1, 1, 3, packet.Length), (
            rig.Counters.PacketsOut, rig.Counters.MulticastOut, rig.Counters.MulticastCopiesOut, rig.Counters.BytesOut));
    }

    [Fact]
    public void EmptyMulticastMap_Multicast_Dropped()
    {
        using Rig rig = WithPeers(0);
        Assert.Empty(rig.Out(Packet("10.0.0.1", "224.0.0.5")));
        Assert.Equal(1, rig.Drops(DataplaneDrop.OutNoMulticastPeer));
    }

    [Fact]
    public void BatchOfBoth_MulticastCameFirst_UnicastLeavesFirst()
    {
        using Rig rig = WithPeers(2);
        List<Datagram> sent = rig.Out(Packet("10.0.0.1", "224.0.0.5"), Packet("10.0.0.1", "10.0.0.2"));
        Assert.Equal([Rig.Peer2.Address, PeerNumber(0).Address, PeerNumber(1).Address], sent.ConvertAll(s => s.Peer));
        Assert.NotEqual(sent[0].Call, sent[1].Call);
    }

    [Fact]
    public void PacketToTenThousandPeers_UnicastMeanwhile_CopiesAreSpreadOverRoundsAndAllGo()
    {
        using Rig rig = WithPeers(10_000, c => c with { SequenceNumbers = true });
        byte[] packet = Packet("10.0.0.1", "224.0.0.5");
        rig.Tun.Waiting.Enqueue(packet);
        Assert.True(rig.Worker.Round(rig.Now));
        Assert.Equal(DataplaneLimits.MulticastCopiesPerRound, rig.Port.Sent.Count);
        rig.Tun.Waiting.Enqueue(Packet("10.0.0.1", "10.0.0.2"));
        rig.Worker.Round(rig.Now);
        Assert.Equal(Rig.Peer2.Address, rig.Port.Sent[DataplaneLimits.MulticastCopiesPerRound].Peer);
        rig.Run();
        rig.Port.Sent.RemoveAll(s => s.Peer == Rig.Peer2.Address);
        Assert.Equal(10_000, rig.Port.Sent.Select(s => s.Peer).Distinct().Count());
        Assert.Equal(10_000, rig.Port.Sent.Count);
        Assert.Equal(10_000, rig.Counters.MulticastCopiesOut);
        uint last = 0;
        foreach (Datagram sent in rig.Port.Sent)
        {
            // A share sent later never has an earlier number: the receiver would drop it (RFC 2890 2.2).
            GreView gre = Rig.Parse(sent);
            Assert.True(gre.Sequence >= last);
            last = gre.Sequence!.Value;
            Assert.True(gre.Payload.SequenceEqual(packet));
        }
    }

    [Fact]
    public void CopiesPending_TunnelRemoved_RestIsForgotten()
    {
        using Rig rig = WithPeers(1000);
        rig.Tun.Waiting.Enqueue(Packet("10.0.0.1", "224.0.0.5"));
        rig.Worker.Round(rig.Now);
        rig.Table.RemoveTunnel(Rig.Tunnel0);
        rig.Table.Publish();
        Assert.False(rig.Worker.Round(rig.Now));
        Assert.Equal(DataplaneLimits.MulticastCopiesPerRound, rig.Port.Sent.Count);
        Assert.Equal(rig.Table.Current.Version, rig.Worker.SeenVersion);
    }

    [Fact]
    public void MulticastFlood_OneSecond_CopiesAreBoundedAndUnicastIsNot()
    {
        using Rig rig = WithPeers(100);
        byte[] multicast = Packet("10.0.0.1", "239.1.1.1"), unicast = Packet("10.0.0.1", "10.0.0.2");
        int unicastSent = 0, copies = 0;
        for (int millisecond = 0; millisecond < 1000; millisecond++)
        {
            List<Datagram> sent = rig.Out([.. Enumerable.Repeat(multicast, 60), unicast]);
            unicastSent += sent.Count(s => s.Peer == Rig.Peer2.Address);
            copies += sent.Count(s => s.Peer != Rig.Peer2.Address);
            rig.Now += TimeSpan.FromMilliseconds(1);
        }
        int allowed = DataplaneLimits.MulticastCopiesPerSecond + DataplaneLimits.MulticastBurst;
        Assert.Equal(1000, unicastSent);
        Assert.InRange(copies, allowed - 300, allowed + 100);
        Assert.Equal(60_000 - copies / 100, rig.Drops(DataplaneDrop.OutMulticastFlood));
    }

    [Fact]
    public void ManyPacketsToManyPeers_PendingFull_LaterOnesDroppedAsFlood()
    {
        using Rig rig = WithPeers(300);
        rig.Out([.. Enumerable.Repeat(Packet("10.0.0.1", "239.1.1.1"), DataplaneLimits.MulticastPending + 5)]);
        Assert.Equal(5, rig.Drops(DataplaneDrop.OutMulticastFlood));
        Assert.Equal(300 * DataplaneLimits.MulticastPending, rig.Port.Sent.Count);
    }

    [Fact]
    public void PeersComeAndGo_AnyOrder_ListIsTheSet() =>
        Gen.Select(Gen.UInt[0, 400], Gen.Bool).Array[0, 1500].Sample(changes =>
        {
            var table = new ForwardingTable();
            table.SetTunnel(new TunnelForwarding { Tunnel = Rig.Tunnel0 }, null, [new FakeTun()]);
            // IPv4 and IPv6 NHRP may each want a peer: two wishes at most, and it stays for as long as there is one.
            var wishes = new Dictionary<NbmaPeer, int>();
            foreach ((uint number, bool add) in changes)
            {
                NbmaPeer peer = PeerNumber(number);
                if (add) table.AddMulticast(Rig.Tunnel0, peer);
                else table.RemoveMulticast(Rig.Tunnel0, peer);
                wishes[peer] = Math.Clamp(wishes.GetValueOrDefault(peer) + (add ? 1 : -1), 0, 2);
            }
            table.Publish();
            MulticastList list = table.Current.Tunnels[0].Multicast;
            var actual = new List<NbmaPeer>();
            for (int i = 0; i < list.Count; i++) actual.Add(list[i]);
            HashSet<NbmaPeer> expected = [.. wishes.Where(static wish => wish.Value > 0).Select(static wish => wish.Key)];
            Assert.Equal(expected.Count, actual.Count);
            Assert.True(expected.SetEquals(actual));
        }, iter: 200);
}
