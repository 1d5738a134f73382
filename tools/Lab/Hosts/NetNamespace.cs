namespace Dmvpn.Lab.Hosts;

/// <summary>A network namespace of a <see cref="LabRun"/>.</summary>
public sealed class NetNamespace
{
    private readonly LabRun? _run;

    internal NetNamespace(LabRun? run, string name, string fullName)
    {
        _run = run;
        Name = name;
        FullName = fullName;
    }

    /// <summary>Name within the run: "spoke1".</summary>
    public string Name { get; }

    /// <summary>Name on this machine: "odl1a2b-spoke1".</summary>
    public string FullName { get; }

    /// <summary>Runs <c>ip</c> here; the words of the command are separated by blanks.</summary>
    public Task<string> IpAsync(string command) =>
        Host.RunAsync("ip", ["-n", FullName, .. command.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

    /// <summary>Runs a command here and throws when it fails.</summary>
    public Task<string> RunAsync(params string[] command) => Host.RunAsync("ip", ["netns", "exec", FullName, .. command]);

    /// <summary>Runs a command here.</summary>
    public Task<CommandResult> TryRunAsync(params string[] command) => TryRunAsync(Host.Patience, command);

    /// <summary>Runs a command here that may take its time.</summary>
    public Task<CommandResult> TryRunAsync(TimeSpan patience, params string[] command) =>
        Host.TryRunAsync("ip", ["netns", "exec", FullName, .. command], input: null, patience);

    /// <summary>Sets kernel parameters: "net.ipv4.ip_forward=1".</summary>
    public Task<string> SysctlAsync(params string[] settings) => RunAsync(["sysctl", "-qw", .. settings]);

    /// <summary>Loads an nftables ruleset.</summary>
    public async Task NftAsync(string rules)
    {
        string[] command = ["netns", "exec", FullName, "nft", "-f", "-"];
        CommandResult result = await Host.TryRunAsync("ip", command, rules, Host.Patience).ConfigureAwait(false);
        if (!result.Succeeded)
            throw Host.Failure("ip", command, result);
    }

    /// <summary>Starts a process here that goes on running until the run ends.</summary>
    public LabProcess Start(string name, params string[] command) =>
        (_run ?? throw new InvalidOperationException("this namespace is another run's")).StartProcess(FullName, name, input: false, command);

    /// <summary>Starts one that we talk to by its standard input.</summary>
    public LabProcess StartWithInput(string name, params string[] command) =>
        (_run ?? throw new InvalidOperationException("this namespace is another run's")).StartProcess(FullName, name, input: true, command);

    /// <summary>Sends echo requests and waits for the last answer.</summary>
    /// <param name="options">Of <c>ping</c>: "-c 5 -i 0.2".</param>
    public async Task<PingResult> PingAsync(string destination, string options)
    {
        string[] words = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        CommandResult result = await TryRunAsync(TimeSpan.FromMinutes(3), ["ping", "-n", .. words, destination]).ConfigureAwait(false);
        return PingResult.Parse(result.Output + result.Error);
    }
}
