using Dmvpn.Core;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Daemon.Protection;
using Dmvpn.Dataplane;
using Dmvpn.Ike;
using Dmvpn.Ipsec;
using Dmvpn.Management.Api;
using Dmvpn.Runtime.Netlink;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Daemon.Screens;

/// <summary>The sessions of <c>show crypto …</c>: IKE's state with the data path's counters beside it. Control thread only.</summary>
internal sealed class CryptoSessionScreens(Engines engines, ProtectionParts protection, KernelSync kernel)
{
    private const int EthernetMtu = 1500;

    public CryptoState Sessions(ScreenQuery query, Instant now)
    {
        var established = new Dictionary<int, List<IkeSaState>>();
        var negotiating = new List<IkeSaState>();
        int highest = 0;
        foreach (IkeSaState sa in engines.Ike.Sas())
        {
            if (sa.Association != 0) Add(established, sa.Association, sa);
            else negotiating.Add(sa);
            highest = Math.Max(highest, sa.Association);
        }
        var children = new Dictionary<int, List<ChildSaState>>();
        var pairs = new Dictionary<uint, int>();
        foreach (ChildSaState child in engines.Ike.ChildSas().OrderBy(static c => c.Installed))
        {
            Add(children, child.Peer.Association, child);
            pairs[child.InboundSpi] = pairs.Count + 1;
        }

        // No two SAs have one number: the first of a peer has the peer's, all others come behind the last peer.
        var numbers = new SaNumbers(highest);
        var paths = new UnderlayPaths(engines.Forwarding.Current, kernel.Links);
        var sessions = new List<CryptoSession>();
        foreach (IkePeerState peer in engines.Ike.Peers().OrderBy(static p => p.Peer.Address).ThenBy(static p => p.Peer.Association))
        {
            int association = peer.Peer.Association;
            List<IkeSaState> sas = association == 0 ? [] : [.. established.GetValueOrDefault(association) ?? []];
            if (peer.IsConnecting) Take(negotiating, peer, sas);
            if (peer is { IsUp: false, IsConnecting: false, Wants: 0 } && sas.Count == 0) continue;
            IReadOnlyList<TunnelId> tunnels = [.. protection.Sources.TunnelsOf(peer.Protection)];
            if (query.Tunnel is { } tunnel && !tunnels.Contains(tunnel) || query.Nbma is { } nbma && peer.Peer.Address != nbma) continue;
            sessions.Add(Session(peer, tunnels, sas, children.GetValueOrDefault(association) ?? [], pairs, numbers, paths, now));
        }
        bool everybody = query.Tunnel is null;
        return new CryptoState
        {
            Sessions = sessions,
            Strangers = [.. negotiating.Where(sa => everybody && (query.Nbma is null || query.Nbma == sa.Path.Remote.Address)).Select(sa => IkeSa(sa, numbers, now))],
        };
    }

    /// <summary>The negotiation that is to reach a peer has no association yet: it is known by where it goes.</summary>
    private static void Take(List<IkeSaState> negotiating, IkePeerState peer, List<IkeSaState> into)
    {
        int at = negotiating.FindIndex(sa => sa.IsInitiator && sa.Protection == peer.Protection && sa.Path.Remote.Address == peer.Peer.Address);
        if (at < 0) return;
        into.Add(negotiating[at]);
        negotiating.RemoveAt(at);
    }

    private CryptoSession Session(
        IkePeerState peer, IReadOnlyList<TunnelId> tunnels, List<IkeSaState> sas, List<ChildSaState> children,
        Dictionary<uint, int> pairs, SaNumbers numbers, UnderlayPaths paths, Instant now)
    {
        ProtectionFacts? facts = protection.Sources.Facts(peer.Protection);
        IkeSaState? ready = sas.FindLast(static sa => sa.Status == IkeSaStatus.Ready), shown = ready ?? sas.FirstOrDefault();
        return new CryptoSession
        {
            Tunnels = tunnels,
            SessionId = peer.Peer.Association,
            Local = NhrpScreens.Some(shown?.Path.Local.Address ?? facts?.Local ?? IpAddress.None),
            Peer = peer.Peer.Address,
            Port = shown?.Path.Remote.Port ?? IkeSpec.Port,
            Fvrf = facts?.Namespace ?? "",
            Identity = peer.Identity?.Id.ToString(),
            Profile = shown is { Profile.Length: > 0 } ? shown.Profile : null,
            Status = peer.IsUp ? ready is not null ? CryptoSessionStatus.UpActive : CryptoSessionStatus.UpNoIke
                : ready is not null ? CryptoSessionStatus.UpIdle
                : peer.IsConnecting || sas.Exists(static sa => sa.Status == IkeSaStatus.InNegotiation) ? CryptoSessionStatus.DownNegotiating : CryptoSessionStatus.Down,
            UpSeconds = peer.IsUp ? NhrpScreens.Seconds(now.Since(peer.UpSince)) : null,
            Failures = peer.Failures,
            LastFailure = peer.LastFailure.Length > 0 ? peer.LastFailure : null,
            IkeSas = [.. sas.Select(sa => IkeSa(sa, numbers, now))],
            IpsecSas = [.. children.OrderByDescending(static c => c.IsSending).ThenByDescending(static c => c.Installed).Select(child => IpsecSa(child, pairs[child.InboundSpi], paths, now)).OfType<CryptoIpsecSa>()],
        };
    }

    private static CryptoIkeSa IkeSa(IkeSaState sa, SaNumbers numbers, Instant now)
    {
        bool hasKeys = sa.Suite.Encryption != EncryptionId.None;
        return new CryptoIkeSa
        {
            Number = numbers.Next(sa.Association),
            Local = sa.Path.Local.Address,
            LocalPort = sa.Path.Local.Port,
            Remote = sa.Path.Remote.Address,
            RemotePort = sa.Path.Remote.Port,
            Fvrf = sa.Path.Namespace ?? "",
            Status = sa.Status switch { IkeSaStatus.Ready => CryptoIkeStatus.Ready, IkeSaStatus.InNegotiation => CryptoIkeStatus.Negotiating, _ => CryptoIkeStatus.Deleting },
            Encryption = hasKeys ? IkeNames.NameOf(sa.Suite.Encryption, 0) : null,
            KeySize = CryptoNames.KeySize(sa.Suite.Encryption, sa.Suite.KeyBits),
            Prf = hasKeys ? IkeNames.NameOf(sa.Suite.Prf) : null,
            Hash = hasKeys ? IkeNames.NameOf(sa.Suite.Integrity) : null,
            Group = (int)sa.Suite.Group,
            AuthenticationLocal = CryptoNames.Method(sa.LocalMethod),
            AuthenticationRemote = CryptoNames.Method(sa.RemoteMethod),
            LifetimeSeconds = NhrpScreens.Seconds(sa.Lifetime),
            ActiveSeconds = NhrpScreens.Seconds(now.Since(sa.Created)),
            RekeySeconds = Left(sa.RekeyAt, now),
            ReauthenticateSeconds = Left(sa.ReauthenticateAt, now),
            // A responder that never answered was never heard.
            LastHeardSeconds = sa.RemoteSpi == 0 ? null : Ago(sa.LastHeard, now),
            LocalSpi = $"{sa.LocalSpi:X16}",
            RemoteSpi = $"{sa.RemoteSpi:X16}",
            LocalId = sa.LocalId?.ToString(),
            RemoteId = sa.RemoteId?.ToString(),
            Initiator = sa.IsInitiator,
            LocalMessageId = sa.LocalRequestId,
            RemoteMessageId = sa.RemoteRequestId,
            LocalWindow = sa.LocalWindow,
            RemoteWindow = sa.RemoteWindow,
            NatInside = sa.IsLocalBehindNat,
            NatOutside = sa.IsRemoteBehindNat,
            DpdSeconds = sa.Dpd is { } dpd ? NhrpScreens.Seconds(dpd.Interval) : 0,
            DpdRetrySeconds = sa.Dpd is { } retry ? NhrpScreens.Seconds(retry.Retry) : 0,
            Fragmentation = sa.Fragmentation,
            Mobike = sa.Mobike,
            QuickCrashDetection = sa.QuickCrashDetection,
            Resumed = sa.IsResumed,
            Ticket = sa.HasTicket,
            PeerCertificateEnds = sa.PeerNotAfter == default ? null : sa.PeerNotAfter,
        };
    }

    /// <summary>Null for one that the data path does not have (any more).</summary>
    private CryptoIpsecSa? IpsecSa(ChildSaState child, int number, UnderlayPaths paths, Instant now)
    {
        if (protection.Children.Find(child.InboundSpi) is not { } installed) return null;
        (InboundSa inbound, OutboundSa outbound) = (installed.Inbound, installed.Outbound);
        int header = inbound.Path.Local.IsIPv4 ? 20 : 40;
        LinuxLink? link = child.Path.Namespace is null ? paths.LinkOf(inbound.Path.Local) : null;
        int mtu = Math.Min(Math.Min(link?.Mtu ?? EthernetMtu, outbound.PathMtu), paths.MtuTo(inbound.Path.Remote));
        return new CryptoIpsecSa
        {
            Number = number,
            Local = inbound.Path.Local,
            Remote = inbound.Path.Remote,
            RemotePort = inbound.Path.UdpEncapsulation ? inbound.Path.RemotePort : IkeSpec.Port,
            LocalSelector = Selector(child.Local),
            RemoteSelector = Selector(child.Remote),
            InboundSpi = child.InboundSpi,
            OutboundSpi = child.OutboundSpi,
            Transform = CryptoNames.Transform(child.Suite.Encryption, child.Suite.KeyBits, child.Suite.Integrity),
            Encryption = IkeNames.NameOf(child.Suite.Encryption, 0),
            KeySize = CryptoNames.KeySize(child.Suite.Encryption, child.Suite.KeyBits),
            Hash = IkeNames.NameOf(child.Suite.Integrity),
            Profile = child.Profile,
            TunnelMode = child.TunnelMode,
            UdpEncapsulation = inbound.Path.UdpEncapsulation,
            Esn = child.Suite.Esn,
            PfsGroup = child.Pfs == DhGroup.None ? null : (int)child.Pfs,
            Sending = child.IsSending,
            Retired = child.IsRetired,
            IvSize = outbound.IvLength,
            ReplayWindow = installed.Child.ReplayWindow,

            // As on IOS: the packet that ESP is given, its IP header included.
            PlaintextMtu = outbound.PayloadFor(mtu - header) + header,
            PathMtu = mtu,
            Device = link?.Name,
            ActiveSeconds = NhrpScreens.Seconds(now.Since(child.Installed)),
            RekeySeconds = Left(child.RekeyAt, now),
            SecondsLeft = Left(child.ExpiresAt, now) ?? 0,
            InboundKilobytesLeft = KilobytesLeft(inbound.HardBytes, inbound.Bytes),
            OutboundKilobytesLeft = KilobytesLeft(outbound.HardBytes, outbound.Bytes),
            InboundPackets = inbound.Packets,
            InboundBytes = inbound.Bytes,
            OutboundPackets = outbound.Packets,
            OutboundBytes = outbound.Bytes,
            Replayed = inbound.Replays,
            Forged = inbound.Forgeries,
            LastInboundSeconds = Ago(inbound.LastUsed, now),
            LastOutboundSeconds = Ago(outbound.LastUsed, now),
        };
    }

    private static CryptoSelector Selector(TrafficSelector selector) => new(selector.Start, selector.End, selector.Protocol, selector.StartPort, selector.EndPort);

    private static long? KilobytesLeft(long limit, long used) => limit == 0 ? null : Math.Max(0, limit - used) / 1024;

    private static long? Left(Instant at, Instant now) => at.IsNever || at == Instant.Zero ? null : NhrpScreens.Seconds(at.Since(now));

    private static long? Ago(Instant at, Instant now) => at.IsNever || at == Instant.Zero ? null : NhrpScreens.Seconds(now.Since(at));

    private static void Add<TKey, T>(Dictionary<TKey, List<T>> lists, TKey key, T item)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out List<T>? list)) lists.Add(key, list = []);
        list.Add(item);
    }

    /// <summary>What is known of the ways to peers, looked up once for a whole screen.</summary>
    private sealed class UnderlayPaths
    {
        private readonly Dictionary<IpAddress, int> _mtus = [];
        private readonly Dictionary<IpAddress, LinuxLink?> _links = [];
        private readonly LinkTable _table;

        public UnderlayPaths(ForwardingSnapshot forwarding, LinkTable table)
        {
            _table = table;
            foreach (TunnelSnapshot tunnel in forwarding.Tunnels)
            {
                if (!tunnel.Config.PathMtuDiscovery) continue;
                foreach (KeyValuePair<IpPrefix, Adjacency> entry in tunnel.Adjacencies.Entries()) Found(entry.Value);
                if (tunnel.PointToPoint is { } other) Found(other);
            }
        }

        public int MtuTo(IpAddress peer) => _mtus.GetValueOrDefault(peer, int.MaxValue);

        public LinuxLink? LinkOf(IpAddress local)
        {
            if (!_links.TryGetValue(local, out LinuxLink? link)) _links.Add(local, link = _table.LinkWith(local));
            return link;
        }

        private void Found(Adjacency adjacency)
        {
            if (adjacency.PathMtu != Adjacency.UnknownPathMtu) _mtus[adjacency.Remote] = Math.Min(adjacency.PathMtu, MtuTo(adjacency.Remote));
        }
    }

    private sealed class SaNumbers(int highest)
    {
        private readonly HashSet<int> _given = [];
        private int _last = highest;

        public int Next(int association) => association != 0 && _given.Add(association) ? association : ++_last;
    }
}
