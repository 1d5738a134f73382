using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>Message ids, windows, retransmission, liveness, deletes (RFC 7296 1.4, 2.1 to 2.4).</summary>
public sealed class ExchangeTests
{
    private static readonly DpdConfig Dpd = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), Periodic: true);

    [Fact]
    public void Request_Unanswered_IsRepeatedBitByBitAtGrowingTimesThenThePeerIsDead()
    {
        Pair pair = new Pair().Up();
        pair.SoftLimit(pair.A);
        pair.Net.Unplug(pair.B);
        var times = new List<double>();
        Instant start = pair.Net.Now;
        int before = pair.Net.Packets.Count;
        for (int i = 0; i < 600; i++)
        {
            pair.Net.Run(0.1);
            if (pair.Net.Packets.Count > before) times.Add(pair.Net.Now.Since(start).TotalSeconds);
            before = pair.Net.Packets.Count;
            if (pair.A.Events.Count > 0) break;
        }
        Assert.Single(pair.Net.Packets.Where(packet => packet.Exchange == IkeExchangeType.CreateChildSa).Select(packet => Convert.ToHexString(packet.Bytes)).Distinct());
        Assert.Equal(["down b.example.org DeadPeer"], pair.A.Events.Take(1));
        // 1, 2, 4, 8 and 16 s, up to a fifth shorter
        double[] gaps = [.. times.Zip(times.Skip(1), (a, b) => b - a)];
        Assert.InRange(gaps[1] / gaps[0], 1.4, 2.8);
        Assert.InRange(gaps[2] / gaps[1], 1.5, 2.6);
        Assert.InRange(gaps[3] / gaps[2], 1.5, 2.6);
        Assert.Empty(pair.A.Sas);
    }

    [Fact]
    public void Response_Lost_IsSentAgainForTheRepeatedRequestAndNothingIsDoneTwice()
    {
        Pair pair = new Pair().Up();
        int lost = 0;
        pair.Net.Lose = packet => packet.IsIke && packet.IsResponse && lost++ < 2;
        pair.SoftLimit(pair.A);
        pair.Net.Run(20);
        // A > B CHILD request 2 three times, A < B the same response three times
        List<byte[]> responses = [.. pair.Net.Packets.Where(packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: true }).Select(packet => packet.Bytes)];
        Assert.Equal(3, responses.Count);
        Assert.Single(responses.Select(Convert.ToHexString).Distinct());
        Assert.Equal(1, pair.B.Engine.Statistics.ChildRekeys);
        Assert.Equal(2, pair.B.Engine.Statistics.Of(IkeExchangeType.CreateChildSa).RetransmissionsReceived);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void RepeatedRequest_ResponseForgotten_IsIgnored()
    {
        Pair pair = new Pair().Up();
        pair.SoftLimit(pair.A);
        pair.Net.Run(1);
        Packet request = pair.Net.Packets.First(packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: false });
        pair.Net.Run(200);
        pair.Net.TakeTrace();
        long before = pair.B.Engine.Drops[IkeDrop.AlreadyReceived];
        pair.Net.Inject(pair.B, request.ReceiverPath, request.Bytes);
        Assert.Empty(pair.Net.Trace);
        Assert.Equal(before + 1, pair.B.Engine.Drops[IkeDrop.AlreadyReceived]);
    }

    [Fact]
    public void ForgedMessages_OfALiveSa_ChangeNothing()
    {
        Pair pair = new Pair().Up();
        pair.SoftLimit(pair.A);
        pair.Net.Run(0.015);
        Packet genuine = pair.Net.Packets[0];
        for (int i = 28; i < genuine.Bytes.Length; i += 7)
        {
            byte[] forged = [.. genuine.Bytes];
            forged[i] ^= 0x10;
            pair.Net.Inject(pair.B, genuine.ReceiverPath, forged);
        }
        // A message id that has not been used, with the body of another message
        byte[] moved = [.. genuine.Bytes];
        moved[23]++;
        pair.Net.Inject(pair.B, genuine.ReceiverPath, moved);
        Assert.True(pair.B.Engine.Drops[IkeDrop.IntegrityFailed] > 10);
        pair.Net.Run(10);
        Assert.Empty(pair.B.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void Requests_MoreThanTheWindow_WaitForRoomAndAllAreAnswered()
    {
        Pair pair = new Pair(b: static config => config with { Window = 3 }).Up();
        for (int i = 0; i < 8; i++) pair.A.Call((engine, now, outbox) => engine.Core.Sas.Values.First().Submit(new LivenessRequest(null), now, outbox));
        Assert.Equal(3, pair.Net.Packets.Count);
        pair.Net.Run(1);
        List<string> headers = pair.Headers();
        Assert.Equal(8, headers.Count(line => line.StartsWith("A > B INFO request", StringComparison.Ordinal)));
        Assert.Equal(8, headers.Count(line => line.StartsWith("B > A INFO response", StringComparison.Ordinal)));
        Assert.Equal(0, pair.B.Engine.Drops[IkeDrop.OutsideWindow]);
    }

    [Fact]
    public void Requests_ArriveInAnyOrder_AreAnsweredWithinTheWindow()
    {
        Pair pair = new Pair().Up();
        int count = 0;
        // The first of them takes 700 ms longer than the last.
        pair.Net.Delay = packet => !packet.IsIke || packet.IsResponse ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Max(0, 700 - 200 * count++));
        for (int i = 0; i < 5; i++) pair.A.Call((engine, now, outbox) => engine.Core.Sas.Values.First().Submit(new LivenessRequest(null), now, outbox));
        pair.Net.Run(0.78);
        Assert.Equal([6u, 5, 4, 3, 2], pair.Net.Packets.Where(packet => packet.IsResponse).Select(packet => packet.Id));
        pair.Net.Run(5);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void Request_OutsideOfTheWindow_IsNotObeyed()
    {
        Pair pair = new Pair().Up();
        IkeSaState sa = Assert.Single(pair.A.IkeSas);
        var header = new IkeHeader(sa.LocalSpi, sa.RemoteSpi, IkePayloadType.Encrypted, IkeExchangeType.Informational, IkeFlags.Initiator, 2 + 5);
        pair.Net.Inject(pair.B, sa.Path with { Local = sa.Path.Remote, Remote = sa.Path.Local }, pair.Net.Text.Seal(header, [new RawPayload(IkePayloadType.Delete, [1, 0, 0, 0])]));
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.OutsideWindow]);
        Assert.Empty(pair.Net.Trace);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void Periodic_PeerSilent_IsAskedFiveTimesAtTheRetryIntervalThenDead()
    {
        Pair pair = new Pair(both: static config => config with { Dpd = Dpd }).Up();
        pair.Net.Run(25);
        // An empty request and an empty response
        Assert.Contains("A > B INFO request 2 {}", pair.Net.Trace);
        Assert.Contains("B > A INFO response 2 {}", pair.Net.Trace);
        pair.Net.Unplug(pair.B);
        Instant start = pair.Net.Now;
        while (pair.A.Events.Count == 0) pair.Net.Run(0.5);
        Assert.Equal("down b.example.org DeadPeer", pair.A.Events[0]);
        Assert.InRange(pair.Net.Now.Since(start).TotalSeconds, 8, 21);
        Assert.Contains(pair.A.Log.Lines, line => line.Contains("does not answer", StringComparison.Ordinal));
        Assert.Equal(1, pair.A.Engine.Statistics.DeadPeers);
    }

    [Fact]
    public void OnDemand_OnlyOutgoingTraffic_AsksAndWithoutTrafficDoesNot()
    {
        Pair pair = new Pair(both: static config => config with { Dpd = Dpd with { Periodic = false } }).Up();
        pair.Net.Run(100);
        Assert.Empty(pair.Net.Trace);
        pair.A.SendTo(pair.A.Peer);
        pair.Net.Run(25);
        Assert.Equal("A > B INFO request 2 {}", pair.Net.Trace[0]);
        pair.Net.TakeTrace();
        // ESP both ways is an answer too.
        for (int i = 0; i < 20; i++)
        {
            pair.A.SendTo(pair.A.Peer);
            pair.B.SendTo(pair.B.Peer);
            pair.Net.Run(5);
        }
        Assert.Empty(pair.Net.Trace);
    }

    [Fact]
    public void NoDeadPeerDetection_OnlyOutgoingTraffic_AsksAfterHalfAMinute()
    {
        Pair pair = new Pair().Up();
        pair.Net.Unplug(pair.B);
        for (int i = 0; i < 120 && pair.A.Events.Count == 0; i++)
        {
            pair.A.SendTo(pair.A.Peer);
            pair.Net.Run(1);
        }
        Assert.Equal("down b.example.org DeadPeer", pair.A.Events[0]);
    }

    [Fact]
    public void LostPeer_StillWanted_IsCalledAgainAndHasItsOldAssociation()
    {
        Pair pair = new Pair(both: static config => config with { Dpd = Dpd, Resumption = false }).Up();
        int association = pair.A.Peer.Nbma.Association;
        pair.Net.Run(40);
        pair.Net.Unplug(pair.B);
        pair.Net.Run(60);
        Assert.Equal("down b.example.org DeadPeer", pair.A.Events[0]);
        Assert.Contains("failed 192.0.2.2", pair.A.Events);
        pair.Net.Plug(pair.B);
        pair.Net.Run(40);
        Assert.Equal("up b.example.org", pair.A.Events[^1]);
        Assert.Equal(association, pair.A.Peer.Nbma.Association);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void PeerCleared_IsDeletedAtBothEndsAndMadeAnew_AndAnotherPeerIsNotTouched()
    {
        var pair = new Pair();
        Node c = pair.Net.Add("C", "192.0.2.3", Configs.SharedKey("c"));
        pair.A.Want(c);
        pair.Up2();
        pair.Net.Run(40);
        pair.Net.TakeTrace();
        pair.A.Call((engine, now, outbox) => Assert.Equal(1, engine.ClearPeer(pair.B.Address, now, outbox)));
        // A > B D(IKE), A < B an empty response
        pair.Net.Run(5);
        Assert.Equal("A > B INFO request 2 {D(IKE)}", pair.Net.Trace[0]);
        Assert.Equal("B > A INFO response 2 {}", pair.Net.Trace[1]);
        Assert.Equal(["down b.example.org Cleared", "up b.example.org"], pair.A.Events);
        Assert.Equal(["down a.example.org DeletedByPeer", "up a.example.org"], pair.B.Events);
        Assert.DoesNotContain(pair.Net.Trace, line => line.Contains('C', StringComparison.Ordinal) && line.Contains(" > ", StringComparison.Ordinal) && (line[0] == 'C' || line[4] == 'C'));
        Assert.Equal(["up a.example.org"], c.Events);
    }

    [Fact]
    public void Stop_TellsAllPeersAtOnceAndLeavesNothing()
    {
        Pair pair = new Pair().Up();
        pair.A.Call((engine, now, outbox) => engine.Stop(now, outbox));
        Assert.Equal(["A > B INFO request 2 {D(IKE)}"], pair.Net.Trace);
        Assert.Empty(pair.A.IkeSas);
        Assert.Empty(pair.A.Sas);
        Assert.Equal(["down b.example.org Unconfigured"], pair.A.Events);
        pair.Net.Run(1);
        Assert.Equal(["down a.example.org DeletedByPeer"], pair.B.Events);
    }

    [Fact]
    public void BothDeleteTheIkeSaAtOnce_BothAreAnsweredAndNothingIsLeft()
    {
        Pair pair = new Pair().Up();
        pair.A.Release(pair.B.Address);
        pair.A.Call((engine, now, outbox) => engine.ClearAll(now, outbox));
        pair.B.Call((engine, now, outbox) => engine.ClearAll(now, outbox));
        pair.Net.Run(20);
        Assert.Empty(pair.A.IkeSas);
        Assert.Empty(pair.B.IkeSas);
        Assert.Empty(pair.A.Engine.Peers());
        Assert.Empty(pair.B.Engine.Peers());
    }

    [Fact]
    public void BothDeleteTheSameChildSaAtOnce_ResponsesHaveNoDeletePayload()
    {
        Pair pair = new Pair().Up();
        foreach (Node node in (Node[])[pair.A, pair.B]) node.Call((engine, now, outbox) => engine.Core.Children.Delete(engine.Core.ChildSas.Values.First(), now, outbox));
        pair.Net.Run(0.1);
        // A > B D(ESP), B > A D(ESP); neither response names an SPI (1.4.1)
        Assert.Contains("A > B INFO request 2 {D(ESP x1)}", pair.Net.Trace);
        Assert.Contains("B > A INFO request 0 {D(ESP x1)}", pair.Net.Trace);
        Assert.Contains("A > B INFO response 0 {}", pair.Net.Trace);
        Assert.Contains("B > A INFO response 2 {}", pair.Net.Trace);
        pair.Net.Run(20);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void ChildSaDeletedByPeer_StillWanted_IsMadeAgainByTheSameIkeSa()
    {
        Pair pair = new Pair().Up();
        uint spi = pair.B.Live[0].Install.InboundSpi;
        pair.B.Call((engine, now, outbox) => engine.OnHardLimit(spi, now, outbox));
        pair.Net.Run(1);
        // B > A D(ESP), B < A D(ESP), A > B CREATE_CHILD_SA without REKEY_SA, A < B
        Assert.Equal("B > A INFO request 0 {D(ESP x1)}", pair.Net.Trace[0]);
        Assert.Equal("A > B INFO response 0 {D(ESP x1)}", pair.Net.Trace[1]);
        Assert.Equal("A > B CHILD request 2 {N(UseTransportMode), N(EspTfcPaddingNotSupported), SA, Nonce, TSi, TSr}", pair.Net.Trace[2]);
        Assert.Empty(pair.A.Events);
        pair.Net.Run(6);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void Released_NoTraffic_TheSasGoAfterAWhile()
    {
        Pair pair = new Pair().Up();
        pair.A.Release(pair.B.Address);
        pair.Net.Run(50);
        Assert.Empty(pair.A.Events);
        pair.Net.Run(20);
        Assert.Equal(["down b.example.org Unused"], pair.A.Events);
        Assert.Equal(["down a.example.org DeletedByPeer"], pair.B.Events);
        Assert.Empty(pair.A.Engine.Peers());
        Assert.Empty(pair.B.Engine.Peers());
    }

    [Fact]
    public void Released_TrafficGoesOn_TheSasStayUntilItEnds()
    {
        Pair pair = new Pair().Up();
        pair.A.Release(pair.B.Address);
        for (int i = 0; i < 30; i++)
        {
            pair.B.SendTo(pair.B.Peer);
            pair.Net.Run(10);
        }
        Assert.Empty(pair.A.Events);
        pair.Net.Run(70);
        Assert.Equal(["down b.example.org Unused"], pair.A.Events);
    }

    [Fact]
    public void Wanted_ByAssociationAndByAddress_BothHaveToBeReleased()
    {
        Pair pair = new Pair().Up();
        pair.A.Want(pair.B.Address, pair.A.Peer.Nbma.Association);
        pair.A.Release(pair.B.Address);
        pair.Net.Run(100);
        Assert.Empty(pair.A.Events);
        pair.A.Release(pair.B.Address, pair.A.Peer.Nbma.Association);
        pair.Net.Run(100);
        Assert.Equal(["down b.example.org Unused"], pair.A.Events);
    }
}
