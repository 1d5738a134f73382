using Dmvpn.Core;
using Dmvpn.Nhrp.Tests.Harness;
using Dmvpn.Wire.Nhrp;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Nhrp.Tests;

/// <summary>With tunnel protection: tunnel addresses belong to identities, not to NBMA addresses.</summary>
public sealed class IdentityTests
{
    private const string Spoke = "10.0.0.21";

    private static readonly NbmaPeer First = new(Parse("203.0.113.66"), 7);
    private static readonly NbmaPeer Second = new(Parse("203.0.113.66"), 8);

    [Fact]
    public void AddressOfALiveIdentity_RegisteredByAnother_IsRefusedWithCode14()
    {
        Cloud cloud = new Cloud().Settled();
        Register(cloud, First, unique: false);
        Register(cloud, Second, unique: false);
        Assert.Equal(NhrpCieCode.UniqueAddressRegistered, cloud.Net.Packets[^1].Cies[0].Code);
        Assert.Equal(1, cloud.Hub.Engine.Drops[NhrpDrop.IdentityMismatch]);
        Assert.Equal(First, cloud.Hub.Adjacencies[Parse(Spoke)]);
    }

    [Fact]
    public void AddressOfALiveIdentity_RegisteredByAnotherWithAuthorizationNone_IsTaken()
    {
        Cloud cloud = new Cloud(hub: config => config with { Authorization = NhrpAuthorization.None }).Settled();
        Register(cloud, First, unique: false);
        Register(cloud, Second, unique: false);
        Assert.Equal(Second, cloud.Hub.Adjacencies[Parse(Spoke)]);
    }

    [Fact]
    public void SpokeWithUniqueBit_MovesToAnotherAddress_KeepsItsTunnelAddress()
    {
        Cloud cloud = new Cloud().Settled();
        Register(cloud, First, unique: true);
        NbmaPeer moved = First with { Address = Parse("198.51.100.200") };
        Register(cloud, moved, unique: true);
        Assert.Equal(NhrpCieCode.Success, cloud.Net.Packets[^1].Cies[0].Code);
        Assert.Equal(moved, cloud.Hub.Adjacencies[Parse(Spoke)]);
    }

    [Fact]
    public void SpokesBehindOneAddress_Register_AreTwoPeers()
    {
        Cloud cloud = new Cloud().Settled();
        Register(cloud, First, unique: true);
        cloud.Hub.Receive(Second, NhrpBytes.Registration("192.168.1.3", "10.0.0.22"));
        Assert.Equal(First, cloud.Hub.Adjacencies[Parse(Spoke)]);
        Assert.Equal(Second, cloud.Hub.Adjacencies[Parse("10.0.0.22")]);
        Assert.Contains(First, cloud.Hub.Wanted);
        Assert.Contains(Second, cloud.Hub.Wanted);
    }

    [Fact]
    public void LostPeer_ItsAddressRegisteredByAnother_IsFree()
    {
        Cloud cloud = new Cloud().Settled();
        Register(cloud, First, unique: true);
        cloud.Hub.Call((engine, now, outbox) => engine.OnPeerLost(First, now, outbox));
        Assert.DoesNotContain(Parse(Spoke), cloud.Hub.Adjacencies.Keys);
        Register(cloud, Second, unique: true);
        Assert.Equal(Second, cloud.Hub.Adjacencies[Parse(Spoke)]);
    }

    [Theory]
    [InlineData(Spoke + "/32", true)]
    [InlineData("10.0.0.16/28", true)]
    [InlineData("10.0.0.22/32", false)]
    [InlineData(null, false)]
    public void AuthorizationCertificate_AddressRegistered_MustBeInTheCertificate(string? certified, bool accepted)
    {
        Cloud cloud = new Cloud(hub: config => config with { Authorization = NhrpAuthorization.Certificate }).Settled();
        ValueList<IpPrefix> addresses = certified is null ? [] : [IpPrefix.Parse(certified)];
        cloud.Hub.Call((engine, now, outbox) => engine.OnPeerIdentified(First, new NhrpIdentity("spoke21.example", new SiteRights(addresses, SiteRole.Unsaid, null)), now, outbox));
        Register(cloud, First, unique: true);
        Assert.Equal(accepted ? NhrpCieCode.Success : NhrpCieCode.AdministrativelyProhibited, cloud.Net.Packets[^1].Cies[0].Code);
        Assert.Equal(accepted ? 0 : 1, cloud.Hub.Engine.Drops[NhrpDrop.NotInCertificate]);
        Assert.Equal(accepted, cloud.Hub.Adjacencies.ContainsKey(Parse(Spoke)));
    }

    [Theory]
    [InlineData("10.0.0.1/32", SiteRole.Hub, NhrpAuthorization.Certificate, true)]
    [InlineData("10.0.0.1/32", SiteRole.Unsaid, NhrpAuthorization.Certificate, true)]
    [InlineData("10.0.0.66/32", SiteRole.Unsaid, NhrpAuthorization.Certificate, false)]
    [InlineData(null, SiteRole.Unsaid, NhrpAuthorization.Certificate, false)]
    [InlineData("10.0.0.66/32", SiteRole.Hub, NhrpAuthorization.Identity, false)]
    [InlineData("10.0.0.1/32", SiteRole.Spoke, NhrpAuthorization.Identity, false)]
    [InlineData(null, SiteRole.Unsaid, NhrpAuthorization.Identity, true)]
    [InlineData("198.51.100.1/32", SiteRole.Unsaid, NhrpAuthorization.Identity, true)]
    [InlineData("10.0.0.66/32", SiteRole.Spoke, NhrpAuthorization.None, true)]
    public void MemberAtTheHubsPlace_AnswersARegistration_IsServerOnlyAsItsCertificateSays(string? certified, SiteRole role, NhrpAuthorization authorization, bool accepted)
    {
        var net = new Net();
        Node spoke = net.Add("spoke", "203.0.113.11", "10.0.0.11/24", Cloud.SpokeConfig with { Authorization = authorization });
        net.Run(0.1);
        var hub = new NbmaPeer(Parse(Cloud.HubNbma), 9);
        var rights = new SiteRights(certified is null ? [] : [IpPrefix.Parse(certified)], role, null);
        spoke.Call((engine, now, outbox) => engine.OnPeerIdentified(hub, new NhrpIdentity("m.example", rights), now, outbox));
        NhrpPacket request = net.Packets.Last(packet => packet.Header.Type == NhrpPacketType.RegistrationRequest);
        spoke.Receive(hub, (request with { Header = request.Header with { Type = NhrpPacketType.RegistrationReply } }).Write());
        Assert.Equal(accepted, spoke.Nhs.Status == NhsStatus.Up);
        Assert.Equal(accepted, spoke.NhssUp.Count == 1);
        Assert.Equal(accepted ? 0 : 1, spoke.Engine.Drops[NhrpDrop.NotTheServer]);
    }

    [Fact]
    public void MemberComesFromTheHubsAddressByItself_NothingIsBoundToIt_UntilItIsWhoAnswers()
    {
        var net = new Net();
        Node spoke = net.Add("spoke", "203.0.113.11", "10.0.0.11/24", Cloud.SpokeConfig with { Authorization = NhrpAuthorization.Identity });
        IpAddress address = Parse(Cloud.HubNbma), server = Parse("10.0.0.1");
        Assert.Contains(address, spoke.Configured);
        spoke.Call((engine, now, outbox) => engine.OnAddressBound(0, new NbmaPeer(address), configured: true, now, outbox));
        var member = new NbmaPeer(address, 66);
        var hub = new NbmaPeer(address, 9);
        spoke.Call((engine, now, outbox) => engine.OnPeerIdentified(member, new NhrpIdentity("m.example", SiteRights.None), now, outbox));
        Assert.Equal(0, spoke.Adjacencies[server].Association);
        spoke.Call((engine, now, outbox) => engine.OnPeerIdentified(hub, new NhrpIdentity("hub.example", SiteRights.None), now, outbox));
        spoke.Call((engine, now, outbox) => engine.OnAddressBound(0, hub, configured: false, now, outbox));
        Assert.Equal(hub, spoke.Adjacencies[server]);
    }

    [Fact]
    public void SameIdentityAtAnotherPlace_RegistersItsAddress_IsNoOther()
    {
        Cloud cloud = new Cloud(hub: static config => config with { Authorization = NhrpAuthorization.Identity }).Settled();
        foreach (NbmaPeer place in (NbmaPeer[])[First, Second])
            cloud.Hub.Call((engine, now, outbox) => engine.OnPeerIdentified(place, new NhrpIdentity("spoke21.example", SiteRights.None), now, outbox));
        Register(cloud, First, unique: true);
        Register(cloud, Second, unique: true);
        Assert.Equal(Second, cloud.Hub.Adjacencies[Parse(Spoke)]);
        // One of another kind with the same name is another one.
        var third = new NbmaPeer(Parse("203.0.113.99"), 77);
        cloud.Hub.Call((engine, now, outbox) => engine.OnPeerIdentified(third, new NhrpIdentity("spoke21.example", SiteRights.None) { Key = "11:00" }, now, outbox));
        Register(cloud, third, unique: true);
        Assert.Equal(Second, cloud.Hub.Adjacencies[Parse(Spoke)]);
    }

    [Theory]
    [InlineData(SiteRole.Hub, true)]
    [InlineData(SiteRole.Unsaid, true)]
    [InlineData(SiteRole.Spoke, false)]
    public void MemberAtTheHubsPlace_AnswersForAServerThatIsNotNamed_ByItsRole(SiteRole role, bool accepted)
    {
        var net = new Net { Lose = static (_, _, type) => type == NhrpPacketType.RegistrationReply };
        net.Add("m", Cloud.HubNbma, "10.0.0.66/24", Cloud.HubConfig);
        NhsConfig unnamed = Cloud.SpokeConfig.Nhss[0] with { Protocol = AnyIPv4 };
        Node spoke = net.Add("spoke", "203.0.113.11", "10.0.0.11/24", Cloud.SpokeConfig with { Authorization = NhrpAuthorization.Certificate, Nhss = [unnamed] });
        net.Run(0.1);
        var hub = new NbmaPeer(Parse(Cloud.HubNbma), 9);
        spoke.Call((engine, now, outbox) => engine.OnPeerIdentified(hub, new NhrpIdentity("m.example", new SiteRights([IpPrefix.Parse("10.0.0.66/32")], role, null)), now, outbox));
        byte[] reply = net.Packets.Last(packet => packet.Header.Type == NhrpPacketType.RegistrationReply).Write();
        spoke.Receive(hub, reply);
        Assert.Equal(accepted, spoke.Nhs.Status == NhsStatus.Up);
        Assert.Equal(accepted ? 0 : 1, spoke.Engine.Drops[NhrpDrop.NotTheServer]);
    }

    [Fact]
    public void PeerThatMovedByMobike_ItsMappings_LeadToTheNewAddress()
    {
        Cloud cloud = new Cloud().Settled();
        Register(cloud, First, unique: true);
        NbmaPeer moved = First with { Address = Parse("198.51.100.200") };
        cloud.Hub.Call((engine, now, outbox) => engine.OnPeerMoved(First, moved, now, outbox));
        Assert.Equal(moved, cloud.Hub.Adjacencies[Parse(Spoke)]);
        Assert.Contains(moved, cloud.Hub.Wanted);
        Assert.DoesNotContain(First, cloud.Hub.Wanted);
    }

    [Fact]
    public void ResolvedPeerThatCannotBeHad_Unreachable_LosesItsShortcutAndIsNotAskedForAgain()
    {
        Cloud cloud = new Cloud().Settled().Talk();
        Assert.Equal("203.0.113.12", cloud.A.Path("10.1.12.5"));
        cloud.A.Call((engine, now, outbox) => engine.OnPeerUnreachable(new NbmaPeer(Parse("203.0.113.12")), now, outbox));
        Assert.Equal(Cloud.HubNbma, cloud.A.Path("10.1.12.5"));
        cloud.Net.TakeTrace();
        // While the "no" is believed no other attempt is made; later the direct way is tried again.
        cloud.Net.Run(1);
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        cloud.Net.Run(1);
        Assert.DoesNotContain("A > hub ResolutionRequest", cloud.Net.Trace);
        cloud.Net.Run(NhrpLimits.NegativeTime.TotalSeconds + 1);
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        cloud.Net.Run(1);
        Assert.Equal("203.0.113.12", cloud.A.Path("10.1.12.5"));
    }

    [Fact]
    public void RequesterThatIsAnotherIdentity_AsksInAForeignName_IsNotHeard()
    {
        Cloud cloud = new Cloud().Settled();
        Register(cloud, First, unique: true);
        cloud.Net.TakeTrace();
        cloud.Hub.Receive(Second, NhrpBytes.Packet(NhrpPacketType.ResolutionRequest, "203.0.113.66", Spoke, "10.0.0.12", NhrpFlags.Authoritative, 9,
            [new NhrpCie { HoldTime = 60 }], [NhrpBytes.Authentication("secret"), new(0x8000, [])]));
        Assert.Empty(cloud.Net.Trace);
        Assert.Equal(1, cloud.Hub.Engine.Drops[NhrpDrop.IdentityMismatch]);
    }

    private static void Register(Cloud cloud, NbmaPeer from, bool unique) =>
        cloud.Hub.Receive(from, NhrpBytes.Registration("203.0.113.66", Spoke, unique));
}
