using Dmvpn.Core;
using Dmvpn.Daemon.Api;
using Dmvpn.Management.Api;

namespace Dmvpn.Daemon.Tests.Api;

/// <summary>Answers everything with an empty record, and keeps what it was asked.</summary>
internal sealed class FakeRouterApi : IRouterApi
{
    public List<string> Asked { get; } = [];

    public ScreenQuery? LastQuery { get; private set; }

    public object? LastRequest { get; private set; }

    public int LastThread { get; private set; }

    /// <summary>Thrown by <see cref="Dmvpn"/> when set.</summary>
    public Exception? Failure { get; set; }

    public DmvpnState Dmvpn(ScreenQuery query, Instant now) => Failure is null ? Note(query, new DmvpnState(), nameof(Dmvpn)) : throw Failure;

    public NhrpCacheState NhrpCache(ScreenQuery query, Instant now) => Note(query, new NhrpCacheState(), nameof(NhrpCache));

    public NhsState Nhs(ScreenQuery query, Instant now) => Note(query, new NhsState(), nameof(Nhs));

    public NhrpTrafficState NhrpTraffic(ScreenQuery query, Instant now) => Note(query, new NhrpTrafficState(), nameof(NhrpTraffic));

    public NhrpSummaryState NhrpSummary(ScreenQuery query, Instant now) => Note(query, new NhrpSummaryState(), nameof(NhrpSummary));

    public RedirectState Redirects(ScreenQuery query, Instant now) => Note(query, new RedirectState(), nameof(Redirects));

    public MulticastState Multicast(ScreenQuery query, Instant now) => Note(query, new MulticastState(), nameof(Multicast));

    public RouteState Routes(ScreenQuery query, Instant now) => Note(query, new RouteState(), nameof(Routes));

    public InterfaceState Interfaces(ScreenQuery query, Instant now) => Note(query, new InterfaceState(), nameof(Interfaces));

    public AdjacencyState Adjacencies(ScreenQuery query, Instant now) => Note(query, new AdjacencyState(), nameof(Adjacencies));

    public CdpNeighborState CdpNeighbors(ScreenQuery query, Instant now) => Note(query, new CdpNeighborState(), nameof(CdpNeighbors));

    public VersionState Version(ScreenQuery query, Instant now) => Note(query, new VersionState { Version = "1", HostName = "Hub" }, nameof(Version));

    public PlatformState Platform(ScreenQuery query, Instant now) => Note(query, new PlatformState(), nameof(Platform));

    public CryptoState CryptoSessions(ScreenQuery query, Instant now) => Note(query, new CryptoState(), nameof(CryptoSessions));

    public CryptoStatisticsState CryptoStatistics(ScreenQuery query, Instant now) => Note(query, new CryptoStatisticsState(), nameof(CryptoStatistics));

    public CryptoConfigState CryptoConfig(ScreenQuery query, Instant now) => Note(query, new CryptoConfigState(), nameof(CryptoConfig));

    public CertificateState Certificates(ScreenQuery query, Instant now) => Note(query, new CertificateState(), nameof(Certificates));

    public DropState Drops(ScreenQuery query, Instant now) => Note(query, new DropState(), nameof(Drops));

    public RunningConfig RunningConfig(ScreenQuery query, Instant now) => Note(query, new RunningConfig("hostname Hub"), nameof(RunningConfig));

    public CommandResult ClearNhrp(ClearNhrpRequest request, Instant now) => Note(request, new CommandResult(), nameof(ClearNhrp));

    public CommandResult ClearDmvpnSession(ClearDmvpnSessionRequest request, Instant now) => Note(request, new CommandResult(), nameof(ClearDmvpnSession));

    public CommandResult ClearCrypto(ClearCryptoRequest request, Instant now) => Note(request, new CommandResult(), nameof(ClearCrypto));

    public CommandResult ClearCounters(ClearCountersRequest request, Instant now) => Note(request, new CommandResult(), nameof(ClearCounters));

    public CommandResult ClearCdp(Instant now) => Note("", new CommandResult(), nameof(ClearCdp));

    public Task<ReloadResult> ReloadAsync(ReloadRequest request) => OffThread(request, new ReloadResult { Accepted = true }, nameof(ReloadAsync));

    public Task<ReloadResult> CheckAsync(CheckRequest request) => OffThread(request, new ReloadResult(), nameof(CheckAsync));

    private Task<T> OffThread<T>(object request, T answer, string method)
    {
        LastRequest = request;
        Asked.Add(method);
        return Task.FromResult(answer);
    }

    private T Note<T>(object request, T answer, string method)
    {
        (LastQuery, LastRequest, LastThread) = (request as ScreenQuery, request, Environment.CurrentManagedThreadId);
        Asked.Add(method);
        return answer;
    }
}
