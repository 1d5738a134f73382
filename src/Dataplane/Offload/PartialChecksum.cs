using System.Buffers.Binary;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane.Offload;

/// <summary>Finishes a checksum that the kernel left to the device (CHECKSUM_PARTIAL): the field holds the sum of the pseudo-header, and the rest is to be added.</summary>
internal static class PartialChecksum
{
    /// <summary>Finishes it in place. False when it lies outside of the packet.</summary>
    public static bool TryComplete(Span<byte> packet, in VnetHeader header)
    {
        int start = header.ChecksumStart, field = start + header.ChecksumOffset;
        if (field + 2 > packet.Length) return false;
        ushort checksum = InternetChecksum.Compute(packet[start..]);
        // A checksum of zero means none in UDP (RFC 768); the other zero says the same sum, and TCP takes either.
        BinaryPrimitives.WriteUInt16BigEndian(packet[field..], checksum == 0 ? (ushort)0xFFFF : checksum);
        return true;
    }
}
