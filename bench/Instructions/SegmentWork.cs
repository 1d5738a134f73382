using System.Buffers.Binary;
using Dmvpn.Dataplane;
using Dmvpn.Dataplane.Offload;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Instructions;

/// <summary>A TCP super-packet of 45 segments is cut into packets, and these perhaps become one again.</summary>
internal static class SegmentWork
{
    private const int Segments = 45;
    private const int Headers = 40;

    /// <param name="length">Of a packet, IPv4 and TCP headers included.</param>
    /// <param name="packets">How many packets; a multiple of 45 is made of it.</param>
    /// <param name="merge">With the way back.</param>
    public static void Run(int length, int packets, bool merge)
    {
        var device = new NoDevice();
        byte[] super = SuperPacket(length - Headers);
        var header = new VnetHeader { Kind = SegmentKind.TcpIPv4, SegmentSize = (ushort)(length - Headers), NeedsChecksum = true, ChecksumStart = 20, ChecksumOffset = 16 };
        using var batch = new PacketBatch(Segments);
        var merger = new SegmentMerger();
        for (int done = 0; done < packets; done += Segments)
        {
            if (!IpView.TryParse(super, out IpView ip, out _) || !SegmentSplitter.TryStart(super, ip, header, out SegmentSplitter splitter)) throw new InvalidOperationException("not a super-packet");
            for (int i = 0; i < Segments; i++)
            {
                ref PacketSlot slot = ref batch[i];
                slot.Reset();
                slot.Length = splitter.WriteNext(slot.Room);
            }
            if (!merge) continue;
            for (int i = 0; i < Segments; i++)
            {
                if (!IpView.TryParse(batch[i].Data, out IpView inner, out _)) throw new InvalidOperationException("not a packet");
                merger.Add(ref batch[i], inner, TunOffloads.Tcp | TunOffloads.Udp, isMulticast: false);
            }
            if (merger.Flush(device).Writes != 1) throw new InvalidOperationException("not merged");
        }
    }

    private static byte[] SuperPacket(int payload)
    {
        byte[] packet = new byte[Headers + Segments * payload];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        packet[8] = 64;
        packet[9] = (byte)IpProtocol.Tcp;
        packet[12] = packet[16] = 10;
        packet[19] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), InternetChecksum.Compute(packet.AsSpan(0, 20)));
        Span<byte> tcp = packet.AsSpan(20);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], 5201);
        tcp[12] = 5 << 4;
        tcp[13] = TcpFlags.Ack | TcpFlags.Psh;
        tcp[15] = 0xFF;
        // The pseudo-header's sum, not inverted: what the kernel leaves in a packet whose checksum it leaves to us.
        byte[] pseudo = [.. packet.AsSpan(12, 8), 0, (byte)IpProtocol.Tcp, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(pseudo.AsSpan(10), (ushort)(packet.Length - 20));
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], (ushort)~InternetChecksum.Compute(pseudo));
        return packet;
    }

    /// <summary>Takes everything.</summary>
    private sealed class NoDevice : ITunDevice
    {
        public TunOffloads Offloads => TunOffloads.Tcp | TunOffloads.Udp;

        public int Read(PacketBatch batch) => batch.Count = 0;

        public bool Write(ref PacketSlot packet) => true;

        public bool Write(ReadOnlySpan<PacketPiece> pieces) => true;
    }
}
