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

    /// <summary>
    /// A CDP packet came out of a tunnel.
    /// </summary>
    /// <param name="id">The tunnel.</param>
    /// <param name="peer">Who sent it on the underlay.</param>
    /// <param name="tunnelAddress">
    /// The peer's IPv4 tunnel address as NHRP knows it; <see cref="IpAddress.None"/> when it does not. It, and not what the packet
    /// says, becomes the next hop: a spoke cannot draw traffic to another one's address.
    /// </param>
    /// <param name="packet">From the CDP version on. Not kept.</param>
    /// <param name="now">The time.</param>
    /// <param name="outbox">Effects.</param>
    public void HandleCdp(TunnelId id, NbmaPeer peer, IpAddress tunnelAddress, ReadOnlySpan<byte> packet, Instant now, Outbox<OdrEffect> outbox)
    {
        if (!_tunnels.TryGetValue(id, out OdrTunnel? tunnel) || !IsActive(tunnel))
        {
            Drop(OdrDrop.CdpDisabled, id, peer);
            return;
        }
        if (packet.Length > OdrLimits.PacketLength)
        {
            Drop(OdrDrop.PacketTooLong, id, peer);
            return;
        }
        if (!CdpView.TryParse(packet, out CdpView view, out Malformed why))
        {
            MalformedPackets.Count(why);
            Drop(OdrDrop.Malformed, id, peer);
            return;
        }
        tunnel.HellosReceived++;
        IpAddress address = tunnelAddress;
        if (address.IsNone)
        {
            if (tunnel.Config.IsMultipoint)
            {
                Drop(OdrDrop.NoMapping, id, peer);
                return;
            }
            address = view.Addresses.FirstIPv4;
        }
        if (tunnel.Config.Addresses.AsSpan().Contains(address))
        {
            Drop(OdrDrop.FromSelf, id, peer);
            return;
        }
        HandleHello(new OdrNeighborKey(id, address), peer, view, packet, now, outbox);
    }

    private void HandleHello(OdrNeighborKey key, NbmaPeer peer, CdpView view, ReadOnlySpan<byte> packet, Instant now, Outbox<OdrEffect> outbox)
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
                Drop(OdrDrop.TooManyNeighbors, key.Tunnel, peer);
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
        AnswerIfEarly(neighbor, peer, now, outbox);
        bool isSame = neighbor.Peer == peer && !neighbor.IsInvalid && packet.SequenceEqual(neighbor.Packet);
        neighbor.Peer = peer;
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

    /// <summary>Brings the routes of a neighbour to what its last packet and the configuration say.</summary>
    private void Update(OdrNeighbor neighbor, Instant now, Outbox<OdrEffect> outbox)
    {
        var wanted = new List<IpPrefix>();
        if (!neighbor.IsInvalid && CdpView.TryParse(neighbor.Packet, out CdpView view, out _)) Collect(neighbor, view.Odr, wanted);
        wanted.Sort();
        byte distance = _config.Router?.Distance ?? OdrSpec.Distance;
        foreach (IpPrefix prefix in neighbor.Routes)
        {
            if (wanted.BinarySearch(prefix) < 0) Forget(neighbor, prefix, outbox);
        }
        foreach (IpPrefix prefix in wanted)
        {
            if (distance == neighbor.Distance && Array.BinarySearch(neighbor.Routes, prefix) >= 0) continue;
            outbox.Add(new OdrEffect(
                OdrEffectKind.LearnRoute, neighbor.Key.Tunnel, Prefix: prefix, NextHop: neighbor.Key.Address, Distance: distance, Metric: OdrSpec.Metric));
            OdrLog.RouteLearnt(_logger, prefix, neighbor.Key.Address, neighbor.Key.Tunnel);
        }
        neighbor.Routes = [.. wanted];
        neighbor.Distance = distance;
        Schedule(neighbor);
    }

    private void Collect(OdrNeighbor neighbor, CdpOdrView odr, List<IpPrefix> wanted)
    {
        switch (odr.Kind)
        {
            case CdpOdrKind.Gateway:
                // The gateway is the sender; another address in the TLV is not believed.
                if (_config.IsStub) wanted.Add(OdrSpec.DefaultRoute);
                else Drops.Count(OdrDrop.NotStub);
                break;
            case CdpOdrKind.Prefixes:
                if (_config.Router is { } router && RunsOn(router, _tunnels[neighbor.Key.Tunnel].Config)) CollectPrefixes(neighbor, router, odr, wanted);
                else Drops.Count(OdrDrop.NotHub);
                break;
            case CdpOdrKind.Unknown:
                Drops.Count(OdrDrop.UnknownOdrForm);
                break;
            default:
                break;
        }
    }

    private void CollectPrefixes(OdrNeighbor neighbor, RouterOdrConfig router, CdpOdrView odr, List<IpPrefix> wanted)
    {
        var seen = new HashSet<IpPrefix>();
        int count = Math.Min(odr.PrefixCount, OdrLimits.PrefixesPerNeighbor);
        if (odr.PrefixCount > count) Drops.Count(OdrDrop.TooManyPrefixes, odr.PrefixCount - count);
        for (int i = 0; i < count; i++)
        {
            if (!odr.TryGetPrefix(i, out IpPrefix prefix) || !IsRoutable(prefix)) Drops.Count(OdrDrop.BadPrefix);
            else if (prefix.Contains(neighbor.Peer.Address)) Drops.Count(OdrDrop.HoldsNbmaAddress);
            else if (!IsPermitted(router.DistributeIn, prefix, neighbor.Key.Tunnel)) Drops.Count(OdrDrop.Filtered);
            else if (seen.Add(prefix)) wanted.Add(prefix);
        }
    }

    private static bool IsRoutable(IpPrefix prefix) =>
        prefix.Length > 0 && !prefix.Address.IsMulticast && !prefix.Address.IsLoopback && !prefix.Address.IsLinkLocal && !prefix.Address.IsLimitedBroadcast
        && !prefix.Contains(IpAddress.AnyIPv4);

    private static bool IsPermitted(ValueList<OdrFilterRule> rules, IpPrefix prefix, TunnelId tunnel)
    {
        bool isRuled = false;
        foreach (OdrFilterRule rule in rules)
        {
            if (rule.Tunnel is { } only && only != tunnel) continue;
            isRuled = true;
            if (rule.Prefix.Contains(prefix) && prefix.Length >= rule.MinimumLength && prefix.Length <= rule.MaximumLength) return rule.Permit;
        }
        return !isRuled;
    }

    private void AgeNeighbors(Instant now, Outbox<OdrEffect> outbox)
    {
        while (_deadlines.TryPop(now, out OdrNeighborKey key))
        {
            // Of a neighbour that is gone, or that was queued to come earlier and has been looked at since.
            if (!_neighbors.TryGetValue(key, out OdrNeighbor? neighbor) || neighbor.Queued > now) continue;
            neighbor.Queued = Instant.Never;
            if (neighbor.IsListed && now >= neighbor.Expires) Unlist(neighbor, "the hold time is over");
            if (!neighbor.IsInvalid && now >= RoutesEnd(neighbor)) Invalidate(neighbor, now, outbox);
            if (!neighbor.IsListed && (neighbor.IsInvalid ? now >= neighbor.LastHeard + Timers.Flush : neighbor.Routes.Length == 0))
            {
                _neighbors.Remove(key);
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
        foreach (IpPrefix prefix in neighbor.Routes) Forget(neighbor, prefix, outbox);
        neighbor.Routes = [];
    }

    /// <summary>Without a hello its routes go now: at the invalid timer, or at the flush timer where that is the shorter one.</summary>
    private Instant RoutesEnd(OdrNeighbor neighbor) => neighbor.LastHeard + (Timers.Invalid < Timers.Flush ? Timers.Invalid : Timers.Flush);

    private void Schedule(OdrNeighbor neighbor)
    {
        // A neighbour that is listed is kept beyond the flush timer, to the end of its hold time: it has no routes then.
        Instant due = !neighbor.IsInvalid ? RoutesEnd(neighbor) : neighbor.IsListed ? Instant.Never : neighbor.LastHeard + Timers.Flush;
        if (neighbor.IsListed) due = Instant.Min(due, neighbor.Expires);
        if (due >= neighbor.Queued) return;
        neighbor.Queued = due;
        _deadlines.Schedule(neighbor.Key, due);
    }

    private void RemoveNeighbor(OdrNeighbor neighbor, string reason, Outbox<OdrEffect> outbox)
    {
        if (neighbor.IsListed) Unlist(neighbor, reason);
        foreach (IpPrefix prefix in neighbor.Routes) Forget(neighbor, prefix, outbox);
        neighbor.Routes = [];
        _neighbors.Remove(neighbor.Key);
    }

    private void Unlist(OdrNeighbor neighbor, string reason)
    {
        neighbor.IsListed = false;
        if (_logger.IsEnabled(LogLevel.Information) && CdpView.TryParse(neighbor.Packet, out CdpView view, out _))
        {
            OdrLog.NeighborGone(_logger, view.DeviceId, neighbor.Key.Address, neighbor.Key.Tunnel, reason);
        }
    }

    private void Forget(OdrNeighbor neighbor, IpPrefix prefix, Outbox<OdrEffect> outbox)
    {
        outbox.Add(new OdrEffect(OdrEffectKind.ForgetRoute, neighbor.Key.Tunnel, Prefix: prefix, NextHop: neighbor.Key.Address));
        OdrLog.RouteForgotten(_logger, prefix, neighbor.Key.Address, neighbor.Key.Tunnel);
    }

    private void Drop(OdrDrop reason, TunnelId tunnel, NbmaPeer peer)
    {
        Drops.Count(reason);
        OdrLog.Dropped(_logger, peer, tunnel, reason);
    }
}
