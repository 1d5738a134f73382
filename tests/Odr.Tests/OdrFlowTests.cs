using Dmvpn.Core;
using Dmvpn.Wire.Cdp;
using static Dmvpn.Odr.Tests.OdrNetwork;

namespace Dmvpn.Odr.Tests;

/// <summary>The flows of On-Demand Routing between a hub and its stubs, in virtual time.</summary>
public sealed class OdrFlowTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void SpokeComes_HubAndSpoke_LearnRoutesAtOnce()
    {
        var net = new OdrNetwork();
        OdrNetwork.Router hub = net.Add(1, Hub());
        OdrNetwork.Router spoke = net.Add(2, Stub(2), "192.168.2.0/24", "172.20.2.1/32");
        // S2 --> H  { Hello, ODR: 192.168.2.0/24, 172.20.2.1/32 }
        Assert.Equal(["172.20.2.1/32 via 10.0.0.2 [160/1]", "192.168.2.0/24 via 10.0.0.2 [160/1]"], hub.Routes);
        Assert.Empty(spoke.Routes);

        // NHRP has registered S2:    H --> S2  { Hello, ODR: default gateway 10.0.0.1 }
        net.Do(1, (hub, _, outbox) => hub.OnPeerUp(Tunnel, Nbma(2), outbox));
        Assert.Equal(["0.0.0.0/0 via 10.0.0.1 [160/1]"], spoke.Routes);
        Assert.Equal("1 -> 2 180", net.Log[^1]);
    }

    [Fact]
    public void Steady_ForHours_NothingChangesAndHellosFollowTheTimer()
    {
        var net = new OdrNetwork();
        net.Add(1, Hub());
        net.Add(2, Stub(2), "192.168.2.0/24");
        net.Advance(60 * Second);
        net.Log.Clear();
        string[] hubRoutes = net[1].Routes, spokeRoutes = net[2].Routes;
        Assert.Single(hubRoutes);
        Assert.Single(spokeRoutes);
        net.Advance(3600 * Second);
        Assert.Equal(hubRoutes, net[1].Routes);
        Assert.Equal(spokeRoutes, net[2].Routes);
        Assert.InRange(net.Log.Count(line => line == "2 -> 1 180"), 60, 67); // every 54-60 s
    }

    [Fact]
    public void PrefixesChange_HubFollows_WithoutTouchingTheOthers()
    {
        var net = new OdrNetwork();
        OdrNetwork.Router hub = net.Add(1, Hub());
        net.Add(2, Stub(2), "192.168.2.0/24", "192.168.22.0/24");
        net.Advance(5 * Second);
        // S2 --> H  { ODR: 192.168.22.0/24, 192.168.222.0/24 }
        net.Do(2, (spoke, now, outbox) => spoke.OnConnectedPrefixes([IpPrefix.Parse("192.168.22.0/24"), IpPrefix.Parse("192.168.222.0/24")], now, outbox));
        Assert.Equal(["192.168.22.0/24 via 10.0.0.2 [160/1]", "192.168.222.0/24 via 10.0.0.2 [160/1]"], hub.Routes);
        // S2 --> H  { no ODR }: the last prefix is gone
        net.Advance(5 * Second);
        net.Do(2, (spoke, now, outbox) => spoke.OnConnectedPrefixes([], now, outbox));
        Assert.Empty(hub.Routes);
        Assert.Single(hub.Engine.Neighbors(net.Now));
    }

    [Fact]
    public void PrefixFlaps_ManyTimesInASecond_OneHelloIsSent()
    {
        var net = new OdrNetwork();
        net.Add(1, Hub());
        net.Add(2, Stub(2), "192.168.2.0/24");
        net.Advance(5 * Second);
        net.Log.Clear();
        for (int i = 0; i < 50; i++)
        {
            ValueList<IpPrefix> prefixes = i % 2 == 0 ? [] : [IpPrefix.Parse("192.168.2.0/24")];
            net.Do(2, (spoke, now, outbox) => spoke.OnConnectedPrefixes(prefixes, now, outbox));
        }
        net.Advance(3 * Second);
        Assert.Equal(2, net.Log.Count(line => line == "2 -> 1 180")); // one at once, one a second later with the outcome
        Assert.Single(net[1].Routes);
    }

    [Fact]
    public void SpokeCrashes_Hub_InvalidatesAt180AndForgetsAt240()
    {
        var net = new OdrNetwork();
        OdrNetwork.Router hub = net.Add(1, Hub());
        net.Add(2, Stub(2), "192.168.2.0/24");
        Instant heard = net.Now;
        net.Crash(2);
        net.Advance(179 * Second);
        Assert.Single(hub.Routes);
        Assert.Single(hub.Engine.Neighbors(net.Now));
        net.Advance(heard + 180 * Second - net.Now);
        Assert.Empty(hub.Routes);
        Assert.Empty(hub.Engine.Neighbors(net.Now));
        Assert.True(Assert.Single(hub.Engine.Sources(net.Now)).IsInvalid);
        net.Advance(60 * Second);
        Assert.Empty(hub.Engine.Sources(net.Now));
        Assert.Equal(0, hub.Engine.NeighborCount);
    }

    [Fact]
    public void SpokeCrashes_WithAShortHoldTime_LeavesTheNeighborTableBeforeItsRoutesGo()
    {
        var net = new OdrNetwork();
        OdrNetwork.Router hub = net.Add(1, Hub());
        OdrConfig stub = Stub(2);
        net.Add(2, stub with { Cdp = stub.Cdp with { Timer = 5 * Second, HoldTime = 15 * Second } }, "192.168.2.0/24");
        net.Crash(2);
        net.Advance(16 * Second);
        Assert.Empty(hub.Engine.Neighbors(net.Now));
        Assert.Single(hub.Routes);
        net.Advance(165 * Second);
        Assert.Empty(hub.Routes);
    }

    [Fact]
    public void SpokeShortensItsHoldTime_Hub_LetsItExpireEarlier()
    {
        var net = new OdrNetwork();
        OdrNetwork.Router hub = net.Add(1, Hub());
        OdrConfig stub = Stub(2);
        net.Add(2, stub, "192.168.2.0/24");
        net.Advance(2 * Second);
        // S2 --> H  { Hello, time to live 15 }
        net.Do(2, (spoke, now, outbox) => spoke.Apply(stub with { Cdp = stub.Cdp with { HoldTime = 15 * Second } }, now, outbox));
        net.Crash(2);
        net.Advance(14 * Second);
        Assert.Single(hub.Engine.Neighbors(net.Now));
        net.Advance(2 * Second);
        Assert.Empty(hub.Engine.Neighbors(net.Now));
    }

    [Fact]
    public void SpokeReturns_InHoldDown_IsNotUsedUntilItIsOver()
    {
        var net = new OdrNetwork();
        var timers = new OdrTimersConfig { Invalid = 20 * Second, HoldDown = 100 * Second, Flush = 300 * Second };
        OdrNetwork.Router hub = net.Add(1, Hub(new RouterOdrConfig { Timers = timers }));
        OdrConfig stub = Stub(2);
        stub = stub with { Cdp = stub.Cdp with { Timer = 5 * Second } };
        net.Add(2, stub, "192.168.2.0/24");
        net.Crash(2);
        net.Advance(21 * Second);
        Assert.Empty(hub.Routes);
        net.Add(2, stub, "192.168.2.0/24");
        Assert.Empty(hub.Routes);
        Assert.True(hub.Engine.Drops[OdrDrop.HeldDown] > 0);
        net.Advance(90 * Second);
        Assert.Empty(hub.Routes);
        net.Advance(15 * Second);
        Assert.Single(hub.Routes);
    }

    [Fact]
    public void NhrpLosesThePeer_Hub_ForgetsItsRoutesAtOnce()
    {
        var net = new OdrNetwork();
        OdrNetwork.Router hub = net.Add(1, Hub());
        net.Add(2, Stub(2), "192.168.2.0/24");
        net.Add(3, Stub(3), "192.168.3.0/24");
        net.Do(1, (engine, _, outbox) => engine.OnPeerLost(Tunnel, Address(2), Nbma(9), outbox)); // an address it had before it moved
        Assert.Equal(2, hub.Routes.Length);
        net.Do(1, (engine, _, outbox) => engine.OnPeerLost(Tunnel, Address(2), Nbma(2), outbox));
        Assert.Equal(["192.168.3.0/24 via 10.0.0.3 [160/1]"], hub.Routes);
        Assert.Equal(1, hub.Engine.NeighborCount);
    }

    [Fact]
    public void SpokeEnds_Orderly_HubForgetsItAtOnce()
    {
        var net = new OdrNetwork();
        OdrNetwork.Router hub = net.Add(1, Hub());
        net.Add(2, Stub(2), "192.168.2.0/24");
        // S2 --> H  { Hello, time to live 0 }
        net.Do(2, (spoke, _, outbox) => spoke.Withdraw(outbox));
        Assert.Equal("2 -> 1 0", net.Log[^1]);
        Assert.Empty(hub.Routes);
        Assert.Equal(0, hub.Engine.NeighborCount);
    }

    [Fact]
    public void HubRestarts_WithoutAWord_LearnsAllAgainAndSpokesKeepTheirDefault()
    {
        var net = new OdrNetwork();
        net.Add(1, Hub());
        for (int spoke = 2; spoke < 12; spoke++) net.Add(spoke, Stub(spoke), $"192.168.{spoke}.0/24");
        net.Advance(120 * Second);
        Assert.Equal(10, net[1].Routes.Length);
        net.Crash(1);
        net.Advance(20 * Second);
        // H --> S  { Hello, long before its time }
        // H <-- S  { Hello, the answer }
        net.Add(1, Hub());
        net.Advance(1 * Second);
        Assert.Equal(10, net[1].Routes.Length);
        for (int spoke = 2; spoke < 12; spoke++) Assert.Single(net[spoke].Routes);
        int hellos = net.Log.Count;
        net.Advance(20 * Second); // answers are not answered
        Assert.InRange(net.Log.Count - hellos, 0, 5);
        net.Advance(60 * Second);
        Assert.Equal(10, net[1].Routes.Length);
        for (int spoke = 2; spoke < 12; spoke++) Assert.Single(net[spoke].Routes);
    }

    [Fact]
    public void RouterOdrConfiguredAway_Reload_RoutesGoAndComeBackWithoutAHello()
    {
        var net = new OdrNetwork();
        OdrNetwork.Router hub = net.Add(1, Hub());
        net.Add(2, Stub(2), "192.168.2.0/24");
        net.Advance(2 * Second);
        net.Do(1, (engine, now, outbox) => engine.Apply(Hub() with { Router = null, HasRoutingProtocol = true }, now, outbox));
        Assert.Empty(hub.Routes);
        Assert.Empty(net[2].Routes); // H --> S2 { no ODR }
        net.Do(1, (engine, now, outbox) => engine.Apply(Hub(new RouterOdrConfig { Distance = 99 }), now, outbox));
        Assert.Equal(["192.168.2.0/24 via 10.0.0.2 [99/1]"], hub.Routes);
        net.Do(1, (engine, now, outbox) => engine.Apply(Hub(new RouterOdrConfig { Distance = 98 }), now, outbox));
        Assert.Equal(["192.168.2.0/24 via 10.0.0.2 [98/1]"], hub.Routes);
    }

    [Fact]
    public void CdpDisabled_OnTheTunnel_SaysGoodbyeAndDropsWhatComes()
    {
        var net = new OdrNetwork();
        OdrNetwork.Router hub = net.Add(1, Hub());
        net.Add(2, Stub(2), "192.168.2.0/24");
        net.Advance(2 * Second);
        OdrConfig off = Hub() with { Tunnels = [Hub().Tunnels[0] with { Enabled = false }] };
        net.Do(1, (engine, now, outbox) => engine.Apply(off, now, outbox));
        Assert.Equal("1 -> 2 0", net.Log[^1]);
        Assert.Empty(hub.Routes);
        Assert.Empty(net[2].Routes);
        net.Advance(70 * Second);
        Assert.True(hub.Engine.Drops[OdrDrop.CdpDisabled] > 0);
        Assert.Equal(0, hub.Engine.NeighborCount);
    }

    [Fact]
    public void TunnelDown_Hub_ForgetsItsNeighborsAndIsSilent()
    {
        var net = new OdrNetwork();
        OdrNetwork.Router hub = net.Add(1, Hub());
        net.Add(2, Stub(2), "192.168.2.0/24");
        net.Do(1, (engine, now, outbox) => engine.OnTunnel(Tunnel, false, now, outbox));
        Assert.Empty(hub.Routes);
        Assert.True(hub.Engine.NextDeadline > net.Now);
        net.Log.Clear();
        net.Advance(100 * Second);
        Assert.DoesNotContain("1 -> 2 180", net.Log);
        net.Do(1, (engine, now, outbox) => engine.OnTunnel(Tunnel, true, now, outbox));
        Assert.Equal("1 -> 2 180", net.Log[^1]);
    }

    [Fact]
    public void RouterWithAnotherProtocol_IsNoStub_AndSaysNoPrefixes()
    {
        var net = new OdrNetwork();
        OdrNetwork.Router hub = net.Add(1, Hub());
        OdrNetwork.Router other = net.Add(2, Stub(2) with { HasRoutingProtocol = true }, "192.168.2.0/24");
        net.Advance(60 * Second);
        Assert.Empty(hub.Routes);
        Assert.Empty(other.Routes);
        Assert.True(other.Engine.Drops[OdrDrop.NotStub] > 0);
        CdpNeighborState state = Assert.Single(hub.Engine.Neighbors(net.Now));
        Assert.Empty(state.OdrPrefixes);
    }

    [Fact]
    public void TwoHubs_OneStub_HasTwoDefaults()
    {
        var net = new OdrNetwork();
        net.Add(1, Hub());
        OdrNetwork.Router spoke = net.Add(2, Stub(2), "192.168.2.0/24");
        net.Advance(60 * Second);
        byte[] second = new CdpPacket { TimeToLive = 180, Tlvs = [CdpTlv.OdrGateway(Address(7))] }.ToBytes();
        net.Do(2, (engine, now, outbox) => engine.HandleCdp(new OdrArrival(Tunnel, Nbma(7), Address(7)) { IsServer = true }, second, now, outbox));
        Assert.Equal(["0.0.0.0/0 via 10.0.0.1 [160/1]", "0.0.0.0/0 via 10.0.0.7 [160/1]"], spoke.Routes);
    }
}
