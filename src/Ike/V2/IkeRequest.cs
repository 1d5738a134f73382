using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// A request of ours, from the moment it is wanted until its response. Its payloads are written when the peer's window has room for it, so that they tell the state of
/// that moment; after that the octets never change (RFC 7296 2.1).
/// </summary>
internal abstract class IkeRequest
{
    /// <summary>Message id, once sent.</summary>
    public uint Id { get; set; }

    /// <summary>The datagrams, kept to be sent again.</summary>
    public byte[][] Datagrams { get; set; } = [];

    /// <summary>How often it has been sent.</summary>
    public int Tries { get; set; }

    /// <summary>When it was sent first.</summary>
    public Instant SentAt { get; set; }

    /// <summary>When it is sent again, or given up.</summary>
    public Instant NextTry { get; set; } = Instant.Never;

    public abstract IkeExchangeType Exchange { get; }

    /// <summary>Transmissions until the peer counts as dead.</summary>
    public virtual int MaximumTries => IkeLimits.RequestTries;

    /// <summary>True when nothing may be sent after it on this SA (RFC 7296 2.8: the delete of a rekeyed IKE SA).</summary>
    public virtual bool IsLast => false;

    /// <summary>The time after a transmission, the first being number 1.</summary>
    public virtual TimeSpan Interval(int tries)
    {
        TimeSpan interval = IkeLimits.FirstRetransmission;
        for (int i = 1; i < tries && interval < IkeLimits.LongestRetransmission; i++) interval *= 2;
        return interval;
    }

    /// <summary>True when a transmission without an answer says that the peer is silent; false for one that the path may not carry.</summary>
    public virtual bool ProvesSilence => true;

    /// <summary>It is to be sent again, or given up.</summary>
    public virtual void BeforeRetry(IkeSa sa, Instant now)
    {
    }

    /// <summary>It is sent again at once, on another path.</summary>
    public virtual void OnPathChanged(IkeSa sa)
    {
    }

    /// <summary>Sent with "don't fragment".</summary>
    public virtual bool DontFragment => false;

    /// <summary>Writes the payloads. False when it is not needed any more: then it is forgotten, as if it had never been wanted.</summary>
    public abstract bool TryWrite(IkeSa sa, ref IkePayloadWriter writer, Instant now);

    /// <summary>The datagrams; null when it is not needed any more.</summary>
    public virtual byte[][]? Compose(IkeSa sa, Instant now)
    {
        var writer = new IkePayloadWriter(sa.Core.Plain);
        return TryWrite(sa, ref writer, now) && !writer.Failed ? IkeSealing.Sealed(sa, Exchange, IkeFlags.None, Id, writer) : null;
    }

    /// <summary>The response, authentic and legal by <see cref="MessageRules"/>. Payloads are valid during the call.</summary>
    public abstract void OnResponse(IkeSa sa, IkePayloadChain payloads, in IkeArrival arrival, Instant now, Outbox<IkeEffect> outbox);

    /// <summary>There will be no response: the SA ended, was replaced, or <see cref="TryWrite"/> said no. Frees what the request holds. May come twice.</summary>
    public virtual void OnLost(IkeSa sa, Instant now, Outbox<IkeEffect> outbox)
    {
    }

    /// <summary>The peer does not answer. True when that is dealt with; false: the SA ends with a dead peer.</summary>
    public virtual bool OnUnanswered(IkeSa sa, Instant now, Outbox<IkeEffect> outbox) => false;
}
