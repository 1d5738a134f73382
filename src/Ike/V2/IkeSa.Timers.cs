using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>Deadlines of an IKE SA: one place in the heap for all of them.</summary>
internal sealed partial class IkeSa
{
    private Instant _livenessAt = Instant.Never;
    private Instant _keepaliveAt = Instant.Never;

    /// <summary>When negotiation, a failed SA's last moments, or a redundant SA end.</summary>
    public Instant EndsAt { get; set; } = Instant.Never;

    /// <summary>When it is rekeyed.</summary>
    public Instant RekeyAt { get; set; } = Instant.Never;

    /// <summary>When it is used no more.</summary>
    public Instant ExpiresAt { get; private set; } = Instant.Never;

    /// <summary>When the peer is to be authenticated anew; Never without.</summary>
    public Instant ReauthenticateAt { get; set; } = Instant.Never;

    /// <summary>When what authenticated the peer is worth nothing any more: its certificate ends, or the profile's <c>reauth</c> time is over (RFC 4478).</summary>
    public Instant AuthenticationEndsAt { get; private set; } = Instant.Never;

    public Instant LastSent { get; private set; }

    /// <summary>The configured dead peer detection; null for the quiet one that RFC 7296 2.4 asks for.</summary>
    public DpdConfig? Dpd => Profile?.Dpd ?? Core.Config.Dpd;

    /// <summary>Something changed that a deadline depends on.</summary>
    public void Reschedule()
    {
        if (Stage == IkeSaStage.Dead) return;
        Instant next = Instant.Min(NextRetransmission(), Instant.Min(EndsAt, NextForgotten()));
        next = Instant.Min(next, Instant.Min(Instant.Min(_livenessAt, _keepaliveAt), _flowAt));
        if (IsEstablished) next = Instant.Min(next, Instant.Min(Instant.Min(RekeyAt, ExpiresAt), Instant.Min(ReauthenticateAt, AuthenticationEndsAt)));
        Core.Timers.Set(this, next);
    }

    public override void OnDeadline(Instant now, Outbox<IkeEffect> outbox)
    {
        if (!Retransmit(now, outbox)) return;
        ForgetResponses(now);
        if (EndsAt <= now && !OnEnd(now, outbox)) return;
        if (IsEstablished && Instant.Min(ExpiresAt, AuthenticationEndsAt) <= now)
        {
            Close(IkeDownReason.Expired, now, outbox);
            return;
        }
        if (IsEstablished && ReauthenticateAt <= now) Core.Initiator.Reauthenticate(this, now, outbox);
        if (IsEstablished && RekeyAt <= now) Core.Rekeying.Start(this, now, outbox);
        if (Stage == IkeSaStage.Dead) return;
        if (_flowAt <= now) CheckFlow(now, outbox);
        if (_livenessAt <= now) CheckLiveness(now, outbox);
        if (_keepaliveAt <= now) CheckKeepalive(now, outbox);
        Reschedule();
    }

    /// <summary>Starts the clock of liveness and keepalives, which the configuration and NATs decide about.</summary>
    public void StartLiveness(Instant now)
    {
        _livenessAt = IsEstablished ? now + (Dpd?.Interval ?? IkeLimits.QuietLiveness) : Instant.Never;
        _keepaliveAt = IsEstablished && IsLocalBehindNat ? now + KeepaliveInterval : Instant.Never;
        StartFlowWatch(now);
        Reschedule();
    }

    /// <summary>The peer is asked at once whether it lives, unless it is being asked.</summary>
    public void AskLiveness(Instant now, Outbox<IkeEffect> outbox)
    {
        if (IsEstablished && !HasOpenRequests) Submit(new LivenessRequest(Dpd), now, outbox);
    }

    private TimeSpan KeepaliveInterval => Profile?.NatKeepalive ?? Core.Config.NatKeepalive;

    private void StartLifetimes(Instant now)
    {
        TimeSpan lifetime = Profile!.Lifetime;
        ExpiresAt = now + lifetime;
        RekeyAt = now + SoftLifetime(lifetime);
        LimitAuthentication(Profile.Reauthentication is { } reauthentication ? Authentication!.AuthenticatedAt + reauthentication : Instant.Never, now);
        if (Authentication!.PeerNotAfter is { Year: < 9999 } notAfter && notAfter != default) LimitAuthentication(now + (notAfter - Core.Clock.Now), now);
        StartLiveness(now);
    }

    /// <summary>Authentication is good until then, and is renewed before by the end that began.</summary>
    public void LimitAuthentication(Instant end, Instant now)
    {
        if (end >= AuthenticationEndsAt) return;
        AuthenticationEndsAt = end;
        if (IsFirstInitiator) ReauthenticateAt = Instant.Min(ReauthenticateAt, now + SoftLifetime(end.Since(now)));
        Reschedule();
    }

    /// <summary>When to begin with the replacement of something that lives so long.</summary>
    public TimeSpan SoftLifetime(TimeSpan lifetime) =>
        lifetime * (IkeLimits.SoftLifetime - IkeLimits.LifetimeJitter * Core.Random.NextDouble());

    /// <summary>
    /// With <c>periodic</c>: is the peer silent for the interval, by IKE and by ESP? With <c>on-demand</c>, and without dead peer detection: have we also sent
    /// something since? "If there has only been outgoing traffic ..., it is essential to confirm liveness" (RFC 7296 2.4).
    /// </summary>
    private void CheckLiveness(Instant now, Outbox<IkeEffect> outbox)
    {
        TimeSpan interval = Dpd?.Interval ?? IkeLimits.QuietLiveness;
        Instant heard = LastHeard, sent = Instant.Zero;
        foreach (ChildSa child in Children)
        {
            heard = heard > child.LastReceived ? heard : child.LastReceived;
            sent = sent > child.LastSent ? sent : child.LastSent;
        }
        bool silent = heard + interval <= now;
        bool asks = silent && ((Dpd is { Periodic: true }) || sent > heard);
        // On demand: when something is sent after this look, the question follows soon.
        _livenessAt = !silent ? heard + interval : asks ? now + interval : now + interval / IkeLimits.LooksPerInterval;
        if (asks) AskLiveness(now, outbox);
    }

    /// <summary>RFC 3948 2.3: a NAT forgets who is silent, and sometimes who is not.</summary>
    private void CheckKeepalive(Instant now, Outbox<IkeEffect> outbox)
    {
        Instant sent = LastSent, heard = LastHeard;
        foreach (ChildSa child in Children)
        {
            sent = sent > child.LastSent ? sent : child.LastSent;
            heard = heard > child.LastReceived ? heard : child.LastReceived;
        }
        if (sent + KeepaliveInterval <= now)
        {
            // A keepalive says nothing to the peer: when the NAT has forgotten us, only a question finds out (RFC 4555 3.8).
            bool asks = IsFirstInitiator && (Abilities & PeerAbilities.Mobike) != 0 && heard + IkeLimits.HeardJustNow <= now && !HasOpenRequests;
            if (asks) AskLiveness(now, outbox);
            else outbox.Add(new IkeEffect { Kind = IkeEffectKind.Keepalive, Path = Path });
            LastSent = sent = now;
        }
        _keepaliveAt = sent + KeepaliveInterval;
    }
}
