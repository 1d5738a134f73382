using System.Buffers.Binary;

namespace Dmvpn.Wire.Nhrp;

/// <summary>
/// The IP checksum (RFC 1071) over a whole NHRP packet; an odd tail is padded with a zero byte (RFC 2332 5.1).
/// </summary>
internal static class NhrpChecksum
{
    /// <summary>One's complement sum, folded to 16 bits; 0xFFFF over a packet whose checksum is right.</summary>
    public static ushort Sum(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        while (bytes.Length >= 4)
        {
            sum += BinaryPrimitives.ReadUInt32BigEndian(bytes);
            bytes = bytes[4..];
        }
        if (bytes.Length >= 2)
        {
            sum += (uint)BinaryPrimitives.ReadUInt16BigEndian(bytes) << 16;
            if (bytes.Length == 3) sum += (uint)bytes[2] << 8;
        }
        else if (bytes.Length == 1)
        {
            sum += (uint)bytes[0] << 24;
        }
        sum = (sum >> 32) + (sum & 0xFFFFFFFF);
        sum = (sum >> 16) + (sum & 0xFFFF);
        sum = (sum >> 16) + (sum & 0xFFFF);
        return (ushort)((sum >> 16) + (sum & 0xFFFF));
    }
}
