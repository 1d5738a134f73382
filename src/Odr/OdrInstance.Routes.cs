using Dmvpn.Core;
using Dmvpn.Wire.Cdp;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Odr;

/// <summary>From what a neighbour says to the routes that are used: each is judged by <see cref="Judge"/>.</summary>
public sealed partial class OdrInstance
{
    private bool _defaultLoses;

    /// <summary>
    /// Whether another default route of this machine wins over one by ODR. A stub then routes what is private by the hub all
    /// the same (<see cref="OdrSpec.PrivateNetworks"/>).
    /// </summary>
    public void OnOtherDefault(bool wins, Instant now, Outbox<OdrEffect> outbox)
    {
        if (wins == _defaultLoses) return;
        _defaultLoses = wins;
        if (!_config.IsStub) return;
        foreach (OdrNeighbor neighbor in new List<OdrNeighbor>(_neighbors.Values))
        {
            if (neighbor.Routes.AsSpan().Contains(OdrSpec.DefaultRoute)) Update(neighbor, now, outbox);
        }
    }

    /// <summary>Brings the routes of a neighbour to what its last packet and the configuration say.</summary>
    private void Update(OdrNeighbor neighbor, Instant now, Outbox<OdrEffect> outbox)
    {
        if (neighbor.Claimant != neighbor.Arrival.Claimant)
        {
            // What another claimant had is not its own: it is judged anew, and what it may keep stays in use meanwhile.
            foreach (IpPrefix prefix in neighbor.Routes) _claims.Release(prefix, neighbor);
        }
        (neighbor.Claimant, neighbor.JudgedAt, neighbor.HasRefusals) = (neighbor.Arrival.Claimant, now, false);
        _contenders.Remove(neighbor);
        var wanted = new List<IpPrefix>();
        if (!neighbor.IsInvalid && CdpView.TryParse(neighbor.Packet, out CdpView view, out _)) Collect(neighbor, view, wanted, now);
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

    private void Collect(OdrNeighbor neighbor, CdpView view, List<IpPrefix> wanted, Instant now)
    {
        CdpOdrView odr = view.Odr;
        switch (odr.Kind)
        {
            case CdpOdrKind.Gateway when !_config.IsStub:
                Drops.Count(OdrDrop.NotStub);
                break;
            case CdpOdrKind.Gateway when !neighbor.Arrival.IsServer:
                Drops.Count(OdrDrop.GatewayNotServer);
                neighbor.HasRefusals = true;
                LogRefusals(neighbor, view, 1, OdrSpec.DefaultRoute, "it is no next hop server of this router", now);
                break;
            case CdpOdrKind.Gateway:
                // The gateway is the sender; another address in the TLV is not believed.
                wanted.Add(OdrSpec.DefaultRoute);
                if (_defaultLoses) wanted.AddRange(OdrSpec.PrivateNetworks);
                break;
            case CdpOdrKind.Prefixes:
                if (_config.Router is { } router && RunsOn(router, _tunnels[neighbor.Key.Tunnel].Config)) CollectPrefixes(neighbor, router, view, wanted, now);
                else Drops.Count(OdrDrop.NotHub);
                break;
            case CdpOdrKind.Unknown:
                Drops.Count(OdrDrop.UnknownOdrForm);
                break;
            default:
                break;
        }
    }

    private void CollectPrefixes(OdrNeighbor neighbor, RouterOdrConfig router, CdpView view, List<IpPrefix> wanted, Instant now)
    {
        CdpOdrView odr = view.Odr;
        var seen = new HashSet<IpPrefix>();
        int count = Math.Min(odr.PrefixCount, OdrLimits.PrefixesPerNeighbor), refused = odr.PrefixCount - count;
        if (refused > 0) Drops.Count(OdrDrop.TooManyPrefixes, refused);
        (IpPrefix Prefix, string Reason)? first = refused > 0 ? (default, $"it says more than {OdrLimits.PrefixesPerNeighbor} prefixes") : null;
        for (int i = 0; i < count; i++)
        {
            string? because = null;
            bool isPrefix = odr.TryGetPrefix(i, out IpPrefix prefix);
            if (isPrefix && !seen.Add(prefix)) continue;
            OdrDrop? drop = !isPrefix ? OdrDrop.BadPrefix
                : wanted.Count >= router.MaximumPrefixes ? OdrDrop.TooManyPrefixes
                : Judge(neighbor, router, prefix, out because);
            if (drop is null)
            {
                wanted.Add(prefix);
                continue;
            }
            Drops.Count(drop.Value);
            neighbor.HasRefusals = true;
            if (drop is OdrDrop.TooManyPrefixes) because = $"{router.MaximumPrefixes} are in use already ('maximum-prefix')";
            if (because is null) continue;
            refused++;
            first ??= (prefix, because);
        }
        if (first is { } what) LogRefusals(neighbor, view, refused, what.Prefix, what.Reason, now);
    }

    private void LogRefusals(OdrNeighbor neighbor, CdpView view, int count, IpPrefix prefix, string reason, Instant now)
    {
        if (now < neighbor.LogAgain || !_logger.IsEnabled(LogLevel.Warning)) return;
        neighbor.LogAgain = now + OdrLimits.RefusalLogSpacing;
        OdrLog.RoutesRefused(_logger, count, view.DeviceId, neighbor.Key.Address, neighbor.Key.Tunnel, prefix, reason);
    }

    private void ForgetAll(OdrNeighbor neighbor, Outbox<OdrEffect> outbox)
    {
        foreach (IpPrefix prefix in neighbor.Routes) Forget(neighbor, prefix, outbox);
        neighbor.Routes = [];
    }

    private void Forget(OdrNeighbor neighbor, IpPrefix prefix, Outbox<OdrEffect> outbox)
    {
        _claims.Release(prefix, neighbor);
        outbox.Add(new OdrEffect(OdrEffectKind.ForgetRoute, neighbor.Key.Tunnel, Prefix: prefix, NextHop: neighbor.Key.Address));
        OdrLog.RouteForgotten(_logger, prefix, neighbor.Key.Address, neighbor.Key.Tunnel);
    }
}
