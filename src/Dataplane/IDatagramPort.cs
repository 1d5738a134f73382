using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// The underlay's side: a socket bound to one local address (and one network namespace) for one IP protocol. Non-blocking;
/// one thread reads, any one thread at a time sends. Real ones live in Runtime, in-memory ones in tests.
/// </summary>
public interface IDatagramPort
{
    /// <summary>The local address; what it sends comes from there.</summary>
    IpAddress LocalAddress { get; }

    /// <summary>Bytes, as the kernel counts them, that were sent and have not left this machine yet; 0 where nobody knows.</summary>
    int Unsent => 0;

    /// <summary>
    /// Fills the batch from slot 0 with what has arrived, without blocking, and sets its Count. Data starts after the
    /// outer IP header (of a UDP port: after the UDP header, and Port is the sender's); Peer, TrafficClass and HopLimit are those of the outer header. Returns Count; fewer than <see cref="DataplaneLimits.BatchSize"/>, in a larger batch, when nothing is left.
    /// </summary>
    int Receive(PacketBatch batch);

    /// <summary>
    /// Sends all of <paramref name="packets"/> with as few system calls as possible. Several may point to the same bytes
    /// (multicast replication). Buffers are the caller's again on return. The result of each is stored in its Outcome; a
    /// failed one does not stop those behind it.
    /// </summary>
    void Send(Span<OutgoingPacket> packets);
}

/// <summary>A packet to send: where its bytes are (borrowed until the call returns) and how its outer header looks.</summary>
public unsafe struct OutgoingPacket
{
    /// <summary>First byte after the outer IP header, or of a UDP port after the UDP header.</summary>
    public byte* Data;

    /// <summary>Length in bytes.</summary>
    public int Length;

    /// <summary>Outer destination.</summary>
    public IpAddress Destination;

    /// <summary>UDP port of the destination; 0 for a port without UDP.</summary>
    public ushort Port;

    /// <summary>Outer ToS or traffic class.</summary>
    public byte TrafficClass;

    /// <summary>Outer TTL or hop limit.</summary>
    public byte HopLimit;

    /// <summary>Outer "don't fragment" bit (IPv4). Set only with path MTU discovery; otherwise the kernel fragments what is too big.</summary>
    public bool DontFragment;

    /// <summary>Leaves in a message of its own: IKE, of which few packets are sent, and which must get through where a device's offloads do not work.</summary>
    public bool IsAlone;

    /// <summary>What became of it.</summary>
    public SendOutcome Outcome;
}

/// <summary>What became of a packet given to <see cref="IDatagramPort.Send"/>.</summary>
public enum SendOutcome
{
    /// <summary>The kernel took it.</summary>
    Sent,

    /// <summary>Longer than the path MTU, and it may not be fragmented (EMSGSIZE).</summary>
    TooBig,

    /// <summary>The kernel's buffers are full (EAGAIN, ENOBUFS).</summary>
    Congested,

    /// <summary>No route, network down, or another refusal.</summary>
    Unreachable,
}
