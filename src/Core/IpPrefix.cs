namespace Dmvpn.Core;

/// <summary>
/// An IPv4 or IPv6 prefix: an address whose host bits are zero and a length in bits of its family.
/// </summary>
public readonly struct IpPrefix : IEquatable<IpPrefix>, IComparable<IpPrefix>
{
    private readonly byte _length;

    /// <summary>The prefix of <paramref name="length"/> bits that holds <paramref name="address"/>; host bits are cleared.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative or above the family's width.</exception>
    public IpPrefix(IpAddress address, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, address.BitCount);
        Address = Mask(address, length);
        _length = (byte)length;
    }

    /// <summary>The prefix of one address: /32 or /128.</summary>
    public static IpPrefix Host(IpAddress address) => new(address, address.BitCount);

    /// <summary>0.0.0.0/0.</summary>
    public static IpPrefix DefaultIPv4 => new(IpAddress.AnyIPv4, 0);

    /// <summary>::/0; also the default value.</summary>
    public static IpPrefix DefaultIPv6 => default;

    /// <summary>The network address.</summary>
    public IpAddress Address { get; }

    /// <summary>Length in bits: 0-32 or 0-128.</summary>
    public int Length => _length;

    /// <summary>True for an IPv4 prefix.</summary>
    public bool IsIPv4 => Address.IsIPv4;

    /// <summary>True when the prefix holds one address only.</summary>
    public bool IsHost => _length == Address.BitCount;

    /// <summary>The highest address of the prefix; for an IPv4 subnet its directed broadcast.</summary>
    public IpAddress Last
    {
        get
        {
            int depth = _length + (IsIPv4 ? 96 : 0);
            ulong high = depth >= 64 ? 0 : ulong.MaxValue >> depth;
            ulong low = depth >= 128 ? 0 : depth <= 64 ? ulong.MaxValue : ulong.MaxValue >> (depth - 64);
            return IpAddress.FromBits(Address.High | high, Address.Low | low);
        }
    }

    /// <summary>True when <paramref name="address"/> is of the same family and inside.</summary>
    public bool Contains(IpAddress address) => address.IsIPv4 == IsIPv4 && Mask(address, _length) == Address;

    /// <summary>True when <paramref name="other"/> is of the same family and wholly inside (or equal).</summary>
    public bool Contains(IpPrefix other) => other._length >= _length && Contains(other.Address);

    /// <summary>
    /// The widest part of this prefix that holds <paramref name="keep"/> and not all of <paramref name="other"/>; the host prefix
    /// when <paramref name="other"/> holds the address itself.
    /// </summary>
    public IpPrefix Excluding(IpPrefix other, IpAddress keep)
    {
        IpPrefix part = this;
        while (part.Contains(other) && !part.IsHost) part = new IpPrefix(keep, part.Length + 1);
        return part;
    }

    /// <summary>Reads "A.B.C.D/n" or "X:X::X/n"; host bits must be zero unless <paramref name="allowHostBits"/>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpPrefix prefix, bool allowHostBits = false)
    {
        prefix = default;
        int slash = text.IndexOf('/');
        if (slash < 0 || !IpAddress.TryParse(text[..slash], out IpAddress address)) return false;
        ReadOnlySpan<char> digits = text[(slash + 1)..];
        if (digits.Length is 0 or > 3 || digits.ContainsAnyExceptInRange('0', '9')) return false;
        int length = int.Parse(digits);
        if (length > address.BitCount) return false;
        prefix = new IpPrefix(address, length);
        return allowHostBits || prefix.Address == address;
    }

    /// <summary>Like <see cref="TryParse"/>, for text known to be right; throws <see cref="FormatException"/>.</summary>
    public static IpPrefix Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out IpPrefix prefix) ? prefix : throw new FormatException($"'{text}' is not an IP prefix");

    /// <inheritdoc/>
    public bool Equals(IpPrefix other) => Address == other.Address && _length == other._length;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IpPrefix other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Address, _length);

    /// <summary>By address, then shorter first.</summary>
    public int CompareTo(IpPrefix other)
    {
        int byAddress = Address.CompareTo(other.Address);
        return byAddress != 0 ? byAddress : _length.CompareTo(other._length);
    }

    /// <summary>Same prefix.</summary>
    public static bool operator ==(IpPrefix a, IpPrefix b) => a.Equals(b);

    /// <summary>Another prefix.</summary>
    public static bool operator !=(IpPrefix a, IpPrefix b) => !a.Equals(b);

    /// <summary>"address/length".</summary>
    public override string ToString() => $"{Address}/{_length}";

    private static IpAddress Mask(IpAddress address, int length)
    {
        int depth = length + (address.IsIPv4 ? 96 : 0);
        ulong high = depth >= 64 ? ulong.MaxValue : depth == 0 ? 0 : ulong.MaxValue << (64 - depth);
        ulong low = depth >= 128 ? ulong.MaxValue : depth <= 64 ? 0 : ulong.MaxValue << (128 - depth);
        return IpAddress.FromBits(address.High & high, address.Low & low);
    }
}
