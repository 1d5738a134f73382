using Dmvpn.Core;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane;

/// <summary>
/// Finds packets that came out of an NHRP network and are routed back into it: their sender is owed a Traffic Indication, once in a
/// while for each (source, destination). Read first: draft-detienne-dmvpn 4. A sender counts for itself alone: inner addresses can be made up, and a flood of them takes no indication from others.
/// </summary>
internal sealed class RedirectFilter
{
    private readonly Entry[] _entries = new Entry[DataplaneLimits.FlowCacheSize];
    private readonly RateLimitTable _limits = new();
    private readonly PeerShares _shares = new(DataplaneLimits.RedirectsPerPeer);

    public bool IsOwed(ForwardingSnapshot snapshot, TunnelSnapshot tunnel, scoped in IpView ip, NbmaPeer peer, Instant now)
    {
        if (!TurnsRound(snapshot, tunnel, ip.Destination)) return false;
        ulong key = FlowHash.Of(ip.Source, ip.Destination) ^ FlowHash.Mix(FlowHash.Of(peer));
        return _limits.IsDue(key, now) && !LeadsBack(snapshot, ip.Destination, peer) && _shares.TryTake(peer, now) && _limits.TryPass(key, tunnel.Config.RedirectInterval, now);
    }

    /// <summary>Asked for every packet, so remembered by destination for as long as the snapshot lasts.</summary>
    private bool TurnsRound(ForwardingSnapshot snapshot, TunnelSnapshot tunnel, IpAddress destination)
    {
        ref Entry entry = ref _entries[FlowHash.Of(destination) & (DataplaneLimits.FlowCacheSize - 1)];
        if (entry.Version == snapshot.Version && entry.Tunnel == tunnel.Config.Tunnel && entry.Destination == destination) return entry.Turns;
        bool turns = !tunnel.IsReplicated(destination) && !tunnel.IsOwn(destination)
            && snapshot.BestRoutes.TryMatch(destination, out TunnelId? exit) && exit is TunnelId id
            && (id == tunnel.Config.Tunnel || InSameNetwork(snapshot, tunnel, id));
        entry = new Entry { Version = snapshot.Version, Tunnel = tunnel.Config.Tunnel, Destination = destination, Turns = turns };
        return turns;
    }

    private static bool InSameNetwork(ForwardingSnapshot snapshot, TunnelSnapshot tunnel, TunnelId exit) =>
        tunnel.Config.NetworkId is uint network && snapshot.TryGet(exit, out TunnelSnapshot? other) && other.Config.NetworkId == network;

    /// <summary>Back to the very peer that it came from: there is no shorter way to tell it of.</summary>
    private static bool LeadsBack(ForwardingSnapshot snapshot, IpAddress destination, NbmaPeer peer) =>
        snapshot.BestRoutes.TryMatch(destination, out TunnelId? exit) && exit is TunnelId id && snapshot.TryGet(id, out TunnelSnapshot? tunnel)
        && tunnel.Reach(destination, out _, out _, out Adjacency? adjacency) == ReachKind.Resolved && adjacency!.Peer == peer;

    private struct Entry
    {
        public IpAddress Destination;
        public long Version;
        public TunnelId Tunnel;
        public bool Turns;
    }
}
