using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// What this router offers and accepts for IKE SAs, or for child SAs of one IPsec profile, made once from the configuration. Each entry is one proposal:
/// combined-mode ciphers and others are apart (RFC 5282 8), and in an IKE proposal there is never an ESN transform, for which IOS-XE drops the whole message.
/// </summary>
internal sealed class ProposalPolicy
{
    private ProposalPolicy(IkeProtocolId protocol, IReadOnlyList<Entry> entries) => (Protocol, Entries) = (protocol, entries);

    /// <summary>IKE or ESP.</summary>
    public IkeProtocolId Protocol { get; }

    /// <summary>Best first.</summary>
    public IReadOnlyList<Entry> Entries { get; }

    /// <summary>The group that a first KE payload is made of; None when nothing has one.</summary>
    public DhGroup FirstGroup
    {
        get
        {
            foreach (Entry entry in Entries)
            {
                foreach (IkeTransform transform in entry.Offered)
                    if (transform.Type == IkeTransformType.KeyExchange) return (DhGroup)transform.Id;
            }
            return DhGroup.None;
        }
    }

    /// <summary>The proposals of <c>crypto ikev2 policy</c> that count for a local address: a policy that names it goes before one for all, and without any it is the default.</summary>
    public static IReadOnlyList<Ikev2Proposal> Configured(IkeConfig config, IpAddress local, string? underlay)
    {
        Ikev2Policy? found = null;
        foreach (Ikev2Policy policy in config.Policies)
        {
            if (policy.MatchVrf is not (null or "any") && policy.MatchVrf != underlay) continue;
            if (policy.MatchLocal.Count == 0) found ??= policy;
            else if (policy.MatchLocal.Contains(local) && (found is null || found.MatchLocal.Count == 0)) found = policy;
        }
        var proposals = new List<Ikev2Proposal>();
        foreach (string name in found?.Proposals ?? [])
        {
            if (Named(config, name) is { } proposal) proposals.Add(proposal);
        }
        return proposals.Count > 0 ? proposals : [Named(config, Ikev2Proposal.Default.Name)!];
    }

    private static Ikev2Proposal? Named(IkeConfig config, string name) =>
        config.Proposals.FirstOrDefault(proposal => proposal.Name == name) ?? (name == Ikev2Proposal.Default.Name ? Ikev2Proposal.Default : null);

    /// <summary>For IKE SAs. Algorithms that cannot be done here are left out.</summary>
    public static ProposalPolicy ForIke(IReadOnlyList<Ikev2Proposal> configured)
    {
        var entries = new List<Entry>();
        foreach (Ikev2Proposal proposal in configured)
        {
            if (proposal.Encryption.Count == 0) continue;
            bool combinedFirst = IkeSuite.IsCombined(proposal.Encryption[0].Id);
            foreach (bool combined in (ReadOnlySpan<bool>)[combinedFirst, !combinedFirst])
            {
                List<IkeTransform> transforms = [.. EncryptionOf(proposal, combined), .. PrfOf(proposal), .. combined ? [] : IntegrityOf(proposal), .. GroupsOf(proposal)];
                if (IsComplete(transforms, combined)) entries.Add(new Entry(proposal.Name, null, [.. transforms], [.. transforms]));
            }
        }
        return new ProposalPolicy(IkeProtocolId.Ike, entries);
    }

    /// <summary>For child SAs.</summary>
    /// <param name="sets">Transform sets, best first.</param>
    /// <param name="esn">Extended sequence numbers are offered first.</param>
    /// <param name="pfs">The group that child SAs after the first are made with; None: without, but a peer that wants one gets it.</param>
    /// <param name="firstChild">The child SA of IKE_AUTH, which has no key exchange of its own (RFC 7296 1.2).</param>
    public static ProposalPolicy ForEsp(IReadOnlyList<TransformSet> sets, bool esn, DhGroup pfs, bool firstChild)
    {
        IkeTransform[] offeredGroups = firstChild || pfs == DhGroup.None ? [] : [Of(pfs)];
        IkeTransform[] acceptedGroups = firstChild ? [] : pfs != DhGroup.None ? [Of(pfs)] : [Of(DhGroup.None), .. AcceptedGroups.Select(Of)];
        IkeTransform with = new(IkeTransformType.ExtendedSequenceNumbers, 1), without = new(IkeTransformType.ExtendedSequenceNumbers, 0);
        var entries = new List<Entry>();
        foreach (TransformSet set in sets)
        {
            if (EspCipher.KeyMaterialLength(new EspSuite(set.Encryption.Id, set.Encryption.KeyBits, set.Integrity, false)) == 0) continue;
            List<IkeTransform> common = [Of(set.Encryption)];
            if (set.Integrity != IntegrityId.None) common.Add(new(IkeTransformType.Integrity, (ushort)set.Integrity));
            bool extended = esn || set.Esn;
            entries.Add(new Entry(set.Name, set, [.. common, .. offeredGroups, .. extended ? [with, without] : (IkeTransform[])[without]],
                [.. common, .. acceptedGroups, .. extended ? [with, without] : (IkeTransform[])[without, with]]));
        }
        return new ProposalPolicy(IkeProtocolId.Esp, entries);
    }

    /// <summary>The SA payload of an initiator. <paramref name="spi"/>: 0 in IKE_SA_INIT, otherwise that of the new SA.</summary>
    public ValueList<IkeProposal> Offer(ulong spi)
    {
        int count = Math.Min(Entries.Count, IkeProposal.MaximumProposals);
        var proposals = new IkeProposal[count];
        for (int i = 0; i < count; i++) proposals[i] = new IkeProposal((byte)(i + 1), Protocol, spi, Entries[i].Offered);
        return [.. proposals];
    }

    /// <summary>One proposal of ours.</summary>
    /// <param name="Name">Of the <c>crypto ikev2 proposal</c> or the transform set.</param>
    /// <param name="Set">The transform set; null for IKE.</param>
    /// <param name="Offered">What we offer with it, best first within each type.</param>
    /// <param name="Accepted">What we accept; more than is offered where that costs nothing.</param>
    internal sealed record Entry(string Name, TransformSet? Set, ValueList<IkeTransform> Offered, ValueList<IkeTransform> Accepted);

    private static DhGroup[] AcceptedGroups => [DhGroup.Ecp256, DhGroup.Curve25519, DhGroup.Ecp384, DhGroup.Ecp521, DhGroup.Modp2048, DhGroup.Modp3072, DhGroup.Modp4096];

    private static IkeTransform Of(EncryptionChoice choice) => new(IkeTransformType.Encryption, (ushort)choice.Id, (ushort)choice.KeyBits);

    private static IkeTransform Of(DhGroup group) => new(IkeTransformType.KeyExchange, (ushort)group);

    private static IEnumerable<IkeTransform> EncryptionOf(Ikev2Proposal proposal, bool combined) =>
        from choice in proposal.Encryption.Distinct()
        where IkeSuite.IsCombined(choice.Id) == combined && IkeCipher.EncryptionKeyLength(choice.Id, choice.KeyBits) > 0
        select Of(choice);

    private static IEnumerable<IkeTransform> IntegrityOf(Ikev2Proposal proposal) =>
        from integrity in proposal.Integrity.Distinct()
        where IkeCipher.IntegrityKeyLength(integrity) > 0
        select new IkeTransform(IkeTransformType.Integrity, (ushort)integrity);

    private static IEnumerable<IkeTransform> PrfOf(Ikev2Proposal proposal) => proposal.PrfsInForce().Select(prf => new IkeTransform(IkeTransformType.Prf, (ushort)prf));

    private static IEnumerable<IkeTransform> GroupsOf(Ikev2Proposal proposal) => proposal.Groups.Where(KeyExchange.IsSupported).Distinct().Select(Of);

    private static bool IsComplete(List<IkeTransform> transforms, bool combined) =>
        transforms.Exists(transform => transform.Type == IkeTransformType.Encryption) && transforms.Exists(transform => transform.Type == IkeTransformType.KeyExchange)
        && (combined || transforms.Exists(transform => transform.Type == IkeTransformType.Integrity));
}
