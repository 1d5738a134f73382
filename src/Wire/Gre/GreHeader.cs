using System.Buffers.Binary;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Wire.Gre;

/// <summary>A GRE header to send (RFC 2784 2.1, RFC 2890 2).</summary>
/// <param name="Protocol">What the payload is.</param>
/// <param name="Key">The tunnel's key, or null for none; 0 is a key.</param>
/// <param name="Sequence">The sequence number, or null for none.</param>
/// <param name="Checksum">Whether header and payload are protected by a checksum.</param>
public readonly record struct GreHeader(GreProtocol Protocol, uint? Key = null, uint? Sequence = null, bool Checksum = false)
{
    /// <summary>4-16 bytes.</summary>
    public int Length => GreSpec.BaseLength + (Checksum ? 4 : 0) + (Key.HasValue ? 4 : 0) + (Sequence.HasValue ? 4 : 0);

    /// <summary>
    /// Writes the header at the start of <paramref name="packet"/>. The payload must already be behind it, up to the end of
    /// the span: the checksum, when wanted, is over all of it. Without a checksum only the header's room is needed.
    /// </summary>
    public void Write(Span<byte> packet)
    {
        int flags = (Checksum ? GreSpec.ChecksumFlag : 0) | (Key.HasValue ? GreSpec.KeyFlag : 0) | (Sequence.HasValue ? GreSpec.SequenceFlag : 0);
        BinaryPrimitives.WriteUInt16BigEndian(packet, (ushort)flags);
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)Protocol);
        int at = GreSpec.BaseLength;
        if (Checksum)
        {
            BinaryPrimitives.WriteUInt32BigEndian(packet[at..], 0);
            at += 4;
        }
        if (Key.HasValue)
        {
            BinaryPrimitives.WriteUInt32BigEndian(packet[at..], Key.GetValueOrDefault());
            at += 4;
        }
        if (Sequence.HasValue) BinaryPrimitives.WriteUInt32BigEndian(packet[at..], Sequence.GetValueOrDefault());
        if (Checksum) BinaryPrimitives.WriteUInt16BigEndian(packet[4..], InternetChecksum.Compute(packet));
    }
}
