using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Dmvpn.Core;

namespace Dmvpn.Wire.Ike;

/// <summary>
/// A message as text in the manner of IOS's <c>debug crypto ikev2 packet</c>. It goes to logs and screens: octets that a secret could be guessed or an SA be ended with
/// (AUTH data, tokens, tickets, nonces, public values) are only counted, and what a peer wrote cannot move a terminal's cursor.
/// </summary>
public static class IkeText
{
    /// <summary>More octets in hexadecimal help nobody, and a peer chose how many there are.</summary>
    private const int MaximumOctets = 20;
    private const int MaximumName = 128;

    /// <summary>A message in the clear, several lines, without a line break at the end. Of what is within an SK payload only the length is shown.</summary>
    public static string Format(IkeView message)
    {
        var text = new StringBuilder(512);
        Head(text, message);
        Payloads(text, message.Payloads);
        return Trim(text);
    }

    /// <summary>A message whose SK payload, or all of whose SKF payloads, were opened: its header with the payloads that were within.</summary>
    public static string Format(IkeView message, IkePayloadChain opened)
    {
        var text = new StringBuilder(512);
        Head(text, message);
        Payloads(text, opened);
        return Trim(text);
    }

    /// <summary>The lines of a chain of payloads, without a line break at the end.</summary>
    public static string Format(IkePayloadChain payloads)
    {
        var text = new StringBuilder(512);
        Payloads(text, payloads);
        return Trim(text);
    }

    /// <summary>What is to be said of one payload's content, line by line and not indented; nothing of what is secret.</summary>
    public static string[] Lines(IkePayloadView payload)
    {
        if (!TryCheck(payload, out Malformed why)) return [$"malformed: {why}"];
        var text = new StringBuilder(256);
        Body(text, payload);
        return text.ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>A payload's name, of a notify with what it notifies.</summary>
    public static string NameOf(IkePayloadView payload)
    {
        string name = IkeNames.NameOf(payload.Type);
        return payload.Type == IkePayloadType.Notify && IkeNotifyView.TryParse(payload.Body, out IkeNotifyView notify, out _) ? $"{name}({IkeNames.NameOf(notify.Type)})" : name;
    }

    /// <summary>False when the body of one of the payloads cannot be decoded. <see cref="IkePayloadChain.TryParse"/> looks at lengths alone.</summary>
    public static bool TryCheck(IkePayloadChain payloads, out IkePayloadType wrong, out Malformed why)
    {
        foreach (IkePayloadView payload in payloads)
        {
            wrong = payload.Type;
            if (!TryCheck(payload, out why)) return false;
        }
        wrong = IkePayloadType.None;
        why = Malformed.None;
        return true;
    }

    /// <summary>What a notify says beside its name, when that can be said: a group, a number, hashes. Empty for what is secret, and for nothing.</summary>
    public static string DataOf(IkeNotifyView notify)
    {
        ReadOnlySpan<byte> data = notify.Data;
        switch (notify.Type)
        {
            case IkeNotifyType.InvalidKePayload when data.Length == 2:
                return IkeNames.NameOf((DhGroup)BinaryPrimitives.ReadUInt16BigEndian(data));
            case IkeNotifyType.SetWindowSize when data.Length == 4:
                return BinaryPrimitives.ReadUInt32BigEndian(data).ToString(CultureInfo.InvariantCulture);
            case IkeNotifyType.AuthLifetime when data.Length == 4:
                return $"{BinaryPrimitives.ReadUInt32BigEndian(data)} sec";
            case IkeNotifyType.TicketLtOpaque when data.Length > 4:
                return $"{BinaryPrimitives.ReadUInt32BigEndian(data)} sec, {data.Length - 4} octets";
            case IkeNotifyType.UnsupportedCriticalPayload when data.Length == 1:
                return IkeNames.NameOf((IkePayloadType)data[0]);
            case IkeNotifyType.AdditionalIp4Address when data.Length == 4:
            case IkeNotifyType.AdditionalIp6Address when data.Length == 16:
                return IpAddress.FromBytes(data).ToString();
            case IkeNotifyType.SignatureHashAlgorithms when data.Length % 2 == 0:
                var names = new StringBuilder();
                for (; !data.IsEmpty; data = data[2..]) names.Append(names.Length == 0 ? "" : " ").Append(IkeNames.NameOf((SignatureHash)BinaryPrimitives.ReadUInt16BigEndian(data)));
                return names.ToString();
            case IkeNotifyType.QuickCrashDetection or IkeNotifyType.TicketLtOpaque or IkeNotifyType.TicketOpaque or IkeNotifyType.Cookie2:
                // Who knows the token can end the SA (RFC 6290 4.4).
                return data.IsEmpty ? "" : $"{data.Length} octets";
            default:
                return Octets(data);
        }
    }

    /// <summary>An identity, not more of it than an eye takes in.</summary>
    public static string Identity(IkeIdentityView identity)
    {
        string text = new IkeIdentity(identity.Type, identity.Data).ToString();
        return text.Length <= MaximumName ? text : $"{text[..MaximumName]}… ({identity.Data.Length} octets)";
    }

    /// <summary>Octets in hexadecimal, not more than an eye takes in; of longer ones the beginning and how many there are.</summary>
    public static string Octets(ReadOnlySpan<byte> octets) =>
        octets.Length <= MaximumOctets ? Convert.ToHexString(octets) : $"{Convert.ToHexString(octets[..MaximumOctets])}… ({octets.Length} octets)";

    /// <summary>A vendor id: in letters when it is letters, else in hexadecimal.</summary>
    public static string VendorId(ReadOnlySpan<byte> octets)
    {
        if (octets.Length is 0 or > 64 || octets.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7E) >= 0) return Octets(octets);
        return $"\"{Encoding.ASCII.GetString(octets)}\"";
    }

    private static void Head(StringBuilder text, IkeView message)
    {
        string flags = (message.FromInitiator ? " INITIATOR" : " RESPONDER") + (message.IsResponse ? " MSG-RESPONSE" : "");
        Line(text, $"Initiator SPI : {message.InitiatorSpi:X16} - Responder SPI : {message.ResponderSpi:X16} Message id: {message.MessageId}");
        Line(text, $"IKEv2 {IkeNames.NameOf(message.Exchange)} Exchange {(message.IsResponse ? "RESPONSE" : "REQUEST")}, flags:{flags}, length: {message.Bytes.Length}");
        Line(text, "Payload contents:");
    }

    private static void Payloads(StringBuilder text, IkePayloadChain payloads)
    {
        foreach (IkePayloadView payload in payloads)
        {
            int length = IkeSpec.PayloadHeaderLength + payload.Body.Length;
            Line(text, $" {NameOf(payload)}  Next payload: {IkeNames.NameOf(payload.Next)}, {(payload.IsCritical ? "critical, " : "")}length: {length}");
            if (!TryCheck(payload, out Malformed why)) Line(text, $"    malformed: {why}");
            else Body(text, payload);
        }
    }

    private static bool TryCheck(IkePayloadView payload, out Malformed why)
    {
        ReadOnlySpan<byte> body = payload.Body;
        why = Malformed.None;
        return payload.Type switch
        {
            IkePayloadType.SecurityAssociation => IkeProposal.TryParseAll(body, out _, out why),
            IkePayloadType.KeyExchange => IkeKeyExchangeView.TryParse(body, out _, out why),
            IkePayloadType.IdInitiator or IkePayloadType.IdResponder => IkeIdentityView.TryParse(body, out _, out why),
            IkePayloadType.Certificate or IkePayloadType.CertificateRequest => IkeCertificateView.TryParse(body, out _, out why),
            IkePayloadType.Authentication => IkeAuthenticationView.TryParse(body, out _, out why),
            IkePayloadType.Notify => IkeNotifyView.TryParse(body, out _, out why),
            IkePayloadType.Delete => IkeDeleteView.TryParse(body, out _, out why),
            IkePayloadType.TrafficSelectorInitiator or IkePayloadType.TrafficSelectorResponder => TrafficSelector.TryParseAll(body, out _, out why),
            IkePayloadType.EncryptedFragment when body.Length < IkeSpec.FragmentHeaderLength => Refuse(out why),
            _ => true,
        };

        static bool Refuse(out Malformed why)
        {
            why = Malformed.Truncated;
            return false;
        }
    }

    /// <summary>What is in a payload. It was checked: nothing here fails.</summary>
    private static void Body(StringBuilder text, IkePayloadView payload)
    {
        ReadOnlySpan<byte> body = payload.Body;
        switch (payload.Type)
        {
            case IkePayloadType.SecurityAssociation:
                _ = IkeProposal.TryParseAll(body, out ValueList<IkeProposal> proposals, out _);
                foreach (IkeProposal proposal in proposals) Proposal(text, proposal);
                break;
            case IkePayloadType.KeyExchange:
                _ = IkeKeyExchangeView.TryParse(body, out IkeKeyExchangeView exchange, out _);
                Line(text, $"    DH group: {(ushort)exchange.Group}, {exchange.Data.Length} octets");
                break;
            case IkePayloadType.IdInitiator or IkePayloadType.IdResponder:
                _ = IkeIdentityView.TryParse(body, out IkeIdentityView identity, out _);
                Line(text, $"    Id type: {IkeNames.NameOf(identity.Type)}, {Identity(identity)}");
                break;
            case IkePayloadType.Certificate:
                _ = IkeCertificateView.TryParse(body, out IkeCertificateView certificate, out _);
                Line(text, $"    Cert encoding {IkeNames.NameOf(certificate.Encoding)}, {certificate.Data.Length} octets");
                break;
            case IkePayloadType.CertificateRequest:
                _ = IkeCertificateView.TryParse(body, out IkeCertificateView request, out _);
                Line(text, $"    Cert encoding {IkeNames.NameOf(request.Encoding)}, {request.Data.Length / 20} authorities");
                break;
            case IkePayloadType.Authentication:
                _ = IkeAuthenticationView.TryParse(body, out IkeAuthenticationView authentication, out _);
                Line(text, $"    Auth method {IkeNames.NameOf(authentication.Method)}, {authentication.Data.Length} octets");
                break;
            case IkePayloadType.Notify:
                _ = IkeNotifyView.TryParse(body, out IkeNotifyView notify, out _);
                string data = DataOf(notify), spi = notify.Spi.IsEmpty ? "" : $", spi: {Octets(notify.Spi)}";
                Line(text, $"    Security protocol id: {IkeNames.NameOf(notify.Protocol)}{spi}, type: {IkeNames.NameOf(notify.Type)}{(data.Length == 0 ? "" : $", data: {data}")}");
                break;
            case IkePayloadType.Delete:
                _ = IkeDeleteView.TryParse(body, out IkeDeleteView delete, out _);
                Delete(text, delete);
                break;
            case IkePayloadType.VendorId:
                Line(text, $"    {VendorId(body)}");
                break;
            case IkePayloadType.TrafficSelectorInitiator or IkePayloadType.TrafficSelectorResponder:
                _ = TrafficSelector.TryParseAll(body, out ValueList<TrafficSelector> selectors, out _);
                foreach (TrafficSelector selector in selectors) Selector(text, selector);
                break;
            case IkePayloadType.EncryptedFragment:
                Line(text, $"    fragment {BinaryPrimitives.ReadUInt16BigEndian(body)} of {BinaryPrimitives.ReadUInt16BigEndian(body[2..])}");
                break;
            default:
                break;
        }
    }

    private static void Proposal(StringBuilder text, IkeProposal proposal)
    {
        string spi = proposal.Spi == 0 ? "" : proposal.SpiSize == 4 ? $", spi: 0x{proposal.Spi:X8}" : $", spi: {proposal.Spi:X16}";
        Line(text, $"    Proposal: {proposal.Number}, Protocol id: {IkeNames.NameOf(proposal.Protocol)}{spi}, #trans: {proposal.Transforms.Count}");
        foreach (IkeTransform transform in proposal.Transforms)
            Line(text, $"      type: {(byte)transform.Type}, id: {IkeNames.NameOf(transform)}{(transform.HasUnknownAttribute ? ", unknown attribute" : "")}");
    }

    private static void Delete(StringBuilder text, IkeDeleteView delete)
    {
        const int most = 16;
        var spis = new StringBuilder();
        for (int i = 0; i < Math.Min(delete.Count, most) && delete.SpiSize == 4; i++) spis.Append(CultureInfo.InvariantCulture, $" 0x{delete.Spi(i):X8}");
        if (delete.Count > most) spis.Append(" …");
        Line(text, $"    Security protocol id: {IkeNames.NameOf(delete.Protocol)}, num of spi: {delete.Count}{(spis.Length == 0 ? "" : $", spi:{spis}")}");
    }

    private static void Selector(StringBuilder text, TrafficSelector selector)
    {
        string type = selector.Start.IsIPv4 ? "TS_IPV4_ADDR_RANGE" : "TS_IPV6_ADDR_RANGE";
        Line(text, $"    TS type: {type}, proto id: {selector.Protocol}, start port: {selector.StartPort}, end port: {selector.EndPort}");
        Line(text, $"     start addr: {selector.Start}, end addr: {selector.End}");
    }

    private static string Trim(StringBuilder text) => text.ToString(0, Math.Max(0, text.Length - 1));

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
