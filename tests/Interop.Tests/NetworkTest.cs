using System.Diagnostics;
using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;
using Dmvpn.Lab.Peers;
using Dmvpn.Lab.Peers.StrongSwan;
using Dmvpn.Lab.Uml;

namespace Dmvpn.Interop.Tests;

/// <summary>
/// A test with an internet of its own in network namespaces. When it fails, what every peer knew is written to files, which stay
/// with the logs and the capture in a directory that the test's output names.
/// </summary>
public abstract class NetworkTest : IAsyncLifetime
{
    /// <summary>For what takes a round trip or two.</summary>
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    /// <summary>A shortcut that hangs on FRR's redirect: its firewall rule lets one packet in 15 s through, and the first may be lost.</summary>
    protected static readonly TimeSpan AfterFrrRedirects = TimeSpan.FromSeconds(60);

    /// <summary>For what waits for a timer of a routing protocol or for a retry of NHRP.</summary>
    protected static readonly TimeSpan Later = TimeSpan.FromSeconds(60);

    private const string Capture = "internet";

    private readonly List<(string Name, Func<Task<string>> Describe)> _witnesses = [];

    protected LabRun Run { get; private set; } = null!;

    protected Internet Internet { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("network namespaces need root");
        Run = LabRun.Start();
        Internet = await Internet.CreateAsync(Run);
        await Internet.CaptureAsync(Capture);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Run is null)
            return;
        // A fault that the control thread survived: the test may have passed all the same, and the router is no longer what it should be.
        string[] faults = [.. Directory.EnumerateFiles(Run.Directory, "*.log").SelectMany(File.ReadLines).Where(line => line.Contains("CONTROL_FAILURE", StringComparison.Ordinal))];
        if (faults.Length > 0 || TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            Run.KeepFiles = true;
            foreach ((string name, Func<Task<string>> describe) in _witnesses)
                await File.WriteAllTextAsync(Path.Combine(Run.Directory, name + ".state"), await describe());
            TestContext.Current.TestOutputHelper?.WriteLine($"logs, states and the capture: {Run.Directory}");
        }

        await Run.DisposeAsync();
        Assert.Empty(faults);
    }

    /// <summary>Starts our daemon at a site.</summary>
    protected Task<DmvpnDaemon> StartAsync(Site site, string configuration) => StartAsync(site.Node, configuration);

    /// <summary>Starts our daemon in a namespace.</summary>
    protected async Task<DmvpnDaemon> StartAsync(NetNamespace node, string configuration, string? name = null)
    {
        Assert.SkipUnless(File.Exists(DmvpnDaemon.Binary), $"no {DmvpnDaemon.Binary}: ./dmvpn test builds it");
        DmvpnDaemon daemon = await DmvpnDaemon.StartAsync(Run, node, configuration, name);
        Witness(daemon.Name, daemon.DescribeAsync);
        return daemon;
    }

    /// <summary>Boots FRR with nhrpd in a virtual machine.</summary>
    protected async Task<FrrPeer> BootFrrAsync(string name, int number, FrrSettings settings, string root = "/") => (await BootAsync(name, number, settings, root, [], null)).Frr;

    /// <summary>The same with strongSwan on the kernel's XFRM, which is there before FRR is.</summary>
    protected async Task<(FrrPeer Frr, UmlSwanPeer Swan)> BootProtectedFrrAsync(string name, int number, FrrSettings settings, SwanConnection[] connections, NatBox? nat = null)
    {
        (FrrPeer frr, UmlSwanPeer? swan) = await BootAsync(name, number, settings, "/", connections, nat);
        return (frr, swan!);
    }

    /// <summary>Starts strongSwan in a namespace; GRE without protection neither leaves it nor comes in.</summary>
    protected async Task<CharonPeer> StartCharonAsync(NetNamespace node, IEnumerable<SwanConnection> connections, SwanCredentials credentials, string extra = "")
    {
        if (CharonPeer.Obstacle is { } obstacle)
            Assert.Skip(obstacle);
        CharonPeer charon = await CharonPeer.StartAsync(Run, node, connections, credentials, extra);
        Witness(charon.Name, charon.DescribeAsync);
        return charon;
    }

    /// <summary>The capture of the internet.</summary>
    protected string Recording => Internet.FileOf(Capture);

    /// <summary>Packets that went through the internet and match a filter of tcpdump, a line each.</summary>
    protected Task<string[]> RecordedAsync(string filter) => Internet.RecordedAsync(Capture, filter);

    protected static async Task<bool> AnswersAsync(NetNamespace from, string address) => (await from.PingAsync(address, "-c 1 -W 1")).Received == 1;

    private async Task<(FrrPeer Frr, UmlSwanPeer? Swan)> BootAsync(string name, int number, FrrSettings settings, string root, SwanConnection[] connections, NatBox? nat)
    {
        string? ipsec = connections.Length > 0 ? UmlSwanPeer.Obstacle : null;
        if ((UmlNode.Obstacle ?? FrrDaemons.Obstacle ?? ipsec) is { } obstacle)
            Assert.Skip(obstacle);
        UmlNode node = await UmlNode.BootAsync(Run, Internet, name, number, root, nat);
        Witness(name, async () => (await node.TryRunAsync("ip addr; ip route; dmesg | tail -5")).Output);
        UmlSwanPeer? swan = null;
        if (connections.Length > 0)
        {
            swan = await UmlSwanPeer.StartAsync(node, connections, new SwanCredentials { PreSharedKey = ProtectionText.Key });
            Witness(swan.Name, swan.DescribeAsync);
        }

        FrrPeer peer = await FrrPeer.StartAsync(node, settings);
        Witness(name, peer.DescribeAsync);
        return (peer, swan);
    }

    /// <summary>Two nodes may boot at the same time.</summary>
    private void Witness(string name, Func<Task<string>> describe)
    {
        lock (_witnesses)
        {
            _witnesses.RemoveAll(w => w.Name == name);
            _witnesses.Add((name, describe));
        }
    }

    /// <summary>Fails with <paramref name="what"/> when it does not come true in time.</summary>
    protected static async Task EventuallyAsync(string what, TimeSpan deadline, Func<Task<bool>> condition)
    {
        long begin = Stopwatch.GetTimestamp();
        if (!await Poll.UntilAsync(condition, deadline, TestContext.Current.CancellationToken))
            Assert.Fail($"not within {deadline.TotalSeconds} s: {what}");
        TestContext.Current.TestOutputHelper?.WriteLine($"after {Stopwatch.GetElapsedTime(begin).TotalSeconds:0.0} s: {what}");
    }
}
