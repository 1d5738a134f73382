using System.Text;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>Why there was no choice, for an operator: what the peer offers, what is accepted here, in which kind of transform they differ, and what to type.</summary>
internal static class ProposalMismatch
{
    /// <summary>More proposals of a peer are counted, not listed.</summary>
    private const int Listed = 3;

    /// <summary>After <see cref="ProposalChoice.TryChooseIke"/> or <see cref="ProposalChoice.TryChooseEsp"/> said no.</summary>
    /// <param name="policy">Ours.</param>
    /// <param name="offered">The peer's.</param>
    /// <param name="firstChild">As with the choice.</param>
    /// <param name="owner">Name of the IPsec profile; not used for IKE.</param>
    public static string Explain(ProposalPolicy policy, IReadOnlyList<IkeProposal> offered, bool firstChild = false, string owner = "")
    {
        bool ike = policy.Protocol == IkeProtocolId.Ike;
        string protocol = ike ? "IKE" : "ESP";
        IkeProposal[] candidates = [.. offered.Where(proposal => proposal.Protocol == policy.Protocol)];
        if (candidates.Length == 0) return $"the peer offers no {protocol} proposal";
        if (policy.Entries.Count == 0) return $"no {protocol} proposal of this router is complete; it has none to accept";

        (IkeProposal peer, ProposalPolicy.Entry entry, List<IkeTransformType> differs) = Nearest(policy, candidates, firstChild);
        var text = new StringBuilder("peer offers ");
        for (int i = 0; i < Math.Min(candidates.Length, Listed); i++) text.Append(i == 0 ? "" : "; or ").Append(Describe(candidates[i].Transforms, ike));
        if (candidates.Length > Listed) text.Append($"; and {candidates.Length - Listed} more");
        text.Append(ike ? $". Proposal {entry.Name} accepts " : $". Transform set {entry.Name} accepts ").Append(Describe(entry.Offered, ike));
        if (policy.Entries.Count > 1) text.Append(" (the nearest of ").Append(policy.Entries.Count).Append(')');
        if (differs.Count == 0) return text.Append(". The SPI of the proposal cannot be used").ToString();
        text.Append(". No common ");
        for (int i = 0; i < differs.Count; i++) text.Append(i == 0 ? "" : ", ").Append(TransformText.Kind(differs[i]));
        return text.Append(": ").Append(Advice(peer, entry, differs, ike, owner)).ToString();
    }

    private static (IkeProposal Peer, ProposalPolicy.Entry Entry, List<IkeTransformType> Differs) Nearest(
        ProposalPolicy policy, IkeProposal[] candidates, bool firstChild)
    {
        (IkeProposal, ProposalPolicy.Entry, List<IkeTransformType>)? best = null;
        foreach (IkeProposal peer in candidates)
        {
            foreach (ProposalPolicy.Entry entry in policy.Entries)
            {
                ProposalChoice.TryMatch(peer, entry.Accepted, DhGroup.None, firstChild, out _, out List<IkeTransformType> differs);
                if (best is not { } known || differs.Count < known.Item3.Count) best = (peer, entry, differs);
            }
        }
        return best!.Value;
    }

    private static string Describe(IReadOnlyList<IkeTransform> transforms, bool ike) => TransformText.Proposal(ike ? transforms : [.. transforms.Where(IsWorthSaying)]);

    /// <summary>Without ESN, which is always there and nearly always "no".</summary>
    private static bool IsWorthSaying(IkeTransform transform) => transform is not { Type: IkeTransformType.ExtendedSequenceNumbers, Id: 0 };

    private static string Advice(IkeProposal peer, ProposalPolicy.Entry entry, List<IkeTransformType> differs, bool ike, string owner)
    {
        var commands = new List<string>();
        foreach (IkeTransformType kind in differs)
        {
            if (FirstSupported(peer, kind, ike) is not { } wanted)
                return $"none of the peer's ({TransformText.Values(peer.Transforms, kind)}) can be used here; change the peer's {TransformText.Kind(kind)}";
            commands.Add($"{TransformText.Kind(kind)} {TransformText.Value(wanted)}");
        }
        if (ike)
        {
            // Combined-mode ciphers and others cannot share a proposal's integrity (RFC 5282 8): then it takes another proposal.
            bool sameShape = !differs.Contains(IkeTransformType.Integrity) || FirstSupported(peer, IkeTransformType.Integrity, ike)?.Id != 0;
            return sameShape
                ? $"add '{string.Join("' and '", commands)}' to 'crypto ikev2 proposal {entry.Name}', or change the peer"
                : $"add a 'crypto ikev2 proposal' with 'encryption {TransformText.Values(peer.Transforms, IkeTransformType.Encryption)}', or change the peer";
        }
        if (differs is [IkeTransformType.KeyExchange])
        {
            return FirstSupported(peer, IkeTransformType.KeyExchange, ike) is { Id: not 0 } group
                ? $"the peer wants perfect forward secrecy with group {group.Id}: set 'set pfs group{group.Id}' in 'crypto ipsec profile {owner}', or change the peer"
                : $"the peer has no perfect forward secrecy: take 'set pfs' out of 'crypto ipsec profile {owner}', or add it at the peer";
        }
        IkeTransform encryption = FirstSupported(peer, IkeTransformType.Encryption, ike) ?? default;
        IkeTransform integrity = FirstSupported(peer, IkeTransformType.Integrity, ike) ?? default;
        string set = TransformText.TransformSet((EncryptionId)encryption.Id, encryption.KeyBits, (IntegrityId)integrity.Id);
        return $"add a transform set with '{set}' to 'crypto ipsec profile {owner}', or change the peer";
    }

    /// <summary>The first of a kind in the peer's proposal that could be done here if it were configured. Absent integrity and groups are NONE.</summary>
    private static IkeTransform? FirstSupported(IkeProposal peer, IkeTransformType kind, bool ike)
    {
        bool any = false;
        foreach (IkeTransform transform in peer.Transforms)
        {
            if (transform.Type != kind) continue;
            any = true;
            bool supported = !transform.HasUnknownAttribute && kind switch
            {
                IkeTransformType.Encryption when ike => IkeCipher.EncryptionKeyLength((EncryptionId)transform.Id, transform.KeyBits) > 0,
                IkeTransformType.Encryption => IsEspCipher((EncryptionId)transform.Id, transform.KeyBits),
                IkeTransformType.Prf => ike && Prf.Length((PrfId)transform.Id) > 0,
                IkeTransformType.Integrity => transform.Id == 0 || IkeCipher.IntegrityKeyLength((IntegrityId)transform.Id) > 0,
                IkeTransformType.KeyExchange => (transform.Id == 0 && !ike) || KeyExchange.IsSupported((DhGroup)transform.Id),
                IkeTransformType.ExtendedSequenceNumbers => !ike && transform.Id <= 1,
                _ => false,
            };
            if (supported) return transform;
        }
        return !any && (kind == IkeTransformType.Integrity || (kind == IkeTransformType.KeyExchange && !ike)) ? new IkeTransform(kind, 0) : null;
    }

    private static bool IsEspCipher(EncryptionId encryption, int keyBits) =>
        EspCipher.KeyMaterialLength(new EspSuite(encryption, keyBits, IkeSuite.IsCombined(encryption) ? IntegrityId.None : IntegrityId.HmacSha256, false)) > 0;
}
