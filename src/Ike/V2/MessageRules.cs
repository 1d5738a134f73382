using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>What a message is: its exchange and direction, and of CREATE_CHILD_SA what it makes.</summary>
internal enum IkeMessageKind
{
    /// <summary>Request of IKE_SA_INIT.</summary>
    SaInitRequest,

    /// <summary>Its response.</summary>
    SaInitResponse,

    /// <summary>Request of IKE_SESSION_RESUME (RFC 5723).</summary>
    ResumeRequest,

    /// <summary>Its response.</summary>
    ResumeResponse,

    /// <summary>Request of IKE_AUTH.</summary>
    AuthRequest,

    /// <summary>Its response.</summary>
    AuthResponse,

    /// <summary>CREATE_CHILD_SA that makes a child SA, or replaces one.</summary>
    ChildRequest,

    /// <summary>Its response.</summary>
    ChildResponse,

    /// <summary>CREATE_CHILD_SA that replaces the IKE SA.</summary>
    RekeyIkeRequest,

    /// <summary>Its response.</summary>
    RekeyIkeResponse,

    /// <summary>Request of INFORMATIONAL.</summary>
    InformationalRequest,

    /// <summary>Its response.</summary>
    InformationalResponse,

    /// <summary>Something said outside any IKE SA: INVALID_IKE_SPI, INVALID_SPI, INVALID_MAJOR_VERSION, a QCD token (RFC 7296 1.5, RFC 6290 4.5).</summary>
    Unprotected,
}

/// <summary>What is wrong with a message's payloads.</summary>
/// <param name="Drop">How it is counted.</param>
/// <param name="Payload">The payload that it is about.</param>
/// <param name="What">In words that go behind the payload's name.</param>
internal readonly record struct MessageFault(IkeDrop Drop, IkePayloadType Payload, string What)
{
    /// <summary>For logs.</summary>
    public override string ToString() => $"payload {Payload} {What}";
}

/// <summary>
/// Which payloads a message may and must have: a table (RFC 7296 1.2-1.4, appendix C; RFC 5723 4.3; RFC 6023), and the check by it. Notifies and vendor ids may be in all of
/// them, payloads are in any order (2.5), unknown ones are passed over unless they are critical.
/// </summary>
internal static class MessageRules
{
    /// <summary>A chain of certificates is short; checking them is work.</summary>
    private const int MaximumCertificates = 20;

    private const int Any = int.MaxValue;

    private static readonly Rule[][] Table = Build();

    /// <summary>One row: how often a payload may be in a message.</summary>
    /// <param name="Payload">Which.</param>
    /// <param name="Minimum">At least; in a response with an error none.</param>
    /// <param name="Maximum">At most.</param>
    internal readonly record struct Rule(IkePayloadType Payload, int Minimum, int Maximum);

    /// <summary>The rows of a message. Notify and vendor id are not among them: they may always be there.</summary>
    public static ReadOnlySpan<Rule> For(IkeMessageKind kind) => Table[(int)kind];

    /// <summary>True for messages whose payloads are within an SK payload.</summary>
    public static bool IsProtected(IkeMessageKind kind) => kind is >= IkeMessageKind.AuthRequest and <= IkeMessageKind.InformationalResponse;

    /// <summary>True for a response.</summary>
    public static bool IsResponse(IkeMessageKind kind) => kind is IkeMessageKind.SaInitResponse or IkeMessageKind.ResumeResponse or IkeMessageKind.AuthResponse
        or IkeMessageKind.ChildResponse or IkeMessageKind.RekeyIkeResponse or IkeMessageKind.InformationalResponse;

    /// <summary>What a CREATE_CHILD_SA request is, by the protocol of its first proposal.</summary>
    public static IkeMessageKind OfCreateChild(IkePayloadChain payloads) =>
        payloads.TryFind(IkePayloadType.SecurityAssociation, out IkePayloadView sa) && sa.Body.Length > 5 && (IkeProtocolId)sa.Body[5] == IkeProtocolId.Ike
            ? IkeMessageKind.RekeyIkeRequest : IkeMessageKind.ChildRequest;

    /// <summary>Checks the payloads in the clear of a protected message, before it is decrypted: nothing but SK or SKF at its end may be there.</summary>
    public static bool TryCheckOuter(IkePayloadChain payloads, out MessageFault fault)
    {
        fault = new MessageFault(IkeDrop.NotProtected, IkePayloadType.Encrypted, "is missing");
        bool found = false;
        foreach (IkePayloadView payload in payloads)
        {
            found = payload.Type is IkePayloadType.Encrypted or IkePayloadType.EncryptedFragment;
            if (found || (!IsKnown(payload.Type) && !payload.IsCritical)) continue;
            fault = IsKnown(payload.Type)
                ? new MessageFault(IkeDrop.NotProtected, payload.Type, "is not encrypted") : new MessageFault(IkeDrop.UnsupportedCriticalPayload, payload.Type, "is critical and not known");
            return false;
        }
        return found;
    }

    /// <summary>
    /// Checks payloads: those of a message in the clear, or what was within the SK payload of a protected one.
    /// </summary>
    /// <param name="kind">What the message is.</param>
    /// <param name="payloads">Its payloads.</param>
    /// <param name="fault">What is wrong: reason for INVALID_SYNTAX, or for UNSUPPORTED_CRITICAL_PAYLOAD with the payload's type as data.</param>
    public static bool TryCheck(IkeMessageKind kind, IkePayloadChain payloads, out MessageFault fault)
    {
        Span<byte> counts = stackalloc byte[256];
        counts.Clear();
        bool refusal = false;
        foreach (IkePayloadView payload in payloads)
        {
            fault = new MessageFault(IkeDrop.UnsupportedCriticalPayload, payload.Type, "is critical and not known");
            if (!IsKnown(payload.Type) && payload.IsCritical) return false;
            if (!IsKnown(payload.Type)) continue;
            fault = new MessageFault(IkeDrop.InvalidSyntax, payload.Type, "has a content that it cannot have");
            if (!IsWellFormed(payload)) return false;
            counts[(byte)payload.Type]++;
            refusal |= payload.Type == IkePayloadType.Notify && IsRefusal(kind, payload.Body);
        }
        return TryCount(kind, counts, refusal, out fault);
    }

    /// <summary>A chain has at most <see cref="IkePayloadChain.MaximumPayloads"/>, so that an octet can count them.</summary>
    private static bool TryCount(IkeMessageKind kind, Span<byte> counts, bool refusal, out MessageFault fault)
    {
        foreach (Rule rule in For(kind))
        {
            int count = counts[(byte)rule.Payload];
            fault = new MessageFault(IkeDrop.IllegalPayload, rule.Payload, count == 0 ? "is missing" : "is there too often");
            // Without AUTH an initiator asks for EAP (2.16).
            if (count == 0 && kind == IkeMessageKind.AuthRequest && rule.Payload == IkePayloadType.Authentication) fault = fault with { What = "is missing: the peer wants EAP" };
            if (count > rule.Maximum || (count < rule.Minimum && !refusal)) return false;
        }
        // A child SA takes all three of them, or is not asked for (RFC 6023).
        bool withChild = counts[(byte)IkePayloadType.SecurityAssociation] > 0;
        if (kind is IkeMessageKind.AuthRequest or IkeMessageKind.AuthResponse)
        {
            foreach (IkePayloadType selectors in (ReadOnlySpan<IkePayloadType>)[IkePayloadType.TrafficSelectorInitiator, IkePayloadType.TrafficSelectorResponder])
            {
                fault = new MessageFault(IkeDrop.IllegalPayload, selectors, withChild ? "is missing" : "is there without SA");
                if (counts[(byte)selectors] > 0 != withChild) return false;
            }
        }
        foreach (Rule rule in For(kind)) counts[(byte)rule.Payload] = 0;
        counts[(byte)IkePayloadType.Notify] = counts[(byte)IkePayloadType.VendorId] = 0;
        int left = counts.IndexOfAnyExcept((byte)0);
        fault = left < 0 ? default : new MessageFault(IkeDrop.IllegalPayload, (IkePayloadType)left, "has no place in this message");
        return left < 0;
    }

    /// <summary>A response that says no has nothing of what was asked for: an error, or a cookie (2.6), or that a ticket is no good (RFC 5723 4.3.2).</summary>
    private static bool IsRefusal(IkeMessageKind kind, ReadOnlySpan<byte> body)
    {
        if (!IsResponse(kind) || !IkeNotifyView.TryParse(body, out IkeNotifyView notify, out _)) return false;
        bool first = kind is IkeMessageKind.SaInitResponse or IkeMessageKind.ResumeResponse;
        return notify.IsError || (first && notify.Type == IkeNotifyType.Cookie) || (kind == IkeMessageKind.ResumeResponse && notify.Type == IkeNotifyType.TicketNack);
    }

    /// <summary>Types of RFC 7296 and RFC 7383: for them the critical bit does not count (2.5).</summary>
    private static bool IsKnown(IkePayloadType type) => type is (>= IkePayloadType.SecurityAssociation and <= IkePayloadType.Eap) or IkePayloadType.EncryptedFragment;

    /// <summary>Proposals and traffic selectors are read, and refused, where they are used.</summary>
    private static bool IsWellFormed(IkePayloadView payload) => payload.Type switch
    {
        IkePayloadType.KeyExchange => IkeKeyExchangeView.TryParse(payload.Body, out _, out _),
        IkePayloadType.IdInitiator or IkePayloadType.IdResponder => IkeIdentityView.TryParse(payload.Body, out _, out _),
        IkePayloadType.Certificate or IkePayloadType.CertificateRequest => IkeCertificateView.TryParse(payload.Body, out _, out _),
        IkePayloadType.Authentication => IkeAuthenticationView.TryParse(payload.Body, out _, out _),
        IkePayloadType.Notify => IkeNotifyView.TryParse(payload.Body, out _, out _),
        IkePayloadType.Delete => IkeDeleteView.TryParse(payload.Body, out _, out _),
        IkePayloadType.Nonce => payload.Body.Length is >= IkeSpec.MinimumNonce and <= IkeSpec.MaximumNonce,
        _ => true,
    };

    private static Rule[][] Build()
    {
        Rule sa = new(IkePayloadType.SecurityAssociation, 1, 1), ke = new(IkePayloadType.KeyExchange, 1, 1), nonce = new(IkePayloadType.Nonce, 1, 1);
        Rule tsi = new(IkePayloadType.TrafficSelectorInitiator, 1, 1), tsr = new(IkePayloadType.TrafficSelectorResponder, 1, 1);
        Rule configuration = new(IkePayloadType.Configuration, 0, 1);
        Rule certificates = new(IkePayloadType.Certificate, 0, MaximumCertificates), requests = new(IkePayloadType.CertificateRequest, 0, MaximumCertificates);
        Rule idi = new(IkePayloadType.IdInitiator, 1, 1), idr = new(IkePayloadType.IdResponder, 1, 1), auth = new(IkePayloadType.Authentication, 1, 1);
        Rule[] optionalChild = [sa with { Minimum = 0 }, tsi with { Minimum = 0 }, tsr with { Minimum = 0 }];
        Rule[] child = [sa, nonce, ke with { Minimum = 0 }, tsi, tsr, configuration];
        Rule[] rekey = [sa, nonce, ke];
        Rule[] informational = [new(IkePayloadType.Delete, 0, Any), configuration];

        var table = new Rule[Enum.GetValues<IkeMessageKind>().Length][];
        table[(int)IkeMessageKind.SaInitRequest] = [sa, ke, nonce];
        table[(int)IkeMessageKind.SaInitResponse] = [sa, ke, nonce, requests];
        table[(int)IkeMessageKind.ResumeRequest] = [nonce];
        table[(int)IkeMessageKind.ResumeResponse] = [nonce];
        table[(int)IkeMessageKind.AuthRequest] =
            [idi, certificates, requests, idr with { Minimum = 0 }, auth, configuration, .. optionalChild];
        table[(int)IkeMessageKind.AuthResponse] = [idr, certificates, auth, configuration, .. optionalChild];
        table[(int)IkeMessageKind.ChildRequest] = child;
        table[(int)IkeMessageKind.ChildResponse] = child;
        table[(int)IkeMessageKind.RekeyIkeRequest] = rekey;
        table[(int)IkeMessageKind.RekeyIkeResponse] = rekey;
        table[(int)IkeMessageKind.InformationalRequest] = informational;
        table[(int)IkeMessageKind.InformationalResponse] = informational;
        table[(int)IkeMessageKind.Unprotected] = [new(IkePayloadType.Notify, 1, Any)];
        return table;
    }
}
