using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// What a message says about a child SA (RFC 7296 1.2, 1.3.1, 1.3.3): proposals, selectors, mode, and in CREATE_CHILD_SA nonce and key exchange. Kept while slow work is done.
/// </summary>
internal sealed class ChildMessage
{
    public ValueList<IkeProposal> Proposals { get; private set; } = [];

    /// <summary>TSi.</summary>
    public ValueList<TrafficSelector> Initiator { get; private set; } = [];

    /// <summary>TSr.</summary>
    public ValueList<TrafficSelector> Responder { get; private set; } = [];

    public bool Transport { get; private set; }

    /// <summary>In CREATE_CHILD_SA; empty in IKE_AUTH.</summary>
    public byte[] Nonce { get; private set; } = [];

    public DhGroup Group { get; private set; }

    public byte[] PublicValue { get; private set; } = [];

    /// <summary>The SPI that the sender of a request receives with and wants to replace; 0 for a new child SA.</summary>
    public uint Rekeys { get; private set; }

    /// <summary>The first error of a response; null without one.</summary>
    public IkeNotifyType? Error { get; private set; }

    /// <summary>With INVALID_KE_PAYLOAD the group that is wanted.</summary>
    public DhGroup WantedGroup { get; private set; }

    /// <summary>A child SA is asked for, or given.</summary>
    public bool HasSa { get; private set; }

    /// <summary>Reads a message that <see cref="MessageRules"/> let pass. False for proposals or selectors that are broken.</summary>
    public static bool TryRead(IkePayloadChain payloads, out ChildMessage message, out Malformed why)
    {
        message = new ChildMessage();
        why = Malformed.None;
        foreach (IkePayloadView payload in payloads)
        {
            if (!message.TryTake(payload, out why)) return false;
        }
        return true;
    }

    private bool TryTake(IkePayloadView payload, out Malformed why)
    {
        why = Malformed.None;
        switch (payload.Type)
        {
            case IkePayloadType.SecurityAssociation:
                HasSa = true;
                if (!IkeProposal.TryParseAll(payload.Body, out ValueList<IkeProposal> proposals, out why)) return false;
                Proposals = proposals;
                break;
            case IkePayloadType.TrafficSelectorInitiator:
                if (!TrafficSelector.TryParseAll(payload.Body, out ValueList<TrafficSelector> initiator, out why)) return false;
                Initiator = initiator;
                break;
            case IkePayloadType.TrafficSelectorResponder:
                if (!TrafficSelector.TryParseAll(payload.Body, out ValueList<TrafficSelector> responder, out why)) return false;
                Responder = responder;
                break;
            case IkePayloadType.Nonce:
                Nonce = payload.Body.ToArray();
                break;
            case IkePayloadType.KeyExchange when IkeKeyExchangeView.TryParse(payload.Body, out IkeKeyExchangeView ke, out _):
                (Group, PublicValue) = (ke.Group, ke.Data.ToArray());
                break;
            case IkePayloadType.Notify when IkeNotifyView.TryParse(payload.Body, out IkeNotifyView notify, out _):
                Take(notify);
                break;
            default:
                break;
        }
        return true;
    }

    private void Take(IkeNotifyView notify)
    {
        if (notify.Type == IkeNotifyType.UseTransportMode) Transport = true;
        if (notify.Type == IkeNotifyType.RekeySa && notify is { Protocol: IkeProtocolId.Esp, Spi.Length: 4 }) Rekeys = BinaryPrimitives.ReadUInt32BigEndian(notify.Spi);
        if (notify.IsError) Error ??= notify.Type;
        if (notify.Type == IkeNotifyType.InvalidKePayload && notify.Data.Length == 2) WantedGroup = (DhGroup)BinaryPrimitives.ReadUInt16BigEndian(notify.Data);
    }
}
