using Dmvpn.Core;

namespace Dmvpn.Odr;

/// <summary>
/// What of a neighbour's prefixes is believed: nothing that holds the underlay, is this router's own, is another neighbour's,
/// or is not in the sender's certificate.
/// </summary>
public sealed partial class OdrInstance
{
    private readonly OdrClaims _claims = new();
    private readonly HashSet<OdrNeighbor> _contenders = [];
    private readonly Queue<OdrNeighbor> _judging = new();
    private Instant _contendedAt;
    private ValueList<IpPrefix> _own = [];

    /// <summary>When contenders for a claim that was given up are judged again.</summary>
    private Instant NextJudgement => _judging.Count > 0 || _claims.HasFreed && _contenders.Count > 0 ? _contendedAt + OdrLimits.JudgementSpacing : Instant.Never;

    /// <summary>The IPv4 networks on all of this router's interfaces, tunnels and underlay included: nobody else is behind them.</summary>
    public void OnOwnNetworks(ValueList<IpPrefix> networks, Instant now, Outbox<OdrEffect> outbox)
    {
        if (networks == _own) return;
        ValueList<IpPrefix> before = _own;
        _own = networks;
        foreach (IpPrefix network in networks)
        {
            if (before.AsSpan().Contains(network)) continue;
            foreach (OdrNeighbor holder in _claims.Overlapping(network)) Update(holder, now, outbox);
        }
    }

    /// <summary>An underlay address came into use: routes that hold it are not used any more.</summary>
    public void OnUnderlayAddress(IpAddress address, Instant now, Outbox<OdrEffect> outbox)
    {
        foreach (OdrNeighbor holder in _claims.HoldersOf(address)) Update(holder, now, outbox);
    }

    /// <summary>
    /// Why a prefix is not used; null when it is, and then it is the neighbour's. <paramref name="because"/> is for the log;
    /// null for what is no news.
    /// </summary>
    private OdrDrop? Judge(OdrNeighbor neighbor, RouterOdrConfig router, IpPrefix prefix, out string? because)
    {
        because = null;
        if (!IsRoutable(prefix)) return OdrDrop.BadPrefix;
        if (!IsPermitted(router.DistributeIn, prefix, neighbor.Key)) return OdrDrop.Filtered;
        SiteRights? rights = neighbor.Arrival.Rights;
        if (rights is not null && !rights.MayAnnounce(prefix))
        {
            because = "no network of its certificate holds it";
            return OdrDrop.NotInCertificate;
        }
        if (prefix.Length < OdrSpec.ShortestLength && rights?.Networks is null)
        {
            because = $"it is wider than a /{OdrSpec.ShortestLength}, and no certificate allows it";
            return OdrDrop.TooWide;
        }
        // Stubs of IOS say the subnets of the underlay and of the tunnel too: no news, and no line in the log.
        if (prefix.Contains(neighbor.Peer.Address)) return OdrDrop.HoldsNbmaAddress;
        if (_underlay.TryFindWithin(prefix, out IpAddress held))
        {
            because = $"it holds {held}, an address of the underlay";
            return OdrDrop.HoldsNbmaAddress;
        }
        if (FindOwn(prefix) is { } own)
        {
            if (own != prefix) because = $"{own} is on an interface of this router";
            return OdrDrop.OwnNetwork;
        }
        if (_claims.TryTake(prefix, neighbor, out OdrNeighbor? other)) return null;
        because = $"{other.Key.Address} on {other.Key.Tunnel} ({other.Claimant}) has said it, or a part of it, before";
        _contenders.Add(neighbor);
        return OdrDrop.ClaimedByOther;
    }

    private IpPrefix? FindOwn(IpPrefix prefix)
    {
        foreach (IpPrefix own in _own)
        {
            if (own.Contains(prefix)) return own;
        }
        foreach (OdrTunnel tunnel in _tunnels.Values)
        {
            foreach (IpAddress address in tunnel.Config.Addresses)
            {
                if (prefix.Contains(address)) return IpPrefix.Host(address);
            }
        }
        return null;
    }

    /// <summary>A claim was given up: who was refused for one is judged again, some of them at a time.</summary>
    private void JudgeContenders(Instant now, Outbox<OdrEffect> outbox)
    {
        if (now < NextJudgement) return;
        _contendedAt = now;
        if (_judging.Count == 0)
        {
            _claims.HasFreed = false;
            foreach (OdrNeighbor contender in _contenders) _judging.Enqueue(contender);
        }
        for (int i = 0; i < OdrLimits.ContendersAtOnce && _judging.TryDequeue(out OdrNeighbor? neighbor); i++)
        {
            if (_contenders.Contains(neighbor)) Update(neighbor, now, outbox);
        }
    }

    private static bool IsRoutable(IpPrefix prefix) =>
        prefix.Length > 0 && !prefix.Address.IsMulticast && !prefix.Address.IsLoopback && !prefix.Address.IsLinkLocal && !prefix.Address.IsLimitedBroadcast
        && !prefix.Contains(IpAddress.AnyIPv4) && !OdrSpec.ThisNetwork.Contains(prefix) && !OdrSpec.Reserved.Contains(prefix);

    private static bool IsPermitted(ValueList<OdrFilter> filters, IpPrefix prefix, OdrNeighborKey from)
    {
        foreach (OdrFilter filter in filters.AsSpan())
        {
            if ((filter.Tunnel is null || filter.Tunnel == from.Tunnel) && !filter.Permits(prefix, from.Address)) return false;
        }
        return true;
    }
}
