using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Wire.Tcp;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Daemon.Protection;

/// <summary>
/// Tells IKE once a second which peers the data path sends to, and how long its packets may be, so
/// that IKE tries whether they get through; and says what came of it, in one line with the remedy.
/// Control thread only.
/// </summary>
internal sealed class PathUse(Engines engines, ProtectionSet sources, PeerTable peers, ChildSaSet children)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<int, (int Longest, bool DontFragment)> _used = [];
    private Instant _lookAt;
    private Instant _looked;

    /// <summary>Where lines go.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    /// <summary>When <see cref="OnDeadline"/> is due.</summary>
    public Instant NextDeadline => peers.Count == 0 ? Instant.Never : _lookAt;

    /// <summary>Looks at what was sent since the last time.</summary>
    public void OnDeadline(Instant now)
    {
        if (now < NextDeadline) return;
        foreach (TunnelSnapshot tunnel in engines.Forwarding.Current.Tunnels)
        {
            if (tunnel.Config.Protection is null) continue;
            foreach (KeyValuePair<IpPrefix, Adjacency> entry in tunnel.Adjacencies.Entries()) Look(tunnel, entry.Value);
            if (tunnel.PointToPoint is { } other) Look(tunnel, other);
        }
        foreach ((int association, (int longest, bool dontFragment)) in _used)
            engines.Ike.OnPathUsed(association, longest, dontFragment, now, engines.IkeOut);
        _used.Clear();
        (_looked, _lookAt) = (now, now + Interval);
    }

    /// <summary>
    /// What IKE found out about the path to a peer; 0 and 0: it carries all packets again, or
    /// another one is in use.
    /// </summary>
    public void OnMeasured(ProtectedPeerEntry entry, int mtu, int blocked)
    {
        foreach (TunnelId id in sources.TunnelsOf(entry.Protection).Order())
        {
            if (!engines.Forwarding.Current.TryGet(id, out TunnelSnapshot? tunnel)) continue;
            if (children.Find(entry.Sending) is not { } child) continue;
            string who = $"{entry.Peer.Address} ({entry.Identity.Id})";
            if (mtu == 0)
            {
                DaemonLog.PathWide(Logger, id, who);
                continue;
            }
            int inner = tunnel.InnerFor(mtu, child.Outbound);
            // With path MTU discovery it is what was asked for, and no news.
            LogLevel level = tunnel.Config.PathMtuDiscovery ? LogLevel.Information : LogLevel.Warning;
            DaemonLog.PathNarrow(Logger, level, id, blocked, who, mtu, inner, inner - TcpMss.HeadersIPv4);
        }
    }

    private void Look(TunnelSnapshot tunnel, Adjacency adjacency)
    {
        if (adjacency.LastUsed <= _looked || adjacency.Security?.Outbound is not { } sa) return;
        if (children.Find(sa.InboundSpi) is not { } child) return;
        int longest = tunnel.LongestOuter(sa);
        bool discovery = tunnel.Config.PathMtuDiscovery;
        if (discovery) longest = Math.Min(longest, adjacency.PathMtu);
        int association = child.Child.Peer.Association;
        (int Longest, bool DontFragment) had = _used.GetValueOrDefault(association);
        _used[association] = (Math.Max(longest, had.Longest), discovery || had.DontFragment);
    }
}
