namespace Dmvpn.Dataplane.Queueing;

/// <summary>The packets of one flow, and its place in its band's lists.</summary>
internal struct FlowQueue
{
    /// <summary>No packet, no flow.</summary>
    public const short None = -1;

    /// <summary>A flow that has nothing and stands in no list.</summary>
    public static readonly FlowQueue Empty = new() { Head = None, Tail = None, NextFlow = None };

    /// <summary>The oldest packet.</summary>
    public short Head;

    /// <summary>The newest; means nothing without a head.</summary>
    public short Tail;

    /// <summary>The flow behind it in its list.</summary>
    public short NextFlow;

    /// <summary>Whether it stands in a list of its band; it may do so with nothing waiting.</summary>
    public bool IsListed;

    /// <summary>Bytes that it may still send in this turn; negative after a packet longer than that.</summary>
    public int Deficit;

    /// <summary>Bytes that wait.</summary>
    public long Bytes;

    /// <summary>Whether they wait too long.</summary>
    public CoDel Delay;
}
