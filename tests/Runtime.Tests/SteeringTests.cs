using Dmvpn.Core;
using Dmvpn.Dataplane;

namespace Dmvpn.Runtime.Tests;

/// <summary>The real kernel sorts what arrives to the workers' sockets.</summary>
public sealed unsafe class SteeringTests : PortTest
{
    private const byte Esp = 50, Gre = 47;
    private const ushort Nat = 4500;

    public static TheoryData<string, string, int> PairsAndWorkers
    {
        get
        {
            var data = new TheoryData<string, string, int>();
            foreach (int workers in (ReadOnlySpan<int>)[1, 2, 3, 7])
            {
                data.Add("192.0.2.1", "192.0.2.2", workers);
                data.Add("2001:db8::1", "2001:db8::2", workers);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(PairsAndWorkers))]
    public void EspInUdp_ComesToTheWorkerOfItsSpi(string from, string to, int workers)
    {
        UdpPort left = Keep(UdpPort.Open(Nat, IpAddress.Parse(from), PathOf(Left)));
        UdpPort[] right = UdpPort.OpenForWorkers(workers, Nat, IpAddress.Parse(to), PathOf(Right));
        Array.ForEach(right, port => Keep(port));
        // Each length once, so that nothing is joined: what a message holds is another test.
        OutgoingPacket[] packets = [.. Enumerable.Range(1, 40).Select(i => Packet(to, Nat, 100 + i, (byte)i))];

        left.Send(packets);

        Assert.All(Collect(right, packets.Length), at => Assert.Equal((int)(SpiOf(at.Filler) % workers), at.Worker));
    }

    [Fact]
    public void WhatIsNoEsp_ComesToTheFirstWorker()
    {
        UdpPort left = Keep(UdpPort.Open(Nat, IpAddress.Parse("192.0.2.1"), PathOf(Left)));
        UdpPort[] right = UdpPort.OpenForWorkers(3, Nat, IpAddress.Parse("192.0.2.2"), PathOf(Right));
        Array.ForEach(right, port => Keep(port));
        // A keepalive, one that is cut short, IKE behind its marker, nothing.
        OutgoingPacket[] packets = [Packet("192.0.2.2", Nat, 1, 0xFF), Packet("192.0.2.2", Nat, 3, 1), Packet("192.0.2.2", Nat, 500, 0), Packet("192.0.2.2", Nat, 0, 0)];

        left.Send(packets);

        List<(int Worker, byte Filler, int Length, IpAddress Peer)> arrived = Collect(right, packets.Length);
        Assert.All(arrived, at => Assert.Equal(0, at.Worker));
        Assert.Equal([0, 1, 3, 500], arrived.Select(at => at.Length).Order());
    }

    [Fact]
    public void MessageOfManyDatagrams_ComesToOneWorkerByItsFirstSpi()
    {
        UdpPort left = Keep(UdpPort.Open(Nat, IpAddress.Parse("192.0.2.1"), PathOf(Left)));
        UdpPort[] right = UdpPort.OpenForWorkers(2, Nat, IpAddress.Parse("192.0.2.2"), PathOf(Right));
        Array.ForEach(right, port => Keep(port));
        OutgoingPacket[] packets = [.. Enumerable.Range(0, 20).Select(i => Packet("192.0.2.2", Nat, 1000, (byte)(i < 10 ? 1 : 2)))];

        left.Send(packets);

        // The kernel joins datagrams of one flow whatever their SPIs, which is why all SPIs of a flow must be of one worker.
        Assert.All(Collect(right, packets.Length), at => Assert.Equal(1, at.Worker));
        Assert.Equal((1, 20, 0), (right[1].Counters.MessagesIn, right[1].Counters.PacketsIn, right[0].Counters.PacketsIn));
    }

    [Fact]
    public void AnotherProgram_ThatDoesNotShare_CannotHaveThePort()
    {
        UdpPort[] right = UdpPort.OpenForWorkers(2, Nat, IpAddress.Parse("192.0.2.2"), PathOf(Right));
        Array.ForEach(right, port => Keep(port));
        LinuxException refused = Assert.Throws<LinuxException>(() => UdpPort.Open(Nat, IpAddress.Parse("192.0.2.2"), PathOf(Right)));
        Assert.Equal(Errno.AddressInUse, refused.Error.Number);
    }

    [Theory]
    [MemberData(nameof(PairsAndWorkers))]
    public void RawEsp_ComesToTheWorkerOfItsSpiAndToNoOther(string from, string to, int workers)
    {
        RawPort left = Keep(RawPort.Open(Esp, IpAddress.Parse(from), PathOf(Left)));
        RawPort[] right = OpenRaw(Esp, to, workers);
        OutgoingPacket[] packets = [.. Enumerable.Range(1, 40).Select(i => Packet(to, 0, 100, (byte)i)), Packet(to, 0, 3, 2), Packet(to, 0, 1400, 200)];

        left.Send(packets);

        List<(int Worker, byte Filler, int Length, IpAddress Peer)> arrived = Collect(right, packets.Length);
        Assert.Equal(Enumerable.Range(1, 40).Append(2).Append(200).Order(), arrived.Select(at => (int)at.Filler).Order());
        // What is too short for an SPI is the first worker's, to be counted.
        Assert.All(arrived, at => Assert.Equal(at.Length < 4 ? 0 : (int)(SpiOf(at.Filler) % workers), at.Worker));
        AssertNothingMore(right);
    }

    [Theory]
    [InlineData("192.0.2", ".", 24, "192.0.2.2")]
    [InlineData("2001:db8", "::1:", 64, "2001:db8::2")]
    public void RawGre_OfOnePeer_ComesToOneWorkerAndToNoOther(string network, string separator, int length, string to)
    {
        const int Peers = 30, Each = 5, Workers = 3;
        RawPort[] right = OpenRaw(Gre, to, Workers);
        for (int i = 0; i < Peers; i++)
        {
            string from = $"{network}{separator}{100 + i}";
            TestNetwork.Ip(Left, $"address add {from}/{length} dev v0{(to.Contains(':') ? " nodad" : "")}");
            RawPort left = Keep(RawPort.Open(Gre, IpAddress.Parse(from), PathOf(Left)));
            OutgoingPacket[] packets = [.. Enumerable.Range(0, Each).Select(n => Packet(to, 0, 50 + n, (byte)n))];
            left.Send(packets);
        }

        List<(int Worker, byte Filler, int Length, IpAddress Peer)> arrived = Collect(right, Peers * Each);
        Assert.All(arrived.GroupBy(at => at.Peer), peer =>
        {
            Assert.Single(peer.Select(at => at.Worker).Distinct());
            Assert.Equal([50, 51, 52, 53, 54], peer.Select(at => at.Length));
        });
        Assert.Equal(Peers, arrived.Select(at => at.Peer).Distinct().Count());
        Assert.Equal(Workers, arrived.Select(at => at.Worker).Distinct().Count());
        AssertNothingMore(right);
    }

    private static uint SpiOf(byte filler) => filler * 0x0101_0101u;

    private RawPort[] OpenRaw(byte protocol, string local, int workers) =>
        [.. Enumerable.Range(0, workers).Select(i => Keep(RawPort.Open(protocol, IpAddress.Parse(local), PathOf(Right), share: new WorkerShare(i, workers))))];

    /// <summary>So many packets, of all ports together, those of a port in order.</summary>
    private static List<(int Worker, byte Filler, int Length, IpAddress Peer)> Collect(SocketPort[] ports, int expected)
    {
        var arrived = new List<(int, byte, int, IpAddress)>();
        using var batch = new PacketBatch(64);
        TestNetwork.Eventually(
            () =>
            {
                for (int worker = 0; worker < ports.Length; worker++)
                {
                    ports[worker].Receive(batch);
                    for (int i = 0; i < batch.Count; i++) arrived.Add((worker, batch[i].Length > 0 ? batch[i].Data[0] : (byte)0, batch[i].Length, batch[i].Peer));
                }
                return arrived.Count >= expected;
            }, $"{expected} packets");
        Assert.Equal(expected, arrived.Count);
        return arrived;
    }

    /// <summary>All that was sent is through the veth pair when the last packet was seen: a copy too many would be here.</summary>
    private static void AssertNothingMore(SocketPort[] ports)
    {
        using var batch = new PacketBatch(64);
        Assert.All(ports, port => Assert.Equal(0, port.Receive(batch)));
    }
}
