using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>How a request's message id stands to those before.</summary>
internal enum RequestOrder
{
    /// <summary>Not seen before, within the window.</summary>
    New,

    /// <summary>Seen before.</summary>
    Repeated,

    /// <summary>Outside of the window.</summary>
    Outside,
}

/// <summary>Requests of the peer: accepted in any order within our window, and answered again from memory (RFC 7296 2.1, 2.2, 2.3).</summary>
internal sealed partial class IkeSa
{
    private List<Answered>? _answered;
    private uint _received;

    /// <summary>The least id that has not been received yet.</summary>
    public uint ExpectedRequestId { get; internal set; }

    /// <summary>Requests that we take at once; 1 until the peer has been told more.</summary>
    public int OwnWindow { get; set; } = 1;

    public RequestOrder OrderOf(uint id)
    {
        // Ids are not used again: below what is expected is what was, and after the last one there is none.
        if (id < ExpectedRequestId) return RequestOrder.Repeated;
        uint ahead = id - ExpectedRequestId;
        if (ahead >= (uint)OwnWindow || id == uint.MaxValue) return RequestOrder.Outside;
        return (_received >> (int)ahead & 1) != 0 ? RequestOrder.Repeated : RequestOrder.New;
    }

    /// <summary>An authentic request with a new id: no other one with it will be looked at.</summary>
    public void MarkReceived(uint id, Instant now)
    {
        _received |= 1u << (int)(id - ExpectedRequestId);
        while ((_received & 1) != 0)
        {
            _received >>= 1;
            if (++ExpectedRequestId == IkeLimits.RekeyMessageId) OnIdsRunLow(now);
        }
    }

    /// <summary>
    /// Seals, remembers and sends the response to request <paramref name="id"/>, to where the request came from (RFC 7296 2.11).
    /// </summary>
    public void Respond(uint id, IkeExchangeType exchange, in IkePath path, in IkePayloadWriter writer, Instant now, Outbox<IkeEffect> outbox) =>
        Respond(id, exchange, path, IkeSealing.Sealed(this, exchange, IkeFlags.Response, id, writer), now, outbox);

    /// <summary>The same for a response that is ready.</summary>
    public void Respond(uint id, IkeExchangeType exchange, in IkePath path, byte[][] datagrams, Instant now, Outbox<IkeEffect> outbox)
    {
        // The peer has all responses that are a window behind its newest request.
        _answered ??= new List<Answered>(1);
        _answered.RemoveAll(answered => id > answered.Id && id - answered.Id >= (uint)OwnWindow);
        _answered.Add(new Answered(id, datagrams, now));
        LastSent = now;
        Core.Statistics.Of(exchange).ResponsesSent++;
        Core.Logger.ResponseSent(this, exchange, id, datagrams, path);
        IkeCore.Transmit(path, datagrams, outbox);
        Reschedule();
    }

    /// <summary>An empty response, or one with a single notify.</summary>
    public void Respond(uint id, IkeExchangeType exchange, in IkePath path, IkeNotifyType? notify, ReadOnlySpan<byte> data, Instant now, Outbox<IkeEffect> outbox)
    {
        var writer = new IkePayloadWriter(Core.Answer);
        if (notify is { } type) writer.Notify(type, data);
        Respond(id, exchange, path, writer, now, outbox);
    }

    /// <summary>Sends the response to a repeated request again. False when it is not ready yet, or forgotten.</summary>
    public bool TryRepeat(uint id, in IkePath path, Outbox<IkeEffect> outbox)
    {
        foreach (Answered answered in _answered ?? [])
        {
            if (answered.Id != id) continue;
            IkeCore.Transmit(path, answered.Datagrams, outbox);
            return true;
        }
        return false;
    }

    /// <summary>Forgets responses after a while (2.1 allows it): they are a good part of an idle SA's memory.</summary>
    private void ForgetResponses(Instant now)
    {
        _answered?.RemoveAll(answered => answered.At + IkeLimits.ResponseMemory <= now);
        if (_answered is { Count: 0 }) _answered = null;
    }

    private Instant NextForgotten() => _answered is null ? Instant.Never : _answered[0].At + IkeLimits.ResponseMemory;

    private readonly record struct Answered(uint Id, byte[][] Datagrams, Instant At);
}
