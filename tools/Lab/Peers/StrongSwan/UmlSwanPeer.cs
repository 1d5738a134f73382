using System.Text;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Uml;

namespace Dmvpn.Lab.Peers.StrongSwan;

/// <summary>strongSwan on the kernel's XFRM in a <see cref="UmlNode"/>: transport mode, ESP with and without UDP, beside FRR's nhrpd.</summary>
public sealed class UmlSwanPeer : SwanPeer
{
    private readonly UmlNode _node;

    private UmlSwanPeer(UmlNode node) => _node = node;

    /// <summary>Why this machine cannot run one; null when it can.</summary>
    public static string? Obstacle => UmlNode.Obstacle ?? (File.Exists("/usr/lib/ipsec/charon") ? null : "no /usr/lib/ipsec/charon (Debian package strongswan-charon)");

    /// <inheritdoc/>
    public override string Name => _node.Name + "-charon";

    /// <summary>Starts charon in a booted node. Before there is a GRE device: then nothing leaves in the clear.</summary>
    public static async Task<UmlSwanPeer> StartAsync(UmlNode node, IEnumerable<SwanConnection> connections, SwanCredentials credentials)
    {
        var script = new StringBuilder();
        // Else the kernel looks for them in the middle of IKE_AUTH, and slowly.
        script.Append("modprobe -a esp4 xfrm_user authenc cbc hmac gcm ctr ghash-generic seqiv echainiv || exit 1\n");
        script.Append("modprobe chacha20poly1305 2>/dev/null\n");
        foreach ((string name, string pem) in credentials.Files)
            Write(script, "/etc/swanctl/" + name, pem);
        Write(script, "/etc/swanctl/swanctl.conf", SwanConnection.File(connections, credentials));
        Write(script, "/etc/strongswan.conf", StrongSwanConf(false, "/tmp/charon.log", "/run/charon.vici", ""));
        script.Append("""
            setsid /usr/lib/ipsec/charon >/tmp/charon.out 2>&1 </dev/null &
            i=0
            until [ -S /run/charon.vici ] && timeout 20 swanctl --load-all >/tmp/load 2>&1; do
                i=$((i + 1))
                [ $i -lt 300 ] || { cat /tmp/charon.out /tmp/load; exit 1; }
                sleep 0.1
            done

            """);
        await node.RunAsync(script.ToString()).ConfigureAwait(false);
        return new UmlSwanPeer(node);
    }

    /// <inheritdoc/>
    public override Task<CommandResult> SwanctlAsync(params string[] arguments) => _node.TryRunAsync("swanctl " + string.Join(' ', arguments.Select(a => $"'{a}'")) + " 2>&1");

    /// <inheritdoc/>
    public override async Task<string> LogAsync() => (await _node.TryRunAsync("cat /tmp/charon.log").ConfigureAwait(false)).Output;

    /// <inheritdoc/>
    public override async Task<string> DescribeAsync() => await base.DescribeAsync().ConfigureAwait(false)
        + (await _node.TryRunAsync("ip xfrm policy; ip -s xfrm state | grep -v -E 'enc|auth|aead'; cat /proc/net/xfrm_stat").ConfigureAwait(false)).Output;

    private static void Write(StringBuilder script, string file, string text) =>
        script.Append($"mkdir -p {Path.GetDirectoryName(file)}\ncat >{file} <<'SWAN'\n{text.TrimEnd()}\nSWAN\n");
}
