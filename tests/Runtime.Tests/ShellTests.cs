using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Dmvpn.Core;

namespace Dmvpn.Runtime.Tests;

public sealed partial class ShellTests
{
    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    [Fact]
    public void MonotonicClock_ReadTwice_GoesOnAtTheRateOfTheSystem()
    {
        Instant before = MonotonicClock.Now;
        long ticks = Environment.TickCount64;
        TestNetwork.Eventually(() => Environment.TickCount64 >= ticks + 20, "20 ms");
        TimeSpan passed = MonotonicClock.Now - before;
        Assert.InRange(passed, TimeSpan.FromMilliseconds(9), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void SystemRandom_FilledTwice_IsNotTheSame()
    {
        byte[] a = new byte[32], b = new byte[32];
        SystemRandom.Instance.Fill(a);
        SystemRandom.Instance.Fill(b);
        Assert.NotEqual(a, b);
        Assert.False(SystemRandom.Instance.NextUInt32() == SystemRandom.Instance.NextUInt32() && SystemRandom.Instance.NextUInt32() == 0);
    }

    [Fact]
    public void LinuxError_WithDetail_SaysBoth()
    {
        Assert.Equal("File exists (17)", new LinuxError(Errno.Exists).ToString());
        Assert.Equal("Invalid argument (22): mtu", new LinuxError(Errno.Invalid, "mtu").ToString());
        LinuxException thrown = Assert.Throws<LinuxException>(() => new LinuxError(Errno.Exists).ThrowIfAny("add route"));
        Assert.Equal("add route: File exists (17)", thrown.Message);
    }

    [Fact]
    public void Signals_HangUpAndTerminate_AreDeliveredAsRequests()
    {
        var requests = new BlockingCollection<SignalRequest>();
        using var handling = new SignalHandling(requests.Add);
        // nohup has its children ignore SIGHUP, and they are to keep it so.
        if (!IgnoresHangUp())
        {
            Kill(Environment.ProcessId, 1);
            Assert.True(requests.TryTake(out SignalRequest first, TimeSpan.FromSeconds(10)));
            Assert.Equal(SignalRequest.Reload, first);
        }
        Kill(Environment.ProcessId, 15);
        Assert.True(requests.TryTake(out SignalRequest second, TimeSpan.FromSeconds(10)));
        Assert.Equal(SignalRequest.Stop, second);
    }

    private static bool IgnoresHangUp()
    {
        string ignored = File.ReadLines("/proc/self/status").First(static line => line.StartsWith("SigIgn:", StringComparison.Ordinal));
        return (Convert.ToUInt64(ignored[7..].Trim(), 16) & 1) != 0;
    }

    [Fact]
    public void NameResolver_NameInTheHostsFile_IsResolvedInTheBackground()
    {
        var results = new BlockingCollection<NameResolution>();
        using var resolver = new NameResolver(results.Add);
        resolver.Watch(new WatchedName(null, "localhost"));
        Assert.True(results.TryTake(out NameResolution result, TimeSpan.FromSeconds(10)));
        Assert.Null(result.Failure);
        Assert.All(result.Addresses, address => Assert.True(address.IsLoopback));
        // Who asks again gets what has just been found, without another look-up.
        resolver.Watch(new WatchedName(null, "localhost"));
        Assert.True(results.TryTake(out NameResolution again));
        Assert.Equal(result, again);
    }

    [Fact]
    public async Task NameResolver_FailureAndUnwatch_AreToldAndEndIt()
    {
        var results = new BlockingCollection<NameResolution>();
        var cancelled = new TaskCompletionSource();
        int calls = 0;
        using var resolver = new NameResolver(results.Add, async (_, stop) =>
        {
            if (Interlocked.Increment(ref calls) == 1) throw new SocketException((int)SocketError.HostNotFound);
            stop.Register(cancelled.SetResult);
            await Task.Delay(Timeout.Infinite, stop);
            return Array.Empty<IPAddress>();
        });
        resolver.Watch(new WatchedName(null, "hub.example"));
        Assert.True(results.TryTake(out NameResolution result, TimeSpan.FromSeconds(10)));
        Assert.NotNull(result.Failure);
        Assert.Empty(result.Addresses);
        resolver.Watch(new WatchedName(null, "other.example"));
        TestNetwork.Eventually(() => Volatile.Read(ref calls) == 2, "second look-up");
        resolver.Unwatch(new WatchedName(null, "other.example"));
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Empty(results);
    }

    [Fact]
    public void NetworkNamespace_ByName_IsEnteredAndLeft()
    {
        using TestNetwork network = TestNetwork.CreateOrSkip();
        NetworkNamespace here = network.Add();
        string name = $"dmvpn-runtime-{Environment.ProcessId}";
        TestNetwork.Ip(here, $"netns add {name}");
        try
        {
            string inside = NetworkNamespace.Run(name, Current);
            Assert.NotEqual(Current(), inside);
            Assert.Equal(Current(), NetworkNamespace.Run(null, Current));
            Assert.Throws<InvalidTimeZoneException>(() => NetworkNamespace.Run<int>(name, () => throw new InvalidTimeZoneException()));
        }
        finally
        {
            TestNetwork.Ip(here, $"netns del {name}");
        }
        Assert.Equal(Errno.NoEntry, Assert.Throws<LinuxException>(() => NetworkNamespace.Open(name)).Error.Number);

        static string Current() => new FileInfo("/proc/thread-self/ns/net").LinkTarget!;
    }

    [Fact]
    public void KernelSettings_OfANamespace_AreThoseOfThatNamespace()
    {
        using TestNetwork network = TestNetwork.CreateOrSkip();
        NetworkNamespace space = network.Add();
        network.AddLink(space, "Tunnel0");
        space.Run(() =>
        {
            File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "0");
            Assert.False(KernelSettings.ForwardsIPv4);
            File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "1");
            Assert.True(KernelSettings.ForwardsIPv4);
            File.WriteAllText("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
            File.WriteAllText("/proc/sys/net/ipv4/conf/Tunnel0/rp_filter", "1");
            Assert.Equal(ReversePathFilter.Strict, KernelSettings.ReversePathFilter("Tunnel0"));
            File.WriteAllText("/proc/sys/net/ipv4/conf/all/rp_filter", "2");
            Assert.Equal(ReversePathFilter.Loose, KernelSettings.ReversePathFilter("Tunnel0"));
            Assert.True(KernelSettings.HasIPv6("Tunnel0"));
            Assert.False(KernelSettings.HasIPv6("nosuch"));
        });
    }
}
