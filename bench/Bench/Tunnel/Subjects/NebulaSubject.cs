using Dmvpn.Lab.Hosts;

namespace Dmvpn.Bench.Tunnel.Subjects;

/// <summary>nebula, with AES-256-GCM. nebula-cert must be beside it.</summary>
/// <param name="program">Path of nebula, or its name.</param>
internal sealed class NebulaSubject(string program) : Subject("nebula")
{
    public override string Description => "nebula (AES-256-GCM)";

    public override string? Obstacle => Find(program) is null || Find(Cert) is null ? "not installed (Debian package nebula, or --nebula FILE)" : null;

    public override string Target => "10.77.2.1";

    public override Task<string> VersionAsync() => FirstLineAsync(program, "-version");

    private string Cert => program + "-cert";

    protected override async Task BeginAsync()
    {
        string at = Pair.Directory;
        await Host.RunAsync(Find(Cert)!, "ca", "-name", "bench", "-out-crt", at + "/ca.crt", "-out-key", at + "/ca.key").ConfigureAwait(false);
        (NetNamespace Node, string Side, string Own, string Peer, string Underlay)[] ends =
            [(Pair.Left, "l", "10.77.2.2", Target, Pair.RightUnderlay), (Pair.Right, "r", Target, "10.77.2.2", Pair.LeftUnderlay)];
        foreach ((NetNamespace node, string side, string own, string peer, string underlay) in ends)
        {
            await Host.RunAsync(Find(Cert)!, "sign", "-name", side, "-ip", own + "/24", "-ca-crt", at + "/ca.crt", "-ca-key", at + "/ca.key",
                "-out-crt", $"{at}/{side}.crt", "-out-key", $"{at}/{side}.key").ConfigureAwait(false);
            string file = await Pair.WriteAsync(side + ".yml", $$"""
                pki: {ca: {{at}}/ca.crt, cert: {{at}}/{{side}}.crt, key: {{at}}/{{side}}.key}
                static_host_map: {"{{peer}}": ["{{underlay}}:4242"]}
                listen: {host: 0.0.0.0, port: 4242}
                tun: {dev: nebula0, mtu: {{TunnelLimits.InnerMtu}}}
                cipher: aes
                firewall: {outbound: [{port: any, proto: any, host: any}], inbound: [{port: any, proto: any, host: any}]}
                lighthouse: {am_lighthouse: false}
                logging: {level: error}

                """).ConfigureAwait(false);
            StartCounted(node, Find(program)!, "-config", file);
        }
    }
}
