using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary>What <see cref="NhrpPaths"/> found.</summary>
internal enum NhrpPathKind
{
    /// <summary>No route, or none that leads on.</summary>
    None,

    /// <summary>This router is the destination, or the way leaves the NHRP domain here: it is the egress.</summary>
    Local,

    /// <summary>Another station of the domain is next.</summary>
    Hop,
}

/// <param name="Interface">The interface towards the hop.</param>
/// <param name="Hop">The next station.</param>
/// <param name="Prefix">The route's prefix; of <see cref="NhrpPathKind.Local"/> what may be answered.</param>
internal readonly record struct NhrpPath(NhrpPathKind Kind, NhrpInterface? Interface, NhrpMapping? Hop, IpPrefix Prefix);

/// <summary>
/// The routed path (RFC 2332 3): the station that is served here goes first, then the routing table without shortcuts, then the NHS.
/// </summary>
internal sealed class NhrpPaths(NhrpCore core)
{
    /// <summary>Where an NHRP packet for <paramref name="destination"/> goes that arrived on, or starts at, <paramref name="via"/>.</summary>
    public NhrpPath Find(NhrpInterface via, IpAddress destination)
    {
        if (core.IsOwn(destination)) return new(NhrpPathKind.Local, via, null, IpPrefix.Host(destination));
        foreach (NhrpInterface candidate in core.Interfaces)
        {
            if (!candidate.Active || !NhrpCore.IsSameDomain(via, candidate)) continue;
            // What a client registered goes before the routes only where the routes have no say: another network's address is not its to draw.
            if (candidate.Cache.Find(destination) is { IsServed: true, Suspended: false } served && (served.Origin == NhrpOrigin.Static || candidate.IsTunnelAddress(destination))) return new(NhrpPathKind.Hop, candidate, served, IpPrefix.Host(destination));
        }
        NhrpInterface towards = via;
        IpPrefix prefix = IpPrefix.Host(destination);
        if (core.Routes.TryLookup(destination, withShortcuts: false, out RouteView route))
        {
            prefix = route.Prefix;
            NhrpInterface? tunnel = route.Tunnel is { } id ? core.Find(new NhrpInterfaceKey(id, via.Key.IPv6)) : null;
            // A tunnel with another network-id, or without NHRP, is as much outside of this domain as an Ethernet.
            if (tunnel is null || !tunnel.Active || !NhrpCore.IsSameDomain(via, tunnel)) return new(NhrpPathKind.Local, via, null, prefix);
            towards = tunnel;
            IpAddress nextHop = route.NextHop.IsUnspecified ? destination : route.NextHop;
            if (towards.Cache.Find(nextHop) is { Suspended: false } mapping && mapping.Address != destination) return new(NhrpPathKind.Hop, towards, mapping, prefix);
        }
        else if (!via.Facts.Addresses.AsSpan()[0].Subnet.Contains(destination))
        {
            return new(NhrpPathKind.None, null, null, default);
        }
        return !via.Config.SendRouted && towards.Nhss.Best() is { } nhs
            ? new(NhrpPathKind.Hop, towards, nhs, prefix)
            : new(NhrpPathKind.None, towards, null, prefix);
    }
}
