using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ecn;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Ipsec;

/// <summary>What became of a packet that was to be opened or sealed.</summary>
public enum EspResult
{
    /// <summary>All is well.</summary>
    Good,

    /// <summary>Too short, or its ciphertext is no whole number of blocks.</summary>
    Malformed,

    /// <summary>Its sequence number was there before, or is left of the window (RFC 4303 3.4.3).</summary>
    Replayed,

    /// <summary>Wrong ICV: forged, damaged, or another key.</summary>
    Forged,

    /// <summary>The padding is not 1, 2, 3, … (RFC 4303 2.4) or longer than the packet.</summary>
    BadPadding,

    /// <summary>It carries something that its selectors do not allow (RFC 4301 5.2): anything but GRE between the two ends.</summary>
    WrongSelector,

    /// <summary>Congestion was experienced on the way, and the inner IP header of tunnel mode cannot be told (RFC 6040 4.2).</summary>
    Congested,

    /// <summary>A dummy packet (RFC 4303 2.6).</summary>
    Dummy,

    /// <summary>The SA is at its end: no sequence number or no byte is left.</summary>
    Exhausted,
}

/// <summary>
/// ESP in place, in a packet buffer with headroom and tailroom (RFC 4303 2).
/// <code>
/// | SPI | sequence | IV | [inner IP header in tunnel mode] GRE packet | 1 2 3 … | pad length | next header | ICV |
/// </code>
/// Nothing is allocated.
/// </summary>
public static unsafe class EspPacket
{
    /// <summary>Bytes that must be free in front of a payload: header, longest IV, longest inner IP header.</summary>
    public const int Headroom = EspSpec.HeaderLength + 16 + 40;

    /// <summary>Bytes that must be free behind it: padding, trailer, longest ICV.</summary>
    public const int Tailroom = 16 + EspSpec.TrailerLength + 32;

    private const byte NextIpv4 = 4;
    private const byte NextIpv6 = 41;
    private const byte InnerHopLimit = 255;

    /// <summary>
    /// Protects the payload, a GRE packet. Returns <see cref="EspResult.Good"/> or <see cref="EspResult.Exhausted"/>.
    /// </summary>
    /// <param name="sa">The SA.</param>
    /// <param name="thread">The number of the calling thread, which has a cipher of its own in the SA.</param>
    /// <param name="payload">First byte of the GRE packet; afterwards the ESP packet starts at its return value's offset in front of it.</param>
    /// <param name="length">Its length; afterwards that of the ESP packet.</param>
    /// <param name="trafficClass">For the inner header of tunnel mode.</param>
    /// <param name="now">The present.</param>
    /// <param name="before">How many bytes in front of the payload the ESP packet starts.</param>
    public static EspResult Seal(OutboundSa sa, int thread, byte* payload, ref int length, byte trafficClass, Instant now, out int before)
    {
        before = sa.RoomBefore;
        if (!sa.TryNext(length, now, out ulong sequence)) return EspResult.Exhausted;
        byte next = (byte)IpProtocol.Gre;
        if (sa.IsTunnelMode)
        {
            next = sa.TunnelLocal.IsIPv4 ? NextIpv4 : NextIpv6;
            WriteInnerHeader(sa, payload - sa.InnerHeaderLength, length, trafficClass);
        }
        byte* text = payload - sa.InnerHeaderLength;
        int inner = length + sa.InnerHeaderLength;
        int padded = (inner + EspSpec.TrailerLength + sa.Alignment - 1) / sa.Alignment * sa.Alignment;
        int padding = padded - inner - EspSpec.TrailerLength;
        for (int i = 0; i < padding; i++) text[inner + i] = (byte)(i + 1);
        text[inner + padding] = (byte)padding;
        text[inner + padding + 1] = next;
        byte* packet = payload - before;
        BinaryPrimitives.WriteUInt32BigEndian(new Span<byte>(packet, 4), sa.Spi);
        BinaryPrimitives.WriteUInt32BigEndian(new Span<byte>(packet + 4, 4), (uint)sequence);
        sa.Cipher(thread).Seal(packet, padded, sequence);
        length = EspSpec.HeaderLength + sa.IvLength + padded + sa.IcvLength;
        return EspResult.Good;
    }

    /// <summary>
    /// Opens a packet: replay, ICV, padding, selectors, in this order (RFC 4303 3.4). On <see cref="EspResult.Good"/> the GRE packet is at <paramref name="offset"/>.
    /// </summary>
    /// <param name="sa">The SA that the packet's SPI names.</param>
    /// <param name="packet">The SPI.</param>
    /// <param name="length">Length of the ESP packet.</param>
    /// <param name="trafficClass">That of the outer IP header; afterwards that of the header which is left: of the inner one in tunnel mode (RFC 6040 4.2).</param>
    /// <param name="now">The present.</param>
    /// <param name="offset">Where the GRE packet is.</param>
    /// <param name="payloadLength">Its length.</param>
    /// <param name="isLatest">True when no later packet had come before: its source may be the peer's new address (RFC 7296 2.23).</param>
    public static EspResult Open(InboundSa sa, byte* packet, int length, ref byte trafficClass, Instant now, out int offset, out int payloadLength, out bool isLatest)
    {
        EspCipher cipher = sa.Cipher;
        isLatest = false;
        offset = EspSpec.HeaderLength + cipher.IvLength;
        payloadLength = length - offset - cipher.IcvLength;
        if (payloadLength < EspSpec.TrailerLength || payloadLength % cipher.Alignment != 0) return EspResult.Malformed;
        ulong sequence = sa.Window.Infer(BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(packet + 4, 4)));
        if (!sa.Window.MayBeNew(sequence))
        {
            sa.Replays++;
            return EspResult.Replayed;
        }
        if (!cipher.TryOpen(packet, payloadLength, sequence))
        {
            sa.Forgeries++;
            return EspResult.Forged;
        }
        // AFTER the ICV: a forger must not move the window (RFC 4303 3.4.3).
        isLatest = sequence > sa.Window.Top;
        if (!sa.Window.TryAccept(sequence)) return EspResult.Replayed;
        byte* text = packet + offset;
        byte next = text[payloadLength - 1];
        int padding = text[payloadLength - 2];
        payloadLength -= EspSpec.TrailerLength + padding;
        if (payloadLength < 0) return EspResult.BadPadding;
        for (int i = 0; i < padding; i++)
        {
            if (text[payloadLength + i] != (byte)(i + 1)) return EspResult.BadPadding;
        }
        if (next == EspSpec.NoNextHeader)
        {
            sa.NoteLife(now);
            return EspResult.Dummy;
        }
        if (sa.IsTunnelMode)
        {
            EspResult result = StripInnerHeader(sa, next, text, ref payloadLength, ref trafficClass, out int stripped);
            if (result != EspResult.Good) return result;
            offset += stripped;
        }
        else if (next != (byte)IpProtocol.Gre)
        {
            return EspResult.WrongSelector;
        }
        return sa.Count(payloadLength, now) ? EspResult.Good : EspResult.Exhausted;
    }

    internal static (int Iv, int Icv, int Alignment) Geometry(EspSuite suite) => suite.Encryption switch
    {
        EncryptionId.AesGcm16 or EncryptionId.NullAesGmac or EncryptionId.ChaCha20Poly1305 => (8, 16, 4),
        EncryptionId.AesCbc => (16, IcvLength(suite.Integrity), 16),
        _ => (0, IcvLength(suite.Integrity), 4),
    };

    private static int IcvLength(IntegrityId integrity) => integrity switch
    {
        IntegrityId.HmacSha1 => 12,
        IntegrityId.HmacSha256 => 16,
        IntegrityId.HmacSha384 => 24,
        IntegrityId.HmacSha512 => 32,
        _ => 0,
    };

    private static void WriteInnerHeader(OutboundSa sa, byte* at, int payloadLength, byte trafficClass)
    {
        Span<byte> packet = new(at, sa.InnerHeaderLength + payloadLength);
        // "Don't fragment", so that it needs no identification of its own (RFC 6864 4.1). It ends where it is decrypted.
        if (sa.TunnelLocal.IsIPv4) new Ipv4Header(trafficClass, InnerHopLimit, IpProtocol.Gre, sa.TunnelLocal, sa.TunnelRemote, DontFragment: true).Write(packet);
        else new Ipv6Header(trafficClass, InnerHopLimit, IpProtocol.Gre, sa.TunnelLocal, sa.TunnelRemote).Write(packet);
    }

    /// <summary>Only GRE between the two ends that the selectors name, and whole packets (RFC 4301 5.2, step 4).</summary>
    private static EspResult StripInnerHeader(InboundSa sa, byte next, byte* text, ref int length, ref byte trafficClass, out int stripped)
    {
        stripped = 0;
        if (next != (sa.TunnelLocal.IsIPv4 ? NextIpv4 : NextIpv6)) return EspResult.WrongSelector;
        if (!IpView.TryParse(new ReadOnlySpan<byte>(text, length), out IpView ip, out _)) return EspResult.WrongSelector;
        if (ip.IsIPv4 != sa.TunnelLocal.IsIPv4 || ip.Protocol != IpProtocol.Gre || ip.IsFragment || ip.Source != sa.TunnelRemote || ip.Destination != sa.TunnelLocal)
            return EspResult.WrongSelector;
        if (!EcnTunnel.TryDecapsulate((EcnCodepoint)(ip.TrafficClass & 3), (EcnCodepoint)(trafficClass & 3), out EcnCodepoint onward)) return EspResult.Congested;
        trafficClass = (byte)(ip.TrafficClass & 0xFC | (byte)onward);
        stripped = ip.HeaderLength;
        length = ip.TotalLength - stripped;
        return EspResult.Good;
    }
}
