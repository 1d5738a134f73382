namespace Dmvpn.Dataplane;

/// <summary>What one worker has done, for its life. The worker alone writes, without a lock; any thread may read what was right a moment ago.</summary>
public sealed class WorkerCounters
{
    private long _rounds, _deviceBatches, _devicePackets, _portBatches, _portPackets, _queued, _mostQueued, _allocatedBytes;

    /// <summary>Rounds: each looks at all devices and ports.</summary>
    public long Rounds => Volatile.Read(ref _rounds);

    /// <summary>Reads of a tunnel's device that gave something.</summary>
    public long DeviceBatches => Volatile.Read(ref _deviceBatches);

    /// <summary>Packets of them; a super-packet is one.</summary>
    public long DevicePackets => Volatile.Read(ref _devicePackets);

    /// <summary>Receives from the underlay that gave something.</summary>
    public long PortBatches => Volatile.Read(ref _portBatches);

    /// <summary>Packets of them.</summary>
    public long PortPackets => Volatile.Read(ref _portPackets);

    /// <summary>Managed memory that its thread has taken: nothing for a packet.</summary>
    public long AllocatedBytes => Volatile.Read(ref _allocatedBytes);

    /// <summary>The thread's own account, after a round.</summary>
    public void NoteAllocated(long bytes) => Volatile.Write(ref _allocatedBytes, bytes);

    /// <summary>Packets from devices that had to wait in the queue that is fair among flows.</summary>
    public long Queued => Volatile.Read(ref _queued);

    /// <summary>The most bytes that waited there at one moment.</summary>
    public long MostQueued => Volatile.Read(ref _mostQueued);

    internal void CountQueue((long Packets, long MostBytes) queued)
    {
        Volatile.Write(ref _queued, queued.Packets);
        Volatile.Write(ref _mostQueued, queued.MostBytes);
    }

    internal void CountRound() => Volatile.Write(ref _rounds, _rounds + 1);

    internal void CountDevice(int packets)
    {
        if (packets == 0) return;
        Volatile.Write(ref _deviceBatches, _deviceBatches + 1);
        Volatile.Write(ref _devicePackets, _devicePackets + packets);
    }

    internal void CountPort(int packets)
    {
        if (packets == 0) return;
        Volatile.Write(ref _portBatches, _portBatches + 1);
        Volatile.Write(ref _portPackets, _portPackets + packets);
    }
}
