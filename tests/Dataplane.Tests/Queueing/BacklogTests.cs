using Dmvpn.Wire.Gre;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Queueing;

/// <summary>More comes out of the device than a round sends.</summary>
public sealed class BacklogTests
{
    private const int Many = 1000;

    [Fact]
    public void Bulk_AndAnotherFlowBehindIt_TheOtherLeavesInTheFirstRound()
    {
        using var rig = new Rig();
        for (int i = 0; i < 200; i++) rig.Tun.Waiting.Enqueue(Packet("10.1.0.1", "10.2.0.1", 1300));
        rig.Tun.Waiting.Enqueue(Packet("10.1.0.1", "10.2.0.2", 60));
        Assert.True(rig.Worker.Round(rig.Now));
        Assert.InRange(rig.Port.Sent.Count, 50, 150);
        Assert.Contains(rig.Port.Sent[..10], d => d.Bytes.Length < 200);
    }

    [Fact]
    public void EverythingOfOneFlow_LeavesInOrder()
    {
        using var rig = new Rig();
        byte[][] packets = [.. Enumerable.Range(0, 400).Select(i => Packet(Ip("10.1.0.1"), Ip("10.2.0.1"), [.. new byte[8], .. BitConverter.GetBytes(i)]))];
        List<int> marks = rig.Out(packets).ConvertAll(d => BitConverter.ToInt32(Rig.Parse(d).Payload[28..]));
        Assert.Equal(Enumerable.Range(0, 400), marks);
    }

    [Fact]
    public void MoreThanFits_NothingIsReadToBeDropped()
    {
        using var rig = new Rig();
        int sent = rig.Out([.. Enumerable.Repeat(Packet("10.1.0.1", "10.2.0.1", 1300), Many)]).Count;
        Assert.Equal((Many, 0), (sent, rig.Drops(DataplaneDrop.OutQueueFull)));
        Assert.Equal(sent, rig.Counters.PacketsOut);
    }

    [Fact]
    public void MulticastAmongThem_IsReplicatedBehindTheUnicastOfItsRound()
    {
        using var rig = new Rig();
        rig.Table.AddMulticast(Rig.Tunnel0, Rig.Peer2);
        rig.Table.AddMulticast(Rig.Tunnel0, Rig.Peer3);
        rig.Table.Publish();
        byte[][] packets = [.. Enumerable.Repeat(Packet("10.1.0.1", "10.2.0.1", 100), 70), Packet("10.1.0.1", "224.0.0.5", 50), .. Enumerable.Repeat(Packet("10.1.0.1", "10.2.0.1", 100), 70)];
        List<Datagram> sent = rig.Out(packets);
        Assert.Equal(142, sent.Count);
        Assert.Equal(2, sent.Count(d => Rig.Parse(d).Payload[16] == 224));
    }

    [Fact]
    public void TheTunnelGoes_ItsPacketsGoWithIt()
    {
        using var rig = new Rig();
        foreach (byte[] packet in Enumerable.Repeat(Packet("10.1.0.1", "10.2.0.1", 1300), 200)) rig.Tun.Waiting.Enqueue(packet);
        rig.Worker.Round(rig.Now);
        rig.Table.RemoveTunnel(Rig.Tunnel0);
        rig.Table.Publish();
        int sent = rig.Port.Sent.Count;
        Assert.InRange(sent, 1, 199);
        rig.Run();
        Assert.Equal(sent, rig.Port.Sent.Count);
    }

    [Fact]
    public void FewPackets_LeaveInTheRoundThatReadThem()
    {
        using var rig = new Rig();
        for (int i = 0; i < 10; i++) rig.Tun.Waiting.Enqueue(Packet("10.1.0.1", $"10.2.0.{i}", 60));
        Assert.False(rig.Worker.Round(rig.Now));
        Assert.Equal(10, rig.Port.Sent.Count);
        Assert.All(rig.Port.Sent, d => Assert.Equal(GreProtocol.Ipv4, Rig.Parse(d).Protocol));
    }
}
