using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Cdp;

namespace Dmvpn.Cli.Dissect;

/// <summary>Decodes a CDP packet, encodes what was decoded, and compares.</summary>
internal static class CdpDissector
{
    private const int MaximumAddresses = 64;

    public static bool TryDissect(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DissectedCdp? cdp, out Malformed why)
    {
        cdp = null;
        if (!CdpView.TryParse(bytes, out CdpView view, out why)) return false;
        var addresses = new List<string>();
        foreach (IpAddress address in view.Addresses.ToList(MaximumAddresses)) addresses.Add(address.ToString());
        var tlvs = new List<int>();
        foreach (CdpTlvView tlv in view.Tlvs) tlvs.Add((int)tlv.Type);
        CdpOdrView odr = view.Odr;
        var prefixes = new List<string>();
        for (int i = 0; i < odr.PrefixCount; i++) prefixes.Add(odr.TryGetPrefix(i, out IpPrefix prefix) ? prefix.ToString() : "invalid");
        cdp = new DissectedCdp(view.Version, view.TimeToLive, view.DeviceId, view.PortId, Comparison.Of(bytes, view.ToPacket().ToBytes()))
        {
            Platform = view.Platform is { Length: > 0 } platform ? platform : null,
            SoftwareVersion = view.SoftwareVersion is { Length: > 0 } version ? version : null,
            Addresses = addresses,
            OdrGateway = odr.Kind == CdpOdrKind.Gateway ? odr.Gateway.ToString() : null,
            OdrPrefixes = prefixes,
            Tlvs = tlvs,
        };
        return true;
    }
}
