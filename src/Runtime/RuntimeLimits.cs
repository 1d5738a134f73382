namespace Dmvpn.Runtime;

/// <summary>Sizes and times that are our own choice.</summary>
internal static class RuntimeLimits
{
    /// <summary>
    /// Receive buffer asked for netlink sockets, in bytes. Holds 80,000 notifications of IPv4 routes or 50,000 of IPv6 ones
    /// (measured; the kernel counts its own structures), so a hub that installs as many at once does not overrun its own monitor.
    /// Memory is used only while notifications wait.
    /// </summary>
    public const int NetlinkReceiveBuffer = 32 << 20;

    /// <summary>One receive from netlink: the kernel fills dumps in pieces of up to 32 KB when the reader's buffer is that large.</summary>
    public const int NetlinkReceiveChunk = 64 << 10;

    /// <summary>
    /// One batch of requests. Fits in the default send buffer (net.core.wmem_default, 208 KB) however small the
    /// messages are, and bounds the error replies that wait in the receive buffer.
    /// </summary>
    public const int NetlinkSendBatch = 64 << 10;

    /// <summary>
    /// How often a dump is made because the table changed under it (NLM_F_DUMP_INTR), before all attempts together are the answer.
    /// </summary>
    public const int DumpAttempts = 5;

    /// <summary>The kernel answers within the send call; an answer that takes so long never comes.</summary>
    public static readonly TimeSpan NetlinkAnswer = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Socket buffers of an underlay port, in bytes, each way. At 1 Gbit/s a receiver may stop for 30 ms without loss.
    /// </summary>
    public const int PortBuffer = 4 << 20;

    /// <summary>Packets per recvmmsg and sendmmsg call; beyond 64 nothing more was gained.</summary>
    public const int MessagesPerCall = 64;

    /// <summary>
    /// Sends with shortened segments before the full length is tried again: one refused message in a second or so of a busy port.
    /// </summary>
    public const int SendsWithShortSegments = 4096;

    /// <summary>
    /// .NET's resolver does not tell the TTL of a record, so every watched name is looked up again after this time.
    /// </summary>
    public static readonly TimeSpan NameRefresh = TimeSpan.FromSeconds(60);

    /// <summary>After a failed look-up: at boot the resolver often comes up a little later than we do.</summary>
    public static readonly TimeSpan NameRetry = TimeSpan.FromSeconds(10);

    /// <summary>A look-up that ended less than this ago is not done again when somebody asks.</summary>
    public static readonly TimeSpan NameHurry = TimeSpan.FromSeconds(5);
}
