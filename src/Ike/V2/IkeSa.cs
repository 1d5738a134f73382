using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Pki;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>How far an IKE SA is.</summary>
internal enum IkeSaStage : byte
{
    /// <summary>Before both ends are authenticated.</summary>
    Negotiating,

    /// <summary>In use.</summary>
    Established,

    /// <summary>Made by a rekeying that may have had a twin: what becomes of it is decided by the nonces (RFC 7296 2.8.2). Has no child SAs yet.</summary>
    Waiting,

    /// <summary>Rekeyed: its child SAs are its successor's, and its delete is to come.</summary>
    Replaced,

    /// <summary>We have asked the peer to delete it.</summary>
    Closing,

    /// <summary>Not authenticated, or told so; kept for a moment to answer retransmissions.</summary>
    Failed,

    /// <summary>Out of all tables.</summary>
    Dead,
}

/// <summary>What the peer can do, as far as it said.</summary>
[Flags]
internal enum PeerAbilities : byte
{
    None = 0,

    /// <summary>RFC 7383.</summary>
    Fragmentation = 1,

    /// <summary>RFC 4555.</summary>
    Mobike = 2,

    /// <summary>It sent NAT detection.</summary>
    NatTraversal = 4,

    /// <summary>RFC 6023.</summary>
    Childless = 8,

    /// <summary>Initiator only: it gave a ticket, so it speaks RFC 5723.</summary>
    Resumption = 16,

    /// <summary>It is this program, of whatever version.</summary>
    Ours = 32,
}

/// <summary>
/// One IKE SA: SPIs, path, keys, message numbers, child SAs. Requests of ours are in the part <c>Requests</c>, the peer's in <c>Responses</c>, deadlines in <c>Timers</c>, its
/// end in <c>End</c>. What only a handshake needs is in <see cref="Handshake"/>, and gone with it.
/// </summary>
internal sealed partial class IkeSa : Timed<IkeEffect>
{
    private FragmentAssembly? _requestFragments;
    private FragmentAssembly? _responseFragments;
    private IkeSa? _successor;
    private int _spiClass = -1;

    /// <summary>A new IKE SA with an SPI of ours.</summary>
    public IkeSa(IkeCore core, bool isInitiator, in IkePath path, Instant now)
    {
        Core = core;
        IsInitiator = IsFirstInitiator = isInitiator;
        Path = path;
        Created = now;
        LastHeard = now;
        LocalSpi = core.NewSpi();
        core.Sas.Add(LocalSpi, this);
    }

    public IkeCore Core { get; }

    public ulong LocalSpi { get; }

    /// <summary>0 until it is known.</summary>
    public ulong RemoteSpi { get; set; }

    /// <summary>True when we are the original initiator: decides flags, keys, and the order of SPIs.</summary>
    public bool IsInitiator { get; }

    /// <summary>We began the first of the SAs that were rekeyed to this one: moves (RFC 4555 1.3), tickets and reauthentication are that end's part, whoever rekeys.</summary>
    public bool IsFirstInitiator { get; set; }

    public ulong InitiatorSpi => IsInitiator ? LocalSpi : RemoteSpi;

    public ulong ResponderSpi => IsInitiator ? RemoteSpi : LocalSpi;

    public IkeSaStage Stage { get; set; }

    /// <summary>The ends that both sides have shown to receive at: of ESP, and of IKE while the peer is not said to be elsewhere.</summary>
    public IkePath Path { get; set; }

    /// <summary>The ends of IKE requests.</summary>
    public IkePath SendingPath => Mobility?.Candidate ?? Path;

    /// <summary>
    /// The class that all SPIs of its child SAs are of, and of those of the SAs that it is rekeyed to. The peer's address and port when it is first asked for choose it: so an SA made anew
    /// beside this one, from the same place, has the same, and what comes by one flow is of one class. A move changes the flow and not the class.
    /// </summary>
    /// <param name="path">Where the request for the first child SA comes from or goes to.</param>
    public int SpiClass(in IkePath path)
    {
        if (_spiClass < 0) _spiClass = Core.SpiClassOf(path.Remote);
        return _spiClass;
    }

    /// <summary>This SA replaces another one.</summary>
    public void InheritSpiClass(IkeSa old) => _spiClass = old._spiClass;

    /// <summary>State of IKE_SA_INIT and IKE_AUTH; null afterwards.</summary>
    public IkeHandshake? Handshake { get; set; }

    /// <summary>Only SK_d is left in it after authentication.</summary>
    public IkeKeys? Keys { get; private set; }

    public IkeCipher? Inbound { get; private set; }

    public IkeCipher? Outbound { get; private set; }

    /// <summary>Whom it is with; null before authentication and after it was taken from its peer.</summary>
    public IkePeer? Peer { get; set; }

    /// <summary>The profile that the peer was authenticated by.</summary>
    public Ikev2Profile? Profile { get; set; }

    public AuthenticationFacts? Authentication { get; set; }

    public PeerAbilities Abilities { get; set; }

    /// <summary>A NAT in front of us: keepalives, and no change of addresses by what packets bear (RFC 7296 2.23).</summary>
    public bool IsLocalBehindNat { get; set; }

    public bool IsRemoteBehindNat { get; set; }

    public bool IsNatted => IsLocalBehindNat || IsRemoteBehindNat;

    /// <summary>ESP in UDP: with NAT, or always by configuration.</summary>
    public bool UsesUdp => (IsNatted || Core.Config.AlwaysUdp) && Path.Local.Port == IkeSpec.NatPort;

    /// <summary>It was resumed by a ticket, not authenticated anew.</summary>
    public bool IsResumed { get; set; }

    /// <summary>Child SAs negotiated under it or inherited, without those retired.</summary>
    public List<ChildSa> Children { get; } = new(1);

    /// <summary>The peer's QCD token for this SA (RFC 6290).</summary>
    public byte[]? PeerToken { get; set; }

    /// <summary>Rekeying and moves under way; null for most of the life.</summary>
    public IkeRekeyState? Rekey { get; set; }

    /// <summary>Of a waiting SA: the one that it is to replace.</summary>
    public IkeSa? Predecessor { get; set; }

    /// <summary>Of an SA that is replaced or on its way out: its peer, whose deletes of child SAs may still come by it (RFC 7296 2.25.2).</summary>
    public IkePeer? FormerPeer { get; private set; }

    /// <summary>Of an SA that is replaced: what replaced it, or that one; otherwise itself.</summary>
    public IkeSa Heir => _successor?.Heir ?? this;

    /// <summary>The IKE SA that is to replace it with the peer authenticated anew, while that is negotiated by us.</summary>
    public IkeSa? Reauthentication { get; set; }

    public MobilityState? Mobility { get; set; }

    /// <summary>CREATE_CHILD_SAs and child deletes of ours that are open or being prepared: the SA cannot be rekeyed meanwhile (RFC 7296 2.25.1).</summary>
    public int ChildExchanges { get; set; }

    /// <summary>When the peer began to answer with nothing but TEMPORARY_FAILURE; Never when it does not.</summary>
    public Instant TemporaryFailureSince { get; set; } = Instant.Never;

    public Instant Created { get; }

    public Instant Established { get; set; } = Instant.Never;

    /// <summary>When the last fresh protected message came.</summary>
    public Instant LastHeard { get; set; }

    /// <summary>How long the last request took that was answered at its first transmission.</summary>
    public TimeSpan RoundTrip { get; set; } = IkeLimits.FirstRetransmission;

    /// <summary>When an unprotected message last had the peer asked whether it lives.</summary>
    public Instant LastHint { get; set; } = Instant.Never;

    /// <summary>It has no child SA, and the peer has one by another IKE SA.</summary>
    public bool IsRedundant => IsEstablished && Children.Count == 0 && Peer is { HasLiveChild: true };

    public bool IsEstablished => Stage == IkeSaStage.Established;

    /// <summary>
    /// Fragments of a message that is not complete (RFC 7383). A request of the peer's and its response to one of ours may have the same message id.
    /// </summary>
    public ref FragmentAssembly? FragmentsOf(bool response) => ref response ? ref _responseFragments : ref _requestFragments;

    /// <summary>
    /// Takes the keys into use and tells the key log, if there is one. Once in an SA's life, and nobody else makes a cipher of them: the IVs of combined modes count from 1, and none may come
    /// twice under one key (RFC 5282 3.1).
    /// </summary>
    public void UseKeys(IkeKeys keys)
    {
        if (Outbound is not null) throw new InvalidOperationException("an IKE SA has its keys once");
        Keys = keys;
        Inbound = keys.CreateCipher(fromInitiator: !IsInitiator);
        Outbound = keys.CreateCipher(fromInitiator: IsInitiator);
        Core.KeyLog?.OnIkeSa(InitiatorSpi, ResponderSpi, keys.Suite, keys.SkEi.Span, keys.SkEr.Span, keys.SkAi.Span, keys.SkAr.Span);
        keys.ForgetMessageKeys();
    }

    /// <summary>Both ends are authenticated, or the SA comes from one that was.</summary>
    public void Establish(IkePeer peer, Ikev2Profile profile, AuthenticationFacts authentication, Instant now)
    {
        Stage = IkeSaStage.Established;
        Handshake = null;
        Peer = peer;
        Profile = profile;
        Authentication = authentication;
        Established = now;
        LastHeard = now;
        Keys!.ForgetAuthenticationKeys();
        StartLifetimes(now);
        Reschedule();
    }

    /// <inheritdoc/>
    public override string ToString() => $"IKE SA {InitiatorSpi:X16}/{ResponderSpi:X16}";
}

/// <summary>What authentication found out, kept for screens, tickets and the SA's successors.</summary>
/// <param name="LocalId">Who we said we are.</param>
/// <param name="LocalMethod">How we proved it.</param>
/// <param name="RemoteMethod">How the peer did.</param>
/// <param name="AuthenticatedAt">When.</param>
/// <param name="PeerNotAfter">When the peer's certificate ends; default without one.</param>
/// <param name="Keyring">The entry of the keyring that was used: when it changes the SA ends. Null with certificates.</param>
/// <param name="PeerCertificate">The peer's certificate: when it is revoked the SA ends. None without one.</param>
internal sealed record AuthenticationFacts(
    IkeIdentity LocalId, IkeAuthMethod LocalMethod, IkeAuthMethod RemoteMethod, Instant AuthenticatedAt, DateTimeOffset PeerNotAfter, Ikev2KeyringPeer? Keyring, CertificateId PeerCertificate);
