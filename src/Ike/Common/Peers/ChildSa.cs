using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>How a child SA is used.</summary>
internal enum ChildStage : byte
{
    /// <summary>Packets may come, none are sent: the peer may not have it yet (RFC 7296 2.8).</summary>
    Receiving,

    /// <summary>Packets are sent by it.</summary>
    Sending,

    /// <summary>Deleted; packets on their way are still received.</summary>
    Retired,

    /// <summary>Out of all tables.</summary>
    Removed,
}

/// <summary>What an exchange has agreed on.</summary>
internal readonly record struct ChildAgreement(
    uint InboundSpi, uint OutboundSpi, EspSuite Suite, DhGroup Group, bool TunnelMode, ValueList<TrafficSelector> Local, ValueList<TrafficSelector> Remote);

/// <summary>
/// A pair of ESP SAs. It belongs to a peer for its whole life, and to the IKE SA that has to delete it, which changes when the IKE SA is rekeyed.
/// </summary>
internal sealed class ChildSa : Timed<IkeEffect>
{
    private readonly IkeCore _core;
    private Instant _rekeyAt;
    private Instant _expiresAt;
    private Instant _activateAt = Instant.Never;
    private Instant _removeAt = Instant.Never;

    private ChildSa(IkeSa sa, in ChildAgreement agreement, Instant now)
    {
        _core = sa.Core;
        Sa = sa;
        Peer = sa.Peer!;
        Agreement = agreement;
        Installed = now;
        TimeSpan lifetime = Peer.Protection.ChildLifetime;
        _expiresAt = now + lifetime;
        _rekeyAt = now + sa.SoftLifetime(lifetime);
    }

    /// <summary>The IKE SA whose exchanges concern it.</summary>
    public IkeSa Sa { get; set; }

    public IkePeer Peer { get; }

    public ChildAgreement Agreement { get; }

    public uint InboundSpi => Agreement.InboundSpi;

    public uint OutboundSpi => Agreement.OutboundSpi;

    public ChildStage Stage { get; private set; }

    public Instant Installed { get; }

    public Instant ExpiresAt => _expiresAt;

    public Instant RekeyAt => _rekeyAt;

    /// <summary>The peer asked for it, and may not have our answer yet: what is sent by it now would find nobody.</summary>
    public bool IsAwaited => !_activateAt.IsNever;

    /// <summary>Our exchange that replaces it, while it is under way.</summary>
    public CreateChildExchange? Rekeying { get; set; }

    /// <summary>We have asked the peer to delete it, or are about to.</summary>
    public bool IsDeleting { get; set; }

    /// <summary>It can carry traffic.</summary>
    public bool IsLive => Stage is ChildStage.Receiving or ChildStage.Sending;

    public Instant LastReceived => _core.Activity.LastReceived(InboundSpi);

    public Instant LastSent => _core.Activity.LastSent(InboundSpi);

    /// <summary>
    /// Puts a new pair into use; the keys go to the shell with the effect. With <paramref name="sendNow"/> packets leave by it from now on; otherwise when the peer deletes what
    /// it replaces, or after a moment. Null when our SPI has been taken meanwhile.
    /// </summary>
    public static ChildSa? Install(IkeSa sa, in ChildAgreement agreement, in ChildKeys keys, bool isInitiator, bool sendNow, Instant now, Outbox<IkeEffect> outbox)
    {
        IkeCore core = sa.Core;
        if (core.ChildSas.ContainsKey(agreement.InboundSpi))
        {
            keys.Dispose();
            return null;
        }
        var child = new ChildSa(sa, agreement, now);
        IkePeer peer = child.Peer;
        core.ChildSas.Add(agreement.InboundSpi, child);
        sa.Children.Add(child);
        peer.Children.Add(child);
        core.Peers.Announce(peer, sa.Path.Remote.Address, now, outbox);
        sendNow |= peer.Sending is null;
        IkeProtection protection = peer.Protection;
        (long soft, long hard) = protection.ByteLimits(core.Random);
        var install = new ChildSaInstall
        {
            Protection = protection.Id,
            Peer = peer.Nbma,
            Path = sa.Path,
            UdpEncapsulation = sa.UsesUdp,
            Suite = agreement.Suite,
            TunnelMode = agreement.TunnelMode,
            InboundSpi = agreement.InboundSpi,
            OutboundSpi = agreement.OutboundSpi,
            InboundKey = isInitiator ? keys.FromResponder : keys.FromInitiator,
            OutboundKey = isInitiator ? keys.FromInitiator : keys.FromResponder,
            LocalSelectors = agreement.Local,
            RemoteSelectors = agreement.Remote,
            SendNow = sendNow,
            ReplayWindow = protection.ReplayWindow,
            SoftBytes = soft,
            HardBytes = hard,
        };
        core.KeyLog?.OnChildSa(install);
        outbox.Add(new IkeEffect { Kind = IkeEffectKind.ChildInstalled, Protection = protection.Id, Peer = peer.Nbma, Path = sa.Path, Child = install, Spi = agreement.InboundSpi });
        if (sendNow)
        {
            if (peer.Sending is { } before) before.Stage = ChildStage.Receiving;
            child.Stage = ChildStage.Sending;
            peer.Sending = child;
        }
        else
        {
            child._activateAt = now + IkeLimits.ActivationTime;
        }
        child.Reschedule();
        return child;
    }

    /// <summary>Packets leave by it from now on.</summary>
    public void Activate(Outbox<IkeEffect> outbox)
    {
        _activateAt = Instant.Never;
        if (!IsLive || Peer.Sending == this) return;
        if (Peer.Sending is { IsLive: true } before) before.Stage = ChildStage.Receiving;
        Stage = ChildStage.Sending;
        Peer.Sending = this;
        outbox.Add(new IkeEffect { Kind = IkeEffectKind.ChildActivated, Protection = Peer.Protection.Id, Peer = Peer.Nbma, Spi = InboundSpi });
    }

    /// <summary>It is deleted at both ends: nothing is sent by it any more, and what is on its way is received for a moment.</summary>
    public void Retire(Instant now, Outbox<IkeEffect> outbox)
    {
        if (!IsLive) return;
        Stage = ChildStage.Retired;
        Sa.Children.Remove(this);
        _removeAt = now + IkeLimits.RetirementTime;
        _rekeyAt = _expiresAt = _activateAt = Instant.Never;
        // First the other, then not this one: at no moment is there none.
        if (Peer.Sending == this) Peer.ChooseSending(this, outbox);
        outbox.Add(new IkeEffect { Kind = IkeEffectKind.ChildRetired, Protection = Peer.Protection.Id, Peer = Peer.Nbma, Spi = InboundSpi });
        Reschedule();
    }

    /// <summary>It goes, both ways. The caller has the peer reconsidered.</summary>
    public void Remove(Outbox<IkeEffect> outbox)
    {
        if (Stage == ChildStage.Removed) return;
        Stage = ChildStage.Removed;
        _core.Timers.Set(this, Instant.Never);
        _core.ChildSas.Remove(InboundSpi);
        Sa.Children.Remove(this);
        Peer.Children.Remove(this);
        if (Peer.Sending == this) Peer.ChooseSending(this, outbox);
        outbox.Add(new IkeEffect { Kind = IkeEffectKind.ChildRemoved, Protection = Peer.Protection.Id, Peer = Peer.Nbma, Spi = InboundSpi });
    }

    /// <summary>A rekeying did not succeed, or collided: again in a while, and not later than shortly before the end.</summary>
    public void RekeyAgainAt(Instant at)
    {
        _rekeyAt = Instant.Min(at, _expiresAt);
        Reschedule();
    }

    /// <summary>So much has passed through it, or so little is left, that it is rekeyed now.</summary>
    public void OnSoftLimit(Instant now, Outbox<IkeEffect> outbox)
    {
        if (!IsLive) return;
        _rekeyAt = Instant.Never;
        _core.Children.Renew(this, now, outbox);
        Reschedule();
    }

    /// <summary>Its lifetime is over: nothing may pass any more.</summary>
    public void OnHardLimit(Instant now, Outbox<IkeEffect> outbox)
    {
        if (!IsLive) return;
        IkeSa sa = Sa;
        _core.Children.Delete(this, now, outbox);
        Remove(outbox);
        _core.Peers.Reconsider(Peer, IkeDownReason.Expired, now, outbox);
        sa.Reschedule();
    }

    public override void OnDeadline(Instant now, Outbox<IkeEffect> outbox)
    {
        if (_removeAt <= now)
        {
            Remove(outbox);
            _core.Peers.Reconsider(Peer, IkeDownReason.Unused, now, outbox);
            return;
        }
        if (_activateAt <= now)
        {
            // Unless something newer has been taken into use meanwhile.
            if (Peer.Sending is not { IsLive: true } sending || sending.Installed <= Installed) Activate(outbox);
            _activateAt = Instant.Never;
        }
        if (_expiresAt <= now)
        {
            OnHardLimit(now, outbox);
            return;
        }
        if (_rekeyAt <= now) OnSoftLimit(now, outbox);
        Reschedule();
    }

    private void Reschedule()
    {
        if (Stage == ChildStage.Removed) return;
        _core.Timers.Set(this, Instant.Min(Instant.Min(_rekeyAt, _expiresAt), Instant.Min(_activateAt, _removeAt)));
    }
}
