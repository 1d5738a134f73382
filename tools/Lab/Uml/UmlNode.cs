using System.Globalization;
using System.Reflection;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Lab.Uml;

/// <summary>
/// A User-Mode Linux machine on the internet of the laboratory: a real kernel of its own, with mGRE and all that nhrpd wants
/// and this machine's kernel may lack. It boots in about 2 s with this machine's files (or another root's) under a tmpfs: it
/// may write anywhere and changes nothing outside. Right for correctness, useless for speed.
/// </summary>
public sealed class UmlNode
{
    private static readonly TimeSpan BootPatience = TimeSpan.FromSeconds(120);

    // Its kernel gets a part of one core: on a busy machine the start of a daemon takes half a minute.
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(120);
    private readonly LabProcess _machine;
    private readonly string _directory;
    private readonly SemaphoreSlim _console = new(1);
    private int _commands;

    private UmlNode(string name, SiteAddresses addresses, LabProcess machine, string directory)
    {
        Name = name;
        Addresses = addresses;
        _machine = machine;
        _directory = directory;
    }

    /// <summary>Name.</summary>
    public string Name { get; }

    /// <summary>Its place in the plan. It has no LAN host: the LAN is a dummy device of its own.</summary>
    public SiteAddresses Addresses { get; }

    /// <summary>Why this machine cannot boot one; null when it can.</summary>
    public static string? Obstacle =>
        !File.Exists("/usr/bin/linux.uml") ? "no /usr/bin/linux.uml (Debian package user-mode-linux)"
        : !Directory.Exists("/usr/lib/uml/modules") ? "no /usr/lib/uml/modules"
        : null;

    /// <summary>Boots one. It has <c>vec0</c> with its public addresses, <c>lan0</c>, and forwards.</summary>
    /// <param name="root">The directory that is its root file system: / or a Debian in a directory.</param>
    /// <param name="nat">Between it and the internet; <c>vec0</c> has a private address then.</param>
    public static async Task<UmlNode> BootAsync(LabRun run, Internet internet, string name, int number, string root = "/", NatBox? nat = null)
    {
        var addresses = new SiteAddresses(number);
        (NetNamespace at, string tap) = await internet.AddTapAsync(name, addresses, nat).ConfigureAwait(false);
        string directory = Path.Combine(run.Directory, "uml-" + name);
        Directory.CreateDirectory(Path.Combine(directory, "ctl"));
        string init = Unpack("init.sh", directory, "init");
        Unpack("modprobe.sh", directory, "modprobe");
        LabProcess machine = at.StartWithInput("console-" + name,
            "linux.uml", "mem=160M", "umid=" + run.Prefix + name, "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro",
            "cryptomgr.notests", "init=" + init, "con=null", "con0=fd:0,fd:1", "quiet",
            $"vec0:transport=tap,ifname={tap},depth=128,mac=02:0d:6c:00:00:{number:x2}",
            "ODL_NAME=" + name, "ODL_DIR=" + directory, "ODL_ROOT=" + root);
        var node = new UmlNode(name, addresses, machine, directory);
        string ready = Path.Combine(directory, "ctl", "ready");
        if (!await Poll.UntilAsync(() => File.Exists(ready) || machine.HasExited, BootPatience).ConfigureAwait(false) || machine.HasExited)
            throw new CommandFailedException($"{name} did not boot: {machine.Log}");
        await node.RunAsync($"""
            modprobe -a ipv6 dummy
            sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
                net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0 \
                net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.forwarding=1
            ip link add lan0 type dummy
            for a in {addresses.LanRouter}/24 {addresses.LanRouter6}/64; do ip addr add $a dev lan0; done
            ip link set lan0 up && ip link set vec0 up
            {(nat is null ? Outside(addresses) : Inside(addresses))}
            """).ConfigureAwait(false);
        return node;
    }

    /// <summary>Runs a shell script inside; failing is an answer too.</summary>
    public async Task<CommandResult> TryRunAsync(string script, TimeSpan? patience = null)
    {
        // A new name each time: the node may still have a file in its cache that it has seen before.
        string id = Interlocked.Increment(ref _commands).ToString(CultureInfo.InvariantCulture);
        string Control(string kind) => Path.Combine(_directory, "ctl", $"{id}.{kind}");
        await File.WriteAllTextAsync(Control("sh"), $"export HOME=/root LANG=C NAME={Name}\n{script}\n").ConfigureAwait(false);
        await _console.WaitAsync().ConfigureAwait(false);
        try
        {
            await _machine.Input.WriteAsync(id + "\n").ConfigureAwait(false);
            await _machine.Input.FlushAsync().ConfigureAwait(false);
        }
        finally
        {
            _console.Release();
        }

        bool ended = await Poll.UntilAsync(() => File.Exists(Control("rc")) || _machine.HasExited, patience ?? CommandPatience).ConfigureAwait(false);
        string output = File.Exists(Control("out")) ? await File.ReadAllTextAsync(Control("out")).ConfigureAwait(false) : "";
        if (!ended)
            return new CommandResult(124, output, $"{Name}: no end");
        if (_machine.HasExited)
            return new CommandResult(125, output, $"{Name} is down: {_machine.Log}");
        return new CommandResult(
            int.Parse(await File.ReadAllTextAsync(Control("rc")).ConfigureAwait(false), CultureInfo.InvariantCulture), output, "");
    }

    /// <summary>Runs a shell script inside and throws when it fails.</summary>
    public async Task<string> RunAsync(string script)
    {
        CommandResult result = await TryRunAsync(script).ConfigureAwait(false);
        return result.Succeeded ? result.Output : throw Host.Failure(Name + ":", [script], result);
    }

    /// <summary>Sends echo requests from its LAN address.</summary>
    public async Task<PingResult> PingAsync(string destination, string options)
    {
        CommandResult result = await TryRunAsync($"ping -n {options} -I {Addresses.LanRouter} {destination}", TimeSpan.FromMinutes(2)).ConfigureAwait(false);
        return PingResult.Parse(result.Output);
    }

    /// <summary>Ends the machine as a power cut does.</summary>
    public Task KillAsync() => _machine.KillAsync();

    private static string Outside(SiteAddresses addresses) => $"""
        for a in {addresses.Public}/28 {addresses.Public6}/64; do ip addr add $a dev vec0; done
        ip route add {SiteAddresses.Underlay} via {addresses.PublicGateway}
        ip -6 route add {SiteAddresses.Underlay6} via {addresses.PublicGateway6}
        """;

    private static string Inside(SiteAddresses addresses) => $"""
        ip addr add {addresses.Private}/24 dev vec0
        ip route add {SiteAddresses.Underlay} via {addresses.PrivateGateway}
        """;

    private static string Unpack(string resource, string directory, string name)
    {
        string file = Path.Combine(directory, name);
        Assembly self = typeof(UmlNode).Assembly;
        using (Stream from = self.GetManifestResourceStream($"Dmvpn.Lab.Uml.{resource}")!)
        using (var to = new FileStream(file, FileMode.Create))
            from.CopyTo(to);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        return file;
    }
}
