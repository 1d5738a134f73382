using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>IKE_AUTH at the initiator: our proof, the peer's, and the first child SA.</summary>
internal sealed partial class InitiatorHandshake
{
    private LocalCredentials? _credentials;
    private byte[] _wanted = [];
    private AuthMessage? _message;
    private IkeArrival _arrival;
    private CertificateFacts? _certificate;
    private SelectorPair _offer;
    private uint _childSpi;
    private IkeAuthMethod _method;

    /// <summary>
    /// No other SA is between these identities, or about to be, by any of our sources: the peer may forget those that we lost (2.4). Whose
    /// identity answers is not known yet; who is at the same address may be it.
    /// </summary>
    private bool IsInitialContact
    {
        get
        {
            if (_replaces is not null || _target?.Peer is { Sas.Count: > 0 }) return false;
            foreach (IkeSa other in Core.Sas.Values)
            {
                if (other == Sa || other.Path.Remote.Address != Sa.Path.Remote.Address) continue;
                IkeIdentity? own = other.IsEstablished ? other.Authentication?.LocalId : other.Handshake is InitiatorHandshake { HasSentAuthentication: true } calling ? calling._credentials!.Identity : null;
                if (own is not null && own.Equals(_credentials!.Identity)) return false;
            }
            return true;
        }
    }

    /// <summary>Writes the payloads of the request.</summary>
    public void WriteAuth(ref IkePayloadWriter writer, IkeAuthMethod method, byte[] code)
    {
        writer.Identity(IkePayloadType.IdInitiator, _credentials!.Identity);
        if (Resuming is null && _credentials.Trustpoint is { } trustpoint)
        {
            foreach (byte[] certificate in trustpoint.Chain) writer.Certificate(IkePayloadType.Certificate, IkeCertificateEncoding.X509Signature, certificate);
        }
        if (IsInitialContact) writer.Notify(IkeNotifyType.InitialContact);
        if (Resuming is null && IkeCredentials.WantsCertificate(_profile) && IkeCredentials.AnchorHashes(IkeCredentials.Verifiers(Core, _profile)) is { Length: > 0 } hashes)
            writer.Certificate(IkePayloadType.CertificateRequest, IkeCertificateEncoding.X509Signature, hashes);
        writer.Authentication(method, code);
        Span<byte> window = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(window, (uint)Core.Config.Window);
        writer.Notify(IkeNotifyType.SetWindowSize, window);
        writer.Notify(IkeProtocolId.Ike, default, IkeNotifyType.QuickCrashDetection, Core.Crashes.TokenOf(Sa));
        if ((Sa.Abilities & PeerAbilities.NatTraversal) != 0) Core.Mobility.WriteSupported(ref writer, Protection);
        if (Core.Config.Resumption) writer.Notify(IkeNotifyType.TicketRequest);
        ChildNegotiation.WriteOffer(ref writer, Protection, Protection.FirstChild!, _childSpi, default, null, _offer);
    }

    /// <summary>The response to IKE_AUTH.</summary>
    public void HandleAuthResponse(in IkeArrival arrival, IkePayloadChain payloads, Instant sentAt, Instant now, Outbox<IkeEffect> outbox)
    {
        Core.Statistics.Passed(IkePhase.AuthRoundTrip, now.Since(sentAt));
        _arrival = arrival;
        if (!AuthMessage.TryRead(payloads, request: false, out AuthMessage message, out Malformed why))
        {
            Core.Malformed.Count(why);
            Fail(IkeExchangeType.Auth, IkeDrop.InvalidSyntax, "the peer's answer has proposals or traffic selectors that cannot be read", now, outbox);
            return;
        }
        _message = message;
        if (!message.HasAuthentication)
        {
            string refused = message.Child.Error is { } error
                ? IkeDiagnosis.AuthenticationRefused(error, _credentials!.Identity, _credentials.Trustpoint is null) : "the peer's answer has neither proof nor error";
            if (_ticket is not null) DropTicket();
            Fail(IkeExchangeType.Auth, IkeDrop.AuthenticationRefused, refused, now, outbox);
            return;
        }
        string? failure = ProfileChoice.Fits(_profile, Sa.Path.Local.Address, message.Identity) ? Check(message, _profile, Sa.Path, then: null, outbox)
            : $"the peer is {IdentityRules.Text(message.Identity)}, which 'crypto ikev2 profile {_profile.Name}' does not match: add 'match identity remote {IdentityRules.Text(message.Identity)}', or check whom address {Sa.Path.Remote.Address} belongs to";
        if (failure is not null) Distrust(failure, now, outbox);
        else if (Work is null) Finish(now, outbox);
    }

    private void OnVerified(VerificationWork work, Instant now, Outbox<IkeEffect> outbox)
    {
        if (Judge(work.Verdict, _profile) is { } failure)
        {
            Distrust(failure, now, outbox);
            return;
        }
        _certificate = new CertificateFacts(work.Verdict.Rights, work.Verdict.NotAfter, work.Verdict.Certificate);
        Finish(now, outbox);
    }

    private void Authenticate(Instant now, Outbox<IkeEffect> outbox)
    {
        if (!IkeCredentials.TryLocal(Core, _profile, null, Sa.Path, _wanted, out _credentials, out string problem))
        {
            Fail(IkeExchangeType.Auth, IkeDrop.AuthenticationFailed, problem, now, outbox);
            return;
        }
        if (Resuming is not null) _credentials = _credentials! with { Identity = Resuming.Client };
        _offer = TrafficSelectorChoice.Offer(Sa.Path.Local.Address, Sa.Path.Remote.Address);
        _childSpi = Core.NewChildSpi(Sa.SpiClass(Sa.Path));
        if (Resuming is null && _credentials!.Trustpoint is { Key: { } key }) Run(new SignatureWork(this, key, OwnOctets(_credentials.Identity), PeerHashes), outbox);
        else SendAuth(IkeAuthMethod.SharedKey, OwnCode(_credentials!), now, outbox);
    }

    private void OnSigned(SignatureWork work, Instant now, Outbox<IkeEffect> outbox)
    {
        if (work.IsGood) SendAuth(work.Method, work.Authentication, now, outbox);
        else Fail(IkeExchangeType.Auth, IkeDrop.AuthenticationFailed, "the peer knows no signature algorithm that our key can do: use a key of another kind", now, outbox);
    }

    private void SendAuth(IkeAuthMethod method, byte[] code, Instant now, Outbox<IkeEffect> outbox)
    {
        HasSentAuthentication = true;
        _method = method;
        Sa.Submit(new AuthRequest(this, method, code), now, outbox);
    }

    /// <summary>The peer did not prove itself; it believes that the SA is up, and is told (2.21.2). Once: it is a courtesy.</summary>
    private void Distrust(string problem, Instant now, Outbox<IkeEffect> outbox)
    {
        var writer = new IkePayloadWriter(Core.Plain);
        writer.Notify(IkeNotifyType.AuthenticationFailed);
        IkeCore.Transmit(Sa.Path, IkeSealing.Sealed(Sa, IkeExchangeType.Informational, IkeFlags.None, Sa.NextRequestId, writer), outbox);
        if (_ticket is not null) DropTicket();
        Fail(IkeExchangeType.Auth, IkeDrop.AuthenticationFailed, $"{_message!.Identity}: {problem}", now, outbox);
    }

    private void Finish(Instant now, Outbox<IkeEffect> outbox)
    {
        AuthMessage message = _message!;
        PeerIdentity identity = Resuming is not null && _target?.Peer is { } known
            ? known.Identity : new PeerIdentity(message.Identity, message.Method, _certificate?.Rights ?? SiteRights.None) { KeyEntry = KeyEntry };
        if (Unexpected(identity) is { } unexpected)
        {
            Distrust(unexpected, now, outbox);
            return;
        }
        SessionTicket? resumed = Resuming;
        Resuming = null;
        var facts = new AuthenticationFacts(_credentials!.Identity, _method, identity.Method, now, _certificate?.NotAfter ?? resumed?.NotAfter ?? default, _credentials.Keyring, _certificate?.Id ?? resumed?.Certificate ?? default);
        Sa.IsResumed = resumed is not null;
        Sa.PeerToken = message.Token;
        Sa.PeerWindow = message.Window;
        Sa.OwnWindow = Core.Config.Window;
        if (message.Mobike && (Sa.Abilities & PeerAbilities.NatTraversal) != 0) Core.Mobility.Enable(Sa, message.AdditionalAddresses);
        End();
        IkeTarget? target = _target;
        _target = null;
        if (target?.Negotiation == Sa) target.Negotiation = null;
        IkePeer? before = _replaces?.Heir.Peer ?? target?.Peer;
        IkePeer peer = Core.Peers.Establish(Sa, Protection, identity, _profile, facts, before, alone: false, now);
        if (target is not null) Core.Peers.OnConnected(target, peer, now, outbox);
        Core.Statistics.Passed(IkePhase.InitiatorTotal, now.Since(Started));
        if (_ticket is not null) DropTicket();
        if (message.Ticket is not null) Core.Resumption.Keep(Sa, peer, message.Ticket, message.TicketLifetime, message.Identity, facts);
        bool made = message.Child.HasSa && MakeChild(message, now, outbox);
        string why = "";
        if (!made && !message.Child.HasSa && message.Child.Error is { } error)
        {
            why = IkeDiagnosis.ChildRefused(error, Protection.FirstChild!, _offer, !Protection.TunnelMode);
            Core.Failed(Sa.Path, IkeExchangeType.Auth, IkeDrop.ChildRefused, why, now);
        }
        if (!made) Core.Peers.OnChildFailed(peer, why, now, outbox);
        if (message.AuthenticationLifetime > TimeSpan.Zero) Sa.LimitAuthentication(now + message.AuthenticationLifetime, now);
        Core.Peers.Settle(peer, Sa, _replaces?.Heir, false, Started, now, outbox);
        resumed?.Dispose();
        Sa.SendWaiting(now, outbox);
    }

    /// <summary>Why the peer, though it proved its identity, is not whom we called; null when it is.</summary>
    private string? Unexpected(PeerIdentity identity)
    {
        if (_target is { } target) return Core.Expectations.Refusal(Protection, target.Address, identity);
        if (_replaces?.Heir.Peer is not { } before || before.Is(identity)) return null;
        return $"this was to be {before.Id}, whose authentication is renewed";
    }

    private bool MakeChild(AuthMessage message, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!ChildNegotiation.TryAccept(Sa, Protection, Protection.FirstChild!, message.Child, _childSpi, _offer, Sa.Path, out ChildAgreement agreement, out ChildRefusal refusal))
        {
            // The peer has the child SA: it is told that we do not (1.3.1).
            Core.Failed(Sa.Path, IkeExchangeType.Auth, refusal.Drop, refusal.Problem, now);
            Sa.Submit(new DeleteChildRequest([_childSpi]), now, outbox);
            return false;
        }
        ChildKeys keys = IkeKeySchedule.Child(Sa.Keys!.Suite.Prf, Sa.Keys.SkD.Span, agreement.Suite, default, OwnNonce, PeerNonce);
        return ChildSa.Install(Sa, agreement, keys, isInitiator: true, sendNow: true, now, outbox) is not null;
    }
}

/// <summary>IKE_AUTH.</summary>
internal sealed class AuthRequest(InitiatorHandshake handshake, IkeAuthMethod method, byte[] code) : IkeRequest
{
    public override IkeExchangeType Exchange => IkeExchangeType.Auth;

    public override bool TryWrite(IkeSa sa, ref IkePayloadWriter writer, Instant now)
    {
        handshake.WriteAuth(ref writer, method, code);
        return true;
    }

    public override void OnResponse(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox) =>
        handshake.HandleAuthResponse(arrival, payloads, SentAt, now, outbox);

    /// <summary>It could not be written: certificates that are longer than any message.</summary>
    public override void OnLost(IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
        if (sa.Stage == IkeSaStage.Negotiating) handshake.OnUnanswered(IkeExchangeType.Auth, now, outbox);
    }

    public override bool OnUnanswered(IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
        handshake.OnUnanswered(IkeExchangeType.Auth, now, outbox);
        return true;
    }
}
