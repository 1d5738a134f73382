using Dmvpn.Core;
using Dmvpn.Wire.Cdp;

namespace Dmvpn.Odr;

/// <summary>What we say: hellos by the timer, and sooner when something in them changed.</summary>
public sealed partial class OdrInstance
{
    /// <summary>When <see cref="OnDeadline"/> is to be called next, or <see cref="Instant.Never"/>.</summary>
    public Instant NextDeadline
    {
        get
        {
            Instant next = Instant.Min(_timers.Next, NextJudgement);
            foreach (OdrTunnel tunnel in _tunnels.Values) next = Instant.Min(next, tunnel.NextHello);
            return next;
        }
    }

    /// <summary>The clock has come to <see cref="NextDeadline"/>; a call too many does nothing.</summary>
    public void OnDeadline(Instant now, Outbox<OdrEffect> outbox)
    {
        AgeNeighbors(now, outbox);
        JudgeContenders(now, outbox);
        SendDueHellos(now, outbox);
    }

    private void TriggerHello(OdrTunnel tunnel, Instant now)
    {
        if (!IsActive(tunnel))
        {
            tunnel.NextHello = Instant.Never;
            return;
        }
        Instant soonest = tunnel.LastHello is { } last ? last + OdrLimits.TriggeredHelloSpacing : now;
        tunnel.NextHello = Instant.Min(tunnel.NextHello, soonest > now ? soonest : now);
    }

    private void SendDueHellos(Instant now, Outbox<OdrEffect> outbox)
    {
        foreach (OdrTunnel tunnel in _tunnels.Values)
        {
            if (tunnel.NextHello > now) continue;
            Send(tunnel, null, outbox);
            tunnel.LastHello = now;
            tunnel.NextHello = now + random.Jitter(_config.Cdp.Timer, OdrLimits.HelloJitter);
        }
    }

    private void Send(OdrTunnel tunnel, NbmaPeer? peer, Outbox<OdrEffect> outbox)
    {
        tunnel.Hello ??= BuildHello(tunnel, (byte)_config.Cdp.HoldTime.TotalSeconds);
        tunnel.HellosSent++;
        outbox.Add(new OdrEffect(OdrEffectKind.Transmit, tunnel.Config.Tunnel, peer, outbox.Append(tunnel.Hello)));
    }

    /// <summary>A time to live of 0 makes the receiver forget us now and not after the hold time.</summary>
    private void SayGoodbye(OdrTunnel tunnel, Outbox<OdrEffect> outbox) =>
        outbox.Add(new OdrEffect(OdrEffectKind.Transmit, tunnel.Config.Tunnel, null, outbox.Append(BuildHello(tunnel, timeToLive: 0))));

    private byte[] BuildHello(OdrTunnel tunnel, byte timeToLive)
    {
        CdpConfig cdp = _config.Cdp;
        var tlvs = new List<CdpTlv>
        {
            CdpTlv.Text(CdpTlvType.DeviceId, cdp.DeviceId),
            CdpTlv.Text(CdpTlvType.SoftwareVersion, cdp.SoftwareVersion),
            CdpTlv.Text(CdpTlvType.Platform, cdp.Platform),
            CdpTlv.Addresses(tunnel.Config.Addresses.AsSpan()),
            CdpTlv.Text(CdpTlvType.PortId, tunnel.Config.Tunnel.ToString()),
            CdpTlv.Capabilities(CdpCapabilities.Router),
        };
        IpAddress own = FirstIPv4(tunnel.Config.Addresses);
        if (_config.Router is { } router)
        {
            if (!own.IsNone && RunsOn(router, tunnel.Config) && !IsPassive(router, tunnel.Config.Tunnel)) tlvs.Add(CdpTlv.OdrGateway(own));
        }
        else if (_config.IsStub && _connected.Count > 0)
        {
            int count = Math.Min(_connected.Count, OdrLimits.PrefixesPerNeighbor);
            tlvs.Add(CdpTlv.OdrPrefixes(_connected.AsSpan()[..count]));
        }
        return new CdpPacket { TimeToLive = timeToLive, Tlvs = [.. tlvs] }.ToBytes();
    }

    private static IpAddress FirstIPv4(ValueList<IpAddress> addresses)
    {
        foreach (IpAddress address in addresses)
        {
            if (address.IsIPv4) return address;
        }
        return IpAddress.None;
    }

    private static bool IsPassive(RouterOdrConfig router, TunnelId tunnel) =>
        router.PassiveByDefault ? !Contains(router.ActiveTunnels, tunnel) : Contains(router.PassiveTunnels, tunnel);

    private static bool Contains(ValueList<TunnelId> tunnels, TunnelId wanted) => tunnels.AsSpan().Contains(wanted);

    private static bool RunsOn(RouterOdrConfig router, CdpTunnelConfig tunnel)
    {
        if (router.Networks.Count == 0) return true;
        foreach (IpPrefix network in router.Networks)
        {
            foreach (IpAddress address in tunnel.Addresses)
            {
                if (network.Contains(address)) return true;
            }
        }
        return false;
    }
}
