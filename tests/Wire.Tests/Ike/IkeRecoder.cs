using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Wire.Tests.Ike;

/// <summary>
/// Decodes messages to values and encodes the values again. What a peer may write otherwise (reserved bits, unknown attributes) is lost, so bytes come
/// back the same only from a sender that writes as we do; but recoding what was recoded changes nothing. Used by the fuzzer too.
/// </summary>
internal static class IkeRecoder
{
    public static byte[] Recode(IkeView message)
    {
        byte[] chain = Recode(message.Payloads), bytes = new byte[IkeSpec.HeaderLength + chain.Length];
        Array.Fill(bytes, (byte)0xA5);
        message.Header.Write(bytes, bytes.Length);
        chain.CopyTo(bytes, IkeSpec.HeaderLength);
        return bytes;
    }

    /// <summary>Each payload by its own method of the writer; those whose body says nothing to us as they are.</summary>
    public static byte[] Recode(IkePayloadChain chain)
    {
        byte[] buffer = new byte[ushort.MaxValue * 2];
        Array.Fill(buffer, (byte)0xA5);
        var writer = new IkePayloadWriter(buffer);
        foreach (IkePayloadView payload in chain)
        {
            int at = writer.Length;
            if (!TryWrite(ref writer, payload)) writer.Raw(payload.Type, payload.Body);
            if (payload.IsCritical) buffer[at + 1] |= 0x80;

            // The last of a chain, whose field is the type of the first payload within: the writer of SK sets it, not the writer of chains.
            if (payload.Type is IkePayloadType.Encrypted or IkePayloadType.EncryptedFragment) buffer[at] = (byte)payload.Next;
        }
        if (writer.Failed) throw new InvalidOperationException("What was decoded does not fit");
        return writer.Written.ToArray();
    }

    private static bool TryWrite(ref IkePayloadWriter to, IkePayloadView payload)
    {
        ReadOnlySpan<byte> body = payload.Body;
        switch (payload.Type)
        {
            case IkePayloadType.SecurityAssociation:
                if (!IkeProposal.TryParseAll(body, out ValueList<IkeProposal> proposals, out _) || proposals.Count == 0) return false;
                to.SecurityAssociation(proposals.AsSpan());
                return true;
            case IkePayloadType.KeyExchange:
                if (!IkeKeyExchangeView.TryParse(body, out IkeKeyExchangeView exchange, out _)) return false;
                to.KeyExchange(exchange.Group, exchange.Data);
                return true;
            case IkePayloadType.IdInitiator or IkePayloadType.IdResponder:
                if (!IkeIdentityView.TryParse(body, out IkeIdentityView identity, out _)) return false;
                to.Identity(payload.Type, new IkeIdentity(identity.Type, identity.Data));
                return true;
            case IkePayloadType.Certificate or IkePayloadType.CertificateRequest:
                if (!IkeCertificateView.TryParse(body, out IkeCertificateView certificate, out _)) return false;
                to.Certificate(payload.Type, certificate.Encoding, certificate.Data);
                return true;
            case IkePayloadType.Authentication:
                if (!IkeAuthenticationView.TryParse(body, out IkeAuthenticationView authentication, out _)) return false;
                to.Authentication(authentication.Method, authentication.Data);
                return true;
            case IkePayloadType.Nonce:
                to.Nonce(body);
                return true;
            case IkePayloadType.Notify:
                if (!IkeNotifyView.TryParse(body, out IkeNotifyView notify, out _)) return false;
                to.Notify(notify.Protocol, notify.Spi, notify.Type, notify.Data);
                return true;
            case IkePayloadType.Delete:
                return IkeDeleteView.TryParse(body, out IkeDeleteView delete, out _) && TryWrite(ref to, delete);
            case IkePayloadType.VendorId:
                to.VendorId(body);
                return true;
            case IkePayloadType.TrafficSelectorInitiator or IkePayloadType.TrafficSelectorResponder:
                if (!TrafficSelector.TryParseAll(body, out ValueList<TrafficSelector> selectors, out _)) return false;
                to.TrafficSelectors(payload.Type, selectors.AsSpan());
                return true;
            default:
                return false;
        }
    }

    private static bool TryWrite(ref IkePayloadWriter to, IkeDeleteView delete)
    {
        if (delete.Protocol == IkeProtocolId.Ike && delete.SpiSize == 0)
        {
            to.DeleteIke();
            return true;
        }
        if (delete.Protocol != IkeProtocolId.Esp || delete.SpiSize != 4) return false;
        uint[] spis = new uint[delete.Count];
        for (int i = 0; i < spis.Length; i++) spis[i] = delete.Spi(i);
        to.DeleteEsp(spis);
        return true;
    }
}
