using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;

namespace Dmvpn.Bench.Nhrp;

/// <summary>
/// The native binary as a hub in one namespace, the generator's namespace joined to it by a veth pair:
/// <code>
/// [ dmvpn run hub.ios ] 192.0.2.1 ---- veth ---- 192.0.2.2 [ generator: is all of 10.64.0.0/10 ]
/// </code>
/// </summary>
internal sealed class HubUnderTest : IAsyncDisposable
{
    private const string Configuration = $"""
        hostname bench
        !
        interface Tunnel0
         ip address 172.16.0.1 {BenchNetwork.TunnelMask}
         ip mtu 1400
         ip nhrp network-id 1
         ip nhrp holdtime 7200
         ip nhrp max-send 65535 every 10
         ip nhrp redirect
         tunnel source u0
         tunnel mode gre multipoint
        !
        end

        """;

    private readonly LabRun _run;
    private readonly DmvpnDaemon _daemon;

    private HubUnderTest(LabRun run, DmvpnDaemon daemon, LoadGenerator generator) => (_run, _daemon, Generator) = (run, daemon, generator);

    public LoadGenerator Generator { get; }

    public int Process => _daemon.Pid;

    public static async Task<HubUnderTest> StartAsync()
    {
        LabRun run = LabRun.Start();
        try
        {
            (NetNamespace hub, NetNamespace spokes) = await BenchNetwork.BuildAsync(run).ConfigureAwait(false);
            DmvpnDaemon daemon = await DmvpnDaemon.StartAsync(run, hub, Configuration).ConfigureAwait(false);
            return new HubUnderTest(run, daemon, new LoadGenerator(spokes.FullName));
        }
        catch
        {
            await run.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What it says of itself, for the message of a failure.</summary>
    public Task<string> DescribeAsync() => _daemon.ShowAsync("ip", "nhrp", "traffic");

    public async ValueTask DisposeAsync()
    {
        Generator.Dispose();
        await _daemon.KillAsync().ConfigureAwait(false);
        await _run.DisposeAsync().ConfigureAwait(false);
    }
}
