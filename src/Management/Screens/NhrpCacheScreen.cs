using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show {ip|ipv6} nhrp [brief|detail|shortcut|ADDRESS]</c>.</summary>
public static class NhrpCacheScreen
{
    /// <summary>The screen; <paramref name="detail"/> adds preference, MTU and requesters.</summary>
    public static string Render(NhrpCacheState state, bool detail = false)
    {
        var text = new ScreenText();
        foreach (NhrpCacheEntry entry in state.Entries)
        {
            text.Line(entry.NextHop is { } via ? $"{entry.Target.Text()} via {via.Text()}" : entry.Target.Text());
            string expiry = entry.ExpireSeconds is { } left ? $"expire {ScreenFormat.Age(left)}" : "never expire";
            text.Line($"   {entry.Tunnel} created {ScreenFormat.Age(entry.CreatedSeconds)}, {expiry}");
            text.Line($"   Type: {Lower(entry.Type)}, Flags: {string.Join(' ', entry.Flags.Select(Lower))} ");
            if (entry.Nbma is { } nbma) text.Line($"   NBMA address: {nbma.Text()} ");
            if (entry.ClaimedNbma is { } claimed) text.Line($"    (Claimed NBMA address: {claimed.Text()}) ");
            if (entry.Type == NhrpEntryType.Incomplete) text.Line($"   Cache hits: {entry.CacheHits}");
            if (entry.Group is { } group) text.Line($"   Group: {group}");
            if (detail && entry.Type != NhrpEntryType.Incomplete)
            {
                text.Line($"   Preference: {entry.Preference}");
                if (entry.Mtu != 0) text.Line($"   Mtu: {entry.Mtu}");
            }

            if (entry.NoSocket) text.Line("    (no-socket) ");
            if (!detail) continue;
            foreach (NhrpRequester requester in entry.Requesters)
                text.Line($"  Requester: {requester.Address.Text()} Request ID: {requester.RequestId}");
        }

        return text.ToString();
    }

    /// <summary><c>brief</c>: one line per entry.</summary>
    public static string RenderBrief(NhrpCacheState state)
    {
        var text = new ScreenText().Line("   Target             Via             NBMA            Mode   Intfc   Claimed ");
        foreach (NhrpCacheEntry entry in state.Entries)
        {
            string claimed = entry.ClaimedNbma is { } address ? address.Text() : " ";
            text.Line($"{entry.Target.Text(),20} {entry.NextHop?.Text() ?? "-",-15} {entry.Nbma?.Text() ?? "-",-15} {Lower(entry.Type),-8} {entry.Tunnel.Short(),-7} < {claimed} >");
        }

        return text.ToString();
    }

    private static string Lower<TEnum>(TEnum value)
        where TEnum : struct, Enum => value.ToString().ToLowerInvariant();
}
