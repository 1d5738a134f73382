using System.Buffers.Binary;
using Dmvpn.Core;

namespace Dmvpn.Wire;

/// <summary>
/// Takes network-order fields off the front of a span. A read past the end gives zero and sets
/// <see cref="Failed"/>, which stays set: the caller reads a whole structure and checks once.
/// </summary>
public ref struct WireReader
{
    private readonly ReadOnlySpan<byte> _bytes;

    /// <summary>A reader at the start of <paramref name="bytes"/>.</summary>
    public WireReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>How many bytes have been read.</summary>
    public int Position { get; private set; }

    /// <summary>True once a read went past the end.</summary>
    public bool Failed { get; private set; }

    /// <summary>How many bytes are left; 0 after a failure.</summary>
    public readonly int Left => Failed ? 0 : _bytes.Length - Position;

    /// <summary>What has not been read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => Failed ? default : _bytes[Position..];

    /// <summary>One byte.</summary>
    public byte ReadByte() => TryTake(1, out ReadOnlySpan<byte> taken) ? taken[0] : (byte)0;

    /// <summary>Two bytes.</summary>
    public ushort ReadUInt16() => TryTake(2, out ReadOnlySpan<byte> taken) ? BinaryPrimitives.ReadUInt16BigEndian(taken) : (ushort)0;

    /// <summary>Four bytes.</summary>
    public uint ReadUInt32() => TryTake(4, out ReadOnlySpan<byte> taken) ? BinaryPrimitives.ReadUInt32BigEndian(taken) : 0;

    /// <summary>Eight bytes.</summary>
    public ulong ReadUInt64() => TryTake(8, out ReadOnlySpan<byte> taken) ? BinaryPrimitives.ReadUInt64BigEndian(taken) : 0;

    /// <summary>
    /// An address of 4 or 16 bytes; <see cref="IpAddress.None"/> for length 0. Any other length is a failure, and so is
    /// an IPv4-mapped address in 16 bytes: nobody sends one honestly.
    /// </summary>
    public IpAddress ReadAddress(int length)
    {
        if (length is not (0 or 4 or 16)) Failed = true;
        IpAddress address = IpAddress.FromBytes(ReadBytes(length));
        if (length != 16 || address.IsIPv6) return address;
        Failed = true;
        return IpAddress.None;
    }

    /// <summary>The next <paramref name="length"/> bytes, borrowed; empty when there are not so many.</summary>
    public ReadOnlySpan<byte> ReadBytes(int length)
    {
        TryTake(length, out ReadOnlySpan<byte> taken);
        return taken;
    }

    /// <summary>Passes over bytes.</summary>
    public void Skip(int length) => TryTake(length, out _);

    private bool TryTake(int length, out ReadOnlySpan<byte> taken)
    {
        if (Failed || (uint)length > (uint)(_bytes.Length - Position))
        {
            Failed = true;
            taken = default;
            return false;
        }
        taken = _bytes.Slice(Position, length);
        Position += length;
        return true;
    }
}
