using System.Runtime.InteropServices;

namespace Dmvpn.Dataplane.Offload;

/// <summary>What a super-packet is made of: VIRTIO_NET_HDR_GSO_*.</summary>
public enum SegmentKind : byte
{
    /// <summary>No super-packet.</summary>
    None = 0,

    /// <summary>TCP over IPv4.</summary>
    TcpIPv4 = 1,

    /// <summary>TCP over IPv6.</summary>
    TcpIPv6 = 4,

    /// <summary>UDP datagrams of one flow, of either family.</summary>
    Udp = 5,
}

/// <summary>
/// The header in front of every packet of a TUN device with IFF_VNET_HDR: <c>struct virtio_net_hdr</c> of linux/virtio_net.h (virtio 1.2 5.1.6), ten bytes in the machine's order.
/// <code>
/// | flags (1) | gso_type (1) | hdr_len (2) | gso_size (2) | csum_start (2) | csum_offset (2) |
/// </code>
/// All zero: an ordinary packet with its checksums in place.
/// </summary>
public struct VnetHeader
{
    /// <summary>Its bytes.</summary>
    public const int Size = 10;

    private const byte NeedsChecksumFlag = 1;
    private const byte EcnFlag = 0x80;

    /// <summary>TCP's and UDP's checksum is only that of the pseudo-header, and <see cref="ChecksumStart"/> and <see cref="ChecksumOffset"/> say what is to be done.</summary>
    public bool NeedsChecksum { readonly get; set; }

    /// <summary>Whether it is a super-packet, and of what.</summary>
    public SegmentKind Kind { readonly get; set; }

    /// <summary>The first segment has CWR set (RFC 3168 6.1.2), the others must not.</summary>
    public bool HasEcn { readonly get; set; }

    /// <summary>All headers up to the payload; a hint only.</summary>
    public ushort HeaderLength { readonly get; set; }

    /// <summary>Payload bytes of each segment; the last may have fewer.</summary>
    public ushort SegmentSize { readonly get; set; }

    /// <summary>Where the checksum's range starts; it ends with the packet.</summary>
    public ushort ChecksumStart { readonly get; set; }

    /// <summary>Where in that range the checksum is.</summary>
    public ushort ChecksumOffset { readonly get; set; }

    /// <summary>Reads one; a kind that is not known stays what it is, and the splitter refuses it.</summary>
    public static VnetHeader Read(ReadOnlySpan<byte> bytes) => new()
    {
        NeedsChecksum = (bytes[0] & NeedsChecksumFlag) != 0,
        Kind = (SegmentKind)(bytes[1] & ~EcnFlag),
        HasEcn = (bytes[1] & EcnFlag) != 0,
        HeaderLength = MemoryMarshal.Read<ushort>(bytes[2..]),
        SegmentSize = MemoryMarshal.Read<ushort>(bytes[4..]),
        ChecksumStart = MemoryMarshal.Read<ushort>(bytes[6..]),
        ChecksumOffset = MemoryMarshal.Read<ushort>(bytes[8..]),
    };

    /// <summary>Writes it.</summary>
    public readonly void Write(Span<byte> to)
    {
        to[0] = NeedsChecksum ? NeedsChecksumFlag : (byte)0;
        to[1] = (byte)((byte)Kind | (HasEcn ? EcnFlag : 0));
        MemoryMarshal.Write(to[2..], HeaderLength);
        MemoryMarshal.Write(to[4..], SegmentSize);
        MemoryMarshal.Write(to[6..], ChecksumStart);
        MemoryMarshal.Write(to[8..], ChecksumOffset);
    }
}
