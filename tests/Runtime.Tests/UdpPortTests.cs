using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Dataplane;

namespace Dmvpn.Runtime.Tests;

/// <summary>UDP 500 and 4500, and raw ESP beside them.</summary>
public sealed unsafe partial class UdpPortTests : PortTest
{
    private const byte Esp = 50, Udp = 17;
    private const ushort Ike = 500, Nat = 4500;
    private const uint Spi = 0xC0FF_EE01;

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Send_OneOfEachKind_ArrivesWithPeerPortTrafficClassAndHopLimit(string from, string to)
    {
        UdpPort left = Open(Left, Nat, from), right = Open(Right, 4501, to);
        OutgoingPacket[] packets = [Packet(to, 4501, 100, 1), Packet(to, 4501, 0, 2), Packet(to, 4501, 9000, 3)];
        (packets[0].TrafficClass, packets[0].HopLimit) = (0xB9, 7);
        packets[0].DontFragment = true;
        left.Send(packets);
        Assert.All(packets, packet => Assert.Equal(SendOutcome.Sent, packet.Outcome));

        PacketBatch batch = ReceiveAll(right, 3);
        // Those without "don't fragment" go first: the state of the socket is changed once.
        Assert.Equal([0, 9000, 100], Lengths(batch));
        for (int i = 0; i < 3; i++) Assert.Equal((IpAddress.Parse(from), Nat), (batch[i].Peer, batch[i].Port));
        int marked = Lengths(batch).IndexOf(100);
        Assert.Equal((0xB9, 7), (batch[marked].TrafficClass, batch[marked].HopLimit));
    }

    // RFC 3948 2.1 and 2.3: zero from 4500 over IPv4, where the ICV covers more; IPv6 always has one (RFC 8200 8.1). The kernel cuts up messages of several packets only with checksums.
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", Nat, false, true)]
    [InlineData("192.0.2.1", "192.0.2.2", Nat, true, false)]
    [InlineData("192.0.2.1", "192.0.2.2", Ike, false, false)]
    [InlineData("2001:db8::1", "2001:db8::2", Nat, false, false)]
    [InlineData("2001:db8::1", "2001:db8::2", Ike, false, false)]
    public void UdpChecksum_IsZero_OnlyFrom4500OverIPv4WithoutOffloads(string from, string to, ushort port, bool offload, bool zero)
    {
        RawPort tap = Keep(RawPort.Open(Udp, IpAddress.Parse(to), PathOf(Right)));
        UdpPort left = Keep(UdpPort.Open(port, IpAddress.Parse(from), PathOf(Left), offload: offload));
        left.Send([Packet(to, port, 64, 7)]);
        ReadOnlySpan<byte> datagram = ReceiveAll(tap, 1)[0].Data;
        Assert.Equal((port, port, 72), (Number(datagram, 0), Number(datagram, 2), Number(datagram, 4)));
        Assert.Equal(zero, Number(datagram, 6) == 0);
    }

    [Fact]
    public void Open_PortIsTaken_SaysByWhomPerhaps()
    {
        Open(Right, Nat, "192.0.2.2");
        LinuxException refused = Assert.Throws<LinuxException>(() => Open(Right, Nat, "192.0.2.2"));
        Assert.Equal(Errno.AddressInUse, refused.Error.Number);
        Assert.Contains("bind UDP port 4500 of 192.0.2.2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("an IKE daemon such as strongSwan's charon", refused.Message, StringComparison.Ordinal);
        // Another address, another namespace and another port are free.
        Open(Right, Ike, "192.0.2.2");
        Open(Right, Nat, "2001:db8::2");
        Open(Left, Nat, "192.0.2.1");
    }

    [Fact]
    public void Open_AddressOfNobody_ThrowsAddressNotAvailable() =>
        Assert.Equal(Errno.AddressNotAvailable, Assert.Throws<LinuxException>(() => Open(Left, Nat, "203.0.113.77")).Error.Number);

    [Theory]
    [MemberData(nameof(Pairs))]
    public void ErrorOfAnEarlierPacket_IsNotTheNextOnes(string from, string to)
    {
        // Nobody listens at 4600: ICMP says so, and the kernel keeps it for the socket's next call.
        UdpPort left = Open(Left, Nat, from), right = Open(Right, Nat, to);
        using var poller = new Poller();
        poller.Add(left.Descriptor, 1, PollInterest.None);
        left.Send([Packet(to, 4600, 10, 1)]);
        Assert.True(poller.Wait(MonotonicClock.Now + TimeSpan.FromSeconds(10))[0].HasError);
        OutgoingPacket[] packets = [Packet(to, Nat, 20, 2), Packet(to, Nat, 30, 3)];
        left.Send(packets);
        Assert.All(packets, packet => Assert.Equal(SendOutcome.Sent, packet.Outcome));
        Assert.Equal([20, 30], Lengths(ReceiveAll(right, 2)));
        // And it is no news about a path.
        Assert.False(left.TryReadPathMtu(out _));
        Assert.Equal(0, poller.Wait(Instant.Zero).Length);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void TooBigForTheLink_IsRefusedAlone_AndToldByTheKernel(string from, string to)
    {
        UdpPort left = Open(Left, Nat, from), right = Open(Right, Nat, to);
        OutgoingPacket[] packets = [Of(Spi, Packet(to, Nat, 100, 1)), Of(Spi, Packet(to, Nat, 1500, 2)), Of(Spi, Packet(to, Nat, 200, 3))];
        foreach (ref OutgoingPacket packet in packets.AsSpan()) packet.DontFragment = true;
        left.Send(packets);
        Assert.Equal([SendOutcome.Sent, SendOutcome.TooBig, SendOutcome.Sent], packets.Select(packet => packet.Outcome));
        Assert.Equal([100, 200], Lengths(ReceiveAll(right, 2)));
        Assert.True(left.TryReadPathMtu(out PathMtu told));
        Assert.Equal(new PathMtu(IpAddress.Parse(to), 1500) { IsEsp = true, IsKernels = true }, told);
    }

    [Theory]
    [InlineData("192.0.2.1", "198.51.100.2")]
    [InlineData("2001:db8::1", "2001:db8:100::2")]
    public void EspInUdp_TooBigForThePath_IsToldWithSpiAndPort_AndTheKernelDoesNotActOnIt(string from, string to)
    {
        RouteWithSmallMtu();
        UdpPort left = Open(Left, Nat, from);
        OutgoingPacket[] big = [Of(Spi, Packet(to, 31_000, 1400, 1))];
        big[0].DontFragment = true;
        left.Send(big);
        Assert.Equal(new PathMtu(IpAddress.Parse(to), 1300) { IsEsp = true, Port = 31_000, Spi = Spi }, NextPathMtu(left));
        // The kernel believes whoever quotes addresses and ports; ESP goes by what its SPI says.
        left.Send(big);
        Assert.Equal(SendOutcome.Sent, big[0].Outcome);
    }

    [Theory]
    [InlineData("192.0.2.1", "198.51.100.2")]
    [InlineData("2001:db8::1", "2001:db8:100::2")]
    public void RawEsp_TooBigForThePath_IsToldWithSpi_AndTheKernelDoesNotActOnIt(string from, string to)
    {
        RouteWithSmallMtu();
        RawPort left = Keep(RawPort.Open(Esp, IpAddress.Parse(from), PathOf(Left)));
        OutgoingPacket[] big = [Of(Spi, Packet(to, 0, 1400, 1))];
        big[0].DontFragment = true;
        left.Send(big);
        Assert.Equal(new PathMtu(IpAddress.Parse(to), 1300) { IsEsp = true, Spi = Spi }, NextPathMtu(left));
        left.Send(big);
        Assert.Equal(SendOutcome.Sent, big[0].Outcome);
    }

    [Fact]
    public void IkeBehindItsMarker_TooBigForThePath_IsNothingAboutEsp()
    {
        RouteWithSmallMtu();
        UdpPort left = Open(Left, Nat, "192.0.2.1");
        OutgoingPacket[] packets = [Of(0, Packet("198.51.100.2", Nat, 1400, 1)), Of(Spi, Packet("198.51.100.2", Nat, 1400, 1))];
        foreach (ref OutgoingPacket packet in packets.AsSpan()) packet.DontFragment = true;
        // Apart: a router within this kernel would answer once for both, as one message that it never saw cut up.
        left.Send(packets.AsSpan(0, 1));
        left.Send(packets.AsSpan(1));
        Assert.Equal(Spi, NextPathMtu(left).Spi);
        Assert.False(left.TryReadPathMtu(out _));
    }

    [Theory]
    [InlineData("192.0.2.1", "198.51.100.2")]
    [InlineData("2001:db8::1", "2001:db8:100::2")]
    public void EspInUdp_TooBigForThePath_IsToldAlsoAfterPacketsThatMayBeFragmented(string from, string to)
    {
        RouteWithSmallMtu();
        UdpPort left = Open(Left, Nat, from);
        left.Send([Of(Spi, Packet(to, 31_000, 100, 1))]);
        // The same by hand: a packet that left with "don't fragment" before that one.
        RawPort earlier = Keep(RawPort.Open(Udp, IpAddress.Parse(from), PathOf(Left)));
        OutgoingPacket big = Packet(to, 0, 1408, 1);
        foreach ((int at, ushort number) in new (int, ushort)[] { (0, Nat), (2, 31_000), (4, 1408), (6, 0), (8, (ushort)(Spi >> 16)), (10, (ushort)(Spi & 0xFFFF)) })
            BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(big.Data + at, 2), number);
        big.DontFragment = true;
        earlier.Send([big]);
        Assert.Equal(new PathMtu(IpAddress.Parse(to), 1300) { IsEsp = true, Port = 31_000, Spi = Spi }, NextPathMtu(left));
    }

    [Fact]
    public void PacketThatMayBeFragmented_AfterAnIcmpError_LeavesWhole()
    {
        RouteWithSmallMtu();
        UdpPort left = Open(Left, Nat, "192.0.2.1");
        OutgoingPacket[] big = [Of(Spi, Packet("198.51.100.2", 31_000, 1400, 1))];
        big[0].DontFragment = true;
        left.Send(big);
        NextPathMtu(left);
        // What anybody's ICMP error may have told the kernel does not have it cut our packets: the router does that.
        long here = Fragmented(Left), there = Fragmented(Right);
        big[0].DontFragment = false;
        left.Send(big);
        Assert.Equal(SendOutcome.Sent, big[0].Outcome);
        TestNetwork.Eventually(() => Fragmented(Right) == there + 1, "the router cuts it");
        Assert.Equal(here, Fragmented(Left));
    }

    [Fact]
    public void Port500_TooBigForThePath_IsNothingAboutEsp()
    {
        RouteWithSmallMtu();
        UdpPort left = Open(Left, Ike, "192.0.2.1");
        OutgoingPacket[] big = [Of(Spi, Packet("198.51.100.2", Ike, 1400, 1))];
        big[0].DontFragment = true;
        left.Send(big);
        Assert.Equal(new PathMtu(IpAddress.Parse("198.51.100.2"), 1300), NextPathMtu(left));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void SendAndReceive_ManyRounds_AllocateNothing(string from, string to)
    {
        UdpPort left = Open(Left, Nat, from), right = Open(Right, Nat, to);
        var packets = new OutgoingPacket[64];
        for (int i = 0; i < packets.Length; i++) packets[i] = Packet(to, Nat, 64, 1);
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
}
