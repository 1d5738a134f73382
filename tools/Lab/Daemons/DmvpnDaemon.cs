using System.Text.Json;
using Dmvpn.Lab.Hosts;

namespace Dmvpn.Lab.Daemons;

/// <summary>One line of <c>show dmvpn</c>, as its JSON has it.</summary>
public sealed record PeerLine(string Tunnel, string Nbma, string Address, string Target, bool IsUp, IReadOnlyList<string> Attributes);

/// <summary>The program under test, running in a namespace from a file, spoken to by its own command line as a user does.</summary>
public sealed class DmvpnDaemon
{
    /// <summary>How long it may take to answer after its start, and to end.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly LabRun _run;
    private readonly NetNamespace _node;
    private readonly string _program;
    private LabProcess? _process;

    private DmvpnDaemon(LabRun run, NetNamespace node, string name, string program)
    {
        _run = run;
        _node = node;
        _program = program;
        Name = name;
    }

    /// <summary>The program: DMVPN_BINARY, or out/dmvpn of the repository that we stand in.</summary>
    public static string Binary { get; } = Environment.GetEnvironmentVariable("DMVPN_BINARY") ?? Path.Combine(Repository.Root, "out", "dmvpn");

    /// <summary>What its log is named after.</summary>
    public string Name { get; }

    /// <summary>The configuration it was started from.</summary>
    public string File => Path.Combine(_run.Directory, Name + ".ios");

    /// <summary>Its control socket.</summary>
    public string Socket => Path.Combine(_run.Directory, Name + ".sock");

    /// <summary>Standard output and error.</summary>
    public string Log => _process?.Log ?? "";

    /// <summary>Number of its process.</summary>
    public int Pid => _process?.Pid ?? 0;

    /// <summary>It is running.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Its exit status, once it has ended.</summary>
    public int? ExitCode => _process is { HasExited: true } process ? process.ExitCode : null;

    /// <summary>Writes the configuration, starts the daemon and waits until it answers.</summary>
    /// <param name="name">Names its files; by default the namespace's name.</param>
    /// <param name="program">Another program than <see cref="Binary"/>.</param>
    public static async Task<DmvpnDaemon> StartAsync(LabRun run, NetNamespace node, string configuration, string? name = null, string? program = null)
    {
        var daemon = new DmvpnDaemon(run, node, name ?? node.Name, program ?? Binary);
        await System.IO.File.WriteAllTextAsync(daemon.File, configuration).ConfigureAwait(false);
        await daemon.StartAsync().ConfigureAwait(false);
        return daemon;
    }

    /// <summary>Starts it again after <see cref="StopAsync"/> or <see cref="KillAsync"/>.</summary>
    public async Task StartAsync()
    {
        _process = _node.Start(Name, _program, "run", File, "--socket", Socket);
        bool answers = await Poll.UntilAsync(
            async () => _process.HasExited || (await TryShowAsync("version").ConfigureAwait(false)).Succeeded, Patience).ConfigureAwait(false);
        if (!answers || _process.HasExited)
            throw new CommandFailedException($"the daemon of {Name} does not answer: {Log}");
    }

    /// <summary>Ends it in good order.</summary>
    public Task StopAsync() => _process?.StopAsync(Patience) ?? Task.CompletedTask;

    /// <summary>Ends it as a crash would.</summary>
    public Task KillAsync() => _process?.KillAsync() ?? Task.CompletedTask;

    /// <summary>Replaces the file, for the next start.</summary>
    public Task ReplaceAsync(string configuration) => System.IO.File.WriteAllTextAsync(File, configuration);

    /// <summary>Replaces the file and has it read again.</summary>
    /// <param name="configuration">The new file.</param>
    /// <param name="force">True: also when the protection of a tunnel or the last tunnel goes.</param>
    public async Task ReloadAsync(string configuration, bool force = false)
    {
        await ReplaceAsync(configuration).ConfigureAwait(false);
        await RunAsync(force ? ["reload", "--force"] : ["reload"]).ConfigureAwait(false);
    }

    /// <summary>A screen, as text. Throws when the daemon has none such.</summary>
    public Task<string> ShowAsync(params string[] words) => RunAsync(["show", .. words]);

    /// <summary>A screen, as JSON.</summary>
    public async Task<JsonElement> ShowJsonAsync(params string[] words)
    {
        using JsonDocument document = JsonDocument.Parse(await RunAsync(["show", .. words, "--json"]).ConfigureAwait(false));
        return document.RootElement.Clone();
    }

    /// <summary>Any command of the command line; the socket is added.</summary>
    public Task<string> RunAsync(params string[] words) => _node.RunAsync([_program, .. words, "--socket", Socket]);

    /// <summary>As <see cref="RunAsync"/>, for a command that may be refused.</summary>
    public Task<CommandResult> TryRunAsync(params string[] words) => _node.TryRunAsync([_program, .. words, "--socket", Socket]);

    /// <summary>Starts a command that goes on until the run ends: <c>debug</c>.</summary>
    public LabProcess Start(string name, params string[] words) => _node.Start(name, [_program, .. words, "--socket", Socket]);

    /// <summary>The lines of <c>show dmvpn</c>; none while the daemon does not answer.</summary>
    public async Task<IReadOnlyList<PeerLine>> PeersAsync()
    {
        CommandResult result = await TryShowAsync("dmvpn", "--json").ConfigureAwait(false);
        if (!result.Succeeded)
            return [];
        using JsonDocument document = JsonDocument.Parse(result.Output);
        List<PeerLine> lines = [];
        foreach (JsonElement tunnel in document.RootElement.GetProperty("tunnels").EnumerateArray())
        {
            foreach (JsonElement peer in tunnel.GetProperty("peers").EnumerateArray())
            {
                foreach (JsonElement entry in peer.GetProperty("entries").EnumerateArray())
                    lines.Add(Line(tunnel, peer, entry));
            }
        }

        return lines;
    }

    /// <summary>True when a peer with this tunnel address is up, at this NBMA address unless that is null.</summary>
    public async Task<bool> IsUpAsync(string address, string? nbma = null) =>
        (await PeersAsync().ConfigureAwait(false)).Any(p => p.IsUp && p.Address == address && (nbma is null || p.Nbma == nbma));

    /// <summary>All that helps to find out why something failed.</summary>
    public async Task<string> DescribeAsync()
    {
        var text = new System.Text.StringBuilder($"==== {Name}\n");
        foreach (string screen in (string[])["dmvpn detail", "ip nhrp detail", "ip nhrp traffic", "ip route", "adjacency",
            "crypto ikev2 sa detail", "crypto ipsec sa", "drops"])
        {
            CommandResult result = await TryShowAsync(screen.Split(' ')).ConfigureAwait(false);
            text.Append($"== show {screen}\n{result.Output}{result.Error}\n");
        }

        text.Append("== ip route\n").Append((await _node.TryRunAsync("ip", "route").ConfigureAwait(false)).Output);
        return text.ToString();
    }

    private Task<CommandResult> TryShowAsync(params string[] words) =>
        _node.TryRunAsync([_program, "show", .. words, "--socket", Socket]);

    private static PeerLine Line(JsonElement tunnel, JsonElement peer, JsonElement entry) => new(
        tunnel.GetProperty("tunnel").ToString(),
        peer.GetProperty("nbma").GetString() ?? "",
        entry.GetProperty("tunnel").GetString() ?? "",
        entry.GetProperty("target").GetString() ?? "",
        entry.GetProperty("state").GetString() == "up",
        entry.TryGetProperty("attributes", out JsonElement a) ? [.. a.EnumerateArray().Select(e => e.ToString())] : []);
}
