using System.Text.Json;
using Dmvpn.Bench.Ike;
using Dmvpn.Bench.Nhrp;
using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;

namespace Dmvpn.Bench.Tunnel.Subjects;

/// <summary>
/// A hub (right) and a spoke (left) as <c>esp-udp</c>, and others that are registered with the hub and have nothing to say: each with an IKE SA, an ESP SA each way, mapping and adjacency.
/// <code>
/// [ left: spoke ] 192.0.2.2 ---- 192.0.2.1 [ right: hub ] 203.0.113.1 ---- 203.0.113.2 [ generator: is all others, 10.64.0.0/10 ]
/// </code>
/// </summary>
/// <param name="others">How many others.</param>
/// <param name="population">Who they are.</param>
internal sealed class IdlePeersSubject(int others, SpokePopulation population) : Subject(others == 0 ? "one-peer" : "idle-peers"), IDisposable
{
    private const string SpokeAddress = "172.16.0.2", HubToOthers = "203.0.113.1", Generator = "203.0.113.2";
    private const int Window = 64;

    // The key exchange and the proof of bench ike's memory figure.
    private static readonly IkeCase Way = IkeCase.All[0];

    private IkeGenerator? _others;
    private DmvpnDaemon _hub = null!;

    public override string Description => $"GRE in ESP (AES-128-GCM) in UDP, a hub with {others} idle peers more";

    public override string Target => BenchNetwork.HubTunnel.ToString();

    public override Task<string> VersionAsync() => FirstLineAsync(DmvpnDaemon.Binary, "--version");

    /// <summary>Throws unless the hub still has every one of the others.</summary>
    public async Task CheckAsync()
    {
        JsonElement cache = await _hub.ShowJsonAsync("ip", "nhrp").ConfigureAwait(false);
        int mappings = cache.GetProperty("entries").GetArrayLength();
        if (mappings != others + 1) throw new InvalidDataException($"the hub has {mappings} mappings, not {others + 1}");
    }

    public void Dispose() => _others?.Dispose();

    protected override async Task BeginAsync()
    {
        NetNamespace outside = await Pair.Run.AddNamespaceAsync(Name + "-o").ConfigureAwait(false);
        await LabRun.ConnectAsync(Pair.Right, "eth1", outside, "eth0").ConfigureAwait(false);
        await Pair.Right.IpAsync($"address add {HubToOthers}/24 dev eth1").ConfigureAwait(false);
        await Pair.Right.IpAsync($"route add {BenchNetwork.SpokesUnderlay} via {Generator}").ConfigureAwait(false);
        await outside.IpAsync($"address add {Generator}/24 dev eth0").ConfigureAwait(false);
        await outside.IpAsync($"route add default via {HubToOthers}").ConfigureAwait(false);
        await outside.IpAsync($"route add local {BenchNetwork.SpokesUnderlay} dev lo").ConfigureAwait(false);

        string hub = IkeHub.Configuration(Way, _ => "", Pair.RightUnderlay);
        _hub = await DmvpnDaemon.StartAsync(Pair.Run, Pair.Right, hub).ConfigureAwait(false);
        Counts(_hub.Pid);
        if (others > 0)
        {
            _others = new IkeGenerator(outside.FullName, population, Way, withChild: true);
            (int up, _) = _others.Run(0, others, Window, TimeSpan.FromMinutes(2));
            if (up != others) throw new TimeoutException($"{up} of {others} idle peers came up");
        }
        DmvpnDaemon spoke = await DmvpnDaemon.StartAsync(Pair.Run, Pair.Left, SpokeText(hub)).ConfigureAwait(false);
        Counts(spoke.Pid);
    }

    // The same but for who and where it is.
    private string SpokeText(string hub) => hub
        .Replace("hostname bench\n", "hostname spoke\ncrypto ipsec nat-transparency always\n", StringComparison.Ordinal)
        .Replace("fqdn hub.example.org", "fqdn measured.example.org", StringComparison.Ordinal)
        .Replace($"ip address {BenchNetwork.HubTunnel} ", $"ip address {SpokeAddress} ", StringComparison.Ordinal)
        .Replace("ip nhrp redirect\n", $"ip nhrp nhs {BenchNetwork.HubTunnel} nbma {Pair.RightUnderlay}\n", StringComparison.Ordinal)
        .Replace($"tunnel source {Pair.RightUnderlay}", $"tunnel source {Pair.LeftUnderlay}", StringComparison.Ordinal)
        .Replace("tunnel mode gre multipoint", $"tunnel mode gre ip\n tunnel destination {Pair.RightUnderlay}", StringComparison.Ordinal);
}
