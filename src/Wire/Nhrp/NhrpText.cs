using System.Globalization;
using System.Text;

namespace Dmvpn.Wire.Nhrp;

/// <summary>
/// A packet as text in the layout of IOS's <c>debug nhrp packet</c>. The authentication string is masked: text goes to logs and screens.
/// </summary>
public static class NhrpText
{
    /// <summary>IOS's words for a packet type: "Registration Request".</summary>
    public static string NameOf(NhrpPacketType type) => type switch
    {
        NhrpPacketType.ResolutionRequest => "Resolution Request",
        NhrpPacketType.ResolutionReply => "Resolution Reply",
        NhrpPacketType.RegistrationRequest => "Registration Request",
        NhrpPacketType.RegistrationReply => "Registration Reply",
        NhrpPacketType.PurgeRequest => "Purge Request",
        NhrpPacketType.PurgeReply => "Purge Reply",
        NhrpPacketType.ErrorIndication => "Error Indication",
        NhrpPacketType.TrafficIndication => "Traffic Indication",
        _ => $"Unknown({(byte)type})",
    };

    /// <summary>IOS's words for an entry's code: "no error".</summary>
    public static string NameOf(NhrpCieCode code) => code switch
    {
        NhrpCieCode.Success => "no error",
        NhrpCieCode.AdministrativelyProhibited => "administratively prohibited",
        NhrpCieCode.InsufficientResources => "insufficient resources",
        NhrpCieCode.NoBinding => "no binding exists",
        NhrpCieCode.BindingNotUnique => "binding exists but is not unique",
        NhrpCieCode.UniqueAddressRegistered => "unique address registered already",
        _ => "unknown",
    };

    /// <summary>IOS's words for an error code: "loop detected".</summary>
    public static string NameOf(NhrpErrorCode code) => code switch
    {
        NhrpErrorCode.UnrecognizedExtension => "unrecognized extension",
        NhrpErrorCode.LoopDetected => "loop detected",
        NhrpErrorCode.ProtocolAddressUnreachable => "protocol address unreachable",
        NhrpErrorCode.ProtocolError => "protocol error",
        NhrpErrorCode.SduSizeExceeded => "SDU size exceeded",
        NhrpErrorCode.InvalidExtension => "invalid extension",
        NhrpErrorCode.InvalidResolutionReply => "invalid resolution reply received",
        NhrpErrorCode.AuthenticationFailure => "authentication failure",
        NhrpErrorCode.HopCountExceeded => "hop count exceeded",
        _ => "unknown",
    };

    /// <summary>The packet, several lines, without a line break at the end.</summary>
    public static string Format(NhrpView packet)
    {
        var text = new StringBuilder(512);
        NhrpHeader head = packet.Header;
        Line(text, $" (F) afn: {Family(head.AddressFamily)}({head.AddressFamily}), type: {Protocol(head.ProtocolType)}({head.ProtocolType:X}), hop: {head.HopCount}, ver: {NhrpSpec.Version}");
        Line(text, $"     shtl: {head.SourceNbma.Length}({Format(head.SourceNbma)}), sstl: {head.SourceSubaddress.Length}({Format(head.SourceSubaddress)})");
        Line(text, $"     pktsz: {packet.PacketSize} extoff: {packet.ExtensionOffset}");
        Mandatory(text, packet, head);
        int number = 0;
        foreach (NhrpCieView cie in packet.Cies) Entry(text, cie.ToCie(), ++number, head.Type);
        if (packet.IsIndication) Carried(text, packet);
        foreach (NhrpExtensionView extension in packet.Extensions) Extension(text, extension);
        return text.ToString(0, Math.Max(0, text.Length - 1));
    }

    private static void Mandatory(StringBuilder text, NhrpView packet, in NhrpHeader head)
    {
        switch (packet.Type)
        {
            case NhrpPacketType.ErrorIndication:
                Line(text, $" (M) error code: {NameOf(head.ErrorCode)}({(ushort)head.ErrorCode}), offset: {head.ErrorOffset}");
                break;
            case NhrpPacketType.TrafficIndication:
                Line(text, $" (M) traffic code: {((ushort)head.ErrorCode == 0 ? "redirect" : "unknown")}({(ushort)head.ErrorCode})");
                break;
            default:
                Line(text, $" (M) flags: \"{FlagNames(packet.Type, head.Flags)}\", reqid: {head.RequestId}");
                break;
        }
        Line(text, $"     src NBMA: {head.SourceNbma}");
        Line(text, $"     src protocol: {head.SourceProtocol}, dst protocol: {head.DestinationProtocol}");
    }

    private static void Entry(StringBuilder text, in NhrpCie cie, int number, NhrpPacketType? type)
    {
        Line(text, $" (C-{number}) code: {NameOf(cie.Code)}({(byte)cie.Code}){(type is null ? "" : ", flags: none")}");
        Line(text, $"       prefix: {cie.PrefixLength}, mtu: {cie.Mtu}, hd_time: {cie.HoldTime}");
        Line(text, $"       addr_len: {cie.Nbma.Length}({Format(cie.Nbma)}), subaddr_len: {cie.Subaddress.Length}({Format(cie.Subaddress)}), proto_len: {cie.Protocol.Length}, pref: {cie.Preference}");
        if (!cie.Nbma.IsEmpty) Line(text, $"       client NBMA: {cie.Nbma}");
        if (!cie.Protocol.IsEmpty) Line(text, $"       client protocol: {cie.Protocol}");
    }

    private static void Carried(StringBuilder text, NhrpView packet)
    {
        // An Error Indication carries an NHRP packet with its authentication string in it: only the head that cannot hold one is shown.
        ReadOnlySpan<byte> bytes = packet.CarriedPacket;
        bool error = packet.Type == NhrpPacketType.ErrorIndication;
        Line(text, $"     Contents of {(error ? "error" : "nhrp traffic indication")} packet:");
        if (error) bytes = bytes[..Math.Min(bytes.Length, NhrpSpec.MinimumLength)];
        for (; !bytes.IsEmpty; bytes = bytes[Math.Min(16, bytes.Length)..])
        {
            text.Append("       ");
            foreach (byte value in bytes[..Math.Min(16, bytes.Length)]) text.Append(CultureInfo.InvariantCulture, $" {value:X2}");
            text.Append('\n');
        }
    }

    private static void Extension(StringBuilder text, NhrpExtensionView extension)
    {
        if (extension.Type == NhrpExtensionType.End) return;
        string name = extension.Type switch
        {
            NhrpExtensionType.ResponderAddress => "Responder Address Extension",
            NhrpExtensionType.ForwardTransitNhs => "Forward Transit NHS Record Extension",
            NhrpExtensionType.ReverseTransitNhs => "Reverse Transit NHS Record Extension",
            NhrpExtensionType.Authentication => "Authentication Extension",
            NhrpExtensionType.VendorPrivate => "Vendor-Private Extension",
            NhrpExtensionType.NatAddress => "NAT address Extension",
            _ => "Unknown Extension",
        };
        Line(text, $" {name}({(ushort)extension.Type}):");
        if (extension.Type == NhrpExtensionType.Authentication)
        {
            bool cleartext = extension.TryGetCleartext(out _);
            Line(text, $"   type:{(cleartext ? "Cleartext(1)" : "Unknown")}, data:********");
        }
        else if (extension.Type is >= NhrpExtensionType.ResponderAddress and <= NhrpExtensionType.NatAddress && extension.TryGetCies(out NhrpCieList cies))
        {
            int number = 0;
            foreach (NhrpCieView cie in cies) Entry(text, cie.ToCie(), ++number, null);
        }
        else
        {
            Line(text, $"   length: {extension.Value.Length}");
        }
    }

    private static string FlagNames(NhrpPacketType type, NhrpFlags flags)
    {
        var names = new StringBuilder();
        void Name(NhrpFlags flag, string name)
        {
            if ((flags & flag) != 0) names.Append(name).Append(' ');
        }
        if (type is NhrpPacketType.ResolutionRequest or NhrpPacketType.ResolutionReply)
        {
            Name(NhrpFlags.Router, "router");
            Name(NhrpFlags.Authoritative, "auth");
            Name(NhrpFlags.DestinationStable, "dst-stable");
            Name(NhrpFlags.Unique, "unique");
            Name(NhrpFlags.SourceStable, "src-stable");
        }
        else
        {
            Name(NhrpFlags.RegistrationUnique, type is NhrpPacketType.PurgeRequest or NhrpPacketType.PurgeReply ? "no-reply" : "unique");
        }
        Name(NhrpFlags.Nat, "nat");
        return names.ToString();
    }

    private static string Family(ushort afn) => afn switch { 1 => "AF_IP", 2 => "AF_IP6", _ => "AF" };

    private static string Protocol(ushort type) => type switch { 0x0800 => "IP", 0x86DD => "IPv6", _ => "unknown" };

    private static string Format(in NhrpAddress address) => (address.TypeLength & 0x40) != 0 ? "E.164" : "NSAP";

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
