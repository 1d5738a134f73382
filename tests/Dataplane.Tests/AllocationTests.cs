using System.Diagnostics;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Dataplane.Tests.Offload;
using Dmvpn.Dataplane.Tests.Protected;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ike;
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

    public static TheoryData<EncryptionId, int, IntegrityId, bool, bool> Suites => new()
    {
        { EncryptionId.AesGcm16, 128, IntegrityId.None, false, false },
        { EncryptionId.AesGcm16, 256, IntegrityId.None, true, true },
        { EncryptionId.AesCbc, 256, IntegrityId.HmacSha256, false, false },
        { EncryptionId.AesCbc, 128, IntegrityId.HmacSha1, true, true },
        { EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None, false, true },
        { EncryptionId.NullAesGmac, 128, IntegrityId.None, false, false },
        { EncryptionId.Null, 0, IntegrityId.HmacSha512, false, false },
    };

    /// <summary>Sealed by one router, opened by another, with all that is between the two devices.</summary>
    [Theory]
    [MemberData(nameof(Suites))]
    public void Protected_OutAndIn_AllocatesNothing(EncryptionId encryption, int bits, IntegrityId integrity, bool tunnelMode, bool udp)
    {
        var suite = new EspSuite(encryption, bits, integrity, Esn: true);
        byte[][] packets = [Packet("10.1.0.1", "10.2.0.1", 64), Packet("10.1.0.1", "10.2.0.2", 1300), Packet("fd00::9", "fd00::2", 200), Packet("10.1.0.1", "224.0.0.5", 64)];
        using var pair = new ProtectedPair(suite, tunnelMode, udp, packets);
        MeasureRounds(() => pair.Round());
        output.WriteLine($"{pair.Delivered} delivered");
        Assert.True(pair.Delivered >= PacketsEach);
        Assert.Equal(0, pair.Drops);
    }

    /// <summary>In the clear, from its own slot; and with what the kernel has merged, which is cut up.</summary>
    [Fact]
    public void Relayed_InTheClear_AllocatesNothing()
    {
        byte[] whole = SuperPacket.Ordinary(size: 1300, length: 30_000).Whole();
        byte[][] packets = [Gre(Packet("10.1.0.1", "10.2.0.1", 64), 7), Gre(Packet("fd01::1", "fd02::1", 1200), 7), Gre(Packet("10.1.0.1", "10.0.0.77"), 7), Gre(whole, 7)];
        var kernel = new EndlessDevice(default, default, []) { Silent = true };
        var wire = new EndlessDevice(Ip("192.0.2.1"), Rig.Peer3.Address, packets);
        TunnelCounters counters = Measure(kernel, wire, RelayHub.Relaying, each: 20_000);
        Assert.Equal((0, counters.PacketsIn), (kernel.Taken, counters.PacketsRelayed));
        Assert.True(counters.PacketsOut >= 20_000);
    }

    /// <summary>Sealed where it was opened, and, where the other SA's headers are longer, in a copy.</summary>
    [Theory]
    [InlineData(EncryptionId.AesGcm16, 128, IntegrityId.None, true)]
    [InlineData(EncryptionId.AesCbc, 256, IntegrityId.HmacSha512, false)]
    public void Relayed_Protected_AllocatesNothing(EncryptionId encryption, int bits, IntegrityId integrity, bool udp)
    {
        var gcm = new EspSuite(EncryptionId.AesGcm16, 128, IntegrityId.None, Esn: true);
        // Not more bytes than the sender's queue lets through.
        byte[][] packets = [Packet("10.1.0.1", "10.2.0.1", 64), Packet("10.1.0.1", "10.2.0.2", 64), Packet("10.1.0.1", "10.2.0.1", 64), Packet("10.1.0.1", "10.2.0.2", 1300)];
        using var pair = new ProtectedPair(gcm, false, udp, packets, new EspSuite(encryption, bits, integrity, Esn: true));
        MeasureRounds(() => pair.Round());
        output.WriteLine($"{pair.Relayed} relayed {pair.DropNames}");
        Assert.True(pair.Relayed >= PacketsEach);
        Assert.Equal((0, 0), (pair.Delivered, pair.Drops));
    }

    [Fact]
    public void ProtectedWithoutSaForgedAndReplayed_AllocatesNothing()
    {
        using var rig = new SecureRig(c => c with { Redirect = true });
        FarEnd end = rig.Peer2();
        byte[] once = end.Seal(Gre(Packet("10.2.0.1", "10.1.0.1"), 7)), forged = [.. once];
        forged[5] ^= 1;
        byte[] unknown = [9, 9, 9, 9, .. Pattern(60)], ike = [0, 0, 0, 0, .. Pattern(200)];
        var kernel = new EndlessDevice(default, default, [Packet("10.1.0.1", "10.2.0.1", 64), Packet("10.1.0.1", "224.0.0.5", 64)]);
        var wire = new EndlessDevice(Ip("192.0.2.1"), Rig.Peer2.Address, [once, forged, unknown, ike, [0xFF], once[..11]]);
        var silent = new EndlessDevice(Ip("192.0.2.1"), default, []) { Silent = true };
        var underlay = new Underlay(Ip("192.0.2.1"), [silent], silent) { Security = new SecurityPorts([wire], wire, [wire], silent, silent, silent) };
        rig.UseNone(end);
        rig.Rig.Table.AddMulticast(Rig.Tunnel0, new NbmaPeer(Ip("198.51.100.1")));
        rig.Rig.Table.SetTunnel(rig.Rig.Config, underlay, [kernel]);
        rig.Rig.Table.Publish();
        MeasureRounds(() =>
        {
            rig.Rig.Worker.Round(rig.Now);
            rig.Now += TimeSpan.FromMilliseconds(1);
            while (rig.Rig.Mailbox.TryPeek(out _)) rig.Rig.Mailbox.Release();
            while (rig.Rig.IkeMailbox.TryPeek(out _)) rig.Rig.IkeMailbox.Release();
        });
        DropCounters<DataplaneDrop> drops = underlay.Drops;
        foreach (DataplaneDrop why in new[] { DataplaneDrop.InReplayed, DataplaneDrop.InForged, DataplaneDrop.InUnknownSpi, DataplaneDrop.InMalformedEsp }) Assert.True(drops[why] > 1000, why.ToString());
        Assert.True(rig.Rig.Counters.Drops[DataplaneDrop.OutNoSa] > PacketsEach);
    }

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

    private TunnelCounters Measure(EndlessDevice kernel, EndlessDevice wire, Func<TunnelForwarding, TunnelForwarding>? change, int each = PacketsEach)
    {
        using var rig = new Rig(c => (change ?? (same => same))(c with { Redirect = true }));
        var underlay = new Underlay(Ip("192.0.2.1"), [wire], wire);
        rig.Table.SetTunnel(rig.Config, underlay, [kernel]);
        rig.Table.SetBestRoute(Prefix("10.0.0.0/24"), Rig.Tunnel0);
        if (rig.Config.RelayIPv4) RelayHub.Prepare(rig);
        for (uint i = 0; i < 300; i++) rig.Table.AddMulticast(Rig.Tunnel0, new NbmaPeer(IpAddress.FromIPv4(i + 1)));
        rig.Table.Publish();

        MeasureRounds(() =>
        {
            rig.Worker.Round(rig.Now);
            rig.Now += TimeSpan.FromMicroseconds(100);
            while (rig.Mailbox.TryPeek(out _)) rig.Mailbox.Release();
        }, each);
        TunnelCounters counters = rig.Counters;
        Assert.True(counters.PacketsIn + counters.PacketsOut + counters.ControlIn + counters.Drops.Total + underlay.Drops.Total >= each);
        return counters;
    }

    /// <summary>Each round is a batch of packets.</summary>
    private void MeasureRounds(Action round, int each = PacketsEach)
    {
        Run(round, each / 5);    // everything that is made once
        long allocated = long.MaxValue;
        TimeSpan took = TimeSpan.Zero;
        // On a busy machine the compiler's second tier comes late and makes objects on this thread, once. What a packet allocates, it allocates in every round.
        for (int i = 0; i < Rounds && allocated != 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            Run(round, each);
            took = Stopwatch.GetElapsedTime(start);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        output.WriteLine($"{took.TotalNanoseconds / each:0} ns for a packet");
        Dmvpn.Tests.Allocation.AssertNone(allocated);
    }

    private static void Run(Action round, int packets)
    {
        for (int done = 0; done < packets; done += DataplaneLimits.BatchSize) round();
    }
}
