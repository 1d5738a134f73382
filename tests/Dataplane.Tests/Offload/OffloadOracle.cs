using System.Buffers.Binary;
using CsCheck;
using Dmvpn.Core;
using Dmvpn.Dataplane.Offload;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane.Tests.Offload;

/// <summary>A super-packet and what it stands for, made the slow and obvious way: each packet written out by itself.</summary>
internal sealed record SuperPacket(
    bool Ipv4, bool Tcp, byte TrafficClass, byte HopLimit, bool DontFragment, ushort Identification, uint FlowLabel, byte[] Options,
    ushort SourcePort, uint Sequence, byte Flags, ushort Window, int Size, byte[] Payload)
{
    private static readonly Gen<byte[]> AnyOptions = Gen.OneOf(
        Gen.Const(Array.Empty<byte>()), Gen.Byte.Array[12].Select(b => (byte[])[1, 1, 8, 10, .. b[..8]]), Gen.Int[0, 10].Select(words => Enumerable.Repeat((byte)1, words * 4).ToArray()));

    /// <summary>Anything that a kernel's TCP or UDP gives away: sizes, odd tails, options, identifications that wrap, ECN, PSH, FIN, CWR.</summary>
    public static readonly Gen<SuperPacket> Any =
        Gen.Select(
            Gen.Select(Gen.Bool, Gen.Bool, Gen.Byte, Gen.Byte[1, 255], Gen.Bool, Gen.OneOf(Gen.UShort, Gen.UShort[0xFFF0, 0xFFFF]), Gen.UInt[0, 0xF_FFFF], AnyOptions),
            Gen.Select(Gen.UShort[1, 3], Gen.OneOf(Gen.UInt, Gen.UInt[0xFFFF_F000, uint.MaxValue]), AnyFlags, Gen.UShort, Gen.OneOf(Gen.Int[1, 20], Gen.Int[500, 1500]), Gen.Int[1, 20], Gen.Int[0, 1499], Gen.Byte.Array[64]))
        .Select((ip, upper) =>
        {
            int size = upper.Item5, length = Math.Max(size * upper.Item6 - upper.Item7 % size, 1);
            byte[] payload = new byte[length];
            for (int i = 0; i < length; i++) payload[i] = (byte)(upper.Item8[i & 63] + i / 64);
            return new SuperPacket(
                ip.Item1, ip.Item2, ip.Item3, ip.Item4, ip.Item5, ip.Item6, ip.Item7, ip.Item2 ? ip.Item8 : [], upper.Item1, upper.Item2, (byte)(upper.Item3 | 0x10), upper.Item4, size, payload);
        });

    /// <summary>One that is nothing special.</summary>
    public static SuperPacket Ordinary(bool ipv4 = true, bool tcp = true, int size = 1000, int length = 2500) =>
        new(ipv4, tcp, 0, 64, true, 100, 0, tcp ? [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2] : [], 1024, 1_000_000, 0x18, 500, size, Packets.Pattern(length));

    private static Gen<byte> AnyFlags => Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool).Select((fin, psh, cwr, ece) => (byte)((fin ? 1 : 0) | (psh ? 8 : 0) | (cwr ? 0x80 : 0) | (ece ? 0x40 : 0)));

    public int HeaderLength => IpLength + (Tcp ? 20 + Options.Length : 8);

    public int IpLength => Ipv4 ? 20 : 40;

    public int Count => (Payload.Length + Size - 1) / Size;

    public IpAddress Source => Packets.Ip(Ipv4 ? "10.1.0.1" : "fd01::1");

    public IpAddress Destination => Packets.Ip(Ipv4 ? "10.2.0.1" : "fd02::1");

    public VnetHeader Header => new()
    {
        NeedsChecksum = true,
        Kind = !Tcp ? SegmentKind.Udp : Ipv4 ? SegmentKind.TcpIPv4 : SegmentKind.TcpIPv6,
        HasEcn = Tcp && (Flags & 0x80) != 0,
        HeaderLength = (ushort)HeaderLength,
        SegmentSize = (ushort)Size,
        ChecksumStart = (ushort)IpLength,
        ChecksumOffset = (ushort)(Tcp ? 16 : 6),
    };

    /// <summary>The packets.</summary>
    public List<byte[]> Segments()
    {
        var all = new List<byte[]>();
        for (int i = 0; i < Count; i++)
        {
            byte[] part = Payload[(i * Size)..Math.Min((i + 1) * Size, Payload.Length)];
            int flags = Flags;
            if (i < Count - 1) flags &= ~0x09;
            if (i > 0) flags &= ~0x80;
            all.Add(Write((ushort)(Identification + i), Sequence + (uint)(i * Size), (byte)flags, part, partial: false));
        }
        return all;
    }

    /// <summary>The super-packet as a kernel gives it: its checksum is that of the pseudo-header, not complemented.</summary>
    public byte[] Whole() => Write(Identification, Sequence, Flags, Payload, partial: true);

    private byte[] Write(ushort identification, uint sequence, byte flags, byte[] part, bool partial)
    {
        byte[] packet = new byte[HeaderLength + part.Length];
        part.CopyTo(packet, HeaderLength);
        Span<byte> upper = packet.AsSpan(IpLength);
        IpProtocol protocol = Tcp ? IpProtocol.Tcp : IpProtocol.Udp;
        if (Ipv4) new Ipv4Header(TrafficClass, HopLimit, protocol, Source, Destination, identification, DontFragment).Write(packet);
        else new Ipv6Header(TrafficClass, HopLimit, protocol, Source, Destination).Write(packet);
        if (!Ipv4) BinaryPrimitives.WriteUInt32BigEndian(packet, BinaryPrimitives.ReadUInt32BigEndian(packet) | FlowLabel);
        BinaryPrimitives.WriteUInt16BigEndian(upper, SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(upper[2..], 443);
        if (Tcp)
        {
            BinaryPrimitives.WriteUInt32BigEndian(upper[4..], sequence);
            BinaryPrimitives.WriteUInt32BigEndian(upper[8..], 0x0102_0304);
            upper[12] = (byte)((20 + Options.Length) / 4 << 4);
            upper[13] = flags;
            BinaryPrimitives.WriteUInt16BigEndian(upper[14..], Window);
            Options.CopyTo(upper[20..]);
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(upper[4..], (ushort)upper.Length);
        }
        BinaryPrimitives.WriteUInt16BigEndian(upper[(Tcp ? 16 : 6)..], Checksum(upper, partial));
        return packet;
    }

    private ushort Checksum(ReadOnlySpan<byte> upper, bool partial)
    {
        ulong pseudo = InternetChecksum.PseudoHeaderSum(Source, Destination, (byte)(Tcp ? 6 : 17), upper.Length);
        if (partial) return (ushort)~InternetChecksum.Fold(pseudo);
        ushort checksum = InternetChecksum.Fold(pseudo + InternetChecksum.Sum(upper));
        return checksum == 0 && !Tcp ? (ushort)0xFFFF : checksum;
    }
}
