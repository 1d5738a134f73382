using System.Buffers.Binary;
using System.Net;

namespace Dmvpn.Core;

/// <summary>
/// An IPv4 or IPv6 address in 16 bytes. IPv4 is kept in its IPv4-mapped form (RFC 4291 2.5.5.2), which never
/// is a legal address on our wires, so the family needs no field of its own. The default value is
/// <see cref="None"/>, the IPv6 unspecified address, which also means "no address".
/// </summary>
public readonly struct IpAddress : IEquatable<IpAddress>, IComparable<IpAddress>
{
    private const ulong MappedPrefix = 0x0000_FFFF_0000_0000;
    private readonly ulong _high;
    private readonly ulong _low;

    private IpAddress(ulong high, ulong low) => (_high, _low) = (high, low);

    /// <summary>No address; as IPv6 it is "::".</summary>
    public static IpAddress None => default;

    /// <summary>0.0.0.0.</summary>
    public static IpAddress AnyIPv4 => FromIPv4(0);

    /// <summary>The IPv4 address with this value in host order: 0x7F000001 is 127.0.0.1.</summary>
    public static IpAddress FromIPv4(uint value) => new(0, MappedPrefix | value);

    /// <summary>The address with these 128 bits in host order.</summary>
    public static IpAddress FromBits(ulong high, ulong low) => new(high, low);

    /// <summary>The address in 4 or 16 bytes of network order; any other length gives <see cref="None"/>.</summary>
    public static IpAddress FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        16 => new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..])),
        _ => None,
    };

    /// <summary>The upper 64 of the 128 bits.</summary>
    public ulong High => _high;

    /// <summary>The lower 64 of the 128 bits.</summary>
    public ulong Low => _low;

    /// <summary>True for an IPv4 address, 0.0.0.0 too.</summary>
    public bool IsIPv4 => _high == 0 && _low >> 32 == 0xFFFF;

    /// <summary>True for an IPv6 address; <see cref="None"/> counts as one.</summary>
    public bool IsIPv6 => !IsIPv4;

    /// <summary>True for <see cref="None"/> ("::").</summary>
    public bool IsNone => _high == 0 && _low == 0;

    /// <summary>True for "::" and 0.0.0.0.</summary>
    public bool IsUnspecified => _high == 0 && (_low == 0 || _low == MappedPrefix);

    /// <summary>True for 224.0.0.0/4 and ff00::/8.</summary>
    public bool IsMulticast => IsIPv4 ? (_low & 0xF000_0000) == 0xE000_0000 : _high >> 56 == 0xFF;

    /// <summary>True for 169.254.0.0/16 and fe80::/10.</summary>
    public bool IsLinkLocal => IsIPv4 ? (_low & 0xFFFF_0000) == 0xA9FE_0000 : _high >> 54 == 0x3FA;

    /// <summary>True for 127.0.0.0/8 and ::1.</summary>
    public bool IsLoopback => IsIPv4 ? (_low & 0xFF00_0000) == 0x7F00_0000 : _high == 0 && _low == 1;

    /// <summary>True for 255.255.255.255.</summary>
    public bool IsLimitedBroadcast => _high == 0 && _low == (MappedPrefix | 0xFFFF_FFFF);

    /// <summary>Width of the family: 32 or 128 bits.</summary>
    public int BitCount => IsIPv4 ? 32 : 128;

    /// <summary>Length on the wire: 4 or 16 bytes.</summary>
    public int ByteCount => IsIPv4 ? 4 : 16;

    /// <summary>The IPv4 value in host order; meaningless for IPv6.</summary>
    public uint ToUInt32() => (uint)_low;

    /// <summary>Writes the address in network order and returns its length, <see cref="ByteCount"/>.</summary>
    public int Write(Span<byte> to)
    {
        if (IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(to, (uint)_low);
            return 4;
        }
        BinaryPrimitives.WriteUInt64BigEndian(to, _high);
        BinaryPrimitives.WriteUInt64BigEndian(to[8..], _low);
        return 16;
    }

    /// <summary>The address in network order, newly allocated.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[ByteCount];
        Write(bytes);
        return bytes;
    }

    /// <summary>Reads a dotted quad (four decimal parts, nothing shorter) or an IPv6 address without a zone.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpAddress address)
    {
        address = None;
        if (text.IndexOf(':') < 0) return TryParseIPv4(text, out address);
        if (text.IndexOfAny('%', '[', '/') >= 0 || !IPAddress.TryParse(text, out IPAddress? parsed)) return false;
        Span<byte> bytes = stackalloc byte[16];
        if (!parsed.TryWriteBytes(bytes, out int written) || written != 16) return false;
        address = FromBytes(bytes);
        return true;
    }

    /// <summary>Like <see cref="TryParse"/>, for text known to be right; throws <see cref="FormatException"/>.</summary>
    public static IpAddress Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out IpAddress address) ? address : throw new FormatException($"'{text}' is not an IP address");

    private static bool TryParseIPv4(ReadOnlySpan<char> text, out IpAddress address)
    {
        address = None;
        uint value = 0;
        int parts = 0, digits = 0, part = 0;
        foreach (char c in text)
        {
            if (c == '.')
            {
                if (digits == 0 || ++parts > 3) return false;
                value = value << 8 | (uint)part;
                digits = part = 0;
            }
            else if (char.IsAsciiDigit(c) && ++digits <= 3)
            {
                part = part * 10 + (c - '0');
                if (part > 255) return false;
            }
            else
            {
                return false;
            }
        }
        if (parts != 3 || digits == 0) return false;
        address = FromIPv4(value << 8 | (uint)part);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(IpAddress other) => _high == other._high && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IpAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low);

    /// <summary>IPv4 sorts before all of IPv6 but "::" and its lowest neighbours; within a family by value.</summary>
    public int CompareTo(IpAddress other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    /// <summary>Same address.</summary>
    public static bool operator ==(IpAddress a, IpAddress b) => a.Equals(b);

    /// <summary>Another address.</summary>
    public static bool operator !=(IpAddress a, IpAddress b) => !a.Equals(b);

    /// <summary>Dotted quad, or RFC 5952 text in lower case.</summary>
    public override string ToString()
    {
        if (IsIPv4)
        {
            uint v = (uint)_low;
            return string.Create(null, stackalloc char[16], $"{v >> 24}.{v >> 16 & 255}.{v >> 8 & 255}.{v & 255}");
        }
        Span<byte> bytes = stackalloc byte[16];
        Write(bytes);
        return new IPAddress(bytes).ToString();
    }
}
