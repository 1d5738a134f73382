using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Ike.Tests;

/// <summary>NATs (RFC 7296 2.23) and ends that move (RFC 4555).</summary>
public sealed class MobilityTests
{
    private static readonly DpdConfig Dpd = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), Periodic: true);

    [Fact]
    public void InitiatorBehindNat_ComesUpOnPort4500WithEspInUdp_AndKeepsTheMappingAlive()
    {
        Pair pair = new Pair(natOfA: new NatBox("198.51.100.1")).Up();
        DataSa ours = pair.A.Live[0], theirs = pair.B.Live[0];
        Assert.True(ours.Install.UdpEncapsulation);
        Assert.True(theirs.Install.UdpEncapsulation);
        Assert.Equal(Parse("198.51.100.1"), pair.B.Peer.Nbma.Address);
        Assert.Equal(4500, ours.Path.Local.Port);
        Assert.NotEqual(4500, theirs.Path.Remote.Port);
        // In transport mode each end's selectors have the addresses that it sees (2.23.1).
        Assert.Equal([TrafficSelector.Gre(Parse("10.0.0.1"))], ours.Install.LocalSelectors);
        Assert.Equal([TrafficSelector.Gre(Parse("198.51.100.1"))], theirs.Install.RemoteSelectors);
        pair.Traffic(1);
        pair.Net.Run(100);
        // Every 20 s, from behind the NAT only (RFC 3948 2.3); while the peer is silent as a question, whose answer tells whether the NAT has forgotten (RFC 4555 3.8).
        Assert.InRange(pair.Net.Trace.Count(static line => line.StartsWith("A > B INFO request", StringComparison.Ordinal) && line.Contains("{N(NatDetectionSourceIp)", StringComparison.Ordinal)), 4, 5);
        Assert.DoesNotContain(pair.Net.Trace, static line => line.StartsWith("B > A INFO request", StringComparison.Ordinal));
        Assert.Equal((0, 0), (pair.A.Keepalives, pair.B.Keepalives));
        // Who is heard all the time keeps the mapping with one octet.
        for (int i = 0; i < 1000; i++) pair.Net.At(pair.Net.Now + TimeSpan.FromSeconds(0.1 * i), () => pair.B.SendTo(pair.B.Peer));
        pair.Net.Run(100);
        Assert.InRange(pair.B.Keepalives, 3, 5);
    }

    [Fact]
    public void NatForgets_OnlyTheOtherEndSends_NoDeadPeerDetection_IsFoundByTheKeepalivesTime()
    {
        var nat = new NatBox("198.51.100.1");
        Pair pair = new Pair(natOfA: nat).Up();
        foreach (int round in (int[])[1, 2])
        {
            double start = pair.Net.Now.Since(Instant.Zero).TotalSeconds;
            for (int i = 0; i < 1200; i++) pair.Net.At(pair.Net.Now + TimeSpan.FromSeconds(0.05 * i), () => pair.B.SendTo(pair.B.Peer));
            pair.Net.Run(15);
            nat.Forget();
            pair.Net.Run(21);
            int received = pair.A.Received;
            pair.Net.Run(1);
            Assert.True(pair.A.Received > received, $"round {round}, begun at {start} s: nothing comes any more");
            pair.Net.Run(30);
        }
        Assert.DoesNotContain(pair.B.Events, static line => line.StartsWith("down", StringComparison.Ordinal));
    }

    [Fact]
    public void InitiatorsAddressIsInsideATunnel_NeitherMovedToNorHeardFrom()
    {
        Pair pair = new Pair().Up();
        pair.B.Engine.IsInsideTunnel = static (_, address) => IpPrefix.Parse("10.255.0.0/24").Contains(address);
        pair.A.MoveTo("10.255.0.2");
        pair.Net.Run(5);
        Assert.Empty(pair.B.Events);
        Assert.Equal(Parse("192.0.2.1"), pair.B.Live[0].Path.Remote.Address);
        Assert.DoesNotContain(pair.Net.Packets, packet => packet.From == pair.B && !packet.IsResponse && packet.SenderPath.Remote.Address == Parse("10.255.0.2"));
        Assert.Contains(pair.B.Log.Lines, static line => line.Contains("inside a tunnel", StringComparison.Ordinal));
        Node stranger = pair.Net.Add("C", "10.255.0.3", Configs.SharedKey("c"));
        stranger.Want(pair.B);
        pair.Net.Run(20);
        Assert.Empty(stranger.Peers);
        Assert.True(pair.B.Engine.Drops[IkeDrop.InsideTunnel] > 0);
        pair.A.MoveTo("192.0.2.1");
        pair.Net.Run(5);
        pair.Traffic(1);
    }

    [Fact]
    public void TwoSpokesBehindOneNat_AreTwoAssociationsWithTheHub()
    {
        var net = new Net();
        var nat = new NatBox("198.51.100.1");
        Node hub = net.Add("H", "192.0.2.9", Configs.SharedKey("h"));
        Node a = net.Add("A", "10.0.0.1", Configs.SharedKey("a"), nat), b = net.Add("B", "10.0.0.2", Configs.SharedKey("b"), nat);
        a.Want(hub);
        b.Want(hub);
        net.Run(2);
        Assert.Equal(2, hub.Peers.Count);
        Assert.All(hub.Peers.Values, peer => Assert.Equal(nat.Outside, peer.Nbma.Address));
        Assert.Equal(2, hub.Peers.Values.Select(peer => peer.Nbma.Association).Distinct().Count());
        Assert.Equal(2, hub.Live.Select(sa => sa.Path.Remote.Port).Distinct().Count());
        foreach (DataPeer peer in hub.Peers.Values) Assert.True(hub.SendTo(peer));
        net.Run(1);
        Assert.Equal((1, 1), (a.Received, b.Received));
        hub.Call((engine, now, outbox) => engine.ClearAssociation(hub.Peers.Values.Single(peer => peer.Identity.Id.ToString() == "a.example.org").Nbma.Association, now, outbox));
        net.Run(2);
        Assert.DoesNotContain("down h.example.org DeletedByPeer", b.Events);
        Assert.Contains("down h.example.org DeletedByPeer", a.Events);
    }

    [Fact]
    public void AlwaysUdp_NoNat_EspGoesInUdpAtBothEnds()
    {
        Pair pair = new Pair(a: static config => config with { AlwaysUdp = true }).Up();
        Assert.True(pair.A.Live[0].Udp);
        Assert.True(pair.B.Live[0].Udp);
        pair.Traffic(1);
        pair.SoftLimit(pair.B);
        pair.Traffic(8);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void NatMappingChanges_EspArrivesFromAnotherPort_IsFollowedAtOnce()
    {
        var nat = new NatBox("198.51.100.1");
        Pair pair = new Pair(natOfA: nat).Up();
        nat.Forget();
        pair.A.SendTo(pair.A.Peer);
        pair.Net.Run(0.5);
        Assert.StartsWith("moved 198.51.100.1:", Assert.Single(pair.B.Events), StringComparison.Ordinal);
        pair.Traffic(1);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void NatMappingChanges_NoTraffic_InitiatorNoticesByLivenessAndUpdates()
    {
        var nat = new NatBox("198.51.100.1");
        Pair pair = new Pair(both: static config => config with { Dpd = Dpd }, natOfA: nat).Up();
        pair.Net.Run(25);
        nat.Forget();
        pair.Net.TakeTrace();
        pair.Net.Run(25);
        // DPD with NAT detection; the response tells another hash; UPDATE_SA_ADDRESSES; the responder asks by COOKIE2 (RFC 4555 3.8)
        Assert.Contains(pair.Net.Trace, line => line.StartsWith("A > B INFO request", StringComparison.Ordinal) && line.Contains("N(UpdateSaAddresses)", StringComparison.Ordinal));
        Assert.Contains(pair.Net.Trace, line => line.StartsWith("B > A INFO request", StringComparison.Ordinal) && line.EndsWith("{N(Cookie2)}", StringComparison.Ordinal));
        pair.Traffic(1);
        Assert.DoesNotContain(pair.B.Events, line => line.StartsWith("down", StringComparison.Ordinal));
    }

    [Fact]
    public void WithoutMobike_IkeFromAnotherPort_IsFollowedByWhoIsNotBehindTheNat()
    {
        var nat = new NatBox("198.51.100.1");
        var pair = new Pair(natOfA: nat);
        pair.Net.Rewrite = WithoutMobike(pair.Net);
        pair.Up();
        nat.Forget();
        pair.A.Call((engine, now, outbox) => engine.Core.Sas.Values.First().AskLiveness(now, outbox));
        pair.Net.Run(1);
        Assert.StartsWith("moved 198.51.100.1:", Assert.Single(pair.B.Events), StringComparison.Ordinal);
        pair.Traffic(1);
    }

    [Fact]
    public void OldMessageFromElsewhere_Replayed_MovesNobody()
    {
        var nat = new NatBox("198.51.100.1");
        var pair = new Pair(natOfA: nat);
        pair.Net.Rewrite = WithoutMobike(pair.Net);
        pair.Up();
        pair.A.Call((engine, now, outbox) => engine.Core.Sas.Values.First().AskLiveness(now, outbox));
        pair.Net.Run(1);
        Packet request = pair.Net.Packets[0];
        pair.Net.Inject(pair.B, request.ReceiverPath with { Remote = new IkeEndpoint(Parse("203.0.113.66"), 4500) }, request.Bytes);
        pair.Net.Run(1);
        Assert.Empty(pair.B.Events);
        pair.Traffic(1);
    }

    [Fact]
    public void InitiatorGetsAnotherAddress_TellsByMobike_AssociationAndSasStay()
    {
        Pair pair = new Pair().Up();
        int association = pair.B.Peer.Nbma.Association;
        uint child = pair.B.Live[0].Install.InboundSpi;
        pair.A.MoveTo("192.0.2.77");
        pair.Net.Run(1);
        Assert.Equal(
        [
            "A > B INFO request 2 {N(UpdateSaAddresses), N(NatDetectionSourceIp), N(NatDetectionDestinationIp)}",
            "B > A INFO request 0 {N(Cookie2)}",
            "B > A INFO response 2 {N(NatDetectionSourceIp), N(NatDetectionDestinationIp)}",
            "A > B INFO response 0 {N(Cookie2)}",
        ], pair.Net.TakeTrace());
        Assert.Equal(["up a.example.org", "moved 192.0.2.77:4500"], pair.B.Events);
        Assert.Equal(new NbmaPeer(Parse("192.0.2.77"), association), pair.B.Peer.Nbma);
        Assert.Equal([child], pair.B.Live.Select(sa => sa.Install.InboundSpi));
        pair.Traffic(1);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void InitiatorMovesBehindANat_EspGoesInUdpFromThen_AndWithoutAgainWhenItComesBack()
    {
        Pair pair = new Pair().Up();
        var nat = new NatBox("198.51.100.1");
        pair.Net.AddNat(nat);
        pair.A.Nat = nat;
        pair.A.MoveTo("10.0.0.1");
        pair.Net.Run(1);
        Assert.True(pair.A.Live[0].Udp);
        Assert.True(pair.B.Live[0].Udp);
        pair.Traffic(1);
        pair.A.Nat = null;
        pair.A.MoveTo("192.0.2.1");
        pair.Net.Run(1);
        Assert.False(pair.A.Live[0].Udp);
        Assert.False(pair.B.Live[0].Udp);
        pair.Traffic(1);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void InitiatorMoves_ChildSasOfTheResponderFollowOnlyAfterTheCookieCameBack()
    {
        Pair pair = new Pair().Up();
        pair.Net.Lose = packet => packet.IsIke && packet.From == pair.B && !packet.IsResponse;
        pair.A.MoveTo("192.0.2.77");
        pair.Net.Run(0.5);
        Assert.Empty(pair.B.Events);
        Assert.Equal(Parse("192.0.2.1"), pair.B.Live[0].Path.Remote.Address);
        pair.Net.Lose = static _ => false;
        pair.Net.Run(5);
        Assert.Equal(Parse("192.0.2.77"), pair.B.Live[0].Path.Remote.Address);
    }

    [Fact]
    public void WrongCookie2_EndsTheSa()
    {
        Pair pair = new Pair().Up();
        pair.Net.Rewrite = packet => packet.IsIke && packet.From == pair.A && packet.IsResponse
            ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list.Select(payload => payload.Notify == IkeNotifyType.Cookie2 ? RawPayload.Of(IkeNotifyType.Cookie2, new byte[16]) : payload)]) : packet.Bytes;
        pair.A.MoveTo("192.0.2.77");
        pair.Net.Run(0.1);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.WrongCookie2]);
        Assert.Contains("down a.example.org DeadPeer", pair.B.Events);
    }

    [Fact]
    public void InitiatorMovesTwiceQuickly_TheLastPlaceCounts()
    {
        Pair pair = new Pair().Up();
        pair.A.MoveTo("192.0.2.77");
        pair.Net.Run(0.005);
        pair.A.MoveTo("192.0.2.78");
        pair.Net.Run(5);
        Assert.Equal(Parse("192.0.2.78"), pair.B.Peer.Nbma.Address);
        pair.Traffic(1);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void UpdatesOvertakeEachOther_TheNewerOneCounts()
    {
        Pair pair = new Pair().Up();
        pair.Net.Delay = packet => packet is { Exchange: IkeExchangeType.Informational, IsResponse: false, Id: 2 } && packet.From == pair.A ? TimeSpan.FromSeconds(0.1) : TimeSpan.Zero;
        pair.A.MoveTo("192.0.2.77");
        pair.Net.Run(0.005);
        pair.A.MoveTo("192.0.2.78");
        pair.Net.Run(0.05);
        // A > B request 3 from .78 comes first; request 2 from .77, after it, tells what was
        Assert.Equal(Parse("192.0.2.78"), pair.B.IkeSas[0].Path.Remote.Address);
        Assert.Equal(Parse("192.0.2.78"), pair.B.Peer.Nbma.Address);
        pair.Net.Run(0.1);
        Assert.Equal(Parse("192.0.2.78"), pair.B.IkeSas[0].Path.Remote.Address);
        pair.Net.Delay = static _ => TimeSpan.Zero;
        pair.Traffic(1);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void EspFromAnotherPort_WhoIsBehindANat_DoesNotFollow()
    {
        var pair = new Pair(natOfA: new NatBox("198.51.100.1"));
        pair.Net.Rewrite = WithoutMobike(pair.Net);
        pair.Up();
        DataSa sa = pair.A.Live[0];
        pair.A.Call((engine, now, outbox) => engine.OnEndpointChanged(sa.Install.InboundSpi, new IkeEndpoint(pair.B.Address, 4501), now, outbox));
        // Who is behind a NAT has a peer that is not, and that tells its moves itself (RFC 7296 2.23)
        Assert.Equal(4500, sa.Path.Remote.Port);
        Assert.Equal(4500, pair.A.IkeSas[0].Path.Remote.Port);
        Assert.Empty(pair.A.Events);
    }

    [Fact]
    public void MovesWithRequestsOpen_TheyAreRepeatedByTheNewPath()
    {
        Pair pair = new Pair().Up();
        pair.Net.Lose = packet => packet.IsIke && packet.Exchange == IkeExchangeType.CreateChildSa;
        pair.SoftLimit(pair.A);
        pair.Net.Run(0.5);
        pair.Net.Lose = static _ => false;
        pair.A.MoveTo("192.0.2.77");
        pair.Net.Run(2);
        // Its selectors are those of the old place: refused, and made again by those of the new one.
        Assert.Contains(pair.Net.Trace, line => line.EndsWith("{N(TsUnacceptable)}", StringComparison.Ordinal));
        pair.Net.Run(20);
        Assert.Equal(1, pair.A.Engine.Statistics.ChildRekeys);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void ResponderGetsAnotherAddress_TellsTheInitiatorWhoUpdates()
    {
        Pair pair = new Pair().Up();
        pair.B.MoveTo("192.0.2.88");
        pair.Net.Run(2);
        // B > A NO_ADDITIONAL_ADDRESSES from the new address; A > B UPDATE_SA_ADDRESSES (RFC 4555 3.6)
        Assert.Equal("B > A INFO request 0 {N(NoAdditionalAddresses)}", pair.Net.Trace[0]);
        Assert.Contains(pair.Net.Trace, line => line.StartsWith("A > B INFO request", StringComparison.Ordinal) && line.Contains("N(UpdateSaAddresses)", StringComparison.Ordinal));
        Assert.Equal(Parse("192.0.2.88"), pair.A.Peer.Nbma.Address);
        pair.Traffic(1);
    }

    [Fact]
    public void SourceLosesItsAddress_ForAMoment_NothingHappensUntilItHasAnother()
    {
        Pair pair = new Pair().Up();
        pair.A.LoseAddress();
        Assert.Empty(pair.Net.Trace);
        Assert.Empty(pair.A.Events);
        pair.A.MoveTo("192.0.2.77");
        pair.Net.Run(2);
        pair.Traffic(1);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void WithoutMobike_InitiatorMoves_IsMadeAnewWithTheSameAssociation()
    {
        var pair = new Pair();
        pair.Net.Rewrite = WithoutMobike(pair.Net);
        pair.Up();
        int association = pair.B.Peer.Nbma.Association;
        pair.A.MoveTo("192.0.2.77");
        pair.Net.Run(10);
        Assert.Equal("up b.example.org", pair.A.Events[^1]);
        Assert.Equal(Parse("192.0.2.77"), pair.B.Peer.Nbma.Address);
        Assert.True(association <= pair.B.Peer.Nbma.Association);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void ResponderHasAnotherAddress_PrimaryFails_InitiatorGoesThere()
    {
        var pair = new Pair(both: static config => config with { Dpd = Dpd });
        // B says in IKE_AUTH that it is at 192.0.2.88 too.
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.Auth, IsResponse: true }
            ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list, RawPayload.Of(IkeNotifyType.AdditionalIp4Address, 192, 0, 2, 88)]) : packet.Bytes;
        pair.Up();
        pair.Net.Unplug(pair.B);
        pair.Net.Run(11);
        pair.B.IsPlugged = true;
        pair.B.MoveQuietly("192.0.2.88");
        pair.Net.Run(15);
        Assert.DoesNotContain("down b.example.org DeadPeer", pair.A.Events);
        Assert.Equal(Parse("192.0.2.88"), pair.A.Peer.Nbma.Address);
    }

    [Fact]
    public void NoNatsAllowed_AddressesChangedOnTheWay_IsRefused()
    {
        var pair = new Pair();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.Auth, IsResponse: false }
            ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list, RawPayload.Of(IkeNotifyType.NoNatsAllowed, 10, 9, 9, 9, 192, 0, 2, 2, 0x11, 0x94, 0x11, 0x94)]) : packet.Bytes;
        pair.A.Want(pair.B);
        pair.Net.Run(0.1);
        Assert.EndsWith("{N(UnexpectedNatDetected)}", pair.Net.Trace[3], StringComparison.Ordinal);
        Assert.Empty(pair.B.Events);
    }

    [Fact]
    public void Cookie2_InAnyRequest_IsEchoedAsItIs()
    {
        Pair pair = new Pair().Up();
        IkeSaState sa = pair.A.IkeSas[0];
        var header = new IkeHeader(sa.LocalSpi, sa.RemoteSpi, IkePayloadType.Encrypted, IkeExchangeType.Informational, IkeFlags.Initiator, 2);
        pair.Net.Inject(pair.B, sa.Path with { Local = sa.Path.Remote, Remote = sa.Path.Local }, pair.Net.Text.Seal(header, [RawPayload.Of(IkeNotifyType.Cookie2, 1, 2, 3, 4, 5, 6, 7, 8)]));
        RawPayload echoed = Assert.Single(pair.Net.Text.Open(Assert.Single(pair.Net.Packets).Bytes));
        Assert.Equal([0, 0, 0x40, 0x11, 1, 2, 3, 4, 5, 6, 7, 8], echoed.Body);
    }

    private static Func<Packet, byte[]> WithoutMobike(Net net) => packet => packet.Exchange == IkeExchangeType.Auth
        ? net.Text.Rewrite(packet.Bytes, static list => [.. list.Where(payload => payload.Notify != IkeNotifyType.MobikeSupported)]) : packet.Bytes;
}
