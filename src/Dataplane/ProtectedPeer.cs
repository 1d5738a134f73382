using Dmvpn.Ipsec;

namespace Dmvpn.Dataplane;

/// <summary>
/// Where packets to one peer of a protected source leave by. The control thread swaps the SA; workers read it once for each packet, so a rekey is seen by the next one.
/// </summary>
public sealed class ProtectedPeer
{
    private OutboundSa? _outbound;
    private int _held;

    internal ProtectedPeer()
    {
    }

    /// <summary>The SA; null while there is none: packets wait for it, a few of them, or are dropped.</summary>
    public OutboundSa? Outbound
    {
        get => Volatile.Read(ref _outbound);
        internal set => Volatile.Write(ref _outbound, value);
    }

    /// <summary>Adjacencies that lead here. Control thread.</summary>
    internal int Users { get; set; }

    internal bool TryHold()
    {
        if (Interlocked.Increment(ref _held) <= DataplaneLimits.HeldPerPeer) return true;
        Interlocked.Decrement(ref _held);
        return false;
    }

    internal void Unhold() => Interlocked.Decrement(ref _held);
}
