using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ipsec.Tests;

/// <summary>What comes behind the outer header.</summary>
public enum Mode
{
    Transport,
    TunnelIPv4,
    TunnelIPv6,
}

/// <summary>One SA, both ends of it, and packets in memory that is surrounded by bytes which must stay what they are.</summary>
internal sealed unsafe class EspRig : IDisposable
{
    public const uint Spi = 0x1234_5678;
    public const uint OutboundSpiOfPair = 0x8765_4321;

    private const byte Guard = 0xA5;
    private const int GuardLength = 64;

    private static readonly IntegrityId[] Integrities = [IntegrityId.HmacSha1, IntegrityId.HmacSha256, IntegrityId.HmacSha384, IntegrityId.HmacSha512];

    public EspRig(EspSuite suite, Mode mode = Mode.Transport, int window = 64, long softBytes = 0, long hardBytes = 0, int threads = 1)
    {
        Suite = suite;
        Key = KeyOf(suite);
        IpAddress left = IpAddress.None, right = IpAddress.None;
        if (mode == Mode.TunnelIPv4) (left, right) = (IpAddress.Parse("10.1.1.1"), IpAddress.Parse("10.1.1.2"));
        if (mode == Mode.TunnelIPv6) (left, right) = (IpAddress.Parse("fd01::1"), IpAddress.Parse("fd01::2"));
        Outbound = new OutboundSa(Spi, suite, new SecretBytes(Key), Path, threads)
        {
            InboundSpi = OutboundSpiOfPair,
            TunnelLocal = left,
            TunnelRemote = right,
            SoftBytes = softBytes,
            HardBytes = hardBytes,
        };
        Inbound = new InboundSa(Spi, suite, Key, Path, window)
        {
            Association = 7,
            Protection = 3,
            TunnelLocal = right,
            TunnelRemote = left,
            SoftBytes = softBytes,
            HardBytes = hardBytes,
        };
    }

    public static EspPath Path { get; } = new(IpAddress.Parse("192.0.2.1"), IpAddress.Parse("192.0.2.2"), 0, false);

    public EspSuite Suite { get; }

    public byte[] Key { get; }

    public OutboundSa Outbound { get; }

    public InboundSa Inbound { get; }

    public Instant Now { get; set; } = Instant.FromSeconds(1000);

    /// <summary>Octets between the SPI and the GRE packet.</summary>
    public int Before => EspSpec.HeaderLength + Outbound.IvLength + Outbound.InnerHeaderLength;

    /// <summary>Every suite that can be negotiated, with and without ESN.</summary>
    public static IEnumerable<EspSuite> Suites()
    {
        foreach (bool esn in new[] { false, true })
        {
            foreach (int bits in new[] { 128, 192, 256 })
            {
                yield return new EspSuite(EncryptionId.AesGcm16, bits, IntegrityId.None, esn);
                yield return new EspSuite(EncryptionId.NullAesGmac, bits, IntegrityId.None, esn);
                foreach (IntegrityId integrity in Integrities) yield return new EspSuite(EncryptionId.AesCbc, bits, integrity, esn);
            }
            yield return new EspSuite(EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None, esn);
            foreach (IntegrityId integrity in Integrities) yield return new EspSuite(EncryptionId.Null, 0, integrity, esn);
        }
    }

    public static EspSuite Gcm(bool esn = false) => new(EncryptionId.AesGcm16, 128, IntegrityId.None, esn);

    public static byte[] KeyOf(EspSuite suite) => Pattern(EspCipher.KeyMaterialLength(suite), 1);

    public static byte[] Pattern(int length, int seed = 0)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) bytes[i] = (byte)(i * 7 + seed * 13 + 3);
        return bytes;
    }

    public byte[] Seal(byte[] payload, byte trafficClass = 0, int thread = 0)
    {
        Assert.Equal(EspResult.Good, TrySeal(payload, out byte[] packet, trafficClass, thread));
        return packet;
    }

    public EspResult TrySeal(byte[] payload, out byte[] packet, byte trafficClass = 0, int thread = 0)
    {
        byte[] room = new byte[GuardLength + EspPacket.Headroom + payload.Length + EspPacket.Tailroom + GuardLength];
        room.AsSpan().Fill(Guard);
        int at = GuardLength + EspPacket.Headroom, length = payload.Length;
        payload.CopyTo(room, at);
        packet = [];
        fixed (byte* start = room)
        {
            EspResult result = EspPacket.Seal(Outbound, thread, start + at, ref length, trafficClass, Now, out int before);
            if (result != EspResult.Good) return result;
            Assert.InRange(before, 0, EspPacket.Headroom);
            Assert.InRange(length - before - payload.Length, 0, EspPacket.Tailroom);
            Assert.Equal(-1, room.AsSpan(0, at - before).IndexOfAnyExcept(Guard));
            Assert.Equal(-1, room.AsSpan(at - before + length).IndexOfAnyExcept(Guard));
            packet = room[(at - before)..(at - before + length)];
            return result;
        }
    }

    public Opened Open(byte[] packet, byte trafficClass = 0)
    {
        byte[] room = new byte[GuardLength + packet.Length + GuardLength];
        room.AsSpan().Fill(Guard);
        packet.CopyTo(room, GuardLength);
        fixed (byte* start = room)
        {
            EspResult result = EspPacket.Open(Inbound, start + GuardLength, packet.Length, ref trafficClass, Now, out int offset, out int length, out bool latest);
            Assert.Equal(-1, room.AsSpan(0, GuardLength).IndexOfAnyExcept(Guard));
            Assert.Equal(-1, room.AsSpan(GuardLength + packet.Length).IndexOfAnyExcept(Guard));
            byte[] payload = result == EspResult.Good ? room.AsSpan(GuardLength + offset, length).ToArray() : [];
            return new Opened(result, payload, latest, trafficClass);
        }
    }

    /// <summary>A packet with a right ICV and whatever is inside: <paramref name="text"/> with its padding and trailer.</summary>
    public byte[] Craft(byte[] text, ulong sequence)
    {
        byte[] packet = new byte[EspSpec.HeaderLength + Outbound.IvLength + text.Length + Outbound.IcvLength];
        BinaryPrimitives.WriteUInt32BigEndian(packet, Spi);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), (uint)sequence);
        text.CopyTo(packet, EspSpec.HeaderLength + Outbound.IvLength);
        using EspCipher sealer = EspCipher.CreateSealer(Suite, Key);
        fixed (byte* start = packet) sealer.Seal(start, text.Length, sequence);
        return packet;
    }

    /// <summary>Payload, the padding that it needs, pad length and next header.</summary>
    public byte[] Text(byte[] payload, byte next, int extra = 0)
    {
        int padding = extra * Outbound.Alignment;
        while ((payload.Length + padding + EspSpec.TrailerLength) % Outbound.Alignment != 0) padding++;
        byte[] text = new byte[payload.Length + padding + EspSpec.TrailerLength];
        payload.CopyTo(text, 0);
        for (int i = 0; i < padding; i++) text[payload.Length + i] = (byte)(i + 1);
        text[^2] = (byte)padding;
        text[^1] = next;
        return text;
    }

    public void Dispose()
    {
        Outbound.Dispose();
        Inbound.Dispose();
    }
}

internal sealed record Opened(EspResult Result, byte[] Payload, bool IsLatest, byte TrafficClass);
