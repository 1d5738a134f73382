using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Ecn;
using Dmvpn.Wire.Icmp;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Fuzz.Targets;

/// <summary>Both versions; what is done to a packet in place, and the ICMP error about it.</summary>
internal sealed class IpTarget : IFuzzTarget
{
    private static readonly IpAddress A4 = IpAddress.Parse("192.0.2.1"), A6 = IpAddress.Parse("2001:db8::1");

    public static string Name => "ip";

    public static IEnumerable<byte[]> Seeds
    {
        get
        {
            byte[] four = new byte[48], six = new byte[40 + 8 + 8 + 16 + 10];
            new Ipv4Header(0xB9, 64, IpProtocol.Udp, A4, IpAddress.Parse("198.51.100.2")).Write(four);
            new Ipv6Header(0, 64, IpProtocol.HopByHop, A6, IpAddress.Parse("2001:db8:5::2")).Write(six);
            (six[40], six[48], six[51]) = ((byte)IpProtocol.Fragment, (byte)IpProtocol.Ah, 1);
            (six[56], six[57]) = ((byte)IpProtocol.Udp, 2);
            return [four, six];
        }
    }

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        if (Check.Answer(IpView.TryParseHeader(input, out IpView quoted, out Malformed why), why)) _ = quoted.Payload.Length;
        if (!Check.Answer(IpView.TryParse(input, out IpView ip, out why), why)) return;
        Check.That(ip.HeaderLength + ip.Payload.Length == ip.TotalLength && ip.TotalLength <= input.Length, "lengths do not add up");

        Span<byte> error = stackalloc byte[IcmpError.MaximumLength];
        int length = IcmpError.Write(error, IcmpErrorKind.PacketTooBig, input, ip.IsIPv4 ? A4 : A6, 1300);
        Check.That(length == 0 || IpView.TryParse(error[..length], out _, out why), $"our ICMP error is {why}");

        byte[] changed = input.ToArray();
        bool valid = !ip.IsIPv4 || InternetChecksum.IsValid(input[..ip.HeaderLength]);
        EcnTunnel.TryDecapsulate(changed, 3);
        if (ip.IsIPv4) Ipv4Header.SetTtl(changed, 1);
        else Ipv6Header.SetHopLimit(changed, 1);
        Check.That(IpView.TryParse(changed, out IpView after, out why), $"a changed packet is {why}");
        Check.That(after.HopLimit == 1 && after.Source == ip.Source && after.Destination == ip.Destination, "a change hit another field");
        Check.That(!ip.IsIPv4 || InternetChecksum.IsValid(changed.AsSpan(0, ip.HeaderLength)) == valid, "a change broke the checksum");
    }
}
