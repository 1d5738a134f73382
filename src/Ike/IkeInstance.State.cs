using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>What screens and the API show: live state, to be enumerated before the next call of another kind.</summary>
public sealed partial class IkeInstance
{
    /// <summary>Why messages were not obeyed.</summary>
    public DropCounters<IkeDrop> Drops => _core.Drops;

    /// <summary>Why messages could not be decoded.</summary>
    public DropCounters<Wire.Malformed> Malformed => _core.Malformed;

    /// <summary>Exchanges, times, failures.</summary>
    public IkeStatistics Statistics => _core.Statistics;

    /// <summary>The configuration in use.</summary>
    public IkeConfig Config => _core.Config;

    /// <summary>All IKE SAs.</summary>
    public IEnumerable<IkeSaState> Sas()
    {
        foreach (IkeSa sa in _core.Sas.Values) yield return StateOf(sa);
    }

    /// <summary>All child SAs.</summary>
    public IEnumerable<ChildSaState> ChildSas()
    {
        foreach (ChildSa child in _core.ChildSas.Values) yield return StateOf(child);
    }

    /// <summary>All associations, and the addresses that one is wanted with.</summary>
    public IEnumerable<IkePeerState> Peers()
    {
        foreach (IkePeer peer in _core.Peers.All)
        {
            yield return new IkePeerState
            {
                Protection = peer.Protection.Id,
                Peer = peer.Nbma,
                Identity = peer.Identity,
                IsUp = peer.IsUp,
                UpSince = peer.UpSince,
                IsConnecting = peer.Target?.Negotiation is not null,
                Wants = peer.Wants + (peer.Target?.Wants ?? 0),
                Failures = peer.Target?.Failures ?? 0,
                LastFailure = peer.Target?.LastFailure ?? "",
            };
        }
        foreach (IkeTarget target in _core.Peers.Targets)
        {
            if (target.Peer is not null) continue;
            yield return new IkePeerState
            {
                Protection = target.Protection.Id,
                Peer = new NbmaPeer(target.Address),
                IsConnecting = target.Negotiation is not null,
                Wants = target.Wants,
                Failures = target.Failures,
                LastFailure = target.LastFailure,
            };
        }
    }

    private static IkeSaState StateOf(IkeSa sa) => new()
    {
        Protection = sa.Peer?.Protection.Id ?? (sa.Handshake as InitiatorHandshake)?.Protection.Id ?? default,
        Association = sa.Peer?.Association ?? 0,
        Path = sa.Path,
        Status = sa.Stage switch
        {
            IkeSaStage.Negotiating => IkeSaStatus.InNegotiation,
            IkeSaStage.Established or IkeSaStage.Waiting => IkeSaStatus.Ready,
            _ => IkeSaStatus.Deleting,
        },
        LocalSpi = sa.LocalSpi,
        RemoteSpi = sa.RemoteSpi,
        IsInitiator = sa.IsInitiator,
        Suite = sa.Keys?.Suite ?? default,
        LocalId = sa.Authentication?.LocalId,
        RemoteId = sa.Peer?.Identity.Id,
        LocalMethod = sa.Authentication?.LocalMethod ?? default,
        RemoteMethod = sa.Authentication?.RemoteMethod ?? default,
        Profile = sa.Profile?.Name ?? "",
        Created = sa.Created,
        Established = sa.Established,
        Lifetime = sa.Profile?.Lifetime ?? TimeSpan.Zero,
        RekeyAt = sa.RekeyAt,
        ReauthenticateAt = sa.ReauthenticateAt,
        LastHeard = sa.LastHeard,
        LocalRequestId = sa.NextRequestId,
        RemoteRequestId = sa.ExpectedRequestId,
        LocalWindow = sa.OwnWindow,
        RemoteWindow = sa.PeerWindow,
        IsLocalBehindNat = sa.IsLocalBehindNat,
        IsRemoteBehindNat = sa.IsRemoteBehindNat,
        Fragmentation = (sa.Abilities & PeerAbilities.Fragmentation) != 0,
        Mobike = (sa.Abilities & PeerAbilities.Mobike) != 0,
        QuickCrashDetection = sa.PeerToken is not null,
        IsResumed = sa.IsResumed,
        HasTicket = sa.Peer?.Ticket is not null,
        PeerNotAfter = sa.Authentication?.PeerNotAfter ?? default,
        Dpd = sa.Dpd,
        Children = [.. sa.Children.Select(static child => child.InboundSpi)],
    };

    private static ChildSaState StateOf(ChildSa child) => new()
    {
        Protection = child.Peer.Protection.Id,
        Peer = child.Peer.Nbma,
        RemoteId = child.Peer.Identity.Id,
        Path = child.Sa.Path,
        UdpEncapsulation = child.Sa.UsesUdp,
        InboundSpi = child.InboundSpi,
        OutboundSpi = child.OutboundSpi,
        IkeSpi = child.Sa.LocalSpi,
        Suite = child.Agreement.Suite,
        Pfs = child.Agreement.Group,
        TunnelMode = child.Agreement.TunnelMode,
        Local = child.Agreement.Local[0],
        Remote = child.Agreement.Remote[0],
        IsSending = child.Stage == ChildStage.Sending,
        IsRetired = child.Stage == ChildStage.Retired,
        Installed = child.Installed,
        RekeyAt = child.RekeyAt,
        ExpiresAt = child.ExpiresAt,
        Profile = child.Peer.Protection.Facts.Profile,
    };
}
