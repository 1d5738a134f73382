using Dmvpn.Core;
using Dmvpn.Pki;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>With what this end proves who it is.</summary>
/// <param name="Identity">Who we say we are.</param>
/// <param name="Keyring">The pre-shared key's entry; null with a certificate.</param>
/// <param name="Trustpoint">The certificate's; null with a pre-shared key.</param>
internal sealed record LocalCredentials(IkeIdentity Identity, Ikev2KeyringPeer? Keyring, Trustpoint? Trustpoint);

/// <summary>What a profile says about proving identities, looked up in the configuration of this moment.</summary>
internal static class IkeCredentials
{
    private const int HashLength = 20;

    /// <summary>Authorities of a peer that are looked at: more than any site trusts.</summary>
    private const int MostAuthorities = 64;

    /// <summary>Our own. False with what is missing.</summary>
    /// <param name="peer">Who the other end says it is; null while that is not known.</param>
    /// <param name="wanted">The authorities that it trusts, as <see cref="WantedAuthorities"/> reads them; empty when it does not say.</param>
    public static bool TryLocal(IkeCore core, Ikev2Profile profile, IkeIdentity? peer, in IkePath path, ReadOnlySpan<byte> wanted, out LocalCredentials? credentials, out string problem)
    {
        credentials = null;
        if (LocalMethod(profile) == IkeAuthentication.PreShared)
        {
            if (!TryKeyring(core, profile, local: true, out Ikev2Keyring? keyring, out problem)) return false;
            if (!KeyringChoice.TryFind(keyring!, peer, path.Remote.Address, local: true, out Ikev2KeyringPeer? entry, out problem, core.IsExplaining)) return false;
            credentials = new LocalCredentials(profile.LocalIdentity ?? IkeIdentity.Of(path.Local.Address), entry, null);
            return true;
        }
        if (SigningTrustpoint(core, profile, wanted) is not { Key: not null } trustpoint)
        {
            problem = $"'crypto ikev2 profile {profile.Name}' signs with a certificate, and {(profile.SignTrustpoint is { } name ? $"trustpoint {name} has no usable certificate and key" : "no trustpoint has a certificate and a key")}: "
                + "check 'pki trustpoint' in the profile and the files of 'crypto pki trustpoint'";
            return false;
        }
        problem = "";
        // As on IOS, the subject is who a certificate's owner is unless the profile says otherwise.
        IkeIdentity identity = profile.LocalIdentity ?? trustpoint.Subject ?? IkeIdentity.Of(path.Local.Address);
        credentials = new LocalCredentials(identity, null, trustpoint);
        return true;
    }

    /// <summary>Does the profile let a peer prove itself by this method? For certificates the kind of key is asked for again, when it is known.</summary>
    public static bool Allows(Ikev2Profile profile, IkeAuthMethod method) => method switch
    {
        IkeAuthMethod.SharedKey => RemoteMethods(profile).Contains(IkeAuthentication.PreShared),
        IkeAuthMethod.RsaSignature => Has(profile, IkeAuthentication.RsaSignature),
        IkeAuthMethod.EcdsaSha256 or IkeAuthMethod.EcdsaSha384 or IkeAuthMethod.EcdsaSha512 => Has(profile, IkeAuthentication.EcdsaSignature),
        IkeAuthMethod.DigitalSignature => Has(profile, IkeAuthentication.RsaSignature) || Has(profile, IkeAuthentication.EcdsaSignature),
        _ => false,
    };

    /// <summary>See <see cref="Allows"/>.</summary>
    public static bool AllowsKey(Ikev2Profile profile, KeyKind key) => Has(profile, key == KeyKind.Rsa ? IkeAuthentication.RsaSignature : IkeAuthentication.EcdsaSignature);

    /// <summary>The peer's pre-shared key.</summary>
    public static bool TryRemoteKey(
        IkeCore core, Ikev2Profile profile, IkeIdentity peer, in IkePath path, out Ikev2Keyring? keyring, out Ikev2KeyringPeer? entry, out string problem)
    {
        entry = null;
        return TryKeyring(core, profile, local: false, out keyring, out problem) && KeyringChoice.TryFind(keyring!, peer, path.Remote.Address, local: false, out entry, out problem, core.IsExplaining);
    }

    /// <summary>The entry of a keyring in words, for <see cref="PeerIdentity.KeyEntry"/>. Names have no spaces: no two entries have the same words.</summary>
    public static string NameOf(Ikev2Profile profile, Ikev2Keyring keyring, Ikev2KeyringPeer entry) =>
        profile.RemoteKey is null ? $"keyring {keyring.Name} peer {entry.Name}" : $"profile {profile.Name}";

    /// <summary>What peers' certificates are verified with.</summary>
    public static List<Trustpoint> Verifiers(IkeCore core, Ikev2Profile profile)
    {
        var found = new List<Trustpoint>();
        foreach ((string name, Trustpoint trustpoint) in core.Trustpoints)
        {
            if (profile.VerifyTrustpoints.Count == 0 || profile.VerifyTrustpoints.Contains(name)) found.Add(trustpoint);
        }
        return found;
    }

    /// <summary>Has the certificate been revoked since it was believed?</summary>
    public static bool IsRevoked(IkeCore core, Ikev2Profile profile, CertificateId certificate)
    {
        if (certificate.IsNone) return false;
        foreach (Trustpoint trustpoint in Verifiers(core, profile))
        {
            if (trustpoint.IsRevoked(certificate)) return true;
        }
        return false;
    }

    /// <summary>True when a peer of the profile may come with a certificate: then CERTREQ names our anchors.</summary>
    public static bool WantsCertificate(Ikev2Profile profile)
    {
        foreach (IkeAuthentication method in RemoteMethods(profile))
        {
            if (method != IkeAuthentication.PreShared) return true;
        }
        return false;
    }

    /// <summary>Hashes of the anchors' keys that the peer asks for by CERTREQ payloads: SHA-1 of the authorities' public keys, one after the other (3.7).</summary>
    public static byte[] WantedAuthorities(IkePayloadChain payloads)
    {
        byte[] wanted = [];
        foreach (IkePayloadView payload in payloads)
        {
            if (payload.Type != IkePayloadType.CertificateRequest || !IkeCertificateView.TryParse(payload.Body, out IkeCertificateView request, out _)) continue;
            if (request.Encoding == IkeCertificateEncoding.X509Signature && wanted.Length + request.Data.Length <= HashLength * MostAuthorities) wanted = [.. wanted, .. request.Data];
        }
        return wanted;
    }

    /// <summary>Hashes of the anchors' keys, for CERTREQ.</summary>
    public static byte[] AnchorHashes(List<Trustpoint> trustpoints)
    {
        var hashes = new List<byte>();
        foreach (Trustpoint trustpoint in trustpoints) hashes.AddRange(trustpoint.AnchorHashes);
        return [.. hashes];
    }

    /// <summary>The profile that a target is called by: the one that the IPsec profile names, or else the first that can prove itself there.</summary>
    public static Ikev2Profile? ProfileFor(IkeCore core, IkeProtection protection, in IkePath path, out string problem)
    {
        string? named = protection.Policy?.Ipsec.Ikev2Profile;
        problem = named is null ? "there is no 'crypto ikev2 profile' that can be used: configure one and name it in the IPsec profile" : $"there is no 'crypto ikev2 profile {named}'";
        foreach (Ikev2Profile profile in core.Config.Profiles)
        {
            if (named is not null && profile.Name != named) continue;
            if (profile.MatchLocal.Count > 0 && !profile.MatchLocal.Contains(path.Local.Address))
            {
                problem = $"'crypto ikev2 profile {profile.Name}' does not count for local address {path.Local.Address} ('match address local')";
                continue;
            }
            if (TryLocal(core, profile, null, path, default, out _, out problem)) return profile;
        }
        return null;
    }

    private static IkeAuthentication LocalMethod(Ikev2Profile profile) =>
        profile.LocalAuthentication ?? (profile.Keyring is not null || profile.LocalKey is not null ? IkeAuthentication.PreShared : IkeAuthentication.Certificate);

    /// <summary>Without a word about the peer it has to do what we do.</summary>
    private static ValueList<IkeAuthentication> RemoteMethods(Ikev2Profile profile) =>
        profile.RemoteAuthentication.Count > 0 ? profile.RemoteAuthentication : [LocalMethod(profile)];

    private static bool Has(Ikev2Profile profile, IkeAuthentication method) => RemoteMethods(profile).Contains(method) || RemoteMethods(profile).Contains(IkeAuthentication.Certificate);

    /// <summary>The keys that stand in the profile itself, as a keyring with one entry for everybody that the profile matches.</summary>
    public static Ikev2Keyring OwnKeys(Ikev2Profile profile) => new()
    {
        Name = profile.Name,
        Peers = [new() { Name = profile.Name, Identity = new IdentityMatch(IdentityMatchKind.Any, ""), LocalKey = profile.LocalKey, RemoteKey = profile.RemoteKey }],
    };

    private static bool TryKeyring(IkeCore core, Ikev2Profile profile, bool local, out Ikev2Keyring? keyring, out string problem)
    {
        problem = "";
        keyring = (local ? profile.LocalKey : profile.RemoteKey) is null ? null : OwnKeys(profile);
        if (keyring is not null) return true;
        foreach (Ikev2Keyring candidate in core.Config.Keyrings)
        {
            if (candidate.Name == profile.Keyring) keyring = candidate;
        }
        problem = keyring is not null ? ""
            : profile.Keyring is { } name ? $"there is no 'crypto ikev2 keyring {name}', which 'crypto ikev2 profile {profile.Name}' names"
            : $"'crypto ikev2 profile {profile.Name}' uses pre-shared keys and has no 'keyring local' and no key of its own";
        return keyring is not null;
    }

    /// <summary>
    /// The one that the profile names; otherwise the first whose authority the peer asks for, and the first at all when it asks for none that we have: it "MAY ... simply ignore" the request (RFC
    /// 7296 3.7), and the peer may know how to verify it all the same.
    /// </summary>
    private static Trustpoint? SigningTrustpoint(IkeCore core, Ikev2Profile profile, ReadOnlySpan<byte> wanted)
    {
        if (profile.SignTrustpoint is { } name) return core.Trustpoints.GetValueOrDefault(name);
        Trustpoint? first = null;
        foreach (Trustpoint trustpoint in core.Trustpoints.Values)
        {
            if (trustpoint.Key is null) continue;
            first ??= trustpoint;
            if (HasOneOf(trustpoint.AnchorHashes, wanted)) return trustpoint;
        }
        return first;
    }

    private static bool HasOneOf(ReadOnlySpan<byte> hashes, ReadOnlySpan<byte> wanted)
    {
        for (; hashes.Length >= HashLength; hashes = hashes[HashLength..])
        {
            for (ReadOnlySpan<byte> rest = wanted; rest.Length >= HashLength; rest = rest[HashLength..])
            {
                if (rest[..HashLength].SequenceEqual(hashes[..HashLength])) return true;
            }
        }
        return false;
    }
}
