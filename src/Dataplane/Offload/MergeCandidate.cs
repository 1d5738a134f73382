using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane.Offload;

/// <summary>What a packet is to the merger.</summary>
internal enum MergeClass
{
    /// <summary>Of no flow that is ever merged: passed by.</summary>
    Other,

    /// <summary>It may belong to any flow (a fragment, or behind options): nothing that came before may be added to.</summary>
    Barrier,

    /// <summary>Of a flow, but to stay alone: SYN, RST, URG, no payload, no checksum.</summary>
    Alone,

    /// <summary>May begin or continue a super-packet.</summary>
    Mergeable,
}

/// <summary>
/// A received TCP or UDP packet as the merger sees it: pointers into its bytes, and the rules of the kernel's GRO (net/ipv4/tcp_offload.c, af_inet.c) of what may follow what.
/// </summary>
internal unsafe struct MergeCandidate
{
    private const int TcpHeader = 20, UdpHeader = 8;
    private const int OutsideIPv4 = IpSpec.Ipv4HeaderLength, OutsideIPv6 = IpSpec.Ipv6HeaderLength;

    /// <summary>First byte of the IP header.</summary>
    public byte* Packet;

    /// <summary>Headers up to the payload.</summary>
    public int HeaderLength;

    /// <summary>Payload of TCP or UDP.</summary>
    public int PayloadLength;

    /// <summary>Of the IP header.</summary>
    public int IpLength;

    /// <summary>TCP or UDP.</summary>
    public bool IsTcp;

    public readonly bool IsIPv4 => IpLength == OutsideIPv4;

    private readonly byte* Upper => Packet + IpLength;

    private readonly int UpperLength => HeaderLength - IpLength + PayloadLength;

    public readonly int Flags => IsTcp ? Upper[13] : 0;

    public readonly uint Sequence => BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(Upper + 4, 4));

    public readonly ushort Identification => BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(Packet + 4, 2));

    public readonly bool DontFragment => (Packet[6] & 0x40) != 0;

    /// <summary>Looks at a packet whose IP headers were decoded, and whose length is what these say.</summary>
    public static MergeClass Classify(in PacketSlot slot, scoped in IpView ip, bool udpToo, out MergeCandidate candidate)
    {
        candidate = default;
        bool tcp = ip.Protocol == IpProtocol.Tcp;
        if (!tcp && (ip.Protocol != IpProtocol.Udp || !udpToo) && !ip.IsFragment) return MergeClass.Other;
        int ipLength = ip.IsIPv4 ? OutsideIPv4 : OutsideIPv6;
        if (ip.IsFragment || ip.HeaderLength != ipLength) return MergeClass.Barrier;
        int upper = slot.Length - ipLength, header = TcpHeader;
        if (upper < (tcp ? TcpHeader : UdpHeader)) return MergeClass.Barrier;
        byte* at = slot.Pointer + ipLength;
        if (!tcp) header = UdpHeader;
        else header = (at[12] >> 4) * 4;
        candidate = new MergeCandidate { Packet = slot.Pointer, IpLength = ipLength, HeaderLength = ipLength + header, PayloadLength = upper - header, IsTcp = tcp };
        if (candidate.PayloadLength <= 0 || tcp && header < TcpHeader) return MergeClass.Alone;
        if (!tcp)
        {
            // A datagram without a checksum (RFC 768) would get one; and the length must be the packet's.
            bool plain = Unsafe.ReadUnaligned<ushort>(at + 6) != 0 && (at[4] << 8 | at[5]) == upper;
            return plain ? MergeClass.Mergeable : MergeClass.Alone;
        }
        // Anything but data, with the bits that may be on some segments only.
        return (at[13] & (TcpFlags.Syn | TcpFlags.Rst | TcpFlags.Urg | TcpFlags.Ack)) == TcpFlags.Ack ? MergeClass.Mergeable : MergeClass.Alone;
    }

    /// <summary>A number that is the same for all packets of a flow.</summary>
    public readonly uint FlowHash()
    {
        uint ports = Unsafe.ReadUnaligned<uint>(Upper);
        ulong hash = IsIPv4
            ? Unsafe.ReadUnaligned<ulong>(Packet + 12)
            : (Unsafe.ReadUnaligned<ulong>(Packet + 8) ^ Unsafe.ReadUnaligned<ulong>(Packet + 24)) * 31 + (Unsafe.ReadUnaligned<ulong>(Packet + 16) ^ Unsafe.ReadUnaligned<ulong>(Packet + 32));
        hash = (hash ^ ports ^ (IsTcp ? 1u : 0)) * 0x9E37_79B9_7F4A_7C15;
        return (uint)(hash >> 32);
    }

    /// <summary>Same protocol, addresses and ports.</summary>
    public readonly bool IsSameFlow(in MergeCandidate other) =>
        IpLength == other.IpLength && IsTcp == other.IsTcp && Unsafe.ReadUnaligned<uint>(Upper) == Unsafe.ReadUnaligned<uint>(other.Upper)
        && (IsIPv4 ? Unsafe.ReadUnaligned<ulong>(Packet + 12) == Unsafe.ReadUnaligned<ulong>(other.Packet + 12) : Same(Packet + 8, other.Packet + 8, 32));

    /// <summary>
    /// True when <paramref name="next"/> may be added behind <paramref name="count"/> segments that began with this one and carry <paramref name="payload"/> bytes: cutting the whole
    /// gives it back bit for bit. Only the identification of packets that are never fragmented may come back another one, for it means nothing there (RFC 6864 4.1).
    /// </summary>
    public readonly bool IsFollowedBy(in MergeCandidate next, int count, int payload)
    {
        if (HeaderLength != next.HeaderLength || next.PayloadLength > PayloadLength) return false;
        if (IsIPv4)
        {
            // Version, header length, ToS; flags and offset; TTL.
            if (Unsafe.ReadUnaligned<ushort>(Packet) != Unsafe.ReadUnaligned<ushort>(next.Packet)) return false;
            if (Unsafe.ReadUnaligned<ushort>(Packet + 6) != Unsafe.ReadUnaligned<ushort>(next.Packet + 6) || Packet[8] != next.Packet[8]) return false;
            bool counted = next.Identification == (ushort)(Identification + count);
            if (!counted && !(DontFragment && next.Identification == Identification)) return false;
        }
        else if (Unsafe.ReadUnaligned<uint>(Packet) != Unsafe.ReadUnaligned<uint>(next.Packet) || Packet[7] != next.Packet[7])
        {
            return false;
        }
        return !IsTcp || IsFollowedByTcp(next, payload);
    }

    /// <summary>True when the header's and the upper layer's checksums are right. Read once, by whoever merges.</summary>
    public readonly bool HasRightChecksums() => (!IsIPv4 || InternetChecksum.IsValid(new ReadOnlySpan<byte>(Packet, IpLength))) && HasRightUpperChecksum();

    /// <summary>
    /// True for a TCP packet that the kernel has merged (GRO looks into GRE): its checksum field holds the sum of the pseudo-header, and is not by chance what it should be. The kernel has
    /// verified the parts.
    /// </summary>
    public readonly bool WasMergedByTheKernel() =>
        IsTcp && BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(Upper + 16, 2)) == (ushort)~InternetChecksum.Fold(PseudoHeader(UpperLength)) && !HasRightUpperChecksum();

    /// <summary>The sum of the pseudo-header with this length of the upper layer.</summary>
    public readonly ulong PseudoHeader(int length)
    {
        ReadOnlySpan<byte> addresses = IsIPv4 ? new(Packet + 12, 8) : new(Packet + 8, 32);
        return InternetChecksum.Sum(addresses) + Turned((ushort)(IsTcp ? IpProtocol.Tcp : IpProtocol.Udp)) + Turned((ushort)length);
    }

    private readonly bool HasRightUpperChecksum() =>
        InternetChecksum.Fold(PseudoHeader(UpperLength) + InternetChecksum.Sum(new ReadOnlySpan<byte>(Upper, UpperLength))) == 0;

    private readonly bool IsFollowedByTcp(in MergeCandidate next, int payload)
    {
        byte* a = Upper, b = next.Upper;
        const int Free = TcpFlags.Fin | TcpFlags.Psh | TcpFlags.Cwr;
        // FIN and PSH close a super-packet, so this one has none; CWR must be on the first only.
        if (((a[13] ^ b[13]) & ~Free) != 0 || (b[13] & TcpFlags.Cwr) != 0) return false;
        if (next.Sequence != unchecked(Sequence + (uint)payload)) return false;
        // Acknowledgement; header length and reserved bits; window; urgent pointer; options, timestamps among them.
        return Unsafe.ReadUnaligned<uint>(a + 8) == Unsafe.ReadUnaligned<uint>(b + 8) && a[12] == b[12]
            && Unsafe.ReadUnaligned<ushort>(a + 14) == Unsafe.ReadUnaligned<ushort>(b + 14) && Unsafe.ReadUnaligned<ushort>(a + 18) == Unsafe.ReadUnaligned<ushort>(b + 18)
            && Same(a + TcpHeader, b + TcpHeader, HeaderLength - IpLength - TcpHeader);
    }

    private static bool Same(byte* a, byte* b, int length) => new ReadOnlySpan<byte>(a, length).SequenceEqual(new ReadOnlySpan<byte>(b, length));

    private static ulong Turned(ushort value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
