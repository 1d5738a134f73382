using System.Diagnostics;
using Dmvpn.Core;
using Dmvpn.Dataplane.Tests.Offload;
using Dmvpn.Wire.Gre;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests;

/// <summary>The zero-allocation gate: every path of the data path, 100,000 packets each, not one byte.</summary>
public sealed class AllocationTests(ITestOutputHelper output)
{
    private const int PacketsEach = 100_000;
    private const int Rounds = 3;

    [Fact]
    public void Unicast_Out_AllocatesNothing() => Out(
        [Packet("10.1.0.1", "10.2.0.1", 64), Packet("10.1.0.1", "10.2.0.2", 1300), Packet("fd01::1", "fd02::1", 64), Syn("10.1.0.1", "10.2.0.3", 1460)],
        c => c with { MssIPv4 = 1360 });

    [Fact]
    public void ChecksumAndSequence_Out_AllocatesNothing() =>
        Out([Packet("10.1.0.1", "10.2.0.1", 1300)], c => c with { Checksum = true, SequenceNumbers = true });

    [Fact]
    public void Multicast_Out_AllocatesNothing() => Out([Packet("10.1.0.1", "224.0.0.10", 64), Packet("fe80::1", "ff02::a", 64)]);

    [Fact]
    public void UnmappedTooBigAndMalformed_Out_AllocatesNothing() => Out(
        [
            Packet("10.1.0.1", "10.0.0.77"), Packet("10.1.0.1", "203.0.113.1"), [0x60], Packet("192.0.2.1", "10.2.0.1", protocol: Wire.Ip.IpProtocol.Gre),
            Packet("10.1.0.1", "10.2.0.1", 1500, dontFragment: true), Packet("10.1.0.1", "10.2.0.1", 4000), Packet("fd01::1", "fd02::1", 1500),
        ]);

    [Fact]
    public void UnderlayRefuses_Out_AllocatesNothing() => Out([Packet("10.1.0.1", "10.2.0.1", 64)], outcome: SendOutcome.TooBig);

    [Fact]
    public void SuperPackets_Out_AllocateNothing()
    {
        SuperPacket super = SuperPacket.Ordinary(size: 1300, length: 60_000);
        var kernel = new EndlessDevice(default, default, [super.Whole()]) { Header = super.Header };
        Measure(kernel, new EndlessDevice(Ip("192.0.2.1"), Rig.Peer2.Address, []) { Silent = true }, null, each: 2_000);
    }

    [Fact]
    public void SegmentsThatAreMerged_In_AllocateNothing() => In(
        [.. SuperPacket.Ordinary(size: 1300, length: 40_000).Segments().ConvertAll(s => Gre(s, 7)), .. SuperPacket.Ordinary(tcp: false, size: 1300, length: 20_000).Segments().ConvertAll(s => Gre(s, 7))]);

    [Fact]
    public void Unicast_In_AllocatesNothing() => In(
        [Gre(Packet("10.2.0.1", "10.1.0.1", 64), 7), Gre(Packet("10.2.0.1", "10.1.0.2", 1300), 7), Gre(Packet("fd02::1", "fd01::1", 64), 7)]);

    [Fact]
    public void ChecksumSequenceAndMulticast_In_AllocatesNothing() => In(
        [Gre(Packet("10.2.0.1", "10.1.0.1", 1300), 7, 1, true), Gre(Packet("10.2.0.1", "224.0.0.5", 64), 7, 2)], c => c with { SequenceNumbers = true });

    [Fact]
    public void TurningRoundControlAndDrops_In_AllocatesNothing() => In(
        [
            Gre(Packet("10.2.0.1", "10.0.0.9", 64), 7), Gre(Pattern(100), 7, protocol: GreProtocol.Nhrp), Gre(Pattern(100), 7, protocol: GreProtocol.Cdp),
            Gre(Pattern(100), 7, protocol: (GreProtocol)0x6558), Gre(Packet("10.2.0.1", "10.1.0.1"), 99), [1, 2], Gre([0x45, 0], 7),
            Gre(Packet(Ip("192.0.2.1"), Ip("192.0.2.2"), Gre([], 7, protocol: GreProtocol.KeepaliveReply), protocol: Wire.Ip.IpProtocol.Gre), 7),
        ]);

    private void Out(byte[][] packets, Func<TunnelForwarding, TunnelForwarding>? change = null, SendOutcome outcome = SendOutcome.Sent)
    {
        var kernel = new EndlessDevice(default, default, packets);
        var wire = new EndlessDevice(Ip("192.0.2.1"), Rig.Peer2.Address, []) { Silent = true, Outcome = outcome };
        Measure(kernel, wire, change);
    }

    private void In(byte[][] packets, Func<TunnelForwarding, TunnelForwarding>? change = null)
    {
        var kernel = new EndlessDevice(default, default, []) { Silent = true };
        Measure(kernel, new EndlessDevice(Ip("192.0.2.1"), Rig.Peer2.Address, packets), change);
    }

    private void Measure(EndlessDevice kernel, EndlessDevice wire, Func<TunnelForwarding, TunnelForwarding>? change, int each = PacketsEach)
    {
        using var rig = new Rig(c => (change ?? (same => same))(c with { Redirect = true }));
        var underlay = new Underlay(Ip("192.0.2.1"), [wire], wire);
        rig.Table.SetTunnel(rig.Config, underlay, [kernel]);
        rig.Table.SetBestRoute(Prefix("10.0.0.0/24"), Rig.Tunnel0);
        for (uint i = 0; i < 300; i++) rig.Table.AddMulticast(Rig.Tunnel0, new NbmaPeer(IpAddress.FromIPv4(i + 1)));
        rig.Table.Publish();

        Run(rig, each / 5);    // everything that is made once
        long allocated = long.MaxValue;
        TimeSpan took = TimeSpan.Zero;
        // On a busy machine the compiler's second tier comes late and makes objects on this thread, once. What a packet allocates, it allocates in every round.
        for (int round = 0; round < Rounds && allocated != 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            Run(rig, each);
            took = Stopwatch.GetElapsedTime(start);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        output.WriteLine($"{took.TotalNanoseconds / each:0} ns for a packet");
        TunnelCounters counters = rig.Counters;
        Assert.True(counters.PacketsIn + counters.PacketsOut + counters.ControlIn + counters.Drops.Total + underlay.Drops.Total >= each);
        Dmvpn.Tests.Allocation.AssertNone(allocated);
    }

    private static void Run(Rig rig, int packets)
    {
        for (int done = 0; done < packets; done += DataplaneLimits.BatchSize)
        {
            rig.Worker.Round(rig.Now);
            rig.Now += TimeSpan.FromMicroseconds(100);
            while (rig.Mailbox.TryPeek(out _)) rig.Mailbox.Release();
        }
    }
}
