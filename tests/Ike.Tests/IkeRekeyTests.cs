using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>The IKE SA is replaced (RFC 7296 1.3.2, 2.8, 2.8.2, 2.8.3, 2.18, 2.25.2).</summary>
public sealed class IkeRekeyTests
{
    [Theory]
    [InlineData("A")]
    [InlineData("B")]
    public void IkeSa_Rekeyed_ChildSasGoOverAndMessageIdsBeginAgain(string who)
    {
        Pair pair = new Pair().Up();
        (Node node, Node peer, string other) = who == "A" ? (pair.A, pair.B, "B") : (pair.B, pair.A, "A");
        ulong old = node.IkeSas[0].LocalSpi;
        uint child = node.Live[0].Install.InboundSpi;
        pair.Net.At(pair.Net.Now + TimeSpan.FromSeconds(0.5), () => Agreement.Rekey(node));
        pair.Traffic(8);
        uint id = who == "A" ? 2u : 0;
        string ticket = who == "A" ? ", N(TicketRequest)" : "", given = who == "A" ? ", N(TicketLtOpaque)" : "";
        Assert.Equal(
        [
            $"{who} > {other} CHILD request {id} {{SA, Nonce, KE}}",
            $"{other} > {who} CHILD response {id} {{SA, Nonce, KE, N(QuickCrashDetection)}}",
            $"{who} > {other} INFO request {id + 1} {{D(IKE)}}",
            $"{who} > {other} INFO request 0 {{N(SetWindowSize), N(QuickCrashDetection){ticket}}}",
            $"{other} > {who} INFO response {id + 1} {{}}",
            $"{other} > {who} INFO response 0 {{N(SetWindowSize){given}}}",
        ], pair.Net.TakeTrace());
        IkeSaState sa = Assert.Single(node.IkeSas), theirs = Assert.Single(peer.IkeSas);
        Assert.NotEqual(old, sa.LocalSpi);
        // Who rekeys is the new SA's original initiator.
        Assert.Equal((true, false), (sa.IsInitiator, theirs.IsInitiator));
        Assert.Equal((5, 5, 5, 5), (sa.LocalWindow, sa.RemoteWindow, theirs.LocalWindow, theirs.RemoteWindow));
        Assert.Equal([child], sa.Children);
        Assert.Empty(pair.A.Events);
        Assert.Empty(pair.B.Events);
        // The child SA's next rekeying goes by the new IKE SA.
        pair.SoftLimit(peer);
        pair.Traffic(8);
        Assert.StartsWith($"{other} > {who} CHILD request 0 {{N(RekeySa)", pair.Net.Trace[0], StringComparison.Ordinal);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void BothRekeyAtOnce_BothNotice_OneNewSaIsLeftWithTheChildSas()
    {
        for (int round = 0; round < 12; round++)
        {
            Pair pair = new Pair().Up();
            for (int i = 0; i < round; i++) pair.A.Engine.Core.Random.NextUInt32();
            Agreement.Rekey(pair.A);
            Agreement.Rekey(pair.B);
            pair.Traffic(10);
            List<string> trace = pair.Net.TakeTrace();
            // Two requests, two responses; the old SA and the one with the lowest nonce are deleted, by different ends (2.8.2).
            Assert.Equal(2, trace.Count(line => line.EndsWith("{SA, Nonce, KE}", StringComparison.Ordinal)));
            Assert.Equal(2, trace.Count(line => line.EndsWith("{SA, Nonce, KE, N(QuickCrashDetection)}", StringComparison.Ordinal)));
            Assert.Single(trace, line => line.StartsWith("A > B INFO request", StringComparison.Ordinal) && line.EndsWith("{D(IKE)}", StringComparison.Ordinal));
            Assert.Single(trace, line => line.StartsWith("B > A INFO request", StringComparison.Ordinal) && line.EndsWith("{D(IKE)}", StringComparison.Ordinal));
            Assert.Empty(pair.A.Events);
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
            ulong old = pair.A.IkeSas[0].LocalSpi;
            Agreement.Rekey(pair.A);
            Agreement.Rekey(pair.B);
            pair.Net.Run(1);
            List<Packet> exchanges = [.. pair.Net.Packets.Where(packet => packet.Exchange == IkeExchangeType.CreateChildSa)];
            Packet lowest = exchanges.MinBy(packet => Convert.ToHexString(pair.Net.Text.Open(packet.Bytes).Find(payload => payload.Type == IkePayloadType.Nonce)!.Body), StringComparer.Ordinal)!;
            Node maker = lowest.IsResponse ? lowest.To! : lowest.From;
            // It deletes the SA that its exchange made; the other end deletes the old one.
            foreach (Packet deletes in pair.Net.Packets.Where(packet => pair.Net.Text.Of(packet.Bytes).Contains("D(IKE)", StringComparison.Ordinal)))
                Assert.Equal(deletes.From != maker, System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(deletes.Bytes) == old);
            losers.Add(maker.Name);
        }
        Assert.Equal(2, losers.Count);
    }

    [Fact]
    public void BothRekeyAtOnce_OneDoesNotNotice_ItsDeleteEndsTheOthersAttempt()
    {
        Pair pair = new Pair().Up();
        pair.Net.Lose = packet => packet is { IsIke: true, Exchange: IkeExchangeType.CreateChildSa, IsResponse: false } && packet.From == pair.B;
        Agreement.Rekey(pair.A);
        Agreement.Rekey(pair.B);
        pair.Traffic(10);
        // req1, req2 (lost), resp1, D of the old SA, its response; B stops repeating req2.
        Assert.Equal(1, pair.Net.Trace.Count(line => line.StartsWith("B > A CHILD request 0", StringComparison.Ordinal)));
        Assert.Equal(1, pair.A.Engine.Statistics.IkeRekeys);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void BothRekeyAtOnce_LateRequestMeetsTheReplacedSa_GetsTemporaryFailure()
    {
        Pair pair = new Pair().Up();
        // B's request arrives when A has replaced the SA and its delete is on the way.
        pair.Net.Delay = packet => packet is { IsIke: true, Exchange: IkeExchangeType.CreateChildSa, IsResponse: false } && packet.From == pair.B ? TimeSpan.FromMilliseconds(15) : TimeSpan.Zero;
        Agreement.Rekey(pair.A);
        Agreement.Rekey(pair.B);
        pair.Traffic(10);
        Assert.Contains("A > B CHILD response 0 {N(TemporaryFailure)}", pair.Net.Trace);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void ChildSaIsBeingMade_PeerRekeysTheIkeSa_GetsTemporaryFailureAndSucceedsLater()
    {
        Pair pair = new Pair().Up();
        pair.SoftLimit(pair.A);
        Agreement.Rekey(pair.B);
        pair.Traffic(20);
        Assert.Contains("A > B CHILD response 0 {N(TemporaryFailure)}", pair.Net.Trace);
        Assert.Equal((1L, 1L), (pair.B.Engine.Statistics.IkeRekeys, pair.A.Engine.Statistics.ChildRekeys));
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void IkeSaIsBeingClosed_PeerRekeysIt_GetsTemporaryFailure()
    {
        Pair pair = new Pair().Up();
        pair.A.Call((engine, now, outbox) => engine.ClearAll(now, outbox));
        Agreement.Rekey(pair.B);
        pair.Net.Run(0.015);
        Assert.Contains("A > B CHILD response 0 {N(TemporaryFailure)}", pair.Net.Trace);
        pair.Net.Run(10);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void PeerAcceptsAnotherGroupNow_IsOfferedThat()
    {
        Pair pair = new Pair().Up();
        pair.B.Configure(pair.B.Config with { Proposals = [Configs.Quick with { Groups = [DhGroup.Ecp256] }] });
        Agreement.Rekey(pair.A);
        pair.Traffic(8);
        // CHILD {KE 31}, INVALID_KE_PAYLOAD, CHILD {KE 19}
        Assert.EndsWith("{N(InvalidKePayload)}", pair.Net.Trace[1], StringComparison.Ordinal);
        Assert.Equal(DhGroup.Ecp256, Assert.Single(pair.A.IkeSas).Suite.Group);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void PeerAcceptsNothingAnyMore_TheOldSaGoesOnAndTheLogSaysWhy()
    {
        Pair pair = new Pair().Up();
        pair.B.Configure(pair.B.Config with { Proposals = [Configs.Quick with { Encryption = [new(EncryptionId.AesGcm16, 256)] }] });
        Agreement.Rekey(pair.A);
        pair.Traffic(3);
        Assert.Contains(pair.B.Log.Lines, line => line.Contains("No common encryption", StringComparison.Ordinal));
        Assert.Contains(pair.A.Log.Lines, line => line.Contains("accepts none of our IKE proposals", StringComparison.Ordinal));
        Assert.Empty(pair.A.Events);
    }

    [Fact]
    public void RequestsOfTheOldSa_AreStillAnsweredUntilItIsDeleted_AndNoNewOnesAreStarted()
    {
        Pair pair = new Pair().Up();
        // The delete of the old SA is late: both SAs are there for a second.
        pair.Net.Delay = packet => packet.IsIke && pair.Net.Text.Of(packet.Bytes).Contains("D(IKE)", StringComparison.Ordinal) ? TimeSpan.FromSeconds(1) : TimeSpan.Zero;
        Agreement.Rekey(pair.A);
        pair.Net.Run(0.5);
        Assert.Equal(2, pair.A.IkeSas.Count);
        pair.SoftLimit(pair.A);
        pair.Net.Run(0.3);
        // By the new SA, whose window is not known yet to be more than one: after the introduction.
        Assert.Contains("A > B CHILD request 1 {N(RekeySa)", pair.Net.Trace.First(line => line.Contains("RekeySa", StringComparison.Ordinal)), StringComparison.Ordinal);
        pair.Net.Run(10);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void WindowOfTheNewSa_IsOneUntilThePeerSaysMore()
    {
        Pair pair = new Pair().Up();
        pair.Net.Lose = packet => packet.IsIke && packet.From == pair.B && pair.Net.Text.Of(packet.Bytes).Contains("SetWindowSize", StringComparison.Ordinal);
        Agreement.Rekey(pair.A);
        pair.Net.Run(0.1);
        pair.SoftLimit(pair.A);
        pair.Net.Run(0.5);
        Assert.DoesNotContain(pair.Net.Trace, line => line.Contains("RekeySa", StringComparison.Ordinal));
        pair.Net.Lose = static _ => false;
        pair.Net.Run(10);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void Lifetime_OfTheIkeSa_IsRenewedBeforeItEnds()
    {
        Pair pair = new Pair(both: static config => config.With((Ikev2Profile p) => p with { Lifetime = TimeSpan.FromSeconds(600) })).Up();
        pair.Net.Run(5000);
        Assert.True(pair.A.Engine.Statistics.IkeRekeys >= 8);
        Assert.Empty(pair.A.Events);
        Assert.Empty(pair.B.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void Lifetime_EndsWithoutReplacement_TheSaIsUsedNoMore()
    {
        Pair pair = new Pair(both: static config => config.With((Ikev2Profile p) => p with { Lifetime = TimeSpan.FromSeconds(600) })).Up();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: true } && pair.Net.Text.Open(packet.Bytes).Exists(payload => payload.Type == IkePayloadType.KeyExchange)
            ? pair.Net.Text.Rewrite(packet.Bytes, static _ => [RawPayload.Of(IkeNotifyType.NoProposalChosen)]) : packet.Bytes;
        pair.Net.Run(620);
        Assert.Contains("down b.example.org Expired", pair.A.Events.Concat(pair.B.Events.Select(line => line.Replace("down a", "down b", StringComparison.Ordinal))));
        pair.Net.Run(20);
        Assert.Equal("up b.example.org", pair.A.Events[^1]);
    }

    [Fact]
    public void Reauthentication_MakesANewSaBeforeTheOldOneGoes_AndLosesNothing()
    {
        Pair pair = new Pair(a: static config => config.With((Ikev2Profile p) => p with { Reauthentication = TimeSpan.FromSeconds(300) })).Up();
        ulong old = pair.A.IkeSas[0].LocalSpi;
        int association = pair.B.Peer.Nbma.Association;
        pair.Traffic(320, 0.25);
        Assert.NotEqual(old, Assert.Single(pair.A.IkeSas).LocalSpi);
        string request = pair.Net.Trace.First(line => line.Contains("AUTH request", StringComparison.Ordinal));
        Assert.DoesNotContain("InitialContact", request, StringComparison.Ordinal);
        Assert.DoesNotContain("RekeySa", request, StringComparison.Ordinal);
        Assert.Empty(pair.A.Events);
        Assert.Empty(pair.B.Events);
        Assert.Equal(association, pair.B.Peer.Nbma.Association);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reauthentication_AnswerIsLongOnTheWay_ResponderSendsByTheOldSaUntilTheInitiatorHasTheNewOne(bool childOfBothEnds)
    {
        Pair pair = new Pair().Up();
        // A second child SA that B sends by: the one that was there may be any of several.
        if (childOfBothEnds) pair.B.Call((engine, now, outbox) => engine.Core.Children.Start(engine.Core.Sas.Values.Single(), null, now, outbox));
        pair.Net.Run(5);
        pair.Net.Delay = static packet => packet is { IsIke: true, Exchange: IkeExchangeType.Auth, IsResponse: true } ? TimeSpan.FromSeconds(0.7) : TimeSpan.Zero;
        pair.A.Call((engine, now, outbox) => engine.Core.Initiator.Reauthenticate(engine.Core.Sas.Values.Single(), now, outbox));
        pair.Traffic(5);
        Assert.Empty(pair.A.Events);
        Assert.Empty(pair.B.Events);
        pair.Net.Run(10);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void PeerRekeys_AndDoesNotUseWhatItMade_ItMayRekeyAgainAfterAWhile()
    {
        Pair pair = new Pair().Up();
        // A takes B's answers for TEMPORARY_FAILURE: B has an IKE SA that waits in vain.
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: true }
            ? pair.Net.Text.Rewrite(packet.Bytes, static _ => [RawPayload.Of(IkeNotifyType.TemporaryFailure)]) : packet.Bytes;
        Agreement.Rekey(pair.A);
        pair.Net.Run(1);
        pair.Net.Rewrite = static packet => packet.Bytes;
        pair.Net.Run(60);
        Assert.Equal(1, pair.A.Engine.Statistics.IkeRekeys);
        Assert.Empty(pair.A.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void BothCallAtOnce_OneCallIsLate_ItsResponderSendsByTheOtherSaUntilTheCallerHasTheNewOne()
    {
        var kept = new HashSet<bool>();
        for (int round = 0; round < 8; round++)
        {
            var pair = new Pair();
            for (int i = 0; i < round; i++) pair.B.Engine.Core.Random.NextUInt32();
            // B > A AUTH takes a second, and so does what A answers; A has called B meanwhile.
            pair.Net.Delay = packet => packet is { IsIke: true, Exchange: IkeExchangeType.Auth } && packet.From == pair.B == !packet.IsResponse ? TimeSpan.FromSeconds(1) : TimeSpan.Zero;
            pair.B.Want(pair.A);
            pair.A.Want(pair.B);
            pair.Net.Run(0.9);
            Assert.Single(pair.A.Live);
            pair.Traffic(6);
            pair.Net.Run(10);
            kept.Add(Assert.Single(pair.A.IkeSas).IsInitiator);
            Agreement.Check(pair.Net, pair.A, pair.B);
        }
        Assert.Equal(2, kept.Count);
    }

    [Fact]
    public void Reauthentication_PacketsByTheOldSaOnTheWay_AreStillOpened()
    {
        Pair pair = new Pair(a: static config => config.With((Ikev2Profile p) => p with { Reauthentication = TimeSpan.FromSeconds(300) })).Up();
        ulong old = pair.A.IkeSas[0].LocalSpi;
        for (int i = 0; i < 3000 && pair.A.IkeSas.Any(sa => sa.LocalSpi == old); i++)
        {
            // Three seconds on the way; IKE is quick.
            pair.Net.Delay = static packet => packet.Esp != 0 ? TimeSpan.FromSeconds(3) : TimeSpan.Zero;
            pair.A.SendTo(pair.A.Peer);
            pair.B.SendTo(pair.B.Peer);
            pair.Net.Run(0.1);
        }
        Assert.DoesNotContain(pair.A.IkeSas, sa => sa.LocalSpi == old);
        pair.Net.Delay = static _ => TimeSpan.Zero;
        pair.Net.Run(10);
        Assert.Equal((0, 0), (pair.A.Lost, pair.B.Lost));
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void ResponderWantsReauthentication_TellsTheInitiatorByAuthLifetime()
    {
        Pair pair = new Pair(b: static config => config.With((Ikev2Profile p) => p with { Reauthentication = TimeSpan.FromSeconds(300) })).Up();
        Assert.False(pair.A.IkeSas[0].ReauthenticateAt.IsNever);
        ulong old = pair.A.IkeSas[0].LocalSpi;
        pair.Traffic(320, 0.25);
        Assert.NotEqual(old, Assert.Single(pair.A.IkeSas).LocalSpi);
        Assert.Empty(pair.A.Events);
    }

    [Theory]
    [InlineData("A")]
    [InlineData("B")]
    public void Reauthentication_Impossible_TheSaEndsWhenItsTimeIsOver(string who)
    {
        static IkeConfig Reauth(IkeConfig config) => config.With((Ikev2Profile p) => p with { Reauthentication = TimeSpan.FromSeconds(300) });
        Pair pair = new Pair(a: who == "A" ? Reauth : null, b: who == "B" ? Reauth : null).Up();
        pair.Net.Lose = packet => packet is { IsIke: true, Exchange: IkeExchangeType.SaInit };
        pair.Net.Run(295);
        Assert.Empty(pair.A.Events);
        pair.Net.Run(10);
        Assert.Contains("down b.example.org Expired", pair.A.Events);
        pair.Net.Lose = static _ => false;
        pair.Net.Run(60);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }
}
