using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show {ip|ipv6} nhrp traffic</c>, <c>summary</c>, <c>redirect</c> and <c>multicast</c>.</summary>
public static class NhrpCountersScreen
{
    /// <summary><c>traffic</c>.</summary>
    public static string Render(NhrpTrafficState state)
    {
        var text = new ScreenText();
        foreach (NhrpTraffic tunnel in state.Tunnels)
        {
            text.Line($"{tunnel.Tunnel}: Max-send limit:{tunnel.MaxSendPackets}Pkts/{tunnel.MaxSendSeconds}Sec, Usage:{tunnel.UsagePercent}%");
            Messages(text, "Sent", tunnel.Sent);
            Messages(text, "Rcvd", tunnel.Received);
        }

        return text.ToString();
    }

    /// <summary><c>summary</c>.</summary>
    public static string Render(NhrpSummaryState state)
    {
        var text = new ScreenText();
        foreach (NhrpSummary family in state.Families)
        {
            NhrpEntryCounts remote = family.Remote, local = family.Local;
            var all = new NhrpEntryCounts(remote.Static + local.Static, remote.Dynamic + local.Dynamic, remote.Incomplete + local.Incomplete);
            string name = family.Family == AddressFamily.Ipv4 ? "IP" : "IPV6";
            text.Line($"{name} NHRP cache {ScreenFormat.Plural(all.Total, "entry")}, {family.Bytes} bytes");
            text.Line(Types(all));
            text.Line($"{remote.Total} Remote").Line(Types(remote));
            text.Line($"    {family.Nhop} nhop     0 bfd");
            text.Line($"    {remote.Total - family.Temporary} default  {family.Temporary} temporary");
            int rib = family.RibRoutes + family.NexthopOverrides;
            text.Line($"    {rib} route").Line($"        {rib} rib ({family.RibRoutes} H    {family.NexthopOverrides} nho)").Line("        0 bgp");
            text.Line("    0 lfib");
            text.Line($"{local.Total} Local").Line(Types(local)).Line("    0 lfib").Line();
        }

        return text.ToString();

        static string Types(NhrpEntryCounts counts) => $"    {counts.Static} static   {counts.Dynamic} dynamic    {counts.Incomplete} incomplete";
    }

    /// <summary><c>redirect</c>.</summary>
    public static string Render(RedirectState state)
    {
        var text = new ScreenText().Line("  I/F        NBMA address       Source             Destination        Drop Count   Expiry");
        foreach (RedirectEntry entry in state.Entries)
            text.Line($"  {entry.Tunnel.Short(),-10} {entry.Nbma.Text(),-18} {entry.Source?.Text() ?? "-",-18} {entry.Destination.Text(),-18} {entry.Suppressed,-12} {ScreenFormat.Age(entry.ExpireSeconds)}");
        return text.ToString();
    }

    /// <summary><c>multicast</c>.</summary>
    public static string Render(MulticastState state)
    {
        var text = new ScreenText().Line("  I/F     NBMA address");
        foreach (MulticastEntry entry in state.Entries)
        {
            string flags = entry.Origin switch { MulticastOrigin.Static => "static", MulticastOrigin.Dynamic => "dynamic", _ => "nhs" };
            text.Line($"{entry.Tunnel,-9} {entry.Nbma.Text(),-15} Flags: {flags,-15} ({(entry.Enabled ? "Enabled" : "Disabled")})");
        }

        return text.ToString();
    }

    private static void Messages(ScreenText text, string direction, NhrpMessageCounts counts)
    {
        text.Line($"   {direction}: Total {counts.Total}");
        text.Line($"         {counts.ResolutionRequest} Resolution Request  {counts.ResolutionReply} Resolution Reply  {counts.RegistrationRequest} Registration Request");
        text.Line($"         {counts.RegistrationReply} Registration Reply  {counts.PurgeRequest} Purge Request  {counts.PurgeReply} Purge Reply");
        text.Line($"         {counts.ErrorIndication} Error Indication  {counts.TrafficIndication} Traffic Indication  {counts.RedirectSuppress} Redirect Suppress");
    }
}
