using Dmvpn.Core;
using Dmvpn.Nhrp;
using Dmvpn.Rib;

namespace Dmvpn.Simulation.Tests.Network;

/// <summary>What the engines want, done.</summary>
internal sealed partial class SimRouter
{
    private void CarryOut(Instant now)
    {
        int nhrp = 0;
        while (true)
        {
            if (nhrp < _nhrpOut.Effects.Length) Carry(_nhrpOut.Effects[nhrp++], now);
            else if (!_ribOut.IsEmpty) Obey(now);
            else break;
        }
        Forwarding.Publish();
        foreach (NhrpEffect effect in _nhrpOut.Effects)
        {
            if (effect.Kind == NhrpEffectKind.Transmit) net.Send(this, effect.Peer, _nhrpOut.Bytes(effect.Bytes).ToArray());
        }
        _nhrpOut.Clear();
        net.Schedule(this);
    }

    private void Carry(in NhrpEffect effect, Instant now)
    {
        switch (effect.Kind)
        {
            case NhrpEffectKind.MappingUp:
                Forwarding.SetAdjacency(Tunnel, IpPrefix.Host(effect.Address), effect.Peer);
                Route(effect.Address, true, now);
                break;
            case NhrpEffectKind.MappingDown:
                Forwarding.RemoveAdjacency(Tunnel, IpPrefix.Host(effect.Address));
                Route(effect.Address, false, now);
                break;
            case NhrpEffectKind.ShortcutUp:
                Rib.OnRouteLearnt(new RibRoute(effect.Prefix, RouteSource.Nhrp, new RibNextHop(effect.Address, TunnelInterface)), now, _ribOut);
                break;
            case NhrpEffectKind.ShortcutDown:
                Rib.OnRouteForgotten(effect.Prefix, RouteSource.Nhrp, new RibNextHop(effect.Address, TunnelInterface), now, _ribOut);
                break;
            case NhrpEffectKind.NhsUp:
            case NhrpEffectKind.NhsDown:
                Forwarding.SetNhs(Tunnel, true, Nhrp.TryGetServer(Key, out IpAddress server, out _) ? server : IpAddress.None);
                break;
            default:
                break;
        }
    }

    /// <summary>In place of a routing protocol: whose registration a hub has, that one's LAN it routes, as long as it has it.</summary>
    private void Route(IpAddress spoke, bool up, Instant now)
    {
        if (!Plan.IsHub || net.PlanOf(spoke) is not { Lan: { } lan, Nhs: { } nhs } || nhs.Address != Plan.Address) return;
        var nextHop = new RibNextHop(spoke, TunnelInterface);
        if (up) Rib.OnRouteLearnt(new RibRoute(lan, RouteSource.Odr, nextHop), now, _ribOut);
        else Rib.OnRouteForgotten(lan, RouteSource.Odr, nextHop, now, _ribOut);
    }

    private void Obey(Instant now)
    {
        RibEffect[] effects = _ribOut.Effects.ToArray();
        _ribOut.Clear();
        foreach (RibEffect effect in effects)
        {
            var route = new KernelRoute(
                effect.Prefix, effect.IsDiscard ? KernelRouteType.Discard : KernelRouteType.Unicast, effect.Protocol, effect.Metric,
                effect.IsDiscard ? [] : effect.NextHops);
            Rib.OnKernelRoute(route, effect.Kind == RibEffectKind.InstallRoute ? KernelChange.Replaced : KernelChange.Removed, now, _ribOut);
            Mirrored(effect.Prefix, now);
        }
    }

    private void FromKernel(KernelRoute route, Instant now)
    {
        Rib.OnKernelRoute(route, KernelChange.Added, now, _ribOut);
        Mirrored(route.Prefix, now);
    }

    private void Mirrored(IpPrefix prefix, Instant now)
    {
        if (_mirror.Update(prefix)) Nhrp.OnRouteChanged(prefix, now, _nhrpOut);
    }
}
