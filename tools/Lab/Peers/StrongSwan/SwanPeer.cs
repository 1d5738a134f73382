using Dmvpn.Lab.Hosts;

namespace Dmvpn.Lab.Peers.StrongSwan;

/// <summary>A running charon, spoken to by swanctl.</summary>
public abstract class SwanPeer
{
    /// <summary>Name.</summary>
    public abstract string Name { get; }

    /// <summary>All that it has logged.</summary>
    public abstract Task<string> LogAsync();

    /// <summary>Runs swanctl; failing is an answer too.</summary>
    public abstract Task<CommandResult> SwanctlAsync(params string[] arguments);

    /// <summary>Starts a child SA, and its IKE SA if there is none, and waits for it. False when it does not come up.</summary>
    public async Task<bool> InitiateAsync(string child) => (await SwanctlAsync("--initiate", "--child", child, "--timeout", "10").ConfigureAwait(false)).Succeeded;

    /// <summary>Makes a new IKE SA in place of the old one.</summary>
    public Task RekeyIkeAsync(string ike) => MustAsync("--rekey", "--ike", ike);

    /// <summary>Makes a new IKE SA with new authentication.</summary>
    public Task ReauthenticateAsync(string ike) => MustAsync("--rekey", "--ike", ike, "--reauth");

    /// <summary>Makes a new child SA in place of the old one.</summary>
    public Task RekeyChildAsync(string child) => MustAsync("--rekey", "--child", child);

    /// <summary>Ends an IKE SA and its children, and tells the peer.</summary>
    public Task TerminateAsync(string ike) => MustAsync("--terminate", "--ike", ike, "--timeout", "10");

    /// <summary>Ends an IKE SA and waits for no answer.</summary>
    public Task ForgetAsync(string ike) => MustAsync("--terminate", "--ike", ike, "--force", "--timeout", "-1");

    /// <summary>The IKE SAs.</summary>
    public async Task<IReadOnlyList<SwanSa>> SasAsync() => SwanSa.Parse((await SwanctlAsync("--list-sas").ConfigureAwait(false)).Output);

    /// <summary>The established IKE SAs of a connection that have an installed child.</summary>
    public async Task<IReadOnlyList<SwanSa>> UpAsync(string connection) =>
        [.. (await SasAsync().ConfigureAwait(false)).Where(sa => sa.Name == connection && sa.IsEstablished && sa.Children.Any(child => child.IsInstalled))];

    /// <summary>All that helps to find out why something failed.</summary>
    public virtual async Task<string> DescribeAsync() =>
        $"==== {Name}: strongSwan\n{(await SwanctlAsync("--list-sas").ConfigureAwait(false)).Output}\n{await LogAsync().ConfigureAwait(false)}";

    private protected static string StrongSwanConf(bool libipsec, string log, string vici, string extra, bool quiet = false) => $$"""
        charon {
          load_modular = yes
          install_routes = {{(libipsec ? "yes" : "no")}}
          delete_rekeyed_delay = 1
          retransmit_timeout = 0.5
          retransmit_base = 1.4
          retransmit_tries = 6
          {{extra}}
          plugins {
            include /etc/strongswan.d/charon/*.conf
            kernel-libipsec {
              load = {{(libipsec ? "yes" : "no")}}
              allow_peer_ts = yes
            }
            # The peer is within the selectors: what charon sends itself must not be taken for traffic to protect.
            kernel-netlink { fwmark = {{(libipsec ? "!0x42" : "")}} }
            socket-default { fwmark = {{(libipsec ? "0x42" : "")}} }
            vici { socket = unix://{{vici}} }
            # It asks the kernel for each of 60 algorithms, which takes a User-Mode Linux guest 10 s.
            af-alg { load = no }
            forecast { load = no }
            farp { load = no }
            dhcp { load = no }
            bypass-lan { load = no }
            connmark { load = no }
            stroke { load = no }
            resolve { load = no }
          }
          syslog {
            daemon { default = -1 }
            auth { default = -1 }
          }
          filelog {
            log {
              path = {{log}}
              time_format = %H:%M:%S
              time_add_ms = yes
              default = {{(quiet ? -1 : 1)}}
              ike = {{(quiet ? -1 : 2)}}
              cfg = {{(quiet ? -1 : 2)}}
              enc = {{(quiet ? -1 : 1)}}
              flush_line = yes
            }
          }
        }

        """;

    private async Task MustAsync(params string[] arguments)
    {
        CommandResult result = await SwanctlAsync(arguments).ConfigureAwait(false);
        if (!result.Succeeded)
            throw Host.Failure("swanctl", arguments, result);
    }
}
