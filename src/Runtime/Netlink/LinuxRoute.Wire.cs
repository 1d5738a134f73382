using System.Runtime.InteropServices;
using Dmvpn.Core;
using static Dmvpn.Runtime.Netlink.RtnetlinkSpec;

namespace Dmvpn.Runtime.Netlink;

public sealed partial record LinuxRoute
{
    /// <param name="clones">Also what RTM_F_CLONED marks: the answer to a look-up, and the exceptions of path MTU discovery.</param>
    internal static LinuxRoute? Parse(in NetlinkMessage message, bool clones = false)
    {
        ReadOnlySpan<byte> payload = message.Payload;
        if (payload.Length < RouteMessageSize) return null;
        byte family = payload[0];
        uint flags = MemoryMarshal.Read<uint>(payload[8..]);
        if (family is not (Native.LibcSpec.FamilyIPv4 or Native.LibcSpec.FamilyIPv6)) return null;
        if ((flags & RouteFlagCloned) != 0 && !clones) return null;

        IpAddress destination = family == Native.LibcSpec.FamilyIPv4 ? IpAddress.AnyIPv4 : IpAddress.None;
        IpAddress source = IpAddress.None, gateway = IpAddress.None;
        uint table = payload[4], metric = 0, nextHopObject = 0;
        int link = 0, mtu = 0;
        ReadOnlySpan<byte> multipath = default;
        var attributes = new AttributeReader(payload[RouteMessageSize..]);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case RouteDestination: destination = IpAddress.FromBytes(attributes.Value); break;
                case RouteLink: link = (int)attributes.UInt32; break;
                case RouteGateway: gateway = IpAddress.FromBytes(attributes.Value); break;
                case RouteVia: gateway = Via(attributes.Value); break;
                case RoutePriority: metric = attributes.UInt32; break;
                case RoutePreferredSource: source = IpAddress.FromBytes(attributes.Value); break;
                case RouteMetrics: mtu = MtuOf(attributes.Value); break;
                case RouteMultipath: multipath = attributes.Value; break;
                case RouteTable: table = attributes.UInt32; break;
                case RouteNextHopObject: nextHopObject = attributes.UInt32; break;
                default: break;
            }
        }
        if (payload[1] > destination.BitCount) return null;
        var type = (LinuxRouteType)payload[7];
        return new LinuxRoute(new IpPrefix(destination, payload[1]))
        {
            Type = type,
            Protocol = payload[5],
            Table = table,
            Metric = metric,
            Scope = (RouteScope)payload[6],
            PreferredSource = source,
            Mtu = mtu,
            TypeOfService = payload[3],
            NextHopObject = nextHopObject,
            // The kernel writes the loopback into IPv6 discard routes.
            NextHops = type >= LinuxRouteType.Blackhole ? ValueList<LinuxNextHop>.Empty
                : !multipath.IsEmpty ? ParseMultipath(multipath)
                : link == 0 || (flags & NextHopDead) != 0 ? ValueList<LinuxNextHop>.Empty
                : [NextHop(link, gateway, flags, 0)],
        };
    }

    internal void Write(ref NetlinkWriter writer, bool deletion)
    {
        Span<byte> head = writer.Fixed(RouteMessageSize);
        if (head.IsEmpty) return;
        head[0] = Family.Of(Prefix.Address);
        head[1] = (byte)Prefix.Length;
        head[3] = TypeOfService;
        head[4] = Table <= 255 ? (byte)Table : (byte)0;
        head[5] = Protocol;
        head[6] = (byte)(deletion && Scope == RouteScope.Universe ? RouteScope.Nowhere : ScopeToWrite());
        head[7] = (byte)Type;
        if (NextHops.Count == 1 && NextHops[0].OnLink) MemoryMarshal.Write(head[8..], NextHopOnLink);
        if (Prefix.Length > 0) writer.Attribute(RouteDestination, Prefix.Address);
        if (Table > 255) writer.Attribute(RouteTable, Table);
        if (Metric != 0) writer.Attribute(RoutePriority, Metric);
        if (!PreferredSource.IsNone) writer.Attribute(RoutePreferredSource, PreferredSource);
        if (Mtu != 0)
        {
            int nest = writer.BeginNest(RouteMetrics | AttributeNested);
            writer.Attribute(MetricMtu, (uint)Mtu);
            writer.EndNest(nest);
        }
        WriteNextHops(ref writer);
    }

    private void WriteNextHops(ref NetlinkWriter writer)
    {
        ReadOnlySpan<LinuxNextHop> hops = NextHops.AsSpan();
        if (hops.Length == 1)
        {
            if (hops[0].LinkIndex != 0) writer.Attribute(RouteLink, (uint)hops[0].LinkIndex);
            WriteGateway(ref writer, hops[0].Gateway);
        }
        else if (hops.Length > 1)
        {
            int nest = writer.BeginNest(RouteMultipath);
            foreach (LinuxNextHop hop in hops)
            {
                int start = writer.Length;
                Span<byte> head = writer.Fixed(NextHopHeaderSize);
                if (head.IsEmpty) return;
                head[2] = (byte)(hop.OnLink ? NextHopOnLink : 0);
                head[3] = hop.Weight;
                MemoryMarshal.Write(head[4..], hop.LinkIndex);
                WriteGateway(ref writer, hop.Gateway);
                writer.EndNest(start);
            }
            writer.EndNest(nest);
        }
    }

    private void WriteGateway(ref NetlinkWriter writer, IpAddress gateway)
    {
        if (gateway.IsNone) return;
        if (gateway.IsIPv4 == Prefix.IsIPv4)
        {
            writer.Attribute(RouteGateway, gateway);
            return;
        }
        // struct rtvia: the family, then the address. IPv4 by an IPv6 next hop.
        Span<byte> via = stackalloc byte[18];
        MemoryMarshal.Write(via, (ushort)Family.Of(gateway));
        writer.Attribute(RouteVia, via[..(2 + gateway.Write(via[2..]))]);
    }

    private RouteScope ScopeToWrite()
    {
        if (Scope != RouteScope.Universe || !Prefix.IsIPv4) return Scope;
        if (Type == LinuxRouteType.Local) return RouteScope.Host;
        bool toLink = Type == LinuxRouteType.Unicast && NextHops.Count > 0 && NextHops[0].Gateway.IsNone;
        return toLink ? RouteScope.Link : RouteScope.Universe;
    }

    private static ValueList<LinuxNextHop> ParseMultipath(ReadOnlySpan<byte> bytes)
    {
        var hops = new List<LinuxNextHop>();
        while (bytes.Length >= NextHopHeaderSize)
        {
            int length = MemoryMarshal.Read<ushort>(bytes);
            if (length < NextHopHeaderSize || length > bytes.Length) break;
            IpAddress gateway = IpAddress.None;
            var attributes = new AttributeReader(bytes[NextHopHeaderSize..length]);
            while (attributes.MoveNext())
            {
                if (attributes.Type == RouteGateway) gateway = IpAddress.FromBytes(attributes.Value);
                else if (attributes.Type == RouteVia) gateway = Via(attributes.Value);
            }
            uint flags = bytes[2];
            if ((flags & NextHopDead) == 0) hops.Add(NextHop(MemoryMarshal.Read<int>(bytes[4..]), gateway, flags, bytes[3]));
            bytes = bytes[Math.Min(bytes.Length, (length + 3) & ~3)..];
        }
        return ValueList.Create<LinuxNextHop>(CollectionsMarshal.AsSpan(hops));
    }

    private static LinuxNextHop NextHop(int link, IpAddress gateway, uint flags, byte weight) => new(link, gateway)
    {
        OnLink = (flags & NextHopOnLink) != 0,
        WithoutCarrier = (flags & NextHopLinkDown) != 0,
        Weight = weight,
    };

    private static IpAddress Via(ReadOnlySpan<byte> via) => via.Length > 2 ? IpAddress.FromBytes(via[2..]) : IpAddress.None;

    private static int MtuOf(ReadOnlySpan<byte> metrics)
    {
        var attributes = new AttributeReader(metrics);
        while (attributes.MoveNext())
        {
            if (attributes.Type == MetricMtu) return (int)attributes.UInt32;
        }
        return 0;
    }
}
