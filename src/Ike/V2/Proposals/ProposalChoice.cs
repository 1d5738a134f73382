using System.Diagnostics.CodeAnalysis;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>What a responder chose for an IKE SA.</summary>
/// <param name="Suite">The algorithms. When their group is not that of the KE payload, the answer is INVALID_KE_PAYLOAD with it (RFC 7296 1.2, 1.3).</param>
/// <param name="Answer">The one proposal of the response.</param>
/// <param name="PeerSpi">The initiator's new SPI, when an IKE SA is rekeyed.</param>
internal sealed record IkeChoice(IkeSuite Suite, IkeProposal Answer, ulong PeerSpi);

/// <summary>What a responder chose for a child SA.</summary>
/// <param name="Suite">The algorithms.</param>
/// <param name="Group">The group of its own key exchange; None without.</param>
/// <param name="Answer">The one proposal of the response.</param>
/// <param name="PeerSpi">What the peer receives with.</param>
/// <param name="Set">The transform set that matched.</param>
internal sealed record EspChoice(EspSuite Suite, DhGroup Group, IkeProposal Answer, uint PeerSpi, TransformSet Set);

/// <summary>
/// Choosing among a peer's proposals (RFC 7296 2.7, 3.3): its proposals in their order, within each what we like best. A transform with an attribute that nobody here knows
/// is passed over, a proposal with an unknown kind of transform too (3.3.6).
/// </summary>
internal static class ProposalChoice
{
    /// <summary>SPIs below are reserved (RFC 4303 2.1).</summary>
    private const uint LowestEspSpi = 256;

    /// <summary>Chooses for an IKE SA.</summary>
    /// <param name="policy">Ours.</param>
    /// <param name="offered">The peer's SA payload.</param>
    /// <param name="sent">Group of the peer's KE payload: preferred where it is acceptable, since another would cost a round trip.</param>
    /// <param name="spi">Our SPI when an IKE SA is rekeyed; 0 in IKE_SA_INIT.</param>
    /// <param name="choice">What was chosen.</param>
    public static bool TryChooseIke(
        ProposalPolicy policy, IReadOnlyList<IkeProposal> offered, DhGroup sent, ulong spi, [NotNullWhen(true)] out IkeChoice? choice)
    {
        choice = null;
        foreach (IkeProposal proposal in offered)
        {
            // An SPI in IKE_SA_INIT, or none in a rekey: no proposal for what is being made (3.3.1).
            if (proposal.Protocol != IkeProtocolId.Ike || (proposal.Spi == 0) != (spi == 0)) continue;
            foreach (ProposalPolicy.Entry entry in policy.Entries)
            {
                if (!TryMatch(proposal, entry.Accepted, sent, false, out List<IkeTransform> chosen, out _)) continue;
                choice = new IkeChoice(SuiteOf(chosen), new IkeProposal(proposal.Number, IkeProtocolId.Ike, spi, [.. chosen]), proposal.Spi);
                return true;
            }
        }
        return false;
    }

    /// <summary>Chooses for a child SA.</summary>
    /// <param name="policy">Ours, of the profile.</param>
    /// <param name="offered">The peer's SA payload.</param>
    /// <param name="sent">Group of the peer's KE payload; None without one.</param>
    /// <param name="firstChild">In IKE_AUTH: groups, which should not be there, do not count.</param>
    /// <param name="transport">The peer asks for transport mode: sets of that mode go first.</param>
    /// <param name="spi">What we receive with.</param>
    /// <param name="choice">What was chosen.</param>
    public static bool TryChooseEsp(
        ProposalPolicy policy, IReadOnlyList<IkeProposal> offered, DhGroup sent, bool firstChild, bool transport, uint spi,
        [NotNullWhen(true)] out EspChoice? choice)
    {
        choice = null;
        foreach (bool sameMode in (ReadOnlySpan<bool>)[true, false])
        {
            foreach (IkeProposal proposal in offered)
            {
                if (!IsEsp(proposal)) continue;
                foreach (ProposalPolicy.Entry entry in policy.Entries)
                {
                    if ((entry.Set!.TunnelMode != transport) != sameMode) continue;
                    if (!TryMatch(proposal, entry.Accepted, sent, firstChild, out List<IkeTransform> chosen, out _)) continue;
                    choice = new EspChoice(
                        EspSuiteOf(chosen), GroupOf(chosen), new IkeProposal(proposal.Number, IkeProtocolId.Esp, spi, [.. chosen]), (uint)proposal.Spi, entry.Set);
                    return true;
                }
            }
        }
        return false;
    }

    /// <summary>True for an ESP proposal with an SPI that may be used.</summary>
    public static bool IsEsp(IkeProposal proposal) => proposal.Protocol == IkeProtocolId.Esp && proposal.Spi is >= LowestEspSpi and <= uint.MaxValue;

    /// <summary>
    /// One transform of each kind that the peer names, out of those that are accepted, in our order. NONE and the absence of integrity or of a group are the same (3.3.3), and are
    /// answered as they were asked for. When there is nothing, <paramref name="differs"/> lists the kinds without common ground.
    /// </summary>
    internal static bool TryMatch(
        IkeProposal peer, IReadOnlyList<IkeTransform> accepted, DhGroup sent, bool ignoreGroups, out List<IkeTransform> chosen, out List<IkeTransformType> differs)
    {
        chosen = [];
        differs = [];
        foreach (IkeTransform transform in peer.Transforms)
        {
            if (!BelongsTo(transform.Type, peer.Protocol) && !differs.Contains(transform.Type)) differs.Add(transform.Type);
        }
        ReadOnlySpan<IkeTransformType> kinds = peer.Protocol == IkeProtocolId.Ike
            ? [IkeTransformType.Encryption, IkeTransformType.Prf, IkeTransformType.Integrity, IkeTransformType.KeyExchange]
            : [IkeTransformType.Encryption, IkeTransformType.Integrity, IkeTransformType.KeyExchange, IkeTransformType.ExtendedSequenceNumbers];
        foreach (IkeTransformType kind in kinds)
        {
            bool ignored = ignoreGroups && kind == IkeTransformType.KeyExchange;
            if (!TryPick(peer, accepted, kind, sent, ignored, out IkeTransform? picked)) differs.Add(kind);
            else if (picked is { } transform) chosen.Add(transform);
        }
        return differs.Count == 0;
    }

    private static bool TryPick(IkeProposal peer, IReadOnlyList<IkeTransform> accepted, IkeTransformType kind, DhGroup sent, bool ignored, out IkeTransform? picked)
    {
        picked = null;
        bool named = false, none = false, preferred = false;
        foreach (IkeTransform transform in peer.Transforms)
        {
            if (transform.Type != kind) continue;
            named = true;
            none |= transform.Id == 0 && !transform.HasUnknownAttribute;
            preferred |= kind == IkeTransformType.KeyExchange && sent != DhGroup.None && transform == new IkeTransform(kind, (ushort)sent);
        }
        bool optional = kind is IkeTransformType.Integrity or IkeTransformType.KeyExchange;
        if (ignored)
        {
            if (none) picked = new IkeTransform(kind, 0);
            return true;
        }
        bool any = false;
        foreach (IkeTransform ours in accepted)
        {
            if (ours.Type != kind) continue;
            any = true;
            if (preferred && ours.Id == (ushort)sent)
            {
                picked = ours;
                return true;
            }
        }
        if (optional && !any)
        {
            if (none) picked = new IkeTransform(kind, 0);
            return none || !named;
        }
        foreach (IkeTransform ours in accepted)
        {
            if (ours.Type != kind) continue;
            if (optional && ours.Id == 0 && !named) return true;
            if (!Contains(peer, ours)) continue;
            picked = ours;
            return true;
        }
        return false;
    }

    private static bool Contains(IkeProposal peer, IkeTransform wanted)
    {
        foreach (IkeTransform transform in peer.Transforms)
            if (transform == wanted) return true;
        return false;
    }

    private static bool BelongsTo(IkeTransformType type, IkeProtocolId protocol) => type switch
    {
        IkeTransformType.Encryption or IkeTransformType.Integrity or IkeTransformType.KeyExchange => true,
        IkeTransformType.Prf => protocol == IkeProtocolId.Ike,
        IkeTransformType.ExtendedSequenceNumbers => protocol != IkeProtocolId.Ike,
        _ => false,
    };

    /// <summary>The algorithms of a proposal with one transform of each kind.</summary>
    internal static IkeSuite SuiteOf(IReadOnlyList<IkeTransform> transforms)
    {
        var suite = default(IkeSuite);
        foreach (IkeTransform transform in transforms)
        {
            suite = transform.Type switch
            {
                IkeTransformType.Encryption => suite with { Encryption = (EncryptionId)transform.Id, KeyBits = transform.KeyBits },
                IkeTransformType.Prf => suite with { Prf = (PrfId)transform.Id },
                IkeTransformType.Integrity => suite with { Integrity = (IntegrityId)transform.Id },
                IkeTransformType.KeyExchange => suite with { Group = (DhGroup)transform.Id },
                _ => suite,
            };
        }
        return suite;
    }

    /// <summary>See <see cref="SuiteOf"/>.</summary>
    internal static EspSuite EspSuiteOf(IReadOnlyList<IkeTransform> transforms)
    {
        var suite = default(EspSuite);
        foreach (IkeTransform transform in transforms)
        {
            suite = transform.Type switch
            {
                IkeTransformType.Encryption => suite with { Encryption = (EncryptionId)transform.Id, KeyBits = transform.KeyBits },
                IkeTransformType.Integrity => suite with { Integrity = (IntegrityId)transform.Id },
                IkeTransformType.ExtendedSequenceNumbers => suite with { Esn = transform.Id == 1 },
                _ => suite,
            };
        }
        return suite;
    }

    /// <summary>The group of a proposal with one transform of each kind.</summary>
    internal static DhGroup GroupOf(IReadOnlyList<IkeTransform> transforms)
    {
        foreach (IkeTransform transform in transforms)
            if (transform.Type == IkeTransformType.KeyExchange) return (DhGroup)transform.Id;
        return DhGroup.None;
    }
}
