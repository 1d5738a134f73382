namespace Dmvpn.Dataplane.Queueing;

/// <summary>Limits of the queue that a worker keeps while more comes out of its tunnels than it can send, each with its reason.</summary>
public static class QueueLimits
{
    /// <summary>Packets that wait in one worker: as many as the kernel keeps for a TUN device (txqueuelen). With fewer places than a batch left, no more are taken from it.</summary>
    public const int Packets = 512;

    /// <summary>Bytes of them: 10 ms of a worker that sends 6 Gbit/s. What is beyond is taken from the flow that has most.</summary>
    public const int Bytes = 8 << 20;

    /// <summary>Flows of one band that have a queue of their own; two that share one share its turn, too. RFC 8290 4.1.2 has 1024.</summary>
    public const int FlowsPerBand = 512;

    /// <summary>Bytes of a flow's turn: a packet of the usual size (RFC 8290 5.2.3). A flow that never has more waiting than that goes first.</summary>
    public const int Quantum = 1514;

    /// <summary>How long packets of a flow may wait, for as long as <see cref="Interval"/>, before it is told to send less (RFC 8289 4.4).</summary>
    public static readonly TimeSpan Target = TimeSpan.FromMilliseconds(5);

    /// <summary>A round trip of the longest ordinary path (RFC 8289 4.3).</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Bytes that a flow may have waiting without being told: one super-packet (RFC 8289 5.4 has the largest packet).</summary>
    public const int Unquestioned = 65_536;

    /// <summary>
    /// Bytes that are sent in one round while packets wait, then devices and ports have their turn: two super-packets. This is what a packet that overtakes the others waits for, 0.2 ms.
    /// </summary>
    public const int BytesPerRound = 128 << 10;

    /// <summary>Packets that are sent in one round while others wait.</summary>
    public const int PacketsPerRound = 256;

    /// <summary>
    /// Batches that are read from a device in one round while packets wait, as long as there are places for them. A packet that would overtake the others must first come out of the kernel's queue, which is
    /// first in, first out; but small packets are not read to be dropped: of 500 of them the kernel's queue is not long.
    /// </summary>
    public const int ReadsPerRound = PacketsPerRound / DataplaneLimits.BatchSize;

    /// <summary>How long what the kernel has may take to leave by the underlay (<see cref="UnderlayPace"/>): as long as <see cref="Target"/>.</summary>
    public static readonly TimeSpan UnderlayTime = TimeSpan.FromMilliseconds(5);

    /// <summary>The least that the kernel may have in any case, counted as it counts, with its own bookkeeping: some 28 packets, 17 ms of 20 Mbit/s.</summary>
    public const int UnderlayLeast = 64 << 10;

    /// <summary>What it may have before anything is known of the underlay: little, for in some pauses the limit is many times as much.</summary>
    public const int UnderlayAtFirst = 2 * UnderlayLeast;

    /// <summary>How long a pause lasts in which nothing leaves at all: a super-packet at 10 Mbit/s.</summary>
    public static readonly TimeSpan LongestStandstill = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a worker waits before it looks again: the poller's unit.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>The most that is dropped from the longest queue at once (RFC 8290 4.1.3 and its implementations): to look for it takes long.</summary>
    public const int DroppedAtOnce = 64;
}
