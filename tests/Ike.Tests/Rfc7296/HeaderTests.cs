using System.Buffers.Binary;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Rfc7296;

/// <summary>Headers and payloads as they are sent, and how they may arrive (RFC 7296 2.5, 3.1, 3.2).</summary>
public sealed class HeaderTests
{
    [Fact]
    public void EveryMessage_OfAWholeSession_HasItsVersionFlagsSpisAndNoCriticalOrReservedBit()
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = 0 });
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        pair.SoftLimit(pair.A);
        pair.Net.Run(8);
        pair.SoftLimit(pair.B);
        pair.Net.Run(8);
        Agreement.Rekey(pair.B);
        pair.Net.Run(8);
        pair.A.Call((engine, now, outbox) => engine.Core.Sas.Values.First().AskLiveness(now, outbox));
        pair.B.Call((engine, now, outbox) => engine.ClearAll(now, outbox));
        pair.Net.Run(1);
        Assert.True(pair.Net.Packets.Count > 20);
        var initiators = new Dictionary<ulong, Node>();
        foreach (Packet packet in pair.Net.Packets)
        {
            byte[] bytes = packet.Bytes;
            ulong initiator = packet.InitiatorSpi(), responder = BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(8));
            Assert.Equal(0x20, bytes[17]);
            Assert.NotEqual(0ul, initiator);
            bool isFirst = packet is { Exchange: IkeExchangeType.SaInit, IsResponse: false };
            Assert.Equal(isFirst || pair.Net.Text.Payloads(bytes) is ["N(Cookie)"], responder == 0);
            // Nothing but I and R; I from the original initiator of that IKE SA and from nobody else.
            Assert.Equal(0, bytes[19] & ~(byte)(IkeFlags.Initiator | IkeFlags.Response));
            bool fromInitiator = (bytes[19] & (byte)IkeFlags.Initiator) != 0;
            Node claims = fromInitiator ? packet.From : packet.To!;
            if (!initiators.TryAdd(initiator, claims)) Assert.Same(initiators[initiator], claims);
            // Reserved and critical bits of payloads, in the clear and within.
            Assert.True(IkeView.TryParse(bytes, out IkeView view, out _));
            foreach (IkePayloadView payload in view.Payloads) Assert.Equal(0, bytes[28 + payload.Offset + 1]);
            Assert.DoesNotContain(pair.Net.Payloads(packet), static payload => payload.IsCritical);
        }
        Assert.Contains(pair.B, initiators.Values);
    }

    [Fact]
    public void ReservedBits_OfPayloadsAndFlags_AndTheMinorVersion_AreIgnoredInIkeSaInit()
    {
        var pair = new Pair();
        pair.A.Want(pair.B);
        pair.Net.Run(0.001);
        byte[] bytes = [.. pair.Net.Packets[0].Bytes];
        pair.Net.TakeTrace();
        bytes[0] ^= 1;
        bytes[17] = 0x27;
        bytes[19] |= 0xC7 | (byte)IkeFlags.HigherVersion;
        for (int at = 28; at < bytes.Length; at += BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at + 2))) bytes[at + 1] |= 0x7F;
        pair.Net.Inject(pair.B, new IkePath(null, new IkeEndpoint(pair.B.Address, 500), new IkeEndpoint(pair.A.Address, 500)), bytes);
        pair.Net.Run(0);
        Packet answer = Assert.Single(pair.Net.Packets, packet => packet.From == pair.B);
        Assert.StartsWith("INIT response 0 {SA, KE, Nonce", pair.Net.Text.Of(answer.Bytes), StringComparison.Ordinal);
        Assert.Equal((0x20, (byte)IkeFlags.Response), (answer.Bytes[17], answer.Bytes[19]));
    }

    [Fact]
    public void ReservedFlags_OfAProtectedRequest_AreIgnoredAndNotSentBack()
    {
        Pair pair = new Pair().Up();
        pair.InjectIntoB(pair.Net.Text.Seal(pair.Request(2) with { Flags = IkeFlags.Initiator | IkeFlags.HigherVersion | (IkeFlags)0xC7 }, []));
        Assert.Equal("B > A INFO response 2 {}", Assert.Single(pair.Net.Trace));
        Assert.Equal((byte)IkeFlags.Response, pair.Net.Packets[0].Bytes[19]);
    }

    [Fact]
    public void CriticalUnknownPayload_InIkeSaInit_IsAnsweredWithItsTypeAndMakesNoSa()
    {
        var pair = new Pair();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.SaInit, IsResponse: false }
            ? Look.RewriteClear(packet.Bytes, static list => [.. list, new RawPayload((IkePayloadType)201, [1], IsCritical: true)]) : packet.Bytes;
        pair.A.Want(pair.B);
        pair.Net.Run(0.5);
        Assert.Equal([0, 0, 0, 1, 201], Assert.Single(pair.Net.Payloads(pair.Net.Packets[1])).Body);
        Assert.Empty(pair.B.IkeSas);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.UnsupportedCriticalPayload]);
    }

    [Fact]
    public void CriticalUnknownPayload_InAResponse_IsNotAnsweredAndTheSaIsMadeAnew()
    {
        Pair pair = new Pair().Up();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: true }
            ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list, new RawPayload((IkePayloadType)201, [1], IsCritical: true)]) : packet.Bytes;
        pair.SoftLimit(pair.A);
        pair.Net.Run(0.03);
        Assert.DoesNotContain(pair.Net.Trace, line => line.Contains("UnsupportedCriticalPayload", StringComparison.Ordinal));
        Assert.Equal(1, pair.A.Engine.Drops[IkeDrop.UnsupportedCriticalPayload]);
        pair.Net.Rewrite = static packet => packet.Bytes;
        pair.Net.Run(10);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void PayloadsInReverseOrder_InEveryProtectedMessage_AreTaken()
    {
        var pair = new Pair();
        pair.Net.Rewrite = packet => packet.Exchange == IkeExchangeType.SaInit ? packet.Bytes : pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list.AsEnumerable().Reverse()]);
        pair.Up();
        pair.SoftLimit(pair.A);
        pair.Net.Run(8);
        Agreement.Rekey(pair.B);
        pair.Net.Run(12);
        Assert.Equal((1L, 1L), (pair.A.Engine.Statistics.ChildRekeys, pair.B.Engine.Statistics.IkeRekeys));
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void LongMessages_Of3000Octets_AreProcessedBothWays()
    {
        var pair = new Pair(both: static config => config with { FragmentationMtu = null });
        var lengths = new List<int>();
        pair.Net.Rewrite = packet =>
        {
            if (packet.Exchange == IkeExchangeType.SaInit) return packet.Bytes;
            byte[] longer = pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list, .. Enumerable.Range(0, 10).Select(static i => new RawPayload(IkePayloadType.VendorId, new byte[300]))]);
            lengths.Add(longer.Length);
            return longer;
        };
        pair.Up();
        pair.SoftLimit(pair.B);
        pair.Net.Run(8);
        Assert.True(lengths.Count >= 6 && lengths.Min() > 3000);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void ConfigurationRequest_ForTheVersion_IsAnsweredWithoutOne()
    {
        Pair pair = new Pair().Up();
        // CFG_REQUEST, APPLICATION_VERSION, of no length (2.20)
        pair.InjectIntoB(pair.Net.Text.Seal(pair.Request(2), [new RawPayload(IkePayloadType.Configuration, [1, 0, 0, 0, 0, 7, 0, 0])]));
        Assert.Equal("B > A INFO response 2 {}", Assert.Single(pair.Net.Trace));
        Assert.Empty(pair.B.Events);
    }
}
