using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Ike.Tests;

/// <summary>Headers, flags, reserved bits, order and length of messages as they leave, and as they may come (RFC 7296 2, 2.5, 3.1, 3.2).</summary>
public sealed class MessageFormTests
{
    private static readonly IkePath Path = new(null, new IkeEndpoint(Parse("192.0.2.2"), 500), new IkeEndpoint(Parse("203.0.113.9"), 1025));

    [Fact]
    public void EveryMessage_HasVersionTwoTheFlagsOfItsSenderAndNoCriticalBit()
    {
        Pair pair = Busy(out List<Packet> packets);
        Assert.True(packets.Count > 16);
        foreach (Packet packet in packets)
        {
            Assert.True(IkeView.TryParse(packet.Bytes, out IkeView view, out _));
            Assert.Equal(0x20, packet.Bytes[17]);
            Assert.Equal(0, packet.Bytes[19] & ~0x28);
            Assert.NotEqual(0ul, view.InitiatorSpi);
            IEnumerable<RawPayload> payloads = view.Exchange == IkeExchangeType.SaInit ? Clear(view) : pair.Net.Text.Open(packet.Bytes);
            Assert.All(payloads, payload => Assert.False(payload.IsCritical));
        }
    }

    [Fact]
    public void Payloads_LeaveInTheOrderOfTheRfc()
    {
        Pair pair = Busy(out List<Packet> packets);
        IkePayloadType[] order =
        [
            IkePayloadType.IdInitiator, IkePayloadType.IdResponder, IkePayloadType.Certificate, IkePayloadType.CertificateRequest, IkePayloadType.Authentication,
            IkePayloadType.SecurityAssociation, IkePayloadType.Nonce, IkePayloadType.KeyExchange, IkePayloadType.TrafficSelectorInitiator, IkePayloadType.TrafficSelectorResponder,
        ];
        foreach (Packet packet in packets.Where(packet => packet.Exchange != IkeExchangeType.SaInit))
        {
            int[] places = [.. pair.Net.Text.Open(packet.Bytes).Select(payload => Array.IndexOf(order, payload.Type)).Where(place => place >= 0)];
            Assert.Equal(places.Order(), places);
        }
        foreach (Packet packet in packets.Where(packet => packet.Exchange == IkeExchangeType.SaInit))
        {
            Assert.True(IkeView.TryParse(packet.Bytes, out IkeView view, out _));
            Assert.Equal([IkePayloadType.SecurityAssociation, IkePayloadType.KeyExchange, IkePayloadType.Nonce], Clear(view).Take(3).Select(payload => payload.Type));
        }
    }

    [Fact]
    public void Nonces_AreLongEnoughAndNeverTheSame()
    {
        Pair pair = Busy(out List<Packet> packets);
        List<string> nonces = [.. packets.Where(packet => packet.Exchange is IkeExchangeType.CreateChildSa).Select(packet => Convert.ToHexString(pair.Net.Text.Open(packet.Bytes).Find(payload => payload.Type == IkePayloadType.Nonce)!.Body))];
        Assert.True(nonces.Count >= 6);
        Assert.Equal(nonces.Count, nonces.Distinct().Count());
        Assert.All(nonces, nonce => Assert.Equal(64, nonce.Length));
    }

    [Fact]
    public void MinorVersion_ReservedBitsAndFlags_OfARequest_AreIgnored()
    {
        var pair = new Pair();
        byte[] message = Init();
        message[17] = 0x2F;
        message[19] |= 0x10 | 0x07;
        message[29] |= 0x7F; // reserved bits of the first payload
        pair.Net.Inject(pair.B, Path, message);
        pair.Net.Run(0.001);
        Assert.StartsWith("B > 203.0.113.9 INIT response 0 {SA, KE, Nonce", Assert.Single(pair.Net.Trace), StringComparison.Ordinal);
        // To where it came from, port and all (2.11, 2.23), with our own version.
        Assert.Equal(Path, pair.Net.Packets[0].SenderPath);
        Assert.Equal(0x20, pair.Net.Packets[0].Bytes[17]);
    }

    [Theory]
    [InlineData(0, 8, 0)] // no SPI of the initiator
    [InlineData(8, 16, 5)] // one of a responder
    [InlineData(20, 24, 1)] // another message id
    public void FirstMessage_WithAWrongHeader_IsNotLookedAt(int from, int to, byte value)
    {
        var pair = new Pair();
        byte[] message = Init();
        message.AsSpan(from, to - from).Fill(value);
        pair.Net.Inject(pair.B, Path, message);
        pair.Net.Run(1);
        Assert.Empty(pair.Net.Trace);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.WrongSpi]);
    }

    [Fact]
    public void FirstMessage_WithACriticalPayloadOrWithoutKeyExchange_IsRefusedInTheClear()
    {
        var pair = new Pair();
        byte[] message = Init(static (ref IkePayloadWriter writer) => writer.Raw((IkePayloadType)210, [1], isCritical: true));
        pair.Net.Inject(pair.B, Path, message);
        Assert.EndsWith("{N(UnsupportedCriticalPayload)}", Assert.Single(pair.Net.Trace), StringComparison.Ordinal);
        pair.Net.TakeTrace();
        pair.Net.Inject(pair.B, Path, Init(static (ref IkePayloadWriter writer) => writer.Nonce(new byte[32])));
        Assert.EndsWith("{N(InvalidSyntax)}", Assert.Single(pair.Net.Trace), StringComparison.Ordinal);
        Assert.Empty(pair.B.IkeSas);
    }

    [Fact]
    public void LongMessages_OfThreeThousandOctetsAndMore_AreProcessed()
    {
        var pair = new Pair();
        pair.Net.Rewrite = packet => packet.Exchange == IkeExchangeType.Auth ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list, new((IkePayloadType)201, new byte[9000])]) : packet.Bytes;
        pair.Up();
        Assert.All(pair.Net.Packets, packet => Assert.InRange(packet.Bytes.Length, 1, 2000));
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void AdditionalGroupNone_IsNoGroup_InTheFirstChildSa()
    {
        Pair pair = new Pair(both: static config => config.With((IpsecProfile p) => p with { Pfs = DhGroup.Ecp256 }));
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        // "No group in the proposals of IKE_AUTH" (1.2): there is no KE payload to go with it.
        RawPayload sa = pair.Net.Text.Open(pair.Net.Packets.First(packet => packet.Exchange == IkeExchangeType.Auth).Bytes).Find(payload => payload.Type == IkePayloadType.SecurityAssociation)!;
        Assert.True(IkeProposal.TryParseAll(sa.Body, out ValueList<IkeProposal> proposals, out _));
        Assert.DoesNotContain(proposals[0].Transforms, transform => transform.Type == IkeTransformType.KeyExchange);
    }

    private delegate void Extra(ref IkePayloadWriter writer);

    /// <summary>Handshake, child and IKE rekeyings, deletes, liveness.</summary>
    private static Pair Busy(out List<Packet> packets)
    {
        var pair = new Pair(both: static config => config.With((IpsecProfile p) => p with { Pfs = DhGroup.Curve25519 }));
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        pair.SoftLimit(pair.A);
        pair.Net.Run(8);
        Agreement.Rekey(pair.B);
        pair.Net.Run(8);
        pair.SoftLimit(pair.B);
        pair.Net.Run(8);
        packets = [.. pair.Net.Packets];
        return pair;
    }

    private static List<RawPayload> Clear(IkeView view)
    {
        var list = new List<RawPayload>();
        foreach (IkePayloadView payload in view.Payloads) list.Add(new RawPayload(payload.Type, payload.Body.ToArray(), payload.IsCritical));
        return list;
    }

    private static byte[] Init(Extra? extra = null)
    {
        var writer = new IkePayloadWriter(new byte[512]);
        writer.SecurityAssociation(ProposalPolicy.ForIke([Configs.Quick]).Offer(0).AsSpan());
        byte[] value = new byte[32];
        new SeededRandom(1).Fill(value);
        writer.KeyExchange(DhGroup.Curve25519, value);
        writer.Nonce(value);
        extra?.Invoke(ref writer);
        return IkeSealing.Clear(new IkeHeader(77, 0, writer.First, IkeExchangeType.SaInit, IkeFlags.Initiator, 0), writer);
    }
}
