using System.Diagnostics;
using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;
using Spectre.Console;

namespace Dmvpn.Lab.Commands;

/// <summary>
/// Makes a CA and a bundle for each site, brings the network up from them, and shows what a user wants to see: spokes nobody announced
/// register, routes appear by themselves, the first packets between spokes go by the hub and the later ones do not, and nothing of it is
/// in clear text on the internet.
/// </summary>
internal sealed class Demonstration
{
    /// <summary>The routers, by their number in the plan.</summary>
    public static readonly string[] Routers = ["hub", "spoke1", "spoke2", "spoke3", "spoke4"];

    private const string Capture = "wire";
    private const int Moving = 2;
    private static readonly int[] BehindNat = [3, 4];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    private readonly LabRun _run;
    private readonly Site[] _sites = new Site[Routers.Length];
    private readonly DmvpnDaemon[] _daemons = new DmvpnDaemon[Routers.Length];
    private readonly Verdicts _verdicts = new();
    private readonly long _begin = Stopwatch.GetTimestamp();

    private Internet? _internet;

    private Demonstration(LabRun run) => _run = run;

    public static async Task<int> RunAsync(bool once)
    {
        if (!once && KeptRun.All.Count > 0)
            throw new CommandFailedException("the laboratory is up already: `./dmvpn lab show`, or `./dmvpn lab down` first");
        LabRun run = LabRun.Start();
        await using (run.ConfigureAwait(false))
        {
            var demonstration = new Demonstration(run);
            await demonstration.BuildAsync().ConfigureAwait(false);
            await demonstration.StartDaemonsAsync().ConfigureAwait(false);
            await demonstration.WatchRegistrationsAsync().ConfigureAwait(false);
            await demonstration.WatchRoutesAsync().ConfigureAwait(false);
            await demonstration.TalkAsync(1, 2).ConfigureAwait(false);
            await demonstration.TalkAsync(1, BehindNat[0]).ConfigureAwait(false);
            await demonstration.TalkAsync(BehindNat[1], 1).ConfigureAwait(false);
            if (once)
                await demonstration.MoveAsync().ConfigureAwait(false);
            await demonstration.ShowAsync().ConfigureAwait(false);
            await demonstration.LookAtTheWireAsync().ConfigureAwait(false);
            return demonstration.Conclude(once);
        }
    }

    private async Task BuildAsync()
    {
        AnsiConsole.Write(new Rule("[bold]the network[/]").LeftJustified());
        _internet = await Internet.CreateAsync(_run).ConfigureAwait(false);
        NatBox nat = await _internet.AddNatAsync("nat", BehindNat[0]).ConfigureAwait(false);
        for (int i = 0; i < Routers.Length; i++)
            _sites[i] = await _internet.AddSiteAsync(Routers[i], i, BehindNat.Contains(i) ? nat : null).ConfigureAwait(false);
        await _internet.CaptureAsync(Capture).ConfigureAwait(false);
        var table = new Table().Border(TableBorder.Simple).AddColumns("router", "internet", "tunnel", "LAN", "");
        for (int i = 0; i < Routers.Length; i++)
        {
            SiteAddresses a = _sites[i].Addresses;
            table.AddRow(Routers[i], _sites[i].Underlay, a.Tunnel, a.Lan, i switch
            {
                0 => "knows none of the spokes",
                Moving => "its address changes",
                _ when BehindNat.Contains(i) => $"behind {nat.Addresses.Public}, with another",
                _ => "",
            });
        }

        AnsiConsole.Write(table);
    }

    private async Task StartDaemonsAsync()
    {
        if (!File.Exists(DmvpnDaemon.Binary))
            throw new CommandFailedException($"no {DmvpnDaemon.Binary}");
        string[] configurations = await Bundles.JoinAllAsync(_run, Routers).ConfigureAwait(false);
        await Task.WhenAll(Enumerable.Range(0, Routers.Length).Select(async i =>
            _daemons[i] = await DmvpnDaemon.StartAsync(_run, _sites[i].Node, configurations[i]).ConfigureAwait(false))).ConfigureAwait(false);
    }

    private async Task WatchRegistrationsAsync()
    {
        AnsiConsole.Write(new Rule("[bold]registrations, as the hub sees them[/]").LeftJustified());
        HashSet<string> seen = [];
        bool all = await Poll.UntilAsync(async () =>
        {
            foreach (PeerLine peer in await _daemons[0].PeersAsync().ConfigureAwait(false))
            {
                if (peer.IsUp && seen.Add(peer.Address))
                    AnsiConsole.MarkupLineInterpolated($"{Elapsed}  [green]{peer.Address}[/] is at {peer.Nbma}");
            }

            return seen.Count >= Routers.Length - 1;
        }, Patience).ConfigureAwait(false);
        _verdicts.Add("four spokes registered with a hub that knew none, each by its certificate", all);
    }

    private async Task WatchRoutesAsync()
    {
        AnsiConsole.Write(new Rule("[bold]routes, as the kernels have them[/]").LeftJustified());
        List<(int Router, string Prefix)> wanted = [(0, _sites[1].Addresses.Lan), (0, _sites[2].Addresses.Lan), (0, _sites[3].Addresses.Lan),
            (0, _sites[4].Addresses.Lan), (1, "default"), (2, "default"), (3, "default"), (4, "default")];
        bool all = await Poll.UntilAsync(async () =>
        {
            foreach ((int router, string prefix) in wanted.ToArray())
            {
                string route = await _sites[router].Node.IpAsync("route show " + prefix).ConfigureAwait(false);
                if (!route.Contains("Tunnel0", StringComparison.Ordinal))
                    continue;
                wanted.Remove((router, prefix));
                AnsiConsole.MarkupLineInterpolated($"{Elapsed}  {Routers[router],-7} [green]{route.Split(" proto")[0].Trim()}[/]");
            }

            return wanted.Count == 0;
        }, Patience).ConfigureAwait(false);
        _verdicts.Add("routes to every LAN came by themselves (ODR)", all);
    }

    private async Task TalkAsync(int from, int to)
    {
        Site a = _sites[from], b = _sites[to];
        AnsiConsole.Write(new Rule($"[bold]the LAN of {a.Name} asks the LAN of {b.Name}[/]").LeftJustified());
        // Each router on the way takes one from 64: two when direct, three by the hub.
        const int Direct = 62;
        var conversation = await a.LanHost.PingAsync(b.Addresses.LanHost, "-c 12 -i 0.25 -W 2").ConfigureAwait(false);
        foreach (PingReply reply in conversation.Replies.Where(r => r.IsEcho))
        {
            string path = reply.HopLimit == Direct ? "[green]direct[/]" : "[yellow]by the hub[/]";
            AnsiConsole.MarkupLine($"  {reply.Sequence,2}  ttl {reply.HopLimit}  {path}");
        }

        List<string> hops = [];
        for (int limit = 1; limit <= 5; limit++)
        {
            PingResult probe = await a.LanHost.PingAsync(b.Addresses.LanHost, $"-c 1 -W 1 -t {limit}").ConfigureAwait(false);
            hops.Add(probe.Replies.Count > 0 ? probe.Replies[0].From : "*");
            if (probe.Received == 1)
                break;
        }

        AnsiConsole.MarkupLineInterpolated($"  the way there now: {string.Join(" → ", hops)}");
        bool direct = conversation.LastHopLimit == Direct && !hops.Contains(_sites[0].Addresses.Tunnel) && hops[^1] == b.Addresses.LanHost;
        _verdicts.Add($"{a.Name} to {b.Name}: {conversation.Received} of {conversation.Sent} answered, the last ones direct both ways",
            direct && conversation.Lost == 0);
    }

    private async Task MoveAsync()
    {
        Site site = _sites[Moving];
        AnsiConsole.Write(new Rule($"[bold]{site.Name} gets another address[/]").LeftJustified());
        await site.MoveAsync(site.Addresses.Elsewhere).ConfigureAwait(false);
        long begin = Stopwatch.GetTimestamp();
        bool known = await Poll.UntilAsync(() => _daemons[0].IsUpAsync(site.Addresses.Tunnel, site.Place.Public), Patience).ConfigureAwait(false);
        AnsiConsole.MarkupLineInterpolated($"  the hub knows {site.Addresses.Tunnel} at {site.Place.Public} after {Stopwatch.GetElapsedTime(begin).TotalSeconds:0.0} s");
        bool reached = await Poll.UntilAsync(async () =>
            (await _sites[1].LanHost.PingAsync(site.Addresses.LanHost, "-c 1 -W 1").ConfigureAwait(false)).Received == 1, Patience).ConfigureAwait(false);
        _verdicts.Add($"{site.Name} moved and is reached again", known && reached);
    }

    private async Task ShowAsync()
    {
        foreach (DmvpnDaemon daemon in _daemons)
        {
            AnsiConsole.Write(new Rule($"[bold]{daemon.Name}# show dmvpn[/]").LeftJustified());
            Console.Out.WriteLine((await daemon.ShowAsync("dmvpn").ConfigureAwait(false)).TrimEnd());
        }
    }

    /// <summary>What the internet saw: ESP and IKE, and not one packet of GRE.</summary>
    private async Task LookAtTheWireAsync()
    {
        int clear = (await _internet!.RecordedAsync(Capture, "ip proto 47 or ip6 proto 47").ConfigureAwait(false)).Length;
        int sealedPackets = (await _internet.RecordedAsync(Capture, "ip proto 50 or udp port 4500").ConfigureAwait(false)).Length;
        AnsiConsole.Write(new Rule("[bold]on the wire[/]").LeftJustified());
        AnsiConsole.MarkupLineInterpolated($"  {sealedPackets} packets of ESP and IKE, {clear} of GRE in clear text");
        _verdicts.Add("nothing of the tunnel was in clear text on the wire", clear == 0 && sealedPackets > 0);
    }

    private int Conclude(bool once)
    {
        _verdicts.Write();
        if (!_verdicts.AllHold)
        {
            // Somebody will want to look at it.
            _run.KeepFiles = true;
            AnsiConsole.MarkupLineInterpolated($"[red]Not all of it worked.[/] Logs: {_run.Directory}");
        }

        if (once)
            return _verdicts.AllHold ? 0 : 1;
        _run.Keep();
        AnsiConsole.Write(new Panel(new Markup("""
            ./dmvpn lab shell spoke1                 a shell there
            ./dmvpn lab exec spoke1-lan ping 10.1.2.10
            ./dmvpn lab show                         show dmvpn of each
            ./dmvpn lab show spoke1 ip nhrp          any screen of one
            ./dmvpn lab show hub crypto session      who is who, and by which keys
            ./dmvpn lab move spoke2                  another address on the internet
            ./dmvpn lab down                         take it away
            """)).Header("the network stays up").RoundedBorder());
        return _verdicts.AllHold ? 0 : 1;
    }

    private string Elapsed => $"{Stopwatch.GetElapsedTime(_begin).TotalSeconds,5:0.0} s";
}
