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

    private readonly List<(string Name, Func<Task<string>> Describe)> _witnesses = [];

    protected LabRun Run { get; private set; } = null!;

    protected Internet Internet { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("network namespaces need root");
        Run = LabRun.Start();
        Internet = await Internet.CreateAsync(Run);
        await Internet.CaptureAsync("internet");
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Run is null)
            return;
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            Run.KeepFiles = true;
            foreach ((string name, Func<Task<string>> describe) in _witnesses)
                await File.WriteAllTextAsync(Path.Combine(Run.Directory, name + ".state"), await describe());
            TestContext.Current.TestOutputHelper?.WriteLine($"logs, states and the capture: {Run.Directory}");
        }

        await Run.DisposeAsync();
    }

    /// <summary>Starts our daemon at a site.</summary>
    protected Task<DmvpnDaemon> StartAsync(Site site, string configuration) => StartAsync(site.Node, configuration);

    /// <summary>Starts our daemon in a namespace.</summary>
    protected async Task<DmvpnDaemon> StartAsync(NetNamespace node, string configuration, string? name = null)
    {
        Assert.SkipUnless(File.Exists(DmvpnDaemon.Binary), $"no {DmvpnDaemon.Binary}: ./dmvpn test builds it");
        DmvpnDaemon daemon = await DmvpnDaemon.StartAsync(Run, node, configuration, name);
        _witnesses.Add((daemon.Name, daemon.DescribeAsync));
        return daemon;
    }

    /// <summary>Boots FRR with nhrpd in a virtual machine.</summary>
    protected async Task<FrrPeer> BootFrrAsync(string name, int number, FrrSettings settings, string root = "/")
    {
        if ((UmlNode.Obstacle ?? FrrDaemons.Obstacle) is { } obstacle)
            Assert.Skip(obstacle);
        UmlNode node = await UmlNode.BootAsync(Run, Internet, name, number, root);
        _witnesses.Add((name, async () => (await node.TryRunAsync("ip addr; ip route; dmesg | tail -5")).Output));
        FrrPeer peer = await FrrPeer.StartAsync(node, settings);
        _witnesses[^1] = (name, peer.DescribeAsync);
        return peer;
    }

    /// <summary>Starts strongSwan in a namespace; GRE without protection neither leaves it nor comes in.</summary>
    protected async Task<CharonPeer> StartCharonAsync(NetNamespace node, IEnumerable<SwanConnection> connections, SwanCredentials credentials, string extra = "")
    {
        if (CharonPeer.Obstacle is { } obstacle)
            Assert.Skip(obstacle);
        CharonPeer charon = await CharonPeer.StartAsync(Run, node, connections, credentials, extra);
        _witnesses.Add((charon.Name, charon.DescribeAsync));
        return charon;
    }

    /// <summary>Fails with <paramref name="what"/> when it does not come true in time.</summary>
    protected static async Task EventuallyAsync(string what, TimeSpan deadline, Func<Task<bool>> condition)
    {
        if (!await Poll.UntilAsync(condition, deadline, TestContext.Current.CancellationToken))
            Assert.Fail($"not within {deadline.TotalSeconds} s: {what}");
    }
}
