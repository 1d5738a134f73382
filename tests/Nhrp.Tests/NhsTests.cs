using Dmvpn.Core;
using Dmvpn.Nhrp.Tests.Harness;
using Dmvpn.Wire.Nhrp;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Nhrp.Tests;

public sealed class NhsTests
{
    private readonly Net _net = new();

    [Fact]
    public void Cluster_OneConnection_UsesTheBestAndFallsBackAfterTheFallbackTime()
    {
        Node best = Hub(1), second = Hub(2);
        Node spoke = Spoke(new NhrpConfig { NetworkId = 1, HoldTime = TimeSpan.FromSeconds(60), Nhss = [Nhs(2, priority: 5), Nhs(1, priority: 1)], Clusters = [new NhsClusterConfig(0, 1)], NhsFallback = TimeSpan.FromSeconds(30) });
        _net.Run(2);
        Assert.Equal([Parse("10.0.0.1")], spoke.NhssUp);
        Assert.Equal([NhsStatus.Up, NhsStatus.Waiting], spoke.Engine.Nhss(false).Select(nhs => nhs.Status));
        Assert.InRange(spoke.Nhs.NextRegistration.Since(_net.Now), TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.True(spoke.Engine.Nhss(false).Last().NextRegistration.IsNever);
        Assert.DoesNotContain(Parse("10.0.0.2"), spoke.Adjacencies.Keys);
        _net.Unplug(best);
        _net.Run(40);
        Assert.Equal([Parse("10.0.0.2")], spoke.NhssUp);
        Assert.Contains(spoke.Address, second.Adjacencies.Keys);
        _net.Route(best);
        for (int i = 0; i < 65 && !spoke.NhssUp.Contains(Parse("10.0.0.1")); i++) _net.Run(1);
        _net.Run(28);
        Assert.Equal(2, spoke.NhssUp.Count);
        _net.Run(3);
        Assert.Equal([Parse("10.0.0.1")], spoke.NhssUp);
        Assert.DoesNotContain(spoke.Address, second.Adjacencies.Keys);
    }

    [Fact]
    public void NoCluster_AllServersAreUsed()
    {
        Hub(1);
        Hub(2);
        Node spoke = Spoke(new NhrpConfig { NetworkId = 1, Nhss = [Nhs(2), Nhs(1)] });
        _net.Run(2);
        Assert.Equal(2, spoke.NhssUp.Count);
    }

    [Fact]
    public void Name_IsResolvedAndAnotherAddressIsTriedWhenItFails()
    {
        Hub(1);
        Node spoke = Spoke(new NhrpConfig { NetworkId = 1, Nhss = [new NhsConfig { Protocol = Parse("10.0.0.1"), NbmaName = "hub.example.net" }] });
        Assert.Equal(["hub.example.net"], spoke.Names);
        Assert.Equal(NhsStatus.Unresolved, spoke.Nhs.Status);
        spoke.Call((engine, now, outbox) => engine.OnNameResolved(spoke.Key, "hub.example.net", [], TimeSpan.Zero, now, outbox));
        _net.Run(6);
        Assert.Equal(2, spoke.Names.Count);
        Resolve(spoke, "198.51.100.200", "198.51.100.1");
        _net.Run(2);
        Assert.Equal(NhsStatus.Probing, spoke.Nhs.Status);
        _net.Run(10);
        Assert.True(spoke.Names.Count >= 3);
        Resolve(spoke, "198.51.100.200", "198.51.100.1");
        _net.Run(1);
        Assert.Equal(NhsStatus.Up, spoke.Nhs.Status);
        Assert.Equal(Parse("198.51.100.1"), spoke.Nhs.Nbma);
        Assert.Equal([new NbmaPeer(Parse("198.51.100.1"))], spoke.Wanted);
    }

    [Theory]
    [InlineData("priority")]
    [InlineData("multicast")]
    [InlineData("cluster")]
    [InlineData("hold time")]
    public void Reload_NamedServerChanges_StaysUpWithoutALookUp(string what)
    {
        Hub(1);
        var nhs = new NhsConfig { Protocol = Parse("10.0.0.1"), NbmaName = "hub.example.net", Multicast = true };
        Node spoke = Spoke(new NhrpConfig { NetworkId = 1, Nhss = [nhs] });
        Resolve(spoke, "198.51.100.1");
        _net.Run(1);
        Assert.Single(spoke.NhssUp);
        int asked = spoke.Names.Count;
        spoke.Reconfigure(config => what switch
        {
            "priority" => config with { Nhss = [nhs with { Priority = 7 }] },
            "multicast" => config with { Nhss = [nhs with { Multicast = false }] },
            "cluster" => config with { Nhss = [nhs with { Cluster = 3 }] },
            _ => config with { HoldTime = TimeSpan.FromSeconds(90) },
        });
        Assert.Single(spoke.NhssUp);
        Assert.Equal(what == "multicast" ? 0 : 1, spoke.Multicast.Count);
        _net.Run(5);
        Assert.Single(spoke.NhssUp);
        Assert.Equal(asked, spoke.Names.Count);
    }

    [Fact]
    public void Reload_OtherServerBehindTheSameName_IsRegisteredWithoutALookUp()
    {
        Hub(1);
        var nhs = new NhsConfig { Protocol = Parse("10.0.0.9"), NbmaName = "hub.example.net" };
        Node spoke = Spoke(new NhrpConfig { NetworkId = 1, Nhss = [nhs] });
        Resolve(spoke, "198.51.100.1");
        _net.Run(1);
        spoke.Reconfigure(config => config with { Nhss = [nhs with { Protocol = Parse("10.0.0.1") }] });
        _net.Run(1);
        Assert.Equal([Parse("10.0.0.1")], spoke.NhssUp);
    }

    [Fact]
    public void AssociationComesUp_ServerThatDidNotAnswerIsAskedAtOnce()
    {
        Node hub = Hub(1);
        _net.Unplug(hub);
        Node spoke = Spoke(new NhrpConfig { NetworkId = 1, Nhss = [Nhs(1)] });
        _net.Run(600);
        Assert.Equal(NhsStatus.Down, spoke.Nhs.Status);
        for (int i = 0; i < 80 && spoke.Nhs.NextRegistration.Since(_net.Now) < TimeSpan.FromSeconds(5); i++) _net.Run(0.1);
        _net.Route(hub);
        spoke.Call((engine, now, outbox) =>
            engine.OnPeerIdentified(new NbmaPeer(Parse("198.51.100.1")), new NhrpIdentity("hub", SiteRights.None), now, outbox));
        _net.Run(1);
        Assert.Equal(NhsStatus.Up, spoke.Nhs.Status);
    }

    [Fact]
    public void NhsDynamic_LearnsTheServersAddressFromTheReply()
    {
        Hub(1);
        Node spoke = Spoke(new NhrpConfig { NetworkId = 1, Nhss = [new NhsConfig { Nbma = Parse("198.51.100.1"), Multicast = true }] });
        Assert.Equal(spoke.Address, _net.Packets[^1].Header.DestinationProtocol.Ip);
        Assert.Equal("0014", Convert.ToHexString(BitConverter.GetBytes((short)_net.Packets[^1].Extensions[^2].Value.Length).Reverse().ToArray()));
        _net.Run(1);
        Assert.Equal(Parse("10.0.0.1"), spoke.Nhs.Address);
        Assert.Equal(Parse("10.0.0.1"), _net.Packets.Last(p => p.Header.Type == NhrpPacketType.RegistrationReply).Header.DestinationProtocol.Ip);
        Assert.True(spoke.Nhs.Dynamic);
        Assert.Equal(Parse("198.51.100.1"), spoke.Adjacencies[Parse("10.0.0.1")].Address);
        Assert.Single(spoke.Multicast);
    }

    [Fact]
    public void NhsWithoutNbma_TakesItFromAStaticMap()
    {
        Hub(1);
        Node spoke = Spoke(new NhrpConfig { NetworkId = 1, Maps = [new NhrpStaticMap(IpPrefix.Parse("10.0.0.1/32"), Parse("198.51.100.1"))], Nhss = [new NhsConfig { Protocol = Parse("10.0.0.1") }] });
        _net.Run(1);
        Assert.Equal(NhsStatus.Up, spoke.Nhs.Status);
    }

    [Fact]
    public void RegistrationDelay_IsKept()
    {
        Hub(1);
        Spoke(new NhrpConfig { NetworkId = 1, RegistrationDelay = TimeSpan.FromSeconds(5), Nhss = [Nhs(1)] });
        _net.Run(4.9);
        Assert.Empty(_net.Trace);
        _net.Run(0.2);
        Assert.NotEmpty(_net.Trace);
    }

    [Fact]
    public void RegistrationTimeout_SetsTheTimeBetweenRegistrations()
    {
        Hub(1);
        Spoke(new NhrpConfig { NetworkId = 1, RegistrationTimeout = TimeSpan.FromSeconds(20), Nhss = [Nhs(1)] });
        _net.Run(205);
        Assert.InRange(_net.Trace.Count(line => line == "spoke > hub1 RegistrationRequest"), 11, 13);
    }

    [Fact]
    public void Reload_OneServerMore_TouchesNothingElse()
    {
        Hub(1);
        Hub(2);
        Node spoke = Spoke(new NhrpConfig { NetworkId = 1, Nhss = [Nhs(1)], Maps = [new NhrpStaticMap(IpPrefix.Parse("10.0.0.77/32"), Parse("192.0.2.77"))] });
        _net.Run(1);
        uint id = spoke.Nhs.RequestId;
        _net.TakeTrace();
        spoke.Reconfigure(config => config with { Nhss = [Nhs(1), Nhs(2)] });
        _net.Run(1);
        Assert.Equal(["spoke > hub2 RegistrationRequest", "hub2 > spoke RegistrationReply"], _net.Trace);
        Assert.Equal(id, spoke.Nhs.RequestId);
        Assert.Contains(Parse("10.0.0.77"), spoke.Adjacencies.Keys);
        _net.TakeTrace();
        spoke.Reconfigure(config => config with { Maps = [] });
        Assert.DoesNotContain(Parse("10.0.0.77"), spoke.Adjacencies.Keys);
        Assert.Empty(_net.Trace);
        spoke.Reconfigure(config => config with { Nhss = [Nhs(2)] });
        Assert.Equal(["spoke > hub1 PurgeRequest"], _net.Trace);
    }

    [Fact]
    public void Reload_NetworkIdTaken_EverythingGoes()
    {
        Hub(1);
        Node spoke = Spoke(new NhrpConfig { NetworkId = 1, Nhss = [Nhs(1)], MulticastMaps = [Parse("192.0.2.5")] });
        _net.Run(1);
        Assert.Single(spoke.Multicast);
        spoke.Call((engine, now, outbox) => Assert.True(engine.TryApply(spoke.Key, null, now, outbox)));
        Assert.Empty(spoke.Adjacencies);
        Assert.Empty(spoke.Multicast);
        Assert.Empty(spoke.Wanted);
        Assert.True(spoke.Engine.NextDeadline.IsNever);
        Assert.Empty(spoke.Cache);
    }

    [Fact]
    public void Reload_AuthenticationTooLong_ChangesNothing()
    {
        Node spoke = Spoke(new NhrpConfig { NetworkId = 1 });
        spoke.Call((engine, now, outbox) => Assert.False(engine.TryApply(spoke.Key, new NhrpConfig { NetworkId = 1, Authentication = "123456789" }, now, outbox)));
    }

    [Fact]
    public void MappedNetwork_GivesANextHopItsMappingWithoutAsking()
    {
        Node spoke = Spoke(new NhrpConfig { NetworkId = 1, Maps = [new NhrpStaticMap(IpPrefix.Parse("10.0.0.64/26"), Parse("192.0.2.77"))] });
        spoke.Unresolved("10.0.0.70");
        Assert.Equal(Parse("192.0.2.77"), spoke.Adjacencies[Parse("10.0.0.70")].Address);
        Assert.Empty(_net.Trace);
        spoke.Reconfigure(config => config with { Maps = [] });
        Assert.Empty(spoke.Adjacencies);
    }

    [Fact]
    public void MulticastDynamic_Switched_RegisteredClientsFollow()
    {
        Node hub = Hub(1);
        Spoke(new NhrpConfig { NetworkId = 1, Nhss = [Nhs(1)] });
        _net.Run(1);
        Assert.Single(hub.Multicast);
        hub.Reconfigure(config => config with { MulticastDynamic = false });
        Assert.Empty(hub.Multicast);
        hub.Reconfigure(config => config with { MulticastDynamic = true });
        Assert.Single(hub.Multicast);
    }

    [Fact]
    public void TunnelAddressChanges_OldOneIsPurgedAndTheNewOneRegisteredAtOnce()
    {
        Node hub = Hub(1);
        Node spoke = Spoke(new NhrpConfig { NetworkId = 1, Nhss = [Nhs(1)] });
        _net.Run(1);
        spoke.ChangeFacts(facts => facts with { Addresses = [new(Parse("10.0.0.12"), 24)] });
        _net.Run(0.1);
        Assert.Equal([Parse("10.0.0.12")], hub.Adjacencies.Keys);
    }

    private Node Hub(int number) => _net.Add($"hub{number}", $"198.51.100.{number}", $"10.0.0.{number}/24", new NhrpConfig { NetworkId = 1 });

    private Node Spoke(NhrpConfig config) => _net.Add("spoke", "203.0.113.11", "10.0.0.11/24", config);

    private static NhsConfig Nhs(int number, byte priority = 0) => new() { Protocol = Parse($"10.0.0.{number}"), Nbma = Parse($"198.51.100.{number}"), Priority = priority };

    private static void Resolve(Node node, params string[] addresses) =>
        node.Call((engine, now, outbox) => engine.OnNameResolved(node.Key, "hub.example.net", Array.ConvertAll(addresses, text => Parse(text)), TimeSpan.FromSeconds(60), now, outbox));
}
