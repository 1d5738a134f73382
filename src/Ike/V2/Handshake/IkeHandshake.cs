using Dmvpn.Core;
using Dmvpn.Pki;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// What both ends' handshakes have in common: the first messages and nonces, which AUTH covers (RFC 7296 2.15), and how the other end's proof is checked. Forgotten when the SA is established.
/// </summary>
internal abstract class IkeHandshake(IkeSa sa, Instant started) : IWorkOwner
{
    protected IkeSa Sa { get; } = sa;

    protected IkeCore Core => Sa.Core;

    public Instant Started { get; } = started;

    /// <summary>Our IKE_SA_INIT or IKE_SESSION_RESUME, as sent last.</summary>
    protected byte[] OwnFirst { get; set; } = [];

    protected byte[] PeerFirst { get; set; } = [];

    public byte[] OwnNonce { get; protected set; } = [];

    public byte[] PeerNonce { get; protected set; } = [];

    /// <summary>Hashes that the peer verifies signatures with (RFC 7427); empty when it does not know digital signatures.</summary>
    protected ValueList<SignatureHash> PeerHashes { get; private set; } = [];

    /// <summary>It sent SIGNATURE_HASH_ALGORITHMS, of whatever hashes.</summary>
    protected bool PeerKnowsHashes { get; private set; }

    /// <summary>The session that is resumed (RFC 5723); null for a new one. Owned until the end of the handshake.</summary>
    public SessionTicket? Resuming { get; protected set; }

    /// <summary>See <see cref="PeerIdentity.KeyEntry"/>; empty before it is proved.</summary>
    protected string KeyEntry { get; set; } = "";

    /// <summary>The slow work that is waited for.</summary>
    protected IkeWork? Work { get; set; }

    protected ReadOnlySpan<byte> InitiatorNonce => Sa.IsInitiator ? OwnNonce : PeerNonce;

    protected ReadOnlySpan<byte> ResponderNonce => Sa.IsInitiator ? PeerNonce : OwnNonce;

    public bool IsWaitingFor(IkeWork work) => Work == work && Sa.Handshake == this && Sa.Stage == IkeSaStage.Negotiating;

    public abstract void OnDone(IkeWork work, Instant now, Outbox<IkeEffect> outbox);

    /// <summary>The SA is out of all tables.</summary>
    public virtual void OnSaDead(Instant now, Outbox<IkeEffect> outbox) => Resuming?.Dispose();

    /// <summary>Reads from the peer's first message how it can sign.</summary>
    protected void ReadHashes(IkePayloadChain payloads)
    {
        PeerHashes = SignatureHashes.Read(payloads);
        PeerKnowsHashes = payloads.TryFindNotify(IkeNotifyType.SignatureHashAlgorithms, out _);
    }

    protected void Run(IkeWork work, Outbox<IkeEffect> outbox)
    {
        Work = work;
        Core.Run(work, outbox);
    }

    /// <summary>What our AUTH payload covers.</summary>
    protected byte[] OwnOctets(IkeIdentity identity) =>
        IkeAuthenticationOctets.Signed(Sa.Keys!.Suite.Prf, (Sa.IsInitiator ? Sa.Keys.SkPi : Sa.Keys.SkPr).Span, OwnFirst, PeerNonce, IkePayloadWriter.IdentityBody(identity));

    /// <summary>What the peer's covers.</summary>
    protected byte[] PeerOctets(AuthMessage message) =>
        IkeAuthenticationOctets.Signed(Sa.Keys!.Suite.Prf, (Sa.IsInitiator ? Sa.Keys.SkPr : Sa.Keys.SkPi).Span, PeerFirst, OwnNonce, message.IdentityBody);

    /// <summary>Our AUTH with a pre-shared key, or of a resumed session; a signature is slow work.</summary>
    protected byte[] OwnCode(LocalCredentials credentials)
    {
        byte[] octets = OwnOctets(credentials.Identity);
        return Resuming is null
            ? IkeAuthenticationOctets.SharedKey(Sa.Keys!.Suite.Prf, credentials.Keyring!.LocalKey!, octets)
            : IkeAuthenticationOctets.Resumed(Sa.Keys!.Suite.Prf, (Sa.IsInitiator ? Sa.Keys.SkPi : Sa.Keys.SkPr).Span, octets);
    }

    /// <summary>
    /// Checks the peer's AUTH. With a certificate that is slow work, which is started (<see cref="Work"/>); <see cref="Judge"/> tells its outcome. Null when all is well so far, otherwise
    /// what is wrong.
    /// </summary>
    /// <param name="then">Our own signature, to be made after a good verification; null for none.</param>
    protected string? Check(AuthMessage message, Ikev2Profile profile, in IkePath path, SignatureWork? then, Outbox<IkeEffect> outbox)
    {
        if (Resuming is not null) return CheckResumed(message);
        if (!message.Identity.IsPlainName) return "this is no name: it is empty, or has wildcards, spaces, control characters or others that no name has; change 'identity local' on the peer";
        // SHA-1 can be forged: it is only for peers that know nothing better (RFC 8247 3.2).
        if (message.Method == IkeAuthMethod.RsaSignature && PeerKnowsHashes)
            return "the peer signs with SHA-1 (authentication method 1), though it knows digital signatures (RFC 7427): have it sign with SHA-256 or better";
        if (!IkeCredentials.Allows(profile, message.Method)) return IkeDiagnosis.WrongMethod(message.Method, profile);
        if (message.Method == IkeAuthMethod.SharedKey)
        {
            if (!IkeCredentials.TryRemoteKey(Core, profile, message.Identity, path, out Ikev2Keyring? keyring, out Ikev2KeyringPeer? entry, out string problem)) return problem;
            byte[] expected = IkeAuthenticationOctets.SharedKey(Sa.Keys!.Suite.Prf, entry!.RemoteKey!, PeerOctets(message));
            if (IkeAuthenticationOctets.Matches(expected, message.Authentication))
            {
                KeyEntry = IkeCredentials.NameOf(profile, keyring!, entry);
                return null;
            }
            return !Core.IsExplaining ? "" : profile.RemoteKey is null ? IkeDiagnosis.WrongSharedKey(keyring!, entry, message.Identity) : IkeDiagnosis.WrongSharedKey(profile, message.Identity);
        }
        if (message.Certificates.Count == 0) return "the peer sent no X.509 certificate with its signature: have it send one ('pki trustpoint' with 'sign' on IOS, 'send_certs' of strongSwan)";
        List<Trustpoint> verifiers = IkeCredentials.Verifiers(Core, profile);
        Run(new VerificationWork(this, verifiers, message.Certificates, message.Identity, message.Method, message.Authentication, PeerOctets(message)) { Then = then }, outbox);
        return null;
    }

    /// <summary>The outcome of a verification: null when the peer is who it says.</summary>
    protected string? Judge(CertificateVerdict verdict, Ikev2Profile profile) =>
        verdict.Failure
        // A list that came while the verification was under way.
        ?? (IkeCredentials.IsRevoked(Core, profile, verdict.Certificate) ? "the peer's certificate is revoked" : null)
        ?? (IkeCredentials.AllowsKey(profile, verdict.Key) ? null
            : $"the peer's certificate has a key of kind {verdict.Key}; 'authentication remote' of 'crypto ikev2 profile {profile.Name}' does not allow it: add 'rsa-sig' or 'ecdsa-sig'");

    private string? CheckResumed(AuthMessage message)
    {
        if (!message.Identity.Equals(Sa.IsInitiator ? Resuming!.Gateway : Resuming!.Client)) return "the identity of a resumed session is not the one in the ticket";
        byte[] expected = IkeAuthenticationOctets.Resumed(Sa.Keys!.Suite.Prf, (Sa.IsInitiator ? Sa.Keys.SkPr : Sa.Keys.SkPi).Span, PeerOctets(message));
        bool good = message.Method == IkeAuthMethod.SharedKey && IkeAuthenticationOctets.Matches(expected, message.Authentication);
        return good ? null : "the proof of a resumed session is wrong: the peer does not have the keys of the ticket";
    }
}
