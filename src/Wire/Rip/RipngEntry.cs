using System.Buffers.Binary;
using Dmvpn.Core;

namespace Dmvpn.Wire.Rip;

/// <summary>
/// A route of RIPng, or a next hop for the routes behind it (RFC 2080 2.1).
/// <code>
/// |                    IPv6 prefix (16 bytes)                     |
/// |           Route tag           | Prefix length |    Metric     |
/// </code>
/// </summary>
/// <param name="High">The first 8 bytes of the address.</param>
/// <param name="Low">The last 8 bytes of the address.</param>
/// <param name="Tag">The route tag.</param>
/// <param name="PrefixLength">0 to 128 are legal.</param>
/// <param name="Metric">1 to 16 for a route, 255 for a next hop.</param>
public readonly record struct RipngEntry(ulong High, ulong Low, ushort Tag, byte PrefixLength, byte Metric)
{
    /// <summary>A route.</summary>
    public static RipngEntry Of(IpPrefix prefix, int metric, ushort tag = 0) =>
        new(prefix.Address.High, prefix.Address.Low, tag, (byte)prefix.Length, (byte)metric);

    /// <summary>The next hop of the routes behind it; <see cref="IpAddress.None"/> for the sender (RFC 2080 2.1.1).</summary>
    public static RipngEntry NextHop(IpAddress address) => new(address.High, address.Low, 0, 0, RipSpec.NextHopMetric);

    /// <summary>The entry of a request for the whole table (RFC 2080 2.4.1).</summary>
    public static RipngEntry WholeTable => new(0, 0, 0, 0, RipSpec.Infinity);

    /// <summary>True when this is a next hop and no route.</summary>
    public bool IsNextHop => Metric == RipSpec.NextHopMetric;

    /// <summary>The address; of a next hop <see cref="IpAddress.None"/> for the sender.</summary>
    public IpAddress Address => IpAddress.FromBits(High, Low);

    /// <summary>The destination. False for a length above 128, bits beyond the length, and an IPv4-mapped address.</summary>
    public bool TryGetPrefix(out IpPrefix prefix)
    {
        prefix = default;
        if (PrefixLength > 128 || Address.IsIPv4) return false;
        prefix = new IpPrefix(Address, PrefixLength);
        return prefix.Address == Address;
    }

    internal static RipngEntry Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt16BigEndian(bytes[16..]), bytes[18], bytes[19]);

    internal void Write(ref WireWriter writer)
    {
        writer.WriteUInt64(High);
        writer.WriteUInt64(Low);
        writer.WriteUInt16(Tag);
        writer.WriteByte(PrefixLength);
        writer.WriteByte(Metric);
    }
}
