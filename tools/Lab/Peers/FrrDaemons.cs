using Dmvpn.Lab.Hosts;

namespace Dmvpn.Lab.Peers;

/// <summary>
/// FRR's routing daemons of this machine beside our daemon, in its namespace: no nhrpd, no virtual machine. Their sockets,
/// pid files and logs are in a directory of their own, so that any number of them run side by side.
/// </summary>
public sealed class FrrDaemons
{
    private readonly string _directory;

    private FrrDaemons(string directory) => _directory = directory;

    /// <summary>Why this machine cannot; null when it can.</summary>
    public static string? Obstacle => File.Exists("/usr/lib/frr/zebra") ? null : "no /usr/lib/frr/zebra (Debian package frr)";

    /// <summary>Starts daemons ("zebra", "ospfd", …) and configures them.</summary>
    public static async Task<FrrDaemons> StartAsync(LabRun run, NetNamespace node, string configuration, params string[] daemons)
    {
        string directory = Path.Combine(run.Directory, "frr-" + node.Name);
        Directory.CreateDirectory(directory);
        string file = Path.Combine(directory, "frr.conf");
        await File.WriteAllTextAsync(file, configuration).ConfigureAwait(false);
        await Host.RunAsync("chown", "-R", "frr:frr", directory).ConfigureAwait(false);
        foreach (string daemon in daemons)
        {
            // In the foreground, as a process of the run: then it ends with the run whatever happens.
            node.Start($"frr-{node.Name}-{daemon}", "/usr/lib/frr/" + daemon, "-z", directory + "/zserv.api",
                "-i", $"{directory}/{daemon}.pid", "--vty_socket", directory, "-A", "127.0.0.1", "-P", "0", "--log", "stdout");
            string socket = $"{directory}/{daemon}.vty";
            if (!await Poll.UntilAsync(() => File.Exists(socket), Host.Patience).ConfigureAwait(false))
                throw new CommandFailedException($"{daemon} did not start in {node.Name}");
        }

        string[] load = ["--vty_socket", directory, "-f", file];
        CommandResult result = await Host.TryRunAsync("vtysh", load).ConfigureAwait(false);
        if (!result.Succeeded || result.Output.Contains("% ", StringComparison.Ordinal))
            throw Host.Failure("vtysh", load, result);
        return new FrrDaemons(directory);
    }

    /// <summary>A command of FRR's own shell.</summary>
    public Task<string> VtyshAsync(string command) => Host.RunAsync("vtysh", "--vty_socket", _directory, "-c", command);
}
