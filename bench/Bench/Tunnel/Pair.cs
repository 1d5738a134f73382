using Dmvpn.Lab.Hosts;

namespace Dmvpn.Bench.Tunnel;

/// <summary>
/// The namespaces of one subject, joined by veth pairs, and the two ends that traffic goes between:
/// <code>
/// direct    [ left ] 192.0.2.2 ---- 192.0.2.1 [ right ]
/// transit   [ left ] 198.51.100.2 ---- [ hub: 192.0.2.1 ] ---- 203.0.113.2 [ right ]
/// </code>
/// Every subject has its own: all are up at once, so that each row is measured for one subject right after the other.
/// </summary>
internal sealed class Pair
{
    public const string LeftUnderlay = "192.0.2.2", RightUnderlay = "192.0.2.1";
    public const string TransitLeft = "198.51.100.2", TransitRight = "203.0.113.2", TransitHub = "192.0.2.1";

    private Pair(LabRun run, string name, NetNamespace left, NetNamespace right, NetNamespace? hub) =>
        (Run, Name, Left, Right, Hub) = (run, name, left, right, hub);

    public LabRun Run { get; }

    /// <summary>The subject's name: what the names of its processes begin with.</summary>
    public string Name { get; }

    /// <summary>Sends.</summary>
    public NetNamespace Left { get; }

    /// <summary>Receives.</summary>
    public NetNamespace Right { get; }

    /// <summary>In between, for transit.</summary>
    public NetNamespace? Hub { get; }

    /// <summary>Files of this subject.</summary>
    public string Directory => Path.Combine(Run.Directory, Name);

    public static async Task<Pair> CreateAsync(LabRun run, string name, bool transit)
    {
        NetNamespace left = await run.AddNamespaceAsync(name + "-l").ConfigureAwait(false), right = await run.AddNamespaceAsync(name + "-r").ConfigureAwait(false);
        System.IO.Directory.CreateDirectory(Path.Combine(run.Directory, name));
        if (!transit)
        {
            await LabRun.ConnectAsync(left, "eth0", right, "eth0").ConfigureAwait(false);
            await left.IpAsync($"address add {LeftUnderlay}/24 dev eth0").ConfigureAwait(false);
            await right.IpAsync($"address add {RightUnderlay}/24 dev eth0").ConfigureAwait(false);
            return new Pair(run, name, left, right, null);
        }
        NetNamespace hub = await run.AddNamespaceAsync(name + "-h").ConfigureAwait(false);
        await hub.SysctlAsync("net.ipv4.ip_forward=1").ConfigureAwait(false);
        await hub.IpAsync($"address add {TransitHub}/32 dev lo").ConfigureAwait(false);
        foreach ((NetNamespace node, string device, string gateway, string address) in
            ((NetNamespace, string, string, string)[])[(left, "eth1", "198.51.100.1", TransitLeft), (right, "eth2", "203.0.113.1", TransitRight)])
        {
            await LabRun.ConnectAsync(node, "eth0", hub, device).ConfigureAwait(false);
            await node.IpAsync($"address add {address}/24 dev eth0").ConfigureAwait(false);
            await hub.IpAsync($"address add {gateway}/24 dev {device}").ConfigureAwait(false);
            await node.IpAsync($"route add default via {gateway}").ConfigureAwait(false);
        }
        return new Pair(run, name, left, right, hub);
    }

    /// <summary>Starts a program that goes on running, in one of the namespaces.</summary>
    public LabProcess Start(NetNamespace node, string what, params string[] command) => node.Start($"{node.Name}-{what}", command);

    /// <summary>Writes one of the subject's files and returns its path.</summary>
    public async Task<string> WriteAsync(string file, string text)
    {
        string path = Path.Combine(Directory, file);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, text).ConfigureAwait(false);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
