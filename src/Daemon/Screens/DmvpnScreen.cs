using Dmvpn.Core;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Management.Api;
using Dmvpn.Nhrp;
using NhrpEntryType = Dmvpn.Nhrp.NhrpEntryType;
using TunnelMode = Dmvpn.Management.Api.TunnelMode;

namespace Dmvpn.Daemon.Screens;

/// <summary><c>show dmvpn</c>: NHRP's entries by tunnel and NBMA peer. Control thread only.</summary>
internal static class DmvpnScreen
{
    public static DmvpnState Of(Router router, CryptoSessionScreens crypto, ScreenQuery query, Instant now)
    {
        var tunnels = new List<DmvpnTunnel>();
        var protection = new PeerProtection(router.Engines.Ike, router.Protection);
        foreach (TunnelInterface tunnel in router.Tunnels.All)
        {
            if (!query.Matches(tunnel.Id)) continue;
            foreach (bool ipv6 in NhrpScreens.Families(query))
            {
                NhrpConfig config = ipv6 ? tunnel.Config.Ipv6Nhrp : tunnel.Config.IpNhrp;
                if (config.NetworkId is not null) tunnels.Add(Tunnel(router, tunnel, config, protection, ipv6, query, now));
            }
        }
        return new DmvpnState { Tunnels = tunnels, CryptoSessions = query.Detail ? crypto.Sessions(new ScreenQuery { Tunnel = query.Tunnel, Nbma = query.Nbma }, now).Sessions : [] };
    }

    private static DmvpnTunnel Tunnel(Router router, TunnelInterface tunnel, NhrpConfig config, PeerProtection protection, bool ipv6, ScreenQuery query, Instant now)
    {
        Nhrp.NhsState[] servers = [.. router.Engines.Nhrp.Nhss(ipv6).Where(n => n.Key.Tunnel == tunnel.Id)];
        var peers = new SortedDictionary<IpAddress, List<NhrpCacheEntryState>>();
        foreach (NhrpCacheEntryState entry in router.Engines.Nhrp.Cache(ipv6))
        {
            if (entry.Key.Tunnel != tunnel.Id || !Shown(entry, query)) continue;
            if (!peers.TryGetValue(entry.Peer.Address, out List<NhrpCacheEntryState>? entries)) peers.Add(entry.Peer.Address, entries = []);
            entries.Add(entry);
        }
        return new DmvpnTunnel
        {
            Tunnel = tunnel.Id,
            Family = NhrpScreens.Family(ipv6),
            Role = config.Nhss.Count > 0 ? DmvpnRole.Spoke : DmvpnRole.Hub,
            AdministrativelyUp = !tunnel.Config.Shutdown,
            LineUp = tunnel.LineUp,
            Address = ipv6 ? First(tunnel.Config.Ipv6Addresses) : First(tunnel.Config.Ipv4Addresses),
            TunnelVrf = tunnel.Config.UnderlayNamespace ?? "",
            Source = NhrpScreens.Some(tunnel.Source),
            Destination = tunnel.Config.IsMultipoint ? null : NhrpScreens.Some(tunnel.Config.Destination),
            Mode = Mode(tunnel.Config.Mode),
            Protection = tunnel.Config.Protection?.Profile,
            InterfaceStateControl = tunnel.Config.IfStateNhrp,
            Servers = Array.ConvertAll(servers, nhs => NhrpScreens.Server(nhs, tunnel.Config.Protection is not null, now)),
            Peers = [.. peers.Select(peer => Peer(peer.Key, peer.Value, servers, tunnel, protection, now))],
        };
    }

    public static TunnelMode Mode(Management.Config.TunnelMode mode) => mode switch
    {
        Management.Config.TunnelMode.GreMultipoint => TunnelMode.GreMultipoint,
        Management.Config.TunnelMode.GreIPv6 => TunnelMode.GreIpv6,
        Management.Config.TunnelMode.GreMultipointIPv6 => TunnelMode.GreMultipointIpv6,
        _ => TunnelMode.GreIp,
    };

    // As on IOS: answers that this router gave are shown with "local" only; negative entries have no peer.
    private static bool Shown(NhrpCacheEntryState entry, ScreenQuery query)
    {
        bool local = (entry.Flags & NhrpEntryFlags.Local) != 0;
        if (local != (query.Filter == "local")) return false;
        if (query.Nbma is { } nbma && entry.Peer.Address != nbma && entry.Claimed != nbma) return false;
        if (!query.Matches(entry.Prefix)) return false;
        return query.Filter switch
        {
            "static" => entry.Type == NhrpEntryType.Static,
            "dynamic" => entry.Type == NhrpEntryType.Dynamic,
            "incomplete" => entry.Type == NhrpEntryType.Incomplete,
            _ => true,
        };
    }

    private static DmvpnPeer Peer(
        IpAddress nbma, List<NhrpCacheEntryState> entries, Nhrp.NhsState[] servers, TunnelInterface tunnel, PeerProtection protection, Instant now) => new()
        {
            // Not known while a resolution is under way.
            Nbma = nbma.IsNone && !tunnel.Config.IsIPv6Transport ? IpAddress.AnyIPv4 : nbma,
            ClaimedNbma = entries.Find(e => e.Claimed != nbma && !e.Claimed.IsNone)?.Claimed,
            Identity = entries.Select(e => protection.IdentityOf(tunnel.Id, e.Peer)).FirstOrDefault(identity => identity is not null),
            Entries = [.. entries.OrderBy(static e => e.Prefix).Select(e => Entry(e, servers, tunnel, protection, now))],
        };

    private static DmvpnEntry Entry(NhrpCacheEntryState entry, Nhrp.NhsState[] servers, TunnelInterface tunnel, PeerProtection protection, Instant now)
    {
        Nhrp.NhsState? server = Array.Find(servers, s => s.Address == entry.Via && entry.Prefix.IsHost);
        bool up = entry.Type != NhrpEntryType.Incomplete && (server is null || server.Status == NhsStatus.Up);
        Instant since = server is not null ? server.Since : entry.Created;
        return new DmvpnEntry
        {
            Tunnel = entry.Via.IsNone ? entry.Prefix.Address : entry.Via,
            Target = entry.Prefix,
            ClaimedNbma = NhrpScreens.Some(entry.Claimed),
            Identity = protection.IdentityOf(tunnel.Id, entry.Peer),
            State = !tunnel.LineUpForNhrp ? DmvpnSessionState.Intf : protection.StateBelow(tunnel.Id, entry.Peer) ?? (up ? DmvpnSessionState.Up : DmvpnSessionState.Nhrp),
            UpDownSeconds = server is { Status: not NhsStatus.Up, RepliesReceived: 0 } ? null : NhrpScreens.Seconds(now.Since(since)),
            Attributes = Attributes(entry),
        };
    }

    private static List<DmvpnAttribute> Attributes(NhrpCacheEntryState entry)
    {
        var attributes = new List<DmvpnAttribute>();
        attributes.Add(entry.Type switch
        {
            NhrpEntryType.Static => DmvpnAttribute.Static,
            NhrpEntryType.Dynamic => DmvpnAttribute.Dynamic,
            _ => DmvpnAttribute.Incomplete,
        });
        if ((entry.Flags & NhrpEntryFlags.Nat) != 0 && entry.Claimed != entry.Peer.Address) attributes.Add(DmvpnAttribute.Nated);
        if ((entry.Flags & NhrpEntryFlags.Local) != 0) attributes.Add(DmvpnAttribute.Local);
        if ((entry.Flags & NhrpEntryFlags.Local) != 0) attributes.Add(DmvpnAttribute.NoSocket);
        if ((entry.Flags & NhrpEntryFlags.Rib) != 0) attributes.Add(DmvpnAttribute.RouteInstalled);
        if ((entry.Flags & NhrpEntryFlags.NextHopOverride) != 0) attributes.Add(DmvpnAttribute.NexthopOverride);
        return attributes;
    }

    private static IpAddress? First(ValueList<Management.Config.InterfaceAddress> addresses) => addresses.Count > 0 ? addresses[0].Address : null;
}
