using Dmvpn.Core;
using Dmvpn.Management.Api;
using Dmvpn.Management.Grammar;
using Dmvpn.Management.Screens;

namespace Dmvpn.Cli.Exec;

/// <summary>
/// Every EXEC command: how it is written and what it asks for. A new screen is a row here, a record in Management/Api and a
/// renderer in Management/Screens.
/// </summary>
internal static partial class ExecTable
{
    /// <summary>The only mode of this grammar.</summary>
    public const string Mode = "exec";

    /// <summary>The table, in the order in which equal matches are preferred.</summary>
    public static IEnumerable<CommandRow<Func<CommandArguments, ExecAction>>> Rows { get; } =
    [
        .. Family("ip", "A.B.C.D", AddressFamily.Ipv4),
        .. Family("ipv6", "X:X::X", AddressFamily.Ipv6),
        Row("show dmvpn [ipv4 | ipv6] [local | static | dynamic | incomplete] [peer {nbma {A.B.C.D | X:X::X} | tunnel {A.B.C.D | X:X::X}}] [interface TUNNEL] [detail]", ShowDmvpn),
        Row("show interfaces [device=TUNNEL | device=IFNAME]", a => ShowAction.Of(
            ApiRoutes.Interfaces, Device(a), ApiJson.Default.InterfaceState, InterfaceScreen.Render)),
        Row("show adjacency [interface=TUNNEL] [detail]", a => ShowAction.Of(
            ApiRoutes.Adjacencies, Query(a), ApiJson.Default.AdjacencyState, state => AdjacencyScreen.Render(state, a.Has("detail")))),
        Row("show cdp neighbors [interface=TUNNEL] [detail]", a => ShowAction.Of(
            ApiRoutes.CdpNeighbors, Query(a), ApiJson.Default.CdpNeighborState, state => a.Has("detail") ? CdpScreen.RenderDetail(state) : CdpScreen.Render(state))),
        Row("show version", _ => ShowAction.Of(ApiRoutes.Version, ScreenQuery.All, ApiJson.Default.VersionState, SystemScreens.Render)),
        Row("show logging", _ => ShowAction.Of(ApiRoutes.Log, ScreenQuery.All, ApiJson.Default.LogState, SystemScreens.Render)),
        Row("show drops [interface=TUNNEL]", a => ShowAction.Of(ApiRoutes.Drops, Query(a), ApiJson.Default.DropState, SystemScreens.Render)),
        Row("show running-config [interface TUNNEL]", a => ShowAction.Of(
            ApiRoutes.RunningConfig, Query(a), ApiJson.Default.RunningConfig, config => config.Text.EndsWith('\n') ? config.Text : config.Text + "\n")),
        Row("show platform", _ => ShowAction.Of(ApiRoutes.Platform, ScreenQuery.All, ApiJson.Default.PlatformState, SystemScreens.Render)),
        Row("show history", _ => new HistoryAction()),
        .. Crypto(),
        .. Changes(),
        .. Debugging(),
        Row("exit", _ => new LeaveAction()),
        Row("logout", _ => new LeaveAction()),
        Row("quit", _ => new LeaveAction()),
        // What IOS scripts begin with; there is nothing to switch here.
        Row("enable", _ => new TextAction("")),
        Row("terminal {length <0-512> | width <0-512> | monitor | no monitor}", _ => new TextAction("")),
        Row("configure terminal", _ => new TextAction("% The configuration is a file: edit it, look at it with 'dmvpn check FILE', and 'reload'.\n")),
    ];

    private static IEnumerable<CommandRow<Func<CommandArguments, ExecAction>>> Family(string ip, string address, AddressFamily family) =>
    [
        Row($"show {ip} nhrp [address={address} | dynamic | static | incomplete | local | remote | shortcut] [interface=TUNNEL] [brief | detail]",
            a => ShowAction.Of(
                ApiRoutes.NhrpCache,
                Query(a, family) with { Address = Address(a, "address"), Filter = First(a, "dynamic", "static", "incomplete", "local", "remote", "shortcut") },
                ApiJson.Default.NhrpCacheState,
                state => a.Has("brief") ? NhrpCacheScreen.RenderBrief(state) : NhrpCacheScreen.Render(state, a.Has("detail")))),
        Row($"show {ip} nhrp nhs [interface=TUNNEL] [detail]", a => ShowAction.Of(
            ApiRoutes.Nhs, Query(a, family), ApiJson.Default.NhsState, state => NhsScreen.Render(state, a.Has("detail")))),
        Row($"show {ip} nhrp traffic [interface TUNNEL]", a => ShowAction.Of(
            ApiRoutes.NhrpTraffic, Query(a, family), ApiJson.Default.NhrpTrafficState, NhrpCountersScreen.Render)),
        Row($"show {ip} nhrp summary", a => ShowAction.Of(
            ApiRoutes.NhrpSummary, Query(a, family), ApiJson.Default.NhrpSummaryState, NhrpCountersScreen.Render)),
        Row($"show {ip} nhrp redirect [interface=TUNNEL]", a => ShowAction.Of(
            ApiRoutes.NhrpRedirect, Query(a, family), ApiJson.Default.RedirectState, NhrpCountersScreen.Render)),
        Row($"show {ip} nhrp multicast [interface=TUNNEL]", a => ShowAction.Of(
            ApiRoutes.NhrpMulticast, Query(a, family), ApiJson.Default.MulticastState, NhrpCountersScreen.Render)),
        Row($"show {ip} route [connected | local | static | odr | nhrp | kernel | rip | bgp | eigrp | ospf | isis | next-hop-override | tunnel | interface=TUNNEL]",
            a => ShowAction.Of(ApiRoutes.Routes, RouteQuery(a, family), ApiJson.Default.RouteState, state => RouteScreen.Render(state, a.Has("next-hop-override")))),
        Row($"show {ip} route address={address}", a => ShowAction.Of(
            ApiRoutes.Routes, new ScreenQuery { Family = family, Address = a.Address("address") }, ApiJson.Default.RouteState, RouteScreen.RenderEntry)),
        Row($"show {ip} interface brief", _ => ShowAction.Of(
            ApiRoutes.Interfaces, ScreenQuery.All, ApiJson.Default.InterfaceState,
            state => family == AddressFamily.Ipv4 ? InterfaceScreen.RenderBrief(state) : InterfaceScreen.RenderIpv6Brief(state))),
    ];

    private static CommandRow<Func<CommandArguments, ExecAction>> Row(string pattern, Func<CommandArguments, ExecAction> action) => new(Mode, pattern, action);

    private static ShowAction ShowDmvpn(CommandArguments arguments)
    {
        ScreenQuery query = Query(arguments) with
        {
            Family = arguments.Has("ipv4") ? AddressFamily.Ipv4 : arguments.Has("ipv6") ? AddressFamily.Ipv6 : null,
            Nbma = Address(arguments, "nbma"),
            Address = Address(arguments, "tunnel"),
            Filter = First(arguments, "local", "static", "dynamic", "incomplete"),
            Detail = arguments.Has("detail"),
        };
        bool detail = arguments.Has("detail");
        return ShowAction.Of(ApiRoutes.Dmvpn, query, ApiJson.Default.DmvpnState, state => DmvpnScreen.Render(state, detail));
    }

    private static ScreenQuery RouteQuery(CommandArguments arguments, AddressFamily family) => Query(arguments, family) with
    {
        Filter = First(arguments, "connected", "local", "static", "odr", "nhrp", "kernel", "rip", "bgp", "eigrp", "ospf", "isis", "next-hop-override", "tunnel"),
    };

    private static ScreenQuery Device(CommandArguments arguments) => new() { Interface = arguments.Text("device") };

    private static ScreenQuery Query(CommandArguments arguments, AddressFamily? family = null) => new() { Family = family, Tunnel = Tunnel(arguments) };

    private static TunnelId? Tunnel(CommandArguments arguments) => arguments.HasValue("interface") ? new TunnelId((int)arguments.Number("interface")) : null;

    private static IpAddress? Address(CommandArguments arguments, string name) => arguments.HasValue(name) ? arguments.Address(name) : null;

    private static string? First(CommandArguments arguments, params ReadOnlySpan<string> words)
    {
        foreach (string word in words)
        {
            if (arguments.Has(word)) return word;
        }

        return null;
    }
}
