using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>IKE_SA_INIT and IKE_AUTH between two of ours.</summary>
public sealed class HandshakeTests
{
    [Fact]
    public void PeerWanted_NothingThere_ComesUpInTwoExchangesWithAChildSa()
    {
        var pair = new Pair();
        (Node a, Node b) = (pair.A, pair.B);
        a.Want(b);
        pair.Net.Run(1);
        Assert.Equal(
        [
            "A > B INIT request 0 {SA, KE, Nonce, N(NatDetectionSourceIp), N(NatDetectionDestinationIp), N(FragmentationSupported), N(SignatureHashAlgorithms), V}",
            "B > A INIT response 0 {SA, KE, Nonce, N(NatDetectionSourceIp), N(NatDetectionDestinationIp), N(FragmentationSupported), N(SignatureHashAlgorithms), N(ChildlessIkev2Supported), V}",
            "A > B AUTH request 1 {IDi, N(InitialContact), AUTH, N(SetWindowSize), N(QuickCrashDetection), N(MobikeSupported), N(TicketRequest), N(UseTransportMode), N(EspTfcPaddingNotSupported), SA, TSi, TSr}",
            "B > A AUTH response 1 {IDr, AUTH, N(SetWindowSize), N(QuickCrashDetection), N(MobikeSupported), N(TicketLtOpaque), N(UseTransportMode), N(EspTfcPaddingNotSupported), SA, TSi, TSr}",
        ], pair.Net.TakeTrace());
        Assert.Equal(["up b.example.org"], a.Events);
        Assert.Equal(["up a.example.org"], b.Events);
        DataSa ours = Assert.Single(a.Live), theirs = Assert.Single(b.Live);
        Assert.Equal(ours.Install.InboundSpi, theirs.Install.OutboundSpi);
        Assert.Equal(ours.InboundKey, theirs.OutboundKey);
        Assert.False(ours.Install.TunnelMode);
        Assert.False(ours.Install.UdpEncapsulation);
        Assert.Equal(TrafficSelector.Gre(a.Address), Assert.Single(ours.Install.LocalSelectors));
        Assert.Equal(TrafficSelector.Gre(b.Address), Assert.Single(ours.Install.RemoteSelectors));
        pair.Traffic(0.1);
        IkeSaState sa = Assert.Single(a.IkeSas);
        Assert.Equal((IkeSaStatus.Ready, 5, 5, true), (sa.Status, sa.LocalWindow, sa.RemoteWindow, sa.Mobike));
        Assert.Equal((4500, 4500), (sa.Path.Local.Port, sa.Path.Remote.Port));
        Agreement.Check(pair.Net, a, b);
    }

    [Theory]
    [InlineData("INIT request")]
    [InlineData("INIT response")]
    [InlineData("AUTH request")]
    [InlineData("AUTH response")]
    public void AnyMessage_IsLostTwice_IsSentAgainAndTheSaComesUp(string which)
    {
        var pair = new Pair();
        int lost = 0;
        pair.Net.Lose = packet => packet.IsIke && pair.Net.Text.Of(packet.Bytes).StartsWith(which, StringComparison.Ordinal) && lost++ < 2;
        pair.A.Want(pair.B);
        pair.Net.Run(10);
        Assert.Equal(3, lost);
        Assert.Equal(["up b.example.org"], pair.A.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void EveryMessage_ArrivesThreeTimes_NothingIsDoneTwice()
    {
        var pair = new Pair();
        pair.Net.Copies = static _ => 3;
        pair.A.Want(pair.B);
        pair.Net.Run(5);
        Assert.Equal((1L, 1L), (pair.A.Engine.Statistics.EstablishedAsInitiator, pair.B.Engine.Statistics.EstablishedAsResponder));
        pair.Net.Copies = static _ => 1;
        pair.Net.Run(1);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void LogLines_AreNamedByWhatHappens()
    {
        var pair = new Pair();
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        pair.A.Call((engine, now, outbox) => engine.ClearAll(now, outbox));
        // The shell makes %IKEV2-6-PEER_UP and %IKEV2-4-PEER_DOWN of them.
        Assert.Equal(["PeerUp", "PeerDown"], pair.A.Log.Names);
        Assert.All(pair.A.Log.Lines, static line => Assert.StartsWith("192.0.2.2", line, StringComparison.Ordinal));
    }

    [Fact]
    public void NoCommonProposal_Called_TheLogSaysSoAtOnceAndOnceForEachCall_AndTheTrueAnswerStillCounts()
    {
        var pair = new Pair(b: config => config with { Proposals = [Configs.Quick with { Encryption = [new(EncryptionId.AesGcm16, 256)] }] });
        pair.A.Want(pair.B);
        pair.Net.Run(0.1);
        string line = Assert.Single(pair.A.Log.Lines);
        Assert.StartsWith("IKE_SA_INIT with 192.0.2.2:500 is refused, which anybody may have said, so it is tried on: the peer accepts none of our IKE proposals", line, StringComparison.Ordinal);
        Assert.EndsWith("give both ends a proposal in common ('crypto ikev2 proposal')", line, StringComparison.Ordinal);
        Assert.Equal(line.Split(": ", 2)[1], pair.A.Engine.Statistics.Failures.Single().Text);
        // Four tries, each refused, and the verdict at 15 s: nothing new.
        while (pair.A.Events.Count == 0) pair.Net.Run(0.1);
        Assert.Equal(["failed 192.0.2.2"], pair.A.Events);
        Assert.InRange(pair.Net.Now.Since(Core.Instant.FromSeconds(1000)).TotalSeconds, 12, 15.2);
        Assert.Equal([line], pair.A.Log.Lines);
        pair.Net.Run(3);
        Assert.Equal([line, line], pair.A.Log.Lines);
        // The refusals were forged, or B has been configured meanwhile: the same call succeeds.
        pair.B.Configure(Configs.SharedKey("b"));
        pair.Net.Run(10);
        Assert.Equal("up b.example.org", pair.A.Events[^1]);
        Assert.Equal(1, pair.A.Events.Count(static line => line.StartsWith("failed", StringComparison.Ordinal)));
    }

    [Fact]
    public void NobodyThere_Wanted_IsTriedFourTimesThenFailsAndIsTriedAgain()
    {
        var pair = new Pair();
        pair.Net.Unplug(pair.B);
        pair.A.Want(pair.B);
        pair.Net.Run(11.5);
        // 0, 1, 3, 7 s, each time up to a fifth shorter, and the verdict at 15 s
        Assert.Equal(4, pair.Headers().Count);
        pair.Net.Run(3.6);
        Assert.Equal(["failed 192.0.2.2"], pair.A.Events);
        Assert.Contains(pair.A.Log.Lines, line => line.Contains("no answer", StringComparison.Ordinal));
        pair.Net.Plug(pair.B);
        pair.Net.Run(20);
        Assert.Equal("up b.example.org", pair.A.Events[^1]);
    }

    [Fact]
    public void NobodyThere_NotWantedAnyMore_IsNotTriedAnyMore()
    {
        var pair = new Pair();
        pair.Net.Unplug(pair.B);
        pair.A.Want(pair.B);
        pair.Net.Run(0.5);
        pair.A.Release(pair.B.Address);
        pair.Net.TakeTrace();
        pair.Net.Run(300);
        Assert.Empty(pair.Net.Trace);
        Assert.Empty(pair.A.IkeSas);
        Assert.Empty(pair.A.Engine.Peers());
    }

    [Fact]
    public void ResponderWantsAnotherGroup_Offered_IsUsedWithAllProposalsOffered()
    {
        var pair = new Pair(b: config => config with { Proposals = [Configs.Quick with { Groups = [DhGroup.Ecp256] }] });
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        // A > B INIT {KE 31}, A < B INVALID_KE_PAYLOAD(19), A > B INIT {the same SA, KE 19}
        Assert.Equal(["INIT request 0", "INIT response 0", "INIT request 0", "INIT response 0", "AUTH request 1", "AUTH response 1"], pair.Headers().Select(line => line[6..]));
        Assert.Equal(DhGroup.Ecp256, Assert.Single(pair.A.IkeSas).Suite.Group);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void FirstRequestAgain_ButNotTheSame_IsNotAnswered()
    {
        var pair = new Pair();
        pair.A.Want(pair.B);
        pair.Net.Run(0.025);
        Packet init = pair.Net.Packets[0];
        byte[] other = [.. init.Bytes];
        other[^1] ^= 1;
        pair.Net.TakeTrace();
        pair.Net.Inject(pair.B, init.ReceiverPath, other);
        Assert.Empty(pair.Net.Trace);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.AlreadyReceived]);
        // The same bit by bit is (RFC 7296 2.1)
        pair.Net.Inject(pair.B, init.ReceiverPath, init.Bytes);
        Assert.StartsWith("B > A INIT response 0", Assert.Single(pair.Net.Trace), StringComparison.Ordinal);
    }

    [Fact]
    public void ResponderAsksForAGroupNotOffered_Forged_IsIgnoredAndTheTrueAnswerCounts()
    {
        var pair = new Pair();
        bool forged = false;
        pair.Net.Rewrite = packet =>
        {
            if (packet.Exchange != IkeExchangeType.SaInit || packet.IsResponse || forged) return packet.Bytes;
            forged = true;
            Assert.True(IkeView.TryParse(packet.Bytes, out IkeView view, out _));
            var writer = new IkePayloadWriter(new byte[64]);
            writer.Notify(IkeNotifyType.InvalidKePayload, [0, 2]);
            byte[] answer = IkeSealing.Clear(view.Header with { Flags = IkeFlags.Response }, writer);
            pair.Net.At(pair.Net.Now, () => pair.Net.Inject(pair.A, new IkePath(null, packet.SenderPath.Local, packet.SenderPath.Remote), answer));
            return packet.Bytes;
        };
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void NoCommonProposal_Called_FailsAndBothLogsSayWhichTransformAndWhatToChange()
    {
        var pair = new Pair(b: config => config with { Proposals = [Configs.Quick with { Encryption = [new(EncryptionId.AesGcm16, 256)] }] });
        pair.A.Want(pair.B);
        pair.Net.Run(20);
        Assert.Equal("failed 192.0.2.2", pair.A.Events[0]);
        Assert.Contains(pair.A.Log.Lines, line => line.Contains("accepts none of our IKE proposals", StringComparison.Ordinal));
        string line = Assert.Single(pair.B.Log.Lines.Distinct());
        Assert.Contains("No common encryption", line, StringComparison.Ordinal);
        Assert.Contains("add 'encryption", line, StringComparison.Ordinal);
        Assert.Contains("crypto ikev2 proposal Q", line, StringComparison.Ordinal);
        Assert.Empty(pair.B.IkeSas);
        Assert.Equal(IkeDrop.NoProposalChosen, pair.B.Engine.Statistics.Failures.First().Drop);
    }

    [Fact]
    public void KeysDiffer_Called_IsRefusedAndTheLogsNameTheKeyring()
    {
        var pair = new Pair(b: static _ => Configs.SharedKey("b", "other"));
        pair.A.Want(pair.B);
        pair.Net.Run(0.4);
        // A > B IKE_AUTH, A < B AUTHENTICATION_FAILED
        Assert.EndsWith("AUTH response 1 {N(AuthenticationFailed)}", pair.Net.Trace[3], StringComparison.Ordinal);
        Assert.Equal("failed 192.0.2.2", pair.A.Events[0]);
        Assert.Empty(pair.B.Events);
        Assert.Contains(pair.B.Log.Lines, line => line.Contains("crypto ikev2 keyring K", StringComparison.Ordinal) && line.Contains("a.example.org", StringComparison.Ordinal));
        Assert.Contains(pair.A.Log.Lines, line => line.Contains("does not accept us as fqdn a.example.org", StringComparison.Ordinal));
        Assert.DoesNotContain(pair.A.Log.Lines.Concat(pair.B.Log.Lines), line => line.Contains("secret", StringComparison.Ordinal) || line.Contains("other", StringComparison.Ordinal) && line.Contains("pre-shared-key other", StringComparison.Ordinal));
        Assert.Equal((1L, 1L), (pair.B.Engine.Drops[IkeDrop.AuthenticationFailed], pair.A.Engine.Drops[IkeDrop.AuthenticationRefused]));
        pair.A.Release(pair.B.Address);
        pair.Net.Run(60);
        Assert.Empty(pair.A.IkeSas);
        Assert.Empty(pair.B.IkeSas);
        Assert.Equal(0, pair.B.Engine.Statistics.HalfOpen);
    }

    [Fact]
    public void ResponderProvesNothing_Answers_IsToldAndForgetsTheSa()
    {
        // B accepts A's key and proves itself with another one.
        static IkeConfig Wrong(IkeConfig config) => config with { Keyrings = [config.Keyrings[0] with { Peers = [config.Keyrings[0].Peers[0] with { LocalKey = "wrong" }] }] };
        var pair = new Pair(b: Wrong);
        pair.A.Want(pair.B);
        pair.Net.Run(0.5);
        // A > B IKE_AUTH, A < B IKE_AUTH, A > B INFORMATIONAL AUTHENTICATION_FAILED (2.21.2)
        Assert.Equal("A > B INFO request 2 {N(AuthenticationFailed)}", pair.Net.Trace[4]);
        Assert.Equal(["failed 192.0.2.2"], pair.A.Events);
        Assert.Equal(["up a.example.org", "down a.example.org DeletedByPeer"], pair.B.Events);
        pair.A.Release(pair.B.Address);
        pair.Net.Run(60);
        Assert.Empty(pair.B.IkeSas);
        Assert.Empty(pair.B.Sas);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void IdentityMatchesNoProfile_Proved_IsRefusedWithTheRuleToAdd(bool atInitiator)
    {
        IkeConfig Other(IkeConfig config) => config.With(profile => profile with { MatchRemote = [new IdentityMatch(IdentityMatchKind.Fqdn, "c.example.org")] });
        var pair = new Pair(a: atInitiator ? Other : null, b: atInitiator ? null : Other);
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        Assert.Equal("failed 192.0.2.2", pair.A.Events[0]);
        Node refuses = atInitiator ? pair.A : pair.B;
        Assert.Contains(refuses.Log.Lines, line => line.Contains($"match identity remote fqdn {(atInitiator ? "b" : "a")}.example.org", StringComparison.Ordinal));
        pair.A.Release(pair.B.Address);
        pair.Net.Run(60);
        Assert.Empty(pair.A.IkeSas);
        Assert.Empty(pair.B.IkeSas);
    }

    [Fact]
    public void NoCommonTransformSet_Called_TheIkeSaStaysAndThePeerIsNotUp()
    {
        var pair = new Pair(b: config => config with { TransformSets = [new TransformSet { Name = "T", Encryption = new(EncryptionId.AesGcm16, 256), TunnelMode = false }] });
        pair.A.Want(pair.B);
        pair.Net.Run(0.5);
        // The response has AUTH, and NO_PROPOSAL_CHOSEN in place of the child SA (1.2).
        Assert.Contains("AUTH, N(SetWindowSize)", pair.Net.Trace[3], StringComparison.Ordinal);
        Assert.EndsWith("N(NoProposalChosen)}", pair.Net.Trace[3], StringComparison.Ordinal);
        Assert.Equal(["failed 192.0.2.2"], pair.A.Events);
        Assert.Equal(IkeSaStatus.Ready, Assert.Single(pair.A.IkeSas).Status);
        Assert.Contains(pair.B.Log.Lines, line => line.Contains("add a transform set", StringComparison.Ordinal));
        Assert.Contains("accepts none of our ESP proposals", Assert.Single(pair.A.Engine.Peers()).LastFailure, StringComparison.Ordinal);
        // It is tried again, by CREATE_CHILD_SA, without authentication.
        pair.Net.TakeTrace();
        pair.Net.Run(10);
        Assert.Contains(pair.Net.Trace, line => line.StartsWith("A > B CHILD request 2 ", StringComparison.Ordinal));
        Assert.DoesNotContain(pair.Net.Trace, line => line.Contains("AUTH", StringComparison.Ordinal));
        pair.B.Configure(Configs.SharedKey("b"));
        pair.Net.Run(40);
        Assert.Equal("up b.example.org", pair.A.Events[^1]);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void BothCallAtOnce_TwoSasComeUp_OneStaysAndNoPacketIsLost()
    {
        var closers = new HashSet<string>();
        for (int round = 0; round < 8; round++)
        {
            var pair = new Pair();
            for (int i = 0; i < round; i++) (i % 2 == 0 ? pair.B : pair.A).Engine.Core.Random.NextUInt32();
            pair.A.Want(pair.B);
            pair.B.Want(pair.A);
            pair.Net.Run(0.1);
            Assert.Equal(2, pair.A.IkeSas.Count);
            pair.Traffic(4);
            Assert.Equal(["up b.example.org"], pair.A.Events);
            Assert.Equal(["up a.example.org"], pair.B.Events);
            pair.Net.Run(10);
            closers.Add(Assert.Single(pair.Net.Trace, line => line.Contains("request", StringComparison.Ordinal) && line.EndsWith("{D(IKE)}", StringComparison.Ordinal))[..5]);
            Agreement.Check(pair.Net, pair.A, pair.B);
        }
        Assert.Equal(2, closers.Count);
    }

    [Fact]
    public void PeerCallsWhileOwnCallIsUnanswered_ItsSaIsUsedAndTheOwnCallDropped()
    {
        var pair = new Pair();
        pair.Net.Lose = packet => packet.IsIke && packet.From == pair.A && packet.Exchange == IkeExchangeType.SaInit && !packet.IsResponse;
        pair.A.Want(pair.B);
        pair.Net.Run(0.5);
        pair.B.Want(pair.A);
        pair.Net.Run(1);
        pair.Net.Lose = static _ => false;
        pair.Net.Run(20);
        Assert.Equal(0, pair.A.Engine.Statistics.Initiating);
        Assert.Equal(0, pair.A.Engine.Statistics.EstablishedAsInitiator);
        Assert.Equal(["up b.example.org"], pair.A.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void PeerRestarts_CallsAgainWithInitialContact_KeepsItsAssociationWithoutBeingDown()
    {
        Pair pair = new Pair(both: static config => config with { Resumption = false }).Up();
        int association = pair.B.Peer.Nbma.Association;
        pair.A.Crash();
        pair.A.Want(pair.B);
        pair.Net.Run(7);
        Assert.Contains("N(InitialContact)", pair.Net.Trace.First(line => line.Contains("AUTH request", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Empty(pair.B.Events);
        Assert.Equal(association, pair.B.Peer.Nbma.Association);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void ChildlessInitiation_FromThePeer_IsAnsweredWithoutChildSaAndOneCanBeMadeLater()
    {
        var pair = new Pair();
        // RFC 6023: IKE_AUTH without SA, TSi and TSr.
        pair.Net.Rewrite = packet => packet.Exchange != IkeExchangeType.Auth ? packet.Bytes
            : pair.Net.Text.Rewrite(packet.Bytes, list => [.. list.Where(payload => payload.Type is not (IkePayloadType.SecurityAssociation or IkePayloadType.TrafficSelectorInitiator or IkePayloadType.TrafficSelectorResponder))]);
        pair.A.Want(pair.B);
        pair.Net.Run(0.5);
        Assert.Empty(pair.B.Sas);
        Assert.Equal(IkeSaStatus.Ready, Assert.Single(pair.B.IkeSas).Status);
        pair.Net.Run(10);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void TunnelMode_ConfiguredAtBothEnds_IsAgreedOn()
    {
        Pair pair = new Pair(both: static config => config with { TransformSets = [config.TransformSets[0] with { TunnelMode = true }] }).Up();
        Assert.True(pair.A.Live[0].Install.TunnelMode);
        Assert.True(pair.B.Live[0].Install.TunnelMode);
        Assert.Equal((pair.A.Address, pair.B.Address), (pair.A.Live[0].Install.TunnelLocal, pair.A.Live[0].Install.TunnelRemote));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void ModesDiffer_TunnelModeIsUsed(bool initiatorTunnel, bool responderTunnel)
    {
        static Func<IkeConfig, IkeConfig> Mode(bool tunnel) => config => config with { TransformSets = [config.TransformSets[0] with { TunnelMode = tunnel }] };
        Pair pair = new Pair(a: Mode(initiatorTunnel), b: Mode(responderTunnel)).Up();
        Assert.True(pair.A.Live[0].Install.TunnelMode);
        Assert.True(pair.B.Live[0].Install.TunnelMode);
    }

    [Fact]
    public void OldVersion_Received_IsCountedAndNotAnswered_ANewerOneIsToldOurs()
    {
        Pair pair = new Pair().Up();
        byte[] message = new byte[28];
        message[0] = 1;
        message[17] = 0x10;
        message[18] = 2;
        message[27] = 28;
        var path = new IkePath(null, new IkeEndpoint(pair.B.Address, 500), new IkeEndpoint(pair.A.Address, 500));
        pair.Net.Inject(pair.B, path, message);
        Assert.Empty(pair.Net.Trace);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.OldVersion]);
        message[17] = 0x30;
        pair.Net.Inject(pair.B, path, message);
        Assert.EndsWith("{N(InvalidMajorVersion)}", Assert.Single(pair.Net.Trace), StringComparison.Ordinal);
    }
}
