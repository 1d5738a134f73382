using Dmvpn.Core;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Nhrp;
using Dmvpn.Odr;
using Dmvpn.Rib;
using Dmvpn.Runtime;
using Dmvpn.Wire.Gre;

namespace Dmvpn.Daemon;

/// <summary>
/// Carries out what the engines ask for, at the end of each round:
/// <code>
/// 1. effects of one engine become events of another (mapping → adjacency, shortcut → RIB, …), until all are quiet
/// 2. the forwarding snapshot is published
/// 3. packets are sent       AFTER 2: a reply must not overtake the mapping that it announces
/// 4. kernel routes change   AFTER 2: traffic must not be routed to a next hop that the workers do not know
/// </code>
/// Control thread only.
/// </summary>
internal sealed class EffectCarrier(
    Engines engines, TunnelSet tunnels, KernelSync kernel, NameResolver names, ProtectionParts protection, int controlSender) : IDisposable
{
    // What IOS shows of an H route without a preference.
    private const uint ShortcutMetric = 255;

    private readonly ControlSender _sender = new(engines.Forwarding.Security, controlSender);

    public void CarryOut(Instant now)
    {
        int ike = 0, nhrp = 0, odr = 0, keepalive = 0;
        while (true)
        {
            // An event may append to an outbox that is being read: so by index, and until nothing is left.
            if (ike < engines.IkeOut.Effects.Length) protection.Carrier.Carry(engines.IkeOut.Effects[ike++], now);
            else if (nhrp < engines.NhrpOut.Effects.Length) Carry(engines.NhrpOut.Effects[nhrp++], now);
            else if (odr < engines.OdrOut.Effects.Length) Carry(engines.OdrOut.Effects[odr++], now);
            else if (keepalive < engines.KeepaliveOut.Effects.Length) Carry(engines.KeepaliveOut.Effects[keepalive++], now);
            else break;
        }
        engines.Forwarding.Publish();
        Send(now);
        kernel.Apply(engines.RibOut);
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
                break;
            case NhrpEffectKind.MappingDown:
                protection.Adjacencies.OnMappingDown(effect.Key, effect.Address);
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
            case NhrpEffectKind.NhsUp:
            case NhrpEffectKind.NhsDown:
                IpAddress server = engines.Nhrp.TryGetServer(effect.Key, out IpAddress address, out _) ? address : IpAddress.None;
                engines.Forwarding.SetNhs(tunnel, !effect.Key.IPv6, server);
                tunnels.OnServersChanged(tunnel, now);
                break;
            case NhrpEffectKind.ResolveName:
                names.Watch(effect.Name!);
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
    }
}
