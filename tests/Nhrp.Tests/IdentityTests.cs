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
