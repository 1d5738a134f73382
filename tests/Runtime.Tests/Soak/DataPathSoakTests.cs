using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Dmvpn.Dataplane;
using Dmvpn.Dataplane.Offload;

namespace Dmvpn.Runtime.Tests.Soak;

/// <summary>
/// The whole data path between two kernels' stacks: TCP, UDP, ICMP, fragments, both families, under loss, reordering, duplication and rekeying, and every payload hashed at both ends. The
/// packet-by-packet path passes the same traffic.
/// </summary>
public sealed class DataPathSoakTests(ITestOutputHelper output) : IDisposable
{
    private const TunOffloads All = TunOffloads.Tcp | TunOffloads.Udp;
    private const int StreamBytes = 6_000_000;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly TestNetwork _network = TestNetwork.CreateOrSkip();

    public void Dispose() => _network.Dispose();

    [Theory]
    [InlineData(All, All, true, false)]
    [InlineData(All, All, false, false)]
    [InlineData(All, TunOffloads.None, true, false)]
    [InlineData(TunOffloads.None, TunOffloads.None, false, false)]
    [InlineData(All, TunOffloads.None, false, true)]
    public async Task MixedTraffic_LossReorderingRekey_NothingCorrupted(TunOffloads left, TunOffloads right, bool isProtected, bool kernelMerges)
    {
        (NetworkNamespace one, NetworkNamespace two) = _network.AddPair();
        if (kernelMerges) MergeInTheKernel(one, two);
        using SoakEnd a = new(one, 1, left, isProtected), b = new(two, 2, right, isProtected);
        uint spi = 0x1000;
        Rekey();
        a.Start();
        b.Start();
        using var cancel = new CancellationTokenSource(Longest);
        // Echo requests of three fragments; ping compares what comes back.
        using Process ping = TestNetwork.Start(one, "ping", "-n -c 60 -i 0.02 -W 2 -s 3000 10.0.0.2"), ping6 = TestNetwork.Start(two, "ping", "-n -c 60 -i 0.02 -W 2 -s 3000 fd00::1");
        Task<double> datagrams4 = Task.Run(() => SoakTraffic.DatagramsAsync(a, b, true, 120, 3, cancel.Token)), datagrams6 = Task.Run(() => SoakTraffic.DatagramsAsync(b, a, false, 120, 4, cancel.Token));
        Task[] streams =
        [
            .. from i in Enumerable.Range(0, 4)
               select Task.Run(() => SoakTraffic.StreamAsync(i % 2 == 0 ? a : b, i % 2 == 0 ? b : a, i < 2, StreamBytes, 100 + i, cancel.Token)),
        ];
        long start = Stopwatch.GetTimestamp();
        Task all = Task.WhenAll([.. streams, datagrams4, datagrams6]);
        while (await Task.WhenAny(all, Task.Delay(50, cancel.Token)) != all) Rekey();
        await all;
        output.WriteLine($"{4 * StreamBytes / 1e6} MB in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s, {spi - 0x1000} SAs, {a.Troubled + b.Troubled} packets troubled, datagrams {await datagrams4:P0} {await datagrams6:P0}");

        // How many the kernel had room for is another matter.
        Assert.True(await datagrams4 > 0.05 && await datagrams6 > 0.05);
        foreach (Process process in (Process[])[ping, ping6])
        {
            string said = await process.StandardOutput.ReadToEndAsync(cancel.Token);
            Assert.DoesNotContain("wrong data byte", said);
            Assert.True(int.Parse(Regex.Match(said, "(\\d+) received").Groups[1].Value, CultureInfo.InvariantCulture) > 30, said);
        }
        foreach (SoakEnd end in (SoakEnd[])[a, b])
        {
            Assert.Null(end.Failure);
            Assert.Equal(0, end.Counters.Drops[DataplaneDrop.OutMalformed] + end.Counters.Drops[DataplaneDrop.InMalformedInner] + end.Counters.Drops[DataplaneDrop.InDeviceRefused]);
            long writes = end.DeviceWrites, packets = end.Counters.PacketsIn;
            output.WriteLine($"{packets} packets in, {writes} writes");
            if (end.Offloads == TunOffloads.None && !kernelMerges) Assert.Equal(packets, writes);
            else Assert.True(writes < packets * 0.9, $"{packets} packets in {writes} writes: nothing was merged");
        }

        void Rekey()
        {
            if (!isProtected) return;
            SoakEnd.Rekey(a, b, ++spi);
            SoakEnd.Rekey(b, a, ++spi);
        }
    }

    /// <summary>Has the veth pair do what the driver of a network card does: GRO, which looks into GRE, over packets of some time.</summary>
    private static void MergeInTheKernel(params NetworkNamespace[] spaces)
    {
        foreach (NetworkNamespace space in spaces)
        {
            const string Late = "mount -t sysfs sysfs /sys && echo 500000 > /sys/class/net/v0/gro_flush_timeout && echo 5 > /sys/class/net/v0/napi_defer_hard_irqs";
            (int status, string said) = TestNetwork.Run(space, "ethtool", "-K v0 gro on tso off");
            if (status == 0) (status, said) = TestNetwork.Run(space, "unshare", $"-m sh -c \"{Late}\"");
            if (status != 0) Assert.Skip($"SKIPPED, no GRO on veth: {said}");
        }
    }
}
