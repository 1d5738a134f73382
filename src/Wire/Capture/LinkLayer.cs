using System.Buffers.Binary;

namespace Dmvpn.Wire.Capture;

/// <summary>Takes the link-layer header off a captured frame.</summary>
public static class LinkLayer
{
    private const ushort EtherTypeIpv4 = 0x0800;
    private const ushort EtherTypeIpv6 = 0x86DD;
    private const int MaximumTags = 4;

    /// <summary>
    /// The IP packet in a frame, with any padding still behind it. False with <see cref="Malformed.NotIp"/> when it carries
    /// something else, <see cref="Malformed.Truncated"/> when the header was cut off, <see cref="Malformed.UnknownLinkType"/>.
    /// </summary>
    public static bool TryGetIp(LinkType link, ReadOnlySpan<byte> frame, out ReadOnlySpan<byte> packet, out Malformed why)
    {
        why = Malformed.None;
        int header = link switch
        {
            LinkType.Ethernet => Ethernet(frame, ref why),
            LinkType.RawBsd or LinkType.RawOpenBsd or LinkType.Raw or LinkType.Ipv4 or LinkType.Ipv6 => 0,
            LinkType.Null or LinkType.Loop => Loopback(frame, ref why),
            LinkType.LinuxSll => Cooked(frame, 14, 16, ref why),
            LinkType.LinuxSll2 => Cooked(frame, 0, 20, ref why),
            _ => Unknown(ref why),
        };
        packet = why == Malformed.None ? frame[header..] : default;
        if (why == Malformed.None && (packet.IsEmpty || packet[0] >> 4 is not (4 or 6))) why = packet.IsEmpty ? Malformed.Truncated : Malformed.NotIp;
        return why == Malformed.None;
    }

    private static int Unknown(ref Malformed why)
    {
        why = Malformed.UnknownLinkType;
        return 0;
    }

    private static int Ethernet(ReadOnlySpan<byte> frame, ref Malformed why)
    {
        int at = 12;
        for (int tags = 0; frame.Length - at >= 2; tags++, at += 4)
        {
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(frame[at..]);

            // 802.1Q, 802.1ad and what was used before it was standardised.
            if (type is 0x8100 or 0x88A8 or 0x9100 && tags < MaximumTags) continue;
            return Accept(type, at + 2, ref why);
        }
        why = Malformed.Truncated;
        return 0;
    }

    private static int Cooked(ReadOnlySpan<byte> frame, int protocolOffset, int length, ref Malformed why)
    {
        if (frame.Length >= length) return Accept(BinaryPrimitives.ReadUInt16BigEndian(frame[protocolOffset..]), length, ref why);
        why = Malformed.Truncated;
        return 0;
    }

    private static int Accept(ushort etherType, int length, ref Malformed why)
    {
        if (etherType is not (EtherTypeIpv4 or EtherTypeIpv6)) why = Malformed.NotIp;
        return length;
    }

    private static int Loopback(ReadOnlySpan<byte> frame, ref Malformed why)
    {
        if (frame.Length < 4)
        {
            why = Malformed.Truncated;
            return 0;
        }
        uint family = BinaryPrimitives.ReadUInt32LittleEndian(frame);
        if (family > 0xFFFF) family = BinaryPrimitives.ReverseEndianness(family);

        // AF_INET is 2 everywhere; AF_INET6 differs: Linux 10, BSD 24, FreeBSD 28, macOS 30.
        if (family is not (2 or 10 or 24 or 28 or 30)) why = Malformed.NotIp;
        return 4;
    }
}
