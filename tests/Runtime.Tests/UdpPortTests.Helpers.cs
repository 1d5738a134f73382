using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Dataplane;

namespace Dmvpn.Runtime.Tests;

// Ports, packets, and a way with a smaller MTU.
public sealed unsafe partial class UdpPortTests
{
    private static int Number(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);

    /// <summary>Packets that a kernel cut into fragments.</summary>
    private static long Fragmented(NetworkNamespace space)
    {
        string[][] lines = [.. space.Run(static () => File.ReadAllLines("/proc/thread-self/net/snmp")).Where(static line => line.StartsWith("Ip:", StringComparison.Ordinal)).Select(static line => line.Split(' '))];
        return long.Parse(lines[1][Array.IndexOf(lines[0], "FragOKs")], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static OutgoingPacket Of(uint spi, OutgoingPacket packet)
    {
        BinaryPrimitives.WriteUInt32BigEndian(new Span<byte>(packet.Data, 4), spi);
        return packet;
    }

    /// <summary>left - right (routes) - far, with 1300 bytes between the latter.</summary>
    private void RouteWithSmallMtu()
    {
        NetworkNamespace far = Network.Add();
        TestNetwork.Join(Right, "v1", "198.51.100.1/24", "2001:db8:100::1/64", far, "v0", "198.51.100.2/24", "2001:db8:100::2/64");
        TestNetwork.Ip(Right, "link set v1 mtu 1300");
        TestNetwork.Ip(Left, "route add 198.51.100.0/24 via 192.0.2.2");
        TestNetwork.Ip(Left, "route add 2001:db8:100::/64 via 2001:db8::2");
        Right.Run(() =>
        {
            File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "1");
            File.WriteAllText("/proc/sys/net/ipv6/conf/all/forwarding", "1");
        });
    }

    private static PathMtu NextPathMtu(SocketPort port)
    {
        PathMtu told = default;
        TestNetwork.Eventually(() => port.TryReadPathMtu(out told), "news about a path MTU");
        return told;
    }

    private UdpPort Open(NetworkNamespace space, ushort port, string local) => Keep(UdpPort.Open(port, IpAddress.Parse(local), PathOf(space)));
}
