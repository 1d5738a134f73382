using System.Buffers.Binary;
using System.Numerics;
using Dmvpn.Core;

namespace Dmvpn.Wire.Rip;

/// <summary>
/// A route of RIP (RFC 2453 4).
/// <code>
/// |        Address family         |           Route tag           |
/// |                          IPv4 address                         |
/// |                          Subnet mask                          |
/// |                            Next hop                           |
/// |                             Metric                            |
/// </code>
/// </summary>
/// <param name="Family">2 for IPv4; 0 in a request for the whole table.</param>
/// <param name="Tag">The route tag; zero in version 1.</param>
/// <param name="Address">The IPv4 address.</param>
/// <param name="Mask">The subnet mask; zero in version 1.</param>
/// <param name="NextHop">The next hop, or zero for the sender; zero in version 1.</param>
/// <param name="Metric">1 to 16 are legal.</param>
public readonly record struct RipEntry(ushort Family, ushort Tag, uint Address, uint Mask, uint NextHop, uint Metric)
{
    /// <summary>A route of version 2.</summary>
    /// <param name="prefix">The destination, IPv4.</param>
    /// <param name="metric">1 to 16.</param>
    /// <param name="nextHop">An IPv4 address, or <see cref="IpAddress.None"/> for the sender.</param>
    /// <param name="tag">The route tag.</param>
    public static RipEntry Of(IpPrefix prefix, int metric, IpAddress nextHop = default, ushort tag = 0) => new(
        RipSpec.Ipv4Family, tag, prefix.Address.ToUInt32(), prefix.Length == 0 ? 0 : uint.MaxValue << (32 - prefix.Length),
        nextHop.IsNone ? 0 : nextHop.ToUInt32(), (uint)metric);

    /// <summary>The entry of a request for the whole table (RFC 2453 3.9.1).</summary>
    public static RipEntry WholeTable => new(0, 0, 0, 0, 0, RipSpec.Infinity);

    /// <summary>The destination. False when the mask has holes, or when the address has bits beyond it.</summary>
    public bool TryGetPrefix(out IpPrefix prefix)
    {
        int length = BitOperations.LeadingZeroCount(~Mask);
        uint whole = length == 0 ? 0 : uint.MaxValue << (32 - length);
        bool isPrefix = Mask == whole && (Address & ~Mask) == 0;
        prefix = isPrefix ? new IpPrefix(IpAddress.FromIPv4(Address), length) : default;
        return isPrefix;
    }

    internal static RipEntry Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt16BigEndian(bytes), BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]));

    internal void Write(ref WireWriter writer)
    {
        writer.WriteUInt16(Family);
        writer.WriteUInt16(Tag);
        writer.WriteUInt32(Address);
        writer.WriteUInt32(Mask);
        writer.WriteUInt32(NextHop);
        writer.WriteUInt32(Metric);
    }
}
