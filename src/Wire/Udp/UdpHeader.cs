using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Wire.Udp;

/// <summary>A UDP header to send (RFC 768).</summary>
/// <param name="SourcePort">Source port.</param>
/// <param name="DestinationPort">Destination port.</param>
public readonly record struct UdpHeader(ushort SourcePort, ushort DestinationPort)
{
    /// <summary>8 bytes.</summary>
    public const int Length = 8;

    /// <summary>
    /// Writes the header at the start of <paramref name="datagram"/>, without a checksum: legal on IPv4, and what ESP in UDP
    /// asks for (RFC 3948 2.1). The datagram's length becomes the length field.
    /// </summary>
    public void Write(Span<byte> datagram)
    {
        BinaryPrimitives.WriteUInt16BigEndian(datagram, SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[2..], DestinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[4..], (ushort)datagram.Length);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[6..], 0);
    }

    /// <summary>The same with a checksum over pseudo-header, header and payload, which must already be behind it.</summary>
    public void Write(Span<byte> datagram, IpAddress source, IpAddress destination)
    {
        Write(datagram);
        ushort checksum = InternetChecksum.Fold(
            InternetChecksum.Sum(datagram) + InternetChecksum.PseudoHeaderSum(source, destination, (byte)IpProtocol.Udp, datagram.Length));

        // A computed 0 is sent as its other form, since 0 means "none" (RFC 768).
        BinaryPrimitives.WriteUInt16BigEndian(datagram[6..], checksum == 0 ? (ushort)0xFFFF : checksum);
    }

    /// <summary>True when the checksum is right, or absent on IPv4; on IPv6 there must be one (RFC 8200 8.1).</summary>
    public static bool IsChecksumValid(UdpView datagram, IpAddress source, IpAddress destination)
    {
        if (datagram.Checksum == 0) return source.IsIPv4;
        return InternetChecksum.Fold(
            InternetChecksum.Sum(datagram.Bytes)
            + InternetChecksum.PseudoHeaderSum(source, destination, (byte)IpProtocol.Udp, datagram.Bytes.Length)) == 0;
    }
}
