using System.Collections.Concurrent;
using Dmvpn.Core;
using Dmvpn.Daemon.Control;
using Dmvpn.Dataplane;
using Dmvpn.Management.Config;
using Dmvpn.Runtime;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>
/// Path MTUs that the underlay reported (RFC 1191, RFC 8201): given to the adjacencies of tunnels with <c>tunnel path-mtu-discovery</c>, and forgotten
/// after its age timer, so that a path that grew is used again. The kernel has checked that an ICMP error belongs to a packet of
/// ours; <c>min-mtu</c> bounds what a forger could do all the same.
/// </summary>
internal sealed class PathMtuTable(ControlLoop loop, ForwardingTable forwarding, Func<TunnelId, PathMtuDiscoveryConfig?> configOf)
{
    // Destinations reported and not yet looked at. A storm of forged errors must not fill the memory.
    private const int MostReports = 4096;

    private readonly ConcurrentDictionary<IpAddress, int> _reports = new();
    private readonly DeadlineQueue<Adjacency> _aging = new();

    /// <summary>When <see cref="OnDeadline"/> is due.</summary>
    public Instant NextDeadline => _aging.Next;

    /// <summary>A worker read a report; any thread.</summary>
    public void Report(PathMtu pathMtu)
    {
        bool first = _reports.IsEmpty;
        if (_reports.Count < MostReports) _reports[pathMtu.Destination] = pathMtu.Mtu;
        if (first) loop.Post(Apply);
    }

    /// <summary>Forgets what is too old. Control thread.</summary>
    public void OnDeadline(Instant now)
    {
        while (_aging.TryPop(now, out Adjacency adjacency)) adjacency.PathMtu = Adjacency.UnknownPathMtu;
    }

    private void Apply(Instant now)
    {
        var reports = new Dictionary<IpAddress, int>();
        foreach (IpAddress destination in _reports.Keys)
        {
            if (_reports.TryRemove(destination, out int mtu)) reports[destination] = mtu;
        }
        foreach (TunnelSnapshot tunnel in forwarding.Current.Tunnels)
        {
            if (configOf(tunnel.Config.Tunnel) is not { } config) continue;
            foreach (KeyValuePair<IpPrefix, Adjacency> entry in tunnel.Adjacencies.Entries()) Apply(entry.Value, reports, config, now);
            if (tunnel.PointToPoint is { } other) Apply(other, reports, config, now);
        }
    }

    private void Apply(Adjacency adjacency, Dictionary<IpAddress, int> reports, PathMtuDiscoveryConfig config, Instant now)
    {
        if (!reports.TryGetValue(adjacency.Remote, out int mtu)) return;
        adjacency.PathMtu = Math.Max(mtu, config.MinMtu);
        if (config.AgeTimer is { } age) _aging.Schedule(adjacency, now + age);
    }
}
