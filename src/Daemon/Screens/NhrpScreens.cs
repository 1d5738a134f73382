using Dmvpn.Core;
using Dmvpn.Management.Api;
using Dmvpn.Nhrp;

namespace Dmvpn.Daemon.Screens;

/// <summary>NHRP's live state as the API's records. Control thread only.</summary>
internal static class NhrpScreens
{
    private static readonly (NhrpEntryFlags From, NhrpFlag To)[] Flags =
    [
        (NhrpEntryFlags.Authoritative, NhrpFlag.Authoritative), (NhrpEntryFlags.Implicit, NhrpFlag.Implicit),
        (NhrpEntryFlags.Negative, NhrpFlag.Negative), (NhrpEntryFlags.Router, NhrpFlag.Router),
        (NhrpEntryFlags.Unique, NhrpFlag.Unique), (NhrpEntryFlags.Nat, NhrpFlag.Nat),
        (NhrpEntryFlags.Registered, NhrpFlag.Registered), (NhrpEntryFlags.Used, NhrpFlag.Used),
        (NhrpEntryFlags.NextHop, NhrpFlag.Nhop), (NhrpEntryFlags.Rib, NhrpFlag.Rib),
        (NhrpEntryFlags.NextHopOverride, NhrpFlag.Nho), (NhrpEntryFlags.Local, NhrpFlag.Local),
    ];

    public static NhrpCacheState Cache(NhrpInstance nhrp, ScreenQuery query, Instant now)
    {
        var entries = new List<NhrpCacheEntry>();
        foreach (bool ipv6 in Families(query))
        {
            foreach (NhrpCacheEntryState state in nhrp.Cache(ipv6))
            {
                NhrpCacheEntry entry = Entry(state, now);
                if (query.Matches(entry)) entries.Add(entry);
            }
        }
        entries.Sort(static (a, b) => a.Tunnel != b.Tunnel ? a.Tunnel.CompareTo(b.Tunnel) : a.Target.CompareTo(b.Target));
        return new NhrpCacheState { Entries = entries };
    }

    public static NhrpCacheEntry Entry(NhrpCacheEntryState state, Instant now) => new()
    {
        Tunnel = state.Key.Tunnel,
        Family = Family(state.Key.IPv6),
        Target = state.Prefix,
        NextHop = Some(state.Via),
        Type = (Management.Api.NhrpEntryType)state.Type,
        Flags = FlagsOf(state.Flags),
        CreatedSeconds = Seconds(now.Since(state.Created)),
        ExpireSeconds = state.Expires.IsNever ? null : Seconds(state.Expires.Since(now)),
        Nbma = Some(state.Peer.Address),
        ClaimedNbma = state.Claimed == state.Peer.Address ? null : Some(state.Claimed),
        Preference = state.Preference,
        Mtu = state.Mtu,
        NoSocket = (state.Flags & NhrpEntryFlags.Local) != 0,
        CacheHits = state.Hits,
        Requesters = [.. RequestersOf(state)],
    };

    public static Management.Api.NhsState Nhs(NhrpInstance nhrp, Func<TunnelId, bool> isProtected, ScreenQuery query, Instant now)
    {
        var tunnels = new List<NhsTunnel>();
        var pending = new List<PendingRegistration>();
        foreach (bool ipv6 in Families(query))
        {
            foreach (IGrouping<TunnelId, Nhrp.NhsState> tunnel in nhrp.Nhss(ipv6).GroupBy(static n => n.Key.Tunnel).OrderBy(static g => g.Key))
            {
                if (!query.Matches(tunnel.Key)) continue;
                tunnels.Add(new NhsTunnel { Tunnel = tunnel.Key, Family = Family(ipv6), Servers = [.. tunnel.Select(n => Server(n, isProtected(tunnel.Key), now))] });
                foreach (Nhrp.NhsState nhs in tunnel)
                {
                    if (nhs.Status is not (NhsStatus.Probing or NhsStatus.Down)) continue;
                    pending.Add(new PendingRegistration
                    {
                        Tunnel = tunnel.Key,
                        Nhs = nhs.Address,
                        RequestId = nhs.RequestId,
                        RetrySeconds = (int)nhs.Retransmission.TotalSeconds,
                    });
                }
            }
        }
        return new Management.Api.NhsState { Tunnels = tunnels, Pending = pending };
    }

    public static NhsEntry Server(Nhrp.NhsState nhs, bool isProtected, Instant now) => new()
    {
        Address = Some(nhs.Address),
        Nbma = Some(nhs.Nbma),
        NbmaName = nhs.Name,
        Waiting = nhs.Status is NhsStatus.Waiting or NhsStatus.Unresolved,
        ExpectingReplies = nhs.Status is NhsStatus.Probing or NhsStatus.Up or NhsStatus.Down,
        Responding = nhs.Status == NhsStatus.Up,
        Dynamic = nhs.Dynamic,
        Priority = nhs.Priority,
        Cluster = nhs.Cluster,
        RequestsSent = nhs.RequestsSent,
        RequestsFailed = nhs.RequestsFailed,
        RepliesReceived = nhs.RepliesReceived,
        LastReplySeconds = nhs.LastReply.IsNever ? null : Seconds(now.Since(nhs.LastReply)),
        NextRegistrationSeconds = nhs.NextRegistration.IsNever ? null : Seconds(nhs.NextRegistration.Since(now)),
        RequestId = nhs.RequestId,
        AcknowledgedRequestId = nhs.AcknowledgedId == 0 ? null : nhs.AcknowledgedId,
        LastRefusal = nhs.RefusedWith == 0 ? null : nhs.RefusedWith.ToString(),
        ProtectionRequested = isProtected,
    };

    public static Management.Api.NhrpTrafficState Traffic(NhrpInstance nhrp, ScreenQuery query)
    {
        var tunnels = new List<NhrpTraffic>();
        foreach (bool ipv6 in Families(query))
        {
            foreach (Nhrp.NhrpTrafficState state in nhrp.Traffic(ipv6))
            {
                if (!query.Matches(state.Key.Tunnel)) continue;
                tunnels.Add(new NhrpTraffic
                {
                    Tunnel = state.Key.Tunnel,
                    Family = Family(ipv6),
                    MaxSendPackets = state.MaxSendPackets,
                    MaxSendSeconds = (int)state.MaxSendInterval.TotalSeconds,
                    UsagePercent = state.UsagePercent,
                    Sent = Counts(state.Sent, state.RedirectsSuppressed),
                    Received = Counts(state.Received, 0),
                });
            }
        }
        return new Management.Api.NhrpTrafficState { Tunnels = tunnels };
    }

    public static Management.Api.NhrpSummaryState Summary(NhrpInstance nhrp, ScreenQuery query)
    {
        var families = new List<NhrpSummary>();
        foreach (bool ipv6 in Families(query))
        {
            Nhrp.NhrpSummaryState state = nhrp.Summary(ipv6);
            if (state.Entries == 0 && ipv6 && query.Family is null) continue;
            families.Add(new NhrpSummary
            {
                Family = Family(ipv6),
                Bytes = state.Bytes,
                Remote = new NhrpEntryCounts(state.Static, state.Dynamic, state.Incomplete),
                Local = new NhrpEntryCounts(0, state.Local, 0),
                Nhop = state.NextHops,
                RibRoutes = state.Rib,
                NexthopOverrides = state.NextHopOverrides,
                Temporary = state.Incomplete,
            });
        }
        return new Management.Api.NhrpSummaryState { Families = families };
    }

    public static RedirectState Redirects(NhrpInstance nhrp, ScreenQuery query, Instant now)
    {
        var entries = new List<RedirectEntry>();
        foreach (bool ipv6 in Families(query))
        {
            foreach (NhrpRedirectState state in nhrp.Redirects(ipv6, now))
            {
                if (!query.Matches(state.Key.Tunnel)) continue;
                entries.Add(new RedirectEntry
                {
                    Tunnel = state.Key.Tunnel,
                    Family = Family(ipv6),
                    Nbma = state.ToldPeer.Address,
                    Source = state.Source,
                    Destination = state.Destination,
                    Suppressed = state.Suppressed,
                    ExpireSeconds = Seconds(state.Until.Since(now)),
                });
            }
        }
        return new RedirectState { Entries = entries };
    }

    public static MulticastState Multicast(NhrpInstance nhrp, ScreenQuery query)
    {
        var entries = new List<MulticastEntry>();
        foreach (bool ipv6 in Families(query))
        {
            foreach (NhrpMulticastState state in nhrp.Multicast(ipv6))
            {
                if (!query.Matches(state.Key.Tunnel)) continue;
                entries.Add(new MulticastEntry
                {
                    Tunnel = state.Key.Tunnel,
                    Family = Family(ipv6),
                    Nbma = state.Peer.Address,
                    Origin = state.Static ? MulticastOrigin.Static : state.Nhs ? MulticastOrigin.Nhs : MulticastOrigin.Dynamic,
                });
            }
        }
        return new MulticastState { Entries = entries };
    }

    public static AddressFamily Family(bool ipv6) => ipv6 ? AddressFamily.Ipv6 : AddressFamily.Ipv4;

    public static bool[] Families(ScreenQuery query) => query.Family switch
    {
        AddressFamily.Ipv4 => [false],
        AddressFamily.Ipv6 => [true],
        _ => [false, true],
    };

    public static long Seconds(TimeSpan span) => (long)span.TotalSeconds;

    public static IpAddress? Some(IpAddress address) => address.IsNone ? null : address;

    private static List<NhrpFlag> FlagsOf(NhrpEntryFlags flags)
    {
        var list = new List<NhrpFlag>();
        foreach ((NhrpEntryFlags from, NhrpFlag to) in Flags)
        {
            if ((flags & from) != 0) list.Add(to);
        }
        return list;
    }

    private static IEnumerable<NhrpRequester> RequestersOf(NhrpCacheEntryState state)
    {
        foreach (NhrpRequesterState requester in state.Requesters) yield return new NhrpRequester(requester.Address, requester.RequestId);
    }

    private static NhrpMessageCounts Counts(NhrpTypeCounters counters, long suppressed) => new()
    {
        ResolutionRequest = counters.ResolutionRequest,
        ResolutionReply = counters.ResolutionReply,
        RegistrationRequest = counters.RegistrationRequest,
        RegistrationReply = counters.RegistrationReply,
        PurgeRequest = counters.PurgeRequest,
        PurgeReply = counters.PurgeReply,
        ErrorIndication = counters.ErrorIndication,
        TrafficIndication = counters.TrafficIndication,
        RedirectSuppress = suppressed,
    };
}
