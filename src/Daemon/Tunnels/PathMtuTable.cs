using System.Collections.Concurrent;
using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Ipsec;
using Dmvpn.Management.Config;
using Dmvpn.Runtime;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>
/// Path MTUs that the underlay reported (RFC 1191, RFC 8201): given to the adjacencies of tunnels with <c>tunnel path-mtu-discovery</c>, and forgotten
/// after its age timer, so that a path that grew is used again. The kernel has checked that an ICMP error belongs to a packet of
/// ours; of ESP it must quote the SPI, or the port when it quotes no more, of an SA that is sent by (RFC 4301 8.2.1); <c>min-mtu</c> bounds what a forger could do all the same.
/// </summary>
/// <param name="post">Has work done on the control thread.</param>
/// <param name="forwarding">Whose adjacencies these are.</param>
/// <param name="configOf">What is configured for a tunnel; null for one without path MTU discovery.</param>
internal sealed class PathMtuTable(Action<Action<Instant>> post, ForwardingTable forwarding, Func<TunnelId, PathMtuDiscoveryConfig?> configOf)
{
    // Reports not yet looked at. A storm of forged errors must not fill the memory,
    private const int MostReports = 4096;

    // nor have a hub go through its 100,000 adjacencies all the time.
    private static readonly TimeSpan ApplyInterval = TimeSpan.FromMilliseconds(250);

    // By what the report is about; its MTU in the key is 0.
    private readonly ConcurrentDictionary<PathMtu, int> _reports = new();
    private readonly TimerHeap<Aging> _aging = new();
    private int _waiting;
    private bool _posted;
    private Instant _applyAt = Instant.Never;
    private Instant _applied;

    /// <summary>When <see cref="OnDeadline"/> is due.</summary>
    public Instant NextDeadline => Instant.Min(_aging.Next, _applyAt);

    /// <summary>A worker read a report; any thread.</summary>
    public void Report(PathMtu pathMtu)
    {
        PathMtu about = pathMtu with { Mtu = 0 };
        if (Volatile.Read(ref _waiting) < MostReports)
        {
            Interlocked.Increment(ref _waiting);
            _reports.AddOrUpdate(about, static (_, told) => told, static (_, had, told) => Math.Min(had, told), pathMtu.Mtu);
        }
        // AFTER the report is there: whoever finds the mark set knows that it will be looked at.
        if (!Interlocked.Exchange(ref _posted, true)) post(now => _applyAt = Instant.Min(_applyAt, now < _applied + ApplyInterval ? _applied + ApplyInterval : now));
    }

    /// <summary>Believes what was reported, and forgets what is too old. Control thread.</summary>
    public void OnDeadline(Instant now)
    {
        while (_aging.TryPop(now, out Aging? aging)) aging.Adjacency.PathMtu = Adjacency.UnknownPathMtu;
        if (now < _applyAt) return;
        (_applied, _applyAt) = (now, Instant.Never);
        Apply(now);
    }

    private void Apply(Instant now)
    {
        // BEFORE the reports are taken: one that comes meanwhile asks for another look.
        Volatile.Write(ref _waiting, 0);
        Interlocked.Exchange(ref _posted, false);
        var reports = new Dictionary<PathMtu, int>();
        foreach (PathMtu about in _reports.Keys)
        {
            if (_reports.TryRemove(about, out int mtu)) reports[about] = mtu;
        }
        foreach (TunnelSnapshot tunnel in forwarding.Current.Tunnels)
        {
            if (configOf(tunnel.Config.Tunnel) is not { } config) continue;
            foreach (KeyValuePair<IpPrefix, Adjacency> entry in tunnel.Adjacencies.Entries()) Apply(entry.Value, reports, config, now);
            if (tunnel.PointToPoint is { } other) Apply(other, reports, config, now);
        }
    }

    private void Apply(Adjacency adjacency, Dictionary<PathMtu, int> reports, PathMtuDiscoveryConfig config, Instant now)
    {
        if (Find(adjacency, reports) is not { } mtu) return;
        int wanted = Math.Max(mtu, Math.Max(config.MinMtu, DataplaneLimits.LeastPathMtu));
        // "A host MUST not increase its estimate of the Path MTU in response to the contents of a Datagram Too Big message" (RFC 1191 3).
        if (wanted >= adjacency.PathMtu) return;
        adjacency.PathMtu = wanted;
        if (config.AgeTimer is { } age) _aging.Set(new Aging(adjacency), now + age);
    }

    private static int? Find(Adjacency adjacency, Dictionary<PathMtu, int> reports)
    {
        int mtu;
        if (adjacency.Security is null) return reports.TryGetValue(new PathMtu(adjacency.Peer.Address, 0), out mtu) ? mtu : null;
        if (adjacency.Security.Outbound is not { } sa) return null;
        EspPath path = sa.Path;
        var about = new PathMtu(path.Remote, 0) { IsEsp = true, Port = path.UdpEncapsulation ? path.RemotePort : (ushort)0, Spi = sa.Spi };
        if (reports.TryGetValue(about, out mtu)) return mtu;
        // Raw ESP has its SPI within the 8 octets that every ICMP error quotes.
        if (path.UdpEncapsulation && reports.TryGetValue(about with { Spi = null }, out mtu)) return mtu;
        return reports.TryGetValue(new PathMtu(path.Remote, 0) { IsEsp = true, IsKernels = true }, out mtu) ? mtu : null;
    }

    private sealed class Aging(Adjacency adjacency) : Timed
    {
        public Adjacency Adjacency { get; } = adjacency;
    }
}
