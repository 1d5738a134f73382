using CsCheck;
using Dmvpn.Core;
using Dmvpn.Wire.Ip;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests;

/// <summary>The direct way against its oracle: the way through the device, with a kernel that forwards.</summary>
public sealed class RelayPropertyTests
{
    private static readonly string[] Sources = ["10.3.0.1", "10.3.0.2", "10.0.0.3", "10.9.0.2", "10.0.0.1", "127.0.0.1"];
    private static readonly string[] Destinations = ["10.2.0.1", "10.2.0.2", "10.0.0.2", "10.0.0.77", "10.4.0.1", "10.3.0.9", "10.9.0.2", "10.0.0.1", "10.0.0.255", "224.0.0.5"];
    private static readonly string[] Sources6 = ["fd03::1", "fd00::3", "fd01::1", "2001:db8::1", "fe80::3"];
    private static readonly string[] Destinations6 = ["fd02::1", "fd00::2", "fd00::77", "fd04::1", "2001:db8::2", "fd00::1", "ff0e::1"];
    private static readonly TunnelId Tunnel1 = new(1);

    private static readonly Gen<byte[]> AnyPacket = Gen.OneOf(
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 9], Gen.OneOf(Gen.Int[0, 100], Gen.Int[1300, 1500]), Gen.Byte, Gen.Byte[0, 4], Gen.Bool, Gen.UShort).Select((source, destination, length, trafficClass, ttl, dontFragment, id) =>
        {
            byte[] packet = new byte[20 + length];
            Pattern(length).CopyTo(packet, 20);
            new Ipv4Header(trafficClass, ttl == 4 ? (byte)255 : ttl, IpProtocol.Udp, Ip(Sources[source]), Ip(Destinations[destination]), id, dontFragment).Write(packet);
            return packet;
        }),
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 6], Gen.OneOf(Gen.Int[0, 100], Gen.Int[1300, 1500]), Gen.Byte, Gen.Byte[0, 4]).Select((source, destination, length, trafficClass, ttl) =>
        {
            byte[] packet = new byte[40 + length];
            Pattern(length).CopyTo(packet, 40);
            new Ipv6Header(trafficClass, ttl, IpProtocol.Udp, Ip(Sources6[source]), Ip(Destinations6[destination])).Write(packet);
            return packet;
        }),
        Gen.UShort[536, 1460].Select(mss => Syn("10.3.0.1", "10.2.0.1", mss)),
        // One byte of a good packet changed.
        Gen.Select(Gen.Int[0, 40], Gen.Byte).Select((at, value) =>
        {
            byte[] packet = Packet("10.3.0.1", "10.2.0.1");
            packet[at] = value;
            return packet;
        }));

    /// <summary>What leaves, what this machine gets, what is counted and reported: all as if the kernel had forwarded.</summary>
    [Fact]
    public void AnyPackets_Relayed_AsByTheKernel()
    {
        long relayed = 0;
        Gen.Select(AnyPacket.Array[1, 30], Gen.Byte, Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool).Sample((packets, outer, checksum, sequence, pathMtu, nhs) =>
        {
            TunnelForwarding Config(TunnelForwarding c) => c with { Checksum = checksum, SequenceNumbers = sequence, PathMtuDiscovery = pathMtu, MssIPv4 = 1200, Redirect = true, NetworkId = 1 };
            using var direct = new Router(Config, relays: true, nhs);
            using var oracle = new Router(Config, relays: false, nhs);
            uint number = 0;
            foreach (byte[] packet in packets)
            {
                byte[] gre = Gre(packet, 7, sequence ? number++ : null, checksum);
                Assert.Equal(oracle.Pass(gre, outer), direct.Pass(gre, outer));
            }
            Assert.Equal(oracle.Counts(), direct.Counts());
            Assert.Equal(oracle.Mail(), direct.Mail());
            Assert.Equal(0, oracle.Rig.Counters.PacketsRelayed);
            Interlocked.Add(ref relayed, direct.Rig.Counters.PacketsRelayed);
        }, iter: 1000);
        Assert.True(relayed > 1000, $"{relayed} relayed");
    }

    /// <summary>A hub with two tunnels, and its kernel.</summary>
    private sealed class Router : IDisposable
    {
        private readonly FakeTun _other;

        public Router(Func<TunnelForwarding, TunnelForwarding> config, bool relays, bool nhs)
        {
            Rig = RelayHub.Create(c => config(c) with { RelayIPv4 = relays, RelayIPv6 = relays });
            _other = Rig.AddTunnel(new TunnelForwarding { Tunnel = Tunnel1, Key = 8, Mtu = 1300, TrafficClass = 0x40, HopLimit = 30, PathMtuDiscovery = true });
            foreach ((string prefix, string hop) in new[] { ("10.4.0.0/16", "10.0.1.4"), ("fd04::/32", "fd00:1::4") })
            {
                Rig.Table.SetBestRoute(Prefix(prefix), Tunnel1);
                Rig.Table.SetRoute(Tunnel1, Prefix(prefix), [Ip(hop)]);
                Rig.Table.SetAdjacency(Tunnel1, IpPrefix.Host(Ip(hop)), new NbmaPeer(Ip("192.0.2.4")))!.PathMtu = 1250;
            }
            if (nhs) Rig.Table.SetNhs(Rig.Tunnel0, isIPv4: true, Ip("10.0.0.2"));
            Rig.Table.Publish();
        }

        public Rig Rig { get; }

        /// <summary>A packet comes in; what leaves, and what the kernel has at the end that it does not forward into a tunnel.</summary>
        public List<string> Pass(byte[] gre, byte outer)
        {
            Rig.Port.Sent.Clear();
            var stays = new List<byte[]>();
            foreach (byte[] packet in Rig.In(Rig.Peer3, gre, outer).ToArray())
            {
                Assert.True(IpView.TryParse(packet, out IpView ip, out _));
                bool forwarded = !ip.Destination.IsMulticast && Rig.Table.Current.BestRoutes.TryMatch(ip.Destination, out TunnelId? way) && way is not null;
                if (!forwarded || RelayHub.Forwarded(packet) is not { } onward)
                {
                    stays.Add(packet);
                    continue;
                }
                Rig.Table.Current.BestRoutes.TryMatch(ip.Destination, out way);
                (way == Tunnel1 ? _other : Rig.Tun).Waiting.Enqueue(onward);
                Rig.Tun.Written.Clear();
                _other.Written.Clear();
                Rig.Run();
                stays.AddRange(Rig.Tun.Written);
                stays.AddRange(_other.Written);
            }
            return [.. Rig.Port.Sent.Select(s => $"{s.Peer} {s.TrafficClass} {s.HopLimit} {s.DontFragment} {Convert.ToHexString(s.Bytes)}"), .. stays.Select(Convert.ToHexString)];
        }

        public List<(string, long)> Counts()
        {
            var counts = new List<(string, long)>();
            foreach (TunnelId id in new[] { Rig.Tunnel0, Tunnel1 })
            {
                Assert.True(Rig.Table.TryGetCounters(id, out TunnelCounters? c));
                counts.AddRange([("in", c.PacketsIn), ("bytes in", c.BytesIn), ("multicast in", c.MulticastIn), ("out", c.PacketsOut), ("bytes out", c.BytesOut)]);
                foreach (KeyValuePair<string, long> drop in c.Drops.NonZero()) counts.Add((drop.Key, drop.Value));
                Assert.True(Rig.Table.Current.TryGet(id, out TunnelSnapshot? tunnel));
                foreach (KeyValuePair<IpPrefix, Adjacency> entry in tunnel.Adjacencies.Entries()) counts.Add((entry.Key.ToString(), entry.Value.PacketsOut));
                foreach (KeyValuePair<IpPrefix, FibEntry> entry in tunnel.Fib.Entries()) counts.Add((entry.Key.ToString(), entry.Value.LastUsed.Nanoseconds));
            }
            return counts;
        }

        public List<(ControlKind, NbmaPeer, IpAddress)> Mail() => Rig.Mail().ConvertAll(m => (m.Kind, m.Peer, m.Address));

        public void Dispose() => Rig.Dispose();
    }
}
