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

    private static string PathOf(NetworkNamespace space) => $"/proc/self/fd/{space.Descriptor}";

    private static OutgoingPacket Of(uint spi, OutgoingPacket packet)
    {
        BinaryPrimitives.WriteUInt32BigEndian(new Span<byte>(packet.Data, 4), spi);
        return packet;
    }

    /// <summary>left - right (routes) - far, with 1300 bytes between the latter.</summary>
    private void RouteWithSmallMtu()
    {
        NetworkNamespace far = _network.Add();
        TestNetwork.Join(_right, "v1", "198.51.100.1/24", "2001:db8:100::1/64", far, "v0", "198.51.100.2/24", "2001:db8:100::2/64");
        TestNetwork.Ip(_right, "link set v1 mtu 1300");
        TestNetwork.Ip(_left, "route add 198.51.100.0/24 via 192.0.2.2");
        TestNetwork.Ip(_left, "route add 2001:db8:100::/64 via 2001:db8::2");
        _right.Run(() =>
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

    private UdpPort Open(NetworkNamespace space, ushort port, string local)
    {
        UdpPort opened = UdpPort.Open(port, IpAddress.Parse(local), PathOf(space));
        _open.Add(opened);
        return opened;
    }

    private OutgoingPacket Packet(string to, ushort port, int length, byte filler)
    {
        var buffer = new PacketBatch(1);
        _open.Add(buffer);
        buffer[0].Length = length;
        buffer[0].Data.Fill(filler);
        return new OutgoingPacket { Data = buffer[0].Pointer, Length = length, Destination = IpAddress.Parse(to), Port = port, HopLimit = 64 };
    }

    private PacketBatch ReceiveAll(SocketPort port, int expected)
    {
        using var poller = new Poller();
        poller.Add(port.Descriptor, 1);
        var all = new PacketBatch(expected + 1);
        using var some = new PacketBatch(expected + 1);
        _open.Add(all);
        Instant end = MonotonicClock.Now + TimeSpan.FromSeconds(10);
        int count = 0;
        while (count < expected && MonotonicClock.Now < end)
        {
            poller.Wait(end);
            port.Receive(some);
            for (int i = 0; i < some.Count && count < all.Capacity; i++)
            {
                ref PacketSlot slot = ref all[count++];
                some[i].Data.CopyTo(slot.Room);
                (slot.Length, slot.Peer, slot.Port, slot.TrafficClass, slot.HopLimit) = (some[i].Length, some[i].Peer, some[i].Port, some[i].TrafficClass, some[i].HopLimit);
            }
        }
        Assert.Equal(expected, count);
        all.Count = count;
        return all;
    }

    private static List<int> Lengths(PacketBatch batch)
    {
        var lengths = new List<int>();
        for (int i = 0; i < batch.Count; i++) lengths.Add(batch[i].Length);
        return lengths;
    }
}
