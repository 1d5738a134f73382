using Dmvpn.Lab.Hosts;

namespace Dmvpn.Bench.Tunnel.Subjects;

/// <summary>wireguard-go: ChaCha20-Poly1305 in user space. It has offloads from its release of December 2023 on.</summary>
/// <param name="program">Path of wireguard-go, or its name.</param>
internal sealed class WireGuardSubject(string program) : Subject("wireguard-go")
{
    public override string Description => "wireguard-go (user space)";

    public override string? Obstacle => Find(program) is null ? "not installed (Debian package wireguard-go; the one of Debian 12 has no offloads: --wireguard-go FILE names a newer one)"
        : Find("wg") is null ? "no wg (Debian package wireguard-tools)" : null;

    public override string Target => "10.77.1.1";

    public override Task<string> VersionAsync() => FirstLineAsync(program, "--version");

    protected override async Task BeginAsync()
    {
        // Its control socket is in one directory for all namespaces: the device's name must be one of a kind.
        string device = "w" + Pair.Run.Prefix[3..^1];
        string left = await KeyAsync("l").ConfigureAwait(false), right = await KeyAsync("r").ConfigureAwait(false);
        StartCounted(Pair.Left, Find(program)!, "-f", device + "l");
        StartCounted(Pair.Right, Find(program)!, "-f", device + "r");
        await AddressAsync(device + "l", "10.77.1.2", device + "r", Target).ConfigureAwait(false);
        await SetAsync(Pair.Left, device + "l", left, right, Target, Pair.RightUnderlay).ConfigureAwait(false);
        await SetAsync(Pair.Right, device + "r", right, left, "10.77.1.2", Pair.LeftUnderlay).ConfigureAwait(false);
    }

    private async Task<string> KeyAsync(string name) => await Pair.WriteAsync(name, await Host.RunAsync("wg", "genkey").ConfigureAwait(false)).ConfigureAwait(false);

    private static async Task SetAsync(NetNamespace node, string device, string key, string peerKey, string peer, string underlay)
    {
        CommandResult publicKey = await Host.TryRunAsync("wg", ["pubkey"], await File.ReadAllTextAsync(peerKey).ConfigureAwait(false), Host.Patience).ConfigureAwait(false);
        CommandResult result = new(1, "", "");
        await Poll.UntilAsync(async () => (result = await node.TryRunAsync("wg", "set", device, "listen-port", "51820", "private-key", key,
            "peer", publicKey.Output.Trim(), "allowed-ips", peer + "/32", "endpoint", underlay + ":51820").ConfigureAwait(false)).Succeeded, TimeSpan.FromSeconds(5)).ConfigureAwait(false);
        if (!result.Succeeded) throw new CommandFailedException("wg: " + result.Error);
    }
}
