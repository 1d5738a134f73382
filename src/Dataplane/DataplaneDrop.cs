namespace Dmvpn.Dataplane;

/// <summary>
/// Why the data path did not pass a packet on. Every one is counted, in the tunnel's <see cref="TunnelCounters.Drops"/> or, when
/// the packet belongs to no tunnel, in <see cref="Underlay.Drops"/>. A super-packet from the kernel that is dropped as a whole counts once.
/// </summary>
public enum DataplaneDrop
{
    /// <summary>Out: neither IPv4 nor IPv6, or its header is cut short or disagrees with its length.</summary>
    OutMalformed,

    /// <summary>Out: no route of this tunnel leads to the destination.</summary>
    OutNoRoute,

    /// <summary>Out: the next hop has no NHRP mapping, and there is no NHS to send by.</summary>
    OutNoMapping,

    /// <summary>Out: the tunnel has no source address (its source interface has none, or is gone).</summary>
    OutNoUnderlay,

    /// <summary>Out: multicast, and the multicast map is empty.</summary>
    OutNoMulticastPeer,

    /// <summary>Out: multicast beyond the flood limit, so that it cannot starve unicast.</summary>
    OutMulticastFlood,

    /// <summary>Out: longer than the tunnel MTU and not to be fragmented; answered by ICMP (within its rate limit).</summary>
    OutTooBig,

    /// <summary>Out: one of ICMP's answers to <see cref="OutTooBig"/> that its rate limit held back, or the kernel refused.</summary>
    OutIcmpSuppressed,

    /// <summary>Out: the tunnel leads to itself: the packet already is one of ours (RFC 2784 has no recursion control any more).</summary>
    OutRecursion,

    /// <summary>Out: the underlay refused it as too big (EMSGSIZE); the path MTU is smaller than was known.</summary>
    OutPathTooBig,

    /// <summary>Out: its flow had packets waiting for too long, and is so told to send less (Controlled Delay, RFC 8289).</summary>
    OutQueueDelay,

    /// <summary>Out: too much waits to be sent, most of it of this flow.</summary>
    OutQueueFull,

    /// <summary>Out: the kernel's send buffers were full.</summary>
    OutCongested,

    /// <summary>Out: no route on the underlay, network down, or another refusal.</summary>
    OutUnreachable,

    /// <summary>Out: the peer has no SA, and no more packets may wait for one. Never sent in clear text.</summary>
    OutNoSa,

    /// <summary>Out: waited for an SA that did not come.</summary>
    OutSaTooLate,

    /// <summary>Out: the SA is at its end (sequence numbers, or bytes by its lifetime).</summary>
    OutSaExhausted,

    /// <summary>In: GRE in clear text for a tunnel that is protected.</summary>
    InCleartext,

    /// <summary>In: ESP that is cut short, or no whole number of blocks.</summary>
    InMalformedEsp,

    /// <summary>In: ESP with an SPI of no SA.</summary>
    InUnknownSpi,

    /// <summary>In: ESP with a sequence number that was there before, or is older than the replay window.</summary>
    InReplayed,

    /// <summary>In: ESP with a wrong ICV: forged, damaged, or of another key.</summary>
    InForged,

    /// <summary>In: ESP whose padding is not what RFC 4303 2.4 says.</summary>
    InEspPadding,

    /// <summary>In: ESP that carries anything but GRE between the two ends.</summary>
    InWrongSelector,

    /// <summary>In: ESP of one protected source for a tunnel of another.</summary>
    InWrongProtection,

    /// <summary>In: ESP by an SA whose lifetime in bytes is over.</summary>
    InSaExhausted,

    /// <summary>In: ESP by an SA that is another worker's. The kernel sorts packets by SPI, and one flow has SPIs of one worker; only while a peer that has moved makes its SAs anew two may be in one message.</summary>
    InOtherWorker,

    /// <summary>In: an IKE message that found its mailbox full, or is longer than any that makes sense.</summary>
    InIkeMailboxFull,

    /// <summary>In: the GRE header is cut short, or sets bits that RFC 2784 2.3 wants refused.</summary>
    InMalformedGre,

    /// <summary>In: no tunnel has this local address and key.</summary>
    InNoTunnel,

    /// <summary>In: the key belongs to point-to-point tunnels, and none has this peer.</summary>
    InUnknownPeer,

    /// <summary>In: wrong GRE checksum.</summary>
    InChecksum,

    /// <summary>In: out of sequence (RFC 2890 2.2), on a tunnel that uses sequence numbers.</summary>
    InOutOfSequence,

    /// <summary>In: a GRE protocol type that we do not speak.</summary>
    InUnknownProtocol,

    /// <summary>In: the inner packet's version, header or length is wrong.</summary>
    InMalformedInner,

    /// <summary>In: outer header CE-marked, inner not ECN-capable (RFC 6040 4.2): must be dropped, for the congestion signal would be lost. Also between the headers of ESP in tunnel mode.</summary>
    InEcn,

    /// <summary>In: the inner source is a tunnel address of another station, or one of this router's own.</summary>
    InSpoofedSource,

    /// <summary>In: the inner source is in none of the networks that the peer's certificate names.</summary>
    InUncertifiedSource,

    /// <summary>In: the inner source is not reached as <c>ip verify unicast source</c> wants it.</summary>
    InReversePath,

    /// <summary>In: the inner packet is GRE from us to ourselves: a tunnel within itself.</summary>
    InRecursion,

    /// <summary>In: a control packet that found the control mailbox full.</summary>
    InMailboxFull,

    /// <summary>NHRP, CDP or a keepalive of a peer that sends more than its share, while the control thread is behind.</summary>
    InOverShare,

    /// <summary>In: the kernel did not take the packet (device down).</summary>
    InDeviceRefused,

    /// <summary>An event for the control plane (next hop wanted, traffic turned round) that found the mailbox full. No packet was lost.</summary>
    EventLost,
}
