using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>What an IKE_AUTH message says (RFC 7296 1.2, RFC 4555 3.2, RFC 6290 4.2, RFC 5723 4.1), kept while signatures are verified and made.</summary>
internal sealed class AuthMessage
{
    /// <summary>IDi of a request, IDr of a response.</summary>
    public IkeIdentity Identity { get; private set; } = new(IkeIdType.Null, []);

    /// <summary>The body of its payload, reserved octets and all: what AUTH covers.</summary>
    public byte[] IdentityBody { get; private set; } = [];

    /// <summary>IDr of a request: whom the initiator wants to talk to.</summary>
    public IkeIdentity? WantedIdentity { get; private set; }

    public IkeAuthMethod Method { get; private set; }

    public byte[] Authentication { get; private set; } = [];

    /// <summary>DER, the sender's own first.</summary>
    public List<byte[]> Certificates { get; } = [];

    public bool InitialContact { get; private set; }

    public bool Mobike { get; private set; }

    public List<IpAddress>? AdditionalAddresses { get; private set; }

    /// <summary>NO_NATS_ALLOWED does not fit (RFC 4555 3.9); null: it is not there.</summary>
    public byte[]? NoNatsAllowed { get; private set; }

    public int Window { get; private set; } = 1;

    public byte[]? Token { get; private set; }

    public bool TicketRequest { get; private set; }

    public byte[]? Ticket { get; private set; }

    public TimeSpan TicketLifetime { get; private set; }

    /// <summary>When the initiator has to authenticate again (RFC 4478); zero without.</summary>
    public TimeSpan AuthenticationLifetime { get; private set; }

    /// <summary>The child SA; <see cref="ChildMessage.HasSa"/> tells whether there is one.</summary>
    public ChildMessage Child { get; private set; } = null!;

    /// <summary>An error that is about authentication, in a response without AUTH.</summary>
    public bool HasAuthentication => Authentication.Length > 0;

    /// <summary>Reads a message that <see cref="MessageRules"/> let pass. False when proposals or selectors are broken.</summary>
    public static bool TryRead(IkePayloadChain payloads, bool request, out AuthMessage message, out Malformed why)
    {
        message = new AuthMessage();
        foreach (IkePayloadView payload in payloads) message.Take(payload, request);
        bool good = ChildMessage.TryRead(payloads, out ChildMessage child, out why);
        message.Child = child;
        return good;
    }

    private void Take(IkePayloadView payload, bool request)
    {
        switch (payload.Type)
        {
            case IkePayloadType.IdInitiator or IkePayloadType.IdResponder when IkeIdentityView.TryParse(payload.Body, out IkeIdentityView id, out _):
                if (payload.Type == IkePayloadType.IdInitiator == request) (Identity, IdentityBody) = (new IkeIdentity(id.Type, id.Data), id.Body.ToArray());
                else WantedIdentity = new IkeIdentity(id.Type, id.Data);
                break;
            case IkePayloadType.Certificate when IkeCertificateView.TryParse(payload.Body, out IkeCertificateView certificate, out _):
                if (certificate.Encoding == IkeCertificateEncoding.X509Signature) Certificates.Add(certificate.Data.ToArray());
                break;
            case IkePayloadType.Authentication when IkeAuthenticationView.TryParse(payload.Body, out IkeAuthenticationView auth, out _):
                (Method, Authentication) = (auth.Method, auth.Data.ToArray());
                break;
            case IkePayloadType.Notify when IkeNotifyView.TryParse(payload.Body, out IkeNotifyView notify, out _):
                Take(notify);
                break;
            default:
                break;
        }
    }

    private void Take(IkeNotifyView notify)
    {
        switch (notify.Type)
        {
            case IkeNotifyType.InitialContact:
                InitialContact = true;
                break;
            case IkeNotifyType.MobikeSupported:
                Mobike = true;
                break;
            case IkeNotifyType.AdditionalIp4Address or IkeNotifyType.AdditionalIp6Address:
                IkeMobility.TryAddAddress(AdditionalAddresses ??= [], notify);
                break;
            case IkeNotifyType.NoNatsAllowed:
                NoNatsAllowed = notify.Data.ToArray();
                break;
            case IkeNotifyType.SetWindowSize when notify.Data.Length == 4:
                Window = (int)Math.Clamp(BinaryPrimitives.ReadUInt32BigEndian(notify.Data), 1, IkeLimits.MaximumWindow);
                break;
            case IkeNotifyType.QuickCrashDetection when notify.Data.Length is >= QcdToken.Shortest and <= QcdToken.Longest:
                Token = notify.Data.ToArray();
                break;
            case IkeNotifyType.TicketRequest:
                TicketRequest = true;
                break;
            case IkeNotifyType.TicketLtOpaque when notify.Data.Length is > 4 and <= 4 + IkeLimits.MaximumTicket:
                TicketLifetime = TimeSpan.FromSeconds(BinaryPrimitives.ReadUInt32BigEndian(notify.Data));
                Ticket = notify.Data[4..].ToArray();
                break;
            case IkeNotifyType.AuthLifetime when notify.Data.Length == 4:
                AuthenticationLifetime = TimeSpan.FromSeconds(BinaryPrimitives.ReadUInt32BigEndian(notify.Data));
                break;
            default:
                break;
        }
    }
}
