using Dmvpn.Core;
using Dmvpn.Daemon.Protection;
using Dmvpn.Dataplane;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>
/// Says whose GRE is dropped for want of a tunnel, with the remedy: one line for each peer and
/// reason, and again only when it is still so after a while. In clear text anybody may be the
/// sender, so lines are few whoever sends. Control thread only.
/// </summary>
internal sealed class RefusedGreLog(TunnelSet tunnels, PeerTable peers, UnderlaySet underlays)
{
    private const int MostRemembered = 1024;
    private const int LinesPerInterval = 10;
    private static readonly TimeSpan LineInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AgainAfter = TimeSpan.FromMinutes(10);

    private readonly Reminders<(IpAddress Peer, int Association, RefusedGre What)> _told = new(MostRemembered, AgainAfter);
    private Instant _lineEnd;
    private int _lines;

    /// <summary>Where the lines go.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    /// <summary>A worker dropped GRE of this peer.</summary>
    public void OnRefused(NbmaPeer peer, ReadOnlySpan<byte> bytes, Instant now)
    {
        RefusedGre what = RefusedGre.Read(bytes);
        if (underlays.Find(what.Underlay) is not { } source) return;
        IEnumerable<TunnelInterface> ofSource = tunnels.All.Where(tunnel => tunnel.Underlay?.Key == source);
        TunnelInterface[] here = [.. ofSource.OrderBy(static tunnel => tunnel.Id)];
        if (here.Length == 0 || !IsNew(peer, what, now)) return;
        bool isKnown = peers.TryGet(peer.Association, out ProtectedPeerEntry? entry);
        string who = isKnown ? $"{entry!.Peer.Address} ({entry.Identity.Id})" : peer.Address.ToString();
        string names = string.Join(", ", here.Select(static tunnel => tunnel.Id.ToString()));
        string key = what.Key is { } number ? $"key {number}" : "no key";
        switch (what.Why)
        {
            case DataplaneDrop.InNoTunnel:
                string remedy = what.Key is { } wanted ? $"tunnel key {wanted}" : "no tunnel key";
                DaemonLog.WrongTunnelKey(Logger, who, key, string.Join(", ", here.Select(KeyOf).Distinct()), remedy);
                break;
            case DataplaneDrop.InUnknownPeer:
                DaemonLog.UnknownTunnelPeer(Logger, who, key, source.Address, names);
                break;
            case DataplaneDrop.InCleartext:
                DaemonLog.ClearTextRefused(Logger, who, names);
                break;
            default:
                break;
        }
    }

    private static string KeyOf(TunnelInterface tunnel) =>
        tunnel.Config.Key is { } key ? $"{tunnel.Id} has 'tunnel key {key}'" : $"{tunnel.Id} has no 'tunnel key'";

    private bool IsNew(NbmaPeer peer, RefusedGre what, Instant now)
    {
        IpAddress address = peer.Association == 0 ? peer.Address : IpAddress.None;
        (IpAddress, int, RefusedGre) about = (address, peer.Association, what);
        if (_told.WasTold(about, now)) return false;
        if (now >= _lineEnd) (_lineEnd, _lines) = (now + LineInterval, 0);
        if (_lines >= LinesPerInterval) return false;
        _lines++;
        _told.Told(about, now);
        return true;
    }
}
