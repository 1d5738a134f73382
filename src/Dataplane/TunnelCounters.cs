using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// A tunnel interface's counters, for the life of the tunnel. Workers add to them once per batch, the control thread reads
/// them at any time. Bytes are those of inner IP packets, without any of our headers.
/// </summary>
public sealed class TunnelCounters
{
    private long _packetsIn, _bytesIn, _multicastIn, _controlIn, _lastIn;
    private long _batchesIn, _batchesOut, _relayed;
    private long _packetsOut, _bytesOut, _multicastOut, _copiesOut, _controlOut, _lastOut;

    /// <summary>Packets not passed on, by reason.</summary>
    public DropCounters<DataplaneDrop> Drops { get; } = new();

    /// <summary>IP packets given to the kernel, or relayed.</summary>
    public long PacketsIn => Volatile.Read(ref _packetsIn);

    /// <summary>How many batches they came in.</summary>
    public long BatchesIn => Volatile.Read(ref _batchesIn);

    /// <summary>Their bytes.</summary>
    public long BytesIn => Volatile.Read(ref _bytesIn);

    /// <summary>Those of them that went to a multicast or broadcast address.</summary>
    public long MulticastIn => Volatile.Read(ref _multicastIn);

    /// <summary>Those of them that went straight to the way out (<c>tunnel relay bypass-kernel</c>), and so past the kernel.</summary>
    public long PacketsRelayed => Volatile.Read(ref _relayed);

    /// <summary>NHRP, CDP and keepalive packets received.</summary>
    public long ControlIn => Volatile.Read(ref _controlIn);

    /// <summary>IP packets sent; a multicast packet counts once.</summary>
    public long PacketsOut => Volatile.Read(ref _packetsOut);

    /// <summary>How many batches they left in.</summary>
    public long BatchesOut => Volatile.Read(ref _batchesOut);

    /// <summary>Their bytes.</summary>
    public long BytesOut => Volatile.Read(ref _bytesOut);

    /// <summary>Those of them that went to a multicast or broadcast address.</summary>
    public long MulticastOut => Volatile.Read(ref _multicastOut);

    /// <summary>Copies that were made of those.</summary>
    public long MulticastCopiesOut => Volatile.Read(ref _copiesOut);

    /// <summary>NHRP, CDP and keepalive packets sent.</summary>
    public long ControlOut => Volatile.Read(ref _controlOut);

    /// <summary>When a packet last came in (IP or control); <see cref="Instant.Zero"/> for never.</summary>
    public Instant LastInput => new(Volatile.Read(ref _lastIn));

    /// <summary>When a packet last went out (IP or control); <see cref="Instant.Zero"/> for never.</summary>
    public Instant LastOutput => new(Volatile.Read(ref _lastOut));

    /// <summary>Packets in that were dropped: IOS's "input errors".</summary>
    public long ErrorsIn => Sum(DataplaneDrop.InCleartext, DataplaneDrop.InDeviceRefused);

    /// <summary>Packets out that were dropped: IOS's "output errors".</summary>
    public long ErrorsOut => Sum(DataplaneDrop.OutMalformed, DataplaneDrop.OutSaExhausted) - Drops[DataplaneDrop.OutIcmpSuppressed];

    internal void CountIn(long packets, long bytes, long multicast, long control, Instant now)
    {
        Add(ref _packetsIn, packets);
        if (packets != 0) Add(ref _batchesIn, 1);
        Add(ref _bytesIn, bytes);
        Add(ref _multicastIn, multicast);
        Add(ref _controlIn, control);
        Volatile.Write(ref _lastIn, now.Nanoseconds);
    }

    internal void CountRelayed(long packets) => Add(ref _relayed, packets);

    internal void CountOut(long packets, long bytes, Instant now)
    {
        Add(ref _packetsOut, packets);
        if (packets != 0) Add(ref _batchesOut, 1);
        Add(ref _bytesOut, bytes);
        Volatile.Write(ref _lastOut, now.Nanoseconds);
    }

    internal void CountMulticastOut(long packets, long copies)
    {
        Add(ref _multicastOut, packets);
        Add(ref _copiesOut, copies);
    }

    internal void CountControlOut(long packets, Instant now)
    {
        Add(ref _controlOut, packets);
        Volatile.Write(ref _lastOut, now.Nanoseconds);
    }

    private static void Add(ref long counter, long value)
    {
        if (value != 0) Interlocked.Add(ref counter, value);
    }

    private long Sum(DataplaneDrop first, DataplaneDrop last)
    {
        long sum = 0;
        for (DataplaneDrop drop = first; drop <= last; drop++) sum += Drops[drop];
        return sum;
    }
}
