using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// A responder's answer to our proposals (RFC 7296 2.7, 3.3): exactly one proposal, a part of one that was offered, with exactly one transform of each kind.
/// Anything else would be a choice that nobody made.
/// </summary>
internal static class ProposalAnswer
{
    /// <summary>Checks an answer for an IKE SA. <paramref name="rekey"/>: with the SPI of the new one.</summary>
    public static bool TryAcceptIke(IReadOnlyList<IkeProposal> offered, IReadOnlyList<IkeProposal> answered, bool rekey, out IkeSuite suite, out ulong peerSpi)
    {
        suite = default;
        peerSpi = 0;
        if (!TryAccept(offered, answered, IkeProtocolId.Ike, out IkeProposal? answer) || (rekey && answer.Spi == 0)) return false;
        suite = ProposalChoice.SuiteOf(answer.Transforms);
        peerSpi = answer.Spi;
        return suite.IsSupported;
    }

    /// <summary>Checks an answer for a child SA.</summary>
    public static bool TryAcceptEsp(
        IReadOnlyList<IkeProposal> offered, IReadOnlyList<IkeProposal> answered, out EspSuite suite, out DhGroup group, out uint peerSpi)
    {
        suite = default;
        group = DhGroup.None;
        peerSpi = 0;
        if (!TryAccept(offered, answered, IkeProtocolId.Esp, out IkeProposal? answer) || !ProposalChoice.IsEsp(answer)) return false;
        suite = ProposalChoice.EspSuiteOf(answer.Transforms);
        group = ProposalChoice.GroupOf(answer.Transforms);
        peerSpi = (uint)answer.Spi;
        return EspCipher.KeyMaterialLength(suite) > 0;
    }

    /// <summary>The transform set of ours that was chosen from. An answer that <see cref="TryAcceptEsp"/> accepted has one.</summary>
    public static TransformSet SetOf(ProposalPolicy policy, IkeProposal answer) => policy.Entries[answer.Number - 1].Set!;

    private static bool TryAccept(
        IReadOnlyList<IkeProposal> offered, IReadOnlyList<IkeProposal> answered, IkeProtocolId protocol, [NotNullWhen(true)] out IkeProposal? answer)
    {
        answer = null;
        if (answered.Count != 1 || answered[0].Protocol != protocol) return false;
        foreach (IkeProposal proposal in offered)
        {
            if (proposal.Number != answered[0].Number || !IsPart(answered[0].Transforms, proposal.Transforms)) continue;
            answer = answered[0];
            return true;
        }
        return false;
    }

    private static bool IsPart(ValueList<IkeTransform> answer, ValueList<IkeTransform> offer)
    {
        foreach (IkeTransform transform in answer)
        {
            // "No integrity" and "no group" may be said in words by a peer even though we were silent (3.3.3).
            bool none = transform.Id == 0 && transform.Type is IkeTransformType.Integrity or IkeTransformType.KeyExchange && !transform.HasUnknownAttribute;
            if (!offer.Contains(transform) && !(none && CountOf(offer, transform.Type) == 0)) return false;
            if (CountOf(answer, transform.Type) != 1) return false;
        }
        foreach (IkeTransform transform in offer)
            if (CountOf(answer, transform.Type) != 1) return false;
        return true;
    }

    private static int CountOf(ValueList<IkeTransform> transforms, IkeTransformType type)
    {
        int count = 0;
        foreach (IkeTransform transform in transforms)
            if (transform.Type == type) count++;
        return count;
    }
}
