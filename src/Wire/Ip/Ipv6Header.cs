using System.Buffers.Binary;
using Dmvpn.Core;

namespace Dmvpn.Wire.Ip;

/// <summary>An IPv6 header without extensions to send, and changes in place of one that is there.</summary>
/// <param name="TrafficClass">DSCP and ECN.</param>
/// <param name="HopLimit">Hop limit.</param>
/// <param name="NextHeader">What the payload is.</param>
/// <param name="Source">Where it comes from; an IPv6 address.</param>
/// <param name="Destination">Where it goes; an IPv6 address.</param>
/// <param name="FlowLabel">20 bits; 0 for none.</param>
public readonly record struct Ipv6Header(
    byte TrafficClass, byte HopLimit, IpProtocol NextHeader, IpAddress Source, IpAddress Destination, uint FlowLabel = 0)
{
    /// <summary>40 bytes.</summary>
    public const int Length = IpSpec.Ipv6HeaderLength;

    /// <summary>
    /// Writes the header at the start of <paramref name="packet"/>, whose length, at most 65,575, gives the payload length.
    /// </summary>
    public void Write(Span<byte> packet)
    {
        BinaryPrimitives.WriteUInt32BigEndian(packet, 6u << 28 | (uint)TrafficClass << 20 | FlowLabel & 0xF_FFFF);
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)(packet.Length - Length));
        packet[6] = (byte)NextHeader;
        packet[7] = HopLimit;
        BinaryPrimitives.WriteUInt64BigEndian(packet[8..], Source.High);
        BinaryPrimitives.WriteUInt64BigEndian(packet[16..], Source.Low);
        BinaryPrimitives.WriteUInt64BigEndian(packet[24..], Destination.High);
        BinaryPrimitives.WriteUInt64BigEndian(packet[32..], Destination.Low);
    }

    /// <summary>Changes the traffic class of a packet, which must have passed <see cref="Ipv6View.TryParse"/>.</summary>
    public static void SetTrafficClass(Span<byte> packet, byte value)
    {
        packet[0] = (byte)(packet[0] & 0xF0 | value >> 4);
        packet[1] = (byte)(packet[1] & 0x0F | value << 4);
    }

    /// <summary>Changes the hop limit of a packet, which must have passed <see cref="Ipv6View.TryParse"/>.</summary>
    public static void SetHopLimit(Span<byte> packet, byte value) => packet[7] = value;
}
