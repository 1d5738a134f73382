using Dmvpn.Core;
using Dmvpn.Ike;
using Dmvpn.Management.Api;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Daemon.Screens;

/// <summary><c>show crypto ikev2 stats</c>, <c>performance</c> and <c>diagnose error</c>. Control thread only.</summary>
internal static class CryptoStatisticsScreens
{
    private static readonly IkeExchangeType[] Exchanges =
        [IkeExchangeType.SaInit, IkeExchangeType.Auth, IkeExchangeType.CreateChildSa, IkeExchangeType.Informational, IkeExchangeType.SessionResume];

    public static CryptoStatisticsState Of(IkeInstance ike, string? keyLog, Instant now)
    {
        IkeStatistics counts = ike.Statistics;
        int incoming = 0, outgoing = 0;
        foreach (IkeSaState sa in ike.Sas())
        {
            if (sa.Status != IkeSaStatus.Ready) continue;
            if (sa.IsInitiator) outgoing++;
            else incoming++;
        }
        var drops = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach ((string name, long count) in ike.Drops.NonZero().Concat(ike.Malformed.NonZero())) drops[name] = count;
        return new CryptoStatisticsState
        {
            ActiveIncoming = incoming,
            ActiveOutgoing = outgoing,
            NegotiatingIncoming = counts.HalfOpen,
            NegotiatingOutgoing = counts.Initiating,
            IpsecSas = ike.ChildSas().Count(),
            MaxSas = ike.Config.MaxSa,
            MaxInNegotiation = ike.Config.MaxInNegotiation,
            EstablishedIncoming = counts.EstablishedAsResponder,
            EstablishedOutgoing = counts.EstablishedAsInitiator,
            Resumed = counts.Resumed,
            Failed = counts.Failed,
            IkeRekeys = counts.IkeRekeys,
            ChildRekeys = counts.ChildRekeys,
            CookiesSent = counts.CookiesSent,
            DeadPeers = counts.DeadPeers,
            CrashedPeers = counts.CrashedPeers,
            Moves = counts.Moves,
            Jobs = counts.Jobs,
            Exchanges = Array.ConvertAll(Exchanges, exchange => Exchange(exchange, counts.Of(exchange))),
            Phases = Array.ConvertAll(Enum.GetValues<IkePhase>(), phase => Phase(phase, counts.Of(phase))),
            Failures = Failures(counts.Failures, now),
            ForgottenFailures = Math.Max(0, counts.Failed - counts.Failures.Count),
            MaximumFailures = IkeStatistics.MaximumFailures,
            Drops = drops,
            KeyLog = keyLog,
        };
    }

    /// <summary>A peer that is misconfigured is tried again and again: what failed the same way with the same peer is one entry, at the place of its last time.</summary>
    private static List<CryptoFailure> Failures(IReadOnlyCollection<IkeFailure> failures, Instant now)
    {
        var entries = new Dictionary<(IpAddress, IkeExchangeType, string), CryptoFailure>();
        var order = new List<(IpAddress, IkeExchangeType, string)>();
        foreach (IkeFailure failure in failures)
        {
            (IpAddress, IkeExchangeType, string) key = (failure.Remote.Address, failure.Exchange, failure.Text);
            int before = entries.TryGetValue(key, out CryptoFailure? known) ? known.Count : 0;
            if (before > 0) order.Remove(key);
            order.Add(key);
            entries[key] = new CryptoFailure
            {
                Count = before + 1,
                SecondsAgo = NhrpScreens.Seconds(now.Since(failure.At)),
                Local = failure.Local.ToString(),
                Remote = failure.Remote.ToString(),
                Exchange = IkeNames.NameOf(failure.Exchange),
                Reason = failure.Drop.ToString(),
                Text = failure.Text,
            };
        }
        return order.ConvertAll(key => entries[key]);
    }

    private static CryptoExchange Exchange(IkeExchangeType exchange, IkeExchangeCounts counts) => new()
    {
        Name = IkeNames.NameOf(exchange),
        RequestsSent = counts.RequestsSent,
        ResponsesSent = counts.ResponsesSent,
        RequestsReceived = counts.RequestsReceived,
        ResponsesReceived = counts.ResponsesReceived,
        Retransmissions = counts.Retransmissions,
        RetransmissionsReceived = counts.RetransmissionsReceived,
    };

    private static CryptoPhase Phase(IkePhase phase, IkePhaseTime time) => new()
    {
        Name = CryptoNames.Phase(phase),
        Count = time.Count,
        AverageMicroseconds = (long)time.Mean.TotalMicroseconds,
        MinimumMicroseconds = (long)time.Shortest.TotalMicroseconds,
        MaximumMicroseconds = (long)time.Longest.TotalMicroseconds,
    };
}
