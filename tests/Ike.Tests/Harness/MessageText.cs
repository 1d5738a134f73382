using System.Buffers.Binary;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Harness;

/// <summary>IKE messages in words, decrypted with the keys of a key log: "IKE_AUTH request 1 {IDi, AUTH, SA, TSi, TSr, …}".</summary>
internal sealed class MessageText : IIkeKeyLog
{
    private readonly Dictionary<(ulong, ulong), (IkeCipher FromInitiator, IkeCipher FromResponder)> _ciphers = [];

    public IvWatch Ivs { get; } = new();

    public void OnIkeSa(
        ulong initiatorSpi, ulong responderSpi, IkeSuite suite, ReadOnlySpan<byte> encryptionInitiator, ReadOnlySpan<byte> encryptionResponder,
        ReadOnlySpan<byte> integrityInitiator, ReadOnlySpan<byte> integrityResponder)
    {
        Ivs.OnKey(initiatorSpi, responderSpi, encryptionInitiator, encryptionResponder);
        _ciphers[(initiatorSpi, responderSpi)] = (
            IkeCipher.Create(suite.Encryption, suite.KeyBits, suite.Integrity, encryptionInitiator, integrityInitiator),
            IkeCipher.Create(suite.Encryption, suite.KeyBits, suite.Integrity, encryptionResponder, integrityResponder));
    }

    public void OnChildSa(ChildSaInstall child)
    {
    }

    public void Forget()
    {
        _ciphers.Clear();
        Ivs.Forget();
    }

    public string Of(byte[] message)
    {
        if (!IkeView.TryParse(message, out IkeView view, out _)) return "garbage";
        string exchange = view.Exchange switch
        {
            IkeExchangeType.SaInit => "INIT",
            IkeExchangeType.Auth => "AUTH",
            IkeExchangeType.CreateChildSa => "CHILD",
            IkeExchangeType.Informational => "INFO",
            IkeExchangeType.SessionResume => "RESUME",
            _ => view.Exchange.ToString(),
        };
        return $"{exchange} {(view.IsResponse ? "response" : "request")} {view.MessageId} {{{string.Join(", ", Payloads(message))}}}";
    }

    /// <summary>The names of the payloads of a message; fragments as "fragment n/m".</summary>
    public List<string> Payloads(byte[] message)
    {
        var names = new List<string>();
        Walk(message, payload => names.Add(payload));
        return names;
    }

    /// <summary>
    /// The same message with other payloads, sealed as its honest sender would have: for what no honest sender sends.
    /// </summary>
    public byte[] Rewrite(byte[] message, Func<List<RawPayload>, List<RawPayload>> change)
    {
        Assert.True(IkeView.TryParse(message, out IkeView view, out _));
        return Seal(view.Header, change(Open(message)));
    }

    /// <summary>A protected message of an IKE SA whose keys are known.</summary>
    public byte[] Seal(IkeHeader header, List<RawPayload> payloads)
    {
        byte[] room = new byte[16_384];
        var writer = new IkePayloadWriter(room);
        foreach (RawPayload payload in payloads) writer.Raw(payload.Type, payload.Body, payload.IsCritical);
        (IkeCipher fromInitiator, IkeCipher fromResponder) = _ciphers[(header.InitiatorSpi, header.ResponderSpi)];
        return IkeFragmenter.Protect(header, writer.First, writer.Written, header.FromInitiator ? fromInitiator : fromResponder, int.MaxValue)[0];
    }

    /// <summary>A protected message whose content need not be payloads.</summary>
    public byte[] SealRaw(IkeHeader header, IkePayloadType first, byte[] content)
    {
        (IkeCipher fromInitiator, IkeCipher fromResponder) = _ciphers[(header.InitiatorSpi, header.ResponderSpi)];
        return IkeFragmenter.Protect(header, first, content, header.FromInitiator ? fromInitiator : fromResponder, int.MaxValue)[0];
    }

    /// <summary>The inner payloads of a message.</summary>
    public List<RawPayload> Open(byte[] message)
    {
        byte[] copy = [.. message];
        Assert.True(IkeView.TryParse(copy, out IkeView view, out _));
        Assert.True(view.Payloads.TryFind(IkePayloadType.Encrypted, out IkePayloadView payload));
        (IkeCipher fromInitiator, IkeCipher fromResponder) = _ciphers[(view.InitiatorSpi, view.ResponderSpi)];
        Assert.True((view.FromInitiator ? fromInitiator : fromResponder).TryOpen(copy, IkeSpec.HeaderLength + payload.Offset + IkeSpec.PayloadHeaderLength, out int offset, out int length));
        Assert.True(IkePayloadChain.TryParse(payload.Next, copy.AsSpan(offset, length), out IkePayloadChain chain, out _));
        var list = new List<RawPayload>();
        foreach (IkePayloadView inner in chain) list.Add(new RawPayload(inner.Type, inner.Body.ToArray(), inner.IsCritical));
        return list;
    }

    private void Walk(byte[] message, Action<string> add)
    {
        byte[] copy = [.. message];
        if (!IkeView.TryParse(copy, out IkeView view, out _)) return;
        foreach (IkePayloadView payload in view.Payloads)
        {
            if (payload.Type == IkePayloadType.EncryptedFragment)
            {
                add($"fragment {BinaryPrimitives.ReadUInt16BigEndian(payload.Body)}/{BinaryPrimitives.ReadUInt16BigEndian(payload.Body[2..])}");
                continue;
            }
            if (payload.Type != IkePayloadType.Encrypted)
            {
                add(Name(payload));
                continue;
            }
            if (!_ciphers.TryGetValue((view.InitiatorSpi, view.ResponderSpi), out (IkeCipher FromInitiator, IkeCipher FromResponder) ciphers)
                || !(view.FromInitiator ? ciphers.FromInitiator : ciphers.FromResponder).TryOpen(copy, IkeSpec.HeaderLength + payload.Offset + IkeSpec.PayloadHeaderLength, out int offset, out int length))
            {
                add("?");
                return;
            }
            if (!IkePayloadChain.TryParse(payload.Next, copy.AsSpan(offset, length), out IkePayloadChain inner, out _)) add("broken");
            foreach (IkePayloadView within in inner) add(Name(within));
            return;
        }
    }

    private static string Name(IkePayloadView payload) => payload.Type switch
    {
        IkePayloadType.SecurityAssociation => "SA",
        IkePayloadType.KeyExchange => "KE",
        IkePayloadType.IdInitiator => "IDi",
        IkePayloadType.IdResponder => "IDr",
        IkePayloadType.Certificate => "CERT",
        IkePayloadType.CertificateRequest => "CERTREQ",
        IkePayloadType.Authentication => "AUTH",
        IkePayloadType.Nonce => "Nonce",
        IkePayloadType.Delete => IkeDeleteView.TryParse(payload.Body, out IkeDeleteView delete, out _) ? delete.Protocol == IkeProtocolId.Ike ? "D(IKE)" : $"D(ESP x{delete.Count})" : "D",
        IkePayloadType.VendorId => "V",
        IkePayloadType.TrafficSelectorInitiator => "TSi",
        IkePayloadType.TrafficSelectorResponder => "TSr",
        IkePayloadType.Notify when IkeNotifyView.TryParse(payload.Body, out IkeNotifyView notify, out _) => $"N({notify.Type})",
        _ => payload.Type.ToString(),
    };
}
