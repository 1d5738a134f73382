using Dmvpn.Core;
using Dmvpn.Ike;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Management.Config;

/// <summary>
/// Checks of <c>crypto</c> as a whole: names that lead nowhere, ends that could never prove themselves, and keys that prove too little. What concerns tunnels is in <see cref="ProtectionCheck"/>.
/// </summary>
internal static class CryptoCheck
{
    private const string WildcardRemedy = "Use certificates ('dmvpn pki init' and 'dmvpn pki issue'), or a key for each peer";

    public static void Check(RouterConfig config, ConfigBuilder builder)
    {
        IkeConfig crypto = config.Crypto;
        foreach (Ikev2Proposal proposal in crypto.Proposals) Proposal(proposal, crypto, new(builder, ConfigMode.Ikev2Proposal, proposal.Name));
        foreach (Ikev2Policy policy in crypto.Policies) Policy(policy, crypto, new(builder, ConfigMode.Ikev2Policy, policy.Name));
        foreach (Ikev2Keyring keyring in crypto.Keyrings)
            foreach (Ikev2KeyringPeer peer in keyring.Peers) Peer(peer, new(builder, ConfigMode.Ikev2KeyringPeer, $"{keyring.Name}/{peer.Name}"));
        Dictionary<string, Ikev2Keyring> keyrings = crypto.Keyrings.ToDictionary(k => k.Name);
        foreach (Ikev2Profile profile in crypto.Profiles) Profile(profile, crypto, keyrings, new(builder, ConfigMode.Ikev2Profile, profile.Name));
        foreach (TrustpointConfig trustpoint in crypto.Trustpoints) Trustpoint(trustpoint, new(builder, ConfigMode.Trustpoint, trustpoint.Name));
        KeyStrengthCheck.Check(crypto, builder);
        ProtectionCheck.Check(config, builder);
    }

    /// <summary>Every IOS has a trustpoint for its web server: one that names no files is not ours, and only a note is worth saying of it.</summary>
    public static IkeConfig WithoutForeignTrustpoints(ConfigBuilder builder)
    {
        IkeConfig crypto = builder.Crypto.Build(builder.Router.Crypto);
        foreach (TrustpointConfig trustpoint in crypto.Trustpoints)
        {
            if (!IsForeign(trustpoint)) continue;
            new BlockCheck(builder, ConfigMode.Trustpoint, trustpoint.Name).Note(
                "", $"trustpoint {trustpoint.Name} names no files and is not used", "Certificates come from 'ca-file', 'certificate-file' and 'key-file'; 'dmvpn pki' makes them");
        }
        return crypto with { Trustpoints = crypto.Trustpoints.RemoveAll(IsForeign) };

        static bool IsForeign(TrustpointConfig t) => t is { CaFile: null, CertificateFile: null, KeyFile: null, Pkcs12File: null, CrlFile: null, CrlUrl: null };
    }

    private static void Proposal(Ikev2Proposal proposal, IkeConfig crypto, BlockCheck check)
    {
        bool combined = proposal.Encryption.Any(IsCombined), separate = proposal.Encryption.Any(e => !IsCombined(e));
        if (proposal.Encryption.Count == 0) check.Refuse("", $"proposal {proposal.Name} has no cipher", "Add 'encryption aes-cbc-256', or 'encryption aes-gcm-256' with 'prf sha256'");
        if (proposal.Groups.Count == 0) check.Refuse("", $"proposal {proposal.Name} has no group", "Add 'group 19 14'");
        if (combined && separate)
            check.Refuse("encryption", "AES-GCM and ChaCha20-Poly1305 cannot be in one proposal with AES-CBC (RFC 5282 8)", "Make two proposals, and name both in the policy");
        else if (separate && proposal.Integrity.Count == 0)
            check.Refuse("encryption", $"proposal {proposal.Name} has AES-CBC and no integrity algorithm", "Add 'integrity sha256'");
        else if (combined && proposal.Prf.Count == 0 && proposal.Integrity.Count == 0)
            check.Warn("encryption", "a proposal with AES-GCM or ChaCha20-Poly1305 needs a PRF: sha256 is offered", "Add 'prf'");
        else if (combined && proposal.Integrity.Count > 0)
            check.Warn("integrity", "AES-GCM and ChaCha20-Poly1305 have their integrity within: the line counts only for the PRF", "Write 'prf' instead of 'integrity'");
        if (proposal.Name != Ikev2Proposal.Default.Name && !crypto.Policies.Any(policy => policy.Proposals.Contains(proposal.Name)))
            check.Warn("", $"no policy names proposal {proposal.Name}: it is not used", $"Add 'crypto ikev2 policy' with 'proposal {proposal.Name}'");
    }

    private static void Policy(Ikev2Policy policy, IkeConfig crypto, BlockCheck check)
    {
        foreach (string proposal in policy.Proposals)
        {
            if (!Known(crypto.Proposals, p => p.Name, proposal) && proposal != Ikev2Proposal.Default.Name)
                check.Refuse($"proposal {proposal}", $"there is no 'crypto ikev2 proposal {proposal}'", "Define it, or correct the name");
        }
    }

    private static void Peer(Ikev2KeyringPeer peer, BlockCheck check)
    {
        if (check.HasMistake) return;
        if (peer.LocalKey is null && peer.RemoteKey is null) check.Warn("", $"peer {peer.Name} has no key", "Add 'pre-shared-key'");
        else if (peer.Address is null && peer.Identity is null) check.Warn("", $"peer {peer.Name} fits nobody", "Add 'address' or 'identity'");
        else if (peer.RemoteKey is not null && peer.Identity is null && peer.Address is { Length: 0 })
            check.Warn("address", "one key for everybody: whoever has it can be any spoke, or the hub, and read what the others send", WildcardRemedy);
    }

    private static void Profile(Ikev2Profile profile, IkeConfig crypto, Dictionary<string, Ikev2Keyring> keyrings, BlockCheck check)
    {
        if (profile.MatchRemote.Count == 0) check.Refuse("", $"profile {profile.Name} fits no peer", "Add 'match identity remote …'");
        if (profile.LocalAuthentication is null) check.Refuse("", $"profile {profile.Name} does not say how this router proves itself", "Add 'authentication local pre-share' or 'authentication local certificate'");
        if (profile.RemoteAuthentication.Count == 0) check.Refuse("", $"profile {profile.Name} does not say how peers prove themselves", "Add 'authentication remote pre-share' or 'authentication remote certificate'");
        if (!check.HasMistake) Keys(profile, keyrings, check);
        Certificates(profile, crypto, check);
        if (profile.LocalIdentityIsDn && profile.LocalAuthentication == IkeAuthentication.PreShared)
            check.Refuse("identity local", "'identity local dn' needs a certificate", "Use 'fqdn', 'email', 'key-id' or 'address'");
    }

    private static void Keys(Ikev2Profile profile, Dictionary<string, Ikev2Keyring> keyrings, BlockCheck check)
    {
        bool ours = profile.LocalAuthentication == IkeAuthentication.PreShared, theirs = profile.RemoteAuthentication.Contains(IkeAuthentication.PreShared);
        Ikev2Keyring? keyring = profile.Keyring is { } name ? keyrings.GetValueOrDefault(name) : null;
        if (profile.Keyring is not null && keyring is null)
            check.Refuse($"keyring local {profile.Keyring}", $"there is no 'crypto ikev2 keyring {profile.Keyring}'", "Define it, or correct the name");
        else if (keyring is null && (ours && profile.LocalKey is null || theirs && profile.RemoteKey is null))
            check.Refuse("", $"profile {profile.Name} uses pre-shared keys and names no keyring", "Add 'keyring local NAME'");
        if (keyring is not null && check.HasMistakeIn(ConfigMode.Ikev2KeyringPeer, keyring.Name)) keyring = null;
        if (keyring is not null && ours && profile.LocalKey is null && !keyring.Peers.Any(p => p.LocalKey is not null))
            check.Refuse("keyring", $"keyring {keyring.Name} has no key that this router could prove itself with", "Add 'pre-shared-key' to its peers");
        if (keyring is not null && theirs && profile.RemoteKey is null && !keyring.Peers.Any(p => p.RemoteKey is not null))
            check.Refuse("keyring", $"keyring {keyring.Name} has no key that a peer could prove itself with", "Add 'pre-shared-key' to its peers");
        if (theirs && profile.RemoteKey is not null && profile.MatchRemote.Any(IsWide))
            check.Warn("authentication remote", "one key for everybody that the profile matches: whoever has it can be any spoke, or the hub, and read what the others send", WildcardRemedy);
    }

    private static void Certificates(Ikev2Profile profile, IkeConfig crypto, BlockCheck check)
    {
        bool isUnknown = false;
        foreach (string trustpoint in profile.VerifyTrustpoints.Append(profile.SignTrustpoint).OfType<string>().Distinct())
        {
            if (Known(crypto.Trustpoints, t => t.Name, trustpoint)) continue;
            isUnknown = true;
            check.Refuse($"pki trustpoint {trustpoint}", $"there is no 'crypto pki trustpoint {trustpoint}' with files", "Define it with 'ca-file', 'certificate-file' and 'key-file' ('dmvpn pki' makes them), or correct the name");
        }
        if (isUnknown) return;
        if (profile.LocalAuthentication is not null and not IkeAuthentication.PreShared)
        {
            if (profile.SignTrustpoint is null && crypto.Trustpoints.Count(HasKey) != 1)
                check.Refuse("authentication local", "it is not clear whose certificate this router shows", "Add 'pki trustpoint NAME sign' with a trustpoint that has a key");
            else if (crypto.Trustpoints.FirstOrDefault(t => t.Name == profile.SignTrustpoint) is { } sign && !HasKey(sign))
                check.Refuse($"pki trustpoint {sign.Name}", $"trustpoint {sign.Name} has no key to sign with", "Add 'certificate-file' and 'key-file' to the trustpoint");
        }
        if (profile.RemoteAuthentication.Any(a => a != IkeAuthentication.PreShared) && crypto.Trustpoints.Count == 0)
            check.Refuse("authentication remote", "there is no trustpoint to verify certificates with", "Define 'crypto pki trustpoint' with a 'ca-file'");
    }

    private static void Trustpoint(TrustpointConfig trustpoint, BlockCheck check)
    {
        if (trustpoint.CaFile is null && trustpoint.Pkcs12File is null)
            check.Refuse("", $"trustpoint {trustpoint.Name} has no CA", "Add 'ca-file PATH' or 'pkcs12-file PATH'; 'dmvpn pki' makes both");
        if (trustpoint.CertificateFile is null != trustpoint.KeyFile is null)
            check.Refuse("", "a certificate and its key belong together", "Add 'certificate-file' and 'key-file', or leave out both");
        if (trustpoint.Pkcs12File is not null && trustpoint.KeyFile is not null)
            check.Refuse("pkcs12-file", "there are two keys: in 'pkcs12-file' and in 'key-file'", "Leave out one of them");
        bool hasList = trustpoint.CrlFile is not null || trustpoint.CrlUrl is not null;
        if (trustpoint.Revocation == RevocationCheck.Crl && !hasList)
            check.Refuse("revocation-check", "there is no revocation list to check by: every peer would be refused", "Add 'crl-file' or 'crl url', or 'revocation-check none'");
        if (trustpoint.Revocation == RevocationCheck.None && hasList)
            check.Warn(trustpoint.CrlFile is null ? "crl url" : "crl-file", "the revocation list is not looked at: revoked certificates are believed", "Add 'revocation-check crl'");
    }

    /// <summary>More than one peer can have such an identity.</summary>
    private static bool IsWide(IdentityMatch match) => match.Kind switch
    {
        IdentityMatchKind.Any or IdentityMatchKind.FqdnDomain or IdentityMatchKind.EmailDomain => true,
        IdentityMatchKind.Address => !match.Prefix.IsHost,
        _ => false,
    };

    private static bool HasKey(TrustpointConfig trustpoint) => trustpoint.KeyFile is not null || trustpoint.Pkcs12File is not null;

    private static bool IsCombined(EncryptionChoice choice) => choice.Id is EncryptionId.AesGcm16 or EncryptionId.ChaCha20Poly1305;

    private static bool Known<T>(ValueList<T> all, Func<T, string> name, string wanted) => all.Any(item => name(item) == wanted);
}

/// <summary>Where a check of one <c>crypto</c> block complains.</summary>
internal sealed class BlockCheck(ConfigBuilder builder, string mode, string name)
{
    /// <summary>True when a line of the block is wrong: what it lacks is part of that mistake.</summary>
    public bool HasMistake { get; } = builder.Mistakes.In(mode, name.Split('/')[0]);

    /// <summary>The same for another block.</summary>
    public bool HasMistakeIn(string otherMode, string other) => builder.Mistakes.In(otherMode, other);

    /// <summary>
    /// Refuses the file because of the last line of the block that begins with <paramref name="words"/>. Without words the block lacks something:
    /// then the line that opens it is shown, and nothing is said where another line of it is wrong.
    /// </summary>
    public void Refuse(string words, string reason, string remedy)
    {
        if (words.Length > 0 || !HasMistake) Add(FindingKind.Error, words, reason, remedy);
    }

    public void Warn(string words, string reason, string remedy) => Add(FindingKind.Warning, words, reason, remedy);

    public void Note(string words, string reason, string remedy) => Add(FindingKind.Note, words, reason, remedy);

    private void Add(FindingKind kind, string words, string reason, string remedy) =>
        builder.Findings.Add(builder.Crypto.LineOf(mode, name, words).Finding(kind, 0, 0, reason, remedy));
}
