using Dmvpn.Core;
using Dmvpn.Nhrp.Tests.Harness;
using Dmvpn.Wire.Nhrp;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Nhrp.Tests;

/// <summary>Single lies of a member, each with what it is good for when it is believed (<see cref="LiarTests"/> has all together).</summary>
public sealed class LiarCasesTests
{
    [Theory]
    [InlineData(NhrpAuthorization.Certificate)]
    [InlineData(NhrpAuthorization.Identity)]
    public void AnswerWithAnInventedTransitRecord_NextHopOfAnother_IsNotBelieved(NhrpAuthorization authorization)
    {
        var net = new LiarNet(authorization);
        uint id = Asked(net);
        net.Lie(net.Cloud.A, Answer(id, "10.1.66.9", "10.0.0.12", LiarNet.Nbma, 24, record: true));
        net.AssertNobodyIsSomebodyElse();
        net.AssertNothingWasLost();
    }

    [Theory]
    [InlineData(true, 15, "10.1.66.0/24")]
    [InlineData(true, 24, "10.1.66.0/24")]
    [InlineData(true, 26, "10.1.66.0/26")]
    [InlineData(false, 15, "10.1.66.0/24")]
    [InlineData(false, 2, "10.1.66.0/24")]
    [InlineData(false, 26, "10.1.66.0/26")]
    public void AnswerThatIsTooWide_ForAQuestionThatWasAsked_LeadsNoFurtherThanItsNetwork(bool networks, byte length, string expected)
    {
        var net = new LiarNet(networks: networks);
        uint id = Asked(net);
        net.Lie(net.Cloud.A, Answer(id, "10.1.66.9", LiarNet.Address, LiarNet.Nbma, length));
        Assert.Equal(expected, Assert.Single(net.Cloud.A.Shortcuts, shortcut => shortcut.Value.NextHop == net.M.Address && shortcut.Key.Contains(Parse("10.1.66.9"))).Key.ToString());
    }

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("10.1.12.77")]
    public void IndicationOfAMember_AboutTrafficThatItDoesNotGet_IsNotHeard(string destination)
    {
        var net = new LiarNet();
        net.Net.TakeTrace();
        byte[] carried = new byte[40];
        carried[0] = 0x45;
        Parse("10.1.11.5").Write(carried.AsSpan(12));
        Parse(destination).Write(carried.AsSpan(16));
        net.Lie(net.Cloud.A, new NhrpPacket
        {
            Header = new NhrpHeader { Type = NhrpPacketType.TrafficIndication, SourceNbma = Parse(LiarNet.Nbma), SourceProtocol = Parse(LiarNet.Address), DestinationProtocol = Parse("10.1.11.5") },
            CarriedPacket = [.. carried],
            HasExtensionPart = true,
            Extensions = [NhrpBytes.Authentication("secret"), new(0x8000, [])],
        }.Write());
        Assert.DoesNotContain(net.Net.Trace, line => line.StartsWith("A >"));
        Assert.Equal(1, net.Cloud.A.Engine.Drops[NhrpDrop.RedirectFromStranger]);
    }

    [Fact]
    public void RequestIds_OfSuccessiveRequests_CannotBeGuessed()
    {
        var net = new LiarNet();
        uint id = Asked(net);
        net.Cloud.A.Unresolved("10.0.0.200");
        for (uint next = id - 100; next != id + 100; next++) net.Lie(net.Cloud.A, Answer(next, "10.0.0.200", LiarNet.Address, LiarNet.Nbma, 24));
        Assert.DoesNotContain(Parse("10.0.0.200"), net.Cloud.A.Adjacencies.Keys);
    }

    [Fact]
    public void RefusingRegistrationReply_FromAMemberThatKnowsTheId_IsIgnored()
    {
        var net = new LiarNet();
        net.Cloud.A.Reconfigure(config => config with { HoldTime = TimeSpan.FromSeconds(900) });
        uint id = net.Cloud.A.Nhs.RequestId;
        net.Lie(net.Cloud.A, NhrpBytes.Packet(NhrpPacketType.RegistrationReply, "203.0.113.11", "10.0.0.11", "10.0.0.1", NhrpFlags.None, id,
            [new NhrpCie { Code = NhrpCieCode.AdministrativelyProhibited }], [NhrpBytes.Authentication("secret"), new(0x8000, [])]));
        Assert.Equal(NhrpCieCode.Success, net.Cloud.A.Nhs.RefusedWith);
        Assert.Equal(NhsStatus.Up, net.Cloud.A.Nhs.Status);
        Assert.Equal(1, net.Cloud.A.Engine.Drops[NhrpDrop.UnexpectedRegistrationReply]);
    }

    [Fact]
    public void ErrorIndication_OfAMemberThatKnowsTheId_IsIgnored()
    {
        var net = new LiarNet();
        net.Cloud.A.Reconfigure(config => config with { HoldTime = TimeSpan.FromSeconds(900) });
        long failed = net.Cloud.A.Nhs.RequestsFailed;
        byte[] offender = NhrpBytes.Registration("203.0.113.11", "10.0.0.11");
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(offender.AsSpan(24), net.Cloud.A.Nhs.RequestId);
        net.Lie(net.Cloud.A, new NhrpPacket
        {
            Header = new NhrpHeader { Type = NhrpPacketType.ErrorIndication, ErrorCode = NhrpErrorCode.ProtocolError, SourceNbma = Parse(LiarNet.Nbma), SourceProtocol = Parse(LiarNet.Address), DestinationProtocol = Parse("10.0.0.11") },
            CarriedPacket = [.. offender],
        }.Write());
        Assert.Equal(failed, net.Cloud.A.Nhs.RequestsFailed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PurgeInAnothersName_ToTheVictimOrByTheHub_IsNotObeyed(bool byHub)
    {
        var net = new LiarNet();
        byte[] purge = NhrpBytes.Purge("203.0.113.12", "10.0.0.12", "10.0.0.11", "10.1.12.0", 24);
        net.Net.TakeTrace();
        net.Lie(byHub ? net.Cloud.Hub : net.Cloud.A, purge);
        net.AssertNothingWasLost();
        if (byHub) Assert.DoesNotContain("hub > A PurgeRequest", net.Net.Trace);
    }

    [Theory]
    [InlineData(NhrpAuthorization.Certificate)]
    [InlineData(NhrpAuthorization.Identity)]
    public void WordsAboutTheVictim_PassedOnByTheVictim_AreNotItsOwn(NhrpAuthorization authorization)
    {
        var net = new LiarNet(authorization);
        net.Lie(net.Cloud.A, NhrpBytes.Registration(LiarNet.Nbma, LiarNet.Address, cies: [new NhrpCie { Protocol = Parse("10.0.0.11"), Nbma = Parse("203.0.113.11"), HoldTime = 0 }]));
        net.AssertNothingWasLost();
        net.Lie(net.Cloud.A, NhrpBytes.Purge(LiarNet.Nbma, LiarNet.Address, "10.0.0.1", "10.0.0.11"));
        net.AssertNothingWasLost();
        net.Lie(net.Cloud.A, NhrpBytes.Purge(LiarNet.Nbma, LiarNet.Address, "10.0.0.12", "10.1.11.0", 24));
        net.AssertNothingWasLost();
    }

    [Theory]
    [InlineData(NhrpAuthorization.Certificate)]
    [InlineData(NhrpAuthorization.Identity)]
    public void RequestInAnothersName_ByTheHub_IsNotPassedOn(NhrpAuthorization authorization)
    {
        var net = new LiarNet(authorization);
        net.Net.TakeTrace();
        byte[] record = [0, 0, 0, 0, 5, 120, 2, 88, 4, 0, 4, 0, .. Parse(Cloud.HubNbma).ToBytes(), .. Parse("10.0.0.99").ToBytes()];
        net.Lie(net.Cloud.Hub, NhrpBytes.Resolution(LiarNet.Nbma, "10.0.0.12", "10.1.11.5", extensions:
            [new(0x8003, []), new(0x8004, [.. record]), new(0x8005, []), NhrpBytes.Authentication("secret"), new(0x0009, []), new(0x8000, [])]));
        Assert.DoesNotContain("hub > A ResolutionRequest", net.Net.Trace);
        Assert.Equal(1, net.Cloud.Hub.Engine.Drops[NhrpDrop.IdentityMismatch]);
    }

    [Fact]
    public void EveryFreeAddress_RegisteredByOneMember_EndsAtItsShare()
    {
        var net = new LiarNet(NhrpAuthorization.Identity);
        for (int i = 100; i < 250; i++) net.Lie(net.Cloud.Hub, NhrpBytes.Registration(LiarNet.Nbma, $"10.0.0.{i}", cies: [new NhrpCie { HoldTime = 65535 }]));
        Assert.Equal(NhrpLimits.RegistrationsPerPeer, net.Cloud.Hub.Adjacencies.Count(adjacency => adjacency.Value.Association == net.M.Number));
        Assert.Equal(NhrpCieCode.InsufficientResources, net.Net.Packets[^1].Cies[0].Code);
        Assert.DoesNotContain(net.Cloud.Hub.Cache, entry => entry.Expires > net.Net.Now + TimeSpan.FromSeconds(NhrpLimits.LongestHoldTime) && !entry.Expires.IsNever);
        // Its own address and the others' are served all the same.
        net.Net.Run(300);
        net.AssertNothingWasLost();
        Assert.Contains(net.Cloud.Hub.Address, net.M.NhssUp);
    }

    [Fact]
    public void TrafficWithTheInnerAddressesOfOthers_HoldsBackNoIndicationOfTheirs()
    {
        var net = new LiarNet();
        Node hub = net.Cloud.Hub, a = net.Cloud.A;
        net.Net.Run(30);
        byte[] head = new byte[40];
        head[0] = 0x45;
        Parse("10.1.11.77").Write(head.AsSpan(12));
        Parse("10.1.12.77").Write(head.AsSpan(16));
        net.Net.TakeTrace();
        Turn(net.M);
        Turn(a);
        net.Net.Run(0.1);
        Assert.Contains("hub > M TrafficIndication", net.Net.Trace);
        Assert.Contains("hub > A TrafficIndication", net.Net.Trace);
        // New flows without end use up a part of 'max-send', and not what others are owed.
        hub.Reconfigure(config => config with { MaxSendPackets = 100 });
        for (int i = 0; i < 1000; i++)
        {
            Parse($"10.1.66.{i % 250}").Write(head.AsSpan(12));
            Parse($"10.1.{11 + i % 2}.{i % 250}").Write(head.AsSpan(16));
            Turn(net.M);
        }
        Parse("10.1.11.78").Write(head.AsSpan(12));
        Parse("10.1.12.78").Write(head.AsSpan(16));
        net.Net.TakeTrace();
        Turn(a);
        net.Net.Run(0.1);
        Assert.Contains("hub > A TrafficIndication", net.Net.Trace);

        void Turn(Node from) => hub.Call((engine, now, outbox) => engine.OnTrafficTurnedAround(hub.Key, new NbmaPeer(from.Outside, from.Number), head, now, outbox));
    }

    [Theory]
    [InlineData("192.0.2.9")]
    [InlineData("203.0.113.12")]
    public void OuterAddressOfItsOwnMakingInARequest_IsNotPassedOn_AndNobodyIsCalledThere(string victim)
    {
        var net = new LiarNet();
        net.Net.TakeTrace();
        byte[] entry = [0, 32, 0, 0, 5, 120, 2, 88, 4, 0, 4, 0, .. Parse(victim).ToBytes(), .. Parse(LiarNet.Address).ToBytes()];
        net.Lie(net.Cloud.Hub, NhrpBytes.Resolution(victim, LiarNet.Address, "10.1.12.5", extensions:
            [new(0x8003, []), new(0x8004, []), new(0x8005, []), NhrpBytes.Authentication("secret"), new(0x0009, [.. entry]), new(0x8000, [])]));
        NhrpPacket passed = net.Net.Packets.Last(packet => packet.Header.Type == NhrpPacketType.ResolutionRequest);
        Assert.True(passed.Extensions.First(static extension => extension.RawType == 9) is { Value: var value } && value.AsSpan().EndsWith(((byte[])[.. Parse(LiarNet.Nbma).ToBytes(), .. Parse(LiarNet.Address).ToBytes()])));
        Assert.DoesNotContain(net.Cloud.B.Adjacencies, adjacency => adjacency.Key == Parse(LiarNet.Address) && adjacency.Value.Address == Parse(victim));
    }

    [Fact]
    public void ReplyOfAnotherThatTheServerPassesOn_IsNoAnswerToARegistration()
    {
        var net = new LiarNet();
        Node a = net.Cloud.A;
        net.Net.Unplug(net.Cloud.Hub);
        net.Net.Run(400);
        long failed = a.Nhs.RequestsFailed;
        byte[] reply = NhrpBytes.Packet(NhrpPacketType.RegistrationReply, "203.0.113.11", "10.0.0.11", LiarNet.Address, NhrpFlags.None, a.Nhs.RequestId,
            [new NhrpCie { Code = NhrpCieCode.AdministrativelyProhibited }], [NhrpBytes.Authentication("secret"), new(0x8000, [])]);
        a.ReceiveFrom(net.Cloud.Hub, reply);
        Assert.Equal(failed, a.Nhs.RequestsFailed);
        Assert.Equal(1, a.Engine.Drops[NhrpDrop.UnexpectedRegistrationReply]);
    }

    [Fact]
    public void AnswersToOneMember_WithoutEnd_EndAtItsShare()
    {
        var net = new LiarNet();
        net.Cloud.Hub.Lan("0.0.0.0/0");
        for (int i = 0; i < NhrpLimits.AnswersPerPeer + 100; i++)
            net.Cloud.Hub.ReceiveFrom(net.M, NhrpBytes.Resolution(LiarNet.Nbma, LiarNet.Address, $"64.0.{i / 200}.{1 + i % 200}"));
        Assert.Equal(NhrpCieCode.InsufficientResources, net.Net.Packets[^1].Cies[0].Code);
        Assert.InRange(net.Cloud.Hub.Engine.Summary(false).Local, NhrpLimits.AnswersPerPeer - 10, NhrpLimits.AnswersPerPeer + 10);
    }

    [Fact]
    public void MemberAtTheHubsAddress_ItsCertificateSaysSpoke_IsNoServerAndGetsNothing()
    {
        var net = new LiarNet();
        Node a = net.Cloud.A;
        net.Net.Unplug(net.Cloud.Hub);
        a.Call((engine, now, outbox) => engine.OnPeerLost(new NbmaPeer(net.Cloud.Hub.Outside, net.Cloud.Hub.Number), now, outbox));
        var there = new NbmaPeer(Parse(Cloud.HubNbma), net.M.Number);
        a.Call((engine, now, outbox) => engine.OnPeerIdentified(there, new NhrpIdentity("M", net.M.Rights), now, outbox));
        Assert.DoesNotContain(net.Cloud.Hub.Address, a.Adjacencies.Keys);
        Assert.Equal("nowhere", a.Path("8.8.8.8"));
        a.Receive(there, NhrpBytes.Packet(NhrpPacketType.RegistrationReply, "203.0.113.11", "10.0.0.11", "10.0.0.1", NhrpFlags.None, a.Nhs.RequestId,
            [new NhrpCie { HoldTime = 600 }], [NhrpBytes.Authentication("secret"), new(0x8000, [])]));
        Assert.NotEqual(NhsStatus.Up, a.Nhs.Status);
        // The hub is back, and proves itself at its address.
        net.Net.Route(net.Cloud.Hub);
        a.Identified.Remove(net.Cloud.Hub);
        a.Identify(net.Cloud.Hub);
        net.Net.Run(70);
        Assert.Equal(net.Cloud.Hub.Number, a.Adjacencies[net.Cloud.Hub.Address].Association);
        Assert.Equal(NhsStatus.Up, a.Nhs.Status);
    }

    /// <summary>A asks for a host behind M, and M, which does not answer by itself, sees the id.</summary>
    private static uint Asked(LiarNet net)
    {
        net.Cloud.A.Call((engine, now, outbox) => engine.ClearShortcuts(ipv6: false, now, outbox));
        net.Net.Run(70);
        net.Talk();
        net.Cloud.A.Call((engine, now, outbox) => engine.ClearAddress(Parse("10.1.66.5"), now, outbox));
        net.Net.Lose = (from, to, type) => from == net.M && type == NhrpPacketType.ResolutionReply;
        byte[] head = new byte[40];
        head[0] = 0x45;
        Parse("10.1.11.5").Write(head.AsSpan(12));
        Parse("10.1.66.9").Write(head.AsSpan(16));
        net.Cloud.Hub.Call((engine, now, outbox) => engine.OnTrafficTurnedAround(net.Cloud.Hub.Key, new NbmaPeer(net.Cloud.A.Outside, net.Cloud.A.Number), head, now, outbox));
        net.Net.Run(1);
        return net.SeenId(NhrpPacketType.ResolutionRequest);
    }

    private static byte[] Answer(uint id, string destination, string nextHop, string nbma, byte length, bool record = false) => NhrpBytes.Packet(
        NhrpPacketType.ResolutionReply, "203.0.113.11", "10.0.0.11", destination, (NhrpFlags)0xF802, id,
        [new NhrpCie { PrefixLength = length, HoldTime = 300, Nbma = Parse(nbma), Protocol = Parse(nextHop) }],
        [
            new(0x8005, record ? [0, 0, 0, 0, 5, 120, 2, 88, 4, 0, 4, 0, .. Parse(Cloud.HubNbma).ToBytes(), .. Parse("10.0.0.1").ToBytes()] : []),
            NhrpBytes.Authentication("secret"), new(0x0009, []), new(0x8000, []),
        ]);
}
