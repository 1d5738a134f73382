using Dmvpn.Core;
using Dmvpn.Nhrp.Tests.Harness;
using Dmvpn.Wire.Nhrp;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Nhrp.Tests;

public sealed class ShortcutTests
{
    [Fact]
    public void Phase3_TrafficTurnsRound_ShortcutFormsAndTheReplyGoesStraightToTheRequester()
    {
        Cloud cloud = new Cloud().Settled();
        Assert.Equal(Cloud.HubNbma, cloud.A.Path("10.1.12.5"));
        // data A > hub > B
        // hub > A Traffic Indication (dst: the packet's source)
        // A > hub > B Resolution Request 10.1.12.5
        // B > A Resolution Reply 10.1.12.0/24 via 10.0.0.12
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        Assert.Equal(Parse("10.1.11.5"), cloud.Net.Packets[^1].Header.DestinationProtocol.Ip);
        cloud.Net.Run(0.035);
        Assert.Equal(Cloud.HubNbma, cloud.A.Path("10.1.12.5"));
        cloud.Net.Run(1);
        Assert.Equal(["hub > A TrafficIndication", "A > hub ResolutionRequest", "hub > B ResolutionRequest", "B > A ResolutionReply"], cloud.Net.Trace);
        Assert.Equal("203.0.113.12", cloud.A.Path("10.1.12.5"));
        Assert.Equal((Parse("10.0.0.12"), true), cloud.A.Shortcuts[IpPrefix.Parse("10.1.12.0/24")]);
        // The answering side knows the requester, for the requester's own address only.
        Assert.Equal("203.0.113.11", cloud.B.Path("10.0.0.11"));
        Assert.Equal(Cloud.HubNbma, cloud.B.Path("10.1.11.5"));
    }

    [Fact]
    public void Phase3_DefaultRouteOnly_ShortcutIsARouteOfItsOwn()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.A.NoRoute("10.1.12.0/24").Route("0.0.0.0/0", "10.0.0.1");
        cloud.Talk();
        Assert.Equal((Parse("10.0.0.12"), false), cloud.A.Shortcuts[IpPrefix.Parse("10.1.12.0/24")]);
        NhrpCacheEntryState entry = Assert.Single(cloud.A.Engine.Shortcuts(false));
        Assert.Equal(NhrpEntryFlags.Router | NhrpEntryFlags.Rib | NhrpEntryFlags.Authoritative, entry.Flags);
        cloud.A.Route("10.1.12.0/24", "10.0.0.1");
        Assert.True(cloud.A.Shortcuts[IpPrefix.Parse("10.1.12.0/24")].Override);
    }

    [Fact]
    public void Phase3_RoutingTableHasALongerPrefixThanTheReply_ShortcutOverridesThatOne()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.A.Route("10.1.12.0/28", "10.0.0.1");
        cloud.Talk();
        Assert.Equal((Parse("10.0.0.12"), true), cloud.A.Shortcuts[IpPrefix.Parse("10.1.12.0/28")]);
    }

    [Fact]
    public void Phase3_EgressHasOnlyADefaultRouteForIt_AnswersForTheHostAlone()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.B.Lan("0.0.0.0/0");
        cloud.Hub.Route("172.16.0.0/12", "10.0.0.12");
        cloud.A.Route("172.16.0.0/12", "10.0.0.1");
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "172.16.9.9");
        cloud.Net.Run(1);
        Assert.Equal([IpPrefix.Parse("172.16.9.9/32")], Prefixes(cloud.Net));
    }

    [Fact]
    public void AnsweringSpoke_LosesItsSourceAndComesBackElsewhere_PurgesWhatItSaidFromTheOldPlace()
    {
        Cloud cloud = new Cloud(spoke: config => config with { RegistrationUnique = false }).Settled().Talk();
        Assert.Equal("203.0.113.12", cloud.A.Path("10.1.12.5"));
        // DHCP: the old address goes, and the interface with it; then a new one comes
        cloud.B.ChangeFacts(facts => facts with { Up = false, NbmaSource = None });
        cloud.Net.Run(0.5);
        cloud.B.ChangeFacts(facts => facts with { Up = true, NbmaSource = Parse("203.0.113.99") });
        // B > hub Registration Request, B > hub > A Purge Request 10.1.12.0/24
        cloud.Net.Run(10);
        Assert.Equal(Cloud.HubNbma, cloud.A.Path("10.1.12.5"));
        Assert.Equal(Cloud.HubNbma, cloud.A.Path("10.0.0.12"));
        cloud.Talk();
        Assert.Equal("203.0.113.99", cloud.A.Path("10.1.12.5"));
    }

    [Fact]
    public void SpokeThatAnsweredItsServer_LosesItsSourceAndComesBack_DoesNotTakeItsRegistrationBack()
    {
        Cloud cloud = new Cloud(spoke: config => config with { RegistrationUnique = false }).Settled();
        // A packet to it met no mapping just before it registered: the server has asked for it.
        byte[] question = NhrpBytes.Resolution(Cloud.HubNbma, "10.0.0.1", "10.0.0.12", extensions: NhrpBytes.Authentication("secret"));
        cloud.B.ReceiveFrom(cloud.Hub, question);
        cloud.Net.Run(1);
        Assert.Contains("B > hub ResolutionReply", cloud.Net.Trace);

        LoseSource();
        cloud.Net.Run(1);
        FindSource("203.0.113.99");
        cloud.Net.Run(10);
        Assert.DoesNotContain("B > hub PurgeRequest", cloud.Net.Trace);
        Assert.Contains(cloud.Hub.Cache, state => state.Via == cloud.B.Address && state.Type == NhrpEntryType.Dynamic);
        Assert.Equal("203.0.113.99", cloud.Hub.Path("10.0.0.12"));

        void LoseSource() => cloud.B.ChangeFacts(facts => facts with { Up = false, NbmaSource = None });
        void FindSource(string at) => cloud.B.ChangeFacts(facts => facts with { Up = true, NbmaSource = Parse(at) });
    }

    [Fact]
    public void Phase3_EgressHasAMoreSpecificRouteThroughTheTunnel_AnswersWithoutThatPart()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.B.Lan("10.1.0.0/16").Route("10.1.11.0/24", "10.0.0.1");
        cloud.A.NoRoute("10.1.12.0/24").Route("0.0.0.0/0", "10.0.0.1");
        cloud.Hub.Route("10.1.64.0/24", "10.0.0.12");
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.64.9");
        cloud.Net.Run(1);
        // 10.1.0.0/16 would draw A's own LAN to B; 10.1.64.0/18 is the widest part without it.
        Assert.Equal([IpPrefix.Parse("10.1.64.0/18")], Prefixes(cloud.Net));
    }

    [Fact]
    public void Phase2_NextHopUnresolved_IsAskedOfTheNhsAndAnsweredByTheSpokeItself()
    {
        Cloud cloud = new Cloud(phase2: true).Settled();
        Assert.Equal(Cloud.HubNbma, cloud.A.Path("10.1.12.5"));
        // A > hub > B Resolution Request 10.0.0.12; B > A Resolution Reply
        cloud.A.Unresolved("10.0.0.12");
        cloud.A.Unresolved("10.0.0.12");
        Assert.Equal(NhrpEntryType.Incomplete, Assert.Single(cloud.A.Cache, state => state.Via == cloud.B.Address).Type);
        cloud.Net.Run(1);
        Assert.Equal(["A > hub ResolutionRequest", "hub > B ResolutionRequest", "B > A ResolutionReply"], cloud.Net.Trace);
        Assert.Equal("203.0.113.12", cloud.A.Path("10.1.12.5"));
        Assert.Equal("203.0.113.11", cloud.B.Path("10.1.11.5"));
        Assert.Empty(cloud.A.Shortcuts);
    }

    [Fact]
    public void Redirects_OfOneFlow_AreSentOncePerTimeout()
    {
        Cloud cloud = new Cloud(spoke: config => config with { Shortcut = false }).Settled();
        for (int i = 0; i < 50; i++) cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        cloud.Hub.TurnAround(cloud.A, "10.1.11.6", "10.1.12.5");
        Assert.Equal(2, cloud.Net.Trace.Count);
        Assert.Equal(49, Assert.Single(cloud.Hub.Engine.Traffic(false)).RedirectsSuppressed);
        Assert.Equal(49, cloud.Hub.Engine.Redirects(false, cloud.Net.Now).Sum(state => state.Suppressed));
        cloud.Net.Run(8.5);
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        Assert.Equal(3, cloud.Net.Trace.Count);
        Assert.True(cloud.A.Engine.Drops[NhrpDrop.ShortcutDisabled] > 0);
        Assert.Empty(cloud.A.Shortcuts);
    }

    [Fact]
    public void UsedShortcut_IsRefreshedBeforeItExpires_UnusedOneGoes()
    {
        Cloud cloud = new Cloud().Settled().Talk();
        for (int i = 0; i < 130; i++)
        {
            cloud.Net.Run(10);
            cloud.A.Used(cloud.B.Address);
            Assert.Equal("203.0.113.12", cloud.A.Path("10.1.12.5"));
        }
        Assert.Empty(cloud.B.Shortcuts);
        cloud.Net.Run(900);
        Assert.Empty(cloud.A.Shortcuts);
        Assert.DoesNotContain(cloud.B.Address, cloud.A.Adjacencies.Keys);
    }

    [Fact]
    public void HubDies_UsedShortcutLivesOnByAskingItsOtherEnd()
    {
        Cloud cloud = new Cloud().Settled().Talk();
        cloud.Net.Unplug(cloud.Hub);
        for (int i = 0; i < 300; i++)
        {
            cloud.Net.Run(10);
            cloud.A.Used(cloud.B.Address);
            cloud.B.Used(cloud.A.Address);
            if (i == 20) cloud.A.NoRoute("10.1.12.0/24");
            Assert.Equal("203.0.113.12", cloud.A.Path("10.1.12.5"));
            Assert.Equal("203.0.113.11", cloud.B.Path("10.1.11.5"));
        }
        Assert.Equal(NhsStatus.Down, cloud.A.Nhs.Status);
    }

    [Fact]
    public void EgressLosesTheNetwork_RequesterIsPurgedAndFallsBackToTheHub()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        cloud.Net.Run(1);
        Assert.Single(cloud.B.Cache, state => state.Flags.HasFlag(NhrpEntryFlags.Local) && state.Requesters[0].Address == cloud.A.Address);
        cloud.Net.TakeTrace();
        // B > A Purge Request 10.1.12.0/24, A > B Purge Reply
        cloud.B.NoRoute("10.1.12.0/24");
        cloud.Net.Run(1);
        Assert.Equal(["B > A PurgeRequest", "A > B PurgeReply"], cloud.Net.Trace);
        Assert.Empty(cloud.A.Shortcuts);
        Assert.Equal(Cloud.HubNbma, cloud.A.Path("10.1.12.5"));
        Assert.DoesNotContain(cloud.B.Cache, state => state.Flags.HasFlag(NhrpEntryFlags.Local));
    }

    [Fact]
    public void PurgeIsLost_IsSentAgainUntilItIsAnswered()
    {
        Cloud cloud = new Cloud().Settled().Talk();
        int lost = 0;
        cloud.Net.Lose = (_, _, type) => type == NhrpPacketType.PurgeRequest && lost++ < 2;
        cloud.Net.TakeTrace();
        cloud.B.NoRoute("10.1.12.0/24");
        cloud.Net.Run(20);
        Assert.Equal(["B > A PurgeRequest", "B > hub PurgeRequest", "B > A PurgeRequest"], cloud.Net.Trace.Where(line => line.EndsWith("PurgeRequest")));
        Assert.Single(cloud.Net.Packets.Where(p => p.Header.Type == NhrpPacketType.PurgeRequest).Select(p => p.Header.RequestId).Distinct());
        Assert.Empty(cloud.A.Shortcuts);
    }

    [Fact]
    public void Purge_OfAStranger_IsNotObeyed()
    {
        Cloud cloud = new Cloud().Settled().Talk();
        cloud.Net.Inject(cloud.A, Parse("203.0.113.66"), NhrpBytes.Purge("203.0.113.66", "10.0.0.66", "10.0.0.11", "10.1.12.0", 24));
        Assert.Single(cloud.A.Shortcuts);
        Assert.True(cloud.A.Engine.Drops[NhrpDrop.PurgeNotAllowed] > 0);
    }

    [Fact]
    public void NobodyAnswers_NegativeEntryKeepsQuietForAMinute()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Net.Unplug(cloud.B);
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        for (int i = 0; i < 85; i++)
        {
            // Traffic alone, that no server sends elsewhere.
            cloud.A.Unresolved("10.1.12.5");
            cloud.Net.Run(1);
        }
        Assert.Equal(5, cloud.Net.Trace.Count(line => line == "A > hub ResolutionRequest"));
        NhrpCacheEntryState entry = Assert.Single(cloud.A.Cache, state => state.Type == NhrpEntryType.Incomplete);
        Assert.Equal(NhrpEntryFlags.Negative, entry.Flags);
        Assert.True(entry.Hits > 3);
        cloud.Net.Run(60);
        Assert.DoesNotContain(cloud.A.Cache, state => state.Type == NhrpEntryType.Incomplete);
    }

    [Fact]
    public void NoRouteAnywhere_HubSaysNoWithCode12()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.A.Route("172.16.0.0/12", "10.0.0.1");
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "172.16.0.1");
        cloud.Net.Run(1);
        NhrpPacket reply = cloud.Net.Packets[^1];
        Assert.Equal(NhrpPacketType.ResolutionReply, reply.Header.Type);
        Assert.Equal(NhrpCieCode.NoBinding, Assert.Single(reply.Cies).Code);
        Assert.Equal(NhrpEntryFlags.Negative, Assert.Single(cloud.A.Cache, state => state.Type == NhrpEntryType.Incomplete).Flags);
    }

    [Fact]
    public void BehindNat_RequesterGetsItsReplyByTheHubToo_AndTheEgressIsReachedOutside()
    {
        Cloud cloud = new Cloud(natA: "192.0.2.11").Settled();
        // A > hub > B with the outside address in the NAT extension; B > A directly (lost in A's NAT) and B > hub > A
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        cloud.Net.Run(0.5);
        Assert.Contains("B > hub ResolutionReply", cloud.Net.Trace);
        Assert.Contains("hub > A ResolutionReply", cloud.Net.Trace);
        NhrpPacket forwarded = cloud.Net.Packets[cloud.Net.Trace.IndexOf("hub > B ResolutionRequest")];
        Assert.True(NhrpView.TryParse(forwarded.Write(), out NhrpView view, out _));
        Assert.True(view.TryGetExtension(NhrpExtensionType.NatAddress, out NhrpExtensionView nat) && nat.TryGetCies(out NhrpCieList cies) && cies.MoveNext());
        Assert.Equal("203.0.113.12", cloud.A.Path("10.1.12.5"));
        Assert.DoesNotContain(cloud.A.Address, cloud.B.Adjacencies.Keys);
    }

    [Fact]
    public void BehindNat_Egress_IsReachedAtItsOutsideAddress()
    {
        Cloud cloud = new Cloud(natB: "192.0.2.12").Settled();
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        cloud.Net.Run(1);
        Assert.Equal("192.0.2.12", cloud.A.Path("10.1.12.5"));
        NhrpCacheEntryState entry = Assert.Single(cloud.A.Cache, state => state.Prefix == IpPrefix.Parse("10.0.0.12/32"));
        Assert.Equal(Parse("192.168.2.2"), entry.Claimed);
        Assert.True(entry.Flags.HasFlag(NhrpEntryFlags.Nat));
    }

    [Fact]
    public void BothBehindNats_ShortcutFormsAndBothNatsAreOpen()
    {
        Cloud cloud = new Cloud(natA: "192.0.2.11", natB: "192.0.2.12").Settled().Talk();
        Assert.Equal("192.0.2.12", cloud.A.Path("10.1.12.5"));
        Assert.Equal("192.0.2.11", cloud.B.Path("10.1.11.5"));
        Assert.True(cloud.A.LetsIn(Parse("192.0.2.12")));
        Assert.True(cloud.B.LetsIn(Parse("192.0.2.11")));
        Assert.DoesNotContain(cloud.Net.Trace, line => line.EndsWith("ErrorIndication"));
    }

    [Fact]
    public void BothBehindNats_ReplyThatComesByTheHubAlone_TellsTheEgressesOutsideAddress()
    {
        Cloud cloud = new Cloud(natA: "192.0.2.11", natB: "192.0.2.12").Settled();
        // A > hub > B with A's entry in the NAT extension; B > hub > A with both entries; the direct reply is lost in A's NAT
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        cloud.Net.Run(1);
        NhrpPacket reply = cloud.Net.Packets[cloud.Net.Trace.IndexOf("hub > A ResolutionReply")];
        Assert.True(NhrpView.TryParse(reply.Write(), out NhrpView view, out _));
        Assert.True(view.TryGetExtension(NhrpExtensionType.NatAddress, out NhrpExtensionView nat));
        Assert.True(nat.TryGetCies(out NhrpCieList entries));
        var outside = new Dictionary<IpAddress, IpAddress>();
        foreach (NhrpCieView entry in entries) outside.Add(entry.ToCie().Protocol.Ip, entry.ToCie().Nbma.Ip);
        Assert.Equal(new() { [cloud.A.Address] = Parse("192.0.2.11"), [cloud.B.Address] = Parse("192.0.2.12") }, outside);
        Assert.Equal("192.0.2.12", cloud.A.Path("10.1.12.5"));
    }

    [Fact]
    public void BothBehindOneNat_HubStaysTheWay()
    {
        var net = new Net();
        Node hub = net.Add("hub", Cloud.HubNbma, "10.0.0.1/24", Cloud.HubConfig).Route("10.1.11.0/24", "10.0.0.11").Route("10.1.12.0/24", "10.0.0.12");
        Node b = net.Add("B", "192.168.1.3", "10.0.0.12/24", Cloud.SpokeConfig, "192.0.2.11").Lan("10.1.12.0/24");
        net.Run(2);
        byte[] request = NhrpBytes.Resolution("192.168.1.2", "10.0.0.11", "10.1.12.5", extensions:
            [new(0x8003, []), new(0x8004, [.. Convert.FromHexString("000000000000000004000400C63364010A000001")]), NhrpBytes.Authentication("secret"),
             new(0x0009, [.. Convert.FromHexString("002000000000000004000400C000020B0A00000B")]), new(0x8000, [])]);
        net.Inject(b, Parse(Cloud.HubNbma), request);
        Assert.Equal(NhrpCieCode.AdministrativelyProhibited, net.Packets[^1].Cies[0].Code);
        Assert.NotNull(hub);
    }

    [Fact]
    public void SpokeChangesItsAddress_RequestersArePurgedAndAskAgain()
    {
        Cloud cloud = new Cloud(spoke: config => config with { RegistrationUnique = false }).Settled().Talk();
        cloud.B.ChangeFacts(facts => facts with { NbmaSource = Parse("203.0.113.77") });
        cloud.Net.Run(0.5);
        Assert.Empty(cloud.A.Shortcuts);
        Assert.Equal(Cloud.HubNbma, cloud.A.Path("10.1.12.5"));
        cloud.Net.Run(10);
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        cloud.Net.Run(1);
        Assert.Equal("203.0.113.77", cloud.A.Path("10.1.12.5"));
    }

    [Fact]
    public void NextHopIsLost_ItsShortcutsGo()
    {
        Cloud cloud = new Cloud().Settled().Talk();
        cloud.A.Call((engine, now, outbox) => engine.OnPeerLost(new NbmaPeer(cloud.B.Nbma), now, outbox));
        Assert.Empty(cloud.A.Shortcuts);
        Assert.Equal(Cloud.HubNbma, cloud.A.Path("10.1.12.5"));
    }

    [Fact]
    public void ClearShortcut_AndClearOfOneAddress_TouchNothingElse()
    {
        Cloud cloud = new Cloud().Settled().Talk();
        cloud.A.Call((engine, now, outbox) => engine.ClearShortcuts(false, now, outbox));
        Assert.Empty(cloud.A.Shortcuts);
        Assert.Equal([Parse("10.0.0.1")], cloud.A.Adjacencies.Keys);
        cloud.Hub.Call((engine, now, outbox) => Assert.True(engine.ClearAddress(cloud.A.Address, now, outbox)));
        Assert.Equal([cloud.B.Address], cloud.Hub.Adjacencies.Keys);
        cloud.Hub.Call((engine, now, outbox) => Assert.False(engine.ClearAddress(cloud.A.Address, now, outbox)));
    }

    [Fact]
    public void LongStream_WhileTheShortcutIsMade_AlwaysHasAWay()
    {
        Cloud cloud = new Cloud().Settled();
        for (int i = 0; i < 3000; i++)
        {
            string way = cloud.A.Path("10.1.12.5");
            if (way == Cloud.HubNbma) cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
            else Assert.Equal("203.0.113.12", way);
            if (i % 100 == 0) cloud.A.Used(cloud.B.Address);
            if (i == 1500) cloud.B.Call((engine, now, outbox) => engine.OnPeerLost(new NbmaPeer(cloud.A.Nbma), now, outbox));
            cloud.Net.Run(0.01);
        }
    }

    [Fact]
    public void UseThree_OnlyTheThirdPacketAsks()
    {
        Cloud cloud = new Cloud(spoke: config => config with { UseCount = 3 }).Settled();
        cloud.A.Unresolved("10.0.0.12");
        cloud.A.Unresolved("10.0.0.12");
        Assert.Empty(cloud.Net.Trace);
        cloud.A.Unresolved("10.0.0.12");
        Assert.Single(cloud.Net.Trace);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void ServerOnlyOrInterestNone_NeverAsks(bool serverOnly, bool interestNone)
    {
        Cloud cloud = new Cloud(spoke: config => config with { ServerOnly = serverOnly, InterestNone = interestNone }).Settled();
        cloud.A.Unresolved("10.0.0.12");
        Assert.Empty(cloud.Net.Trace);
        Assert.Equal(1, cloud.A.Engine.Drops[NhrpDrop.ResolutionDisabled]);
    }

    [Fact]
    public void NoRecord_TransitLeavesNoTrace()
    {
        Cloud cloud = new Cloud(hub: config => config with { Record = false }).Settled();
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        cloud.Net.Run(1);
        NhrpPacket forwarded = cloud.Net.Packets[cloud.Net.Trace.IndexOf("hub > B ResolutionRequest")];
        Assert.All(forwarded.Extensions, extension => Assert.True(extension.Type != NhrpExtensionType.ForwardTransitNhs || extension.Value.Length == 0));
    }

    private static List<IpPrefix> Prefixes(Net net) => [.. net.Nodes.SelectMany(node => node.Shortcuts.Keys)];
}
