using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Cdp;

namespace Dmvpn.Fuzz.Targets;

internal sealed class CdpTarget : IFuzzTarget
{
    public static string Name => "cdp";

    public static IEnumerable<byte[]> Seeds =>
    [
        new CdpPacket
        {
            TimeToLive = 180,
            Tlvs =
            [
                CdpTlv.Text(CdpTlvType.DeviceId, "R1"), CdpTlv.Text(CdpTlvType.PortId, "Tunnel0"),
                CdpTlv.Addresses([IpAddress.Parse("10.0.0.1"), IpAddress.Parse("2001:db8::1")]),
                CdpTlv.OdrPrefixes([IpPrefix.Parse("10.1.0.0/16"), IpPrefix.Parse("10.2.3.0/24")]),
            ],
        }.ToBytes(),
        new CdpPacket { TimeToLive = 10, Tlvs = [CdpTlv.OdrGateway(IpAddress.Parse("10.0.0.9"))] }.ToBytes(),
    ];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        if (!Check.Answer(CdpView.TryParse(input, out CdpView view, out Malformed why), why)) return;
        _ = (view.DeviceId, view.PortId, view.Platform, view.SoftwareVersion, view.VtpDomain, view.Duplex, view.Capabilities);
        _ = view.Addresses.ToList(64);
        CdpOdrView odr = view.Odr;
        for (int i = 0; i < odr.PrefixCount; i++) odr.TryGetPrefix(i, out _);
        _ = odr.Gateway;
        byte[] ours = view.ToPacket().ToBytes();
        Check.That(input.SequenceEqual(ours), $"differs at byte {input.CommonPrefixLength(ours)}");
    }

    public static void Repair(Span<byte> input)
    {
        if (input.Length < 4) return;
        input[2] = input[3] = 0;
        ushort checksum = CdpChecksum.Compute(input);
        (input[2], input[3]) = ((byte)(checksum >> 8), (byte)checksum);
    }
}
