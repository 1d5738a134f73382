using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Runtime.Netlink;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Runtime.Tests;

/// <summary>A device with several queues: which flows the kernel gives to which.</summary>
public sealed class TunQueuesTests : IDisposable
{
    private const int FlowPort = 7777;

    private readonly TestNetwork _network = TestNetwork.CreateOrSkip();
    private readonly NetworkNamespace _space;

    public TunQueuesTests() => _space = _network.Add();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void ManyFlows_SpreadOverQueuesThatReceive_AndAllQueuesWrite()
    {
        TunDevice[] queues = [_space.Run(() => TunDevice.Open("Tunnel0", multiQueue: true)), null!, null!];
        for (int i = 1; i < 3; i++) queues[i] = _space.Run(queues[0].OpenQueue);
        TestNetwork.Ip(_space, "address add 10.0.0.1/24 dev Tunnel0");
        TestNetwork.Ip(_space, "link set Tunnel0 up");

        Assert.All(SendFlows(queues), count => Assert.InRange(count, 1, 63));

        Assert.True(queues[0].SetReceiving(false).IsNone);
        Assert.True(queues[2].SetReceiving(false).IsNone);
        Assert.Equal([0, 64, 0], SendFlows(queues));
        using var batch = new PacketBatch(1);
        batch[0].Reset();
        byte[] packet = new byte[20];
        new Ipv4Header(0, 64, IpProtocol.Udp, IpAddress.Parse("10.0.0.2"), IpAddress.Parse("10.0.0.1"), 0, true).Write(packet);
        packet.CopyTo(batch[0].Room);
        batch[0].Length = packet.Length;
        Assert.True(queues[0].Write(ref batch[0]));

        Assert.True(queues[0].SetReceiving(true).IsNone);
        int[] again = SendFlows(queues);
        Assert.Equal((64, 0), (again.Sum(), again[2]));
        Assert.InRange(again[0], 1, 63);

        // The device goes with the last queue, whether that receives or not.
        queues[1].Dispose();
        queues[0].Dispose();
        using Rtnetlink rtnetlink = _space.Run(() => new Rtnetlink());
        Assert.NotNull(rtnetlink.FindLink("Tunnel0"));
        queues[2].Dispose();
        TestNetwork.Eventually(() => rtnetlink.FindLink("Tunnel0") is null, "the device is gone");
    }

    [Fact]
    public void Answer_WrittenByAQueue_DoesNotMoveTheFlow()
    {
        using TunDevice first = _space.Run(() => TunDevice.Open("Tunnel0", multiQueue: true));
        using TunDevice second = _space.Run(first.OpenQueue);
        TestNetwork.Ip(_space, "address add 10.0.0.1/24 dev Tunnel0");
        TestNetwork.Ip(_space, "link set Tunnel0 up");
        TunDevice[] queues = [first, second];
        int[] before = SendFlows(queues);
        Assert.All(before, count => Assert.InRange(count, 1, 63));

        using var batch = new PacketBatch(1);
        for (int port = 0; port < 64; port++)
        {
            ref PacketSlot slot = ref batch[0];
            slot.Reset();
            byte[] answer = new byte[28];
            new Ipv4Header(0, 64, IpProtocol.Udp, IpAddress.Parse("10.0.0.2"), IpAddress.Parse("10.0.0.1"), 0, true).Write(answer);
            (answer[20], answer[21], answer[22], answer[23], answer[25]) = (FlowPort >> 8, FlowPort & 0xFF, (byte)((20000 + port) >> 8), (byte)(20000 + port), 8);
            answer.CopyTo(slot.Room);
            slot.Length = answer.Length;
            Assert.True(second.Write(ref slot));
        }

        Assert.Equal(before, SendFlows(queues));
    }

    /// <summary>The kernel sends a packet of each of 64 flows; how many came by each queue.</summary>
    private int[] SendFlows(TunDevice[] queues)
    {
        _space.Run(() =>
        {
            for (int port = 20000; port < 20064; port++)
            {
                using var client = new System.Net.Sockets.UdpClient(new System.Net.IPEndPoint(System.Net.IPAddress.Parse("10.0.0.1"), port));
                client.Send([1, 2, 3], "10.0.0.2", FlowPort);
            }
            return 0;
        });
        int[] counts = new int[queues.Length];
        using var batch = new PacketBatch(64);
        for (int i = 0; i < queues.Length; i++)
        {
            while (queues[i].Read(batch) > 0)
            {
                for (int packet = 0; packet < batch.Count; packet++)
                {
                    // Others may be IPv6's own, and answers of ICMP.
                    ReadOnlySpan<byte> data = batch[packet].Data;
                    if (data[0] == 0x45 && data[9] == 17 && data[22] == FlowPort >> 8 && data[23] == (FlowPort & 0xFF)) counts[i]++;
                }
            }
        }
        return counts;
    }
}
