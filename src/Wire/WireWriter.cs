using System.Buffers.Binary;
using Dmvpn.Core;

namespace Dmvpn.Wire;

/// <summary>
/// Puts network-order fields into a span, one behind the other. A write past the end is not made and sets
/// <see cref="Failed"/>, which stays set: the caller writes a whole structure and checks once. Every byte up to
/// <see cref="Position"/> has been written, so a reused buffer cannot leak into a packet.
/// </summary>
public ref struct WireWriter
{
    private readonly Span<byte> _to;

    /// <summary>A writer at the start of <paramref name="to"/>.</summary>
    public WireWriter(Span<byte> to) => _to = to;

    /// <summary>How many bytes have been written.</summary>
    public int Position { get; private set; }

    /// <summary>True once a write did not fit.</summary>
    public bool Failed { get; private set; }

    /// <summary>What has been written, for checksums.</summary>
    public readonly Span<byte> Written => _to[..Position];

    /// <summary>One byte.</summary>
    public void WriteByte(byte value)
    {
        if (TryTake(1, out Span<byte> room)) room[0] = value;
    }

    /// <summary>Two bytes.</summary>
    public void WriteUInt16(ushort value)
    {
        if (TryTake(2, out Span<byte> room)) BinaryPrimitives.WriteUInt16BigEndian(room, value);
    }

    /// <summary>Four bytes.</summary>
    public void WriteUInt32(uint value)
    {
        if (TryTake(4, out Span<byte> room)) BinaryPrimitives.WriteUInt32BigEndian(room, value);
    }

    /// <summary>Eight bytes.</summary>
    public void WriteUInt64(ulong value)
    {
        if (TryTake(8, out Span<byte> room)) BinaryPrimitives.WriteUInt64BigEndian(room, value);
    }

    /// <summary>An address in its 4 or 16 bytes; nothing for <see cref="IpAddress.None"/>.</summary>
    public void WriteAddress(IpAddress address)
    {
        if (!address.IsNone && TryTake(address.ByteCount, out Span<byte> room)) address.Write(room);
    }

    /// <summary>Bytes as they are.</summary>
    public void WriteBytes(scoped ReadOnlySpan<byte> bytes)
    {
        if (TryTake(bytes.Length, out Span<byte> room)) bytes.CopyTo(room);
    }

    /// <summary>Zeros.</summary>
    public void WriteZeros(int count)
    {
        if (TryTake(count, out Span<byte> room)) room.Clear();
    }

    /// <summary>Overwrites two bytes that were written before: a length or a checksum known only afterwards.</summary>
    public readonly void PatchUInt16(int at, ushort value)
    {
        if (!Failed) BinaryPrimitives.WriteUInt16BigEndian(_to.Slice(at, 2), value);
    }

    private bool TryTake(int length, out Span<byte> room)
    {
        if (Failed || (uint)length > (uint)(_to.Length - Position))
        {
            Failed = true;
            room = default;
            return false;
        }
        room = _to.Slice(Position, length);
        Position += length;
        return true;
    }
}
