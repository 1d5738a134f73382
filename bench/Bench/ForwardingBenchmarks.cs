using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Dataplane.Offload;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Bench;

/// <summary>
/// A packet's way through the tunnel, with devices in memory: everything but the system calls. Packets of 1,300 bytes to
/// <see cref="Destinations"/> next hops in turn; per packet, by <see cref="BenchmarkAttribute.OperationsPerInvoke"/>.
/// </summary>
[MemoryDiagnoser]
public class ForwardingBenchmarks
{
    private const int PacketLength = 1300;

    private static readonly TunnelId Tunnel = new(0);

    private ForwardingWorker _out = null!;
    private ForwardingWorker _in = null!;
    private Instant _now = Instant.FromSeconds(1000);

    [Params(1, 100_000)]
    public int Destinations { get; set; }

    [GlobalSetup]
    public void Build()
    {
        byte[][] inner = new byte[Destinations][], outer = new byte[Destinations][];
        for (int i = 0; i < Destinations; i++)
        {
            inner[i] = Packet(FromSpoke(i));
            outer[i] = new byte[GreSpec.BaseLength + PacketLength];
            new Wire.Gre.GreHeader(GreProtocol.Ipv4).Write(outer[i]);
            inner[i].CopyTo(outer[i].AsSpan(GreSpec.BaseLength));
        }
        var silent = new MemoryDevice([]);
        _out = Worker(new MemoryDevice(inner), silent);
        _in = Worker(silent, new MemoryDevice(outer));
        for (int i = 0; i < Destinations; i += DataplaneLimits.BatchSize) Encapsulate();
    }

    [Benchmark(OperationsPerInvoke = DataplaneLimits.BatchSize)]
    public bool Encapsulate() => _out.Round(_now += TimeSpan.FromMicroseconds(100));

    [Benchmark(OperationsPerInvoke = DataplaneLimits.BatchSize)]
    public bool Decapsulate() => _in.Round(_now += TimeSpan.FromMicroseconds(100));

    private static IpAddress FromSpoke(int spoke) => IpAddress.FromIPv4(0x0A00_0100 + (uint)spoke);

    private ForwardingWorker Worker(MemoryDevice device, MemoryDevice port)
    {
        var table = new ForwardingTable();
        table.SetTunnel(new TunnelForwarding { Tunnel = Tunnel, Addresses = [IpAddress.Parse("10.0.0.1")] }, new Underlay(port.LocalAddress, [port], port), [device]);
        table.SetRoute(Tunnel, IpPrefix.Parse("10.0.0.0/8"), []);
        for (int i = 0; i < Destinations; i++) table.SetAdjacency(Tunnel, IpPrefix.Host(FromSpoke(i)), new NbmaPeer(IpAddress.FromIPv4(0xC000_0300 + (uint)i)));
        table.Publish();
        return new ForwardingWorker(0, table, new ControlMailbox());
    }

    private static byte[] Packet(IpAddress destination)
    {
        byte[] packet = new byte[PacketLength];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), PacketLength);
        packet[8] = 64;
        packet[9] = (byte)IpProtocol.Udp;
        IpAddress.Parse("10.200.0.1").Write(packet.AsSpan(12));
        destination.Write(packet.AsSpan(16));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), InternetChecksum.Compute(packet.AsSpan(0, 20)));
        return packet;
    }

    /// <summary>Always has the same packets, forgets what it gets.</summary>
    private sealed class MemoryDevice(byte[][] packets) : ITunDevice, IDatagramPort
    {
        private int _next;

        public IpAddress LocalAddress { get; } = IpAddress.Parse("192.0.2.1");

        public int Read(PacketBatch batch)
        {
            int count = packets.Length == 0 ? 0 : DataplaneLimits.BatchSize;
            for (int i = 0; i < count; i++)
            {
                ref PacketSlot slot = ref batch[i];
                slot.Reset();
                packets[_next].CopyTo(slot.Room);
                slot.Length = packets[_next].Length;
                slot.Peer = IpAddress.FromIPv4(0xC000_0300 + (uint)_next);
                if (++_next == packets.Length) _next = 0;
            }
            return batch.Count = count;
        }

        public int Receive(PacketBatch batch) => Read(batch);

        public TunOffloads Offloads => TunOffloads.None;

        public bool Write(ref PacketSlot packet) => true;

        public bool Write(ReadOnlySpan<PacketPiece> pieces) => true;

        public void Send(Span<OutgoingPacket> packets)
        {
            foreach (ref OutgoingPacket packet in packets) packet.Outcome = SendOutcome.Sent;
        }
    }
}
