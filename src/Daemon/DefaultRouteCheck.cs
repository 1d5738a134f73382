using Dmvpn.Core;
using Dmvpn.Management.Config;
using Dmvpn.Rib;
using Dmvpn.Runtime;
using Dmvpn.Runtime.Netlink;

namespace Dmvpn.Daemon;

/// <summary>
/// For <c>dmvpn check</c> on the machine that the file is for: a default route by a tunnel that loses against one that this machine
/// has, as that of its provider. What was meant for the tunnel would leave in the clear.
/// </summary>
internal static class DefaultRouteCheck
{
    /// <summary>The report with a warning where one is due; of a machine whose routes cannot be read nothing is said.</summary>
    public static ConfigReport Add(RouterConfig config, ConfigReport report)
    {
        if (Wanted(config) is not { } wanted) return report;
        LinuxRoute? present;
        try
        {
            using var netlink = new Rtnetlink();
            present = netlink.Routes(new LinuxRouteFilter { IPv4 = true, Table = LinuxRoute.MainTable })
                .Where(static route => route.Prefix == IpPrefix.DefaultIPv4 && route.Type == LinuxRouteType.Unicast && !IsOurs(route)).MinBy(static route => route.Metric);
        }
        catch (LinuxException)
        {
            return report;
        }
        return Warning(wanted, present?.Metric, present?.NextHops.FirstOrDefault().Gateway ?? IpAddress.None) is { } warning
            ? report with { Findings = [.. report.Findings, warning] }
            : report;
    }

    /// <summary>The warning; null when the machine's default route does not win.</summary>
    /// <param name="wanted">The default route that the file makes.</param>
    /// <param name="metric">The best metric of the machine's; null: it has none.</param>
    /// <param name="gateway">Where that leads.</param>
    internal static Finding? Warning((TunnelId Tunnel, byte Distance, bool IsOdr) wanted, uint? metric, IpAddress gateway)
    {
        if (metric is not { } there || there >= RibKernel.Metric(wanted.Distance, 0)) return null;
        string consequence = wanted.IsOdr ? "only private networks (RFC 1918) would go by the tunnel" : "what was meant for the tunnel would leave by it in the clear";
        return new Finding
        {
            Kind = FindingKind.Warning,
            Line = 0,
            Reason = $"the default route by {wanted.Tunnel} would not be used: this machine has one by {gateway} with metric {there}, which goes before it; {consequence}",
            Remedy = "Write 'ip route' for the networks behind the tunnel, or remove the other default route",
        };
    }

    /// <summary>The default route by a tunnel that the file makes: a static one, or the one that a stub takes by ODR.</summary>
    internal static (TunnelId Tunnel, byte Distance, bool IsOdr)? Wanted(RouterConfig config)
    {
        foreach (StaticRouteConfig route in config.StaticRoutes)
        {
            if (route.Prefix == IpPrefix.DefaultIPv4) return (route.Tunnel, route.Distance, false);
        }
        if (config.Odr is not null || !config.Cdp.Enabled) return null;
        foreach (TunnelConfig tunnel in config.Tunnels)
        {
            // With routes for networks behind the tunnel the default route is a matter of taste.
            if (tunnel.CdpEnabled && tunnel.IpNhrp.Nhss.Count > 0 && config.StaticRoutes.Count == 0) return (tunnel.Id, Odr.OdrSpec.Distance, true);
        }
        return null;
    }

    private static bool IsOurs(LinuxRoute route) => route.Protocol is >= RibKernel.StaticProtocol and <= RibKernel.BgpProtocol or RibKernel.NhrpProtocol;
}
