using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Nhrp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Bench.Nhrp;

/// <summary>A hub's NHRP engine without sockets and threads, and the forwarding table that its mappings become adjacencies in.</summary>
internal sealed class EngineHub : IRouteLookup
{
    private static readonly NhrpInterfaceKey Key = new(new TunnelId(0), false);
    private static readonly Instant Now = Instant.FromSeconds(1);

    private readonly Outbox<NhrpEffect> _outbox = new();
    private readonly NhrpInstance _engine;
    private readonly ForwardingTable? _table;

    public EngineHub(bool forwarding)
    {
        _engine = new NhrpInstance(this, new SeededRandom(1), NullLogger.Instance);
        _engine.TryApply(Key, new NhrpConfig { NetworkId = 1, Redirect = true }, Instant.Zero, _outbox);
        _engine.OnInterfaceChanged(new NhrpInterfaceFacts
        {
            Key = Key,
            Up = true,
            Addresses = [new(BenchNetwork.HubTunnel, BenchNetwork.TunnelPrefixLength)],
            NbmaSource = BenchNetwork.HubUnderlay,
        }, Instant.Zero, _outbox);
        _outbox.Clear();
        if (!forwarding) return;
        _table = new ForwardingTable();
        _table.SetTunnel(new TunnelForwarding { Tunnel = Key.Tunnel }, null, []);
        _table.Publish();
    }

    public void Handle(RequestSet requests, int index) =>
        _engine.HandlePacket(new NhrpArrival(Key, new NbmaPeer(requests.Source(index)), BenchNetwork.HubUnderlay), requests.Nhrp(index), Now, _outbox);

    /// <summary>Does what the daemon's control thread does at the end of a round, but for sending. Returns how many packets would be sent.</summary>
    public int CarryOut()
    {
        int packets = 0;
        foreach (ref readonly NhrpEffect effect in _outbox.Effects)
        {
            if (effect.Kind == NhrpEffectKind.Transmit) packets++;
            else if (effect.Kind == NhrpEffectKind.MappingUp) _table?.SetAdjacency(Key.Tunnel, IpPrefix.Host(effect.Address), effect.Peer);
            else if (effect.Kind == NhrpEffectKind.MulticastUp) _table?.AddMulticast(Key.Tunnel, effect.Peer);
        }
        _outbox.Clear();
        _table?.Publish();
        return packets;
    }

    public IpPrefix WithoutTunnelRoutes(IpPrefix prefix, IpAddress destination) => prefix;

    /// <inheritdoc/>
    public bool TryLookup(IpAddress destination, bool withShortcuts, out RouteView route)
    {
        route = default;
        return false;
    }
}
