using System.Security.Cryptography;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Captures;

/// <summary>
/// Recorded sessions of strongSwan with itself: every key follows from its Diffie-Hellman secret as the schedule says, every message opens and is legal, every AUTH payload and every
/// choice is the one that this router would make.
/// </summary>
public sealed class CaptureTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("10-ipsec-gcm", "10-ipsec-gcm", "", 3, 3, 4)]
    [InlineData("12-ipsec-nat", "12-ipsec-nat", "", 4, 3, 5)]
    [InlineData("12-ipsec-nat-inside", "12-ipsec-nat", "10.9.0.22 203.0.113.9", 2, 1, 2)]
    public void RecordedSession_EveryKeyMessageAndChoice_IsOurs(string capture, string logs, string translated, int sessions, int rekeyed, int children)
    {
        var replay = new Replay($"lab/captures/{capture}", $"lab/captures/{logs}", translated);
        foreach (RecordedMessage message in IkeRecording.Messages($"lab/captures/{capture}.pcap")) replay.Handle(message);
        output.WriteLine($"{replay.Sessions} IKE SAs, {replay.Rekeyed} rekeyed ones, {replay.Children} pairs of child SAs, {replay.Opened} messages, {replay.Authenticated} AUTH payloads");
        Assert.Equal((sessions, rekeyed, children), (replay.Sessions, replay.Rekeyed, replay.Children));
        Assert.Equal(2 * replay.Sessions, replay.Authenticated);
    }

    [Fact]
    public void RecordedMessage_WhoseIntegrityLeavesOutTheHeader_IsRefused_ThoughItsTextCanBeRead()
    {
        // Made by a test of Openswan, which computed the ICV from the IV on. "ikev2 I SPIi SPIr sha1:KEY aes128:KEY", and the same for R.
        string[] keys = File.ReadLines(IkeRecording.Find("data/pcap/ikev2pI2-secrets.txt")).First(line => line.StartsWith("ikev2 I", StringComparison.Ordinal)).Split(' ');
        byte[] integrity = Convert.FromHexString(keys[4]["sha1:0x".Length..]), encryption = Convert.FromHexString(keys[5]["aes128:0x".Length..]);
        RecordedMessage message = Assert.Single(IkeRecording.Messages("data/pcap/ikev2pI2.pcap"), message => message.Header.Exchange == IkeExchangeType.Auth);
        byte[] bytes = [.. message.Bytes];
        Assert.Equal(HMACSHA1.HashData(integrity, bytes.AsSpan(32..^12))[..12], bytes[^12..]);
        using IkeCipher cipher = IkeCipher.Create(EncryptionId.AesCbc, 128, IntegrityId.HmacSha1, encryption, integrity);
        Assert.False(cipher.TryOpen(bytes, 32, out _, out _));

        using Aes aes = Aes.Create();
        aes.Key = encryption;
        byte[] text = aes.DecryptCbc(message.Bytes.AsSpan(48..^12), message.Bytes.AsSpan(32, 16), PaddingMode.None);
        Assert.True(IkePayloadChain.TryParse(IkePayloadType.IdInitiator, text.AsSpan(0, text.Length - 1 - text[^1]), out IkePayloadChain payloads, out Malformed why), why.ToString());
        Assert.True(payloads.TryFind(IkePayloadType.IdInitiator, out IkePayloadView id) && id.Body.EndsWith("west"u8));
        Assert.True(payloads.TryFind(IkePayloadType.Authentication, out IkePayloadView auth));
        Assert.Equal((byte)IkeAuthMethod.RsaSignature, auth.Body[0]);
    }

    /// <summary>The inner payloads of a message.</summary>
    private static IkePayloadChain Open(RecordedMessage message, IkeCipher cipher)
    {
        byte[] bytes = [.. message.Bytes];
        Assert.True(MessageRules.TryCheckOuter(message.View.Payloads, out MessageFault fault), fault.ToString());
        Assert.True(message.View.Payloads.TryFind(IkePayloadType.Encrypted, out IkePayloadView encrypted));
        Assert.True(cipher.TryOpen(bytes, IkeSpec.HeaderLength + encrypted.Offset + IkeSpec.PayloadHeaderLength, out int at, out int length));
        Assert.True(IkePayloadChain.TryParse(encrypted.Next, bytes.AsSpan(at, length), out IkePayloadChain inner, out Malformed why), why.ToString());
        return inner;
    }

    private sealed class Sa
    {
        public required RecordedMessage Request { get; init; }

        public required RecordedMessage Response { get; init; }

        public required byte[] Ni { get; init; }

        public required byte[] Nr { get; init; }

        public required IkeKeys Keys { get; init; }

        /// <summary>The last request of the protected exchanges.</summary>
        public RecordedMessage? Last { get; set; }
    }

    /// <summary>Follows a capture message by message.</summary>
    private sealed class Replay(string keys, string logs, string translated)
    {
        private static readonly ProposalPolicy IkePolicy = ProposalPolicy.ForIke(
        [
            new() { Name = "gcm", Encryption = [new(EncryptionId.AesGcm16, 256)], Prf = [PrfId.HmacSha384], Groups = [DhGroup.Ecp384] },
        ]);

        private static readonly ProposalPolicy EspPolicy =
            ProposalPolicy.ForEsp([new() { Name = "gcm", Encryption = new(EncryptionId.AesGcm16, 256), TunnelMode = false }], false, DhGroup.None, true);

        private readonly Dictionary<(ulong, ulong), (byte[] SkEi, byte[] SkEr)> _ike = IkeRecording.IkeKeys(keys + ".keys");
        private readonly Dictionary<uint, byte[]> _esp = IkeRecording.EspKeys(keys + ".keys");
        private readonly List<byte[]> _secrets = Logged(logs, "shared Diffie Hellman secret");
        private readonly List<byte[]> _logged = [.. Logged(logs, "Sk_ei secret"), .. Logged(logs, "Sk_er secret"),
            .. Logged(logs, "encryption initiator key"), .. Logged(logs, "encryption responder key")];

        private readonly Dictionary<ulong, RecordedMessage> _inits = [];
        private readonly Dictionary<(ulong, ulong), Sa> _sas = [];
        public int Sessions { get; private set; }

        public int Rekeyed { get; private set; }

        public int Children { get; private set; }

        public int Opened { get; private set; }

        public int Authenticated { get; private set; }

        private static List<byte[]> Logged(string logs, string title) =>
            [.. ((string[])["hub1", "spoke1", "spoke2"]).SelectMany(node => IkeRecording.Logged($"{logs}.charon-{node}.log", title))];

        public void Handle(RecordedMessage message)
        {
            if (message.Header.Exchange == IkeExchangeType.SaInit) HandleInit(message);
            else if (_sas.TryGetValue((message.Header.InitiatorSpi, message.Header.ResponderSpi), out Sa? sa)) HandleProtected(message, sa);
            else Assert.Fail($"no keys for {message.Header}");
        }

        private void HandleInit(RecordedMessage message)
        {
            IkeMessageKind kind = message.Header.IsResponse ? IkeMessageKind.SaInitResponse : IkeMessageKind.SaInitRequest;
            Assert.True(MessageRules.TryCheck(kind, message.View.Payloads, out MessageFault fault), fault.ToString());
            Assert.Equal([SignatureHash.Sha256, SignatureHash.Sha384, SignatureHash.Sha512, SignatureHash.Identity], SignatureHashes.Read(message.View.Payloads));
            if (!message.Header.IsResponse)
            {
                _inits.TryAdd(message.Header.InitiatorSpi, message);
                Assert.True(ProposalChoice.TryChooseIke(IkePolicy, Proposals(message.View.Payloads), DhGroup.Ecp384, 0, out IkeChoice? choice));
                Assert.Equal(new IkeSuite(EncryptionId.AesGcm16, 256, IntegrityId.None, PrfId.HmacSha384, DhGroup.Ecp384), choice.Suite);
                return;
            }
            RecordedMessage request = _inits[message.Header.InitiatorSpi];
            Assert.True(ProposalAnswer.TryAcceptIke(Proposals(request.View.Payloads), Proposals(message.View.Payloads), false, out IkeSuite suite, out _));
            byte[] ni = Body(request.View.Payloads, IkePayloadType.Nonce), nr = Body(message.View.Payloads, IkePayloadType.Nonce);
            (ulong i, ulong r) = (message.Header.InitiatorSpi, message.Header.ResponderSpi);
            IkeKeys keys = Assert.Single(_secrets.Select(secret => IkeKeySchedule.Initial(suite, ni, nr, secret, i, r)).DistinctBy(made => Convert.ToHexString(made.SkEi.Span)), made => Fits(made, i, r));
            _sas.Add((i, r), new Sa { Request = request, Response = message, Ni = ni, Nr = nr, Keys = keys });
            Sessions++;
        }

        /// <summary>The keys of an SA that sent nothing any more are only in the logs.</summary>
        private bool Fits(IkeKeys made, ulong i, ulong r) => _ike.TryGetValue((i, r), out (byte[] SkEi, byte[] SkEr) known)
            ? made.SkEi.FixedTimeEquals(known.SkEi) && made.SkEr.FixedTimeEquals(known.SkEr)
            : _logged.Exists(key => made.SkEi.FixedTimeEquals(key)) && _logged.Exists(key => made.SkEr.FixedTimeEquals(key));

        private bool Fits(SecretBytes key, uint spi) => _esp.TryGetValue(spi, out byte[]? known) ? key.FixedTimeEquals(known) : _logged.Exists(logged => key.FixedTimeEquals(logged));

        private void HandleProtected(RecordedMessage message, Sa sa)
        {
            using IkeCipher cipher = sa.Keys.CreateCipher(message.Header.FromInitiator);
            IkePayloadChain payloads = Open(message, cipher);
            Opened++;
            bool response = message.Header.IsResponse;
            IkeMessageKind kind = message.Header.Exchange switch
            {
                IkeExchangeType.Auth => response ? IkeMessageKind.AuthResponse : IkeMessageKind.AuthRequest,
                IkeExchangeType.Informational => response ? IkeMessageKind.InformationalResponse : IkeMessageKind.InformationalRequest,
                _ => MessageRules.OfCreateChild(payloads) + (response ? 1 : 0),
            };
            Assert.True(MessageRules.TryCheck(kind, payloads, out MessageFault fault), $"{kind}: {fault}");
            if (kind is IkeMessageKind.AuthRequest or IkeMessageKind.AuthResponse) CheckAuthentication(payloads, sa, kind == IkeMessageKind.AuthRequest);
            if (!response) sa.Last = message;
            else if (kind == IkeMessageKind.AuthResponse) CheckChild(message, payloads, sa, sa.Ni, sa.Nr);
            else if (kind == IkeMessageKind.ChildResponse) CheckChild(message, payloads, sa, Body(RequestOf(sa), IkePayloadType.Nonce), Body(payloads, IkePayloadType.Nonce));
            else if (kind == IkeMessageKind.RekeyIkeResponse) CheckRekeying(payloads, sa);
        }

        private IkePayloadChain RequestOf(Sa sa)
        {
            using IkeCipher cipher = sa.Keys.CreateCipher(sa.Last!.Header.FromInitiator);
            return Open(sa.Last, cipher);
        }

        private void CheckAuthentication(IkePayloadChain payloads, Sa sa, bool initiator)
        {
            PrfId prf = sa.Keys.Suite.Prf;
            byte[] identity = Body(payloads, initiator ? IkePayloadType.IdInitiator : IkePayloadType.IdResponder);
            byte[] octets = IkeAuthenticationOctets.Signed(
                prf, (initiator ? sa.Keys.SkPi : sa.Keys.SkPr).Span, (initiator ? sa.Request : sa.Response).Bytes, initiator ? sa.Nr : sa.Ni, identity);
            Assert.True(IkeAuthenticationView.TryParse(Body(payloads, IkePayloadType.Authentication), out IkeAuthenticationView auth, out _));
            Assert.Equal(IkeAuthMethod.SharedKey, auth.Method);
            Assert.True(IkeAuthenticationOctets.Matches(IkeAuthenticationOctets.SharedKey(prf, "dmvpn-lab-secret", octets), auth.Data));
            Assert.False(IkeAuthenticationOctets.Matches(IkeAuthenticationOctets.SharedKey(prf, "dmvpn-lab-secreT", octets), auth.Data));
            Authenticated++;
        }

        private void CheckChild(RecordedMessage response, IkePayloadChain answer, Sa sa, byte[] ni, byte[] nr)
        {
            IkePayloadChain asked = RequestOf(sa);
            ValueList<IkeProposal> offered = Proposals(asked);
            Assert.True(ProposalAnswer.TryAcceptEsp(offered, Proposals(answer), out EspSuite suite, out DhGroup group, out uint fromInitiator));
            Assert.True(ProposalChoice.TryChooseEsp(EspPolicy, offered, DhGroup.None, true, true, 0x1000, out EspChoice? choice));
            Assert.Equal((suite, group), (choice.Suite, choice.Group));
            ChildKeys keys = IkeKeySchedule.Child(sa.Keys.Suite.Prf, sa.Keys.SkD.Span, suite, [], ni, nr);
            Assert.True(Fits(keys.FromInitiator, fromInitiator) && Fits(keys.FromResponder, choice.PeerSpi));

            // The responder of the recording narrowed as we would have, and the initiator's check accepts it.
            NatSituation nat = NatOf(sa);
            bool transport = asked.TryFindNotify(IkeNotifyType.UseTransportMode, out _);
            var there = new SelectorSituation(response.Source.Address, Outside(response.Destination.Address), nat, transport);
            Assert.True(TrafficSelectorChoice.TryNarrow(
                Selectors(asked, IkePayloadType.TrafficSelectorResponder), Selectors(asked, IkePayloadType.TrafficSelectorInitiator), there, out SelectorPair pair, out string problem), problem);
            Assert.Contains(pair.Remote, Selectors(answer, IkePayloadType.TrafficSelectorInitiator));
            Assert.Contains(pair.Local, Selectors(answer, IkePayloadType.TrafficSelectorResponder));
            var here = new SelectorSituation(response.Destination.Address, response.Source.Address, new NatSituation(true, nat.Local, nat.Peer), transport);
            SelectorPair offer = TrafficSelectorChoice.Offer(here.Local, here.Remote);
            Assert.True(TrafficSelectorChoice.TryAccept(
                offer, Selectors(answer, IkePayloadType.TrafficSelectorInitiator), Selectors(answer, IkePayloadType.TrafficSelectorResponder), here, out pair, out problem), problem);
            Assert.Equal(offer, pair);
            Children++;
        }

        /// <summary>The address that the hub sees, where the recording was made before the NAT.</summary>
        private IpAddress Outside(IpAddress address) => translated.Split(' ') is [string inside, string outside] && address == IpAddress.Parse(inside) ? IpAddress.Parse(outside) : address;

        /// <summary>As the responder of IKE_SA_INIT sees it.</summary>
        private NatSituation NatOf(Sa sa)
        {
            RecordedMessage request = sa.Request;
            IkePath arrival = request.Arrival with { Remote = request.Source with { Address = Outside(request.Source.Address) } };
            NatSituation nat = NatDetection.Read(request.View.Payloads, request.Header.InitiatorSpi, request.Header.ResponderSpi, arrival);
            Assert.Equal(keys.Contains("nat", StringComparison.Ordinal) && arrival.Remote.Address.ToString() == "203.0.113.9", nat.Peer);
            Assert.False(nat.Local);
            NatSituation other = NatDetection.Read(sa.Response.View.Payloads, sa.Response.Header.InitiatorSpi, sa.Response.Header.ResponderSpi, sa.Response.Arrival);
            Assert.True(nat.IsKnown && other.IsKnown);
            return nat;
        }

        private void CheckRekeying(IkePayloadChain answer, Sa sa)
        {
            IkePayloadChain asked = RequestOf(sa);
            ValueList<IkeProposal> offered = Proposals(asked);
            Assert.True(ProposalAnswer.TryAcceptIke(offered, Proposals(answer), true, out IkeSuite suite, out ulong r));
            Assert.True(ProposalChoice.TryChooseIke(IkePolicy, offered, suite.Group, 1, out IkeChoice? choice));
            Assert.Equal(suite, choice.Suite);
            ulong i = choice.PeerSpi;
            byte[] ni = Body(asked, IkePayloadType.Nonce), nr = Body(answer, IkePayloadType.Nonce);
            IkeKeys keys = Assert.Single(
                _secrets.Select(secret => IkeKeySchedule.Rekeyed(suite, sa.Keys.Suite.Prf, sa.Keys.SkD.Span, ni, nr, secret, i, r)).DistinctBy(made => Convert.ToHexString(made.SkEi.Span)), made => Fits(made, i, r));
            _sas.Add((i, r), new Sa { Request = sa.Request, Response = sa.Response, Ni = ni, Nr = nr, Keys = keys });
            Rekeyed++;
        }

        private static ValueList<IkeProposal> Proposals(IkePayloadChain payloads)
        {
            Assert.True(IkeProposal.TryParseAll(Body(payloads, IkePayloadType.SecurityAssociation), out ValueList<IkeProposal> proposals, out Malformed why), why.ToString());
            return proposals;
        }

        private static ValueList<TrafficSelector> Selectors(IkePayloadChain payloads, IkePayloadType type)
        {
            Assert.True(TrafficSelector.TryParseAll(Body(payloads, type), out ValueList<TrafficSelector> selectors, out Malformed why), why.ToString());
            return selectors;
        }

        private static byte[] Body(IkePayloadChain payloads, IkePayloadType type)
        {
            Assert.True(payloads.TryFind(type, out IkePayloadView payload), $"{type} is missing");
            return payload.Body.ToArray();
        }
    }
}
