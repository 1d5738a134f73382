using Dmvpn.Core;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Routing;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Nhrp;
using Dmvpn.Odr;
using Dmvpn.Rib;
using Dmvpn.Wire.Gre;

namespace Dmvpn.Daemon;

/// <summary>
/// Carries out what the engines ask for, at the end of each round:
/// <code>
/// 1. carry     effects of one engine become events of another (mapping → adjacency, shortcut → RIB, …), until all are quiet
/// 2. publish   the forwarding snapshot
/// 3. send      AFTER 2: a reply must not overtake the mapping that it announces
/// 4. kernel    AFTER 2: traffic must not be routed to a next hop that the workers do not know
/// 5. release   AFTER 3: sockets of sources that nobody uses any more, by which the last words left in 3
/// </code>
/// Nothing that is called from here may call <see cref="CarryOut"/>: who has last words to say before something changes
/// (a reload, the end) says them, has them carried out, and changes it then. Control thread only.
/// </summary>
internal sealed class EffectCarrier(
    Engines engines, TunnelSet tunnels, IKernelPort kernel, ServerNames names, ProtectionParts protection, int controlSender) : IDisposable
{
    // What IOS shows of an H route without a preference.
    private const uint ShortcutMetric = 255;

    private readonly ControlSender _sender = new(engines.Forwarding.Security, controlSender);

    // How far each outbox has been carried. An effect whose carrying fails is passed over, not carried again in each round.
    private int _ike;
    private int _nhrp;
    private int _odr;
    private int _keepalive;
    private bool _carrying;

    /// <summary>Carries out everything that the engines asked for until now.</summary>
    /// <exception cref="InvalidOperationException">An effect caused another call: a bug, which must not become an endless one.</exception>
    public void CarryOut(Instant now)
    {
        if (_carrying) throw new InvalidOperationException("Effects are being carried out: what one of them causes is carried in the same round.");
        _carrying = true;
        try
        {
            CarryUntilQuiet(now);
            engines.Forwarding.Publish();
            Send(now);
            kernel.Apply(engines.RibOut);
            tunnels.ReleaseSources();
        }
        finally
        {
            _carrying = false;
        }
    }

    private void CarryUntilQuiet(Instant now)
    {
        while (true)
        {
            // An event may append to an outbox that is being read: so by index, and until nothing is left.
            if (_ike < engines.IkeOut.Effects.Length) protection.Carrier.Carry(engines.IkeOut.Effects[_ike++], now);
            else if (_nhrp < engines.NhrpOut.Effects.Length) Carry(engines.NhrpOut.Effects[_nhrp++], now);
            else if (_odr < engines.OdrOut.Effects.Length) Carry(engines.OdrOut.Effects[_odr++], now);
            else if (_keepalive < engines.KeepaliveOut.Effects.Length) Carry(engines.KeepaliveOut.Effects[_keepalive++], now);
            else break;
        }
    }

    /// <summary>What sending showed of SAs.</summary>
    public ControlMailbox Events => _sender.Events;

    /// <summary>A keepalive of a peer that goes back as it is.</summary>
    public void Reflect(TunnelId tunnel, NbmaPeer to, ReadOnlySpan<byte> grePacket, Instant now)
    {
        if (engines.Forwarding.Current.TryGet(tunnel, out TunnelSnapshot? snapshot)) _sender.Reflect(snapshot, to, grePacket, now);
    }

    public void Dispose() => _sender.Dispose();

    private void Carry(in NhrpEffect effect, Instant now)
    {
        TunnelId tunnel = effect.Key.Tunnel;
        switch (effect.Kind)
        {
            case NhrpEffectKind.MappingUp:
                protection.Adjacencies.OnMappingUp(effect.Key, effect.Address, effect.Peer);
                if (tunnels.SharesRoutes(tunnel) && engines.Underlay.Set(new UnderlayUse(tunnel, effect.Address), effect.Peer.Address))
                    engines.Odr.OnUnderlayAddress(effect.Peer.Address, now, engines.OdrOut);
                break;
            case NhrpEffectKind.MappingDown:
                protection.Adjacencies.OnMappingDown(effect.Key, effect.Address);
                engines.Underlay.Remove(new UnderlayUse(tunnel, effect.Address));
                engines.Odr.OnPeerLost(tunnel, effect.Address, effect.Peer, engines.OdrOut);
                break;
            case NhrpEffectKind.ShortcutUp:
                engines.Rib.OnRouteLearnt(
                    new RibRoute(
                        effect.Prefix, RouteSource.Nhrp, new RibNextHop(effect.Address, RibInterface.Of(tunnel)), RibSpec.Distance(RouteSource.Nhrp), ShortcutMetric), now, engines.RibOut);
                break;
            case NhrpEffectKind.ShortcutDown:
                engines.Rib.OnRouteForgotten(
                    effect.Prefix, RouteSource.Nhrp, new RibNextHop(effect.Address, RibInterface.Of(tunnel)), now, engines.RibOut);
                break;
            case NhrpEffectKind.MulticastUp:
                engines.Forwarding.AddMulticast(tunnel, effect.Peer);
                engines.Odr.OnPeerUp(tunnel, effect.Peer, engines.OdrOut);
                break;
            case NhrpEffectKind.MulticastDown:
                engines.Forwarding.RemoveMulticast(tunnel, effect.Peer);
                break;
            case NhrpEffectKind.TransitUp or NhrpEffectKind.TransitDown:
                engines.Forwarding.SetTransit(tunnel, effect.Peer, effect.Kind == NhrpEffectKind.TransitUp);
                break;
            case NhrpEffectKind.NhsUp:
            case NhrpEffectKind.NhsDown:
                IpAddress server = engines.Nhrp.TryGetServer(effect.Key, out IpAddress address, out _) ? address : IpAddress.None;
                engines.Forwarding.SetNhs(tunnel, !effect.Key.IPv6, server);
                tunnels.OnServersChanged(tunnel, now);
                break;
            case NhrpEffectKind.NhsLost:
            case NhrpEffectKind.NhsFound:
                var hop = new RibNextHop(effect.Address, RibInterface.Of(tunnel));
                engines.Rib.OnNextHop(hop, effect.Kind == NhrpEffectKind.NhsLost, now, engines.RibOut);
                break;
            case NhrpEffectKind.ResolveName:
                names.Ask(tunnel, effect.Name!);
                break;
            case NhrpEffectKind.PeerConfigured or NhrpEffectKind.PeerUnconfigured when protection.Sources.Of(tunnel) is { } source:
                bool configured = effect.Kind == NhrpEffectKind.PeerConfigured;
                engines.Ike.OnAddressConfigured(source, effect.Peer.Address, configured);
                int answered = protection.Peers.TryFind(source, effect.Peer, out ProtectedPeerEntry? there) ? there.Peer.Association : 0;
                if (configured) engines.Nhrp.OnAddressBound(source.Number, effect.Peer with { Association = answered }, configured, now, engines.NhrpOut);
                break;
            case NhrpEffectKind.PeerWanted when protection.Sources.Of(tunnel) is { } source:
                engines.Ike.OnPeerWanted(source, effect.Peer, now, engines.IkeOut);
                break;
            case NhrpEffectKind.PeerReleased when protection.Sources.Of(tunnel) is { } source:
                engines.Ike.OnPeerReleased(source, effect.Peer, now, engines.IkeOut);
                break;
            case NhrpEffectKind.Transmit when protection.Sources.Of(tunnel) is { } source && !protection.Peers.TryFind(source, effect.Peer, out _):
                protection.Wants.Touch(source, effect.Peer, now);
                break;
            default:
                // Transmit: in Send. PeerWanted, PeerReleased: without protection a peer needs nothing.
                break;
        }
    }

    private void Carry(in OdrEffect effect, Instant now)
    {
        var nextHop = new RibNextHop(effect.NextHop, RibInterface.Of(effect.Tunnel));
        if (effect.Kind == OdrEffectKind.LearnRoute)
            engines.Rib.OnRouteLearnt(new RibRoute(effect.Prefix, RouteSource.Odr, nextHop, effect.Distance, effect.Metric), now, engines.RibOut);
        else if (effect.Kind == OdrEffectKind.ForgetRoute)
            engines.Rib.OnRouteForgotten(effect.Prefix, RouteSource.Odr, nextHop, now, engines.RibOut);
    }

    private void Carry(KeepaliveEffect effect, Instant now)
    {
        if (effect.Kind != KeepaliveEffectKind.Send) tunnels.OnKeepalive(effect.Tunnel, effect.Kind == KeepaliveEffectKind.Up, now);
    }

    private void Send(Instant now)
    {
        ForwardingSnapshot snapshot = engines.Forwarding.Current;
        _sender.ReleaseHeld(snapshot, now);
        foreach (ref readonly NhrpEffect effect in engines.NhrpOut.Effects)
        {
            if (effect.Kind == NhrpEffectKind.Transmit && snapshot.TryGet(effect.Key.Tunnel, out TunnelSnapshot? tunnel))
                _sender.Send(tunnel, effect.Peer, GreProtocol.Nhrp, engines.NhrpOut.Bytes(effect.Bytes), now);
        }
        foreach (ref readonly OdrEffect effect in engines.OdrOut.Effects)
        {
            if (effect.Kind != OdrEffectKind.Transmit || !snapshot.TryGet(effect.Tunnel, out TunnelSnapshot? tunnel)) continue;
            ReadOnlySpan<byte> packet = engines.OdrOut.Bytes(effect.Packet);
            if (effect.Peer is { } peer) _sender.Send(tunnel, peer, GreProtocol.Cdp, packet, now);
            else _sender.Replicate(tunnel, GreProtocol.Cdp, packet, now);
        }
        foreach (KeepaliveEffect effect in engines.KeepaliveOut.Effects)
        {
            if (effect.Kind == KeepaliveEffectKind.Send && snapshot.TryGet(effect.Tunnel, out TunnelSnapshot? tunnel)) _sender.SendKeepalive(tunnel, now);
        }
        _sender.Flush(now);
        protection.Carrier.Send();
        engines.NhrpOut.Clear();
        engines.OdrOut.Clear();
        engines.KeepaliveOut.Clear();
        (_ike, _nhrp, _odr, _keepalive) = (0, 0, 0, 0);
    }
}
