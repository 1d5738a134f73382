using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Cdp;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Odr;

/// <summary>What we hear: neighbours, their routes, and how both end.</summary>
public sealed partial class OdrInstance
{
    private static readonly OdrTimersConfig DefaultTimers = new();

    private OdrTimersConfig Timers => _config.Router?.Timers ?? DefaultTimers;

    /// <summary>A CDP packet came out of a tunnel.</summary>
    /// <param name="arrival">By which tunnel, from whom, and what that one has proven.</param>
    /// <param name="packet">From the CDP version on. Not kept.</param>
    /// <param name="now">The time.</param>
    /// <param name="outbox">Effects.</param>
    public void HandleCdp(in OdrArrival arrival, ReadOnlySpan<byte> packet, Instant now, Outbox<OdrEffect> outbox)
    {
        if (!_tunnels.TryGetValue(arrival.Tunnel, out OdrTunnel? tunnel) || !IsActive(tunnel))
        {
            Drop(OdrDrop.CdpDisabled, arrival);
            return;
        }
        if (packet.Length > OdrLimits.PacketLength)
        {
            Drop(OdrDrop.PacketTooLong, arrival);
            return;
        }
        if (!CdpView.TryParse(packet, out CdpView view, out Malformed why))
        {
            MalformedPackets.Count(why);
            Drop(OdrDrop.Malformed, arrival);
            return;
        }
        tunnel.HellosReceived++;
        IpAddress address = arrival.TunnelAddress;
        if (address.IsNone)
        {
            if (tunnel.Config.IsMultipoint)
            {
                Drop(OdrDrop.NoMapping, arrival);
                return;
            }
            address = view.Addresses.FirstIPv4;
        }
        if (tunnel.Config.Addresses.AsSpan().Contains(address))
        {
            Drop(OdrDrop.FromSelf, arrival);
            return;
        }
        HandleHello(new OdrNeighborKey(arrival.Tunnel, address), arrival, view, packet, now, outbox);
    }

    private void HandleHello(OdrNeighborKey key, in OdrArrival arrival, CdpView view, ReadOnlySpan<byte> packet, Instant now, Outbox<OdrEffect> outbox)
    {
        _neighbors.TryGetValue(key, out OdrNeighbor? neighbor);
        if (view.TimeToLive == 0)
        {
            if (neighbor is not null) RemoveNeighbor(neighbor, "it said goodbye", outbox);
            return;
        }
        if (neighbor is null)
        {
            if (_neighbors.Count >= OdrLimits.Neighbors)
            {
                Drop(OdrDrop.TooManyNeighbors, arrival);
                return;
            }
            neighbor = new OdrNeighbor(key, now);
            _neighbors.Add(key, neighbor);
        }
        if (!neighbor.IsListed)
        {
            neighbor.IsListed = true;
            if (_logger.IsEnabled(LogLevel.Information)) OdrLog.NeighborUp(_logger, view.DeviceId, key.Address, key.Tunnel);
        }
        AnswerIfEarly(neighbor, arrival.Peer, now, outbox);
        bool isSame = neighbor.Arrival == arrival && !neighbor.IsInvalid && packet.SequenceEqual(neighbor.Packet)
            && !(neighbor.HasRefusals && now.Since(neighbor.JudgedAt) >= OdrLimits.JudgementSpacing);
        neighbor.Arrival = arrival;
        neighbor.LastHeard = now;
        neighbor.Expires = now + TimeSpan.FromSeconds(view.TimeToLive);
        if (isSame)
        {
            Schedule(neighbor);
            return;
        }
        if (!packet.SequenceEqual(neighbor.Packet)) neighbor.Packet = packet.ToArray();
        if (neighbor.IsInvalid && now < neighbor.HeldDownUntil) Drops.Count(OdrDrop.HeldDown);
        else neighbor.IsInvalid = false;
        Update(neighbor, now, outbox);
    }

    /// <summary>
    /// A hello long before its time is that of a neighbour that began anew (a restart that NHRP did not notice): it knows nothing of
    /// us, and would wait for our timer. It is answered, but not again for some seconds: so two routers do not answer each other's answers.
    /// </summary>
    private void AnswerIfEarly(OdrNeighbor neighbor, NbmaPeer peer, Instant now, Outbox<OdrEffect> outbox)
    {
        if (neighbor.LastHeard == Instant.Zero || now.Since(neighbor.LastHeard) >= _config.Cdp.Timer / 2) return;
        if (now.Since(neighbor.LastAnswered) < OdrLimits.EarlyAnswerSpacing) return;
        if (!_tunnels.TryGetValue(neighbor.Key.Tunnel, out OdrTunnel? tunnel)) return;
        neighbor.LastAnswered = now;
        Send(tunnel, peer, outbox);
    }

    private void AgeNeighbors(Instant now, Outbox<OdrEffect> outbox)
    {
        while (_timers.TryPop(now, out OdrNeighbor? neighbor))
        {
            if (neighbor.IsListed && now >= neighbor.Expires) Unlist(neighbor, "the hold time is over");
            if (!neighbor.IsInvalid && now >= RoutesEnd(neighbor)) Invalidate(neighbor, now, outbox);
            if (!neighbor.IsListed && (neighbor.IsInvalid ? now >= neighbor.LastHeard + Timers.Flush : neighbor.Routes.Length == 0))
            {
                _neighbors.Remove(neighbor.Key);
                _contenders.Remove(neighbor);
                continue;
            }
            Schedule(neighbor);
        }
    }

    private void Invalidate(OdrNeighbor neighbor, Instant now, Outbox<OdrEffect> outbox)
    {
        if (neighbor.Routes.Length > 0) OdrLog.RoutesInvalid(_logger, neighbor.Key.Address, neighbor.Key.Tunnel, Timers.Invalid);
        neighbor.IsInvalid = true;
        neighbor.HeldDownUntil = now + Timers.HoldDown;
        ForgetAll(neighbor, outbox);
    }

    /// <summary>Without a hello its routes go now: at the invalid timer, or at the flush timer where that is the shorter one.</summary>
    private Instant RoutesEnd(OdrNeighbor neighbor) => neighbor.LastHeard + (Timers.Invalid < Timers.Flush ? Timers.Invalid : Timers.Flush);

    private void Schedule(OdrNeighbor neighbor)
    {
        // A neighbour that is listed is kept beyond the flush timer, to the end of its hold time: it has no routes then.
        Instant due = !neighbor.IsInvalid ? RoutesEnd(neighbor) : neighbor.IsListed ? Instant.Never : neighbor.LastHeard + Timers.Flush;
        if (neighbor.IsListed) due = Instant.Min(due, neighbor.Expires);
        _timers.Set(neighbor, due);
    }

    private void RemoveNeighbor(OdrNeighbor neighbor, string reason, Outbox<OdrEffect> outbox)
    {
        if (neighbor.IsListed) Unlist(neighbor, reason);
        ForgetAll(neighbor, outbox);
        _neighbors.Remove(neighbor.Key);
        _timers.Set(neighbor, Instant.Never);
        _contenders.Remove(neighbor);
    }

    private void Unlist(OdrNeighbor neighbor, string reason)
    {
        neighbor.IsListed = false;
        if (_logger.IsEnabled(LogLevel.Information) && CdpView.TryParse(neighbor.Packet, out CdpView view, out _))
        {
            OdrLog.NeighborGone(_logger, view.DeviceId, neighbor.Key.Address, neighbor.Key.Tunnel, reason);
        }
    }

    private void Drop(OdrDrop reason, in OdrArrival arrival)
    {
        Drops.Count(reason);
        OdrLog.Dropped(_logger, arrival.Peer, arrival.Tunnel, reason);
    }
}
