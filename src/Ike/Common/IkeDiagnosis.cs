using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// Failures in words for an operator: what did not fit, on which side, and what to change. For <c>show crypto ikev2 diagnose error</c> and the log. What this router refuses by itself is explained
/// where it is refused (<see cref="ProposalMismatch"/>, <see cref="TrafficSelectorChoice"/>, <see cref="ProfileChoice"/>, <see cref="KeyringChoice"/>).
/// </summary>
internal static class IkeDiagnosis
{
    /// <summary>A peer's error answer to IKE_SA_INIT or a rekeying of the IKE SA.</summary>
    public static string IkeRefused(IkeNotifyType error, ProposalPolicy policy) => error switch
    {
        IkeNotifyType.NoProposalChosen => $"the peer accepts none of our IKE proposals ({Offered(policy)}): give both ends a proposal in common ('crypto ikev2 proposal')",
        IkeNotifyType.InvalidKePayload => $"the peer asks for a group that we do not offer (offered: {Groups(policy)}): give both ends a 'group' in common in 'crypto ikev2 proposal'",
        IkeNotifyType.InvalidMajorVersion => "the peer does not speak IKEv2",
        _ => Other(error),
    };

    /// <summary>A peer's error answer to our IKE_AUTH that is about who we are.</summary>
    public static string AuthenticationRefused(IkeNotifyType error, IkeIdentity ours, bool preShared) => error switch
    {
        IkeNotifyType.AuthenticationFailed when preShared =>
            $"the peer does not accept us as {IdentityRules.Text(ours)}: it has no profile or key for that identity, or another key (its 'pre-shared-key remote' must be our 'pre-shared-key local')",
        IkeNotifyType.AuthenticationFailed =>
            $"the peer does not accept us as {IdentityRules.Text(ours)}: it has no profile for that identity, or does not trust our certificate (its authority, its dates, its revocation, the identity in it)",
        _ => Other(error),
    };

    /// <summary>A peer's error answer that is about the child SA.</summary>
    public static string ChildRefused(IkeNotifyType error, ProposalPolicy policy, SelectorPair selectors, bool transport) => error switch
    {
        IkeNotifyType.NoProposalChosen => $"the peer accepts none of our ESP proposals ({Offered(policy)}): give both ends a transform set in common, and the same 'set pfs'",
        IkeNotifyType.InvalidKePayload => $"the peer wants another group for perfect forward secrecy than {Groups(policy)}: make 'set pfs' the same at both ends",
        IkeNotifyType.TsUnacceptable or IkeNotifyType.SinglePairRequired =>
            $"the peer does not accept GRE between {selectors.Local.Start} and {selectors.Remote.Start} in {(transport ? "transport" : "tunnel")} mode: "
            + "check its tunnel's source, destination and protection, and 'mode' of the transform sets of both ends",
        IkeNotifyType.NoAdditionalSas => "the peer takes no more child SAs on this IKE SA",
        IkeNotifyType.FailedCpRequired or IkeNotifyType.InternalAddressFailure => "the peer wants to hand out an address (configuration payload), which a DMVPN tunnel does not need: make its profile one without",
        IkeNotifyType.TemporaryFailure => "the peer is busy with another exchange of the same SA; it is tried again",
        _ => Other(error),
    };

    /// <summary>The peer's AUTH payload does not fit our key.</summary>
    public static string WrongSharedKey(Ikev2Keyring keyring, Ikev2KeyringPeer peer, IkeIdentity identity) =>
        $"the pre-shared key of {IdentityRules.Text(identity)} is not the one here: make its 'pre-shared-key local' the 'pre-shared-key remote' of peer {peer.Name} in 'crypto ikev2 keyring {keyring.Name}'";

    /// <summary>The same for a key that stands in the profile.</summary>
    public static string WrongSharedKey(Ikev2Profile profile, IkeIdentity identity) =>
        $"the pre-shared key of {IdentityRules.Text(identity)} is not the one here: make its local key that of 'authentication remote pre-share key' in 'crypto ikev2 profile {profile.Name}'";

    /// <summary>The peer proves itself by another method than its profile allows.</summary>
    public static string WrongMethod(IkeAuthMethod method, Ikev2Profile profile) =>
        $"the peer authenticates by {Method(method)}; 'crypto ikev2 profile {profile.Name}' has 'authentication remote "
        + $"{(profile.RemoteAuthentication.Count == 0 ? "(nothing)" : string.Join(' ', profile.RemoteAuthentication.Select(Keyword)))}': change one of them";

    /// <summary>The peer chose a mode that the transform set does not have.</summary>
    public static string WrongMode(bool peerTransport) =>
        $"the peer answers in {(peerTransport ? "transport" : "tunnel")} mode: make 'mode' of the transform sets the same at both ends";

    /// <summary>A method, named.</summary>
    public static string Method(IkeAuthMethod method) => method switch
    {
        IkeAuthMethod.RsaSignature => "RSA signature",
        IkeAuthMethod.SharedKey => "pre-shared key",
        IkeAuthMethod.EcdsaSha256 or IkeAuthMethod.EcdsaSha384 or IkeAuthMethod.EcdsaSha512 => "ECDSA signature",
        IkeAuthMethod.DigitalSignature => "digital signature",
        IkeAuthMethod.Null => "nothing (NULL)",
        _ => $"method {(byte)method}",
    };

    /// <summary>Why a peer is down.</summary>
    public static string Reason(IkeDownReason reason) => reason switch
    {
        IkeDownReason.DeletedByPeer => "it has deleted its SA",
        IkeDownReason.DeadPeer => "it does not answer",
        IkeDownReason.Cleared => "cleared by command",
        IkeDownReason.Unconfigured => "its tunnel or configuration is gone",
        IkeDownReason.Unused => "nothing needs it any more",
        IkeDownReason.Expired => "its lifetime has ended",
        IkeDownReason.Revoked => "its certificate is revoked",
        _ => "it was restarted",
    };

    private static string Keyword(IkeAuthentication authentication) => authentication switch
    {
        IkeAuthentication.PreShared => "pre-share",
        IkeAuthentication.RsaSignature => "rsa-sig",
        IkeAuthentication.EcdsaSignature => "ecdsa-sig",
        _ => "certificate",
    };

    private static string Other(IkeNotifyType error) => error switch
    {
        IkeNotifyType.UnsupportedCriticalPayload => "the peer does not know a payload that we sent as critical",
        IkeNotifyType.InvalidSyntax => "the peer finds our message invalid",
        IkeNotifyType.InvalidIkeSpi => "the peer does not know the IKE SA (any more)",
        IkeNotifyType.InvalidMessageId => "the peer finds our message number outside of its window",
        _ => $"the peer answers with error {error} ({(ushort)error})",
    };

    private static string Offered(ProposalPolicy policy) =>
        policy.Entries.Count == 0 ? "none" : string.Join("; or ", policy.Entries.Take(3).Select(entry => TransformText.Proposal(entry.Offered))) + (policy.Entries.Count > 3 ? "; …" : "");

    private static string Groups(ProposalPolicy policy)
    {
        string[] groups = [.. policy.Entries.SelectMany(entry => entry.Offered).Where(transform => transform.Type == IkeTransformType.KeyExchange).Select(TransformText.Value).Distinct()];
        return groups.Length == 0 ? "none" : string.Join(", ", groups);
    }
}
