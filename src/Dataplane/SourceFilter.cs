using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// Whom a packet that came out of a tunnel may be from. An association proves who sent it, so it cannot bear the tunnel address of another station, nor one of
/// this router's own; with certificates that name networks, nothing but what they name. Servers and configured neighbours bring packets of others.
/// </summary>
internal sealed class SourceFilter(SecurityTable? security)
{
    // No references in it: the collector does not walk it.
    private readonly Entry[] _entries = new Entry[DataplaneLimits.FlowCacheSize];

    // Packets of one flow follow each other.
    private Entry _last;

    /// <summary>Asked for every packet, so remembered by source and sender for as long as the snapshot lasts.</summary>
    public bool IsGood(ForwardingSnapshot snapshot, TunnelSnapshot tunnel, NbmaPeer from, IpAddress source, out DataplaneDrop why)
    {
        if (_last.Version != snapshot.Version || _last.Source != source || _last.Association != from.Association || _last.Tunnel != tunnel.Config.Tunnel || _last.From != from.Address)
        {
            uint slot = (uint)(FlowHash.Of(source, from.Address) ^ (uint)from.Association) & (DataplaneLimits.FlowCacheSize - 1);
            ref Entry entry = ref _entries[slot];
            if (entry.Version != snapshot.Version || entry.Source != source || entry.Association != from.Association || entry.Tunnel != tunnel.Config.Tunnel || entry.From != from.Address)
            {
                DataplaneDrop? judged = Judge(snapshot, tunnel, from, source);
                entry = new Entry
                {
                    Source = source,
                    From = from.Address,
                    Version = snapshot.Version,
                    Association = from.Association,
                    Tunnel = tunnel.Config.Tunnel,
                    IsGood = judged is null,
                    Why = judged ?? default,
                };
            }
            _last = entry;
        }
        why = _last.Why;
        return _last.IsGood;
    }

    private DataplaneDrop? Judge(ForwardingSnapshot snapshot, TunnelSnapshot tunnel, NbmaPeer from, IpAddress source)
    {
        foreach (TunnelSnapshot own in snapshot.Tunnels)
        {
            if (own.IsOwn(source)) return DataplaneDrop.InSpoofedSource;
        }
        if (source.IsUnspecified) return null;
        bool transit = tunnel.PointToPoint is not null || tunnel.IsTransit(from);
        // Without protection an outer address proves nothing, and a NAT changes it under a station that is all right.
        if (tunnel.Config.Protection is not null && !transit)
        {
            SiteRights? rights = null;
            bool certified = (source.IsIPv4 ? tunnel.Config.CertifiedIPv4 : tunnel.Config.CertifiedIPv6) && security is not null && security.TryGetRights(from.Association, out rights);
            transit = certified && rights!.IsHub;
            if (!transit && tunnel.Adjacencies.TryGet(IpPrefix.Host(source), out Adjacency? station) && !IsFrom(from, station.Peer)) return DataplaneDrop.InSpoofedSource;
            if (!transit && certified && !source.IsLinkLocal && !rights!.MayUse(source)) return DataplaneDrop.InUncertifiedSource;
        }
        ReversePath check = source.IsIPv4 ? tunnel.Config.ReversePathIPv4 : tunnel.Config.ReversePathIPv6;
        return check.Mode == ReversePathMode.None || source.IsIPv6 && source.IsLinkLocal || LeadsBack(snapshot, tunnel, from, source, check, transit) ? null : DataplaneDrop.InReversePath;
    }

    private static bool LeadsBack(ForwardingSnapshot snapshot, TunnelSnapshot tunnel, NbmaPeer from, IpAddress source, ReversePath check, bool transit)
    {
        if (!snapshot.BestRoutes.TryMatch(source, out IpPrefix prefix, out TunnelId? back) || prefix.Length == 0 && !check.AllowDefault) return false;
        if (check.Mode == ReversePathMode.Any) return true;
        if (back != tunnel.Config.Tunnel) return false;
        // By way of a server the station itself may send from: while there is no shortcut back nobody can tell.
        return transit || tunnel.Reach(source, out _, out _, out Adjacency? way) != ReachKind.Resolved || IsFrom(from, way!.Peer) || tunnel.IsTransit(way.Peer);
    }

    private static bool IsFrom(NbmaPeer from, NbmaPeer station) => station.Association != 0 ? station.Association == from.Association : station.Address == from.Address;

    private struct Entry
    {
        public IpAddress Source;
        public IpAddress From;
        public long Version;
        public int Association;
        public TunnelId Tunnel;
        public bool IsGood;
        public DataplaneDrop Why;
    }
}
