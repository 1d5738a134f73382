using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary>Getters: what the screens show.</summary>
public sealed partial class NhrpInstance
{
    /// <summary>Packets that were not obeyed or not sent, by reason.</summary>
    public DropCounters<NhrpDrop> Drops => _core.Drops;

    /// <summary>Packets that could not be decoded, by reason.</summary>
    public DropCounters<Wire.Malformed> Malformed { get; } = new();

    /// <summary><c>show ip nhrp</c>: all entries of a family, next hops first, then networks, answers given, open resolutions.</summary>
    public IEnumerable<NhrpCacheEntryState> Cache(bool ipv6)
    {
        foreach (NhrpInterface via in Of(ipv6))
        {
            foreach (NhrpMapping mapping in via.Cache.Mappings) yield return StateOf(via, mapping);
            foreach (KeyValuePair<IpPrefix, NhrpShortcut> shortcut in via.Cache.Shortcuts) yield return StateOf(via, shortcut.Value);
            foreach (KeyValuePair<IpPrefix, NhrpAnswer> answer in via.Answers.All) yield return StateOf(via, answer.Value);
            foreach (NhrpResolution resolution in via.Resolutions.All) yield return StateOf(via, resolution);
        }
    }

    /// <summary>How many entries a family has; cheap.</summary>
    public int CacheCount(bool ipv6)
    {
        int count = 0;
        foreach (NhrpInterface via in Of(ipv6)) count += via.Cache.MappingCount + via.Cache.ShortcutCount + via.Answers.Count + via.Resolutions.Count;
        return count;
    }

    /// <summary>The best entry for an address, a shortcut before a mapping; cheap.</summary>
    public bool TryFind(NhrpInterfaceKey key, IpAddress address, [NotNullWhen(true)] out NhrpCacheEntryState? entry)
    {
        entry = null;
        if (_core.Find(key) is not { } via) return false;
        if (via.Cache.Find(address) is { } mapping) entry = StateOf(via, mapping);
        else if (via.Cache.FindShortcut(address) is { } shortcut) entry = StateOf(via, shortcut);
        else if (via.Resolutions.Find(address) is { } resolution) entry = StateOf(via, resolution);
        return entry is not null;
    }

    /// <summary>
    /// Where to send a packet for a next hop that has no mapping yet (phase 2): the best next hop server that answers. False when none does.
    /// </summary>
    public bool TryGetServer(NhrpInterfaceKey key, out IpAddress address, out NbmaPeer peer)
    {
        (address, peer) = (default, default);
        if (_core.Find(key) is not { Active: true } via || via.Nhss.Best() is not { } mapping) return false;
        (address, peer) = (mapping.Address, mapping.Peer);
        return true;
    }

    /// <summary>True when the address is that of a next hop server that is configured here, or that one discovered.</summary>
    public bool IsServer(NhrpInterfaceKey key, IpAddress address)
    {
        if (_core.Find(key) is not { } via) return false;
        foreach (NhsClient nhs in via.Nhss.Clients)
        {
            if (nhs.Address == address) return true;
        }
        return false;
    }

    /// <summary><c>show ip nhrp nhs detail</c>, by interface and priority.</summary>
    public IEnumerable<NhsState> Nhss(bool ipv6)
    {
        foreach (NhrpInterface via in Of(ipv6))
        {
            foreach (NhsClient nhs in via.Nhss.Clients)
            {
                yield return new NhsState
                {
                    Key = via.Key,
                    Address = nhs.Address,
                    Dynamic = nhs.Config.Protocol.IsUnspecified,
                    Nbma = nhs.Peer.Address,
                    Name = nhs.Config.NbmaName,
                    Status = nhs.Status,
                    Since = nhs.Since,
                    Priority = nhs.Config.Priority,
                    Cluster = nhs.Config.Cluster,
                    RequestsSent = nhs.RequestsSent,
                    RequestsFailed = nhs.RequestsFailed,
                    RepliesReceived = nhs.RepliesReceived,
                    LastReply = nhs.LastReply,
                    RequestId = nhs.RequestId,
                    AcknowledgedId = nhs.AcknowledgedId,
                    RefusedWith = nhs.RefusedWith,
                    NatAddress = nhs.NatAddress,
                    Retransmission = nhs.State is RegistrationState.Registering registering ? registering.Interval : TimeSpan.Zero,
                    NextRegistration = nhs.State is RegistrationState.Idle or RegistrationState.Unresolved ? Instant.Never : nhs.Deadline,
                };
            }
        }
    }

    /// <summary><c>show ip nhrp traffic</c>.</summary>
    public IEnumerable<NhrpTrafficState> Traffic(bool ipv6)
    {
        foreach (NhrpInterface via in Of(ipv6))
        {
            yield return new NhrpTrafficState
            {
                Key = via.Key,
                MaxSendPackets = via.Config.MaxSendPackets,
                MaxSendInterval = via.Config.MaxSendInterval,
                UsagePercent = via.UsagePercent,
                Sent = CountersOf(via.Sent),
                Received = CountersOf(via.Received),
                RedirectsSuppressed = via.Redirects.Suppressed,
            };
        }
    }

    /// <summary><c>show ip nhrp summary</c>.</summary>
    public NhrpSummaryState Summary(bool ipv6)
    {
        int statics = 0, dynamics = 0, incomplete = 0, local = 0, registered = 0, nextHops = 0, rib = 0, overrides = 0;
        foreach (NhrpInterface via in Of(ipv6))
        {
            local += via.Answers.Count;
            incomplete += via.Resolutions.Count;
            foreach (NhrpMapping mapping in via.Cache.Mappings)
            {
                if (mapping.Origin == NhrpOrigin.Static) statics++;
                else dynamics++;
                if (mapping.Origin == NhrpOrigin.Registered) registered++;
                if (mapping.Shortcuts is { Count: > 0 }) nextHops++;
            }
            foreach (KeyValuePair<IpPrefix, NhrpShortcut> shortcut in via.Cache.Shortcuts)
            {
                dynamics++;
                if (shortcut.Value.NextHopOverride) overrides++;
                else rib++;
            }
        }
        int entries = statics + dynamics + incomplete + local;
        return new NhrpSummaryState
        {
            Entries = entries,
            Bytes = entries * 352L,
            Static = statics,
            Dynamic = dynamics,
            Incomplete = incomplete,
            Local = local,
            Registered = registered,
            NextHops = nextHops,
            Rib = rib,
            NextHopOverrides = overrides,
        };
    }

    /// <summary><c>show ip nhrp redirect</c>.</summary>
    public IEnumerable<NhrpRedirectState> Redirects(bool ipv6, Instant now)
    {
        foreach (NhrpInterface via in Of(ipv6))
        {
            foreach (NhrpRedirectState state in via.Redirects.All(now)) yield return state;
        }
    }

    /// <summary><c>show ip nhrp shortcut</c>: the entries of <see cref="Cache"/> that are shortcuts.</summary>
    public IEnumerable<NhrpCacheEntryState> Shortcuts(bool ipv6)
    {
        foreach (NhrpInterface via in Of(ipv6))
        {
            foreach (KeyValuePair<IpPrefix, NhrpShortcut> shortcut in via.Cache.Shortcuts) yield return StateOf(via, shortcut.Value);
        }
    }

    /// <summary><c>show ip nhrp multicast</c>.</summary>
    public IEnumerable<NhrpMulticastState> Multicast(bool ipv6)
    {
        foreach (NhrpInterface via in Of(ipv6))
        {
            foreach ((NbmaPeer peer, PeerUse use) in via.Cache.Peers)
            {
                if (!use.MulticastUp) continue;
                yield return new NhrpMulticastState(
                    via.Key, peer, use.Multicast.HasFlag(MulticastReasons.Static), use.Multicast.HasFlag(MulticastReasons.Nhs), use.Registered > 0);
            }
        }
    }

    private IEnumerable<NhrpInterface> Of(bool ipv6)
    {
        foreach (NhrpInterface via in _core.Interfaces)
        {
            if (via.Active && via.Key.IPv6 == ipv6) yield return via;
        }
    }

    private static NhrpCacheEntryState StateOf(NhrpInterface via, NhrpMapping mapping) => new()
    {
        Prefix = IpPrefix.Host(mapping.Address),
        Via = mapping.Address,
        Key = via.Key,
        Created = mapping.Created,
        Expires = mapping.Expires,
        Type = mapping.Origin == NhrpOrigin.Static ? NhrpEntryType.Static : NhrpEntryType.Dynamic,
        Flags = FlagsOf(mapping) | (mapping.Shortcuts is { Count: > 0 } ? NhrpEntryFlags.NextHop : NhrpEntryFlags.None),
        Peer = mapping.Peer,
        Claimed = mapping.Claimed,
        Preference = mapping.Preference == 0 ? (byte)255 : mapping.Preference,
        Mtu = mapping.Mtu,
        Hits = mapping.Hits,
    };

    private static NhrpCacheEntryState StateOf(NhrpInterface via, NhrpShortcut shortcut) => new()
    {
        Prefix = shortcut.Prefix,
        Via = shortcut.NextHop.Address,
        Key = via.Key,
        Created = shortcut.Created,
        Expires = shortcut.Expires,
        Type = NhrpEntryType.Dynamic,
        Flags = NhrpEntryFlags.Router
            | (shortcut.NextHopOverride ? NhrpEntryFlags.NextHopOverride : NhrpEntryFlags.None) | NhrpEntryFlags.Rib
            | (shortcut.Authoritative ? NhrpEntryFlags.Authoritative : NhrpEntryFlags.None)
            | (shortcut.NextHop.IsNatted ? NhrpEntryFlags.Nat : NhrpEntryFlags.None),
        Peer = shortcut.NextHop.Peer,
        Claimed = shortcut.NextHop.Claimed,
        Preference = shortcut.Preference == 0 ? (byte)255 : shortcut.Preference,
        Mtu = shortcut.Mtu,
        Hits = shortcut.Hits,
    };

    private static NhrpCacheEntryState StateOf(NhrpInterface via, NhrpAnswer answer)
    {
        var requesters = new List<NhrpRequesterState>();
        Instant expires = Instant.Zero;
        foreach ((IpAddress address, NhrpRequester requester) in answer.Requesters)
        {
            requesters.Add(new NhrpRequesterState(address, requester.RequestId, requester.Expires));
            if (requester.Expires > expires) expires = requester.Expires;
        }
        return new NhrpCacheEntryState
        {
            Prefix = answer.Prefix,
            Via = via.Address,
            Key = via.Key,
            Created = answer.Created,
            Expires = expires,
            Type = NhrpEntryType.Dynamic,
            Flags = NhrpEntryFlags.Router | NhrpEntryFlags.Unique | NhrpEntryFlags.Local,
            Peer = new NbmaPeer(via.Facts.NbmaSource),
            Claimed = via.Facts.NbmaSource,
            Preference = 255,
            Mtu = via.Mtu,
            Hits = answer.Hits,
            Requesters = [.. requesters],
        };
    }

    private static NhrpCacheEntryState StateOf(NhrpInterface via, NhrpResolution resolution) => new()
    {
        Prefix = IpPrefix.Host(resolution.Destination),
        Via = resolution.Destination,
        Key = via.Key,
        Created = resolution.Created,
        Expires = resolution.Deadline,
        Type = NhrpEntryType.Incomplete,
        Flags = resolution.Negative ? NhrpEntryFlags.Negative : NhrpEntryFlags.None,
        Preference = 255,
        Hits = resolution.Hits,
    };

    private static NhrpEntryFlags FlagsOf(NhrpMapping mapping)
    {
        NhrpEntryFlags flags = mapping.Origin switch
        {
            NhrpOrigin.Registered => NhrpEntryFlags.Registered,
            NhrpOrigin.Implicit => NhrpEntryFlags.Router | NhrpEntryFlags.Implicit,
            NhrpOrigin.Resolved => NhrpEntryFlags.Router,
            _ => NhrpEntryFlags.None,
        };
        if (mapping.Unique) flags |= NhrpEntryFlags.Unique;
        if (!mapping.LastUsed.IsNever) flags |= NhrpEntryFlags.Used;
        if (mapping.IsNatted) flags |= NhrpEntryFlags.Nat;
        if (mapping.Authoritative && mapping.Origin == NhrpOrigin.Resolved) flags |= NhrpEntryFlags.Authoritative;
        if (mapping.IsNhs) flags |= NhrpEntryFlags.Nhs;
        return flags;
    }

    private static NhrpTypeCounters CountersOf(long[] counts) => new()
    {
        Total = counts[0],
        ResolutionRequest = counts[1],
        ResolutionReply = counts[2],
        RegistrationRequest = counts[3],
        RegistrationReply = counts[4],
        PurgeRequest = counts[5],
        PurgeReply = counts[6],
        ErrorIndication = counts[7],
        TrafficIndication = counts[8],
    };
}
