using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Peers.StrongSwan;

namespace Dmvpn.Bench.Tunnel.Subjects;

/// <summary>strongSwan with ESP in the process (kernel-libipsec), tunnel mode in UDP, AES-128-GCM. No GRE: IP between two loopback addresses.</summary>
internal sealed class LibipsecSubject() : Subject("libipsec")
{
    private const string LeftInner = "10.77.5.2", RightInner = "10.77.5.1", Key = "not-for-production";

    public override string Description => "strongSwan kernel-libipsec (AES-128-GCM)";

    public override string? Obstacle => CharonPeer.Obstacle is { } missing ? $"not installed ({missing})" : null;

    public override string Target => RightInner;

    public override Task<string> VersionAsync() => FirstLineAsync("swanctl", "--version");

    protected override async Task BeginAsync()
    {
        CharonPeer right = await StartAsync(Pair.Right, RightInner, Pair.RightUnderlay, LeftInner, Pair.LeftUnderlay).ConfigureAwait(false);
        CharonPeer left = await StartAsync(Pair.Left, LeftInner, Pair.LeftUnderlay, RightInner, Pair.RightUnderlay).ConfigureAwait(false);
        Counts(right.Pid);
        Counts(left.Pid);
        if (!await left.InitiateAsync("b").ConfigureAwait(false)) throw new CommandFailedException("strongSwan: " + await left.LogAsync().ConfigureAwait(false));
        foreach (NetNamespace node in (NetNamespace[])[Pair.Left, Pair.Right]) await node.IpAsync($"link set ipsec0 mtu {TunnelLimits.InnerMtu}").ConfigureAwait(false);
    }

    private async Task<CharonPeer> StartAsync(NetNamespace node, string inner, string underlay, string peerInner, string peerUnderlay)
    {
        await node.IpAsync($"address add {inner}/32 dev lo").ConfigureAwait(false);
        var connection = new SwanConnection("b")
        {
            Local = underlay,
            Remote = peerUnderlay,
            EspProposals = "aes128gcm16",
            LocalTs = inner + "/32",
            RemoteTs = peerInner + "/32",
        };
        return await CharonPeer.StartAsync(Pair.Run, node, [connection], new SwanCredentials { PreSharedKey = Key }).ConfigureAwait(false);
    }
}
