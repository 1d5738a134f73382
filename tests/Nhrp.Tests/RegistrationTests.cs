using Dmvpn.Core;
using Dmvpn.Nhrp.Tests.Harness;
using Dmvpn.Wire.Nhrp;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Nhrp.Tests;

public sealed class RegistrationTests
{
    [Fact]
    public void Spoke_ComesUp_RegistersAndBothEndsKnowEachOther()
    {
        var cloud = new Cloud();
        // A > hub Registration Request, A < hub Registration Reply; the same for B
        cloud.Net.Run(1);
        Assert.Equal(["A > hub RegistrationRequest", "B > hub RegistrationRequest", "hub > A RegistrationReply", "hub > B RegistrationReply"], cloud.Net.TakeTrace());
        Assert.Equal(NhsStatus.Up, cloud.A.Nhs.Status);
        Assert.Equal([Parse("10.0.0.1")], cloud.A.NhssUp);
        Assert.Equal(Parse(Cloud.HubNbma), cloud.A.Adjacencies[Parse("10.0.0.1")].Address);
        Assert.Equal(cloud.A.Nbma, cloud.Hub.Adjacencies[cloud.A.Address].Address);
        Assert.Equal([new NbmaPeer(cloud.A.Nbma), new NbmaPeer(cloud.B.Nbma)], cloud.Hub.Multicast);
        Assert.Equal([new NbmaPeer(Parse(Cloud.HubNbma))], cloud.A.Multicast);
        NhrpCacheEntryState entry = Assert.Single(cloud.Hub.Cache, state => state.Via == cloud.A.Address);
        Assert.Equal(NhrpEntryFlags.Unique | NhrpEntryFlags.Registered, entry.Flags);
        Assert.Equal(NhrpEntryType.Dynamic, entry.Type);
    }

    [Fact]
    public void Registered_TimePasses_RenewsAtAThirdOfTheHoldTime()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Net.Run(175);
        Assert.Empty(cloud.Net.Trace);
        cloud.Net.Run(30);
        Assert.Contains("A > hub RegistrationRequest", cloud.Net.Trace);
        cloud.Net.Run(3600);
        Assert.Contains(cloud.A.Address, cloud.Hub.Adjacencies.Keys);
    }

    [Fact]
    public void Hub_DoesNotAnswer_SameIdIsSentAfterOneTwoFourUpTo8Seconds()
    {
        var net = new Net();
        Node spoke = net.Add("A", "203.0.113.11", "10.0.0.11/24", Cloud.SpokeConfig);
        var times = new List<double>();
        Instant start = net.Now;
        for (int i = 0; i < 4000; i++)
        {
            int before = net.Trace.Count;
            net.Run(0.1);
            if (net.Trace.Count > before) times.Add(Math.Round(net.Now.Since(start).TotalSeconds, 0));
        }
        Assert.Equal([1, 3, 7, 15], times[..4]);
        Assert.All(times[5..].Zip(times[4..]), pair => Assert.InRange(pair.First - pair.Second, 5, 9));
        Assert.Single(net.Packets.Select(packet => packet.Header.RequestId).Distinct());
        Assert.Equal(NhsStatus.Down, spoke.Nhs.Status);
        Assert.Equal(TimeSpan.FromSeconds(8), spoke.Nhs.Retransmission);
        Assert.Empty(spoke.NhssUp);
    }

    [Fact]
    public void UniqueAddress_OtherSpokeRegistersIt_IsRefusedWithCode14UntilTheHoldTimeEnds()
    {
        Cloud cloud = new Cloud().Settled();
        Node thief = cloud.Net.Add("X", "203.0.113.66", "10.0.0.11/24", Cloud.SpokeConfig);
        // X > hub Registration Request 10.0.0.11, X < hub Registration Reply code 14
        cloud.Net.Run(1);
        NhrpPacket reply = cloud.Net.Packets.Last(packet => packet.Header.Type == NhrpPacketType.RegistrationReply);
        Assert.Equal(NhrpCieCode.UniqueAddressRegistered, reply.Cies[0].Code);
        Assert.Equal(0, reply.Cies[0].HoldTime);
        Assert.Equal(NhsStatus.Down, thief.Nhs.Status);
        Assert.Equal(NhrpCieCode.UniqueAddressRegistered, thief.Nhs.RefusedWith);
        Assert.Equal(cloud.A.Nbma, cloud.Hub.Adjacencies[cloud.A.Address].Address);
        cloud.Net.Unplug(cloud.A);
        cloud.Net.Run(700);
        Assert.Equal(thief.Nbma, cloud.Hub.Adjacencies[cloud.A.Address].Address);
        Assert.Equal(NhsStatus.Up, thief.Nhs.Status);
    }

    [Fact]
    public void NoUnique_SpokeMoves_RegistersItsNewAddressAtOnce()
    {
        Cloud cloud = new Cloud(spoke: config => config with { RegistrationUnique = false }).Settled();
        cloud.A.ChangeFacts(facts => facts with { NbmaSource = Parse("203.0.113.99") });
        cloud.Net.Run(0.1);
        Assert.Equal(Parse("203.0.113.99"), cloud.Hub.Adjacencies[cloud.A.Address].Address);
        Assert.Contains(new NbmaPeer(Parse("203.0.113.99")), cloud.Hub.Multicast);
        Assert.DoesNotContain(new NbmaPeer(Parse("203.0.113.11")), cloud.Hub.Multicast);
        Assert.Equal(NhrpFlags.Nat, cloud.Net.Packets[0].Header.Flags);
    }

    [Fact]
    public void UniqueAddress_SameAssociationFromANewAddress_MayMove()
    {
        Cloud cloud = new Cloud().Settled();
        byte[] request = NhrpBytes.Registration("203.0.113.50", "10.0.0.50", unique: true);
        cloud.Hub.Receive(new NbmaPeer(Parse("203.0.113.50"), 7), request);
        cloud.Hub.Receive(new NbmaPeer(Parse("203.0.113.51"), 7), NhrpBytes.Registration("203.0.113.51", "10.0.0.50", unique: true));
        Assert.Equal(new NbmaPeer(Parse("203.0.113.51"), 7), cloud.Hub.Adjacencies[Parse("10.0.0.50")]);
        cloud.Hub.Receive(new NbmaPeer(Parse("203.0.113.51"), 8), NhrpBytes.Registration("203.0.113.51", "10.0.0.50", unique: true));
        Assert.Equal(NhrpCieCode.UniqueAddressRegistered, cloud.Net.Packets[^1].Cies[0].Code);
        Assert.Equal(new NbmaPeer(Parse("203.0.113.51"), 7), cloud.Hub.Adjacencies[Parse("10.0.0.50")]);
    }

    [Theory]
    [InlineData("10.0.0.1", "the hub's own address")]
    [InlineData("224.0.0.5", "multicast")]
    [InlineData("10.0.0.255", "the subnet's broadcast address")]
    [InlineData("127.0.0.1", "loopback")]
    public void IllegalAddress_Registered_IsProhibited(string address, string why)
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Hub.Receive(new NbmaPeer(Parse("203.0.113.50")), NhrpBytes.Registration("203.0.113.50", "10.0.0.50", cies: [new NhrpCie { HoldTime = 60, Protocol = Parse(address) }]));
        Assert.Equal(NhrpCieCode.AdministrativelyProhibited, cloud.Net.Packets[^1].Cies[0].Code);
        Assert.True(cloud.Hub.Engine.Drops[NhrpDrop.IllegalAddress] == 1, why);
    }

    [Fact]
    public void SeveralEntries_EachIsJudgedByItself()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Hub.Receive(new NbmaPeer(Parse("203.0.113.50")), NhrpBytes.Registration("203.0.113.50", "10.0.0.50", cies:
        [
            new NhrpCie { HoldTime = 60 },
            new NhrpCie { HoldTime = 60, Protocol = Parse("10.0.0.51"), Nbma = Parse("203.0.113.50") },
            new NhrpCie { HoldTime = 60, Protocol = Parse("10.0.0.12"), Nbma = Parse("203.0.113.50") },
            new NhrpCie { HoldTime = 60, Protocol = Parse("10.2.0.0"), PrefixLength = 16 },
        ]));
        Assert.Equal(
            [NhrpCieCode.Success, NhrpCieCode.Success, NhrpCieCode.UniqueAddressRegistered, NhrpCieCode.AdministrativelyProhibited],
            cloud.Net.Packets[^1].Cies.Select(cie => cie.Code));
        Assert.Contains(Parse("10.0.0.51"), cloud.Hub.Adjacencies.Keys);
        cloud.Net.Run(61);
        Assert.DoesNotContain(Parse("10.0.0.51"), cloud.Hub.Adjacencies.Keys);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.0.0.50")]
    [InlineData("10.0.0.255")]
    public void DestinationOfAClientThatDoesNotKnowItsNhs_IsAccepted(string destination)
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Hub.Receive(new NbmaPeer(Parse("203.0.113.50")), NhrpBytes.Registration("203.0.113.50", "10.0.0.50", destination: destination));
        Assert.Equal(NhrpCieCode.Success, cloud.Net.Packets[^1].Cies[0].Code);
    }

    [Fact]
    public void CompulsoryExtension_Unknown_IsAnsweredWithError1()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Hub.Receive(new NbmaPeer(Parse("203.0.113.50")), NhrpBytes.Registration("203.0.113.50", "10.0.0.50", extra: new(0x8100, [1, 2])));
        NhrpPacket error = cloud.Net.Packets[^1];
        Assert.Equal(NhrpErrorCode.UnrecognizedExtension, error.Header.ErrorCode);
        Assert.Equal(NhrpPacketType.ErrorIndication, error.Header.Type);
        Assert.DoesNotContain(Parse("10.0.0.50"), cloud.Hub.Adjacencies.Keys);
    }

    [Fact]
    public void OptionalAndVendorExtensions_ComeBackInTheirOrder()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Hub.Receive(new NbmaPeer(Parse("203.0.113.50")), NhrpBytes.Registration("203.0.113.50", "10.0.0.50", extra: new(0x0100, [1, 2])));
        Assert.Equal([(ushort)0x8003, (ushort)0x8004, (ushort)0x8005, (ushort)0x8007, (ushort)0x0100, (ushort)0x0009, (ushort)0x8000], cloud.Net.Packets[^1].Extensions.Select(e => e.RawType));
    }

    [Fact]
    public void BehindNat_SpokeLearnsItsOutsideAddressAndTheHubKeepsBoth()
    {
        Cloud cloud = new Cloud(natA: "192.0.2.11").Settled();
        Assert.Equal(Parse("192.0.2.11"), cloud.A.Nhs.NatAddress);
        Assert.True(cloud.B.Nhs.NatAddress.IsNone);
        NhrpCacheEntryState entry = Assert.Single(cloud.Hub.Cache, state => state.Via == cloud.A.Address);
        Assert.Equal(Parse("192.0.2.11"), entry.Peer.Address);
        Assert.Equal(Parse("192.168.1.2"), entry.Claimed);
        Assert.True(entry.Flags.HasFlag(NhrpEntryFlags.Nat));
    }

    [Fact]
    public void Stop_OfASpoke_TakesItsRegistrationBackWithTheRegistrationsId()
    {
        Cloud cloud = new Cloud().Settled();
        uint id = cloud.A.Nhs.AcknowledgedId;
        // A > hub Purge Request (N)
        cloud.A.Call((engine, now, outbox) => engine.Stop(now, outbox));
        Assert.Equal(id, Assert.Single(cloud.Net.Packets).Header.RequestId);
        cloud.Net.Run(1);
        Assert.Equal(["A > hub PurgeRequest"], cloud.Net.Trace);
        Assert.DoesNotContain(cloud.A.Address, cloud.Hub.Adjacencies.Keys);
        Assert.Empty(cloud.A.Adjacencies);
        Assert.Empty(cloud.A.Wanted);
        Assert.Empty(cloud.A.Multicast);
        Assert.Empty(cloud.A.NhssUp);
        Assert.True(cloud.A.Engine.NextDeadline.IsNever);
    }

    [Fact]
    public void Purge_OfAnotherSpokesRegistration_IsNotObeyedButAnswered()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Hub.Receive(new NbmaPeer(Parse("203.0.113.50")), NhrpBytes.Purge("203.0.113.50", "10.0.0.50", "10.0.0.1", "10.0.0.11"));
        Assert.Equal(NhrpPacketType.PurgeReply, cloud.Net.Packets[^1].Header.Type);
        Assert.Contains(cloud.A.Address, cloud.Hub.Adjacencies.Keys);
        Assert.Equal(1, cloud.Hub.Engine.Drops[NhrpDrop.PurgeNotAllowed]);
    }

    [Fact]
    public void Hub_Restarts_SpokesComeBackWithoutDoingAnything()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Hub.ChangeFacts(facts => facts with { Up = false });
        Assert.Empty(cloud.Hub.Adjacencies);
        Assert.Empty(cloud.Hub.Wanted);
        cloud.Net.Run(100);
        cloud.Hub.ChangeFacts(facts => facts with { Up = true });
        cloud.Net.Run(200);
        Assert.Contains(cloud.A.Address, cloud.Hub.Adjacencies.Keys);
        Assert.Contains(cloud.B.Address, cloud.Hub.Adjacencies.Keys);
    }

    [Fact]
    public void PeerOfASpoke_IsLost_ItsMappingGoesAndTheSpokeRegistersAtOnce()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Hub.Call((engine, now, outbox) => engine.OnPeerLost(new NbmaPeer(cloud.A.Nbma), now, outbox));
        Assert.DoesNotContain(cloud.A.Address, cloud.Hub.Adjacencies.Keys);
        cloud.A.Call((engine, now, outbox) => engine.OnPeerLost(new NbmaPeer(Parse(Cloud.HubNbma)), now, outbox));
        cloud.Net.Run(0.1);
        Assert.Contains(cloud.A.Address, cloud.Hub.Adjacencies.Keys);
        Assert.Equal(NhsStatus.Up, cloud.A.Nhs.Status);
    }

    [Fact]
    public void RequesterThatWasAnswered_RegistersLater_GetsMulticastUntilItsMappingGoes()
    {
        Cloud cloud = new Cloud().Settled();
        var peer = new NbmaPeer(Parse("203.0.113.50"));
        // By way of the hub: B learns from its NHS what it would not believe of a stranger.
        cloud.Hub.Receive(peer, NhrpBytes.Resolution("203.0.113.50", "10.0.0.50", "10.1.12.5"));
        cloud.Net.Run(1);
        Assert.Equal(NhrpEntryFlags.Router | NhrpEntryFlags.Implicit, Assert.Single(cloud.B.Cache, state => state.Prefix == IpPrefix.Parse("10.0.0.50/32")).Flags);
        Assert.DoesNotContain(peer, cloud.B.Multicast);
        cloud.B.Receive(peer, NhrpBytes.Registration("203.0.113.50", "10.0.0.50", destination: "10.0.0.12"));
        Assert.Contains(peer, cloud.B.Multicast);
        cloud.Net.Run(301);
        Assert.DoesNotContain(peer, cloud.B.Multicast);
        Assert.DoesNotContain(peer, cloud.B.Wanted);
    }

    [Fact]
    public void NegativeAnswer_RouteAppears_IsForgottenAtOnce()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.A.Route("172.16.0.0/12", "10.0.0.1");
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "172.16.0.1");
        cloud.Net.Run(1);
        Assert.Contains(cloud.A.Cache, state => state.Flags == NhrpEntryFlags.Negative);
        cloud.A.Route("172.16.0.0/16", "10.0.0.1");
        Assert.DoesNotContain(cloud.A.Cache, state => state.Flags == NhrpEntryFlags.Negative);
    }
}
