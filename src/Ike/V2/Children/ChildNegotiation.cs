using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>Why a child SA could not be agreed on.</summary>
internal readonly record struct ChildRefusal(IkeNotifyType Error, IkeDrop Drop, string Problem);

/// <summary>A responder's decision.</summary>
internal sealed record ChildDecision(EspChoice Choice, SelectorPair Selectors, bool TunnelMode)
{
    public ChildAgreement Agreement =>
        new((uint)Choice.Answer.Spi, Choice.PeerSpi, Choice.Suite, Choice.Group, TunnelMode, [Selectors.Local], [Selectors.Remote]);
}

/// <summary>
/// Proposals, selectors and mode of child SAs, the same in IKE_AUTH and CREATE_CHILD_SA (RFC 7296 1.2, 1.3, 2.9).
/// </summary>
internal static class ChildNegotiation
{
    /// <summary>Writes what an initiator wants: mode, proposals, selectors. In CREATE_CHILD_SA nonce and key exchange go between (<paramref name="nonce"/>).</summary>
    public static void WriteOffer(
        ref IkePayloadWriter writer, IkeProtection protection, ProposalPolicy policy, uint spi, ReadOnlySpan<byte> nonce, KeyExchange? keyPair, SelectorPair offer)
    {
        if (!protection.TunnelMode) writer.Notify(IkeNotifyType.UseTransportMode);
        WriteNotifies(ref writer);
        writer.SecurityAssociation(policy.Offer(spi).AsSpan());
        if (!nonce.IsEmpty) writer.Nonce(nonce);
        if (keyPair is not null) writer.KeyExchange(keyPair.Group, keyPair.PublicValue);
        writer.TrafficSelectors(IkePayloadType.TrafficSelectorInitiator, [offer.Local]);
        writer.TrafficSelectors(IkePayloadType.TrafficSelectorResponder, [offer.Remote]);
    }

    /// <summary>Writes a responder's answer.</summary>
    public static void WriteAnswer(ref IkePayloadWriter writer, ChildDecision decision, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> publicValue)
    {
        if (!decision.TunnelMode) writer.Notify(IkeNotifyType.UseTransportMode);
        WriteNotifies(ref writer);
        writer.SecurityAssociation([decision.Choice.Answer]);
        if (!nonce.IsEmpty) writer.Nonce(nonce);
        if (!publicValue.IsEmpty) writer.KeyExchange(decision.Choice.Group, publicValue);
        writer.TrafficSelectors(IkePayloadType.TrafficSelectorInitiator, [decision.Selectors.Remote]);
        writer.TrafficSelectors(IkePayloadType.TrafficSelectorResponder, [decision.Selectors.Local]);
    }

    /// <summary>Decides about what an initiator wants.</summary>
    /// <param name="path">Between which ends the request came.</param>
    public static ChildDecision? Decide(IkeSa sa, IkeProtection protection, ChildMessage wanted, bool firstChild, in IkePath path, out ChildRefusal refusal)
    {
        if ((firstChild ? protection.FirstChild : protection.LaterChild) is not { } policy)
        {
            refusal = new ChildRefusal(IkeNotifyType.NoProposalChosen, IkeDrop.NoProtection, $"there is no 'crypto ipsec profile {protection.Facts.Profile}' any more");
            return null;
        }
        if (!ProposalChoice.TryChooseEsp(policy, wanted.Proposals, wanted.Group, firstChild, wanted.Transport, sa.Core.NewChildSpi(sa.SpiClass(path)), out EspChoice? choice))
        {
            string why = ProposalMismatch.Explain(policy, wanted.Proposals, firstChild, protection.Facts.Profile);
            refusal = new ChildRefusal(IkeNotifyType.NoProposalChosen, IkeDrop.NoProposalChosen, why);
            return null;
        }
        bool tunnel = !wanted.Transport || choice.Set.TunnelMode;
        SelectorSituation situation = Situation(sa, path, transport: !tunnel);
        if (!TrafficSelectorChoice.TryNarrow(wanted.Responder, wanted.Initiator, situation, out SelectorPair pair, out string problem))
        {
            // Transport mode with the addresses of the far side of a NAT cannot be; tunnel mode with them may (2.23.1).
            if (tunnel || !TrafficSelectorChoice.TryNarrow(wanted.Responder, wanted.Initiator, situation with { Transport = false }, out pair, out _))
            {
                refusal = new ChildRefusal(IkeNotifyType.TsUnacceptable, IkeDrop.TrafficSelectorsUnacceptable, problem);
                return null;
            }
            tunnel = true;
        }
        refusal = default;
        return new ChildDecision(choice, pair, tunnel);
    }

    /// <summary>Checks a responder's answer to our offer.</summary>
    public static bool TryAccept(
        IkeSa sa, IkeProtection protection, ProposalPolicy policy, ChildMessage answer, uint spi, SelectorPair offer, in IkePath path, out ChildAgreement agreement,
        out ChildRefusal refusal)
    {
        agreement = default;
        refusal = default;
        if (!ProposalAnswer.TryAcceptEsp(policy.Offer(spi), answer.Proposals, out EspSuite suite, out DhGroup group, out uint peerSpi))
        {
            refusal = new ChildRefusal(IkeNotifyType.NoProposalChosen, IkeDrop.NoProposalChosen, "the peer chose an ESP proposal that it was not offered");
            return false;
        }
        if (answer.Transport && protection.TunnelMode)
        {
            // Tunnel mode instead of transport mode is the responder's right, the other way round is not (1.3.1).
            refusal = new ChildRefusal(IkeNotifyType.NoProposalChosen, IkeDrop.NoProposalChosen, "the peer chose transport mode, which it was not offered");
            return false;
        }
        SelectorSituation situation = Situation(sa, path, answer.Transport);
        if (!TrafficSelectorChoice.TryAccept(offer, answer.Initiator, answer.Responder, situation, out SelectorPair pair, out string problem))
        {
            refusal = new ChildRefusal(IkeNotifyType.TsUnacceptable, IkeDrop.TrafficSelectorsUnacceptable, problem);
            return false;
        }
        agreement = new ChildAgreement(spi, peerSpi, suite, group, !answer.Transport, [pair.Local], [pair.Remote]);
        return true;
    }

    private static SelectorSituation Situation(IkeSa sa, in IkePath path, bool transport) =>
        new(path.Local.Address, path.Remote.Address, new NatSituation((sa.Abilities & PeerAbilities.NatTraversal) != 0, sa.IsRemoteBehindNat, sa.IsLocalBehindNat), transport);

    /// <summary>No padding for traffic flow confidentiality: the data path does not remove it.</summary>
    private static void WriteNotifies(ref IkePayloadWriter writer) => writer.Notify(IkeNotifyType.EspTfcPaddingNotSupported);
}
