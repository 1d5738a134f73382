using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>Child SAs are replaced: by one end, by both at once, and while other things are under way (RFC 7296 1.3.3, 2.8, 2.8.1, 2.25.1).</summary>
public sealed class ChildRekeyTests
{
    private const string Request = "{N(RekeySa), N(UseTransportMode), N(EspTfcPaddingNotSupported), SA, Nonce, TSi, TSr}";
    private const string Response = "{N(UseTransportMode), N(EspTfcPaddingNotSupported), SA, Nonce, TSi, TSr}";

    private static readonly DhGroup? Pfs = DhGroup.Ecp256;

    [Theory]
    [InlineData("A")]
    [InlineData("B")]
    public void SoftLimit_OfEitherEnd_ReplacesTheSaUnderTrafficWithoutLoss(string who)
    {
        Pair pair = new Pair().Up();
        Node node = who == "A" ? pair.A : pair.B;
        string other = who == "A" ? "B" : "A";
        uint old = node.Live[0].Install.InboundSpi;
        pair.Net.At(pair.Net.Now + TimeSpan.FromSeconds(0.5), () => pair.SoftLimit(node));
        pair.Traffic(10);
        uint id = who == "A" ? 2u : 0;
        Assert.Equal(
        [
            $"{who} > {other} CHILD request {id} {Request}",
            $"{other} > {who} CHILD response {id} {Response}",
            $"{who} > {other} INFO request {id + 1} {{D(ESP x1)}}",
            $"{other} > {who} INFO response {id + 1} {{D(ESP x1)}}",
        ], pair.Net.TakeTrace());
        Assert.NotEqual(old, node.Live[0].Install.InboundSpi);
        Assert.Empty(pair.A.Events);
        Assert.Empty(pair.B.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void ResponderAtItsOwnLimit_BeforeItsAnswerIsThere_GoesOnSendingByTheOldSa()
    {
        Pair pair = new Pair().Up();
        uint old = pair.B.Live[0].Install.InboundSpi;
        pair.Net.Delay = static packet => TimeSpan.FromMilliseconds(packet is { IsIke: true, IsResponse: true, Exchange: IkeExchangeType.CreateChildSa } ? 300 : 0);
        pair.Net.At(pair.Net.Now + TimeSpan.FromSeconds(0.5), () => pair.SoftLimit(pair.A));
        pair.Net.At(pair.Net.Now + TimeSpan.FromSeconds(0.6), () =>
        {
            // It has the new SA, and A has not.
            Assert.Equal((2, 1), (pair.B.Live.Count, pair.A.Live.Count));
            pair.B.Call((engine, now, outbox) => engine.OnSoftLimit(old, now, outbox));
        });
        pair.Traffic(20);
        Assert.NotEqual(old, Assert.Single(pair.B.Live).Install.InboundSpi);
        Assert.Equal(
        [
            $"A > B CHILD request 2 {Request}",
            $"B > A CHILD response 2 {Response}",
            "A > B INFO request 3 {D(ESP x1)}",
            "B > A INFO response 3 {D(ESP x1)}",
        ], pair.Net.TakeTrace());
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void PerfectForwardSecrecy_Configured_ExchangesAKeyEachTime()
    {
        Pair pair = new Pair(both: static config => config.With((IpsecProfile p) => p with { Pfs = Pfs })).Up();
        pair.SoftLimit(pair.A);
        pair.Traffic(8);
        Assert.Contains("SA, Nonce, KE, TSi, TSr}", pair.Net.Trace[0], StringComparison.Ordinal);
        Assert.Contains("SA, Nonce, KE, TSi, TSr}", pair.Net.Trace[1], StringComparison.Ordinal);
        Assert.Equal(DhGroup.Ecp256, Assert.Single(pair.A.Engine.ChildSas()).Pfs);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void PeerWantsSecrecy_WeHaveNone_IsGiven()
    {
        Pair pair = new Pair(a: static config => config.With((IpsecProfile p) => p with { Pfs = Pfs })).Up();
        pair.SoftLimit(pair.A);
        pair.Net.Run(8);
        Assert.Equal(DhGroup.Ecp256, Assert.Single(pair.B.Engine.ChildSas()).Pfs);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void WeWantSecrecy_PeerHasNone_TheLogNamesSetPfsAndTheOldSaStays()
    {
        Pair pair = new Pair(b: static config => config.With((IpsecProfile p) => p with { Pfs = Pfs })).Up();
        pair.SoftLimit(pair.A);
        pair.Net.Run(1);
        Assert.EndsWith("{N(NoProposalChosen)}", pair.Net.Trace[1], StringComparison.Ordinal);
        Assert.Contains(pair.B.Log.Lines, line => line.Contains("set pfs", StringComparison.Ordinal));
        Assert.Contains(pair.A.Log.Lines, line => line.Contains("set pfs", StringComparison.Ordinal));
        pair.Traffic(1);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.NoProposalChosen]);
    }

    [Fact]
    public void Lifetimes_UnderTraffic_ManyRekeyingsOfBothEndsLoseNothing()
    {
        static IkeConfig Short(IkeConfig config) => config.With((IpsecProfile p) => p with { LifetimeSeconds = TimeSpan.FromSeconds(120), Pfs = DhGroup.Curve25519 })
            .With((Ikev2Profile p) => p with { Lifetime = TimeSpan.FromSeconds(250) });
        Pair pair = new Pair(both: Short).Up();
        pair.Net.JobTime = TimeSpan.FromMilliseconds(5);
        pair.Traffic(1500, 0.1);
        Assert.True(pair.A.Engine.Statistics.ChildRekeys >= 10);
        Assert.True(pair.A.Engine.Statistics.IkeRekeys >= 5);
        Assert.Empty(pair.A.Events);
        Assert.Empty(pair.B.Events);
    }

    [Fact]
    public void ResponderOfARekeying_SendsByTheOldSaUntilItIsDeleted_AndReceivesByItForFiveSecondsMore()
    {
        Pair pair = new Pair().Up();
        uint old = pair.B.Live[0].Install.InboundSpi;
        bool hold = true;
        pair.Net.Delay = packet => hold && packet is { IsIke: true, Exchange: IkeExchangeType.Informational } ? TimeSpan.FromSeconds(1) : TimeSpan.Zero;
        pair.SoftLimit(pair.A);
        pair.Net.Run(0.5);
        Assert.Equal(2, pair.B.Live.Count);
        Assert.Equal(old, pair.B.Peer.Sending);
        hold = false;
        pair.Net.Run(1);
        Assert.NotEqual(old, pair.B.Peer.Sending);
        Assert.True(pair.B.Sas[old].IsRetired);
        pair.Net.Run(4);
        Assert.Contains(old, pair.B.Sas.Keys);
        pair.Net.Run(2);
        Assert.DoesNotContain(old, pair.B.Sas.Keys);
    }

    [Fact]
    public void OldSaIsNotDeleted_Responder_SendsByTheNewOneAfterTwoSeconds()
    {
        Pair pair = new Pair().Up();
        uint old = pair.B.Live[0].Install.InboundSpi;
        pair.Net.Lose = packet => packet is { IsIke: true, Exchange: IkeExchangeType.Informational };
        pair.SoftLimit(pair.A);
        pair.Net.Run(1.9);
        Assert.Equal(old, pair.B.Peer.Sending);
        pair.Net.Run(0.5);
        Assert.NotEqual(old, pair.B.Peer.Sending);
    }

    [Fact]
    public void BothRekeyAtOnce_BothNotice_TheLowestNonceIsClosedByItsMakerAndOneIsLeft()
    {
        for (int round = 0; round < 12; round++)
        {
            Pair pair = new Pair().Up();
            for (int i = 0; i < round; i++) pair.A.Engine.Core.Random.NextUInt32(); // other nonces each time
            pair.SoftLimit(pair.A);
            pair.SoftLimit(pair.B);
            pair.Traffic(10);
            // req1, req2, resp2, resp1; then D(the redundant one) by its maker, D(the old one) by the other
            List<string> trace = pair.Net.TakeTrace();
            Assert.Equal(8, trace.Count);
            Assert.Equal(2, trace.Count(line => line.EndsWith(Request, StringComparison.Ordinal)));
            Assert.Equal(2, trace.Count(line => line.EndsWith(Response, StringComparison.Ordinal)));
            Assert.Single(trace, line => line.StartsWith("A > B INFO request", StringComparison.Ordinal));
            Assert.Single(trace, line => line.StartsWith("B > A INFO request", StringComparison.Ordinal));
            Agreement.Check(pair.Net, pair.A, pair.B);
        }
    }

    [Fact]
    public void BothRekeyAtOnce_NoncesDecide_NotTheOrderNorTheEnd()
    {
        var losers = new HashSet<string>();
        for (int round = 0; round < 12; round++)
        {
            Pair pair = new Pair().Up();
            for (int i = 0; i < round; i++) pair.A.Engine.Core.Random.NextUInt32();
            pair.SoftLimit(pair.A);
            pair.SoftLimit(pair.B);
            pair.Net.Run(1);
            List<Packet> exchanges = [.. pair.Net.Packets.Where(packet => packet.Exchange == IkeExchangeType.CreateChildSa)];
            // The lowest of the four nonces, octet by octet, and who began the exchange that it is of (2.8.1)
            Packet lowest = exchanges.MinBy(packet => Convert.ToHexString(Body(pair, packet, IkePayloadType.Nonce)), StringComparer.Ordinal)!;
            Node maker = lowest.IsResponse ? lowest.To! : lowest.From;
            byte[] spi = Body(pair, exchanges.Single(packet => !packet.IsResponse && packet.From == maker), IkePayloadType.SecurityAssociation)[8..12];
            Packet deletes = pair.Net.Packets.Single(packet => packet is { Exchange: IkeExchangeType.Informational, IsResponse: false } && packet.From == maker);
            Assert.Equal(spi, Body(pair, deletes, IkePayloadType.Delete)[4..]);
            losers.Add(maker.Name);
        }
        Assert.Equal(2, losers.Count);
    }

    [Fact]
    public void BothRekeyAtOnce_OneRequestIsLate_ItsMakerGetsChildSaNotFoundAndAllIsWell()
    {
        Pair pair = new Pair().Up();
        bool first = true;
        pair.Net.Lose = packet => packet is { IsIke: true, Exchange: IkeExchangeType.CreateChildSa, IsResponse: false } && packet.From == pair.A && first && !(first = false);
        pair.SoftLimit(pair.A);
        pair.SoftLimit(pair.B);
        pair.Traffic(10);
        // req1 (lost), req2, resp2, D, D, req1 again, CHILD_SA_NOT_FOUND (2.8.1)
        Assert.Equal("B > A CHILD request 0 " + Request, pair.Net.Trace[1]);
        Assert.Equal("A > B CHILD response 0 " + Response, pair.Net.Trace[2]);
        Assert.Equal("B > A INFO request 1 {D(ESP x1)}", pair.Net.Trace[3]);
        Assert.Equal("A > B INFO response 1 {D(ESP x1)}", pair.Net.Trace[4]);
        Assert.Equal("A > B CHILD request 2 " + Request, pair.Net.Trace[5]);
        Assert.Equal("B > A CHILD response 2 {N(ChildSaNotFound)}", pair.Net.Trace[6]);
        Assert.Empty(pair.A.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void RekeyingOfAnUnknownChildSa_IsAnsweredWithItsSpi_AndTheOtherEndMakesANewOne()
    {
        Pair pair = new Pair().Up();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: false }
            ? pair.Net.Text.Rewrite(packet.Bytes, list => [.. list.Select(payload => payload.Notify == IkeNotifyType.RekeySa ? payload with { Body = [3, 4, 0x40, 0x09, 1, 2, 3, 4] } : payload)])
            : packet.Bytes;
        pair.SoftLimit(pair.A);
        pair.Net.Run(0.035);
        RawPayload notify = Assert.Single(pair.Net.Text.Open(pair.Net.Packets[1].Bytes));
        Assert.Equal(IkeNotifyType.ChildSaNotFound, notify.Notify);
        Assert.Equal([3, 4, 0, 44, 1, 2, 3, 4], notify.Body);
        pair.Net.Rewrite = static packet => packet.Bytes;
        pair.Net.Run(0.1);
        Assert.Equal("A > B CHILD request 3 {N(UseTransportMode), N(EspTfcPaddingNotSupported), SA, Nonce, TSi, TSr}", pair.Net.Trace[2]);
        Assert.Empty(pair.A.Events);
        Assert.Single(pair.A.Live);
    }

    [Fact]
    public void ChildSaThatIsBeingDeleted_RekeyedByThePeer_GetsTemporaryFailure()
    {
        Pair pair = new Pair().Up();
        // A has asked B to delete it, and B's wish to rekey it crosses that.
        pair.A.Call((engine, now, outbox) => engine.Core.Children.Delete(engine.Core.ChildSas.Values.First(), now, outbox));
        pair.SoftLimit(pair.B);
        pair.Net.Run(0.015);
        Assert.Contains("A > B CHILD response 0 {N(TemporaryFailure)}", pair.Net.Trace);
        Assert.Equal(1, pair.A.Engine.Drops[IkeDrop.Collision]);
        pair.Net.Run(20);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.TemporaryFailure]);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void ChildSaThatIsBeingRekeyed_DeletedByThePeer_IsAnsweredWithADeletePayload()
    {
        Pair pair = new Pair().Up();
        pair.SoftLimit(pair.A);
        pair.B.Call((engine, now, outbox) => engine.Core.Children.Delete(engine.Core.ChildSas.Values.First(), now, outbox));
        pair.Net.Run(0.015);
        Assert.Contains("A > B INFO response 0 {D(ESP x1)}", pair.Net.Trace);
        pair.Net.Run(20);
        Assert.Empty(pair.A.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void IkeSaIsBeingRekeyed_PeerRekeysAChildSa_GetsTemporaryFailureAndTriesAgainLater()
    {
        Pair pair = new Pair().Up();
        Agreement.Rekey(pair.A);
        pair.Net.Run(0.001);
        pair.SoftLimit(pair.B);
        pair.Traffic(20);
        // A > B rekey IKE, B > A rekey child; both answer TEMPORARY_FAILURE (2.25.1, 2.25.2)
        Assert.Contains("A > B CHILD response 0 {N(TemporaryFailure)}", pair.Net.Trace);
        Assert.Contains("B > A CHILD response 2 {N(TemporaryFailure)}", pair.Net.Trace);
        Assert.Equal(1, pair.A.Engine.Statistics.IkeRekeys);
        Assert.Equal(1, pair.B.Engine.Statistics.ChildRekeys);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void IkeSaIsBeingRekeyed_PeerDeletesAChildSa_IsAnsweredAsUsual()
    {
        Pair pair = new Pair().Up();
        Agreement.Rekey(pair.A);
        pair.B.Call((engine, now, outbox) => engine.Core.Children.Delete(engine.Core.ChildSas.Values.First(), now, outbox));
        pair.Net.Run(0.015);
        Assert.Contains("A > B INFO response 0 {D(ESP x1)}", pair.Net.Trace);
        pair.Net.Run(20);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void KeyExchangeInAnotherGroup_IsAnsweredWithTheGroupThatIsWanted()
    {
        Pair pair = new Pair(both: static config => config.With((IpsecProfile p) => p with { Pfs = Pfs })).Up();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: false }
            ? pair.Net.Text.Rewrite(packet.Bytes, list => [.. list.Select(payload => payload.Type == IkePayloadType.KeyExchange ? payload with { Body = [0, 20, .. payload.Body[2..]] } : payload)])
            : packet.Bytes;
        pair.SoftLimit(pair.A);
        pair.Net.Run(0.1);
        RawPayload notify = Assert.Single(pair.Net.Text.Open(pair.Net.Packets[1].Bytes));
        Assert.Equal(IkeNotifyType.InvalidKePayload, notify.Notify);
        Assert.Equal([0, 19], notify.Body[4..]);
        Assert.Empty(pair.A.Events);
    }

    [Fact]
    public void PeerTakesNoMoreChildSas_BothAreMadeAnewWithoutLoss()
    {
        Pair pair = new Pair().Up();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: true }
            ? pair.Net.Text.Rewrite(packet.Bytes, static _ => [RawPayload.Of(IkeNotifyType.NoAdditionalSas)]) : packet.Bytes;
        ulong before = pair.A.IkeSas[0].LocalSpi;
        pair.SoftLimit(pair.A);
        pair.Traffic(10);
        Assert.NotEqual(before, Assert.Single(pair.A.IkeSas).LocalSpi);
        Assert.Empty(pair.A.Events);
    }

    [Fact]
    public void AnswerThatWasNotOffered_IsRefusedAndThePeerToldToDeleteIt()
    {
        Pair pair = new Pair().Up();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: true }
            ? pair.Net.Text.Rewrite(packet.Bytes, list => [.. list.Select(payload => payload.Type == IkePayloadType.TrafficSelectorResponder
                ? payload with { Body = [1, 0, 0, 0, 7, 47, 0, 16, 0, 0, 255, 255, 9, 9, 9, 9, 9, 9, 9, 9] } : payload)]) : packet.Bytes;
        pair.SoftLimit(pair.A);
        pair.Net.Run(0.1);
        Assert.Equal("A > B INFO request 3 {D(ESP x1)}", pair.Net.Trace[2]);
        Assert.Equal(1, pair.A.Engine.Drops[IkeDrop.TrafficSelectorsUnacceptable]);
        Assert.Single(pair.A.Live);
        Assert.Single(pair.B.Live);
        pair.Net.Rewrite = static packet => packet.Bytes;
        pair.Traffic(20);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void HardLimit_NothingPassesAnyMore_UntilTheNewSaIsThere()
    {
        Pair pair = new Pair().Up();
        uint spi = pair.A.Live[0].Install.InboundSpi;
        pair.A.Call((engine, now, outbox) => engine.OnHardLimit(spi, now, outbox));
        Assert.Empty(pair.A.Sas);
        Assert.False(pair.A.SendTo(pair.A.Peer));
        pair.Net.Run(6);
        Assert.Empty(pair.A.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void RekeyingImpossible_UntilTheLifetimeEnds_TheSaEndsThen()
    {
        Pair pair = new Pair(both: static config => config.With((IpsecProfile p) => p with { LifetimeSeconds = TimeSpan.FromSeconds(120) })).Up();
        // What is offered arrives as AES-GCM-192, which nobody accepts.
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: false }
            ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list.Select(payload => payload.Type == IkePayloadType.SecurityAssociation ? payload with { Body = [.. payload.Body[..23], 192, .. payload.Body[24..]] } : payload)])
            : packet.Bytes;
        pair.Net.Run(119.5 - 1);
        Assert.Empty(pair.A.Events);
        pair.Net.Run(3);
        Assert.Contains(pair.A.Events, line => line.StartsWith("down b.example.org", StringComparison.Ordinal));
    }

    [Fact]
    public void TemporaryFailures_ForMinutes_HaveTheIkeSaMadeAnew()
    {
        Pair pair = new Pair().Up();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: true }
            ? pair.Net.Text.Rewrite(packet.Bytes, static _ => [RawPayload.Of(IkeNotifyType.TemporaryFailure)]) : packet.Bytes;
        pair.SoftLimit(pair.A);
        pair.Net.Run(170);
        Assert.Empty(pair.A.Events);
        List<double> tries = [.. pair.Net.Trace.Where(line => line.Contains("CHILD request", StringComparison.Ordinal)).Select((_, i) => (double)i)];
        Assert.InRange(tries.Count, 40, 100);
        pair.Net.Run(30);
        Assert.Equal(["down b.example.org DeadPeer", "up b.example.org"], pair.A.Events);
    }

    private static byte[] Body(Pair pair, Packet packet, IkePayloadType type) => pair.Net.Text.Open(packet.Bytes).Find(payload => payload.Type == type)!.Body;
}
