using Dmvpn.Core;
using Dmvpn.Nhrp.Tests.Harness;
using Dmvpn.Wire.Nhrp;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Nhrp.Tests;

public sealed class TransitAndErrorTests
{
    private static readonly NbmaPeer A = new(Parse("203.0.113.11"));

    [Fact]
    public void WrongAuthentication_IsAnsweredWithError11_AtMostFiveTimesInTenSeconds()
    {
        Cloud cloud = new Cloud().Settled();
        for (int i = 0; i < 100; i++) cloud.Net.Inject(cloud.Hub, Parse("203.0.113.50"), NhrpBytes.Registration("203.0.113.50", "10.0.0.50", authentication: "secreT"));
        Assert.Equal(5, cloud.Net.Packets.Count);
        Assert.All(cloud.Net.Packets, packet => Assert.Equal(NhrpErrorCode.AuthenticationFailure, packet.Header.ErrorCode));
        Assert.All(cloud.Net.Packets, packet => Assert.Empty(packet.Extensions));
        Assert.Equal(95, cloud.Hub.Engine.Drops[NhrpDrop.ErrorRateLimit]);
        Assert.Equal(100, cloud.Hub.Engine.Drops[NhrpDrop.Authentication]);
        cloud.Net.Run(10);
        cloud.Net.Inject(cloud.Hub, Parse("203.0.113.50"), NhrpBytes.Registration("203.0.113.50", "10.0.0.50", authentication: null));
        Assert.Equal(6, cloud.Net.Packets.Count);
    }

    [Theory]
    [InlineData("secre")]
    [InlineData("secrets")]
    [InlineData("secret\0")]
    public void Authentication_OfAnotherLength_IsRefused(string text)
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Net.Inject(cloud.Hub, Parse("203.0.113.50"), NhrpBytes.Registration("203.0.113.50", "10.0.0.50", authentication: text));
        Assert.Equal(NhrpErrorCode.AuthenticationFailure, cloud.Net.Packets[^1].Header.ErrorCode);
    }

    [Fact]
    public void ErrorIndication_IsNeverAnswered()
    {
        Cloud cloud = new Cloud().Settled();
        byte[] error = new NhrpPacket
        {
            Header = new NhrpHeader { Type = NhrpPacketType.ErrorIndication, SourceNbma = A.Address, SourceProtocol = Parse("10.0.0.99"), DestinationProtocol = Parse("10.0.0.1"), ErrorCode = NhrpErrorCode.AuthenticationFailure },
            CarriedPacket = [.. NhrpBytes.Registration("203.0.113.50", "10.0.0.50")],
            HasExtensionPart = true,
            Extensions = [NhrpBytes.Authentication("wrong"), NhrpBytes.Authentication("wrong"), new(0x8000, [])],
        }.Write();
        for (int i = 0; i < 10; i++) cloud.Net.Inject(cloud.Hub, A.Address, error);
        cloud.Net.Inject(cloud.Hub, A.Address, new NhrpPacket
        {
            Header = new NhrpHeader { Type = NhrpPacketType.ErrorIndication, SourceNbma = A.Address, SourceProtocol = Parse("10.0.0.99"), DestinationProtocol = Parse("10.9.9.9"), HopCount = 0 },
        }.Write());
        Assert.Empty(cloud.Net.Trace);
    }

    [Fact]
    public void DuplicateExtension_IsAnsweredWithError9()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Net.Inject(cloud.Hub, A.Address, NhrpBytes.Registration("203.0.113.50", "10.0.0.50", extra: NhrpBytes.Authentication("secret")));
        Assert.Equal(NhrpErrorCode.InvalidExtension, cloud.Net.Packets[^1].Header.ErrorCode);
        Assert.Equal(1, cloud.Hub.Engine.Drops[NhrpDrop.DuplicateExtension]);
    }

    [Fact]
    public void HopCount_Zero_IsAnsweredWithError15_OneIsForwardedWithZero()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Net.Inject(cloud.Hub, A.Address, NhrpBytes.Resolution("203.0.113.11", "10.0.0.11", "10.1.12.5", hop: 0));
        Assert.Equal(NhrpErrorCode.HopCountExceeded, cloud.Net.Packets[^1].Header.ErrorCode);
        cloud.Net.Inject(cloud.Hub, A.Address, NhrpBytes.Resolution("203.0.113.11", "10.0.0.11", "10.1.12.5", hop: 1));
        Assert.Equal((NhrpPacketType.ResolutionRequest, 0), (cloud.Net.Packets[^1].Header.Type, (int)cloud.Net.Packets[^1].Header.HopCount));
    }

    [Fact]
    public void OwnRecordInTheForwardTransitExtension_IsALoop()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Net.Inject(cloud.Hub, A.Address, NhrpBytes.Resolution("203.0.113.11", "10.0.0.11", "10.1.12.5", extensions:
            [new(0x8004, Convert.FromHexString("000000000000000004000400C63364010A000001")), NhrpBytes.Authentication("secret"), new(0x8000, [])]));
        Assert.Equal(NhrpErrorCode.LoopDetected, cloud.Net.Packets[^1].Header.ErrorCode);
        Assert.Equal(1, cloud.Hub.Engine.Drops[NhrpDrop.Loop]);
    }

    [Fact]
    public void UnknownCompulsoryExtension_IsForwardedWithoutARecord_AndRefusedByTheEgress()
    {
        Cloud cloud = new Cloud().Settled();
        // A > hub > B Resolution Request, B > hub Error 1, hub > A
        cloud.Net.Inject(cloud.Hub, A.Address, NhrpBytes.Resolution("203.0.113.11", "10.0.0.11", "10.1.12.5", extensions:
            [new(0x8004, []), NhrpBytes.Authentication("secret"), new(0x8123, [7]), new(0x8000, [])]));
        Assert.Empty(cloud.Net.Packets[^1].Extensions[0].Value);
        cloud.Net.Run(1);
        Assert.Equal(["hub > B ResolutionRequest", "B > hub ErrorIndication", "hub > A ErrorIndication"], cloud.Net.Trace);
        Assert.Equal(NhrpErrorCode.UnrecognizedExtension, cloud.Net.Packets[^1].Header.ErrorCode);
    }

    [Fact]
    public void UnsolicitedReply_IsAnsweredWithError10()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Net.Inject(cloud.A, Parse("203.0.113.66"), NhrpBytes.Packet(NhrpPacketType.ResolutionReply, "203.0.113.11", "10.0.0.11", "10.1.12.5", NhrpFlags.Authoritative, 4711,
            [new NhrpCie { HoldTime = 600, Nbma = Parse("203.0.113.66"), Protocol = Parse("10.0.0.66") }], [NhrpBytes.Authentication("secret"), new(0x8000, [])]));
        Assert.Equal(NhrpErrorCode.InvalidResolutionReply, cloud.Net.Packets[^1].Header.ErrorCode);
        // To who sent the reply: the source address of a reply is the requester's, which is this station's own.
        Assert.Equal(Parse("10.1.12.5"), cloud.Net.Packets[^1].Header.DestinationProtocol.Ip);
        Assert.Empty(cloud.A.Shortcuts);
    }

    [Fact]
    public void SecondCopyOfAReply_NextHopAskedForAgainMeanwhile_IsNoError()
    {
        Cloud cloud = new Cloud().Settled().Talk();
        cloud.Net.TakeTrace();
        // B > A a reply to an earlier request for the same destination, that came by the slower of two ways
        cloud.Net.Inject(cloud.A, Parse("203.0.113.12"), NhrpBytes.Packet(NhrpPacketType.ResolutionReply, "203.0.113.11", "10.0.0.11", "10.1.12.5", NhrpFlags.Authoritative, 4711,
            [new NhrpCie { PrefixLength = 24, HoldTime = 600, Nbma = Parse("203.0.113.12"), Protocol = Parse("10.0.0.12") }], [NhrpBytes.Authentication("secret"), new(0x8000, [])]));
        Assert.Empty(cloud.Net.Trace);
        Assert.Equal(1, cloud.A.Engine.Drops[NhrpDrop.DuplicateReply]);
    }

    [Fact]
    public void NonAuthoritativeRequest_IsAnsweredFromTheCacheWithTheTimeThatIsLeft_AndPurgedLater()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Net.Run(100);
        cloud.Net.Inject(cloud.Hub, A.Address, NhrpBytes.Resolution("203.0.113.11", "10.0.0.11", "10.0.0.12", NhrpFlags.Router | NhrpFlags.SourceStable));
        NhrpCie cie = Assert.Single(cloud.Net.Packets[^1].Cies);
        Assert.Equal((Parse("203.0.113.12"), Parse("10.0.0.12")), (cie.Nbma.Ip, cie.Protocol.Ip));
        Assert.InRange(cie.HoldTime, 480, 510);
        cloud.Net.TakeTrace();
        cloud.Hub.Call((engine, now, outbox) => engine.OnPeerLost(new NbmaPeer(cloud.B.Nbma), now, outbox));
        Assert.Equal(["hub > A PurgeRequest"], cloud.Net.Trace);
    }

    [Fact]
    public void TwoHubLevels_ResolutionGoesThroughAllOfThem_AndTheShortcutIsDirect()
    {
        // spoke1 > regional1 > central > regional2 > spoke2, all in one network-id; each regional hub is a spoke of the central one
        var net = new Net();
        NhrpConfig regional = Cloud.HubConfig with { Nhss = [new NhsConfig { Protocol = Parse("10.0.0.1"), Nbma = Parse("198.51.100.1") }] };
        Node central = net.Add("central", "198.51.100.1", "10.0.0.1/8", Cloud.HubConfig).Route("172.16.1.0/24", "10.0.1.1").Route("172.16.2.0/24", "10.0.2.1");
        Node r1 = net.Add("r1", "198.51.100.11", "10.0.1.1/8", regional).Route("172.16.0.0/16", "10.0.0.1").Route("172.16.1.0/24", "10.0.1.11");
        Node r2 = net.Add("r2", "198.51.100.12", "10.0.2.1/8", regional).Route("172.16.0.0/16", "10.0.0.1").Route("172.16.2.0/24", "10.0.2.11");
        Node s1 = net.Add("s1", "203.0.113.1", "10.0.1.11/8", SpokeOf("10.0.1.1", "198.51.100.11")).Route("172.16.0.0/16", "10.0.1.1").Lan("172.16.1.0/24");
        Node s2 = net.Add("s2", "203.0.113.2", "10.0.2.11/8", SpokeOf("10.0.2.1", "198.51.100.12")).Route("172.16.0.0/16", "10.0.2.1").Lan("172.16.2.0/24");
        net.Run(3);
        net.TakeTrace();
        r1.TurnAround(s1, "172.16.1.5", "172.16.2.5");
        central.TurnAround(r1, "172.16.1.5", "172.16.2.5");
        r2.TurnAround(central, "172.16.1.5", "172.16.2.5");
        net.Run(1);
        Assert.Equal(
            ["r1 > s1 TrafficIndication", "central > r1 TrafficIndication", "r2 > central TrafficIndication", "s1 > r1 ResolutionRequest",
             "r1 > central ResolutionRequest", "central > r2 ResolutionRequest", "r2 > s2 ResolutionRequest", "s2 > s1 ResolutionReply"], net.Trace);
        Assert.Equal("203.0.113.2", s1.Path("172.16.2.5"));
        Assert.Equal(252, net.Packets[6].Header.HopCount);
        Assert.Equal(60, net.Packets[6].Extensions[1].Value.Length);
        Assert.Equal(1, r1.Engine.Drops[NhrpDrop.RedirectNotForUs]);
        Assert.Empty(r1.Shortcuts);
        Assert.Empty(central.Shortcuts);
        Assert.NotNull(s2);
    }

    [Fact]
    public void IPv6OverIPv4_AndIPv6OverIPv6_RegisterAndMakeShortcuts()
    {
        foreach (string prefix in new[] { "198.51.100.", "2001:db8:ffff::" })
        {
            var net = new Net();
            NhrpConfig spoke = Cloud.SpokeConfig with { Nhss = [new NhsConfig { Protocol = Parse("fd00::1"), Nbma = Parse(prefix + "1") }] };
            Node hub = net.Add("hub", prefix + "1", "fd00::1/64", Cloud.HubConfig).Route("fd00:1::/64", "fd00::11").Route("fd00:2::/64", "fd00::12");
            Node a = net.Add("A", prefix + "11", "fd00::11/64", spoke).Route("fd00:2::/64", "fd00::1").Lan("fd00:1::/64");
            Node b = net.Add("B", prefix + "12", "fd00::12/64", spoke).Route("fd00:1::/64", "fd00::1").Lan("fd00:2::/64");
            a.ChangeFacts(facts => facts with { Addresses = [.. facts.Addresses, new(Parse("fe80::11"), 10)] });
            net.Run(3);
            Assert.Equal(Parse(prefix + "11"), hub.Adjacencies[Parse("fe80::11")].Address);
            hub.TurnAround(a, "fd00:1::5", "fd00:2::5");
            net.Run(1);
            Assert.Equal(prefix + "12", a.Path("fd00:2::5"));
            Assert.Equal((Parse("fd00::12"), true), a.Shortcuts[IpPrefix.Parse("fd00:2::/64")]);
            Assert.NotNull(b);
        }
    }

    [Fact]
    public void ShortcutThatCoversThePeersUnderlayAddress_IsNotBelieved()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.B.Lan("203.0.113.0/24");
        cloud.Hub.Route("203.0.113.0/24", "10.0.0.12");
        cloud.A.Route("203.0.113.0/24", "10.0.0.1");
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "203.0.113.200");
        cloud.Net.Run(1);
        Assert.Empty(cloud.A.Shortcuts);
        Assert.Equal(1, cloud.A.Engine.Drops[NhrpDrop.UnusableReply]);
    }

    [Fact]
    public void MaxSend_HoldsRequestsBackButNotRegistrations()
    {
        Cloud cloud = new Cloud(spoke: config => config with { MaxSendPackets = 3 }).Settled();
        cloud.Net.Run(10);
        for (int i = 0; i < 10; i++) cloud.A.Unresolved($"10.0.0.{100 + i}");
        Assert.Equal(3, cloud.Net.Trace.Count);
        Assert.Equal(7, cloud.A.Engine.Drops[NhrpDrop.MaxSend]);
        Assert.Equal(100, Assert.Single(cloud.A.Engine.Traffic(false)).UsagePercent);
        cloud.A.ChangeFacts(facts => facts with { NbmaSource = Parse("203.0.113.98") });
        Assert.Contains("A > hub RegistrationRequest", cloud.Net.Trace);
    }

    [Fact]
    public void SummaryMap_AnswersForTheWholeSummary()
    {
        Cloud cloud = new Cloud(hub: config => config with { SummaryMaps = [new NhrpSummaryMap(IpPrefix.Parse("10.1.0.0/16"), null)] }).Settled();
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        cloud.Net.Run(1);
        Assert.Equal(16, cloud.Net.Packets[^1].Cies[0].PrefixLength);
        Assert.Equal(Parse("10.0.0.1"), cloud.Net.Packets[^1].Cies[0].Protocol.Ip);
    }

    [Fact]
    public void NatExtensionWithCompulsoryBit_IsDeviceCapabilities_AndNotUnderstood()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Net.Inject(cloud.Hub, A.Address, NhrpBytes.Packet(NhrpPacketType.RegistrationRequest, "203.0.113.50", "10.0.0.50", "10.0.0.1", NhrpFlags.None, 5,
            [new NhrpCie { HoldTime = 60 }], [NhrpBytes.Authentication("secret"), new(0x8009, [0, 0, 0, 0]), new(0x8000, [])]));
        Assert.Equal(NhrpErrorCode.UnrecognizedExtension, cloud.Net.Packets[^1].Header.ErrorCode);
    }

    private static NhrpConfig SpokeOf(string hub, string nbma) => Cloud.SpokeConfig with { Nhss = [new NhsConfig { Protocol = Parse(hub), Nbma = Parse(nbma) }] };
}
