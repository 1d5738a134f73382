using Dmvpn.Core;
using Dmvpn.Pki;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// A responder's way to an IKE SA (RFC 7296 1.2). The half-open SA ends by itself when IKE_AUTH does not come.
/// <code>
/// HDR(A,0), SAi1, KEi, Ni            -->   (Diffie-Hellman on the pool)
///                                    &lt;--   HDR(A,B), SAr1, KEr, Nr, [CERTREQ]
/// HDR, SK {IDi, [CERT], AUTH, ...}   -->   (signatures on the pool)
///                                    &lt;--   HDR, SK {IDr, [CERT], AUTH, SAr2, TSi, TSr}
/// </code>
/// </summary>
internal sealed partial class ResponderHandshake(IkeSa sa, Instant started) : IkeHandshake(sa, started)
{
    private readonly IkeEndpoint _from = sa.Path.Remote;
    private IkeChoice? _choice;
    private LinkedListNode<ResponderHandshake>? _place;
    private bool _isAnswered;
    private int _kept;

    /// <summary>Its computations are of its network's share.</summary>
    public bool IsPaid { get; init; }

    /// <summary>IKE_SA_INIT is answered, and IKE_AUTH has not come yet.</summary>
    public bool ExpectsAuthentication { get; private set; }

    /// <summary>May it keep a fragment of its IKE_AUTH, of so many octets?</summary>
    public bool MayKeep(int octets, Instant now, Outbox<IkeEffect> outbox) => _place is null || Core.Admission.MayKeep(_from.Address, octets, now, outbox);

    /// <summary>So many octets of fragments are kept now.</summary>
    public void OnKept(int octets)
    {
        if (_place is null) return;
        Core.Admission.OnKept(_from.Address, octets - _kept);
        _kept = octets;
    }

    /// <summary>It may end for another one: nothing has come that only who holds the keys could send.</summary>
    public bool CanGiveWay => _place is not null && (ExpectsAuthentication || !_isAnswered);

    /// <summary>Ends for another one, without a word: an initiator that still wants comes again.</summary>
    public void GiveWay(Instant now, Outbox<IkeEffect> outbox) => Sa.Die(IkeDownReason.Unused, now, outbox);

    /// <summary>A new IKE_SA_INIT that was found good.</summary>
    public void Begin(in IkeArrival arrival, IkeView view, IkeChoice choice, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> publicValue, Instant now, Outbox<IkeEffect> outbox)
    {
        _choice = choice;
        Count(view.InitiatorSpi, now);
        ReadInit(arrival, view, nonce);
        Core.Admission.OnInitJob(_from.Address);
        Run(new InitAnswerWork(this, choice.Suite.Group, publicValue.ToArray(), _from.Address), outbox);
    }

    /// <summary>A new IKE_SESSION_RESUME with a good ticket: there is nothing slow to do.</summary>
    public void Resume(in IkeArrival arrival, IkeView view, SessionTicket ticket, ReadOnlySpan<byte> nonce, byte[] octets, Instant now, Outbox<IkeEffect> outbox)
    {
        Resuming = ticket;
        _ticket = octets;
        Count(view.InitiatorSpi, now);
        ReadInit(arrival, view, nonce);
        Sa.UseKeys(IkeKeySchedule.Resumed(ticket.Suite, ticket.SkD.Span, PeerNonce, OwnNonce, Sa.InitiatorSpi, Sa.ResponderSpi));
        var writer = new IkePayloadWriter(Core.Answer);
        writer.Nonce(OwnNonce);
        WriteInitNotifies(ref writer, arrival.Path);
        Answer(IkeExchangeType.SessionResume, arrival.Path, writer, now, outbox);
    }

    /// <summary>The same IKE_SA_INIT again: it is answered again, once there is an answer. Another one with the same SPI is somebody else's (2.1).</summary>
    public void HandleRepeated(in IkeArrival arrival, IkeView view, Outbox<IkeEffect> outbox)
    {
        if (!_isAnswered || !view.Bytes.SequenceEqual(PeerFirst) || !Sa.TryRepeat(0, arrival.Path, outbox)) Core.Drops.Count(IkeDrop.AlreadyReceived);
        else Core.Statistics.Of(view.Exchange).RetransmissionsReceived++;
    }

    public override void OnDone(IkeWork work, Instant now, Outbox<IkeEffect> outbox)
    {
        Work = null;
        switch (work)
        {
            case AnswerWork answer:
                OnAgreed(answer, now, outbox);
                break;
            case VerificationWork verification:
                OnVerified(verification, now, outbox);
                break;
            case SignatureWork signature:
                OnSigned(signature, now, outbox);
                break;
            default:
                break;
        }
    }

    public override void OnSaDead(Instant now, Outbox<IkeEffect> outbox)
    {
        base.OnSaDead(now, outbox);
        Uncount();
    }

    private void OnAgreed(AnswerWork work, Instant now, Outbox<IkeEffect> outbox)
    {
        if (work.Shared is not { } shared)
        {
            Core.Drops.Count(IkeDrop.BadPublicValue);
            Sa.Die(IkeDownReason.DeadPeer, now, outbox);
            return;
        }
        using (shared) Sa.UseKeys(IkeKeySchedule.Initial(_choice!.Suite, PeerNonce, OwnNonce, shared.Span, Sa.InitiatorSpi, Sa.ResponderSpi));
        var writer = new IkePayloadWriter(Core.Answer);
        writer.SecurityAssociation([_choice.Answer]);
        writer.KeyExchange(_choice.Suite.Group, work.PublicValue);
        writer.Nonce(OwnNonce);
        WriteInitNotifies(ref writer, Sa.Path);
        if (PeerHashes.Count > 0) writer.Notify(IkeNotifyType.SignatureHashAlgorithms, SignatureHashes.Ours);
        WriteCertificateRequest(ref writer);
        writer.Notify(IkeNotifyType.ChildlessIkev2Supported);
        writer.VendorId(VendorIds.Ours);
        _choice = null;
        Answer(IkeExchangeType.SaInit, Sa.Path, writer, now, outbox);
    }

    private void Answer(IkeExchangeType exchange, in IkePath path, in IkePayloadWriter writer, Instant now, Outbox<IkeEffect> outbox)
    {
        OwnFirst = IkeSealing.Clear(new IkeHeader(Sa.InitiatorSpi, Sa.ResponderSpi, writer.First, exchange, IkeFlags.Response, 0), writer);
        _isAnswered = ExpectsAuthentication = true;
        Sa.MarkReceived(0, now);
        Core.Statistics.Passed(IkePhase.InitProcessing, now.Since(Started));
        Sa.Respond(0, exchange, path, [OwnFirst], now, outbox);
    }

    private void ReadInit(in IkeArrival arrival, IkeView view, ReadOnlySpan<byte> nonce)
    {
        Core.Statistics.Of(view.Exchange).RequestsReceived++;
        PeerFirst = view.Bytes.ToArray();
        PeerNonce = nonce.ToArray();
        OwnNonce = Core.NewNonce();
        ReadHashes(view.Payloads);
        NatSituation nat = NatDetection.Read(view.Payloads, view.InitiatorSpi, 0, arrival.Path);
        (Sa.IsLocalBehindNat, Sa.IsRemoteBehindNat) = (nat.Local, nat.Peer);
        if (nat.IsKnown) Sa.Abilities |= PeerAbilities.NatTraversal;
        if (Core.Config.FragmentationMtu is not null && view.Payloads.TryFindNotify(IkeNotifyType.FragmentationSupported, out _)) Sa.Abilities |= PeerAbilities.Fragmentation;
        if (VendorIds.IsOurs(view.Payloads)) Sa.Abilities |= PeerAbilities.Ours;
    }

    private void WriteInitNotifies(ref IkePayloadWriter writer, in IkePath path)
    {
        if ((Sa.Abilities & PeerAbilities.NatTraversal) != 0) IkeMobility.WriteNatDetection(ref writer, Core, Sa.InitiatorSpi, Sa.ResponderSpi, path);
        if ((Sa.Abilities & PeerAbilities.Fragmentation) != 0) writer.Notify(IkeNotifyType.FragmentationSupported);
    }

    /// <summary>Whoever may come with a certificate by any profile for this address is told which anchors we know (3.7).</summary>
    private void WriteCertificateRequest(ref IkePayloadWriter writer)
    {
        var trustpoints = new List<Trustpoint>();
        foreach (Ikev2Profile profile in Core.Config.Profiles)
        {
            if (profile.MatchLocal.Count > 0 && !profile.MatchLocal.Contains(Sa.Path.Local.Address) || !IkeCredentials.WantsCertificate(profile)) continue;
            foreach (Trustpoint trustpoint in IkeCredentials.Verifiers(Core, profile))
            {
                if (!trustpoints.Contains(trustpoint)) trustpoints.Add(trustpoint);
            }
        }
        byte[] hashes = IkeCredentials.AnchorHashes(trustpoints);
        if (hashes.Length > 0) writer.Certificate(IkePayloadType.CertificateRequest, IkeCertificateEncoding.X509Signature, hashes);
    }

    private void Count(ulong initiatorSpi, Instant now)
    {
        _place = Core.Admission.OnHalfOpen(_from.Address, this);
        Core.Responder.Add(Sa, initiatorSpi);
        Sa.EndsAt = now + IkeLimits.HalfOpenTime;
        Sa.Reschedule();
    }

    private void Uncount()
    {
        if (_place is not { } place) return;
        OnKept(0);
        _place = null;
        Core.Responder.Remove(Sa, _from);
        Core.Admission.OnHalfOpenEnded(_from.Address, place);
    }
}
