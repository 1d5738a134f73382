using Dmvpn.Core;
using Dmvpn.Dataplane;

namespace Dmvpn.Runtime.Tests;

public sealed unsafe class RawPortTests : PortTest
{
    private const byte Gre = 47;

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Send_OneOfEachKind_ArrivesWithPeerTrafficClassAndHopLimit(string from, string to)
    {
        (RawPort left, RawPort right) = Open(from, to);
        OutgoingPacket[] packets = [Packet(to, 100, 1), Packet(to, 1, 2), Packet(to, 1400, 3)];
        (packets[0].TrafficClass, packets[0].HopLimit) = (0xB9, 7);
        (packets[1].TrafficClass, packets[1].HopLimit) = (0x03, 255);
        packets[2].DontFragment = true;
        left.Send(packets);
        Assert.All(packets, packet => Assert.Equal(SendOutcome.Sent, packet.Outcome));

        // In IPv4 the "don't fragment" state changes once, after those that need none.
        PacketBatch batch = ReceiveAll(right, 3);
        Assert.Equal([100, 1, 1400], Lengths(batch));
        Assert.Equal((0xB9, 7), (batch[0].TrafficClass, batch[0].HopLimit));
        Assert.Equal((0x03, 255), (batch[1].TrafficClass, batch[1].HopLimit));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(IpAddress.Parse(from), batch[i].Peer);
            Assert.True(batch[i].Data.IndexOfAnyExcept((byte)(i + 1)) < 0);
            Assert.Equal(PacketBatch.Headroom, batch[i].Offset);
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Send_LongerThanTheMtuWithoutDontFragment_ArrivesWhole(string from, string to)
    {
        (RawPort left, RawPort right) = Open(from, to);
        OutgoingPacket[] packets = [Packet(to, 9000, 1), Packet(to, 60000, 2)];
        left.Send(packets);
        Assert.All(packets, packet => Assert.Equal(SendOutcome.Sent, packet.Outcome));
        PacketBatch batch = ReceiveAll(right, 2);
        Assert.Equal([9000, 60000], Lengths(batch));
        Assert.True(batch[1].Data.IndexOfAnyExcept((byte)2) < 0);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Send_TooBigWithDontFragment_IsRefusedAloneAndThePathMtuIsTold(string from, string to)
    {
        (RawPort left, RawPort right) = Open(from, to);
        OutgoingPacket[] packets = [Packet(to, 100, 1), Packet(to, 1500, 2), Packet(to, 200, 3)];
        foreach (ref OutgoingPacket packet in packets.AsSpan()) packet.DontFragment = true;
        left.Send(packets);
        Assert.Equal([SendOutcome.Sent, SendOutcome.TooBig, SendOutcome.Sent], packets.Select(packet => packet.Outcome));
        Assert.Equal([100, 200], Lengths(ReceiveAll(right, 2)));
        Assert.True(left.TryReadPathMtu(out PathMtu told));
        Assert.Equal(new PathMtu(IpAddress.Parse(to), 1500), told);
        while (left.TryReadPathMtu(out _))
        {
        }
    }

    [Theory]
    [InlineData("192.0.2.1", "198.51.100.2")]
    [InlineData("2001:db8::1", "2001:db8:100::2")]
    public void Send_AcrossARouterWithASmallerMtu_LearnsThePathMtuAndLosesNoOtherPacket(string from, string to)
    {
        // left - right (routes) - far, with 1300 bytes between the latter.
        NetworkNamespace far = Network.Add();
        TestNetwork.Join(Right, "v1", "198.51.100.1/24", "2001:db8:100::1/64", far, "v0", "198.51.100.2/24", "2001:db8:100::2/64");
        TestNetwork.Ip(Right, "link set v1 mtu 1300");
        TestNetwork.Ip(Left, "route add 198.51.100.0/24 via 192.0.2.2");
        TestNetwork.Ip(Left, "route add 2001:db8:100::/64 via 2001:db8::2");
        TestNetwork.Ip(far, "route add 192.0.2.0/24 via 198.51.100.1");
        TestNetwork.Ip(far, "route add 2001:db8::/64 via 2001:db8:100::1");
        Right.Run(() =>
        {
            File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "1");
            File.WriteAllText("/proc/sys/net/ipv6/conf/all/forwarding", "1");
        });
        Assert.True(Right.Run(() => KernelSettings.ForwardsIPv4 && KernelSettings.ForwardsIPv6));

        RawPort left = Open(Left, from), remote = Open(far, to);
        using var poller = new Poller();
        poller.Add(left.Descriptor, 1, PollInterest.None);
        OutgoingPacket[] big = [Packet(to, 1450, 1)];
        big[0].DontFragment = true;
        left.Send(big);
        Assert.Equal(SendOutcome.Sent, big[0].Outcome);

        Assert.True(poller.Wait(MonotonicClock.Now + TimeSpan.FromSeconds(10))[0].HasError);
        // The ICMP error is now also pending on the socket: neither the next send nor the next receive may end by it.
        OutgoingPacket[] small = [Packet(to, 100, 2)];
        left.Send(small);
        Assert.Equal(SendOutcome.Sent, small[0].Outcome);
        OutgoingPacket[] back = [Packet(from, 300, 3)];
        remote.Send(back);
        poller.Modify(left.Descriptor, 1, PollInterest.Readable);
        TestNetwork.Eventually(() => (poller.Wait(Instant.Never)[0].State & PollInterest.Readable) != 0, "a packet");
        using var batch = new PacketBatch(4);
        Assert.Equal(1, left.Receive(batch));
        poller.Modify(left.Descriptor, 1, PollInterest.None);
        Assert.True(left.TryReadPathMtu(out PathMtu told));
        Assert.Equal(new PathMtu(IpAddress.Parse(to), 1300), told);
        Assert.False(left.TryReadPathMtu(out _));
        Assert.Equal(0, poller.Wait(Instant.Zero).Length);

        left.Send(big);
        Assert.Equal(SendOutcome.TooBig, big[0].Outcome);
        big[0].DontFragment = false;
        left.Send(big);
        Assert.Equal(SendOutcome.Sent, big[0].Outcome);
        Assert.Equal([100, 1450], Lengths(ReceiveAll(remote, 2)));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Send_SomeWithoutARoute_OthersArrive(string from, string to)
    {
        (RawPort left, RawPort right) = Open(from, to);
        string nowhere = to.Contains(':') ? "2001:db8:ffff::1" : "203.0.113.1";
        string otherFamily = to.Contains(':') ? "192.0.2.2" : "2001:db8::2";
        OutgoingPacket[] packets = [Packet(nowhere, 10, 1), Packet(to, 20, 2), Packet(otherFamily, 30, 3), Packet(nowhere, 40, 4), Packet(to, 50, 5)];
        left.Send(packets);
        Assert.Equal([SendOutcome.Unreachable, SendOutcome.Sent, SendOutcome.Unreachable, SendOutcome.Unreachable, SendOutcome.Sent],
            packets.Select(packet => packet.Outcome));
        Assert.Equal([20, 50], Lengths(ReceiveAll(right, 2)));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Send_HundredCopiesOfOneBuffer_AllArrive(string from, string to)
    {
        (RawPort left, RawPort right) = Open(from, to);
        OutgoingPacket one = Packet(to, 64, 9);
        var packets = new OutgoingPacket[100];
        Array.Fill(packets, one);
        left.Send(packets);
        Assert.All(packets, packet => Assert.Equal(SendOutcome.Sent, packet.Outcome));
        PacketBatch batch = ReceiveAll(right, 100);
        for (int i = 0; i < 100; i++) Assert.Equal(64, batch[i].Length);
        Assert.Equal(0u, right.Overruns);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void SendAndReceive_ManyRounds_AllocateNothing(string from, string to)
    {
        (RawPort left, RawPort right) = Open(from, to);
        var packets = new OutgoingPacket[64];
        for (int i = 0; i < packets.Length; i++)
        {
            packets[i] = Packet(to, 64, 1);
            packets[i].DontFragment = i % 2 == 0;
        }
        using var batch = new PacketBatch(64);
        long before = 0, received = 0;
        for (int round = 0; round < 600; round++)
        {
            if (round == 100) (before, received) = (GC.GetAllocatedBytesForCurrentThread(), 0);
            left.Send(packets);
            received += right.Receive(batch);
            left.TryReadPathMtu(out _);
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(received > 10_000, $"{received} received");
        Dmvpn.Tests.Allocation.AssertNone(allocated);
    }

    [Fact]
    public void Open_AddressOfNobody_ThrowsAddressNotAvailable()
    {
        LinuxException refused = Assert.Throws<LinuxException>(() => Open(Left, "203.0.113.77"));
        Assert.Equal(Errno.AddressNotAvailable, refused.Error.Number);
    }

    [Fact]
    public void Open_LinkLocalAddress_SendsAndReceivesOnItsLink()
    {
        TestNetwork.Ip(Left, "address add fe80::1/64 dev v0 nodad");
        TestNetwork.Ip(Right, "address add fe80::2/64 dev v0 nodad");
        RawPort left = Keep(Left.Run(() => RawPort.Open(Gre, IpAddress.Parse("fe80::1"), linkIndex: IndexOf(Left, "v0"))));
        RawPort right = Keep(Right.Run(() => RawPort.Open(Gre, IpAddress.Parse("fe80::2"), linkIndex: IndexOf(Right, "v0"))));
        OutgoingPacket[] packets = [Packet("fe80::2", 10, 1)];
        left.Send(packets);
        Assert.Equal(SendOutcome.Sent, packets[0].Outcome);
        Assert.Equal(IpAddress.Parse("fe80::1"), ReceiveAll(right, 1)[0].Peer);
    }

    [Theory]
    [InlineData("192.0.2.2/32")] // a host route
    [InlineData("192.0.2.2/31")] // longer than the subnet's
    public void Send_WithALinkOfItsOwn_DoesNotFollowALongerRouteByAnother(string prefix)
    {
        (RawPort left, RawPort right) = Open("192.0.2.1", "192.0.2.2");
        TestNetwork.Ip(Left, "link add other type veth peer name beyond");
        TestNetwork.Ip(Left, "link set other up");
        TestNetwork.Ip(Left, "link set beyond up");
        TestNetwork.Ip(Left, $"route add {prefix} dev other");
        OutgoingPacket[] packets = [Packet("192.0.2.2", 40, 1)];
        left.Send(packets);
        var egress = new EgressTable();
        left.Egress = egress;
        egress.Publish(new Dictionary<(IpAddress, IpAddress), int> { [(IpAddress.Parse("192.0.2.1"), IpAddress.Parse("192.0.2.2"))] = IndexOf(Left, "v0") });
        packets = [Packet("192.0.2.2", 50, 2)];
        left.Send(packets);
        Assert.Equal(SendOutcome.Sent, packets[0].Outcome);
        PacketBatch batch = ReceiveAll(right, 1);
        // The first one went the other way.
        Assert.Equal([50], Lengths(batch));
        Assert.Equal(IpAddress.Parse("192.0.2.1"), batch[0].Peer);
    }

    private static int IndexOf(NetworkNamespace space, string link) => space.Run(() =>
    {
        using var rtnetlink = new Runtime.Netlink.Rtnetlink();
        return rtnetlink.FindLink(link)!.Index;
    });

    private (RawPort Left, RawPort Right) Open(string from, string to) => (Open(Left, from), Open(Right, to));

    private RawPort Open(NetworkNamespace space, string local) => Keep(RawPort.Open(Gre, IpAddress.Parse(local), PathOf(space)));

    private OutgoingPacket Packet(string to, int length, byte filler) => Packet(to, 0, length, filler);
}
