using Dmvpn.Lab.Hosts;

namespace Dmvpn.Lab.Peers.StrongSwan;

/// <summary>
/// strongSwan's charon in a network namespace of this kernel, which may have no ESP of its own: the plugin kernel-libipsec does it in
/// the process, tunnel mode only and always in UDP. Its device <c>ipsec0</c> takes GRE from, and gives it to, raw sockets of the namespace.
/// Any number of them run side by side: each has its own <c>/run</c>.
/// </summary>
public sealed class CharonPeer : SwanPeer
{
    private readonly NetNamespace _node;
    private readonly string _directory;
    private LabProcess? _process;

    private CharonPeer(NetNamespace node, string directory)
    {
        _node = node;
        _directory = directory;
    }

    /// <summary>Why this machine cannot run one; null when it can.</summary>
    public static string? Obstacle => File.Exists("/usr/lib/ipsec/charon") && File.Exists("/usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so")
        ? null : "no strongSwan with kernel-libipsec (Debian packages strongswan-charon, strongswan-swanctl, libcharon-extra-plugins)";

    /// <inheritdoc/>
    public override string Name => _node.Name + "-charon";

    /// <summary>It is running.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Number of its process.</summary>
    public int Pid => _process?.Pid ?? 0;

    private string Socket => Path.Combine(_directory, "vici");

    private string LogFile => Path.Combine(_directory, "charon.log");

    /// <summary>Starts one in a namespace and loads its connections.</summary>
    /// <param name="extra">More lines of the section <c>charon</c> of strongswan.conf: <c>fragment_size = 600</c>.</param>
    /// <param name="quiet">It logs nothing: for measuring.</param>
    public static async Task<CharonPeer> StartAsync(
        LabRun run, NetNamespace node, IEnumerable<SwanConnection> connections, SwanCredentials credentials, string extra = "", bool quiet = false)
    {
        string directory = Path.Combine(run.Directory, "charon-" + node.Name);
        Directory.CreateDirectory(Path.Combine(directory, "run"));
        var peer = new CharonPeer(node, directory);
        foreach ((string name, string pem) in credentials.Files)
        {
            string file = Path.Combine(directory, "swanctl", name);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, pem).ConfigureAwait(false);
        }

        Directory.CreateDirectory(Path.Combine(directory, "swanctl"));
        await File.WriteAllTextAsync(Path.Combine(directory, "swanctl", "swanctl.conf"), SwanConnection.File(connections, credentials)).ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(directory, "strongswan.conf"), StrongSwanConf(true, peer.LogFile, peer.Socket, extra, quiet)).ConfigureAwait(false);

        // What is to be protected neither leaves nor comes in by any other way than ipsec0.
        await node.NftAsync("""
            table ip closed {
              chain out { type filter hook output priority 0; oifname "eth0" meta l4proto gre counter drop; }
              chain in { type filter hook input priority 0; iifname "eth0" meta l4proto gre counter drop; }
            }
            """).ConfigureAwait(false);
        await peer.StartAsync().ConfigureAwait(false);
        return peer;
    }

    /// <summary>Starts it again after <see cref="KillAsync"/>.</summary>
    public async Task StartAsync()
    {
        File.Delete(Socket);
        _process = _node.Start(Name, "env", "STRONGSWAN_CONF=" + Path.Combine(_directory, "strongswan.conf"), "unshare", "-m", "--propagation", "private",
            "sh", "-c", "mount --bind \"$0\" /run && exec /usr/lib/ipsec/charon", Path.Combine(_directory, "run"));
        if (!await Poll.UntilAsync(() => File.Exists(Socket) || _process.HasExited, Host.Patience).ConfigureAwait(false) || _process.HasExited)
            throw new CommandFailedException($"charon did not start in {_node.Name}: {_process.Log}");

        // The socket's file is there before anybody listens.
        CommandResult loaded = new(1, "", "");
        await Poll.UntilAsync(async () => (loaded = await SwanctlAsync("--load-all").ConfigureAwait(false)).Succeeded, TimeSpan.FromSeconds(10)).ConfigureAwait(false);
        if (!loaded.Succeeded)
            throw Host.Failure("swanctl", ["--load-all"], loaded);
    }

    /// <inheritdoc/>
    public override Task<CommandResult> SwanctlAsync(params string[] arguments) =>
        Host.TryRunAsync("env", ["SWANCTL_DIR=" + Path.Combine(_directory, "swanctl"), "swanctl", .. arguments, "--uri", "unix://" + Socket], input: null, Host.Patience);

    /// <inheritdoc/>
    public override async Task<string> LogAsync() => File.Exists(LogFile) ? await File.ReadAllTextAsync(LogFile).ConfigureAwait(false) : "";

    /// <summary>Ends it in good order: peers are told.</summary>
    public Task StopAsync() => _process?.StopAsync(TimeSpan.FromSeconds(10)) ?? Task.CompletedTask;

    /// <summary>Ends it as a crash would.</summary>
    public Task KillAsync() => _process?.KillAsync() ?? Task.CompletedTask;
}
