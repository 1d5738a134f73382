using System.Buffers.Binary;

namespace Dmvpn.Dataplane;

/// <summary>What goes in front of a message to IKE in a mailbox: by which source it came, and between which ports.</summary>
/// <param name="Underlay">The number of the <see cref="Underlay"/>.</param>
/// <param name="LocalPort">500, 4500, or 0 for raw ESP.</param>
/// <param name="RemotePort">The sender's UDP port.</param>
/// <param name="Spi">An SPI; 0 with an IKE message.</param>
public readonly record struct SecurityEnvelope(int Underlay, ushort LocalPort, ushort RemotePort, uint Spi)
{
    /// <summary>Its bytes.</summary>
    public const int Length = 12;

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to, Underlay);
        BinaryPrimitives.WriteUInt16LittleEndian(to[4..], LocalPort);
        BinaryPrimitives.WriteUInt16LittleEndian(to[6..], RemotePort);
        BinaryPrimitives.WriteUInt32LittleEndian(to[8..], Spi);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static SecurityEnvelope Read(ReadOnlySpan<byte> from) => new(
        BinaryPrimitives.ReadInt32LittleEndian(from), BinaryPrimitives.ReadUInt16LittleEndian(from[4..]),
        BinaryPrimitives.ReadUInt16LittleEndian(from[6..]), BinaryPrimitives.ReadUInt32LittleEndian(from[8..]));
}
