using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// An initiator's way to an IKE SA (RFC 7296 1.2). Whatever says no in IKE_SA_INIT is not authentic, and is only remembered: it is tried until the time is over (2.21.1).
/// <code>
///                         (key pair on the pool)
/// HDR(A,0), SAi1, KEi, Ni            -->
///                                    &lt;--   HDR(A,0), N(COOKIE) | N(INVALID_KE_PAYLOAD): once more
///                                    &lt;--   HDR(A,B), SAr1, KEr, Nr
///                         (secret, then signature on the pool)
/// HDR, SK {IDi, [CERT], AUTH, ...}   -->
///                                    &lt;--   HDR, SK {IDr, [CERT], AUTH, SAr2, TSi, TSr}
/// </code>
/// </summary>
internal sealed partial class InitiatorHandshake : IkeHandshake
{
    private readonly Ikev2Profile _profile;
    private readonly IkeSa? _replaces;
    private readonly List<DhGroup> _tried = [];
    private IkeTarget? _target;
    private KeyExchange? _keyPair;
    private byte[] _cookie = [];
    private HeldTicket? _ticket;
    private IkeSuite _suite;
    private SaInitRequest? _request;
    private Instant _sentAt;
    private int _retries;
    private bool _isOver;
    private string _problem = "";

    public InitiatorHandshake(IkeSa sa, IkeProtection protection, Ikev2Profile profile, IkeTarget? target, IkeSa? replaces, Instant now)
        : base(sa, now)
    {
        (Protection, _profile, _target, _replaces) = (protection, profile, target, replaces);
        OwnNonce = Core.NewNonce();
    }

    public IkeProtection Protection { get; }

    public Ikev2Profile Profile => _profile;

    /// <summary>From then on the peer may have the SA before we know.</summary>
    public bool HasSentAuthentication { get; private set; }

    /// <summary>By a ticket where there is one (RFC 5723), otherwise with a key exchange.</summary>
    public void Begin(HeldTicket? ticket, Instant now, Outbox<IkeEffect> outbox)
    {
        _ticket = ticket?.Session is { } session && Core.Resumption.IsStillGood(session, Protection, _profile, Sa.Path) ? ticket : null;
        if (_ticket is not null) SendInit(now, outbox);
        else BeginExchange(Protection.Ike!.FirstGroup, outbox);
    }

    public bool Expects(IkeView view) => _request is not null && view.Exchange == _request.Exchange && view.MessageId == 0 && _suite == default;

    public void HandleInitResponse(in IkeArrival arrival, IkeView view, Instant now, Outbox<IkeEffect> outbox)
    {
        if (view.Payloads.TryFindNotify(IkeNotifyType.Cookie, out IkeNotifyView cookie) && cookie.Data.Length is > 0 and <= IkeSpec.MaximumCookie)
        {
            if (++_retries > IkeLimits.MaximumInitRetries) return;
            _cookie = cookie.Data.ToArray();
            SendInit(now, outbox);
            return;
        }
        if (_ticket is not null && view.Payloads.TryFindNotify(IkeNotifyType.TicketNack, out _))
        {
            // Whoever forged that costs us a key exchange, no more.
            DropTicket();
            Restart(Protection.Ike!.FirstGroup, outbox);
            return;
        }
        if (view.Payloads.TryFindNotify(IkeNotifyType.InvalidKePayload, out IkeNotifyView wanted) && wanted.Data.Length == 2)
        {
            OnOtherGroup((DhGroup)BinaryPrimitives.ReadUInt16BigEndian(wanted.Data), now, outbox);
            return;
        }
        if (FirstError(view.Payloads) is { } error)
        {
            Note(IkeDiagnosis.IkeRefused(error, Protection.Ike!), view.Exchange, now);
            return;
        }
        if (view.ResponderSpi == 0) Core.Drops.Count(IkeDrop.WrongSpi);
        else if (_ticket is not null) HandleResumed(arrival, view, now, outbox);
        else HandleChosen(arrival, view, now, outbox);
    }

    public override void OnDone(IkeWork work, Instant now, Outbox<IkeEffect> outbox)
    {
        Work = null;
        switch (work)
        {
            case KeyPairWork { KeyPair: { } keyPair }:
                _keyPair = keyPair;
                SendInit(now, outbox);
                break;
            case KeyPairWork:
                Fail(IkeExchangeType.SaInit, IkeDrop.BadPublicValue, "the crypto library made no key pair", now, outbox);
                break;
            case AgreementWork agreement:
                OnAgreed(agreement, now, outbox);
                break;
            case SignatureWork signature:
                OnSigned(signature, now, outbox);
                break;
            case VerificationWork verification:
                OnVerified(verification, now, outbox);
                break;
            default:
                break;
        }
    }

    /// <summary>Nobody answers, or nobody but with errors.</summary>
    public void OnUnanswered(IkeExchangeType exchange, Instant now, Outbox<IkeEffect> outbox)
    {
        bool silent = _problem.Length == 0;
        // Who is away may be back with all it knew: the ticket stays good. One that an answer has used up does not.
        if (silent && _ticket is { IsUsed: false }) _ticket = null;
        else if (_ticket is not null) DropTicket();
        Fail(exchange, silent ? IkeDrop.Unanswered : IkeDrop.NoProposalChosen, silent ? "no answer: is the address right, and does UDP 500 and 4500 pass?" : _problem, now, outbox);
    }

    public override void OnSaDead(Instant now, Outbox<IkeEffect> outbox)
    {
        base.OnSaDead(now, outbox);
        _keyPair?.Dispose();
        End();
        if (_replaces?.Heir is { IsEstablished: true } old)
        {
            old.Reauthentication = null;
            old.ReauthenticateAt = now + IkeLimits.RekeyRetry;
            old.Reschedule();
        }
        if (_target is not { } target) return;
        _target = null;
        if (target.Negotiation == Sa) Core.Peers.OnFailed(target, "", now, outbox);
    }

    /// <summary>
    /// Somebody says no, and no key shows that it is the peer: "the recipient should continue trying for some time" (2.21.1). Most often nothing else comes, and an operator who waits at the log is
    /// told at once; each reason one time in a call.
    /// </summary>
    private void Note(string problem, IkeExchangeType exchange, Instant now)
    {
        if (problem == _problem) return;
        _problem = problem;
        Core.Statistics.Remember(new IkeFailure(now, Sa.Path.Local, Sa.Path.Remote, exchange, IkeDrop.NoProposalChosen, problem));
        if (Core.PeerLines.TryTake(now, Sa.Path.Remote.Address)) Core.Logger.NegotiationRefused(Sa.Path.Remote, IkeNames.NameOf(exchange), problem);
    }

    /// <summary>It has come to nothing.</summary>
    private void Fail(IkeExchangeType exchange, IkeDrop drop, string problem, Instant now, Outbox<IkeEffect> outbox)
    {
        if (problem == _problem) Core.Drops.Count(drop);
        else Core.Failed(Sa.Path, exchange, drop, problem, now);
        IkeTarget? target = _target;
        _target = null;
        Sa.Die(IkeDownReason.DeadPeer, now, outbox);
        if (target?.Negotiation != Sa) return;
        target.IsSilent = drop == IkeDrop.Unanswered;
        Core.Peers.OnFailed(target, problem, now, outbox);
    }

    private void End()
    {
        if (_isOver) return;
        _isOver = true;
        Core.Statistics.Initiating--;
    }

    private void BeginExchange(DhGroup group, Outbox<IkeEffect> outbox)
    {
        _tried.Add(group);
        Run(new KeyPairWork(this, group), outbox);
    }

    /// <summary>With another key pair, under the same SPI and with the same nonce (2.7): the same request to whoever limits the rate.</summary>
    private void Restart(DhGroup group, Outbox<IkeEffect> outbox)
    {
        Sa.Take(0);
        _request = null;
        _keyPair?.Dispose();
        _keyPair = null;
        Sa.RestartRequests();
        BeginExchange(group, outbox);
    }

    private void SendInit(Instant now, Outbox<IkeEffect> outbox)
    {
        var writer = new IkePayloadWriter(Core.Plain);
        if (_cookie.Length > 0) writer.Notify(IkeNotifyType.Cookie, _cookie);
        if (_ticket is { } ticket)
        {
            writer.Nonce(OwnNonce);
            writer.Notify(IkeNotifyType.TicketOpaque, ticket.Octets);
        }
        else
        {
            writer.SecurityAssociation(Protection.Ike!.Offer(0).AsSpan());
            writer.KeyExchange(_keyPair!.Group, _keyPair.PublicValue);
            writer.Nonce(OwnNonce);
        }
        IkeMobility.WriteNatDetection(ref writer, Core, Sa.InitiatorSpi, 0, Sa.Path);
        if (Core.Config.FragmentationMtu is not null) writer.Notify(IkeNotifyType.FragmentationSupported);
        if (_ticket is null)
        {
            writer.Notify(IkeNotifyType.SignatureHashAlgorithms, SignatureHashes.Ours);
            writer.VendorId(VendorIds.Ours);
        }
        IkeExchangeType exchange = _ticket is null ? IkeExchangeType.SaInit : IkeExchangeType.SessionResume;
        OwnFirst = IkeSealing.Clear(new IkeHeader(Sa.InitiatorSpi, 0, writer.First, exchange, IkeFlags.Initiator, 0), writer);
        if (_request is null)
        {
            _sentAt = now;
            Core.Statistics.Passed(IkePhase.InitPreparation, now.Since(Started));
            Sa.Submit(_request = new SaInitRequest(this, exchange, OwnFirst), now, outbox);
        }
        else
        {
            _request.Datagrams = [OwnFirst];
            Sa.RepeatOpen(now, outbox);
        }
    }

    private void OnAgreed(AgreementWork work, Instant now, Outbox<IkeEffect> outbox)
    {
        if (work.Shared is not { } shared)
        {
            Fail(IkeExchangeType.SaInit, IkeDrop.BadPublicValue, "the peer's public value is none of the group", now, outbox);
            return;
        }
        using (shared) Sa.UseKeys(IkeKeySchedule.Initial(_suite, OwnNonce, PeerNonce, shared.Span, Sa.InitiatorSpi, Sa.ResponderSpi));
        Authenticate(now, outbox);
    }

    private void DropTicket()
    {
        if (_target?.Peer is { } peer && peer.Ticket == _ticket) peer.Ticket = null;
        _ticket!.Dispose();
        _ticket = null;
    }
}
