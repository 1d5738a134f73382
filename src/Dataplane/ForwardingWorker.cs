using Dmvpn.Core;
using Dmvpn.Dataplane.Queueing;

namespace Dmvpn.Dataplane;

/// <summary>
/// All that one forwarding thread does, but for waiting: the shell polls the worker's queues and ports, reads the clock, and calls
/// <see cref="Round"/>.
/// <code>
/// loop: now = clock; more = worker.Round(now); if (mailbox.TakeNews()) wake the control thread; if (!more) poll
/// </code>
/// One worker for each queue of the TUN devices; workers share nothing but the snapshots and the counters these lead to.
/// </summary>
/// <param name="index">The worker's number, from 0: which queues and ports are its own.</param>
/// <param name="table">Where snapshots come from.</param>
/// <param name="mailbox">The worker's own mailbox.</param>
/// <param name="ikeMailbox">The worker's own mailbox for IKE messages; null where no tunnel can be protected.</param>
/// <param name="flowSeed">Secret: which flows share a queue while packets wait.</param>
public sealed class ForwardingWorker(int index, ForwardingTable table, ControlMailbox mailbox, ControlMailbox? ikeMailbox = null, ulong flowSeed = 0) : IDisposable
{
    private readonly Encapsulator _out = new(index, mailbox, table.Security, flowSeed);
    private readonly Decapsulator _in = new(index, mailbox, ikeMailbox, table.Security);
    private long _seenVersion;

    /// <summary>When to call <see cref="Round"/> again although nothing has come; <see cref="Instant.Never"/> when that is not needed. For what waits for the underlay.</summary>
    public Instant WakeAt { get; private set; } = Instant.Never;

    /// <summary>What it has done.</summary>
    public WorkerCounters Counters { get; } = new();

    /// <summary>
    /// The version of the snapshot in use; older ones are not touched any more. The control thread disposes of a device or port when it has published a
    /// snapshot without it, woken the workers, and seen its version here for every one of them.
    /// </summary>
    public long SeenVersion => Volatile.Read(ref _seenVersion);

    /// <summary>
    /// Passes at most one batch each way of every tunnel and every port. True when there may be more: call again without waiting.
    /// </summary>
    public bool Round(Instant now)
    {
        ForwardingSnapshot snapshot = table.Current;
        Volatile.Write(ref _seenVersion, snapshot.Version);
        bool more = false;
        Counters.CountRound();
        _out.LookAtUnderlay(snapshot, now);
        WakeAt = _out.IsPaused ? now + QueueLimits.Pause : Instant.Never;
        _out.ReleaseHeld(snapshot, now);
        foreach (TunnelSnapshot tunnel in snapshot.Tunnels)
        {
            Counters.CountDevice(_out.Run(tunnel, now));
            more |= _out.HasMore && !_out.IsPaused;
        }
        if (_out.HasBacklog) _out.RunBacklog(snapshot, now);
        Counters.CountQueue(_out.Queued);
        foreach (Underlay underlay in snapshot.Underlays)
        {
            int packets = _in.Run(snapshot, underlay, now, _out);
            Counters.CountPort(packets);
            more |= packets >= DataplaneLimits.BatchSize;
            if (underlay.Security is not { } ports) continue;
            // The largest number of one of three ports, two of which are idle in practice.
            packets = _in.RunProtected(snapshot, underlay, ports, now, _out);
            Counters.CountPort(packets);
            more |= packets >= DataplaneLimits.BatchSize;
        }
        _out.Continue(snapshot, now);
        return more || _out.HasPending || _out.HasBacklog;
    }

    /// <summary>Frees the buffers. Only when the thread has ended.</summary>
    public void Dispose()
    {
        _out.Dispose();
        _in.Dispose();
    }
}
