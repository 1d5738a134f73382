using System.Text.Json;
using Dmvpn.Cli.Client;
using Dmvpn.Management.Api;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Cli.Exec;

/// <summary>The commands that change something, and those that stream.</summary>
internal static partial class ExecTable
{
    private static IEnumerable<CommandRow<Func<CommandArguments, ExecAction>>> Changes() =>
    [
        Row("clear ip nhrp [address=A.B.C.D | shortcut | counters] [interface TUNNEL]", a => ClearNhrp(a, AddressFamily.Ipv4)),
        Row("clear ipv6 nhrp [address=X:X::X | shortcut | counters] [interface TUNNEL]", a => ClearNhrp(a, AddressFamily.Ipv6)),
        Row("clear dmvpn session [peer {nbma {A.B.C.D | X:X::X} | tunnel {A.B.C.D | X:X::X}}] [interface TUNNEL] [static]", a => PostAction.Of(
            ApiRoutes.ClearDmvpnSession,
            new ClearDmvpnSessionRequest { Nbma = Address(a, "nbma"), Address = Address(a, "tunnel"), Tunnel = Tunnel(a), Static = a.Has("static") },
            ApiJson.Default.ClearDmvpnSessionRequest)),
        Row("clear counters [device=TUNNEL | device=IFNAME]", a => PostAction.Of(
            ApiRoutes.ClearCounters, new ClearCountersRequest { Interface = a.Text("device") }, ApiJson.Default.ClearCountersRequest)),
        Row("clear logging", _ => PostAction.Of(ApiRoutes.ClearLogging)),
        Row("clear cdp table", _ => PostAction.Of(ApiRoutes.ClearCdp)),
        Row("reload [force]", a => new PostAction(
            ApiRoutes.Reload, JsonSerializer.SerializeToUtf8Bytes(new ReloadRequest { Force = a.Has("force") }, ApiJson.Default.ReloadRequest), RenderReload)),
    ];

    private static IEnumerable<CommandRow<Func<CommandArguments, ExecAction>>> Debugging()
    {
        const string Condition = " [peer {A.B.C.D | X:X::X}] [interface TUNNEL]";
        return
        [
            Row("debug nhrp" + Condition, a => Debug(a, DebugTopics.Nhrp, DebugTopics.NhrpError)),
            Row("debug nhrp packet" + Condition, a => Debug(a, DebugTopics.NhrpPacket)),
            Row("debug nhrp cache" + Condition, a => Debug(a, DebugTopics.NhrpCache)),
            Row("debug nhrp extension" + Condition, a => Debug(a, DebugTopics.NhrpExtension)),
            Row("debug nhrp error" + Condition, a => Debug(a, DebugTopics.NhrpError)),
            Row("debug nhrp rate" + Condition, a => Debug(a, DebugTopics.NhrpRate)),
            Row("debug nhrp detail" + Condition, a => Debug(
                a, DebugTopics.Nhrp, DebugTopics.NhrpCache, DebugTopics.NhrpExtension, DebugTopics.NhrpError, DebugTopics.NhrpRate)),
            Row("debug dmvpn [all | detail]" + Condition, a => a.Has("all") || a.Has("detail")
                ? Debug(a, DebugTopics.Dmvpn, DebugTopics.Nhrp, DebugTopics.NhrpPacket, DebugTopics.NhrpCache, DebugTopics.NhrpError, DebugTopics.Tunnel)
                : Debug(a, DebugTopics.Dmvpn)),
            Row("debug crypto ikev2" + Condition, a => Debug(a, DebugTopics.Ikev2, DebugTopics.Ikev2Error)),
            Row("debug crypto ikev2 packet" + Condition, a => Debug(a, DebugTopics.Ikev2Packet)),
            Row("debug crypto ikev2 internal" + Condition, a => Debug(a, DebugTopics.Ikev2, DebugTopics.Ikev2Internal)),
            Row("debug crypto ikev2 error" + Condition, a => Debug(a, DebugTopics.Ikev2Error)),
            Row("debug crypto ipsec" + Condition, a => Debug(a, DebugTopics.Ipsec)),
            Row("debug crypto pki" + Condition, a => Debug(a, DebugTopics.Pki)),
            Row("debug tunnel" + Condition, a => Debug(a, DebugTopics.Tunnel)),
            Row("debug cdp [packets]" + Condition, a => Debug(a, DebugTopics.Cdp)),
            Row("debug ip routing" + Condition, a => Debug(a, DebugTopics.Routing)),
            Row("debug all" + Condition, a => Debug(a, [.. DebugTopics.All])),
            // Debugging ends with the command that shows it, but fingers type this.
            Row("undebug all", _ => new TextAction("All possible debugging has been turned off\n")),
        ];
    }

    private static PostAction ClearNhrp(CommandArguments arguments, AddressFamily family) => PostAction.Of(
        ApiRoutes.ClearNhrp,
        new ClearNhrpRequest
        {
            Family = family,
            Address = Address(arguments, "address"),
            Tunnel = Tunnel(arguments),
            Scope = arguments.Has("shortcut") ? ClearNhrpScope.Shortcut : arguments.Has("counters") ? ClearNhrpScope.Counters : ClearNhrpScope.Dynamic,
        },
        ApiJson.Default.ClearNhrpRequest);

    private static DebugAction Debug(CommandArguments arguments, params string[] topics)
    {
        string query = string.Join('&', topics.Select(topic => "topic=" + topic));
        if (Address(arguments, "peer") is { } peer) query += "&peer=" + Uri.EscapeDataString(peer.ToString());
        if (Tunnel(arguments) is { } tunnel) query += "&tunnel=" + tunnel.Number;
        return new DebugAction($"{ApiRoutes.Debug}?{query}");
    }

    private static (string Text, bool Success) RenderReload(byte[] json)
    {
        ReloadResult result = ControlClient.Read(json, ApiJson.Default.ReloadResult);
        return (ReloadText.Render("", result), result.Accepted);
    }
}
