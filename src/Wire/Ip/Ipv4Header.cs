using System.Buffers.Binary;
using Dmvpn.Core;

namespace Dmvpn.Wire.Ip;

/// <summary>An IPv4 header without options to send, and changes in place of one that is there.</summary>
/// <param name="TrafficClass">ToS: DSCP and ECN.</param>
/// <param name="Ttl">Time to live.</param>
/// <param name="Protocol">What the payload is.</param>
/// <param name="Source">Where it comes from; an IPv4 address.</param>
/// <param name="Destination">Where it goes; an IPv4 address.</param>
/// <param name="Identification">Needed only where the packet may be fragmented (RFC 6864).</param>
/// <param name="DontFragment">DF.</param>
public readonly record struct Ipv4Header(
    byte TrafficClass, byte Ttl, IpProtocol Protocol, IpAddress Source, IpAddress Destination, ushort Identification = 0, bool DontFragment = false)
{
    /// <summary>20 bytes.</summary>
    public const int Length = IpSpec.Ipv4HeaderLength;

    /// <summary>
    /// Writes the header at the start of <paramref name="packet"/>, whose length, at most 65,535, becomes the total length.
    /// </summary>
    public void Write(Span<byte> packet)
    {
        packet[0] = 0x45;
        packet[1] = TrafficClass;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], Identification);
        BinaryPrimitives.WriteUInt16BigEndian(packet[6..], (ushort)(DontFragment ? 0x4000 : 0));
        packet[8] = Ttl;
        packet[9] = (byte)Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], 0);
        BinaryPrimitives.WriteUInt32BigEndian(packet[12..], Source.ToUInt32());
        BinaryPrimitives.WriteUInt32BigEndian(packet[16..], Destination.ToUInt32());
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], InternetChecksum.Compute(packet[..Length]));
    }

    /// <summary>Changes the ToS byte of a packet, and its checksum incrementally. The packet must have passed <see cref="Ipv4View.TryParse"/>.</summary>
    public static void SetTrafficClass(Span<byte> packet, byte value)
    {
        ushort old = BinaryPrimitives.ReadUInt16BigEndian(packet);
        packet[1] = value;
        UpdateChecksum(packet, old, BinaryPrimitives.ReadUInt16BigEndian(packet));
    }

    /// <summary>Changes the TTL of a packet, and its checksum incrementally. The packet must have passed <see cref="Ipv4View.TryParse"/>.</summary>
    public static void SetTtl(Span<byte> packet, byte value)
    {
        ushort old = BinaryPrimitives.ReadUInt16BigEndian(packet[8..]);
        packet[8] = value;
        UpdateChecksum(packet, old, BinaryPrimitives.ReadUInt16BigEndian(packet[8..]));
    }

    private static void UpdateChecksum(Span<byte> packet, ushort oldWord, ushort newWord)
    {
        ushort checksum = BinaryPrimitives.ReadUInt16BigEndian(packet[10..]);
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], InternetChecksum.Update(checksum, oldWord, newWord));
    }
}
