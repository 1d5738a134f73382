namespace Dmvpn.Dataplane.Offload;

/// <summary>Our own limits, each with its reason.</summary>
internal static class OffloadLimits
{
    /// <summary>Packets that are merged at once, and pieces of one write: what the kernel takes in a vector (UIO_MAXIOV).</summary>
    public const int MergePackets = 1024;

    /// <summary>Places for flows that are being merged, a power of two: several times what a batch usually has. Two flows in one place are only merged less.</summary>
    public const int MergeFlows = 1024;

    /// <summary>Datagrams in one UDP super-packet: UDP_MAX_SEGMENTS of kernels before 6.9.</summary>
    public const int UdpSegments = 64;

    /// <summary>Flows whose segment size is remembered, a power of two; 8 bytes each.</summary>
    public const int SegmentSizes = 8192;

    /// <summary>A segment below this was the end of something, and says nothing of the size: what every host sends at least without an MSS option (RFC 9293 3.7.1) less options.</summary>
    public const int LeastSegmentSize = 496;
}
