using Dmvpn.Lab.Hosts;

namespace Dmvpn.Bench.Tunnel.Subjects;

/// <summary>tinc 1.0, AES-128-CBC.</summary>
internal sealed class TincSubject() : Subject("tinc")
{
    public override string Description => "tinc (AES-128-CBC)";

    public override string? Obstacle => Find("tincd") is null ? "not installed (Debian package tinc)" : null;

    public override string Target => "10.77.4.1";

    public override Task<string> VersionAsync() => FirstLineAsync(Find("tincd")!, "--version");

    protected override async Task BeginAsync()
    {
        (NetNamespace Node, string Side, string Other, string Own, string Underlay)[] ends =
            [(Pair.Left, "l", "r", "10.77.4.2", Pair.LeftUnderlay), (Pair.Right, "r", "l", Target, Pair.RightUnderlay)];
        foreach ((_, string side, string other, string own, string underlay) in ends)
        {
            await Pair.WriteAsync($"{side}/tinc.conf", $"Name={side}\nMode=router\nInterface=tinc0\nConnectTo={other}\nAddressFamily=ipv4\n").ConfigureAwait(false);
            await Pair.WriteAsync($"{side}/tinc-up", $"#!/bin/sh\nip addr add {own}/24 dev $INTERFACE\nip link set $INTERFACE mtu {TunnelLimits.InnerMtu} up\n").ConfigureAwait(false);
            await Pair.WriteAsync($"{side}/hosts/{side}", $"Address={underlay}\nSubnet={own}/32\nCipher=aes-128-cbc\n").ConfigureAwait(false);
            await Host.RunAsync(Find("tincd")!, "-c", Path.Combine(Pair.Directory, side), "-K2048").ConfigureAwait(false);
        }
        foreach ((NetNamespace node, string side, string other, _, _) in ends)
        {
            string directory = Path.Combine(Pair.Directory, side);
            File.Copy(Path.Combine(Pair.Directory, other, "hosts", other), Path.Combine(directory, "hosts", other));
            StartCounted(node, Find("tincd")!, "-c", directory, "-D", $"--pidfile={directory}.pid");
        }
    }
}
