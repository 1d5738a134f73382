using System.Buffers.Binary;

namespace Dmvpn.Dataplane;

/// <summary>The bytes of a <see cref="ControlKind.GreRefused"/>.</summary>
/// <param name="Underlay">
/// The number of the <see cref="Dataplane.Underlay"/> that it came by.
/// </param>
/// <param name="Why">
/// <see cref="DataplaneDrop.InNoTunnel"/>, <see cref="DataplaneDrop.InUnknownPeer"/> or <see
/// cref="DataplaneDrop.InCleartext"/>.
/// </param>
/// <param name="Key">Its key; null without one.</param>
public readonly record struct RefusedGre(int Underlay, DataplaneDrop Why, uint? Key)
{
    /// <summary>Its bytes.</summary>
    public const int Length = 16;

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to, Underlay);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], (int)Why);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], Key.HasValue ? 1 : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(to[12..], Key ?? 0);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static RefusedGre Read(ReadOnlySpan<byte> from)
    {
        bool hasKey = BinaryPrimitives.ReadInt32LittleEndian(from[8..]) != 0;
        return new RefusedGre(
            BinaryPrimitives.ReadInt32LittleEndian(from), (DataplaneDrop)BinaryPrimitives.ReadInt32LittleEndian(from[4..]),
            hasKey ? BinaryPrimitives.ReadUInt32LittleEndian(from[12..]) : null);
    }
}
