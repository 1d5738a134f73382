using Dmvpn.Lab.Hosts;

namespace Dmvpn.Lab.Networks;

/// <summary>
/// The internet of the laboratory: a router with one wire for each site, which answers for the old and the new address of a
/// site that moves. It has no route to any private address, as the real one has none.
/// </summary>
public sealed class Internet
{
    private readonly LabRun _run;

    private Internet(LabRun run, NetNamespace router)
    {
        _run = run;
        Router = router;
    }

    /// <summary>The router.</summary>
    public NetNamespace Router { get; }

    /// <summary>Makes it.</summary>
    public static async Task<Internet> CreateAsync(LabRun run)
    {
        NetNamespace router = await run.AddNamespaceAsync("inet").ConfigureAwait(false);
        await router.SysctlAsync("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1").ConfigureAwait(false);
        return new Internet(run, router);
    }

    /// <summary>
    /// Adds a site: its DMVPN router, with a wire to the internet (<c>eth0</c>) and a LAN (<c>lan0</c>) with one host.
    /// </summary>
    /// <param name="behindNat">Between the router and the internet stands a masquerading NAT that lets nothing in unasked.</param>
    public async Task<Site> AddSiteAsync(string name, int number, bool behindNat = false) =>
        await AddSiteAsync(name, number, behindNat ? await AddNatAsync(name + "-nat", number).ConfigureAwait(false) : null).ConfigureAwait(false);

    /// <summary>Adds a site behind a NAT that is there, perhaps beside others; null: directly on the internet.</summary>
    public async Task<Site> AddSiteAsync(string name, int number, NatBox? nat)
    {
        var addresses = new SiteAddresses(number);
        NetNamespace node = await _run.AddNamespaceAsync(name).ConfigureAwait(false);
        await node.SysctlAsync("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
            "net.ipv4.conf.all.send_redirects=0", "net.ipv4.conf.default.send_redirects=0").ConfigureAwait(false);
        if (nat is null)
            await AttachAsync(node, "eth0", name, addresses).ConfigureAwait(false);
        else
            await AttachAsync(node, nat, name, addresses).ConfigureAwait(false);

        NetNamespace host = await _run.AddNamespaceAsync(name + "-lan").ConfigureAwait(false);
        await LabRun.ConnectAsync(node, "lan0", host, "eth0").ConfigureAwait(false);
        await node.IpAsync($"addr add {addresses.LanRouter}/24 dev lan0").ConfigureAwait(false);
        await node.IpAsync($"addr add {addresses.LanRouter6}/64 dev lan0").ConfigureAwait(false);
        await host.IpAsync($"addr add {addresses.LanHost}/24 dev eth0").ConfigureAwait(false);
        await host.IpAsync($"addr add {addresses.LanHost6}/64 dev eth0").ConfigureAwait(false);
        await host.IpAsync($"route add default via {addresses.LanRouter}").ConfigureAwait(false);
        await host.IpAsync($"route add default via {addresses.LanRouter6}").ConfigureAwait(false);
        return new Site(name, addresses, node, host, nat?.Node);
    }

    /// <summary>
    /// Gives a site a second wire, as by another provider, with the address of the plan's number. Both
    /// providers take only packets from their own addresses (BCP 38).
    /// </summary>
    /// <param name="metric">Of the route to all of the internet by it; the first wire's has none.</param>
    /// <param name="rule">A policy rule has packets with its source address leave by it.</param>
    public async Task AddUplinkAsync(Site site, string device, SiteAddresses addresses, int metric, bool rule)
    {
        string wire = $"w-{site.Name}-{device}";
        await LabRun.ConnectAsync(Router, wire, site.Node, device).ConfigureAwait(false);
        await AddGatewayAsync(wire, addresses).ConfigureAwait(false);
        string way = $"{SiteAddresses.Underlay} via {addresses.PublicGateway} dev {device}";
        await site.Node.IpAsync($"addr add {addresses.Public}/28 dev {device}").ConfigureAwait(false);
        await site.Node.IpAsync($"route add {way} metric {metric}").ConfigureAwait(false);
        await Router.NftAsync($$"""
            table ip bcp38-{{wire}} {
              chain in {
                type filter hook prerouting priority -200;
                iifname "w-{{site.Name}}" ip saddr != {{site.Addresses.Public}}/28 drop
                iifname "{{wire}}" ip saddr != {{addresses.Public}}/28 drop
              }
            }
            """).ConfigureAwait(false);
        if (!rule)
            return;
        await site.Node.IpAsync($"route add {way} table {metric}").ConfigureAwait(false);
        await site.Node.IpAsync($"rule add from {addresses.Public} lookup {metric}").ConfigureAwait(false);
    }

    /// <summary>A wire carries nothing any more, either way, without a link event; or it does again.</summary>
    /// <param name="wire"><c>w-SITE</c>, or <c>w-SITE-DEVICE</c> of a second one.</param>
    public Task SilenceAsync(string wire, bool silent = true) => Router.NftAsync(silent
        ? $$"""
            table ip silence-{{wire}} {
              chain in { type filter hook prerouting priority -300; iifname "{{wire}}" drop; }
              chain out { type filter hook postrouting priority -300; oifname "{{wire}}" drop; }
            }
            """
        : $"delete table ip silence-{wire}\n");

    /// <summary>Takes a site's wire away, with the interfaces at its ends: as when a PPPoE session ends.</summary>
    public Task DetachAsync(Site site) => Router.IpAsync("link del w-" + site.Name);

    /// <summary>Gives a site that was detached a new wire and a new eth0, with the addresses of a place.</summary>
    public async Task AttachAsync(Site site, SiteAddresses place)
    {
        string wire = "w-" + site.Name;
        await LabRun.ConnectAsync(Router, wire, site.Node, "eth0").ConfigureAwait(false);
        await AddGatewayAsync(wire, site.Addresses).ConfigureAwait(false);
        await Site.SettleAsync(site.Node, "eth0", place).ConfigureAwait(false);
    }

    /// <summary>Adds a NAT with the public address of site <paramref name="number"/>.</summary>
    public async Task<NatBox> AddNatAsync(string name, int number)
    {
        var addresses = new SiteAddresses(number);
        NetNamespace nat = await _run.AddNamespaceAsync(name).ConfigureAwait(false);
        await nat.SysctlAsync("net.ipv4.ip_forward=1").ConfigureAwait(false);
        await AttachAsync(nat, "out", name, addresses).ConfigureAwait(false);
        // A home router: it masquerades what goes out and lets in only answers, from the host that was asked.
        await nat.NftAsync("""
            table ip nat {
              chain out { type nat hook postrouting priority 100; oifname "out" masquerade; }
              chain in { type filter hook forward priority 0; iifname "out" ct state != { established, related } drop; }
              chain self { type filter hook input priority 0; iifname "out" ct state != { established, related } drop; }
            }
            """).ConfigureAwait(false);
        return new NatBox(nat, addresses);
    }

    /// <summary>
    /// A TAP device on the internet's router or on a NAT, as the wire of a site that is a virtual machine, and the namespace that the device is in.
    /// </summary>
    public async Task<(NetNamespace At, string Tap)> AddTapAsync(string name, SiteAddresses addresses, NatBox? nat = null)
    {
        NetNamespace at = nat?.Node ?? Router;
        string tap = (nat is null ? "w-" : "in-") + name;
        await at.IpAsync($"tuntap add dev {tap} mode tap").ConfigureAwait(false);
        await at.IpAsync($"link set {tap} up").ConfigureAwait(false);
        if (nat is null)
            await AddGatewayAsync(tap, addresses).ConfigureAwait(false);
        else
            await at.IpAsync($"addr add {addresses.PrivateGateway}/24 dev {tap}").ConfigureAwait(false);
        return (at, tap);
    }

    /// <summary>Captures what the sites send each other through the internet, each packet once, until the run ends.</summary>
    public async Task<LabProcess> CaptureAsync(string name)
    {
        // -Q in: on "any" every forwarded packet would be seen twice. -s, -B: each packet of a burst takes a place as long as the longest may be, and by default there are eight.
        LabProcess tcpdump = Router.Start("tcpdump-" + name, "tcpdump", "-Z", "root", "-i", "any", "-Q", "in", "-U", "--immediate-mode", "-s", "70000", "-B", "32768",
            "-c", "1000000", "-w", FileOf(name), "ip proto 47 or ip6 proto 47 or ip proto 50 or ip6 proto 50 or udp port 500 or udp port 4500");
        if (!await Poll.UntilAsync(() => tcpdump.Log.Contains("listening on", StringComparison.Ordinal), Host.Patience).ConfigureAwait(false))
            throw new CommandFailedException("tcpdump did not start: " + tcpdump.Log);
        return tcpdump;
    }

    /// <summary>A capture's file.</summary>
    public string FileOf(string capture) => Path.Combine(_run.Directory, capture + ".pcap");

    /// <summary>The packets of a capture that match a filter of tcpdump, a line each.</summary>
    public async Task<string[]> RecordedAsync(string capture, string filter) =>
        (await Host.RunAsync("tcpdump", "-Z", "root", "-nn", "-t", "-r", FileOf(capture), filter).ConfigureAwait(false)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static async Task AttachAsync(NetNamespace node, NatBox nat, string name, SiteAddresses addresses)
    {
        string inside = "in-" + name;
        await LabRun.ConnectAsync(node, "eth0", nat.Node, inside).ConfigureAwait(false);
        await nat.Node.IpAsync($"addr add {addresses.PrivateGateway}/24 dev {inside}").ConfigureAwait(false);
        await node.IpAsync($"addr add {addresses.Private}/24 dev eth0").ConfigureAwait(false);
        await node.IpAsync($"route add {SiteAddresses.Underlay} via {addresses.PrivateGateway}").ConfigureAwait(false);
    }

    private async Task AttachAsync(NetNamespace node, string device, string name, SiteAddresses addresses)
    {
        string wire = "w-" + name;
        await LabRun.ConnectAsync(Router, wire, node, device).ConfigureAwait(false);
        await AddGatewayAsync(wire, addresses).ConfigureAwait(false);
        await Site.SettleAsync(node, device, addresses).ConfigureAwait(false);
    }

    private async Task AddGatewayAsync(string wire, SiteAddresses addresses)
    {
        foreach (SiteAddresses place in (SiteAddresses[])[addresses, addresses.Elsewhere])
        {
            await Router.IpAsync($"addr add {place.PublicGateway}/28 dev {wire}").ConfigureAwait(false);
            await Router.IpAsync($"addr add {place.PublicGateway6}/64 dev {wire}").ConfigureAwait(false);
        }
    }
}
