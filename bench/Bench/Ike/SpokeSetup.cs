using System.Security.Cryptography;
using Dmvpn.Bench.Nhrp;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Ike;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Bench.Ike;

/// <summary>How far a spoke is.</summary>
internal enum SetupStage
{
    Init,
    Auth,
    Registering,
    Done,
}

/// <summary>
/// One spoke on its way to an IKE SA: what an initiator sends, with as little of its own work as can be, for the answering end is what is measured. All use one key pair for the key exchange; the hub's signature
/// is verified now and then.
/// </summary>
internal sealed class SpokeSetup(IkeGenerator generator, int spoke, ulong spi)
{
    private const uint FirstChildSpi = 0x4000_0000;
    private const int VerifiedOnes = 64;

    private byte[] _nonce = [];
    private byte[] _first = [];
    private byte[] _peerFirst = [];
    private byte[] _peerNonce = [];
    private byte[] _cookie = [];
    private ulong _peerSpi;
    private IkeKeys? _keys;
    private IkeCipher? _in;
    private SpokeChild? _child;
    private HeldSession? _resumed;

    public int Spoke => spoke;

    public ulong Spi => spi;

    public IpAddress Address { get; } = BenchNetwork.Underlay(spoke);

    public SetupStage Stage { get; private set; }

    /// <summary>What was sent last, to be sent again.</summary>
    public byte[] Pending { get; private set; } = [];

    public bool PendingOnNat => Stage != SetupStage.Init;

    /// <summary>With what the session can be resumed.</summary>
    public HeldSession? Ticket { get; private set; }

    /// <summary>Begins: with a session that was held, or from scratch.</summary>
    public void Begin(HeldSession? session)
    {
        _resumed = session;
        _nonce = RandomNumberGenerator.GetBytes(32);
        WriteFirst();
    }

    /// <summary>Takes a message of the hub's. True when that is a step forward.</summary>
    public bool Handle(ReadOnlySpan<byte> message)
    {
        if (!IkeView.TryParse(message, out IkeView view, out _) || !view.IsResponse) return false;
        if (Stage == SetupStage.Init && view.MessageId == 0) return HandleInit(view);
        return Stage == SetupStage.Auth && view.MessageId == 1 && HandleAuth(view);
    }

    /// <summary>Takes ESP. True when it is the reply to the registration.</summary>
    public bool HandleEsp(ReadOnlySpan<byte> packet)
    {
        if (Stage != SetupStage.Registering || _child is null || !_child.IsRegistered(packet)) return false;
        Stage = SetupStage.Done;
        return true;
    }

    private void WriteFirst()
    {
        var writer = new IkePayloadWriter(generator.Room);
        if (_cookie.Length > 0) writer.Notify(IkeNotifyType.Cookie, _cookie);
        if (_resumed is { } session)
        {
            writer.Nonce(_nonce);
            writer.Notify(IkeNotifyType.TicketOpaque, session.Octets);
        }
        else
        {
            writer.SecurityAssociation(generator.Offer);
            writer.KeyExchange(generator.KeyPair.Group, generator.KeyPair.PublicValue);
            writer.Nonce(_nonce);
        }
        // With a child SA the spoke pretends to be behind a NAT, for ESP in UDP; without it nothing is between.
        writer.Notify(IkeNotifyType.NatDetectionSourceIp, NatDetection.Hash(spi, 0, new IkeEndpoint(Address, generator.WithChild ? (ushort)1 : IkeSpec.Port)));
        writer.Notify(IkeNotifyType.NatDetectionDestinationIp, NatDetection.Hash(spi, 0, new IkeEndpoint(BenchNetwork.HubUnderlay, IkeSpec.Port)));
        if (_resumed is null) writer.Notify(IkeNotifyType.SignatureHashAlgorithms, SignatureHashes.Ours);
        IkeExchangeType exchange = _resumed is null ? IkeExchangeType.SaInit : IkeExchangeType.SessionResume;
        _first = IkeSealing.Clear(new IkeHeader(spi, 0, writer.First, exchange, IkeFlags.Initiator, 0), writer);
        Pending = _first;
    }

    private bool HandleInit(IkeView view)
    {
        if (view.Payloads.TryFindNotify(IkeNotifyType.Cookie, out IkeNotifyView cookie))
        {
            _cookie = cookie.Data.ToArray();
            generator.Cookies++;
            WriteFirst();
            return true;
        }
        if (_resumed is not null && view.Payloads.TryFindNotify(IkeNotifyType.TicketNack, out _))
        {
            generator.RefusedTickets++;
            _resumed = null;
            _cookie = [];
            WriteFirst();
            return true;
        }
        if (!view.Payloads.TryFind(IkePayloadType.Nonce, out IkePayloadView nonce)) throw new InvalidDataException($"the hub refused IKE_SA_INIT: {Notifies(view.Payloads)}");
        _peerNonce = nonce.Body.ToArray();
        _peerFirst = view.Bytes.ToArray();
        _peerSpi = view.ResponderSpi;
        IkeSuite suite = generator.Suite;
        if (_resumed is { } session)
        {
            _keys = IkeKeySchedule.Resumed(suite, session.SkD, _nonce, _peerNonce, spi, _peerSpi);
        }
        else
        {
            if (!view.Payloads.TryFind(IkePayloadType.KeyExchange, out IkePayloadView ke) || !IkeKeyExchangeView.TryParse(ke.Body, out IkeKeyExchangeView exchange, out _)
                || !generator.KeyPair.TryDerive(exchange.Data, out SecretBytes? shared)) throw new InvalidDataException("the hub's IKE_SA_INIT has no key exchange");
            using (shared) _keys = IkeKeySchedule.Initial(suite, _nonce, _peerNonce, shared.Span, spi, _peerSpi);
        }
        WriteAuth();
        return true;
    }

    private void WriteAuth()
    {
        IkeSuite suite = generator.Suite;
        IkeIdentity identity = SpokePopulation.Identity(spoke);
        byte[] octets = IkeAuthenticationOctets.Signed(suite.Prf, _keys!.SkPi.Span, _first, _peerNonce, IkePayloadWriter.IdentityBody(identity));
        var writer = new IkePayloadWriter(generator.Room);
        writer.Identity(IkePayloadType.IdInitiator, identity);
        if (_resumed is not null)
        {
            writer.Authentication(IkeAuthMethod.SharedKey, IkeAuthenticationOctets.Resumed(suite.Prf, _keys.SkPi.Span, octets));
        }
        else if (generator.Case.Certificates)
        {
            writer.Certificate(IkePayloadType.Certificate, IkeCertificateEncoding.X509Signature, generator.Population.Certificate(spoke));
            writer.Certificate(IkePayloadType.CertificateRequest, IkeCertificateEncoding.X509Signature, generator.Population.Trustpoint.AnchorHashes);
            if (!generator.Population.Trustpoint.Key!.TrySign(octets, [SignatureHash.Sha256], out IkeAuthMethod method, out byte[] signature)) throw new CryptographicException("no signature");
            writer.Authentication(method, signature);
        }
        else
        {
            writer.Authentication(IkeAuthMethod.SharedKey, IkeAuthenticationOctets.SharedKey(suite.Prf, IkeCase.SharedKey, octets));
        }
        if (generator.WithChild)
        {
            writer.Notify(IkeNotifyType.TicketRequest);
            SpokeChild.WriteOffer(ref writer, FirstChildSpi + (uint)spoke, Address);
        }
        using IkeCipher cipher = _keys.CreateCipher(fromInitiator: true);
        _in = _keys.CreateCipher(fromInitiator: false);
        var header = new IkeHeader(spi, _peerSpi, IkePayloadType.Encrypted, IkeExchangeType.Auth, IkeFlags.Initiator, 1);
        Pending = IkeFragmenter.Protect(header, writer.First, writer.Written, cipher, int.MaxValue)[0];
        Stage = SetupStage.Auth;
    }

    private bool HandleAuth(IkeView view)
    {
        byte[] copy = view.Bytes.ToArray();
        if (!view.Payloads.TryFind(IkePayloadType.Encrypted, out IkePayloadView body)
            || !_in!.TryOpen(copy, IkeSpec.HeaderLength + body.Offset + IkeSpec.PayloadHeaderLength, out int offset, out int length)
            || !IkePayloadChain.TryParse(body.Next, copy.AsSpan(offset, length), out IkePayloadChain payloads, out Malformed why)
            || !AuthMessage.TryRead(payloads, request: false, out AuthMessage message, out why)) throw new InvalidDataException("the hub's IKE_AUTH cannot be opened");
        if (!message.HasAuthentication) throw new InvalidDataException($"the hub refused IKE_AUTH: {Notifies(payloads)}");
        Verify(message);
        if (generator.WithChild)
        {
            if (message.Ticket is not null) Ticket = new HeldSession(message.Ticket, _keys!.SkD.Span.ToArray());
            _child = SpokeChild.Make(spoke, FirstChildSpi + (uint)spoke, message.Child, generator.Suite.Prf, _keys!.SkD.Span, _nonce, _peerNonce)
                ?? throw new InvalidDataException($"the hub gave no child SA: {Notifies(payloads)}");
            Pending = _child.Register();
            Stage = SetupStage.Registering;
        }
        else
        {
            Stage = SetupStage.Done;
            Pending = [];
        }
        _in.Dispose();
        _keys!.Dispose();
        (_in, _keys) = (null, null);
        return true;
    }

    /// <summary>A pre-shared key's proof always, a signature now and then: it would cost the generator as much as the hub.</summary>
    private void Verify(AuthMessage message)
    {
        PrfId prf = generator.Suite.Prf;
        byte[] octets = IkeAuthenticationOctets.Signed(prf, _keys!.SkPr.Span, _peerFirst, _nonce, message.IdentityBody);
        bool good = _resumed is not null ? IkeAuthenticationOctets.Matches(IkeAuthenticationOctets.Resumed(prf, _keys.SkPr.Span, octets), message.Authentication)
            : !generator.Case.Certificates ? IkeAuthenticationOctets.Matches(IkeAuthenticationOctets.SharedKey(prf, IkeCase.SharedKey, octets), message.Authentication)
            : spoke % VerifiedOnes != 0
                || generator.Population.Trustpoint.Verify(message.Certificates, message.Identity, message.Method, message.Authentication, octets).IsGood;
        if (!good) throw new InvalidDataException("the hub did not prove its identity");
    }

    private static string Notifies(IkePayloadChain payloads)
    {
        var names = new List<string>();
        foreach (IkePayloadView payload in payloads)
        {
            names.Add(payload.Type == IkePayloadType.Notify && IkeNotifyView.TryParse(payload.Body, out IkeNotifyView notify, out _) ? notify.Type.ToString() : payload.Type.ToString());
        }
        return string.Join(", ", names);
    }
}

/// <summary>A ticket and what it stands for.</summary>
internal sealed record HeldSession(byte[] Octets, byte[] SkD);
