using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Wire.Ike;

/// <summary>
/// A traffic selector (RFC 7296 3.13.1): a range of addresses of one family, a protocol (0: any) and a range of ports. Start port 65535 with end port 0
/// is OPAQUE.
/// </summary>
/// <param name="Protocol">IP protocol number; 0 is any.</param>
/// <param name="StartPort">First port.</param>
/// <param name="EndPort">Last port.</param>
/// <param name="Start">First address.</param>
/// <param name="End">Last address, of the same family.</param>
public readonly record struct TrafficSelector(byte Protocol, ushort StartPort, ushort EndPort, IpAddress Start, IpAddress End)
{
    /// <summary>More selectors in a payload are refused.</summary>
    public const int MaximumSelectors = 64;

    /// <summary>GRE from or to one address: what tunnel protection asks for.</summary>
    public static TrafficSelector Gre(IpAddress host) => new((byte)IpProtocol.Gre, 0, 65535, host, host);

    /// <summary>
    /// Reads the body of a TSi or TSr payload; selectors of unknown types are passed over. A range that ends before it begins is refused, and so is one of
    /// IPv6 with an end that is an IPv4-mapped address: narrowing and comparing would make a range of them that nobody meant.
    /// </summary>
    public static bool TryParseAll(ReadOnlySpan<byte> body, out ValueList<TrafficSelector> selectors, out Malformed why)
    {
        selectors = [];
        why = Malformed.SelectorTruncated;
        if (body.Length < 4 || body[0] > MaximumSelectors) return false;
        int count = body[0];
        body = body[4..];
        var list = new List<TrafficSelector>(count);
        for (int i = 0; i < count; i++)
        {
            if (body.Length < 8) return false;
            int length = BinaryPrimitives.ReadUInt16BigEndian(body[2..]);
            if (length < 8 || length > body.Length) return false;
            int address = (TrafficSelectorType)body[0] switch { TrafficSelectorType.IPv4Range => 4, TrafficSelectorType.IPv6Range => 16, _ => 0 };
            if (address != 0)
            {
                if (length != 8 + 2 * address) return false;
                var selector = new TrafficSelector(
                    body[1], BinaryPrimitives.ReadUInt16BigEndian(body[4..]), BinaryPrimitives.ReadUInt16BigEndian(body[6..]),
                    IpAddress.FromBytes(body.Slice(8, address)), IpAddress.FromBytes(body.Slice(8 + address, address)));
                why = Judge(selector, address);
                if (why != Malformed.None) return false;
                why = Malformed.SelectorTruncated;
                list.Add(selector);
            }
            body = body[length..];
        }
        if (!body.IsEmpty) return false;
        why = Malformed.None;
        selectors = [.. list];
        return true;
    }

    /// <summary>True when all that <paramref name="other"/> selects is selected by this one too: any port includes OPAQUE (3.13.1).</summary>
    public bool Contains(TrafficSelector other) =>
        (Protocol == 0 || Protocol == other.Protocol) && Start.IsIPv4 == other.Start.IsIPv4
        && Start.CompareTo(other.Start) <= 0 && End.CompareTo(other.End) >= 0
        && (StartPort == 0 && EndPort == 65535 || StartPort <= other.StartPort && EndPort >= other.EndPort && (!other.IsOpaque || IsOpaque));

    /// <summary>Only packets whose ports cannot be seen, fragments for example.</summary>
    public bool IsOpaque => StartPort == 65535 && EndPort == 0;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{(Start == End ? Start.ToString() : $"{Start}-{End}")}/{Protocol}/{(StartPort == 0 && EndPort == 65535 ? "0" : $"{StartPort}-{EndPort}")}";

    private static Malformed Judge(TrafficSelector selector, int addressLength)
    {
        if (selector.Start.ByteCount != addressLength || selector.End.ByteCount != addressLength) return Malformed.MappedAddress;
        bool isRange = selector.Start.CompareTo(selector.End) <= 0 && (selector.StartPort <= selector.EndPort || selector.IsOpaque);
        return isRange ? Malformed.None : Malformed.SelectorBackwards;
    }

    internal void Write(ref WireWriter to)
    {
        to.WriteByte((byte)(Start.IsIPv4 ? TrafficSelectorType.IPv4Range : TrafficSelectorType.IPv6Range));
        to.WriteByte(Protocol);
        to.WriteUInt16((ushort)(8 + 2 * Start.ByteCount));
        to.WriteUInt16(StartPort);
        to.WriteUInt16(EndPort);
        Span<byte> addresses = stackalloc byte[2 * 16];
        int length = Start.Write(addresses);
        length += End.Write(addresses[length..]);
        to.WriteBytes(addresses[..length]);
    }
}
