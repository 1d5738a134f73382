using CsCheck;
using Dmvpn.Core;
using Dmvpn.Wire.Ecn;
using Dmvpn.Wire.Gre;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests;

public sealed class DataplanePropertyTests
{
    private static readonly int[] Protocols = [0x0800, 0x86DD, 0x2001, 0x2000, 0, 0x6558];

    private static readonly Gen<byte[]> AnyGre = Gen.OneOf(
        Gen.Byte.Array[0, 120],
        Gen.Select(Gen.Byte.Array[0, 100], Gen.Int[0, 5].Select(i => Protocols[i]), Gen.Bool, Gen.Bool).Select(
            (payload, protocol, checksum, key) => Gre(payload, key ? 7u : null, 3, checksum, (GreProtocol)protocol)),
        Gen.Select(Gen.Int[0, 100], Gen.Int[0, 3], Gen.Int[0, 150], Gen.Byte).Select((payload, kind, at, value) =>
        {
            byte[] inner = kind switch
            {
                0 => Packet("10.2.0.1", "10.3.0.1", payload),
                1 => Packet("fd02::1", "fd03::1", payload),
                2 => Syn("10.2.0.1", "10.3.0.1", 1460),
                _ => Packet(Ip("192.0.2.1"), Ip("192.0.2.2"), Gre([], 7, protocol: GreProtocol.KeepaliveReply), protocol: Wire.Ip.IpProtocol.Gre),
            };
            byte[] gre = Gre(inner, 7);
            if (at < gre.Length) gre[at] = value;      // one byte of a good packet changed
            return gre;
        }));

    /// <summary>Nothing that arrives throws, and everything is accounted for: delivered, in the mailbox, or dropped under a name.</summary>
    [Fact]
    public void AnyBytesFromThePort_NeverThrow_AllCounted() =>
        Gen.Select(AnyGre.Array[1, 100], Gen.Bool, Gen.Byte).Sample((packets, strict, trafficClass) =>
        {
            using var rig = new Rig(c => c with { SequenceNumbers = strict, Redirect = true, MssIPv4 = 1000, MssIPv6 = 1000 });
            rig.Table.SetBestRoute(Prefix("10.3.0.0/16"), Rig.Tunnel0);
            rig.Table.Publish();
            foreach (byte[] packet in packets) rig.Port.Waiting.Enqueue(new Datagram(Rig.Peer2.Address, packet, trafficClass));
            rig.Run();
            long drops = rig.Counters.Drops.Total + rig.Underlay.Drops.Total - rig.Drops(DataplaneDrop.EventLost);
            Assert.Equal(packets.Length, rig.Counters.PacketsIn + rig.Counters.ControlIn + drops);
            Assert.Equal(rig.Tun.Written.Count, rig.Counters.PacketsIn);
        }, iter: 1000);

    [Fact]
    public void AnyBytesFromThePort_HubThatRelays_NeverThrow_AllCounted()
    {
        long relayed = 0;
        Gen.Select(AnyGre.Array[1, 100], Gen.Bool, Gen.Byte).Sample((packets, strict, trafficClass) =>
        {
            using Rig rig = RelayHub.Create(c => c with { SequenceNumbers = strict, Redirect = true, MssIPv4 = 1000, MssIPv6 = 1000 });
            foreach (byte[] packet in packets) rig.Port.Waiting.Enqueue(new Datagram(Rig.Peer2.Address, packet, trafficClass));
            rig.Run();
            TunnelCounters counters = rig.Counters;
            long dropsOut = counters.ErrorsOut, drops = counters.Drops.Total + rig.Underlay.Drops.Total - rig.Drops(DataplaneDrop.EventLost) - dropsOut;
            Assert.Equal(packets.Length, counters.PacketsIn + counters.ControlIn + drops);
            Assert.Equal((rig.Tun.Written.Count + counters.PacketsRelayed, counters.PacketsRelayed), (counters.PacketsIn, counters.PacketsOut + dropsOut));
            Interlocked.Add(ref relayed, counters.PacketsRelayed);
        }, iter: 1000);
        Assert.True(relayed > 1000, $"{relayed} relayed");
    }

    [Fact]
    public void AnyBytesFromTheKernel_NeverThrow_AllCounted() =>
        Gen.OneOf(
            Gen.Byte.Array[0, 120],
            Gen.Select(Gen.Int[0, 1500], Gen.Int[0, 2], Gen.Int[0, 60], Gen.Byte).Select((payload, kind, at, value) =>
            {
                byte[] packet = kind switch
                {
                    0 => Packet("10.1.0.1", "10.2.0.1", payload),
                    1 => Packet("fd01::1", "fd02::1", payload),
                    _ => Syn("10.1.0.1", "10.2.0.1", 1460),
                };
                if (at < packet.Length) packet[at] = value;
                return packet;
            })).Array[1, 100].Sample(packets =>
        {
            using var rig = new Rig(c => c with { MssIPv4 = 1000, MssIPv6 = 1000, Mtu = 70000 });
            rig.Out(packets);
            long drops = rig.Counters.Drops.Total - rig.Drops(DataplaneDrop.EventLost) - rig.Drops(DataplaneDrop.OutIcmpSuppressed);
            Assert.Equal(packets.Length, rig.Counters.PacketsOut + drops);
        }, iter: 500);

    private static readonly Gen<IpAddress> AnyAddress = Gen.Select(Gen.UInt[0, 15], Gen.UInt[0, 15]).Select((a, b) => IpAddress.FromIPv4(0x0A00_0000 | a << 20 | b));

    /// <summary>The slow and obvious path: every route and mapping looked at, the header written by hand.</summary>
    [Fact]
    public void AnyTablesAndPackets_SentAsTheSlowPathSays() =>
        Gen.Select(
            Gen.Select(AnyAddress, Gen.Int[8, 32], AnyAddress).Array[0, 25],
            Gen.Select(AnyAddress, Gen.UInt[1, 9]).Array[0, 25],
            AnyAddress.Array[1, 40],
            Gen.Bool,
            Gen.Byte).Sample((routes, mappings, destinations, withNhs, tos) =>
        {
            using var rig = new Rig();
            rig.Table.RemoveTunnel(Rig.Tunnel0);
            rig.Table.SetTunnel(rig.Config with { Broadcasts = [] }, rig.Underlay, [rig.Tun]);
            var fib = new Dictionary<IpPrefix, IpAddress>();
            var map = new Dictionary<IpAddress, NbmaPeer>();
            foreach ((IpAddress address, int length, IpAddress nextHop) in routes)
            {
                fib[new IpPrefix(address, length)] = nextHop;
                rig.Table.SetRoute(Rig.Tunnel0, new IpPrefix(address, length), [nextHop]);
            }
            foreach ((IpAddress nextHop, uint peer) in mappings)
            {
                map[nextHop] = new NbmaPeer(IpAddress.FromIPv4(peer));
                rig.Table.SetAdjacency(Rig.Tunnel0, IpPrefix.Host(nextHop), map[nextHop]);
            }
            IpAddress nhs = withNhs && mappings.Length > 0 ? mappings[0].Item1 : IpAddress.None;
            rig.Table.SetNhs(Rig.Tunnel0, true, nhs);
            rig.Table.Publish();

            var expected = new List<(IpAddress, byte, string)>();
            foreach (IpAddress destination in destinations)
            {
                byte[] packet = Packet(Ip("172.16.0.1"), destination, Pattern(20), tos);
                rig.Tun.Waiting.Enqueue(packet);
                IEnumerable<KeyValuePair<IpPrefix, IpAddress>> covering = fib.Where(r => r.Key.Contains(destination)).OrderByDescending(r => r.Key.Length);
                IpAddress nextHop = covering.Any() ? covering.First().Value : destination;
                NbmaPeer? peer = map.TryGetValue(nextHop, out NbmaPeer direct) ? direct
                    : covering.Any() && !nhs.IsNone ? map[nhs] : null;
                if (peer is NbmaPeer p) expected.Add((p.Address, tos, "2000080000000007" + Convert.ToHexString(packet)));
            }
            rig.Run();
            Assert.Equal(expected, rig.Port.Sent.ConvertAll(s => (s.Peer, s.TrafficClass, Convert.ToHexString(s.Bytes))));
        }, iter: 500);

    /// <summary>What one end sends the other gets, byte for byte, with every kind of header.</summary>
    [Fact]
    public void AnyPacket_ThroughTwoEnds_ArrivesUnchanged() =>
        Gen.Select(Gen.Bool, Gen.Bool, Gen.UInt, Gen.Bool, Gen.Int[0, 1300], Gen.Byte, Gen.Bool).Sample((checksum, sequence, key, hasKey, length, trafficClass, ip6) =>
        {
            TunnelForwarding Config(TunnelForwarding c) => c with { Key = hasKey ? key : null, Checksum = checksum, SequenceNumbers = sequence };
            using var a = new Rig(Config);
            using var b = new Rig(Config, "192.0.2.2");
            byte[] packet = ip6 ? Packet("fd01::1", "fd02::1", length, trafficClass) : Packet("10.1.0.1", "10.2.0.1", length, trafficClass);
            Datagram sent = Assert.Single(a.Out(packet));
            Assert.Equal(trafficClass, EcnTunnel.OuterTrafficClass(trafficClass, trafficClass, EcnMode.Normal));
            Assert.Equal(packet, Assert.Single(b.In(new NbmaPeer(Ip("192.0.2.1")), sent.Bytes, sent.TrafficClass)));
        }, iter: 500);
}
