using Dmvpn.Core;

namespace Dmvpn.Management.Config;

/// <summary>Which parts of a tunnel differ. Each flag is one thing the composer touches; what has no flag stays untouched.</summary>
[Flags]
public enum TunnelAspects
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Addresses of the interface.</summary>
    Addresses = 1,

    /// <summary>MTU and TCP MSS.</summary>
    Mtu = 2,

    /// <summary>Source, destination, mode, key, VRF: the sockets and the outer header's ends change.</summary>
    Transport = 4,

    /// <summary>TTL, ToS, checksum, sequence numbers, path MTU discovery, relaying: how packets are wrapped and passed on from now on.</summary>
    Encapsulation = 8,

    /// <summary>Keepalives.</summary>
    Keepalive = 16,

    /// <summary><c>shutdown</c> or <c>no shutdown</c>.</summary>
    Shutdown = 32,

    /// <summary><c>ip nhrp</c>.</summary>
    IpNhrp = 64,

    /// <summary><c>ipv6 nhrp</c>.</summary>
    Ipv6Nhrp = 128,

    /// <summary><c>cdp enable</c>.</summary>
    Cdp = 256,

    /// <summary>Description, bandwidth, delay: only screens and routing protocols look at them.</summary>
    Metadata = 512,

    /// <summary><c>if-state nhrp</c>.</summary>
    IfState = 1024,

    /// <summary><c>tunnel protection</c>: packets are protected otherwise, or no more.</summary>
    Protection = 2048,
}

/// <summary>One tunnel that is in both configurations and differs.</summary>
public sealed record TunnelChange(TunnelConfig Old, TunnelConfig New, TunnelAspects Aspects);

/// <summary>What a reload has to do: everything that is not named here must not be touched.</summary>
public sealed record ConfigDiff
{
    /// <summary>Tunnels to make.</summary>
    public ValueList<TunnelConfig> TunnelsAdded { get; init; } = [];

    /// <summary>Tunnels to take down.</summary>
    public ValueList<TunnelId> TunnelsRemoved { get; init; } = [];

    /// <summary>Tunnels to change.</summary>
    public ValueList<TunnelChange> TunnelsChanged { get; init; } = [];

    /// <summary>Static routes to install.</summary>
    public ValueList<StaticRouteConfig> RoutesAdded { get; init; } = [];

    /// <summary>Static routes to withdraw.</summary>
    public ValueList<StaticRouteConfig> RoutesRemoved { get; init; } = [];

    /// <summary><c>router odr</c> came, went or changed.</summary>
    public bool OdrChanged { get; init; }

    /// <summary><c>cdp timer</c>, <c>cdp holdtime</c> or <c>cdp run</c> changed.</summary>
    public bool CdpChanged { get; init; }

    /// <summary><c>logging</c> changed.</summary>
    public bool LoggingChanged { get; init; }

    /// <summary>What changed in <c>crypto</c>, in words; empty: nothing. Which SAs that concerns IKE itself finds out.</summary>
    public ValueList<string> CryptoChanges { get; init; } = [];

    /// <summary><c>hostname</c> changed.</summary>
    public bool HostnameChanged { get; init; }

    /// <summary><c>platform workers</c> changed: threads, sockets and devices are made for a number of them, so it waits for the next start.</summary>
    public bool WorkersChanged { get; init; }

    /// <summary>True when nothing has to be done.</summary>
    public bool IsEmpty => this == new ConfigDiff();

    /// <summary>The difference that leads from <paramref name="old"/> to <paramref name="new"/>.</summary>
    public static ConfigDiff Compute(RouterConfig old, RouterConfig @new)
    {
        List<TunnelConfig> added = [];
        List<TunnelChange> changed = [];
        foreach (TunnelConfig tunnel in @new.Tunnels)
        {
            if (old.Tunnel(tunnel.Id) is not { } before) added.Add(tunnel);
            else if (Aspects(before, tunnel) is var aspects and not TunnelAspects.None) changed.Add(new(before, tunnel, aspects));
        }
        List<TunnelId> removed = [];
        foreach (TunnelConfig tunnel in old.Tunnels)
            if (@new.Tunnel(tunnel.Id) is null) removed.Add(tunnel.Id);
        return new()
        {
            TunnelsAdded = [.. added],
            TunnelsRemoved = [.. removed],
            TunnelsChanged = [.. changed],
            RoutesAdded = Missing(@new.StaticRoutes, old.StaticRoutes),
            RoutesRemoved = Missing(old.StaticRoutes, @new.StaticRoutes),
            OdrChanged = old.Odr != @new.Odr,
            CdpChanged = old.Cdp != @new.Cdp,
            LoggingChanged = old.Logging != @new.Logging,
            CryptoChanges = [.. Config.CryptoChanges.Describe(old.Crypto, @new.Crypto)],
            HostnameChanged = old.Hostname != @new.Hostname,
            WorkersChanged = old.Workers != @new.Workers,
        };
    }

    private static TunnelAspects Aspects(TunnelConfig a, TunnelConfig b)
    {
        TunnelAspects aspects = 0;
        Mark(TunnelAspects.Addresses, !a.Ipv4Addresses.Equals(b.Ipv4Addresses) || !a.Ipv6Addresses.Equals(b.Ipv6Addresses));
        Mark(TunnelAspects.Mtu, (a.IpMtu, a.Ipv6Mtu, a.IpAdjustMss, a.Ipv6AdjustMss) != (b.IpMtu, b.Ipv6Mtu, b.IpAdjustMss, b.Ipv6AdjustMss));
        Mark(TunnelAspects.Transport, (a.Source, a.Destination, a.Mode, a.Key, a.UnderlayNamespace) != (b.Source, b.Destination, b.Mode, b.Key, b.UnderlayNamespace));
        Mark(TunnelAspects.Encapsulation, (a.Ttl, a.Tos, a.Checksum, a.SequenceDatagrams, a.PathMtuDiscovery, a.RelayBypassKernel, a.ReversePathIPv4, a.ReversePathIPv6)
            != (b.Ttl, b.Tos, b.Checksum, b.SequenceDatagrams, b.PathMtuDiscovery, b.RelayBypassKernel, b.ReversePathIPv4, b.ReversePathIPv6));
        Mark(TunnelAspects.Keepalive, a.Keepalive != b.Keepalive);
        Mark(TunnelAspects.Shutdown, a.Shutdown != b.Shutdown);
        Mark(TunnelAspects.IpNhrp, a.IpNhrp != b.IpNhrp);
        Mark(TunnelAspects.Ipv6Nhrp, a.Ipv6Nhrp != b.Ipv6Nhrp);
        Mark(TunnelAspects.Cdp, a.CdpEnabled != b.CdpEnabled);
        Mark(TunnelAspects.Metadata, (a.Description, a.Bandwidth, a.Delay, a.IsClearTextMeant) != (b.Description, b.Bandwidth, b.Delay, b.IsClearTextMeant));
        Mark(TunnelAspects.Protection, a.Protection != b.Protection);
        Mark(TunnelAspects.IfState, a.IfStateNhrp != b.IfStateNhrp);
        return aspects;

        void Mark(TunnelAspects aspect, bool differs)
        {
            if (differs) aspects |= aspect;
        }
    }

    private static ValueList<StaticRouteConfig> Missing(ValueList<StaticRouteConfig> from, ValueList<StaticRouteConfig> present)
    {
        HashSet<StaticRouteConfig> there = [.. present];
        List<StaticRouteConfig> missing = [];
        foreach (StaticRouteConfig route in from)
            if (!there.Contains(route)) missing.Add(route);
        return [.. missing];
    }
}
