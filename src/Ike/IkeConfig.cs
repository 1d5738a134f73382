using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// The <c>crypto …</c> part of a configuration: what is needed for IKEv2 and IPsec. Immutable; a reload compares the old and the new one by value.
/// Names are those of the file. Defaults are the smart defaults of IOS-XE 17.
/// </summary>
public sealed record IkeConfig
{
    /// <summary><c>crypto ikev2 proposal</c>.</summary>
    public ValueList<Ikev2Proposal> Proposals { get; init; } = [];

    /// <summary><c>crypto ikev2 policy</c>.</summary>
    public ValueList<Ikev2Policy> Policies { get; init; } = [];

    /// <summary><c>crypto ikev2 keyring</c>.</summary>
    public ValueList<Ikev2Keyring> Keyrings { get; init; } = [];

    /// <summary><c>crypto ikev2 profile</c>.</summary>
    public ValueList<Ikev2Profile> Profiles { get; init; } = [];

    /// <summary><c>crypto ipsec transform-set</c>.</summary>
    public ValueList<TransformSet> TransformSets { get; init; } = [];

    /// <summary><c>crypto ipsec profile</c>.</summary>
    public ValueList<IpsecProfile> IpsecProfiles { get; init; } = [];

    /// <summary><c>crypto pki trustpoint</c>.</summary>
    public ValueList<TrustpointConfig> Trustpoints { get; init; } = [];

    /// <summary><c>crypto ikev2 dpd INTERVAL RETRY {on-demand | periodic}</c>; null: none.</summary>
    public DpdConfig? Dpd { get; init; }

    /// <summary><c>crypto ikev2 cookie-challenge N</c>: cookies are asked for from so many half-open SAs on; 0: always; null: never. Ours is 100 by default.</summary>
    public int? CookieChallenge { get; init; } = 100;

    /// <summary><c>crypto ikev2 limit max-sa N</c>; null: none.</summary>
    public int? MaxSa { get; init; }

    /// <summary><c>crypto ikev2 limit max-in-negotiation-sa N</c>, incoming.</summary>
    public int MaxInNegotiation { get; init; } = 4000;

    /// <summary><c>crypto ikev2 fragmentation mtu N</c>, 68-1500 for IPv4: the largest IP packet of an IKE message; null: fragmentation is not offered.</summary>
    public int? FragmentationMtu { get; init; } = 1280;

    /// <summary><c>crypto ikev2 nat keepalive N</c>, 5-3600 s.</summary>
    public TimeSpan NatKeepalive { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary><c>crypto ikev2 window N</c>, 1-20: requests that the peer may have open.</summary>
    public int Window { get; init; } = 5;

    /// <summary><c>crypto ipsec security-association lifetime seconds N</c>, 120-2592000.</summary>
    public TimeSpan LifetimeSeconds { get; init; } = TimeSpan.FromSeconds(3600);

    /// <summary><c>crypto ipsec security-association lifetime kilobytes N</c>; null: <c>disable</c>.</summary>
    public long? LifetimeKilobytes { get; init; } = 4608000;

    /// <summary><c>crypto ipsec security-association replay window-size N</c>, 64-4096; 0: <c>replay disable</c>.</summary>
    public int ReplayWindow { get; init; } = 64;

    /// <summary><c>crypto ipsec security-association idle-time N</c>, 60-86400 s; null: never.</summary>
    public TimeSpan? IdleTime { get; init; }

    /// <summary>ESP in UDP also without NAT (extension <c>crypto ipsec nat-transparency always</c>).</summary>
    public bool AlwaysUdp { get; init; }

    /// <summary>Session resumption (extension <c>crypto ikev2 resumption</c>); on by default between ours.</summary>
    public bool Resumption { get; init; } = true;

    /// <summary>The IPsec profile of a name, which is the smart default's when the file has none called so; null when there is none.</summary>
    public IpsecProfile? IpsecProfileOf(string name) =>
        IpsecProfiles.FirstOrDefault(profile => profile.Name == name) ?? (name == IpsecProfile.Default.Name ? IpsecProfile.Default : null);

    /// <summary>The transform set of a name, as <see cref="IpsecProfileOf"/>.</summary>
    public TransformSet? TransformSetOf(string name) =>
        TransformSets.FirstOrDefault(set => set.Name == name) ?? (name == TransformSet.Default.Name ? TransformSet.Default : null);

    /// <summary>The transform sets of an IPsec profile, best first: those that it names and that there are; the default one when it names none.</summary>
    public IEnumerable<TransformSet> TransformSetsOf(IpsecProfile profile) =>
        profile.TransformSets.Count == 0 ? [TransformSetOf(TransformSet.Default.Name)!] : profile.TransformSets.Select(TransformSetOf).OfType<TransformSet>();
}

/// <summary>An encryption algorithm with its key length.</summary>
/// <param name="Id">Which.</param>
/// <param name="KeyBits">128, 192 or 256; 0 for ChaCha20-Poly1305 and NULL.</param>
public readonly record struct EncryptionChoice(EncryptionId Id, int KeyBits);

/// <summary><c>crypto ikev2 proposal NAME</c>. Combined-mode ciphers need a PRF and no integrity, and cannot be in one proposal with others (RFC 5282 8).</summary>
public sealed record Ikev2Proposal
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary><c>encryption …</c>, best first.</summary>
    public ValueList<EncryptionChoice> Encryption { get; init; } = [];

    /// <summary><c>integrity …</c>.</summary>
    public ValueList<IntegrityId> Integrity { get; init; } = [];

    /// <summary><c>prf …</c>; when empty those of the integrity algorithms.</summary>
    public ValueList<PrfId> Prf { get; init; } = [];

    /// <summary><c>group …</c>.</summary>
    public ValueList<DhGroup> Groups { get; init; } = [];

    /// <summary>The PRFs that count: as configured; else those of the integrity algorithms; else, for combined-mode ciphers alone, SHA-256 (which every peer has).</summary>
    public IReadOnlyList<PrfId> PrfsInForce()
    {
        IEnumerable<PrfId> functions = Prf.Count > 0 ? Prf : Integrity.Select(PrfFor);
        PrfId[] known = [.. functions.Where(prf => Crypto.Prf.Length(prf) > 0).Distinct()];
        return known.Length > 0 ? known : [PrfId.HmacSha256];
    }

    private static PrfId PrfFor(IntegrityId integrity) => integrity switch
    {
        IntegrityId.HmacSha1 => PrfId.HmacSha1,
        IntegrityId.HmacSha256 => PrfId.HmacSha256,
        IntegrityId.HmacSha384 => PrfId.HmacSha384,
        IntegrityId.HmacSha512 => PrfId.HmacSha512,
        _ => PrfId.None,
    };

    /// <summary>
    /// The smart default: AES-CBC-256/192/128 with SHA-512/384/256 and groups 19, 14, 21 as IOS-XE 17 has it.
    /// </summary>
    public static Ikev2Proposal Default { get; } = new()
    {
        Name = "default",
        Encryption = [new(EncryptionId.AesCbc, 256), new(EncryptionId.AesCbc, 192), new(EncryptionId.AesCbc, 128)],
        Integrity = [IntegrityId.HmacSha512, IntegrityId.HmacSha384, IntegrityId.HmacSha256],
        Prf = [PrfId.HmacSha512, PrfId.HmacSha384, PrfId.HmacSha256],
        Groups = [DhGroup.Ecp256, DhGroup.Modp2048, DhGroup.Ecp521],
    };
}

/// <summary><c>crypto ikev2 policy NAME</c>: which proposals count for which local address.</summary>
public sealed record Ikev2Policy
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary><c>match address local A</c>; empty: any.</summary>
    public ValueList<IpAddress> MatchLocal { get; init; } = [];

    /// <summary><c>match fvrf {NAME | any}</c>; null: any.</summary>
    public string? MatchVrf { get; init; }

    /// <summary><c>proposal NAME</c>, best first; empty: the default proposal.</summary>
    public ValueList<string> Proposals { get; init; } = [];
}

/// <summary><c>crypto ikev2 keyring NAME</c>.</summary>
public sealed record Ikev2Keyring
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary><c>peer …</c> blocks.</summary>
    public ValueList<Ikev2KeyringPeer> Peers { get; init; } = [];
}

/// <summary><c>peer NAME</c> of a keyring. The keys are secrets: never shown, logged or sent to the API.</summary>
public sealed record Ikev2KeyringPeer
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary><c>address A [MASK]</c>; null: not chosen by address.</summary>
    public IpPrefix? Address { get; init; }

    /// <summary><c>identity {address | fqdn | email | key-id} …</c>; null: not chosen by identity.</summary>
    public IdentityMatch? Identity { get; init; }

    /// <summary><c>pre-shared-key local KEY</c> or <c>pre-shared-key KEY</c>; null: none.</summary>
    public PreSharedKey? LocalKey { get; init; }

    /// <summary><c>pre-shared-key remote KEY</c> or <c>pre-shared-key KEY</c>; null: none.</summary>
    public PreSharedKey? RemoteKey { get; init; }

    /// <summary>Only the name: a record's own text would show the keys.</summary>
    public override string ToString() => $"peer {Name}";
}

/// <summary>A rule for identities.</summary>
/// <param name="Kind">What is compared.</param>
/// <param name="Text">The name, domain or key id; empty for <see cref="IdentityMatchKind.Address"/> and <see cref="IdentityMatchKind.Any"/>.</param>
/// <param name="Prefix">The addresses, for <see cref="IdentityMatchKind.Address"/>.</param>
public sealed record IdentityMatch(IdentityMatchKind Kind, string Text, IpPrefix Prefix = default);

/// <summary>What an <see cref="IdentityMatch"/> compares.</summary>
public enum IdentityMatchKind
{
    /// <summary><c>address A MASK</c>: an address identity within the prefix.</summary>
    Address,

    /// <summary><c>fqdn NAME</c>.</summary>
    Fqdn,

    /// <summary><c>fqdn domain NAME</c>: that domain and below.</summary>
    FqdnDomain,

    /// <summary><c>email ADDRESS</c>.</summary>
    Email,

    /// <summary><c>email domain NAME</c>.</summary>
    EmailDomain,

    /// <summary><c>key-id TEXT</c>.</summary>
    KeyId,

    /// <summary><c>dn TEXT</c>: a distinguished name.</summary>
    Dn,

    /// <summary><c>any</c>.</summary>
    Any,
}

/// <summary>How an end proves its identity.</summary>
public enum IkeAuthentication
{
    /// <summary><c>pre-share</c>.</summary>
    PreShared,

    /// <summary><c>rsa-sig</c>: an RSA certificate.</summary>
    RsaSignature,

    /// <summary><c>ecdsa-sig</c>: an ECDSA (or, ours, Ed25519) certificate.</summary>
    EcdsaSignature,

    /// <summary>Our extension <c>certificate</c>: whatever the certificate is.</summary>
    Certificate,
}

/// <summary><c>crypto ikev2 profile NAME</c>.</summary>
public sealed record Ikev2Profile
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary><c>match identity remote …</c>; one of them must match.</summary>
    public ValueList<IdentityMatch> MatchRemote { get; init; } = [];

    /// <summary><c>match address local A</c>; empty: any.</summary>
    public ValueList<IpAddress> MatchLocal { get; init; } = [];

    /// <summary><c>match address local interface I</c>. The reader of the file has seen to it that the sources of the profile's tunnels are among them: the engine need not look.</summary>
    public ValueList<string> MatchInterfaces { get; init; } = [];

    /// <summary><c>match fvrf {NAME | any}</c>; null: any. As for <see cref="MatchInterfaces"/>, the reader has compared it with the tunnels.</summary>
    public string? MatchVrf { get; init; }

    /// <summary><c>identity local {address A | fqdn N | email N | key-id K}</c>; null with <see cref="LocalIdentityIsDn"/> false: the local address.</summary>
    public IkeIdentity? LocalIdentity { get; init; }

    /// <summary><c>identity local dn</c>: the certificate's subject.</summary>
    public bool LocalIdentityIsDn { get; init; }

    /// <summary><c>authentication local …</c>.</summary>
    public IkeAuthentication? LocalAuthentication { get; init; }

    /// <summary><c>authentication remote …</c>, several allowed.</summary>
    public ValueList<IkeAuthentication> RemoteAuthentication { get; init; } = [];

    /// <summary><c>keyring local NAME</c>.</summary>
    public string? Keyring { get; init; }

    /// <summary><c>authentication local pre-share key KEY</c>: goes before the keyring's; null: none. A secret.</summary>
    public PreSharedKey? LocalKey { get; init; }

    /// <summary><c>authentication remote pre-share key KEY</c>: the key of every peer that the profile matches; null: none. A secret.</summary>
    public PreSharedKey? RemoteKey { get; init; }

    /// <summary><c>pki trustpoint NAME [sign | verify]</c>: whose certificate signs; null: the only trustpoint with a key.</summary>
    public string? SignTrustpoint { get; init; }

    /// <summary>Trustpoints that peers' certificates are verified with; empty: all.</summary>
    public ValueList<string> VerifyTrustpoints { get; init; } = [];

    /// <summary><c>lifetime N</c>, 120-86400 s of the IKE SA.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromSeconds(86400);

    /// <summary><c>dpd INTERVAL RETRY {on-demand | periodic}</c>; null: the global one.</summary>
    public DpdConfig? Dpd { get; init; }

    /// <summary><c>nat keepalive N</c>; null: the global one.</summary>
    public TimeSpan? NatKeepalive { get; init; }

    /// <summary><c>initial-contact force</c>: also without the notify older SAs of the identity go.</summary>
    public bool InitialContactForce { get; init; }

    /// <summary><c>reauth N</c> (ours) s: a new IKE SA with new authentication, made before the old one goes; null: never.</summary>
    public TimeSpan? Reauthentication { get; init; }

    /// <summary>Only the name: a record's own text would show the keys.</summary>
    public override string ToString() => $"profile {Name}";
}

/// <summary><c>dpd INTERVAL RETRY {on-demand | periodic}</c>.</summary>
/// <param name="Interval">10-3600 s of silence (on-demand: with packets of ours unanswered) before the peer is asked.</param>
/// <param name="Retry">2-60 s between the questions; five unanswered ones end the SA.</param>
/// <param name="Periodic">Also when there is nothing to send.</param>
public sealed record DpdConfig(TimeSpan Interval, TimeSpan Retry, bool Periodic);

/// <summary><c>crypto ipsec transform-set NAME …</c>.</summary>
public sealed record TransformSet
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The cipher; <see cref="EncryptionId.Null"/> for <c>esp-null</c> and for integrity alone.</summary>
    public required EncryptionChoice Encryption { get; init; }

    /// <summary>None with a combined-mode cipher.</summary>
    public IntegrityId Integrity { get; init; }

    /// <summary><c>mode tunnel</c>; false is <c>mode transport</c>. IOS's default is tunnel.</summary>
    public bool TunnelMode { get; init; } = true;

    /// <summary><c>esn</c>: extended sequence numbers are offered first with this set.</summary>
    public bool Esn { get; init; }

    /// <summary>The smart default: AES-CBC-128 with SHA-1 on old IOS; AES-GCM-256 in transport mode is ours for a profile without a set.</summary>
    public static TransformSet Default { get; } = new() { Name = "default", Encryption = new(EncryptionId.AesGcm16, 256), TunnelMode = false };
}

/// <summary><c>crypto ipsec profile NAME</c>.</summary>
public sealed record IpsecProfile
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary><c>set transform-set …</c>, best first; empty: the default one.</summary>
    public ValueList<string> TransformSets { get; init; } = [];

    /// <summary><c>set ikev2-profile NAME</c>; null: the profile whose rules match.</summary>
    public string? Ikev2Profile { get; init; }

    /// <summary><c>set pfs groupN</c>; null: none.</summary>
    public DhGroup? Pfs { get; init; }

    /// <summary><c>set security-association lifetime seconds N</c>; null: the global one.</summary>
    public TimeSpan? LifetimeSeconds { get; init; }

    /// <summary><c>set security-association lifetime kilobytes {N | disable}</c>; null: the global one; 0: none.</summary>
    public long? LifetimeKilobytes { get; init; }

    /// <summary><c>set security-association idle-time N</c>; null: the global one.</summary>
    public TimeSpan? IdleTime { get; init; }

    /// <summary><c>set security-association replay {window-size N | disable}</c>; null: the global one; 0: none.</summary>
    public int? ReplayWindow { get; init; }

    /// <summary>Extension <c>set esn</c>: extended sequence numbers are offered first with every set.</summary>
    public bool Esn { get; init; }

    /// <summary>The smart default: what <c>tunnel protection ipsec profile default</c> means when the file defines no profile of that name.</summary>
    public static IpsecProfile Default { get; } = new() { Name = "default" };
}

/// <summary>
/// <c>crypto pki trustpoint NAME</c>, reduced to what files need. Paths are relative to the configuration file's directory.
/// </summary>
public sealed record TrustpointConfig
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary><c>ca-file PATH</c>: the anchors, PEM or DER.</summary>
    public string? CaFile { get; init; }

    /// <summary><c>certificate-file PATH</c>: own certificate and intermediates, PEM.</summary>
    public string? CertificateFile { get; init; }

    /// <summary><c>key-file PATH</c>: own key, PEM.</summary>
    public string? KeyFile { get; init; }

    /// <summary><c>pkcs12-file PATH [password SECRET]</c>: all of it in one file.</summary>
    public string? Pkcs12File { get; init; }

    /// <summary>The password of <see cref="Pkcs12File"/> or of an encrypted key file. A secret.</summary>
    public string? Password { get; init; }

    /// <summary><c>crl-file PATH</c>.</summary>
    public string? CrlFile { get; init; }

    /// <summary><c>crl url URL</c>: fetched and refreshed by the daemon.</summary>
    public string? CrlUrl { get; init; }

    /// <summary><c>revocation-check {none | crl | crl none}</c>.</summary>
    public RevocationCheck Revocation { get; init; } = RevocationCheck.None;

    /// <summary>Only the name: a record's own text would show the password.</summary>
    public override string ToString() => $"trustpoint {Name}";
}

/// <summary><c>revocation-check …</c>.</summary>
public enum RevocationCheck
{
    /// <summary><c>none</c>: not checked.</summary>
    None,

    /// <summary><c>crl</c>: a certificate is refused when no valid CRL is at hand.</summary>
    Crl,

    /// <summary><c>crl none</c>: checked when there is a CRL.</summary>
    CrlOrNone,
}
