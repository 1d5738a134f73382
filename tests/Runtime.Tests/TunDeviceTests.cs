using System.Diagnostics;
using Dmvpn.Dataplane;
using Dmvpn.Runtime.Netlink;

namespace Dmvpn.Runtime.Tests;

public sealed class TunDeviceTests : IDisposable
{
    private const int IPv4HeaderLength = 20;

    private readonly TestNetwork _network = TestNetwork.CreateOrSkip();
    private readonly NetworkNamespace _space;

    public TunDeviceTests() => _space = _network.Add();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void Open_NewDevice_IsPointToPointMulticastNoArpAndGoneAfterClose()
    {
        using Rtnetlink rtnetlink = _space.Run(() => new Rtnetlink());
        using (TunDevice tun = _space.Run(() => TunDevice.Open("Tunnel7")))
        {
            LinuxLink link = rtnetlink.FindLink("Tunnel7")!;
            Assert.Equal(tun.LinkIndex, link.Index);
            Assert.Equal("tun", link.Kind);
            Assert.Equal(LinkFlags.PointToPoint | LinkFlags.Multicast | LinkFlags.NoArp, link.Flags);
            LinuxException busy = Assert.Throws<LinuxException>(() => _space.Run(() => TunDevice.Open("Tunnel7")));
            Assert.Equal(Errno.Busy, busy.Error.Number);
        }
        TestNetwork.Eventually(() => rtnetlink.FindLink("Tunnel7") is null, "Tunnel7 gone");
    }

    [Theory]
    [InlineData("")]
    [InlineData("Tunnel%d")]
    [InlineData("Tunnel1234567890")]
    public void Open_NameThatIsNone_Throws(string name) => Assert.Throws<ArgumentException>(() => TunDevice.Open(name));

    [Fact]
    public void Ping_AnsweredByTheTest_ComesBack()
    {
        using TunDevice tun = Up("Tunnel0", "10.0.0.1/24");
        using var poller = new Poller();
        poller.Add(tun.Descriptor, 1);
        using var batch = new PacketBatch(16);
        // -w: three answers are waited for. Without it ping waits for two round trips, however short these were.
        using Process ping = TestNetwork.Start(_space, "ping", "-n -c 3 -i 0.01 -w 5 -s 1200 10.0.0.2");
        var end = MonotonicClock.Now + TimeSpan.FromSeconds(10);
        int answered = 0;
        while (answered < 3 && MonotonicClock.Now < end)
        {
            poller.Wait(end);
            tun.Read(batch);
            for (int i = 0; i < batch.Count; i++)
            {
                if (!IsEcho(batch[i].Data)) continue;
                Answer(batch[i].Data);
                Assert.True(tun.Write(ref batch[i]));
                answered++;
            }
        }
        ping.WaitForExit();
        string output = ping.StandardOutput.ReadToEnd();
        Assert.Contains("3 received", output);
        Assert.Contains("1208 bytes from 10.0.0.2", output);
    }

    [Fact]
    public void Write_DeviceDownAndThenDeleted_ReturnsFalse()
    {
        using TunDevice tun = _space.Run(() => TunDevice.Open("Tunnel0"));
        using var batch = new PacketBatch(1);
        Fill(ref batch[0]);
        Assert.False(tun.Write(ref batch[0]));
        Assert.Equal(Errno.InputOutput, tun.LastError);

        TestNetwork.Ip(_space, "link set Tunnel0 up");
        Fill(ref batch[0]);
        Assert.True(tun.Write(ref batch[0]));
        Fill(ref batch[0]);
        batch[0].Data[0] = 0x15;
        Assert.False(tun.Write(ref batch[0]));
        Assert.Equal(Errno.Invalid, tun.LastError);

        TestNetwork.Ip(_space, "link del Tunnel0");
        Fill(ref batch[0]);
        Assert.False(tun.Write(ref batch[0]));
        Assert.Equal(Errno.BadDescriptorState, tun.LastError);
        Assert.Equal(0, tun.Read(batch));
    }

    [Fact]
    public void SetCarrier_TakenAway_IsSeenByTheKernel()
    {
        using TunDevice tun = Up("Tunnel0", "10.0.0.1/24");
        using Rtnetlink rtnetlink = _space.Run(() => new Rtnetlink());
        Assert.True(rtnetlink.FindLink("Tunnel0")!.IsRunning);
        Assert.True(tun.SetCarrier(false).IsNone);
        Assert.False(rtnetlink.FindLink("Tunnel0")!.IsRunning);
        Assert.True(tun.SetCarrier(true).IsNone);
        Assert.True(rtnetlink.FindLink("Tunnel0")!.IsRunning);
    }

    [Fact]
    public void OpenQueue_OfMultiQueueDevice_BothQueuesWork()
    {
        using TunDevice first = _space.Run(() => TunDevice.Open("Tunnel0", multiQueue: true));
        using TunDevice second = _space.Run(first.OpenQueue);
        TestNetwork.Ip(_space, "link set Tunnel0 up");
        Assert.Equal(first.LinkIndex, second.LinkIndex);
        using var batch = new PacketBatch(1);
        Fill(ref batch[0]);
        Assert.True(first.Write(ref batch[0]));
        Fill(ref batch[0]);
        Assert.True(second.Write(ref batch[0]));
    }

    [Fact]
    public void ReadAndWrite_ManyRounds_AllocateNothing()
    {
        using TunDevice tun = Up("Tunnel0", "10.0.0.1/24");
        using var batch = new PacketBatch(8);
        long before = 0;
        for (int round = 0; round < 1100; round++)
        {
            if (round == 100) before = GC.GetAllocatedBytesForCurrentThread();
            tun.Read(batch);
            Fill(ref batch[0]);
            tun.Write(ref batch[0]);
        }
        Dmvpn.Tests.Allocation.AssertNone(GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private TunDevice Up(string name, string address)
    {
        TunDevice tun = _space.Run(() => TunDevice.Open(name));
        TestNetwork.Ip(_space, $"address add {address} dev {name}");
        TestNetwork.Ip(_space, $"link set {name} up");
        return tun;
    }

    // The smallest IPv4 packet that the kernel takes off a device: to nobody here.
    private static void Fill(ref PacketSlot slot)
    {
        slot.Reset();
        slot.Length = IPv4HeaderLength;
        slot.Data.Clear();
        slot.Data[0] = 0x45;
        slot.Data[3] = IPv4HeaderLength;
    }

    private static bool IsEcho(ReadOnlySpan<byte> packet) => packet.Length > IPv4HeaderLength && packet[0] == 0x45 && packet[9] == 1 && packet[20] == 8;

    // Echo request to reply: addresses swapped, type 8 to 0, and the checksum with it (RFC 1624).
    private static void Answer(Span<byte> packet)
    {
        uint source = BitConverter.ToUInt32(packet[12..]);
        packet[16..20].CopyTo(packet[12..]);
        BitConverter.TryWriteBytes(packet[16..], source);
        packet[20] = 0;
        int sum = (packet[22] << 8 | packet[23]) + 0x0800;
        sum = (sum & 0xFFFF) + (sum >> 16);
        (packet[22], packet[23]) = ((byte)(sum >> 8), (byte)sum);
    }
}
