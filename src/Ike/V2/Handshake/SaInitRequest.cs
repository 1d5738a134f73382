using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>IKE_SA_INIT or IKE_SESSION_RESUME: in the clear, so its response is not handled as others are.</summary>
internal sealed class SaInitRequest(InitiatorHandshake handshake, IkeExchangeType exchange, byte[] message) : IkeRequest
{
    public override IkeExchangeType Exchange { get; } = exchange;

    public override int MaximumTries => IkeLimits.InitTries;

    public override bool TryWrite(IkeSa sa, ref IkePayloadWriter writer, Instant now) => false;

    public override byte[][] Compose(IkeSa sa, Instant now) => [message];

    public override void OnResponse(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox)
    {
    }

    public override bool OnUnanswered(IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
        handshake.OnUnanswered(Exchange, now, outbox);
        return true;
    }
}
