using Dmvpn.Management.Api;

namespace Dmvpn.Management.Config;

/// <summary>Says in short what a configuration is: for <c>dmvpn check</c>, as a record and as a line of text.</summary>
public static class Understanding
{
    private const int MostTunnelsInText = 8;

    /// <summary>What was understood.</summary>
    /// <param name="config">The configuration, also one that is refused.</param>
    /// <param name="routing">Routing protocols that the file has.</param>
    public static UnderstoodConfig Of(RouterConfig config, IReadOnlyList<UnderstoodRouting> routing)
    {
        UnderstoodTunnel[] tunnels = [.. config.Tunnels.Select(Of)];
        return new()
        {
            Hostname = config.Hostname,
            Tunnels = tunnels,
            Routing = routing,
            StaticRoutes = config.StaticRoutes.Count,
            NextHopServers = tunnels.Sum(t => t.NextHopServers),
            LinuxInterfaces = [.. config.LinuxInterfaces.Select(i => i.Name)],
            IpsecProfiles = [.. config.Crypto.IpsecProfiles.Select(p => p.Name)],
            Ikev2Profiles = [.. config.Crypto.Profiles.Select(p => p.Name)],
            Trustpoints = [.. config.Crypto.Trustpoints.Select(t => t.Name)],
            KeyringPeers = config.Crypto.Keyrings.Sum(k => k.Peers.Count),
        };
    }

    /// <summary>"2 tunnels; Tunnel0: mGRE, hub, protected by P; Tunnel1: …; 3 NHS; EIGRP 100 not yet; 4 routes".</summary>
    public static string Text(UnderstoodConfig config)
    {
        List<string> parts = [config.Tunnels.Count == 0 ? "no tunnel" : Number(config.Tunnels.Count, "tunnel")];
        foreach (UnderstoodTunnel tunnel in config.Tunnels.Take(MostTunnelsInText)) parts.Add(Text(tunnel));
        if (config.Tunnels.Count > MostTunnelsInText) parts.Add($"{config.Tunnels.Count - MostTunnelsInText} more");
        if (config.NextHopServers > 0) parts.Add($"{config.NextHopServers} NHS");
        foreach (UnderstoodRouting routing in config.Routing.DistinctBy(r => (r.Protocol, r.Name)))
            parts.Add($"{routing.Protocol.ToUpperInvariant()}{(routing.Name.Length > 0 ? " " + routing.Name : "")}{(routing.IsRun ? "" : " not yet")}");
        parts.Add(config.StaticRoutes == 0 ? "no static route" : Number(config.StaticRoutes, "route"));
        return string.Join("; ", parts);
    }

    private static UnderstoodTunnel Of(TunnelConfig tunnel)
    {
        int servers = tunnel.IpNhrp.Nhss.Count + tunnel.Ipv6Nhrp.Nhss.Count;
        bool hasNhrp = tunnel.IpNhrp.NetworkId is not null || tunnel.Ipv6Nhrp.NetworkId is not null;
        return new()
        {
            Name = tunnel.Id.ToString(),
            Mode = tunnel.Mode switch
            {
                TunnelMode.GreMultipoint => Api.TunnelMode.GreMultipoint,
                TunnelMode.GreIPv6 => Api.TunnelMode.GreIpv6,
                TunnelMode.GreMultipointIPv6 => Api.TunnelMode.GreMultipointIpv6,
                _ => Api.TunnelMode.GreIp,
            },
            Role = servers > 0 && !IsHub(tunnel) ? DmvpnRole.Spoke : hasNhrp ? DmvpnRole.Hub : DmvpnRole.Unknown,
            Protection = tunnel.Protection?.Profile,
            Vrf = tunnel.UnderlayNamespace,
            Source = tunnel.Source?.ToString(),
            Addresses = [.. tunnel.Ipv4Addresses.Concat(tunnel.Ipv6Addresses).Select(a => a.Address)],
            NextHopServers = servers,
            Shutdown = tunnel.Shutdown,
        };
    }

    /// <summary>
    /// A hub that knows other hubs has an NHS too. What it has and a spoke has not: it sends redirects, or is its own NHS and nobody else's.
    /// </summary>
    private static bool IsHub(TunnelConfig tunnel)
    {
        if (tunnel.IpNhrp.Redirect || tunnel.Ipv6Nhrp.Redirect) return true;
        return tunnel.IpNhrp.Nhss.Concat(tunnel.Ipv6Nhrp.Nhss).All(nhs => tunnel.Ipv4Addresses.Concat(tunnel.Ipv6Addresses).Any(a => a.Address == nhs.Protocol));
    }

    private static string Text(UnderstoodTunnel tunnel)
    {
        string mode = tunnel.Mode switch
        {
            Api.TunnelMode.GreMultipoint => "mGRE",
            Api.TunnelMode.GreMultipointIpv6 => "mGRE over IPv6",
            Api.TunnelMode.GreIpv6 => "GRE over IPv6",
            _ => "GRE",
        };
        string role = tunnel.Role switch { DmvpnRole.Hub => ", hub", DmvpnRole.Spoke => ", spoke", _ => ", no NHRP" };
        string protection = tunnel.Protection is { } profile ? $", protected by {profile}" : ", in clear text";
        string vrf = tunnel.Vrf is { } name ? $", outside in VRF {name}" : "";
        return $"{tunnel.Name}: {mode}{role}{protection}{vrf}{(tunnel.Shutdown ? ", shut down" : "")}";
    }

    private static string Number(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
