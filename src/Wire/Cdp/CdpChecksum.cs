using System.Buffers.Binary;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Wire.Cdp;

/// <summary>
/// CDP's checksum: the Internet checksum but for a packet of odd length. RFC 1071 puts the last byte into the upper half
/// of a word; Cisco puts it into the lower half, sign-extended, and the sum of a negative one comes out one too small. So a
/// last byte of 0x80 or more counts as 0xFF00 + byte - 1.
/// </summary>
public static class CdpChecksum
{
    /// <summary>The checksum over a packet; the checksum field itself counts as it stands (0 to compute one).</summary>
    public static ushort Compute(ReadOnlySpan<byte> packet)
    {
        uint sum = 0;
        int i = 0;
        for (; i + 1 < packet.Length; i += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(packet[i..]);
        if (i < packet.Length)
        {
            byte last = packet[i];
            sum += last < 0x80 ? last : 0xFF00u + last - 1;
        }
        while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }

    /// <summary>
    /// True when the packet's checksum field is right. 0 is accepted: some devices do not compute it. So is the sum of RFC 1071,
    /// for CDP speakers that do not know of Cisco's oddity.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<byte> packet) =>
        BinaryPrimitives.ReadUInt16BigEndian(packet[2..]) == 0 || Compute(packet) == 0 || InternetChecksum.IsValid(packet);
}
