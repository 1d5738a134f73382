namespace Dmvpn.Management.Api;

/// <summary>
/// The HTTP paths of the control socket. Server (Daemon) and client (Cli) both use these constants. GET answers with the JSON
/// of the record named at each path, through <see cref="ApiJson"/>; POST takes and gives JSON too. A failure is answered with
/// <see cref="ApiError"/> and status 400 (bad request), 404 (no such interface, peer…) or 409 (cannot be done now).
/// The query string of a GET is a <see cref="ScreenQuery"/>.
/// </summary>
public static class ApiRoutes
{
    /// <summary>GET: <see cref="DmvpnState"/>; <see cref="ScreenQuery.Detail"/> adds the crypto sessions.</summary>
    public const string Dmvpn = "/v1/dmvpn";

    /// <summary>GET: <see cref="NhrpCacheState"/>; <see cref="ScreenQuery.Filter"/> <c>shortcut</c> gives the shortcuts only.</summary>
    public const string NhrpCache = "/v1/nhrp/cache";

    /// <summary>GET: <see cref="NhsState"/>.</summary>
    public const string Nhs = "/v1/nhrp/nhs";

    /// <summary>GET: <see cref="NhrpTrafficState"/>.</summary>
    public const string NhrpTraffic = "/v1/nhrp/traffic";

    /// <summary>GET: <see cref="NhrpSummaryState"/>.</summary>
    public const string NhrpSummary = "/v1/nhrp/summary";

    /// <summary>GET: <see cref="RedirectState"/>.</summary>
    public const string NhrpRedirect = "/v1/nhrp/redirect";

    /// <summary>GET: <see cref="MulticastState"/>.</summary>
    public const string NhrpMulticast = "/v1/nhrp/multicast";

    /// <summary>GET: <see cref="RouteState"/>: those routes that <see cref="ScreenQuery.Matches(RouteEntry)"/>.</summary>
    public const string Routes = "/v1/routes";

    /// <summary>GET: <see cref="InterfaceState"/>.</summary>
    public const string Interfaces = "/v1/interfaces";

    /// <summary>GET: <see cref="AdjacencyState"/>.</summary>
    public const string Adjacencies = "/v1/adjacencies";

    /// <summary>GET: <see cref="CdpNeighborState"/>.</summary>
    public const string CdpNeighbors = "/v1/cdp/neighbors";

    /// <summary>GET: <see cref="VersionState"/>. Also the probe whether a daemon lives at a socket.</summary>
    public const string Version = "/v1/version";

    /// <summary>GET: <see cref="PlatformState"/>.</summary>
    public const string Platform = "/v1/platform";

    /// <summary>GET: <see cref="CryptoState"/>: sessions of <see cref="ScreenQuery.Tunnel"/>, with the peer <see cref="ScreenQuery.Nbma"/>.</summary>
    public const string CryptoSessions = "/v1/crypto/sessions";

    /// <summary>GET: <see cref="CryptoStatisticsState"/>.</summary>
    public const string CryptoStatistics = "/v1/crypto/statistics";

    /// <summary>
    /// GET: <see cref="CryptoConfigState"/>; <see cref="ScreenQuery.Filter"/> <c>proposal</c>, <c>policy</c>, <c>ikev2-profile</c>, <c>ipsec-profile</c> or <c>transform-set</c> gives that kind only,
    /// <see cref="ScreenQuery.Name"/> what has that name.
    /// </summary>
    public const string CryptoConfig = "/v1/crypto/config";

    /// <summary>GET: <see cref="CertificateState"/>; <see cref="ScreenQuery.Name"/> gives those of one trustpoint.</summary>
    public const string Certificates = "/v1/crypto/certificates";

    /// <summary>GET: <see cref="LogState"/>.</summary>
    public const string Log = "/v1/log";

    /// <summary>GET: <see cref="DropState"/>.</summary>
    public const string Drops = "/v1/drops";

    /// <summary>GET: <see cref="RunningConfig"/>; secrets masked. <see cref="ScreenQuery.Tunnel"/> gives one interface's part.</summary>
    public const string RunningConfig = "/v1/running-config";

    /// <summary>
    /// GET: a stream that ends only when the client closes it: one JSON <see cref="DebugLine"/> per line (NDJSON), flushed at once.
    /// Query: <c>topic</c> once or more, values of <see cref="DebugTopics"/>; optional <c>peer</c> (NBMA or tunnel address) and
    /// <c>tunnel</c> as the condition.
    /// </summary>
    public const string Debug = "/v1/debug";

    /// <summary>POST <see cref="ClearNhrpRequest"/>: <see cref="CommandResult"/>.</summary>
    public const string ClearNhrp = "/v1/clear/nhrp";

    /// <summary>POST <see cref="ClearDmvpnSessionRequest"/>: <see cref="CommandResult"/>.</summary>
    public const string ClearDmvpnSession = "/v1/clear/dmvpn-session";

    /// <summary>POST <see cref="ClearCryptoRequest"/>: <see cref="CommandResult"/>.</summary>
    public const string ClearCrypto = "/v1/clear/crypto";

    /// <summary>POST <see cref="ClearCountersRequest"/>: <see cref="CommandResult"/>. Interface counters and drop counters.</summary>
    public const string ClearCounters = "/v1/clear/counters";

    /// <summary>POST, no body: <see cref="CommandResult"/>. Empties the log buffer.</summary>
    public const string ClearLogging = "/v1/clear/logging";

    /// <summary>POST, no body: <see cref="CommandResult"/>. Forgets the CDP neighbours.</summary>
    public const string ClearCdp = "/v1/clear/cdp";

    /// <summary>
    /// POST <see cref="ReloadRequest"/>, or no body: <see cref="ReloadResult"/>. Reads the configuration file again; status 200
    /// also when it was refused.
    /// </summary>
    public const string Reload = "/v1/reload";

    /// <summary>POST <see cref="CheckRequest"/>: <see cref="ReloadResult"/> of what a reload with that text would do; nothing is changed.</summary>
    public const string Check = "/v1/check";
}
