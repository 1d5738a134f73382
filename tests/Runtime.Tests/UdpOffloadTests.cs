using Dmvpn.Core;
using Dmvpn.Dataplane;

namespace Dmvpn.Runtime.Tests;

/// <summary>Port 4500 with offloads: many packets in one message, both ways, on the real kernel.</summary>
public sealed unsafe class UdpOffloadTests : PortTest
{
    private const ushort Nat = 4500;

    [Theory]
    [MemberData(nameof(Pairs))]
    public void SendOneLength_LastShorter_IsOneMessageEachWay(string from, string to)
    {
        (UdpPort left, UdpPort right) = Open(from, to);
        OutgoingPacket[] packets = [Packet(to, 1400, 1), Packet(to, 1400, 2), Packet(to, 1400, 3), Packet(to, 77, 4)];

        left.Send(packets);

        Assert.All(packets, packet => Assert.Equal(SendOutcome.Sent, packet.Outcome));
        PacketBatch batch = ReceiveAll(right, 4);
        Assert.Equal([(1400, 1), (1400, 2), (1400, 3), (77, 4)], Contents(batch));
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal((IpAddress.Parse(from), Nat), (batch[i].Peer, batch[i].Port));
            Assert.Equal((0xB8, 61), (batch[i].TrafficClass, batch[i].HopLimit));
        }
        Assert.Equal((1, 4), (left.Counters.MessagesOut, left.Counters.PacketsOut));
        Assert.Equal((1, 4), (right.Counters.MessagesIn, right.Counters.PacketsIn));
        Assert.Equal((SegmentOffload.Active, SegmentOffload.Active), (left.SendOffload, right.ReceiveOffload));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void SendAllLengths_MixedPeersAndClasses_ArriveWholeAndInOrder(string from, string to)
    {
        (UdpPort left, UdpPort right) = Open(from, to);
        bool ip4 = !to.Contains(':');
        string second = ip4 ? "192.0.2.3" : "2001:db8::3";
        TestNetwork.Ip(Right, $"address add {second}/{(ip4 ? 24 : 64)} dev v0{(ip4 ? "" : " nodad")}");
        UdpPort other = Open(Right, second);
        var random = new Random(4);
        var packets = new List<OutgoingPacket>();
        List<(int, int)> toRight = [], toOther = [];
        for (int i = 0; i < 250; i++)
        {
            // Runs of one length, with peers, lengths and classes that change within them.
            int length = (i / 9 % 3) switch { 0 => 1400, 1 => 60, _ => random.Next(1, 1401) };
            bool toSecond = random.Next(3) == 0;
            OutgoingPacket packet = Packet(toSecond ? second : to, length, (byte)i);
            packet.TrafficClass = (byte)(i % 17 == 0 ? 0x2E << 2 : 0);
            // The order of packets is kept among those with the same "don't fragment": it is a state of the socket.
            (toSecond ? toOther : toRight).Add((length, i));
            packets.Add(packet);
        }

        OutgoingPacket[] all = [.. packets];
        left.Send(all);

        Assert.All(all, packet => Assert.Equal(SendOutcome.Sent, packet.Outcome));
        Assert.Equal(toRight, Contents(ReceiveAll(right, toRight.Count)));
        Assert.Equal(toOther, Contents(ReceiveAll(other, toOther.Count)));
        Assert.InRange(left.Counters.MessagesOut, 2, 200);
    }

    [Fact]
    public void ReceiveIntoASmallBatch_TheRestComesWithTheNextCalls()
    {
        (UdpPort left, UdpPort right) = Open("192.0.2.1", "192.0.2.2");
        var packets = new OutgoingPacket[40];
        for (int i = 0; i < packets.Length; i++) packets[i] = Packet("192.0.2.2", 1000, (byte)i);
        left.Send(packets);

        PacketBatch batch = ReceiveAll(right, 40, atOnce: 7);

        Assert.Equal(Enumerable.Range(0, 40).Select(i => (1000, i)), Contents(batch));
        Assert.Equal(1, left.Counters.MessagesOut);
    }

    [Fact]
    public void MoreThanAMessageHolds_GoesInSeveral()
    {
        (UdpPort left, UdpPort right) = Open("192.0.2.1", "192.0.2.2");
        var packets = new OutgoingPacket[200];
        for (int i = 0; i < packets.Length; i++) packets[i] = Packet("192.0.2.2", i < 100 ? 1400 : 100, (byte)i);
        left.Send(packets);

        Assert.All(packets, packet => Assert.Equal(SendOutcome.Sent, packet.Outcome));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (i < 100 ? 1400 : 100, i)), Contents(ReceiveAll(right, 200)));
        // 46 of 1,400 bytes are the most that fit into 64 KB, and 64 the most that may share a message: 46, 46, 8 and a short one, 64, 35.
        Assert.Equal(5, left.Counters.MessagesOut);
    }

    [Theory]
    [InlineData(false, SendOutcome.Sent)]
    [InlineData(true, SendOutcome.TooBig)]
    public void SegmentsLongerThanTheMtu_GoAloneAndAreFragmentedOrTold(bool dontFragment, SendOutcome outcome)
    {
        (UdpPort left, UdpPort right) = Open("192.0.2.1", "192.0.2.2");
        OutgoingPacket[] packets = [Packet("192.0.2.2", 3000, 1), Packet("192.0.2.2", 3000, 2), Packet("192.0.2.2", 500, 3), Packet("192.0.2.2", 500, 4), Packet("192.0.2.2", 500, 5)];
        foreach (ref OutgoingPacket packet in packets.AsSpan()) packet.DontFragment = dontFragment;

        left.Send(packets);

        Assert.Equal([outcome, outcome, SendOutcome.Sent, SendOutcome.Sent, SendOutcome.Sent], packets.Select(p => p.Outcome));
        Assert.Equal([.. dontFragment ? new (int, int)[0] : [(3000, 1), (3000, 2)], (500, 3), (500, 4), (500, 5)], Contents(ReceiveAll(right, dontFragment ? 3 : 5)));
        Assert.Equal(SegmentOffload.Active, left.SendOffload);
        if (!dontFragment) return;
        Assert.True(left.TryReadPathMtu(out PathMtu told));
        Assert.Equal((IpAddress.Parse("192.0.2.2"), 1500), (told.Destination, told.Mtu));

        // It is remembered: the long ones are not tried together again, the short ones are.
        long messages = left.Counters.SendCalls;
        left.Send(packets);
        Assert.Equal([SendOutcome.TooBig, SendOutcome.TooBig, SendOutcome.Sent, SendOutcome.Sent, SendOutcome.Sent], packets.Select(p => p.Outcome));
        Assert.InRange(left.Counters.SendCalls - messages, 1, 5);
    }

    [Fact]
    public void NobodyListens_TheIcmpErrorOfOneSendEndsNoOther()
    {
        UdpPort left = Open(Left, "192.0.2.1");
        OutgoingPacket[] first = [Packet("192.0.2.2", 100, 1), Packet("192.0.2.2", 100, 2)];
        left.Send(first);
        Assert.All(first, packet => Assert.Equal(SendOutcome.Sent, packet.Outcome));
        UdpPort right = Open(Right, "192.0.2.2");

        // "Port unreachable" is pending on the socket now, from both segments.
        OutgoingPacket[] again = [Packet("192.0.2.2", 200, 3), Packet("192.0.2.2", 200, 4)];
        left.Send(again);

        Assert.All(again, packet => Assert.Equal(SendOutcome.Sent, packet.Outcome));
        Assert.Equal([(200, 3), (200, 4)], Contents(ReceiveAll(right, 2)));
        while (left.TryReadPathMtu(out _))
        {
        }
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void OneEndWithoutOffloads_TheOtherNeedNotKnow(bool sends, bool receives)
    {
        UdpPort left = Open(Left, "192.0.2.1", sends), right = Open(Right, "192.0.2.2", receives);
        var packets = new OutgoingPacket[30];
        for (int i = 0; i < packets.Length; i++) packets[i] = Packet("192.0.2.2", i == 29 ? 3 : 1200, (byte)i);
        left.Send(packets);

        Assert.Equal(Enumerable.Range(0, 30).Select(i => (i == 29 ? 3 : 1200, i)), Contents(ReceiveAll(right, 30)));
        Assert.Equal((sends ? SegmentOffload.Active : SegmentOffload.None, receives ? SegmentOffload.Active : SegmentOffload.None), (left.SendOffload, right.ReceiveOffload));
    }

    [Fact]
    public void RefusedByADevice_EachGoesAlone_AndItIsToldOnce()
    {
        (UdpPort left, UdpPort right) = Open("192.0.2.1", "192.0.2.2");
        int told = 0;
        left.OffloadRefused = port => told += ReferenceEquals(port, left) ? 1 : 100;
        OutgoingPacket[] packets = [Packet("192.0.2.2", 1400, 1), Packet("192.0.2.2", 1400, 2), Packet("192.0.2.2", 10, 3)];

        left.RefuseOffload();
        left.RefuseOffload();
        left.Send(packets);

        Assert.Equal([(1400, 1), (1400, 2), (10, 3)], Contents(ReceiveAll(right, 3)));
        Assert.Equal((1, SegmentOffload.Refused, 3), (told, left.SendOffload, left.Counters.MessagesOut));
    }

    [Fact]
    public void WaitingForThePoller_NothingIsAskedBeforeItSpeaks()
    {
        (UdpPort left, UdpPort right) = Open("192.0.2.1", "192.0.2.2");
        right.WaitForNotes();
        using var poller = new Poller();
        poller.Add(right.Descriptor, 1);
        left.Send([Packet("192.0.2.2", 100, 1), Packet("192.0.2.2", 100, 2)]);
        using var batch = new PacketBatch(1);
        poller.Wait(MonotonicClock.Now + TimeSpan.FromSeconds(10));

        Assert.Equal(0, right.Receive(batch));
        right.NoteReady();
        Assert.Equal(1, right.Receive(batch));
        // The batch was full: there may be more.
        Assert.Equal(1, right.Receive(batch));
        Assert.Equal(0, right.Receive(batch));
        left.Send([Packet("192.0.2.2", 100, 3)]);
        poller.Wait(MonotonicClock.Now + TimeSpan.FromSeconds(10));
        Assert.Equal(0, right.Receive(batch));
        right.NoteReady();
        Assert.Equal(1, right.Receive(batch));
    }

    [Fact]
    public void EmptyDatagramAndTheLongest_ArriveAsTheyAre()
    {
        (UdpPort left, UdpPort right) = Open("192.0.2.1", "192.0.2.2");
        OutgoingPacket[] packets = [Packet("192.0.2.2", 0, 1), Packet("192.0.2.2", 1, 2), Packet("192.0.2.2", 65_507, 3), Packet("192.0.2.2", 1, 4)];
        left.Send(packets);
        Assert.All(packets, packet => Assert.Equal(SendOutcome.Sent, packet.Outcome));
        Assert.Equal([0, 1, 65_507, 1], Contents(ReceiveAll(right, 4)).Select(c => c.Item1));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void SendAndReceive_ManyRounds_AllocateNothing(string from, string to)
    {
        (UdpPort left, UdpPort right) = Open(from, to);
        var packets = new OutgoingPacket[64];
        for (int i = 0; i < packets.Length; i++)
        {
            packets[i] = Packet(to, i % 8 == 7 ? 40 : 1300, 1);
            packets[i].DontFragment = i >= 32;
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

    private (UdpPort Left, UdpPort Right) Open(string from, string to) => (Open(Left, from), Open(Right, to));

    private UdpPort Open(NetworkNamespace space, string local, bool offload = true) => Keep(UdpPort.Open(Nat, IpAddress.Parse(local), PathOf(space), offload: offload));

    private OutgoingPacket Packet(string to, int length, byte filler)
    {
        OutgoingPacket packet = Packet(to, Nat, length, filler);
        (packet.TrafficClass, packet.HopLimit) = (0xB8, 61);
        return packet;
    }

    private static List<(int Length, int Filler)> Contents(PacketBatch batch)
    {
        var contents = new List<(int, int)>();
        for (int i = 0; i < batch.Count; i++)
        {
            ReadOnlySpan<byte> data = batch[i].Data;
            Assert.True(data.Length == 0 || data.IndexOfAnyExcept(data[0]) < 0, "bytes of several packets in one");
            contents.Add((data.Length, data.Length == 0 ? 0 : data[0]));
        }
        return contents;
    }
}
