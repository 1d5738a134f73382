using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Pki;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>IKE_AUTH at the responder: who is it, does it prove that, and what child SA does it get.</summary>
internal sealed partial class ResponderHandshake
{
    private AuthMessage? _message;
    private IkeArrival _arrival;
    private uint _id;
    private Instant _authenticating;
    private IkeProtection? _protection;
    private Ikev2Profile? _profile;
    private LocalCredentials? _credentials;
    private CertificateFacts? _certificate;
    private byte[]? _ticket;

    public void HandleAuth(in IkeArrival arrival, uint id, IkePayloadChain payloads, Instant now, Outbox<IkeEffect> outbox)
    {
        Core.IsExplaining = Core.StrangerLines.HasRoom(now, arrival.Path.Remote.Address);
        Examine(arrival, id, payloads, now, outbox);
        Core.IsExplaining = true;
    }

    private void Examine(in IkeArrival arrival, uint id, IkePayloadChain payloads, Instant now, Outbox<IkeEffect> outbox)
    {
        ExpectsAuthentication = false;
        (_arrival, _id, _authenticating) = (arrival, id, now);
        if (!AuthMessage.TryRead(payloads, request: true, out AuthMessage message, out Malformed why))
        {
            Core.Malformed.Count(why);
            Core.Receiver.Refuse(Sa, arrival, id, IkeExchangeType.Auth, new MessageFault(IkeDrop.InvalidSyntax, IkePayloadType.SecurityAssociation, "or traffic selectors cannot be read"), now, outbox);
            return;
        }
        _message = message;
        // From here on this is where the peer is: it may have floated to port 4500 (2.23), and MOBIKE counts from IKE_AUTH (RFC 4555 3.3).
        Sa.Path = arrival.Path;
        if (arrival.Path.Remote.Address != _from.Address)
        {
            // Only there has it shown that it receives: our answer to IKE_SA_INIT went there.
            Refuse(IkeNotifyType.AuthenticationFailed, IkeDrop.MoveRefused, $"IKE_AUTH came from {arrival.Path.Remote.Address} and IKE_SA_INIT from {_from.Address}: an address changed on the way, or was made up", now, outbox);
            return;
        }
        if (IkeMobility.IsNatForbidden(message, arrival.Path))
        {
            Refuse(IkeNotifyType.UnexpectedNatDetected, IkeDrop.MoveRefused, "a NAT is between, and the peer allows none (NO_NATS_ALLOWED): turn NAT traversal on at the peer", now, outbox);
            return;
        }
        if (!(Resuming is null ? TryChooseProfile(arrival.Path, out string problem) : TryRecognize(Resuming, arrival.Path, out problem)) || !IkeCredentials.TryLocal(Core, _profile!, message.Identity, arrival.Path, IkeCredentials.WantedAuthorities(payloads), out _credentials, out problem))
        {
            Refuse(IkeNotifyType.AuthenticationFailed, IkeDrop.AuthenticationFailed, problem, now, outbox);
            return;
        }
        if (Resuming is not null) _credentials = _credentials! with { Identity = Resuming.Gateway };
        SignatureWork? signature = Resuming is null && _credentials!.Trustpoint is { Key: { } key } ? new SignatureWork(this, key, OwnOctets(_credentials.Identity), PeerHashes) : null;
        if (Check(message, _profile!, arrival.Path, signature, outbox) is { } failure)
        {
            Refuse(IkeNotifyType.AuthenticationFailed, IkeDrop.AuthenticationFailed, failure, now, outbox);
            return;
        }
        if (Work is not null) return;
        if (signature is not null) Run(signature, outbox);
        else Finish(IkeAuthMethod.SharedKey, OwnCode(_credentials!), now, outbox);
    }

    private void OnVerified(VerificationWork work, Instant now, Outbox<IkeEffect> outbox)
    {
        if (Judge(work.Verdict, _profile!) is { } failure)
        {
            Refuse(IkeNotifyType.AuthenticationFailed, IkeDrop.AuthenticationFailed, failure, now, outbox);
            return;
        }
        _certificate = new CertificateFacts(work.Verdict.Rights, work.Verdict.NotAfter, work.Verdict.Certificate);
        if (work.Then is { } signature) OnSigned(signature, now, outbox);
        else Finish(IkeAuthMethod.SharedKey, OwnCode(_credentials!), now, outbox);
    }

    private void OnSigned(SignatureWork work, Instant now, Outbox<IkeEffect> outbox)
    {
        if (work.IsGood) Finish(work.Method, work.Authentication, now, outbox);
        else Refuse(IkeNotifyType.AuthenticationFailed, IkeDrop.AuthenticationFailed, "the peer knows no signature algorithm that our key can do: use a key of another kind, or one that the peer knows", now, outbox);
    }

    /// <summary>
    /// The source whose profile the peer's identity fits. Where several are at the address, one whose own identity is the one that the peer asks for goes first.
    /// </summary>
    private bool TryChooseProfile(in IkePath path, out string problem)
    {
        problem = "no protected source is at this address any more";
        foreach (IkeProtection protection in Core.Protections.At(path.Namespace, path.Local.Address))
        {
            if (!ProfileChoice.TryFind(Core.Config, protection.Policy!.Ipsec.Ikev2Profile, path.Local.Address, _message!.Identity, out Ikev2Profile? profile, out string why, Core.IsExplaining))
            {
                problem = why;
                continue;
            }
            bool asked = _message.WantedIdentity is { } wanted && profile.LocalIdentity is { } own && wanted.Equals(own);
            if (_profile is not null && !asked) continue;
            (_protection, _profile) = (protection, profile);
            if (asked) break;
        }
        return _profile is not null;
    }

    /// <summary>
    /// A resumed session goes on where it was: the source, the profile and the credential that the ticket was sealed to, whatever other sources
    /// there are at the address.
    /// </summary>
    private bool TryRecognize(SessionTicket session, in IkePath path, out string problem)
    {
        problem = "nothing here is as it was when the ticket was given";
        if (Core.Resumption.Recognize(session, path) is not { } grounds) return false;
        (_protection, _profile, KeyEntry) = grounds;
        return true;
    }

    /// <summary>Both ends are who they say: the SA is established and its first child SA made. What was proved is acted on only now.</summary>
    private void Finish(IkeAuthMethod method, byte[] code, Instant now, Outbox<IkeEffect> outbox)
    {
        AuthMessage message = _message!;
        IkeProtection protection = _protection!;
        Uncount();
        if (Resuming is null) Core.Admission.OnAuthenticated(_from.Address, IsPaid);
        Sa.EndsAt = Instant.Never;
        PeerIdentity identity = Resuming is { } session
            ? new PeerIdentity(message.Identity, session.ClientMethod, session.Rights) { KeyEntry = KeyEntry }
            : new PeerIdentity(message.Identity, message.Method, _certificate?.Rights ?? SiteRights.None) { KeyEntry = KeyEntry };
        var facts = new AuthenticationFacts(_credentials!.Identity, method, identity.Method, now, Resuming?.NotAfter ?? _certificate?.NotAfter ?? default, _credentials.Keyring, Resuming?.Certificate ?? _certificate?.Id ?? default);
        Sa.IsResumed = Resuming is not null;
        Sa.PeerToken = message.Token;
        Sa.PeerWindow = message.Window;
        if (message.Mobike) Core.Mobility.Enable(Sa, message.AdditionalAddresses);
        byte[] initiatorNonce = PeerNonce, responderNonce = OwnNonce;
        bool alone = message.InitialContact || _profile!.InitialContactForce || Sa.IsResumed;
        IkePeer peer = Core.Peers.Establish(Sa, protection, identity, _profile!, facts, before: null, alone, now);

        var writer = new IkePayloadWriter(Core.Answer);
        writer.Identity(IkePayloadType.IdResponder, _credentials.Identity);
        if (Resuming is null && _credentials.Trustpoint is { } trustpoint)
        {
            foreach (byte[] certificate in trustpoint.Chain) writer.Certificate(IkePayloadType.Certificate, IkeCertificateEncoding.X509Signature, certificate);
        }
        writer.Authentication(method, code);
        WriteNotifies(ref writer, message, protection, identity, now);
        if (message.Child.HasSa) MakeChild(ref writer, message, protection, initiatorNonce, responderNonce, now, outbox);
        if (_ticket is not null) Core.Resumption.MarkUsed(_ticket);
        Core.Statistics.Passed(IkePhase.AuthProcessing, now.Since(_authenticating));
        Core.Statistics.Passed(IkePhase.ResponderTotal, now.Since(Started));
        Sa.OwnWindow = Core.Config.Window;
        Sa.Respond(_id, IkeExchangeType.Auth, _arrival.Path, writer, now, outbox);
        Resuming?.Dispose();
        Resuming = null;
        Core.Peers.Settle(peer, Sa, replaces: null, alone, Started, now, outbox);
        if (!message.Child.HasSa)
        {
            // RFC 6023: a child SA comes when one is needed. When that is here and now, we ask for it.
            Core.Logger.Childless(peer.Id);
            if (!peer.HasLiveChild && Core.Peers.IsWanted(peer)) Core.Children.Start(Sa, null, now, outbox);
        }
        Sa.SendWaiting(now, outbox);
    }

    private void WriteNotifies(ref IkePayloadWriter writer, AuthMessage message, IkeProtection protection, PeerIdentity identity, Instant now)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(number, (uint)Core.Config.Window);
        writer.Notify(IkeNotifyType.SetWindowSize, number);
        writer.Notify(IkeProtocolId.Ike, default, IkeNotifyType.QuickCrashDetection, Core.Crashes.TokenOf(Sa));
        if (message.Mobike) Core.Mobility.WriteSupported(ref writer, protection);
        if (message.TicketRequest) Core.Resumption.WriteTicket(ref writer, Sa, identity, _certificate, now);
        if (_profile!.Reauthentication is not { } lifetime) return;
        BinaryPrimitives.WriteUInt32BigEndian(number, (uint)lifetime.TotalSeconds);
        writer.Notify(IkeNotifyType.AuthLifetime, number);
    }

    private void MakeChild(
        ref IkePayloadWriter writer, AuthMessage message, IkeProtection protection, byte[] ni, byte[] nr, Instant now, Outbox<IkeEffect> outbox)
    {
        if (ChildNegotiation.Decide(Sa, protection, message.Child, firstChild: true, _arrival.Path, out ChildRefusal refusal) is not { } decision)
        {
            // "This failure does not automatically cause the IKE SA to be deleted" (2.21.2).
            Core.Failed(_arrival.Path, IkeExchangeType.Auth, refusal.Drop, refusal.Problem, now);
            writer.Notify(refusal.Error);
            return;
        }
        ChildAgreement agreement = decision.Agreement;
        ChildKeys keys = IkeKeySchedule.Child(Sa.Keys!.Suite.Prf, Sa.Keys.SkD.Span, agreement.Suite, default, ni, nr);
        // The initiator has it when our answer is there. Until then packets leave by what it has already: when it is reauthenticated nothing is lost (2.8, 2.8.3). Without another
        // one they leave by this one at once, and with INITIAL_CONTACT as soon as the others are gone.
        if (ChildSa.Install(Sa, agreement, keys, isInitiator: false, sendNow: false, now, outbox) is null) writer.Notify(IkeNotifyType.NoAdditionalSas);
        else ChildNegotiation.WriteAnswer(ref writer, decision, default, default);
    }

    /// <summary>Says no, and why to the log only: a stranger learns nothing but that.</summary>
    private void Refuse(IkeNotifyType error, IkeDrop drop, string problem, Instant now, Outbox<IkeEffect> outbox)
    {
        if (Resuming is null && _arrival.Path.Remote.Address == _from.Address) Core.Admission.OnFailed(_from.Address, IsPaid, now);
        Core.StrangerFailed(_arrival.Path, IkeExchangeType.Auth, drop, (_message!.Identity, problem), static about => $"{about.Identity}: {about.problem}", now);
        Sa.Respond(_id, IkeExchangeType.Auth, _arrival.Path, error, default, now, outbox);
        Sa.EndAfterAnswer(IkeDownReason.DeletedByPeer, now, outbox);
    }
}

/// <summary>What a peer's certificate proved, for its ticket.</summary>
internal sealed record CertificateFacts(SiteRights Rights, DateTimeOffset NotAfter, CertificateId Id);
