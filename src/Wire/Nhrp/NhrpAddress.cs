using System.Buffers.Binary;
using Dmvpn.Core;

namespace Dmvpn.Wire.Nhrp;

/// <summary>
/// An address field with what its type/length octet says (RFC 2332 5.1). NBMA addresses use six bits of it for the length and one
/// for the E.164 format; protocol lengths use all eight. IP addresses need no memory of their own; anything else is kept as it came.
/// </summary>
public readonly record struct NhrpAddress
{
    private readonly byte _typeLength;

    private NhrpAddress(byte typeLength, IpAddress ip, byte[]? other) => (_typeLength, Ip, Other) = (typeLength, ip, other);

    /// <summary>The octet as it is on the wire.</summary>
    public byte TypeLength => _typeLength;

    /// <summary>The address when it is 4 or 16 bytes long, else <see cref="IpAddress.None"/>.</summary>
    public IpAddress Ip { get; }

    /// <summary>The bytes of an address that is neither 0, 4 nor 16 bytes long.</summary>
    public byte[]? Other { get; }

    /// <summary>True when no byte of it is on the wire.</summary>
    public bool IsEmpty => Other is null && (_typeLength & 0x3F) == 0;

    /// <summary>Bytes on the wire.</summary>
    public int Length => Other?.Length ?? _typeLength & 0x3F;

    /// <summary>An IP address; <see cref="IpAddress.None"/> makes an empty field.</summary>
    public static implicit operator NhrpAddress(IpAddress ip) => ip.IsNone ? default : new((byte)ip.ByteCount, ip, null);

    /// <summary>An IP address that is written even when it is "::" (the wildcard in the NAT extension).</summary>
    public static NhrpAddress Explicit(IpAddress ip) => new((byte)ip.ByteCount, ip, null);

    internal static NhrpAddress Read(byte typeLength, ReadOnlySpan<byte> bytes) => bytes.Length is 0 or 4 or 16
        ? new(typeLength, IpAddress.FromBytes(bytes), null)
        : new(typeLength, IpAddress.None, bytes.ToArray());

    internal void Write(Span<byte> to)
    {
        if (Other is not null)
        {
            Other.CopyTo(to);
        }
        else if (Length == 4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(to, Ip.ToUInt32());
        }
        else if (Length == 16)
        {
            // Not IpAddress.Write: an IPv4-mapped address that came in 16 bytes leaves in 16.
            BinaryPrimitives.WriteUInt64BigEndian(to, Ip.High);
            BinaryPrimitives.WriteUInt64BigEndian(to[8..], Ip.Low);
        }
    }

    /// <summary>Same octet and same bytes.</summary>
    public bool Equals(NhrpAddress other) =>
        _typeLength == other._typeLength && Ip == other.Ip && Other.AsSpan().SequenceEqual(other.Other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_typeLength, Ip);

    /// <summary>The IP address, "-" for none, or hexadecimal digits.</summary>
    public override string ToString() => Other is not null ? Convert.ToHexString(Other) : Length == 0 ? "-" : Ip.ToString();
}
