using System.Text;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;
using Dmvpn.Lab.Uml;

namespace Dmvpn.Lab.Peers;

/// <summary>
/// An FRR router with nhrpd on the kernel's mGRE, in a <see cref="UmlNode"/>. What it needs that a user of FRR must know too:
/// the tunnel has a /32, redirects come from a netfilter log rule, multicast is taken from the kernel by another.
/// </summary>
public sealed class FrrPeer
{
    private FrrPeer(UmlNode node, FrrSettings settings)
    {
        Node = node;
        Settings = settings;
    }

    /// <summary>The machine.</summary>
    public UmlNode Node { get; }

    /// <summary>What it was told.</summary>
    public FrrSettings Settings { get; }

    /// <summary>Its place in the plan.</summary>
    public SiteAddresses Addresses => Node.Addresses;

    /// <summary>Configures a booted node and starts FRR in it.</summary>
    public static async Task<FrrPeer> StartAsync(UmlNode node, FrrSettings settings)
    {
        await node.RunAsync(Devices(node.Addresses, settings)).ConfigureAwait(false);
        string daemons = "zebra nhrpd " + settings.Routing switch
        {
            FrrRouting.Bgp => "bgpd",
            FrrRouting.Ospf => "ospfd",
            _ => "staticd",
        };
        string said = await node.RunAsync($"""
            mkdir -p /etc/frr /run/frr /var/log/frr /var/tmp/frr
            cat >/etc/frr/frr.conf <<'CONF'
            {Configuration(node.Name, node.Addresses, settings)}
            CONF
            echo 'service integrated-vtysh-config' >/etc/frr/vtysh.conf
            chown -R frr:frr /etc/frr /run/frr /var/log/frr /var/tmp/frr
            daemons="{daemons}"
            # FRR 10 keeps static routes and more in a daemon of their own.
            [ ! -e /usr/lib/frr/mgmtd ] || daemons="mgmtd $daemons"
            for d in $daemons; do /usr/lib/frr/$d -d -A 127.0.0.1 -F traditional >/tmp/$d.start 2>&1 || cat /tmp/$d.start; done
            vtysh -b 2>&1 | grep -i -E 'error|fail|unknown|invalid' || true
            {(settings.Routing == FrrRouting.Ospf ? MendNeighbours : "")}
            """).ConfigureAwait(false);
        return said.Trim().Length == 0 ? new FrrPeer(node, settings) : throw new CommandFailedException($"{node.Name}: {said.Trim()}");
    }

    /// <summary>A command of FRR's own shell.</summary>
    public Task<string> VtyshAsync(string command) => Node.RunAsync($"vtysh -c '{command}'");

    /// <summary>True once the hub has answered a registration.</summary>
    public async Task<bool> IsRegisteredAsync() =>
        (await VtyshAsync("show ip nhrp cache").ConfigureAwait(false)).Contains(" nhs ", StringComparison.Ordinal);

    /// <summary>True when its NHRP cache has a line with this tunnel address and this NBMA address, in use or not.</summary>
    public async Task<bool> KnowsAsync(string tunnel, string nbma) =>
        (await VtyshAsync("show ip nhrp cache").ConfigureAwait(false)).Split('\n')
            .Any(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries) is var words && words.Contains(tunnel) && words.Contains(nbma));

    /// <summary>True when it has a shortcut to the prefix by this next hop.</summary>
    public async Task<bool> HasShortcutAsync(string prefix, string via) =>
        (await VtyshAsync("show ip nhrp shortcut").ConfigureAwait(false)).Split('\n')
            .Any(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries) is var words && words.Contains(prefix) && words.Contains(via));

    /// <summary>All that helps to find out why something failed.</summary>
    public async Task<string> DescribeAsync() =>
        (await Node.TryRunAsync("""
            for c in 'show ip nhrp cache' 'show ip nhrp nhs' 'show ip nhrp shortcut' 'show ip route'; do echo "== $c"; vtysh -c "$c"; done
            echo '== ip'; ip route; ip neigh show dev gre1; ip -s link show gre1
            echo '== frr.log'; tail -200 /tmp/frr.log
            """).ConfigureAwait(false)).Output;

    // nhrpd 8.4, asked by the kernel for a neighbour that it has no link address of, answers with the link address in the question, 0.0.0.0: every packet to it
    // is then EINVAL for ever. It happens when ospfd answers a hello in the moment before nhrpd has bound the one who registered, so on a busy machine.
    private const string MendNeighbours = """
        ( while sleep 1; do
            ip neigh show dev gre1 | sed -n 's/ lladdr 0[.]0[.]0[.]0 .*//p' | while read -r a; do
                n=$(vtysh -c 'show ip nhrp cache' | awk -v a="$a" '$3 == a { print $4; exit }')
                [ -z "$n" ] || ip neigh replace "$a" lladdr "$n" dev gre1 nud reachable
            done
        done ) </dev/null >/dev/null 2>&1 &
        """;

    private static string Devices(SiteAddresses a, FrrSettings s)
    {
        var script = new StringBuilder();
        string key = s.Key is { } k ? $"key {k} " : "";
        script.Append($"""
            modprobe -a gre ip_gre nfnetlink nfnetlink_log ip_tables iptable_filter xt_NFLOG xt_hashlimit || exit 1
            ip tunnel add gre1 mode gre {key}ttl 64 dev vec0 || exit 1
            ip link set gre1 mtu 1400 && ip addr add {a.Tunnel}/32 dev gre1 && ip link set gre1 up || exit 1

            """);
        // UML's kernel has nf_tables without the ip family: only the old tool works there.
        if (s.Hub is null)
        {
            script.Append("""
                iptables-legacy -A FORWARD -i gre1 -o gre1 -m hashlimit --hashlimit-upto 4/minute --hashlimit-burst 1 \
                    --hashlimit-mode srcip,dstip --hashlimit-srcmask 24 --hashlimit-dstmask 24 --hashlimit-name odl \
                    -j NFLOG --nflog-group 1 --nflog-size 128 || exit 1

                """);
        }

        if (s.Routing == FrrRouting.Ospf)
        {
            script.Append("""
                iptables-legacy -A OUTPUT -d 224.0.0.0/24 -o gre1 -j NFLOG --nflog-group 2 || exit 1
                iptables-legacy -A OUTPUT -d 224.0.0.0/24 -o gre1 -j DROP || exit 1

                """);
        }

        return script.ToString();
    }

    private static string Configuration(string name, SiteAddresses a, FrrSettings s)
    {
        List<string> lines = ["hostname " + name, "log file /tmp/frr.log debugging", "debug nhrp all"];
        if (s.Hub is null)
            lines.Add("nhrp nflog-group 1");
        if (s.Routing == FrrRouting.Ospf)
            lines.Add("nhrp multicast-nflog-group 2");
        lines.AddRange(["interface gre1", " tunnel source vec0", " ip nhrp network-id 1", $" ip nhrp holdtime {s.HoldTime}", " ip nhrp shortcut"]);
        if (s.Hub is null)
            lines.Add(" ip nhrp redirect");
        if (!s.Unique)
            lines.Add(" ip nhrp registration no-unique");
        if (s.Authentication is not null)
            lines.Add(" ip nhrp authentication " + s.Authentication);
        if (s.Hub is { } hub)
            lines.Add($" ip nhrp nhs {(s.IsHubDynamic ? "dynamic" : hub.Tunnel)} nbma {hub.Public}");
        if (s.Routing == FrrRouting.Ospf)
        {
            lines.Add(" ip nhrp map multicast " + (s.Hub is null ? "dynamic" : s.Hub.Public));
            lines.AddRange([" ip ospf network point-to-multipoint", " ip ospf hello-interval 2", " ip ospf dead-interval 8"]);
        }

        lines.Add("!");
        lines.AddRange(FrrRoutes.Lines(a, s));
        return string.Join('\n', lines);
    }
}
