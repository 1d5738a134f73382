using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// Requests that begin an IKE SA: IKE_SA_INIT and IKE_SESSION_RESUME. Nothing is kept for one that is refused.
/// </summary>
internal sealed class IkeResponder(IkeCore core)
{
    private readonly Dictionary<(IkeEndpoint From, ulong InitiatorSpi), IkeSa> _begun = [];

    public int HalfOpen => _begun.Count;

    public void HandleInit(in IkeArrival arrival, IkeView view, Instant now, Outbox<IkeEffect> outbox)
    {
        if (view.ResponderSpi != 0 || view.InitiatorSpi == 0 || view.MessageId != 0 || !view.FromInitiator)
        {
            core.Drops.Count(IkeDrop.WrongSpi);
            return;
        }
        if (_begun.TryGetValue((arrival.Path.Remote, view.InitiatorSpi), out IkeSa? begun) && begun.Handshake is ResponderHandshake handshake)
        {
            handshake.HandleRepeated(arrival, view, outbox);
            return;
        }
        bool resume = view.Exchange == IkeExchangeType.SessionResume;
        if (!MessageRules.TryCheck(resume ? IkeMessageKind.ResumeRequest : IkeMessageKind.SaInitRequest, view.Payloads, out MessageFault fault))
        {
            core.Drops.Count(fault.Drop);
            byte[] type = [(byte)fault.Payload];
            bool critical = fault.Drop == IkeDrop.UnsupportedCriticalPayload;
            core.Admission.Answer(arrival, view, critical ? IkeNotifyType.UnsupportedCriticalPayload : IkeNotifyType.InvalidSyntax, critical ? type : default, now, outbox);
            return;
        }
        List<IkeProtection> protections = core.Protections.At(arrival.Path.Namespace, arrival.Path.Local.Address);
        if (protections.Count == 0)
        {
            core.Drops.Count(IkeDrop.NoProtection);
            return;
        }
        foreach (IkeProtection protection in protections)
        {
            if (!core.IsInsideTunnel(protection.Id, arrival.Path.Remote.Address)) continue;
            core.Drops.Count(IkeDrop.InsideTunnel);
            return;
        }
        if (view.Bytes.Length > core.Admission.LongestInit)
        {
            core.StrangerFailed(arrival.Path, view.Exchange, IkeDrop.TooLong, view.Bytes.Length,
                static length => $"a first message of {length} octets, while many others wait: have the peer offer fewer algorithms, so that {IkeLimits.LongestInit} are enough", now);
            return;
        }
        view.Payloads.TryFind(IkePayloadType.Nonce, out IkePayloadView nonce);
        if (!core.Admission.Admits(arrival, view, nonce.Body, now, outbox, out bool isPaid)) return;
        if (resume)
        {
            // Nothing is computed for a ticket that takes long.
            core.Admission.OnAuthenticated(arrival.Path.Remote.Address, isPaid);
            core.Resumption.HandleRequest(arrival, view, nonce.Body, now, outbox);
        }
        else
        {
            Begin(arrival, view, protections[0], nonce.Body, isPaid, now, outbox);
        }
    }

    /// <summary>A half-open SA is found by its initiator, until it has our SPI.</summary>
    public void Add(IkeSa sa, ulong initiatorSpi) => _begun[(sa.Path.Remote, initiatorSpi)] = sa;

    public void Remove(IkeSa sa, IkeEndpoint from)
    {
        if (_begun.TryGetValue((from, sa.RemoteSpi), out IkeSa? begun) && begun == sa) _begun.Remove((from, sa.RemoteSpi));
    }

    private void Begin(in IkeArrival arrival, IkeView view, IkeProtection protection, ReadOnlySpan<byte> nonce, bool isPaid, Instant now, Outbox<IkeEffect> outbox)
    {
        view.Payloads.TryFind(IkePayloadType.SecurityAssociation, out IkePayloadView sa);
        view.Payloads.TryFind(IkePayloadType.KeyExchange, out IkePayloadView ke);
        IkeKeyExchangeView.TryParse(ke.Body, out IkeKeyExchangeView exchange, out _);
        if (!IkeProposal.TryParseAll(sa.Body, out ValueList<IkeProposal> proposals, out Malformed why))
        {
            core.Malformed.Count(why);
            core.Admission.Answer(arrival, view, IkeNotifyType.InvalidSyntax, default, now, outbox);
            return;
        }
        // Which of several sources at one address is meant nobody knows yet; their IKE proposals depend on the address alone.
        ProposalPolicy policy = protection.Ike!;
        if (!ProposalChoice.TryChooseIke(policy, proposals, exchange.Group, 0, out IkeChoice? choice))
        {
            core.StrangerFailed(arrival.Path, view.Exchange, IkeDrop.NoProposalChosen, (policy, proposals), static about => ProposalMismatch.Explain(about.policy, about.proposals), now);
            core.Admission.Answer(arrival, view, IkeNotifyType.NoProposalChosen, default, now, outbox);
            return;
        }
        if (choice.Suite.Group != exchange.Group)
        {
            core.Drops.Count(IkeDrop.OtherGroup);
            Span<byte> group = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(group, (ushort)choice.Suite.Group);
            core.Admission.Answer(arrival, view, IkeNotifyType.InvalidKePayload, group, now, outbox);
            return;
        }
        var begun = new IkeSa(core, isInitiator: false, arrival.Path, now) { RemoteSpi = view.InitiatorSpi };
        var handshake = new ResponderHandshake(begun, now) { IsPaid = isPaid };
        begun.Handshake = handshake;
        handshake.Begin(arrival, view, choice, nonce, exchange.Data, now, outbox);
    }
}
