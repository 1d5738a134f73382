using Dmvpn.Core;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Screens;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Management.Api;
using Dmvpn.Nhrp;
using AddressFamily = Dmvpn.Management.Api.AddressFamily;

namespace Dmvpn.Daemon.Api;

/// <summary>The router as the control socket sees it: screens and commands over the live composition. Control thread only.</summary>
internal sealed class RouterApi(Router router, ConfigurationReload reload) : IRouterApi
{
    private readonly InterfaceScreens _interfaces = new(router);
    private readonly CryptoSessionScreens _sessions = new(router.Engines, router.Protection, router.Kernel);
    private readonly CryptoCommands _crypto = new(router.Engines);

    public DmvpnState Dmvpn(ScreenQuery query, Instant now) => DmvpnScreen.Of(router, _sessions, query, now);

    public Management.Api.NhrpCacheState NhrpCache(ScreenQuery query, Instant now) => NhrpScreens.Cache(router.Engines.Nhrp, query, now);

    public Management.Api.NhsState Nhs(ScreenQuery query, Instant now) => NhrpScreens.Nhs(
        router.Engines.Nhrp, id => router.Tunnels.TryGet(id, out TunnelInterface? tunnel) && tunnel.Config.Protection is not null, query, now);

    public Management.Api.NhrpTrafficState NhrpTraffic(ScreenQuery query, Instant now) => NhrpScreens.Traffic(router.Engines.Nhrp, query);

    public Management.Api.NhrpSummaryState NhrpSummary(ScreenQuery query, Instant now) => NhrpScreens.Summary(router.Engines.Nhrp, query);

    public RedirectState Redirects(ScreenQuery query, Instant now) => NhrpScreens.Redirects(router.Engines.Nhrp, query, now);

    public MulticastState Multicast(ScreenQuery query, Instant now) => NhrpScreens.Multicast(router.Engines.Nhrp, query);

    public RouteState Routes(ScreenQuery query, Instant now) => RouteScreens.Routes(router.Engines.Rib, query, now);

    public InterfaceState Interfaces(ScreenQuery query, Instant now)
    {
        InterfaceState state = _interfaces.Interfaces(query, now);
        string? name = query.Interface ?? query.Tunnel?.ToString();
        return state.Interfaces.Count > 0 || name is null ? state : throw NotFound($"there is no interface {name}");
    }

    public AdjacencyState Adjacencies(ScreenQuery query, Instant now) => _interfaces.Adjacencies(query);

    public DropState Drops(ScreenQuery query, Instant now) => _interfaces.Drops(query);

    public CdpNeighborState CdpNeighbors(ScreenQuery query, Instant now) => SystemScreens.Neighbors(router.Engines.Odr, query, now);

    public VersionState Version(ScreenQuery query, Instant now) => SystemScreens.Version(router, reload.Path, now);

    public PlatformState Platform(ScreenQuery query, Instant now) => SystemScreens.Platform(router);

    public CryptoState CryptoSessions(ScreenQuery query, Instant now) => _sessions.Sessions(query, now);

    public CryptoStatisticsState CryptoStatistics(ScreenQuery query, Instant now) => CryptoStatisticsScreens.Of(router.Engines.Ike, router.KeyLog?.Path, now);

    public CryptoConfigState CryptoConfig(ScreenQuery query, Instant now)
    {
        CryptoConfigState state = CryptoConfigScreens.Of(router.Engines.Ike, query);
        bool found = state.Proposals.Count + state.Policies.Count + state.Ikev2Profiles.Count + state.IpsecProfiles.Count + state.TransformSets.Count > 0;
        return found || query.Name is null ? state : throw NotFound($"there is no {query.Filter?.Replace('-', ' ') ?? "entry"} {query.Name}");
    }

    public CertificateState Certificates(ScreenQuery query, Instant now)
    {
        CertificateState state = CertificateScreens.Of(router.Trustpoints.All, router.Engines.Ike.Config, query, DateTimeOffset.UtcNow);
        return state.Certificates.Count > 0 || query.Name is null ? state : throw NotFound($"there is no trustpoint {query.Name} with certificates");
    }

    public RunningConfig RunningConfig(ScreenQuery query, Instant now) => new(ConfigurationFile.Write(router.Configuration.Running, query.Tunnel));

    public CommandResult ClearNhrp(ClearNhrpRequest request, Instant now)
    {
        bool ipv6 = request.Family == AddressFamily.Ipv6;
        NhrpInstance nhrp = router.Engines.Nhrp;
        switch (request.Scope)
        {
            case ClearNhrpScope.Counters:
                nhrp.ClearCounters();
                return new CommandResult();
            case ClearNhrpScope.Shortcut:
                int shortcuts = nhrp.Shortcuts(ipv6).Count();
                nhrp.ClearShortcuts(ipv6, now, router.Engines.NhrpOut);
                return new CommandResult { Count = shortcuts };
            default:
                if (request.Address is { } address)
                {
                    if (!nhrp.ClearAddress(address, now, router.Engines.NhrpOut)) throw NotFound($"no dynamic NHRP entry for {address}");
                    return new CommandResult { Count = 1 };
                }
                int before = nhrp.CacheCount(ipv6);
                NhrpInterfaceKey? key = request.Tunnel is { } tunnel ? new NhrpInterfaceKey(tunnel, ipv6) : null;
                nhrp.Clear(ipv6, key, now, router.Engines.NhrpOut);
                return new CommandResult { Count = before - nhrp.CacheCount(ipv6) };
        }
    }

    public CommandResult ClearDmvpnSession(ClearDmvpnSessionRequest request, Instant now)
    {
        var addresses = new HashSet<IpAddress>();
        foreach (bool ipv6 in (ReadOnlySpan<bool>)[false, true])
        {
            foreach (NhrpCacheEntryState entry in router.Engines.Nhrp.Cache(ipv6))
            {
                if (request.Tunnel is { } tunnel && entry.Key.Tunnel != tunnel) continue;
                if (request.Nbma is { } nbma && entry.Peer.Address != nbma && entry.Claimed != nbma) continue;
                if (request.Address is { } address && entry.Via != address && !entry.Prefix.Contains(address)) continue;
                if ((entry.Flags & NhrpEntryFlags.Local) == 0 && entry.Type != Nhrp.NhrpEntryType.Static) addresses.Add(entry.Prefix.Address);
            }
        }
        bool one = request.Nbma is not null || request.Address is not null;
        if (one && addresses.Count == 0 && !request.Static) throw NotFound("no such session");
        foreach (IpAddress address in addresses) router.Engines.Nhrp.ClearAddress(address, now, router.Engines.NhrpOut);
        if (request.Static) ClearStatic(request, now);
        return new CommandResult { Count = addresses.Count };
    }

    public CommandResult ClearCrypto(ClearCryptoRequest request, Instant now)
    {
        int cleared = _crypto.Clear(request, now);
        bool one = request.Peer is not null || request.Local is not null || request.Spi is not null;
        return cleared > 0 || !one ? new CommandResult { Count = cleared } : throw NotFound("no such SA");
    }

    public CommandResult ClearCounters(ClearCountersRequest request, Instant now) => new() { Count = _interfaces.ClearCounters(request.Interface, now) };

    public CommandResult ClearCdp(Instant now)
    {
        int before = router.Engines.Odr.NeighborCount;
        router.Engines.Odr.Clear(router.Engines.OdrOut);
        return new CommandResult { Count = before };
    }

    public Task<ReloadResult> ReloadAsync(ReloadRequest request) => reload.ReloadAsync("control socket", request.Force);

    public Task<ReloadResult> CheckAsync(CheckRequest request) => reload.CheckAsync(request);

    // "static": the sessions of configured entries start again, too. Those are the next hop servers.
    private void ClearStatic(ClearDmvpnSessionRequest request, Instant now)
    {
        foreach (bool ipv6 in (ReadOnlySpan<bool>)[false, true])
        {
            foreach (Nhrp.NhsState nhs in router.Engines.Nhrp.Nhss(ipv6).ToList())
            {
                if (request.Tunnel is { } tunnel && nhs.Key.Tunnel != tunnel) continue;
                if (request.Nbma is { } nbma && nhs.Nbma != nbma || request.Address is { } address && nhs.Address != address) continue;
                router.Engines.Nhrp.OnPeerLost(new NbmaPeer(nhs.Nbma), now, router.Engines.NhrpOut);
            }
        }
    }

    private static ApiRefusal NotFound(string what) => new(404, new ApiError(what));
}
