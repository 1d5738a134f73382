using Dmvpn.Bench.Nhrp;
using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Peers.StrongSwan;

namespace Dmvpn.Bench.Ike;

/// <summary>
/// The network of <see cref="HubUnderTest"/>, with our native binary or strongSwan's charon as the hub:
/// <code>
/// [ dmvpn run | charon ] 192.0.2.1 ---- veth ---- 192.0.2.2 [ generator: is all of 10.64.0.0/10, UDP 500 and 4500 ]
/// </code>
/// </summary>
internal sealed class IkeHub : IAsyncDisposable
{
    /// <summary>What strongSwan's manual advises for many peers, and no defence against floods: the generator is none.</summary>
    private const string CharonSettings = """
        threads = 16
          ikesa_table_size = 8192
          ikesa_table_segments = 16
          dos_protection = no
          init_limit_half_open = 0
          init_limit_job_load = 0
        """;

    private readonly LabRun _run;
    private readonly DmvpnDaemon? _ours;
    private readonly CharonPeer? _charon;

    private IkeHub(LabRun run, DmvpnDaemon? ours, CharonPeer? charon, string spokes) => (_run, _ours, _charon, Spokes) = (run, ours, charon, spokes);

    /// <summary>The generator's namespace.</summary>
    public string Spokes { get; }

    public int Process => _ours?.Pid ?? _charon!.Pid;

    public static Task<IkeHub> StartOursAsync(IkeCase way, SpokePopulation population) => StartAsync(async (run, hub, spokes) =>
    {
        string file(string name) => Path.Combine(run.Directory, name);
        await File.WriteAllTextAsync(file("ca.pem"), population.AuthorityPem).ConfigureAwait(false);
        await File.WriteAllTextAsync(file("hub.pem"), population.Hub.CertificatePem).ConfigureAwait(false);
        await File.WriteAllTextAsync(file("hub.key"), population.Hub.KeyPem).ConfigureAwait(false);
        File.SetUnixFileMode(file("hub.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new IkeHub(run, await DmvpnDaemon.StartAsync(run, hub, Configuration(way, file, "u0")).ConfigureAwait(false), null, spokes);
    });

    public static Task<IkeHub> StartCharonAsync(IkeCase way, SpokePopulation population) => StartAsync(async (run, hub, spokes) =>
    {
        var connection = new SwanConnection("bench")
        {
            Proposals = way.SwanProposal,
            Certificate = way.Certificates ? "hub.pem" : null,
            LocalId = "hub.example.org",
            Extra = ["unique = never", "childless = allow", "mobike = yes", "rekey_time = 24h"],
        };
        SwanCredentials credentials = way.Certificates
            ? new SwanCredentials
            {
                Files = new Dictionary<string, string>
                {
                    ["x509/hub.pem"] = population.Hub.CertificatePem,
                    ["private/hub.pem"] = population.Hub.KeyPem,
                    ["x509ca/ca.pem"] = population.AuthorityPem,
                },
            }
            : new SwanCredentials { PreSharedKey = IkeCase.SharedKey };
        return new IkeHub(run, null, await CharonPeer.StartAsync(run, hub, [connection], credentials, CharonSettings, quiet: true).ConfigureAwait(false), spokes);
    });

    /// <summary>Ends our hub as a crash would, and starts it again.</summary>
    public async Task RestartAsync()
    {
        await _ours!.KillAsync().ConfigureAwait(false);
        await _ours.StartAsync().ConfigureAwait(false);
    }

    /// <summary>Memory, once it no longer falls.</summary>
    /// <param name="thorough">False: as it is.</param>
    public async Task<long> SettledBytesAsync(bool thorough) =>
        thorough ? await ProcessFigures.SettledBytesAsync(Process).ConfigureAwait(false) : ProcessFigures.ResidentBytes(Process);

    public async ValueTask DisposeAsync()
    {
        if (_ours is not null) await _ours.KillAsync().ConfigureAwait(false);
        if (_charon is not null) await _charon.KillAsync().ConfigureAwait(false);
        await _run.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<IkeHub> StartAsync(Func<LabRun, NetNamespace, string, Task<IkeHub>> start)
    {
        LabRun run = LabRun.Start();
        try
        {
            (NetNamespace hub, NetNamespace spokes) = await BenchNetwork.BuildAsync(run).ConfigureAwait(false);
            await hub.IpAsync($"route add {SpoofedFlood.Sources} via {BenchNetwork.Generator}").ConfigureAwait(false);
            return await start(run, hub, spokes.FullName).ConfigureAwait(false);
        }
        catch
        {
            await run.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <param name="way">How spokes set SAs up.</param>
    /// <param name="file">The path of <c>ca.pem</c>, <c>hub.pem</c> and <c>hub.key</c>, where there are certificates.</param>
    /// <param name="source">Device or address of the underlay.</param>
    internal static string Configuration(IkeCase way, Func<string, string> file, string source) => $"""
        hostname bench
        !
        crypto ikev2 proposal P
         encryption aes-gcm-128
         prf sha256
         group {(int)way.Group}
        !
        crypto ikev2 policy POL
         proposal P
        !
        {(way.Certificates ? $"""
        crypto pki trustpoint TP
         ca-file {file("ca.pem")}
         certificate-file {file("hub.pem")}
         key-file {file("hub.key")}
         revocation-check none
        """ : $"""
        crypto ikev2 keyring K
         peer ANY
          address 0.0.0.0 0.0.0.0
          pre-shared-key {IkeCase.SharedKey}
        """)}
        !
        crypto ikev2 profile PR
         match identity remote fqdn domain example.org
         identity local fqdn hub.example.org
         authentication local {(way.Certificates ? "ecdsa-sig" : "pre-share")}
         authentication remote {(way.Certificates ? "ecdsa-sig" : "pre-share")}
         {(way.Certificates ? "pki trustpoint TP" : "keyring local K")}
        !
        crypto ipsec transform-set T esp-gcm 128
         mode transport
        !
        crypto ipsec profile DMVPN
         set transform-set T
         set ikev2-profile PR
        !
        interface Tunnel0
         ip address {BenchNetwork.HubTunnel} {BenchNetwork.TunnelMask}
         ip mtu 1400
         ip nhrp network-id 1
         ip nhrp holdtime 7200
         ip nhrp max-send 65535 every 10
         ip nhrp redirect
         tunnel source {source}
         tunnel mode gre multipoint
         tunnel protection ipsec profile DMVPN
        !
        end

        """;
}
