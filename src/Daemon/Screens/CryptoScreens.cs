using Dmvpn.Core;
using Dmvpn.Daemon.Protection;
using Dmvpn.Ike;
using Dmvpn.Ipsec;
using Dmvpn.Management.Api;
using Dmvpn.Management.Config;
using Dmvpn.Pki;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Daemon.Screens;

/// <summary>The screens of <c>show crypto …</c>: IKE's state with the data path's counters beside it. Control thread only.</summary>
internal static class CryptoScreens
{
    private const int EthernetMtu = 1500;
    private const int GreHeader = 8;

    public static CryptoState Sessions(Router router, ScreenQuery query, Instant now)
    {
        IkeInstance ike = router.Engines.Ike;
        var sas = new Dictionary<int, List<CryptoIkeSa>>();
        var negotiating = new Dictionary<IpAddress, List<CryptoIkeSa>>();
        var paths = new Dictionary<int, IkeSaState>();
        int number = 0;
        foreach (IkeSaState sa in ike.Sas())
        {
            CryptoIkeSa shown = Sa(sa, ++number, now);
            if (sa.Association != 0) Add(sas, sa.Association, shown);
            else Add(negotiating, sa.Path.Remote.Address, shown);
            if (sa.Association != 0) paths[sa.Association] = sa;
        }
        var children = new Dictionary<int, List<CryptoIpsecSa>>();
        foreach (ChildSaState child in ike.ChildSas())
        {
            if (router.Protection.Children.Find(child.InboundSpi) is { } installed) Add(children, child.Peer.Association, Child(child, installed, now));
        }
        var sessions = new List<CryptoSession>();
        foreach (IkePeerState peer in ike.Peers())
        {
            List<TunnelId> tunnels = [.. router.Protection.Sources.TunnelsOf(peer.Protection)];
            if (query.Tunnel is { } only && !tunnels.Contains(only)) continue;
            if (query.Nbma is { } address && peer.Peer.Address != address) continue;
            int association = peer.Peer.Association;
            paths.TryGetValue(association, out IkeSaState? sa);
            sessions.Add(new CryptoSession
            {
                Tunnels = tunnels,
                Association = association,
                Peer = peer.Peer.Address,
                Port = sa?.Path.Remote.Port ?? IkeSpec.Port,
                Vrf = router.Protection.Sources.Facts(peer.Protection)?.Vrf,
                Identity = peer.Identity?.Id.ToString(),
                Profile = sa?.Profile ?? "",
                IsUp = peer.IsUp,
                IsNegotiating = peer.IsConnecting,
                UpSeconds = peer.IsUp ? Seconds(now.Since(peer.UpSince)) : null,
                LastFailure = peer.LastFailure.Length == 0 ? null : peer.LastFailure,
                IkeSas = association != 0 ? sas.GetValueOrDefault(association) ?? [] : negotiating.GetValueOrDefault(peer.Peer.Address) ?? [],
                IpsecSas = association != 0 ? children.GetValueOrDefault(association) ?? [] : [],
            });
        }
        return new CryptoState { Sessions = [.. sessions.OrderBy(s => s.Peer).ThenBy(s => s.Association)] };
    }

    public static CertificateState Certificates(Router router)
    {
        var entries = new List<CertificateEntry>();
        foreach (Trustpoint trustpoint in router.Trustpoints.All)
        {
            foreach (CertificateSummary certificate in trustpoint.Certificates)
            {
                entries.Add(new CertificateEntry
                {
                    Trustpoint = certificate.Trustpoint,
                    IsAuthority = certificate.IsAuthority,
                    SerialNumber = certificate.SerialNumber,
                    Issuer = certificate.Issuer,
                    Subject = certificate.Subject,
                    Names = certificate.Names,
                    NotBefore = certificate.NotBefore,
                    NotAfter = certificate.NotAfter,
                });
            }
        }
        return new CertificateState { Certificates = entries };
    }

    public static CryptoStatisticsState Statistics(Router router, Instant now)
    {
        IkeInstance ike = router.Engines.Ike;
        int active = 0, outgoing = 0, incoming = 0;
        foreach (IkeSaState sa in ike.Sas())
        {
            if (sa.Status == IkeSaStatus.Ready) active++;
            else if (sa.Status == IkeSaStatus.InNegotiation && sa.IsInitiator) outgoing++;
            else if (sa.Status == IkeSaStatus.InNegotiation) incoming++;
        }
        var drops = new Dictionary<string, long>();
        foreach ((string name, long count) in ike.Drops.NonZero().Concat(ike.Malformed.NonZero())) drops[name] = count;
        return new CryptoStatisticsState
        {
            Active = active,
            NegotiatingOut = outgoing,
            NegotiatingIn = incoming,
            MaxNegotiatingIn = ike.Config.MaxInNegotiation,
            MaxSas = ike.Config.MaxSa,
            Exchanges = [.. Enum.GetValues<IkeExchangeType>().Where(e => e != IkeExchangeType.Intermediate).Select(e => Exchange(e, ike.Statistics.Of(e)))],
            Phases = [.. Enum.GetValues<IkePhase>().Select(p => Phase(p, ike.Statistics.Of(p)))],
            Failures = [.. ike.Statistics.Failures.Select(f => new CryptoFailure(Seconds(now.Since(f.At)), f.Local.ToString(), f.Remote.ToString(), Name(f.Exchange), f.Drop.ToString(), f.Text))],
            Drops = drops,
        };
    }

    /// <summary>Ends what is asked for. Both ends make what they need again.</summary>
    /// <exception cref="Api.ApiRefusal">There is no such SA.</exception>
    public static CommandResult Clear(Router router, ClearCryptoRequest request, Instant now)
    {
        IkeInstance ike = router.Engines.Ike;
        int count = 0;
        if (request.Statistics)
        {
            ike.ClearStatistics();
            return new CommandResult();
        }
        if (request.Spi is { } spi)
        {
            count = ike.ClearChild(spi, now, router.Engines.IkeOut) ? 1 : 0;
        }
        else if (request.IpsecOnly)
        {
            foreach (ChildSaState child in ike.ChildSas().ToList())
            {
                bool meant = request.Peer is null || router.Protection.Children.Find(child.InboundSpi)?.Inbound.Path.Remote == request.Peer;
                if (meant && ike.ClearChild(child.InboundSpi, now, router.Engines.IkeOut)) count++;
            }
        }
        else
        {
            count = request.Peer is { } peer ? ike.ClearPeer(peer, now, router.Engines.IkeOut) : ike.ClearAll(now, router.Engines.IkeOut);
        }
        if (count == 0 && (request.Spi is not null || request.Peer is not null)) throw new Api.ApiRefusal(404, new ApiError("no such SA"));
        return new CommandResult { Count = count };
    }

    private static CryptoIkeSa Sa(IkeSaState sa, int number, Instant now) => new()
    {
        Number = number,
        Local = sa.Path.Local.Address,
        LocalPort = sa.Path.Local.Port,
        Remote = sa.Path.Remote.Address,
        RemotePort = sa.Path.Remote.Port,
        Status = sa.Status switch { IkeSaStatus.Ready => "READY", IkeSaStatus.InNegotiation => "IN-NEG", _ => "DELETE" },
        Encryption = sa.Suite.Encryption switch
        {
            EncryptionId.AesCbc => "AES-CBC",
            EncryptionId.AesGcm16 => "AES-GCM",
            EncryptionId.ChaCha20Poly1305 => "CHACHA20-POLY1305",
            _ => "",
        },
        KeyBits = sa.Suite.KeyBits,
        Prf = sa.Suite.Prf == PrfId.None ? "" : CryptoText.Of(sa.Suite.Prf).ToUpperInvariant(),
        Hash = sa.Suite.Integrity switch { IntegrityId.HmacSha1 => "SHA96", IntegrityId.HmacSha256 => "SHA256", IntegrityId.HmacSha384 => "SHA384", IntegrityId.HmacSha512 => "SHA512", _ => "None" },
        Group = (int)sa.Suite.Group,
        AuthenticationLocal = Method(sa.LocalMethod),
        AuthenticationRemote = Method(sa.RemoteMethod),
        LifetimeSeconds = Seconds(sa.Lifetime),
        ActiveSeconds = Seconds(now.Since(sa.Created)),
        LocalSpi = $"{sa.LocalSpi:X16}",
        RemoteSpi = $"{sa.RemoteSpi:X16}",
        LocalId = sa.LocalId?.ToString(),
        RemoteId = sa.RemoteId?.ToString(),
        IsInitiator = sa.IsInitiator,
        LocalMessageId = sa.LocalRequestId,
        RemoteMessageId = sa.RemoteRequestId,
        LocalWindow = sa.LocalWindow,
        RemoteWindow = sa.RemoteWindow,
        NatLocal = sa.IsLocalBehindNat,
        NatRemote = sa.IsRemoteBehindNat,
        DpdSeconds = sa.Dpd is { } dpd ? Seconds(dpd.Interval) : 0,
        DpdRetrySeconds = sa.Dpd is { } retry ? Seconds(retry.Retry) : 0,
        Fragmentation = sa.Fragmentation,
        Mobike = sa.Mobike,
        Resumed = sa.IsResumed,
    };

    private static CryptoIpsecSa Child(ChildSaState child, InstalledChild installed, Instant now)
    {
        (InboundSa inbound, OutboundSa outbound) = (installed.Inbound, installed.Outbound);
        int outer = inbound.Path.Local.IsIPv4 ? 20 : 40;
        return new CryptoIpsecSa
        {
            Local = inbound.Path.Local,
            Remote = inbound.Path.Remote,
            RemotePort = inbound.Path.UdpEncapsulation ? inbound.Path.RemotePort : IkeSpec.Port,
            LocalIdent = child.Local.Start,
            RemoteIdent = child.Remote.Start,
            InboundSpi = child.InboundSpi,
            OutboundSpi = child.OutboundSpi,
            Transform = CryptoText.Transforms(new EncryptionChoice(child.Suite.Encryption, child.Suite.KeyBits), child.Suite.Integrity),
            TunnelMode = child.TunnelMode,
            UdpEncapsulation = inbound.Path.UdpEncapsulation,
            Esn = child.Suite.Esn,
            PfsGroup = child.Pfs == DhGroup.None ? null : (int)child.Pfs,
            IsSending = child.IsSending,
            IvLength = outbound.IvLength,
            ReplayWindow = installed.Child.ReplayWindow,
            PlaintextMtu = outbound.PayloadFor(EthernetMtu - outer) - GreHeader,
            PacketsOut = outbound.Packets,
            BytesOut = outbound.Bytes,
            PacketsIn = inbound.Packets,
            BytesIn = inbound.Bytes,
            Replayed = inbound.Replays,
            Forged = inbound.Forgeries,
            KilobytesLeftIn = Left(inbound.HardBytes, inbound.Bytes),
            KilobytesLeftOut = Left(outbound.HardBytes, outbound.Bytes),
            SecondsLeft = child.ExpiresAt.IsNever ? 0 : Seconds(child.ExpiresAt.Since(now)),
        };
    }

    private static long? Left(long limit, long used) => limit == 0 ? null : Math.Max(0, limit - used) / 1024;

    private static CryptoExchange Exchange(IkeExchangeType type, IkeExchangeCounts counts) => new(
        Name(type), counts.RequestsSent, counts.Retransmissions, counts.ResponsesReceived, counts.RequestsReceived, counts.RetransmissionsReceived, counts.ResponsesSent);

    private static CryptoPhase Phase(IkePhase phase, IkePhaseTime time) =>
        new(phase.ToString(), time.Count, (long)time.Mean.TotalMicroseconds, (long)time.Longest.TotalMicroseconds);

    private static string Name(IkeExchangeType exchange) => exchange switch
    {
        IkeExchangeType.SaInit => "IKE_SA_INIT",
        IkeExchangeType.Auth => "IKE_AUTH",
        IkeExchangeType.CreateChildSa => "CREATE_CHILD_SA",
        IkeExchangeType.SessionResume => "IKE_SESSION_RESUME",
        _ => "INFORMATIONAL",
    };

    private static string Method(IkeAuthMethod method) => method switch
    {
        IkeAuthMethod.SharedKey => "PSK",
        IkeAuthMethod.RsaSignature => "RSA",
        IkeAuthMethod.EcdsaSha256 or IkeAuthMethod.EcdsaSha384 or IkeAuthMethod.EcdsaSha512 => "ECDSA",
        IkeAuthMethod.DigitalSignature => "Digital-Signature",
        _ => "Unknown",
    };

    private static long Seconds(TimeSpan span) => (long)span.TotalSeconds;

    private static void Add<TKey, T>(Dictionary<TKey, List<T>> lists, TKey key, T item)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out List<T>? list)) lists.Add(key, list = []);
        list.Add(item);
    }
}
