namespace Dmvpn.Runtime.Native;

/// <summary>Numbers of udp(7) and linux/udp.h.</summary>
internal static class UdpSocketSpec
{
    /// <summary>SOL_UDP.</summary>
    public const int Level = 17;

    /// <summary>UDP_SEGMENT: a message is cut into datagrams of this length, the last may be shorter (Linux 4.18).</summary>
    public const int Segment = 103;

    /// <summary>UDP_GRO: datagrams of one sender with one length come as one message, with the length (Linux 5.0).</summary>
    public const int Coalesce = 104;

    /// <summary>UDP_MAX_SEGMENTS of the kernels that have the least.</summary>
    public const int MaximumSegments = 64;

    /// <summary>The longest message: an IP packet with the longest header that we send, less UDP's.</summary>
    public const int MaximumMessage = 65535 - 40 - 8;
}
