using Dmvpn.Ike;
using Dmvpn.Nhrp;

namespace Dmvpn.Management.Config;

/// <summary>Checks of <c>crypto</c> and <c>tunnel protection</c> as a whole: names that lead nowhere, ends that could never prove themselves, and keys that prove too little.</summary>
internal static class CryptoCheck
{
    public static void Check(RouterConfig config, ConfigBuilder builder)
    {
        IkeConfig crypto = config.Crypto;
        foreach (Ikev2Policy policy in crypto.Policies)
        {
            foreach (string proposal in policy.Proposals)
                if (!Known(crypto.Proposals, p => p.Name, proposal)) Refuse(builder, ConfigMode.Ikev2Policy, policy.Name, $"proposal {proposal}", $"there is no 'crypto ikev2 proposal {proposal}'", "Define it, or correct the name");
        }
        foreach (Ikev2Proposal proposal in crypto.Proposals) Proposal(proposal, builder);
        foreach (Ikev2Keyring keyring in crypto.Keyrings) Keyring(keyring, builder);
        foreach (Ikev2Profile profile in crypto.Profiles) Profile(profile, crypto, builder);
        foreach (TrustpointConfig trustpoint in crypto.Trustpoints) Trustpoint(trustpoint, builder);
        foreach (IpsecProfile profile in crypto.IpsecProfiles) Profile(profile, crypto, builder);
        foreach (TunnelConfig tunnel in config.Tunnels) Tunnel(tunnel, config, new TunnelCheck(tunnel, builder));
    }

    /// <summary>Every IOS has a trustpoint for its web server: one that names no files is not ours, and only a note is worth saying of it.</summary>
    public static IkeConfig WithoutForeignTrustpoints(ConfigBuilder builder)
    {
        IkeConfig crypto = builder.Router.Crypto;
        foreach (TrustpointConfig trustpoint in crypto.Trustpoints)
            if (IsForeign(trustpoint)) Add(builder, FindingKind.Note, ConfigMode.Trustpoint, trustpoint.Name, "", $"trustpoint {trustpoint.Name} names no files and is not used", "Certificates come from 'ca-file', 'certificate-file' and 'key-file'; 'dmvpn pki' makes them");
        return crypto with { Trustpoints = crypto.Trustpoints.RemoveAll(IsForeign) };

        static bool IsForeign(TrustpointConfig t) => t is { CaFile: null, CertificateFile: null, KeyFile: null, Pkcs12File: null };
    }

    private static void Proposal(Ikev2Proposal proposal, ConfigBuilder builder)
    {
        bool combined = proposal.Encryption.Any(IsCombined), separate = proposal.Encryption.Any(e => !IsCombined(e));
        if (combined && separate)
            Refuse(builder, ConfigMode.Ikev2Proposal, proposal.Name, "encryption", "AES-GCM and ChaCha20-Poly1305 cannot be in one proposal with AES-CBC (RFC 5282 8)", "Make two proposals, and name both in the policy");
        else if (combined && proposal.Prf.Count == 0 && proposal.Integrity.Count == 0)
            Warn(builder, ConfigMode.Ikev2Proposal, proposal.Name, "encryption", "a proposal with AES-GCM or ChaCha20-Poly1305 needs a PRF: sha256 and sha512 are offered", "Add 'prf'");
        else if (combined && proposal.Integrity.Count > 0)
            Warn(builder, ConfigMode.Ikev2Proposal, proposal.Name, "integrity", "AES-GCM and ChaCha20-Poly1305 have their integrity within: the line counts only for the PRF", "Write 'prf' instead of 'integrity'");
    }

    private static void Keyring(Ikev2Keyring keyring, ConfigBuilder builder)
    {
        foreach (Ikev2KeyringPeer peer in keyring.Peers)
        {
            string name = $"{keyring.Name}/{peer.Name}";
            if (peer.LocalKey is null && peer.RemoteKey is null) Warn(builder, ConfigMode.Ikev2KeyringPeer, name, "", $"peer {peer.Name} has no key", "Add 'pre-shared-key'");
            else if (peer.Address is null && peer.Identity is null) Warn(builder, ConfigMode.Ikev2KeyringPeer, name, "", $"peer {peer.Name} fits nobody", "Add 'address' or 'identity'");
            else if (peer.Address is { Length: 0 } || peer.Identity is { Kind: IdentityMatchKind.Any })
                Warn(builder, ConfigMode.Ikev2KeyringPeer, name, "", "one key for everybody: whoever has it can be any spoke, or the hub, and read what the others send",
                    "Use certificates ('dmvpn pki init' and 'dmvpn pki issue'), or a key for each peer");
        }
    }

    private static void Profile(Ikev2Profile profile, IkeConfig crypto, ConfigBuilder builder)
    {
        void Error(string words, string reason, string remedy) => Refuse(builder, ConfigMode.Ikev2Profile, profile.Name, words, reason, remedy);

        if (profile.MatchRemote.Count == 0) Error("", $"profile {profile.Name} fits no peer", "Add 'match identity remote …'");
        if (profile.LocalAuthentication is null) Error("", $"profile {profile.Name} does not say how this router proves itself", "Add 'authentication local pre-share' or 'authentication local certificate'");
        if (profile.RemoteAuthentication.Count == 0) Error("", $"profile {profile.Name} does not say how peers prove themselves", "Add 'authentication remote pre-share' or 'authentication remote certificate'");
        bool keys = profile.LocalAuthentication == IkeAuthentication.PreShared || profile.RemoteAuthentication.Contains(IkeAuthentication.PreShared);
        if (profile.Keyring is { } keyring && !Known(crypto.Keyrings, k => k.Name, keyring))
            Error($"keyring local {keyring}", $"there is no 'crypto ikev2 keyring {keyring}'", "Define it, or correct the name");
        else if (keys && profile.Keyring is null) Error("", $"profile {profile.Name} uses pre-shared keys and names no keyring", "Add 'keyring local NAME'");
        foreach (string trustpoint in profile.VerifyTrustpoints.Append(profile.SignTrustpoint).OfType<string>().Distinct())
            if (!Known(crypto.Trustpoints, t => t.Name, trustpoint)) Error($"pki trustpoint {trustpoint}", $"there is no 'crypto pki trustpoint {trustpoint}' with files", "Define it with a 'ca-file', or correct the name");
        if (profile.LocalAuthentication is not null and not IkeAuthentication.PreShared && SigningTrustpoints(profile, crypto) != 1)
            Error("authentication local", "it is not clear whose certificate this router shows", "Add 'pki trustpoint NAME sign' with a trustpoint that has a key");
        if (profile.RemoteAuthentication.Any(a => a != IkeAuthentication.PreShared) && crypto.Trustpoints.Count == 0)
            Error("authentication remote", "there is no trustpoint to verify certificates with", "Define 'crypto pki trustpoint' with a 'ca-file'");
        if (profile.LocalIdentityIsDn && profile.LocalAuthentication == IkeAuthentication.PreShared)
            Error("identity local", "'identity local dn' needs a certificate", "Use 'fqdn', 'email', 'key-id' or 'address'");
    }

    private static void Profile(IpsecProfile profile, IkeConfig crypto, ConfigBuilder builder)
    {
        foreach (string set in profile.TransformSets)
            if (!Known(crypto.TransformSets, t => t.Name, set)) Refuse(builder, ConfigMode.IpsecProfile, profile.Name, "set transform-set", $"there is no 'crypto ipsec transform-set {set}'", "Define it, or correct the name");
        if (profile.Ikev2Profile is { } ike && !Known(crypto.Profiles, p => p.Name, ike))
            Refuse(builder, ConfigMode.IpsecProfile, profile.Name, "set ikev2-profile", $"there is no 'crypto ikev2 profile {ike}'", "Define it, or correct the name");
        else if (profile.Ikev2Profile is null && crypto.Profiles.Count == 0)
            Refuse(builder, ConfigMode.IpsecProfile, profile.Name, "", $"profile {profile.Name} has no IKEv2 profile", "Define 'crypto ikev2 profile', and name it with 'set ikev2-profile'");
    }

    private static void Trustpoint(TrustpointConfig trustpoint, ConfigBuilder builder)
    {
        if (trustpoint.CaFile is null && trustpoint.Pkcs12File is null)
            Refuse(builder, ConfigMode.Trustpoint, trustpoint.Name, "", $"trustpoint {trustpoint.Name} has no CA", "Add 'ca-file PATH' or 'pkcs12-file PATH'; 'dmvpn pki' makes both");
        if (trustpoint.CertificateFile is null != trustpoint.KeyFile is null)
            Refuse(builder, ConfigMode.Trustpoint, trustpoint.Name, "", "a certificate and its key belong together", "Add 'certificate-file' and 'key-file', or leave out both");
        if (trustpoint.Revocation == RevocationCheck.Crl && trustpoint.CrlFile is null && trustpoint.CrlUrl is null)
            Refuse(builder, ConfigMode.Trustpoint, trustpoint.Name, "revocation-check", "there is no revocation list to check by: every peer would be refused", "Add 'crl-file' or 'crl url', or 'revocation-check none'");
    }

    private static void Tunnel(TunnelConfig tunnel, RouterConfig config, TunnelCheck check)
    {
        if (tunnel.Protection is not { } protection)
        {
            if (tunnel.IpNhrp.Authorization == NhrpAuthorization.Certificate || tunnel.Ipv6Nhrp.Authorization == NhrpAuthorization.Certificate)
                check.Refuse("ip nhrp authorization", "there are no certificates without 'tunnel protection'", "Add 'tunnel protection ipsec profile NAME'");
            return;
        }
        IpsecProfile? profile = config.Crypto.IpsecProfiles.FirstOrDefault(p => p.Name == protection.Profile);
        if (profile is null) check.Refuse("tunnel protection", $"there is no 'crypto ipsec profile {protection.Profile}'", "Define it, or correct the name");
        bool byCertificate = tunnel.IpNhrp.Authorization == NhrpAuthorization.Certificate || tunnel.Ipv6Nhrp.Authorization == NhrpAuthorization.Certificate;
        Ikev2Profile? ike = config.Crypto.Profiles.FirstOrDefault(p => p.Name == profile?.Ikev2Profile);
        if (byCertificate && ike is not null && ike.RemoteAuthentication.Contains(IkeAuthentication.PreShared))
            check.Refuse("ip nhrp authorization", "peers may prove themselves by a pre-shared key, and then have no certificate", "Use 'authentication remote certificate' alone");
        foreach (TunnelConfig other in config.Tunnels)
        {
            if (other.Id.CompareTo(tunnel.Id) >= 0 || other.Protection is not { } theirs || other.Source is null || other.Source != tunnel.Source || other.Vrf != tunnel.Vrf) continue;
            if (theirs.Profile != protection.Profile)
                check.Refuse("tunnel protection", $"{other.Id} has the same source and another profile: a peer that comes could be meant for either", "Use one profile for both, with 'shared'");
            else if (!theirs.Shared || !protection.Shared)
                check.Refuse("tunnel protection", $"{other.Id} has the same source: their security associations are the same", "Add 'shared' to both");
        }
    }

    private static int SigningTrustpoints(Ikev2Profile profile, IkeConfig crypto) =>
        profile.SignTrustpoint is not null ? 1 : crypto.Trustpoints.Count(t => t.KeyFile is not null || t.Pkcs12File is not null);

    private static bool IsCombined(EncryptionChoice choice) => choice.Id is Wire.Ike.EncryptionId.AesGcm16 or Wire.Ike.EncryptionId.ChaCha20Poly1305;

    private static bool Known<T>(IEnumerable<T> all, Func<T, string> name, string wanted) => all.Any(item => name(item) == wanted);

    private static void Refuse(ConfigBuilder builder, string mode, string name, string words, string reason, string remedy) => Add(builder, FindingKind.Error, mode, name, words, reason, remedy);

    private static void Warn(ConfigBuilder builder, string mode, string name, string words, string reason, string remedy) => Add(builder, FindingKind.Warning, mode, name, words, reason, remedy);

    private static void Add(ConfigBuilder builder, FindingKind kind, string mode, string name, string words, string reason, string remedy)
    {
        SourceLine? line = null;
        foreach (((string Mode, string Name, string Words) key, SourceLine source) in builder.CryptoLines)
        {
            if (key.Mode != mode || key.Name != name) continue;
            if (key.Words == "") line ??= source;
            else if (words.Length > 0 && key.Words.StartsWith(words, StringComparison.OrdinalIgnoreCase)) line = source;
        }
        builder.Findings.Add((line ?? new SourceLine(0, "")).Finding(kind, 0, 0, reason, remedy));
    }
}
