using Dmvpn.Lab.Hosts;

namespace Dmvpn.Bench.Tunnel.Subjects;

/// <summary>Something that carries traffic from a left to a right namespace, to be measured.</summary>
internal abstract class Subject(string name)
{
    /// <summary>How long a tunnel may take to carry the first packet.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<int> _processes = [];

    /// <summary>What <c>--only</c> takes.</summary>
    public string Name { get; } = name;

    /// <summary>What it is, for the table's legend.</summary>
    public abstract string Description { get; }

    /// <summary>Spoke, hub, spoke.</summary>
    public virtual bool IsTransit => false;

    /// <summary>Why it cannot be measured here, and how to change that; null when it can.</summary>
    public virtual string? Obstacle => null;

    /// <summary>The namespaces, once it runs.</summary>
    public Pair Pair { get; private set; } = null!;

    /// <summary>The right end's address in the tunnel.</summary>
    public abstract string Target { get; }

    /// <summary>The processes that do the work of the tunnel, both ends; none when the kernel does it.</summary>
    public IReadOnlyList<int> Processes => _processes;

    /// <summary>The words that its program says about its version; "" when it says none.</summary>
    public virtual Task<string> VersionAsync() => Task.FromResult("");

    /// <summary>Starts it and waits until the right end answers.</summary>
    public async Task StartAsync(LabRun run)
    {
        Pair = await Pair.CreateAsync(run, Name, IsTransit).ConfigureAwait(false);
        await BeginAsync().ConfigureAwait(false);
        bool up = await Poll.UntilAsync(
            async () => (await Pair.Left.PingAsync(Target, "-c 1 -W 1").ConfigureAwait(false)).Received == 1, Patience).ConfigureAwait(false);
        if (!up) throw new CommandFailedException($"{Name}: {Target} does not answer\n{await DescribeAsync().ConfigureAwait(false)}");
    }

    protected abstract Task BeginAsync();

    protected virtual Task<string> DescribeAsync() => Task.FromResult($"its logs are in {Pair.Run.Directory}");

    protected void Counts(int process) => _processes.Add(process);

    protected void StartCounted(NetNamespace node, params string[] command) => Counts(Pair.Start(node, Path.GetFileName(command[0]), command).Pid);

    /// <summary>Gives the devices of both ends their addresses once they are there.</summary>
    protected async Task AddressAsync(string leftDevice, string left, string rightDevice, string right)
    {
        foreach ((NetNamespace node, string device, string address) in ((NetNamespace, string, string)[])[(Pair.Left, leftDevice, left), (Pair.Right, rightDevice, right)])
        {
            if (!await Poll.UntilAsync(async () => (await node.TryRunAsync("ip", "link", "show", device).ConfigureAwait(false)).Succeeded, Patience).ConfigureAwait(false))
                throw new CommandFailedException($"{Name}: no device {device}");
            await node.IpAsync($"address add {address}/24 dev {device}").ConfigureAwait(false);
            await node.IpAsync($"link set {device} mtu {TunnelLimits.InnerMtu} up").ConfigureAwait(false);
        }
    }

    /// <summary>The full path of a program, or null.</summary>
    internal static string? Find(string program)
    {
        if (program.Contains('/')) return File.Exists(program) ? program : null;
        string path = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin";
        return (path + ":/usr/sbin:/sbin").Split(':').Select(d => Path.Combine(d, program)).FirstOrDefault(File.Exists);
    }

    protected static async Task<string> FirstLineAsync(string file, params string[] arguments)
    {
        CommandResult result = await Host.TryRunAsync(file, arguments).ConfigureAwait(false);
        return (result.Output + result.Error).Split('\n')[0].Trim();
    }
}
