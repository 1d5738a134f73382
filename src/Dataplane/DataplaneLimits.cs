namespace Dmvpn.Dataplane;

/// <summary>Our own limits, each with its reason. Those that an RFC gives are in Wire.</summary>
public static class DataplaneLimits
{
    /// <summary>
    /// Packets in one batch: enough to spread the cost of a system call to a few percent of a packet's own, few enough that
    /// the batch stays in the second-level cache and a lone packet waits for nobody.
    /// </summary>
    public const int BatchSize = 64;

    /// <summary>
    /// Packets in one batch from the underlay: many may have come as one message, and what is merged for the kernel is merged within a batch. As many as four messages of the usual size.
    /// </summary>
    public const int ReceiveSize = 256;

    /// <summary>
    /// Bytes of one batch from a TUN device, after which no further packet is read: with super-packets the number alone would be 4 MB. What it is cut into must stay in the second-level cache,
    /// and what comes in must have its turn.
    /// </summary>
    public const int BatchBytes = 256 << 10;

    /// <summary>Bytes for packets that are made here (segments, fragments, copies) until the next send: somewhat more than <see cref="SendSize"/> of the usual size.</summary>
    public const int ArenaBytes = 512 << 10;

    /// <summary>The least path MTU that is believed: what every IPv4 host must take (RFC 1122 3.3.2), so a forger gains nothing below it.</summary>
    public const int LeastPathMtu = 576;

    /// <summary>Outgoing packets given to one <see cref="IDatagramPort.Send"/>: a system call's worth (UIO_MAXIOV is 1024).</summary>
    public const int SendSize = 256;

    /// <summary>
    /// Destinations that a worker remembers (40 bytes each, and memory that is not used is not touched). Large, because a miss on a hub with
    /// 100,000 active spokes is two walks through cold memory (measured: 2 µs, against 55 ns for a packet whose destination is here).
    /// </summary>
    public const int FlowCacheSize = 65_536;

    /// <summary>
    /// Multicast copies for one tunnel and second, on average. A packet to 100,000 peers every 10 s (a hello) uses a tenth of
    /// it; a flood gets no more than about a fifth of one core.
    /// </summary>
    public const int MulticastCopiesPerSecond = 100_000;

    /// <summary>Copies that may go at once after a silence.</summary>
    public const int MulticastBurst = 20_000;

    /// <summary>Copies sent between two batches of unicast: about 0.2 ms of sending.</summary>
    public const int MulticastCopiesPerRound = 256;

    /// <summary>Multicast packets that wait while their copies are being sent.</summary>
    public const int MulticastPending = 16;

    /// <summary>ICMP errors for one worker and second (RFC 1812 4.3.2.8 asks for a limit).</summary>
    public const int IcmpPerSecond = 200;

    /// <summary>ICMP errors that may go at once.</summary>
    public const int IcmpBurst = 50;

    /// <summary>Events about GRE that belongs to no tunnel, from one worker in a second: they become log lines, of which fewer are written.</summary>
    public const int RefusedGrePerSecond = 5;

    /// <summary>The same at once.</summary>
    public const int RefusedGreBurst = 20;

    /// <summary>Events for the control plane from one worker in a second, so that a scan of the address space cannot bury NHRP's own packets.</summary>
    public const int EventsPerSecond = 2_000;

    /// <summary>Events that may go at once.</summary>
    public const int EventBurst = 500;

    /// <summary>Least time between two events that ask for the same next hop; NHRP has its own retransmission.</summary>
    public static readonly TimeSpan UnresolvedInterval = TimeSpan.FromSeconds(1);

    /// <summary>Traffic Indications that one peer is owed in a second: new flows of a busy site, and no member keeps the others' from them.</summary>
    public const int RedirectsPerPeer = 200;

    /// <summary>Control packets of one peer in a second while much waits in the mailbox: far more than any router sends, and what one core deals with in some milliseconds.</summary>
    public const int ControlPerPeer = 200;

    /// <summary>Much: this part of the mailbox.</summary>
    public const int BusyPart = 4;

    /// <summary>Keys that a rate-limit table remembers (16 bytes each).</summary>
    public const int RateTableSize = 1024;

    /// <summary>Bytes of the packet that go with an event: both IP headers and the ports behind them, and room for options.</summary>
    public const int PacketHead = 128;

    /// <summary>Bytes of a control mailbox: some 30,000 registrations, the first second of a storm.</summary>
    public const int MailboxSize = 8 << 20;

    /// <summary>Peers whose sequence numbers a worker remembers.</summary>
    public const int SequencePeers = 4096;

    /// <summary>After this long with nothing but old sequence numbers, the peer is taken to have restarted.</summary>
    public static readonly TimeSpan SequenceReset = TimeSpan.FromSeconds(3);

    /// <summary>Keepalives of peers that one worker reflects in a second: hundreds of tunnels at IOS's fastest rate.</summary>
    public const int ReflectionsPerSecond = 1_000;

    /// <summary>Packets that wait for an SA of one peer: the first segments of a few connections, what a handshake takes.</summary>
    public const int HeldPerPeer = 8;

    /// <summary>Packets that wait for SAs in one worker.</summary>
    public const int HeldPackets = 256;

    /// <summary>The longest packet that may wait: what an Ethernet underlay takes.</summary>
    public const int HeldLength = 2048;

    /// <summary>How long one may wait: an IKE handshake with two lost messages. What is older the sender has sent again.</summary>
    public static readonly TimeSpan HeldTime = TimeSpan.FromSeconds(8);

    /// <summary>
    /// Bytes of a mailbox for IKE messages, apart from that of NHRP: a flood of first messages, which anybody can send, must not keep members out. Some 2,000 of them.
    /// </summary>
    public const int IkeMailboxSize = 1 << 20;

    /// <summary>The longest IKE message that is taken.</summary>
    public const int LongestIkeMessage = 32_768;
}
