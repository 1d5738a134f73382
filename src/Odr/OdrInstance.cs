using Dmvpn.Core;
using Dmvpn.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Odr;

/// <summary>
/// CDP on tunnels and On-Demand Routing over it, stub and hub. Sans-IO and single-threaded; the control loop owns it.
/// <code>
/// stub (no routing protocol)                        hub (router odr)
///   CDP hello, ODR TLV: connected prefixes ---->      LearnRoute each, by the stub's tunnel address
///   LearnRoute 0.0.0.0/0 by the hub        &lt;----      CDP hello, ODR TLV: default gateway
/// </code>
/// A hello holds the whole list, so a prefix that is missing in it is gone at once; IOS lets it age.
/// Kinds of methods: <see cref="HandleCdp"/> (the network), <c>On…</c> and <see cref="Apply"/> (what happened here),
/// <see cref="NextDeadline"/> and <see cref="OnDeadline"/> (the clock), getters.
/// </summary>
public sealed partial class OdrInstance(IRandom random, ILogger? logger = null, IUnderlayAddresses? underlay = null)
{
    private readonly IUnderlayAddresses _underlay = underlay ?? NoUnderlayAddresses.Instance;
    private readonly ILogger _logger = logger ?? NullLogger.Instance;
    private readonly Dictionary<TunnelId, OdrTunnel> _tunnels = [];
    private readonly Dictionary<OdrNeighborKey, OdrNeighbor> _neighbors = [];
    private readonly TimerHeap<OdrNeighbor> _timers = new();
    private readonly HashSet<TunnelId> _up = [];
    private OdrConfig _config = new();
    private ValueList<IpPrefix> _connected = [];

    /// <summary>Why packets were not used.</summary>
    public DropCounters<OdrDrop> Drops { get; } = new();

    /// <summary>What was wrong with packets that could not be decoded.</summary>
    public DropCounters<Malformed> MalformedPackets { get; } = new();

    /// <summary>How many neighbours wait for a claim to be given up; for tests.</summary>
    internal int ContenderCount => _contenders.Count;

    /// <summary>How many neighbours are kept.</summary>
    public int NeighborCount => _neighbors.Count;

    /// <summary>Takes over a new configuration; neighbours of tunnels that keep CDP stay, and their routes change only where the result does.</summary>
    public void Apply(OdrConfig config, Instant now, Outbox<OdrEffect> outbox)
    {
        if (config == _config) return;
        foreach (OdrTunnel tunnel in new List<OdrTunnel>(_tunnels.Values))
        {
            CdpTunnelConfig? wanted = Find(config, tunnel.Config.Tunnel);
            if (IsActive(tunnel) && !(wanted is { Enabled: true } && config.Cdp.Enabled)) SayGoodbye(tunnel, outbox);
            if (wanted is null) _tunnels.Remove(tunnel.Config.Tunnel);
            else tunnel.Config = wanted;
        }
        foreach (CdpTunnelConfig wanted in config.Tunnels) _tunnels.TryAdd(wanted.Tunnel, new OdrTunnel(wanted));
        _config = config;
        foreach (OdrTunnel tunnel in _tunnels.Values)
        {
            tunnel.Hello = null;
            TriggerHello(tunnel, now);
        }
        foreach (OdrNeighbor neighbor in new List<OdrNeighbor>(_neighbors.Values))
        {
            if (!IsActive(neighbor.Key.Tunnel)) RemoveNeighbor(neighbor, "CDP is disabled", outbox);
            else Update(neighbor, now, outbox);
        }
        SendDueHellos(now, outbox);
    }

    /// <summary>
    /// The prefixes a stub says: IPv4, connected, without the tunnels' own and without the underlay's (a hub that routed a
    /// spoke's NBMA address into the tunnel would cut itself off).
    /// </summary>
    public void OnConnectedPrefixes(ValueList<IpPrefix> prefixes, Instant now, Outbox<OdrEffect> outbox)
    {
        if (prefixes == _connected) return;
        _connected = prefixes;
        if (!_config.IsStub) return;
        foreach (OdrTunnel tunnel in _tunnels.Values)
        {
            tunnel.Hello = null;
            TriggerHello(tunnel, now);
        }
        SendDueHellos(now, outbox);
    }

    /// <summary>A tunnel interface came up or went down. Down: its neighbours are gone at once.</summary>
    public void OnTunnel(TunnelId id, bool isUp, Instant now, Outbox<OdrEffect> outbox)
    {
        if (isUp ? !_up.Add(id) : !_up.Remove(id)) return;
        if (_tunnels.TryGetValue(id, out OdrTunnel? tunnel)) TriggerHello(tunnel, now);
        SendDueHellos(now, outbox);
        if (isUp) return;
        foreach (OdrNeighbor neighbor in new List<OdrNeighbor>(_neighbors.Values))
        {
            if (neighbor.Key.Tunnel == id) RemoveNeighbor(neighbor, "the tunnel is down", outbox);
        }
    }

    /// <summary>NHRP has a new peer that multicast goes to: it gets a hello at once, so that its routes need not wait for the timer.</summary>
    public void OnPeerUp(TunnelId id, NbmaPeer peer, Outbox<OdrEffect> outbox)
    {
        if (_tunnels.TryGetValue(id, out OdrTunnel? tunnel) && IsActive(tunnel)) Send(tunnel, peer, outbox);
    }

    /// <summary>NHRP lost a peer: its routes are gone at once. A neighbour that has moved to another NBMA address since is not meant.</summary>
    public void OnPeerLost(TunnelId id, IpAddress tunnelAddress, NbmaPeer peer, Outbox<OdrEffect> outbox)
    {
        if (_neighbors.TryGetValue(new OdrNeighborKey(id, tunnelAddress), out OdrNeighbor? neighbor) && neighbor.Peer == peer)
        {
            RemoveNeighbor(neighbor, "NHRP lost the peer", outbox);
        }
    }

    /// <summary><c>clear cdp table</c>: forgets the neighbours and their routes; who is still there says so with its next hello.</summary>
    public void Clear(Outbox<OdrEffect> outbox)
    {
        foreach (OdrNeighbor neighbor in new List<OdrNeighbor>(_neighbors.Values)) RemoveNeighbor(neighbor, "cleared", outbox);
    }

    /// <summary>The orderly end: says goodbye on every tunnel (a hello with time to live 0) and takes all routes back.</summary>
    public void Withdraw(Outbox<OdrEffect> outbox)
    {
        foreach (OdrTunnel tunnel in _tunnels.Values)
        {
            if (IsActive(tunnel)) SayGoodbye(tunnel, outbox);
            tunnel.NextHello = Instant.Never;
        }
        foreach (OdrNeighbor neighbor in new List<OdrNeighbor>(_neighbors.Values)) RemoveNeighbor(neighbor, "this router ends", outbox);
    }

    /// <summary>The same for one tunnel, which is shut down or goes: its neighbours hear of it.</summary>
    public void Withdraw(TunnelId id, Outbox<OdrEffect> outbox)
    {
        if (!_tunnels.TryGetValue(id, out OdrTunnel? tunnel)) return;
        if (IsActive(tunnel)) SayGoodbye(tunnel, outbox);
        tunnel.NextHello = Instant.Never;
        foreach (OdrNeighbor neighbor in new List<OdrNeighbor>(_neighbors.Values))
        {
            if (neighbor.Key.Tunnel == id) RemoveNeighbor(neighbor, "the tunnel is taken down", outbox);
        }
    }

    private static CdpTunnelConfig? Find(OdrConfig config, TunnelId id)
    {
        foreach (CdpTunnelConfig tunnel in config.Tunnels)
        {
            if (tunnel.Tunnel == id) return tunnel;
        }
        return null;
    }

    private bool IsActive(OdrTunnel tunnel) => _config.Cdp.Enabled && tunnel.Config.Enabled && _up.Contains(tunnel.Config.Tunnel);

    private bool IsActive(TunnelId id) => _tunnels.TryGetValue(id, out OdrTunnel? tunnel) && IsActive(tunnel);
}
