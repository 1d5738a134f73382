using Dmvpn.Management.Config;

namespace Dmvpn.Daemon;

/// <summary>What a reload did, for the log and for <c>dmvpn reload</c>.</summary>
internal static class ConfigChanges
{
    public static IReadOnlyList<string> Describe(ConfigDiff diff)
    {
        var changes = new List<string>();
        foreach (TunnelConfig tunnel in diff.TunnelsAdded) changes.Add($"interface {tunnel.Id} added");
        foreach (Core.TunnelId tunnel in diff.TunnelsRemoved) changes.Add($"interface {tunnel} removed");
        foreach (TunnelChange change in diff.TunnelsChanged) changes.Add($"interface {change.New.Id} changed: {change.Aspects}");
        foreach (StaticRouteConfig route in diff.RoutesAdded) changes.Add($"route {route.Prefix} added");
        foreach (StaticRouteConfig route in diff.RoutesRemoved) changes.Add($"route {route.Prefix} removed");
        if (diff.OdrChanged) changes.Add("router odr changed");
        if (diff.CdpChanged) changes.Add("cdp changed");
        changes.AddRange(diff.CryptoChanges);
        if (diff.LoggingChanged) changes.Add("logging changed");
        if (diff.WorkersChanged) changes.Add("platform workers changed: with the next start of dmvpn");
        if (diff.HostnameChanged) changes.Add("hostname changed");
        return changes;
    }
}
