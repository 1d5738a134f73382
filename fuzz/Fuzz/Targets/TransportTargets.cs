using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Tcp;
using Dmvpn.Wire.Udp;

namespace Dmvpn.Fuzz.Targets;

internal sealed class UdpTarget : IFuzzTarget
{
    public static string Name => "udp";

    public static IEnumerable<byte[]> Seeds
    {
        get
        {
            byte[] datagram = new byte[20];
            new UdpHeader(4500, 500).Write(datagram, IpAddress.FromIPv4(1), IpAddress.FromIPv4(2));
            return [datagram];
        }
    }

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        if (!Check.Answer(UdpView.TryParse(input, out UdpView udp, out Malformed why), why)) return;
        byte[] again = udp.Bytes.ToArray();
        new UdpHeader(udp.SourcePort, udp.DestinationPort).Write(again, IpAddress.FromIPv4(1), IpAddress.FromIPv4(2));
        Check.That(UdpView.TryParse(again, out UdpView second, out why), $"our own bytes are {why}");
        Check.That(second.Payload.SequenceEqual(udp.Payload) && second.SourcePort == udp.SourcePort, "decodes to something else");
        Check.That(UdpHeader.IsChecksumValid(second, IpAddress.FromIPv4(1), IpAddress.FromIPv4(2)), "our own checksum is wrong");
    }
}

internal sealed class TcpMssTarget : IFuzzTarget
{
    public static string Name => "tcpmss";

    public static IEnumerable<byte[]> Seeds => [Convert.FromHexString("0bb801bb000000010000000080020fa000000000" + "0101020405b401010402080a")];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        byte[] segment = input.ToArray();
        ulong before = InternetChecksum.Sum(segment);
        bool changed = TcpMss.ClampSegment(segment, 1360);
        Check.That(changed || input.SequenceEqual(segment), "changed and says no");

        // The field was corrected when the sum over everything is what it was (plus and minus zero are the same).
        int difference = Math.Abs(InternetChecksum.Fold(before) - InternetChecksum.Fold(InternetChecksum.Sum(segment)));
        Check.That(difference is 0 or 0xFFFF, "the checksum was not corrected");
        Check.That(!TcpMss.ClampSegment(segment, 1360), "clamps twice");
    }
}
