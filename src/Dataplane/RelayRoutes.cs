using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane;

/// <summary>
/// Where the kernel would send a packet that arrived by a tunnel, when that is into a tunnel again and the packet's sender is behind the one that it came by (what a strict
/// reverse path filter wants). Of everything else there is no answer here, and the kernel decides: what is for this machine, or claims to be from it, other interfaces, no route, multicast.
/// </summary>
internal sealed class RelayRoutes
{
    private const int None = -1;

    // No references in it: the collector does not walk it.
    private readonly Entry[] _entries = new Entry[DataplaneLimits.FlowCacheSize];

    /// <summary>Asked for every packet, so remembered by source and destination for as long as the snapshot lasts.</summary>
    public bool TryFind(ForwardingSnapshot snapshot, TunnelSnapshot arrival, scoped in IpView ip, [MaybeNullWhen(false)] out TunnelSnapshot exit)
    {
        ref Entry entry = ref _entries[FlowHash.Of(ip.Source, ip.Destination) & (DataplaneLimits.FlowCacheSize - 1)];
        if (entry.Version != snapshot.Version || entry.Arrival != arrival.Config.Tunnel || entry.Source != ip.Source || entry.Destination != ip.Destination)
        {
            entry = new Entry
            {
                Source = ip.Source,
                Destination = ip.Destination,
                Version = snapshot.Version,
                Arrival = arrival.Config.Tunnel,
                Exit = Find(snapshot, arrival, ip.Source, ip.Destination),
            };
        }
        exit = entry.Exit == None ? null : snapshot.Tunnels[entry.Exit];
        return exit is not null;
    }

    private static int Find(ForwardingSnapshot snapshot, TunnelSnapshot arrival, IpAddress source, IpAddress destination)
    {
        if (!IsForwarded(source) || !IsForwarded(destination)) return None;
        if (!snapshot.BestRoutes.TryMatch(source, out TunnelId? back) || back != arrival.Config.Tunnel) return None;
        if (!snapshot.BestRoutes.TryMatch(destination, out TunnelId? way) || way is not TunnelId id) return None;
        for (int i = 0; i < snapshot.Tunnels.Length; i++)
        {
            if (snapshot.Tunnels[i].Config.Tunnel == id) return Leads(arrival, snapshot.Tunnels[i], source, destination) ? i : None;
        }
        return None;
    }

    private static bool Leads(TunnelSnapshot arrival, TunnelSnapshot exit, IpAddress source, IpAddress destination)
    {
        if (exit.Underlay is null) return false;
        // The mirror of the kernel's routes may be some milliseconds behind the configuration.
        if (arrival.IsOwn(destination) || exit.IsOwn(destination) || arrival.IsOwn(source) || exit.IsOwn(source)) return false;
        if (arrival.IsReplicated(destination) || exit.IsReplicated(destination) || arrival.IsReplicated(source)) return false;
        // By which of several interfaces a flow leaves is the kernel's choice.
        return !exit.Fib.TryMatch(destination, out FibEntry? route) || !route.IsPartial;
    }

    /// <summary>False for what no router passes on (RFC 1812 5.3.7, RFC 4291 2.5): multicast is not for here, the rest is dropped by the kernel.</summary>
    private static bool IsForwarded(IpAddress address) =>
        !address.IsMulticast && !address.IsUnspecified && !address.IsLoopback && !address.IsLimitedBroadcast
        && (address.IsIPv4 ? address.ToUInt32() >> 24 != 0 : !address.IsLinkLocal);

    private struct Entry
    {
        public IpAddress Source;
        public IpAddress Destination;
        public long Version;
        public TunnelId Arrival;
        public int Exit;
    }
}
