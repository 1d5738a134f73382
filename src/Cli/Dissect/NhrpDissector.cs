using System.Diagnostics.CodeAnalysis;
using System.Text;
using Dmvpn.Wire;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Cli.Dissect;

/// <summary>Decodes an NHRP packet, encodes what was decoded, and compares.</summary>
internal static class NhrpDissector
{
    private const string Mask = "********";

    public static bool TryDissect(ReadOnlySpan<byte> bytes, bool showSecrets, [NotNullWhen(true)] out DissectedNhrp? nhrp, out Malformed why)
    {
        nhrp = null;
        if (!NhrpView.TryParse(bytes, out NhrpView view, out why)) return false;
        NhrpHeader head = view.Header;
        bool error = view.Type == NhrpPacketType.ErrorIndication;
        ReadOnlySpan<byte> carried = view.CarriedPacket;

        // The packet that an Error Indication quotes ends with an authentication string in clear.
        if (error && !showSecrets) carried = carried[..Math.Min(carried.Length, NhrpSpec.MinimumLength)];
        var extensions = new List<DissectedExtension>();
        foreach (NhrpExtensionView extension in view.Extensions) extensions.Add(Extension(extension, showSecrets));
        nhrp = new DissectedNhrp(NhrpText.NameOf(view.Type), view.PacketSize, Reproduce(view))
        {
            AddressFamily = view.AddressFamily,
            ProtocolType = view.ProtocolType,
            HopCount = view.HopCount,
            ExtensionOffset = view.ExtensionOffset,
            Flags = (ushort)view.Flags,
            RequestId = view.RequestId,
            SourceNbma = Text(head.SourceNbma),
            SourceProtocol = Text(head.SourceProtocol),
            DestinationProtocol = Text(head.DestinationProtocol),
            Error = error ? NhrpText.NameOf(head.ErrorCode) : null,
            ErrorOffset = error ? head.ErrorOffset : null,
            Entries = view.IsIndication ? null : Entries(view.Cies),
            CarriedPacket = view.IsIndication ? Convert.ToHexString(carried) : null,
            CarriedSummary = Summary(view),
            Extensions = extensions,
            Text = Lines(view, showSecrets),
        };
        return true;
    }

    private static DissectedReproduction Reproduce(NhrpView view)
    {
        byte[] ours = new byte[ushort.MaxValue];
        Array.Fill(ours, (byte)0xA5);
        return NhrpPacket.From(view).TryWrite(ours, out int length)
            ? Comparison.Of(view.Bytes, ours.AsSpan(0, length))
            : new DissectedReproduction(false) { Difference = "our encoder refuses it" };
    }

    private static DissectedExtension Extension(NhrpExtensionView extension, bool showSecrets)
    {
        var shown = new DissectedExtension((int)extension.Type, Name(extension.Type), extension.IsCompulsory, extension.Value.Length);
        switch (extension.Type)
        {
            case NhrpExtensionType.End:
                return shown;
            case NhrpExtensionType.Authentication:
                bool cleartext = extension.TryGetCleartext(out ReadOnlySpan<byte> text);
                return shown with { Authentication = showSecrets && cleartext ? Printable(text) : Mask };
            case NhrpExtensionType.ResponderAddress or NhrpExtensionType.ForwardTransitNhs or NhrpExtensionType.ReverseTransitNhs or NhrpExtensionType.NatAddress
                when extension.TryGetCies(out NhrpCieList cies):
                return shown with { Entries = Entries(cies) };
            default:
                return shown with { Value = Convert.ToHexString(extension.Value) };
        }
    }

    private static List<DissectedCie> Entries(NhrpCieList list)
    {
        var entries = new List<DissectedCie>();
        foreach (NhrpCieView view in list)
        {
            NhrpCie cie = view.ToCie();
            entries.Add(new DissectedCie(
                (byte)cie.Code, NhrpText.NameOf(cie.Code), cie.PrefixLength, cie.Mtu, cie.HoldTime, Text(cie.Nbma), Text(cie.Protocol), cie.Preference));
        }
        return entries;
    }

    private static string? Summary(NhrpView view)
    {
        if (view.Type != NhrpPacketType.TrafficIndication || !IpView.TryParseHeader(view.CarriedPacket, out IpView ip, out _)) return null;
        return $"{ip.Source} > {ip.Destination}";
    }

    private static string Lines(NhrpView view, bool showSecrets)
    {
        string text = NhrpText.Format(view);
        if (Summary(view) is { } summary) text += $"\n (T) triggered by: {summary}";
        if (showSecrets && view.TryGetExtension(NhrpExtensionType.Authentication, out NhrpExtensionView authentication)
            && authentication.TryGetCleartext(out ReadOnlySpan<byte> secret))
        {
            text += $"\n (T) authentication string: \"{Printable(secret)}\"";
        }
        return text;
    }

    private static string Name(NhrpExtensionType type) => type switch
    {
        NhrpExtensionType.End => "End",
        NhrpExtensionType.ResponderAddress => "Responder Address",
        NhrpExtensionType.ForwardTransitNhs => "Forward Transit NHS Record",
        NhrpExtensionType.ReverseTransitNhs => "Reverse Transit NHS Record",
        NhrpExtensionType.Authentication => "Authentication",
        NhrpExtensionType.VendorPrivate => "Vendor-Private",
        NhrpExtensionType.NatAddress => "NAT Address",
        _ => "Unknown",
    };

    private static string Text(in NhrpAddress address) => address.IsEmpty ? "" : address.ToString();

    /// <summary>Bytes of the network on their way to a terminal: what is not printable ASCII becomes a dot.</summary>
    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (byte value in bytes) text.Append(value is >= 0x20 and < 0x7F ? (char)value : '.');
        return text.ToString();
    }
}
