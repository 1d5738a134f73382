using Dmvpn.Core;
using Dmvpn.Management.Api;

namespace Dmvpn.Daemon.Api;

/// <summary>
/// What the control socket can ask the router. Every method that answers at once is called on the control thread, reads or
/// changes engines there and returns records that are safe to serialise elsewhere.
/// </summary>
public interface IRouterApi
{
    /// <summary><see cref="ApiRoutes.Dmvpn"/>.</summary>
    DmvpnState Dmvpn(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.NhrpCache"/>.</summary>
    NhrpCacheState NhrpCache(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.Nhs"/>.</summary>
    NhsState Nhs(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.NhrpTraffic"/>.</summary>
    NhrpTrafficState NhrpTraffic(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.NhrpSummary"/>.</summary>
    NhrpSummaryState NhrpSummary(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.NhrpRedirect"/>.</summary>
    RedirectState Redirects(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.NhrpMulticast"/>.</summary>
    MulticastState Multicast(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.Routes"/>.</summary>
    RouteState Routes(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.Interfaces"/>.</summary>
    InterfaceState Interfaces(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.Adjacencies"/>.</summary>
    AdjacencyState Adjacencies(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.CdpNeighbors"/>.</summary>
    CdpNeighborState CdpNeighbors(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.Version"/>.</summary>
    VersionState Version(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.Platform"/>.</summary>
    PlatformState Platform(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.CryptoSessions"/>.</summary>
    CryptoState CryptoSessions(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.CryptoStatistics"/>.</summary>
    CryptoStatisticsState CryptoStatistics(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.CryptoConfig"/>.</summary>
    CryptoConfigState CryptoConfig(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.Certificates"/>.</summary>
    CertificateState Certificates(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.Drops"/>.</summary>
    DropState Drops(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.RunningConfig"/>.</summary>
    RunningConfig RunningConfig(ScreenQuery query, Instant now);

    /// <summary><see cref="ApiRoutes.ClearNhrp"/>.</summary>
    CommandResult ClearNhrp(ClearNhrpRequest request, Instant now);

    /// <summary><see cref="ApiRoutes.ClearDmvpnSession"/>.</summary>
    CommandResult ClearDmvpnSession(ClearDmvpnSessionRequest request, Instant now);

    /// <summary><see cref="ApiRoutes.ClearCrypto"/>.</summary>
    CommandResult ClearCrypto(ClearCryptoRequest request, Instant now);

    /// <summary><see cref="ApiRoutes.ClearCounters"/>.</summary>
    CommandResult ClearCounters(ClearCountersRequest request, Instant now);

    /// <summary><see cref="ApiRoutes.ClearCdp"/>.</summary>
    CommandResult ClearCdp(Instant now);

    /// <summary><see cref="ApiRoutes.Reload"/>. Called on any thread: the file is read there.</summary>
    Task<ReloadResult> ReloadAsync(ReloadRequest request);

    /// <summary><see cref="ApiRoutes.Check"/>. Called on any thread: the text is read there.</summary>
    Task<ReloadResult> CheckAsync(CheckRequest request);
}
