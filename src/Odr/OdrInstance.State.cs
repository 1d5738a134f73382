using Dmvpn.Core;
using Dmvpn.Wire.Cdp;

namespace Dmvpn.Odr;

/// <summary>What the screens show.</summary>
public sealed partial class OdrInstance
{
    private const int ShownAddresses = 16;

    /// <summary>The configuration in force.</summary>
    public OdrConfig Config => _config;

    /// <summary>The CDP neighbours, by tunnel and address.</summary>
    public IReadOnlyList<CdpNeighborState> Neighbors(Instant now)
    {
        var states = new List<CdpNeighborState>(_neighbors.Count);
        foreach (OdrNeighbor neighbor in Sorted())
        {
            if (neighbor.IsListed && CdpView.TryParse(neighbor.Packet, out CdpView view, out _)) states.Add(ToState(neighbor, view, now));
        }
        return states;
    }

    /// <summary>CDP on each tunnel.</summary>
    public IReadOnlyList<CdpTunnelState> Tunnels(Instant now)
    {
        var states = new List<CdpTunnelState>(_tunnels.Count);
        foreach (OdrTunnel tunnel in _tunnels.Values)
        {
            TimeSpan? next = tunnel.NextHello.IsNever ? null : tunnel.NextHello.Since(now);
            states.Add(new CdpTunnelState(tunnel.Config.Tunnel, IsActive(tunnel), tunnel.HellosSent, tunnel.HellosReceived, next));
        }
        states.Sort(static (a, b) => a.Tunnel.CompareTo(b.Tunnel));
        return states;
    }

    /// <summary>The neighbours that ODR has routes from, or had until the invalid timer.</summary>
    public IReadOnlyList<OdrSourceState> Sources(Instant now)
    {
        var states = new List<OdrSourceState>();
        foreach (OdrNeighbor neighbor in Sorted())
        {
            if (neighbor.Routes.Length == 0 && !neighbor.IsInvalid) continue;
            states.Add(new OdrSourceState(neighbor.Key.Address, neighbor.Distance, now.Since(neighbor.LastHeard), neighbor.Routes.Length, neighbor.IsInvalid));
        }
        return states;
    }

    private List<OdrNeighbor> Sorted()
    {
        var neighbors = new List<OdrNeighbor>(_neighbors.Values);
        neighbors.Sort(static (a, b) =>
        {
            int byTunnel = a.Key.Tunnel.CompareTo(b.Key.Tunnel);
            return byTunnel != 0 ? byTunnel : a.Key.Address.CompareTo(b.Key.Address);
        });
        return neighbors;
    }

    private static CdpNeighborState ToState(OdrNeighbor neighbor, CdpView view, Instant now)
    {
        CdpOdrView odr = view.Odr;
        var prefixes = new List<IpPrefix>(odr.PrefixCount);
        for (int i = 0; i < odr.PrefixCount; i++)
        {
            if (odr.TryGetPrefix(i, out IpPrefix prefix)) prefixes.Add(prefix);
        }
        return new CdpNeighborState
        {
            DeviceId = view.DeviceId,
            Tunnel = neighbor.Key.Tunnel,
            TunnelAddress = neighbor.Key.Address,
            Peer = neighbor.Peer,
            HoldTime = neighbor.Expires.Since(now),
            Capabilities = view.Capabilities,
            Platform = view.Platform,
            PortId = view.PortId,
            SoftwareVersion = view.SoftwareVersion,
            Addresses = view.Addresses.ToList(ShownAddresses),
            Version = view.Version,
            VtpDomain = view.VtpDomain,
            Duplex = view.Duplex,
            OdrPrefixes = prefixes,
            OdrGateway = odr.Gateway,
            RouteCount = neighbor.Routes.Length,
            UpTime = now.Since(neighbor.Since),
            LastHeard = now.Since(neighbor.LastHeard),
        };
    }
}
