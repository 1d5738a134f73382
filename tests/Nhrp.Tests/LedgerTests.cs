using Dmvpn.Core;
using Dmvpn.Nhrp.Tests.Harness;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp.Tests;

/// <summary>Sentences of RFC 2332 that no flow shows by itself; docs/coverage/rfc2332.md has them all.</summary>
public class LedgerTests
{
    private static readonly NhrpExtension[] Authenticated = [NhrpBytes.Authentication("secret"), new(0x8000, [])];

    [Fact]
    public void UnsolicitedPurgeReply_IsIgnored()
    {
        Cloud cloud = new Cloud().Settled().Talk();
        cloud.Net.TakeTrace();
        cloud.Net.Inject(cloud.A, IpAddress.Parse("203.0.113.12"), NhrpBytes.Packet(NhrpPacketType.PurgeReply, "203.0.113.11", "10.0.0.11", "10.0.0.12", NhrpFlags.None, 4711,
            [new NhrpCie { PrefixLength = 24, Protocol = IpAddress.Parse("10.1.12.0") }], Authenticated));
        Assert.Empty(cloud.Net.Trace);
        Assert.NotEmpty(cloud.A.Shortcuts);
        Assert.Equal(1, cloud.A.Engine.Drops[NhrpDrop.UnexpectedPurgeReply]);
    }

    [Fact]
    public void PurgeWithoutReplyWanted_IsObeyedAndNotAnswered()
    {
        Cloud cloud = new Cloud().Settled().Talk();
        cloud.Net.TakeTrace();
        cloud.Net.Inject(cloud.A, IpAddress.Parse("203.0.113.12"), NhrpBytes.Packet(NhrpPacketType.PurgeRequest, "203.0.113.12", "10.0.0.12", "10.0.0.11", NhrpFlags.PurgeNoReply, 4711,
            [new NhrpCie { PrefixLength = 24, Protocol = IpAddress.Parse("10.1.12.0") }], Authenticated));
        Assert.Empty(cloud.Net.Trace);
        Assert.Empty(cloud.A.Shortcuts);
    }

    [Theory]
    [InlineData(0x8003)]
    [InlineData(0x8005)]
    public void OwnAddressInAReplyThatPasses_IsALoop(ushort extension)
    {
        Cloud cloud = new Cloud().Settled();
        // hub's record: code 0, prefix 0, NBMA 198.51.100.1, protocol 10.0.0.1
        byte[] record = Convert.FromHexString("000000000000000004000400C63364010A000001");
        cloud.Net.Inject(cloud.Hub, IpAddress.Parse("203.0.113.12"), NhrpBytes.Packet(NhrpPacketType.ResolutionReply, "203.0.113.11", "10.0.0.11", "10.1.12.5", NhrpFlags.Authoritative, 4711,
            [new NhrpCie { HoldTime = 600, Nbma = IpAddress.Parse("203.0.113.12"), Protocol = IpAddress.Parse("10.0.0.12") }],
            [new(extension, [.. record]), NhrpBytes.Authentication("secret"), new(0x8000, [])]));
        NhrpPacket error = Assert.Single(cloud.Net.Packets);
        Assert.Equal(NhrpErrorCode.LoopDetected, error.Header.ErrorCode);
        Assert.False(error.HasExtensionPart);
        Assert.Equal("hub > B ErrorIndication", Assert.Single(cloud.Net.Trace));
    }

    [Fact]
    public void UniqueRequest_OnlyANonUniqueBindingIsThere_IsRefusedWithCode13()
    {
        Cloud cloud = new Cloud(spoke: config => config with { RegistrationUnique = false }).Settled();
        cloud.Net.Inject(cloud.Hub, IpAddress.Parse("203.0.113.11"), NhrpBytes.Resolution("203.0.113.11", "10.0.0.11", "10.0.0.12", NhrpFlags.Router | NhrpFlags.Unique));
        NhrpCie nak = Assert.Single(cloud.Net.Packets[^1].Cies);
        Assert.Equal((NhrpCieCode.BindingNotUnique, (ushort)0), (nak.Code, nak.HoldTime));
    }

    [Fact]
    public void ReplyWithSeveralEntries_TheHighestPreferenceIsUsed()
    {
        Cloud cloud = new Cloud(phase2: true).Settled();
        cloud.Net.Lose = static (_, _, type) => type == NhrpPacketType.ResolutionRequest;
        cloud.A.Unresolved("10.0.0.12");
        uint id = cloud.Net.Packets[^1].Header.RequestId;
        NhrpCie Entry(byte preference, string nbma) =>
            new() { Preference = preference, HoldTime = 600, Nbma = IpAddress.Parse(nbma), Protocol = IpAddress.Parse("10.0.0.12") };
        cloud.Net.Inject(cloud.A, IpAddress.Parse(Cloud.HubNbma), NhrpBytes.Packet(NhrpPacketType.ResolutionReply, "203.0.113.11", "10.0.0.11", "10.0.0.12", NhrpFlags.Authoritative, id,
            [Entry(3, "203.0.113.1"), Entry(9, "203.0.113.2"), Entry(9, "203.0.113.3"), Entry(5, "203.0.113.4")], Authenticated));
        Assert.Equal("203.0.113.2", cloud.A.Adjacencies[IpAddress.Parse("10.0.0.12")].Address.ToString());
    }

    [Fact]
    public void NoRoomToRememberARequester_IsRefusedWithCode5()
    {
        Cloud cloud = new Cloud().Settled();
        var outbox = new Outbox<NhrpEffect>();
        var arrival = new NhrpArrival(cloud.B.Key, new NbmaPeer(IpAddress.Parse(Cloud.HubNbma)), cloud.B.Nbma);
        for (uint i = 0; i <= NhrpLimits.MaximumRequesters; i++)
        {
            outbox.Clear();
            byte[] request = NhrpBytes.Resolution("203.0.113.11", IpAddress.FromIPv4(0x0AC00000 + i).ToString(), "10.1.12.5", NhrpFlags.Authoritative);
            cloud.B.Engine.HandlePacket(arrival, request, cloud.Net.Now, outbox);
        }
        Assert.True(NhrpPacket.TryParse(outbox.Bytes(outbox.Effects[^1].Bytes), out NhrpPacket? reply, out _));
        NhrpCie nak = Assert.Single(reply.Cies);
        Assert.Equal(NhrpCieCode.InsufficientResources, nak.Code);
    }

    [Fact]
    public void RequesterThatIsNotStable_IsNotRemembered_StableOneOnlyForItsOwnTime()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Net.Inject(cloud.Hub, IpAddress.Parse("203.0.113.66"), NhrpBytes.Resolution("203.0.113.66", "10.0.0.66", "10.1.12.5", NhrpFlags.Authoritative));
        cloud.Net.Run(1);
        Assert.DoesNotContain(IpAddress.Parse("10.0.0.66"), cloud.B.Adjacencies.Keys);
        cloud.Net.Inject(cloud.Hub, IpAddress.Parse("203.0.113.66"), NhrpBytes.Resolution("203.0.113.66", "10.0.0.66", "10.1.12.5", NhrpFlags.Authoritative | NhrpFlags.SourceStable));
        cloud.Net.Run(1);
        Assert.Contains(IpAddress.Parse("10.0.0.66"), cloud.B.Adjacencies.Keys);

        // Not for authoritative use, and not for any other: a request for the requester is not answered from it.
        cloud.Net.Packets.Clear();
        cloud.Net.Inject(cloud.B, IpAddress.Parse(Cloud.HubNbma), NhrpBytes.Resolution("203.0.113.11", "10.0.0.11", "10.0.0.66", NhrpFlags.Router));
        Assert.Equal(NhrpCieCode.NoBinding, Assert.Single(cloud.Net.Packets[^1].Cies).Code);
        cloud.Net.Run(601);
        Assert.DoesNotContain(IpAddress.Parse("10.0.0.66"), cloud.B.Adjacencies.Keys);
    }

    [Fact]
    public void ReplyThatPasses_GetsTheTransitNhssRecord_WithCodeAndPrefixLengthZero()
    {
        Cloud cloud = new Cloud(natA: "192.0.2.11").Settled();
        // A > hub > B Resolution Request, B > hub > A Resolution Reply (A is behind NAT)
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        cloud.Net.Run(1);
        NhrpPacket reply = cloud.Net.Packets[cloud.Net.Trace.IndexOf("hub > A ResolutionReply")];
        foreach ((NhrpExtensionType type, string station) in ((NhrpExtensionType, string)[])
            [(NhrpExtensionType.ForwardTransitNhs, "10.0.0.1"), (NhrpExtensionType.ReverseTransitNhs, "10.0.0.1"), (NhrpExtensionType.ResponderAddress, "10.0.0.12")])
        {
            NhrpCie record = RecordOf(reply, type);
            Assert.Equal((NhrpCieCode.Success, (byte)0, station), (record.Code, record.PrefixLength, record.Protocol.Ip.ToString()));
            Assert.False(record.Nbma.IsEmpty);
        }
    }

    [Fact]
    public void AnswerFromTheCache_HasTheAnsweringStationAsResponder()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Net.Inject(cloud.Hub, IpAddress.Parse("203.0.113.11"), NhrpBytes.Resolution("203.0.113.11", "10.0.0.11", "10.0.0.12", NhrpFlags.Router));
        Assert.Equal("10.0.0.12", Assert.Single(cloud.Net.Packets[^1].Cies).Protocol.Ip.ToString());
        Assert.Equal("10.0.0.1", RecordOf(cloud.Net.Packets[^1], NhrpExtensionType.ResponderAddress).Protocol.Ip.ToString());
    }

    [Fact]
    public void PurgeRequest_NamesThePurgedAddress_TheRestOfItsEntryIsZero()
    {
        Cloud cloud = new Cloud().Settled().Talk();
        cloud.Net.TakeTrace();
        cloud.B.NoRoute("10.1.12.0/24");
        NhrpPacket purge = Assert.Single(cloud.Net.Packets);
        Assert.Equal(new NhrpCie { PrefixLength = 24, Protocol = NhrpAddress.Explicit(IpAddress.Parse("10.1.12.0")) }, Assert.Single(purge.Cies));
    }

    [Fact]
    public void OwnErrorIndication_ThatComesBack_IsDroppedQuietly()
    {
        Cloud cloud = new Cloud().Settled();
        cloud.Net.Inject(cloud.Hub, IpAddress.Parse("203.0.113.11"), NhrpBytes.Resolution("203.0.113.11", "10.0.0.11", "10.1.12.5", hop: 0));
        NhrpPacket error = Assert.Single(cloud.Net.Packets);
        cloud.Net.TakeTrace();
        cloud.Net.Inject(cloud.Hub, IpAddress.Parse("203.0.113.11"), error.Write());
        Assert.Empty(cloud.Net.Trace);
        Assert.Equal(1, cloud.Hub.Engine.Drops[NhrpDrop.Loop]);
    }

    private static NhrpCie RecordOf(NhrpPacket packet, NhrpExtensionType type)
    {
        Assert.True(NhrpView.TryParse(packet.Write(), out NhrpView view, out _));
        Assert.True(view.TryGetExtension(type, out NhrpExtensionView extension));
        Assert.True(extension.TryGetCies(out NhrpCieList records));
        Assert.True(records.MoveNext());
        return records.Current.ToCie();
    }
}
