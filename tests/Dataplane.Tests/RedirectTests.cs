using Dmvpn.Core;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests;

/// <summary>The hub: 10.3.0.0/16 is behind spoke 10.0.0.3, and spoke 10.0.0.2 sends to it by way of the hub.</summary>
public sealed class RedirectTests
{
    private static readonly byte[] Turning = Packet("10.2.0.1", "10.3.0.1");

    private static Rig Hub(Func<TunnelForwarding, TunnelForwarding>? change = null)
    {
        var rig = new Rig(c => (change ?? (same => same))(c with { Redirect = true, NetworkId = 1 }));
        rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("10.0.0.3/32"), Rig.Peer3);
        rig.Table.SetRoute(Rig.Tunnel0, Prefix("10.3.0.0/16"), [Ip("10.0.0.3")]);
        rig.Table.SetBestRoute(Prefix("10.0.0.0/24"), Rig.Tunnel0);
        rig.Table.SetBestRoute(Prefix("10.2.0.0/16"), Rig.Tunnel0);
        rig.Table.SetBestRoute(Prefix("10.3.0.0/16"), Rig.Tunnel0);
        rig.Table.SetBestRoute(Prefix("10.3.9.0/24"), null);
        rig.Table.Publish();
        return rig;
    }

    [Fact]
    public void PacketRoutedBackIntoTheTunnel_FromSpoke_DeliveredAndReportedWithItsHead()
    {
        using Rig rig = Hub();
        Assert.Single(rig.In(Rig.Peer2, Gre(Turning, 7)));
        var mail = Assert.Single(rig.Mail());
        Assert.Equal((ControlKind.TrafficTurnedAround, Rig.Peer2, Ip("10.3.0.1")), (mail.Kind, mail.Peer, mail.Address));
        Assert.Equal(Turning, mail.Bytes);
    }

    [Theory]
    [InlineData("10.3.9.1")]      // a longer prefix leads elsewhere
    [InlineData("10.1.0.1")]      // no route at all
    [InlineData("10.0.0.1")]      // the hub itself
    [InlineData("224.0.0.10")]
    [InlineData("10.2.0.9")]      // back to the sender
    public void PacketThatDoesNotTurnToAnotherSpoke_NotReported(string destination)
    {
        using Rig rig = Hub();
        Assert.Single(rig.In(Rig.Peer2, Gre(Packet("10.2.0.1", destination), 7)));
        Assert.Empty(rig.Mail());
    }

    [Fact]
    public void AnotherPeerWithTheSameInnerAddresses_KeepsNoIndicationFromTheirOwner()
    {
        using Rig rig = Hub();
        var liar = new NbmaPeer(Ip("192.0.2.66"));
        for (int i = 0; i < 5; i++) rig.In(liar, Gre(Turning, 7));
        Assert.Equal(liar, Assert.Single(rig.Mail()).Peer);
        rig.In(Rig.Peer2, Gre(Turning, 7));
        Assert.Equal(Rig.Peer2, Assert.Single(rig.Mail()).Peer);
    }

    [Fact]
    public void FloodOfFlowsFromOnePeer_OthersAreToldAllTheSame()
    {
        using Rig rig = Hub();
        var liar = new NbmaPeer(Ip("192.0.2.66"));
        int told = 0;
        for (int i = 0; i < 20 * DataplaneLimits.EventsPerSecond; i++)
        {
            rig.Now += TimeSpan.FromTicks(TimeSpan.TicksPerSecond / (10 * DataplaneLimits.EventsPerSecond));
            rig.In(liar, Gre(Packet($"10.2.{i >> 8 & 255}.{i & 255}", "10.3.0.1"), 7));
            told += rig.Mail().Count;
        }
        Assert.InRange(told, DataplaneLimits.RedirectsPerPeer, 4 * DataplaneLimits.RedirectsPerPeer);
        rig.In(Rig.Peer2, Gre(Packet("10.2.0.1", "10.3.0.7"), 7));
        Assert.Equal(Rig.Peer2, Assert.Single(rig.Mail()).Peer);
    }

    [Fact]
    public void SameSourceAndDestination_WithinInterval_ReportedOnce()
    {
        using Rig rig = Hub();
        for (int i = 0; i < 5; i++) rig.In(Rig.Peer2, Gre(Turning, 7));
        Assert.Single(rig.Mail());
        rig.In(Rig.Peer2, Gre(Packet("10.2.0.2", "10.3.0.1"), 7));
        Assert.Single(rig.Mail());
        rig.Now += TimeSpan.FromSeconds(8);
        rig.In(Rig.Peer2, Gre(Turning, 7));
        Assert.Single(rig.Mail());
    }

    [Fact]
    public void RedirectOff_NotReported()
    {
        using Rig rig = Hub(c => c with { Redirect = false });
        rig.In(Rig.Peer2, Gre(Turning, 7));
        Assert.Empty(rig.Mail());
    }

    [Theory]
    [InlineData(1u, 1)]
    [InlineData(2u, 0)]
    [InlineData(null, 0)]
    public void LeavesByAnotherTunnel_OfTheSameNetworkOrNot_ReportedOrNot(uint? network, int expected)
    {
        using Rig rig = Hub();
        rig.AddTunnel(new TunnelForwarding { Tunnel = new TunnelId(1), Key = 8, NetworkId = network });
        rig.Table.SetBestRoute(Prefix("10.4.0.0/16"), new TunnelId(1));
        rig.Table.Publish();
        rig.In(Rig.Peer2, Gre(Packet("10.2.0.1", "10.4.0.1"), 7));
        Assert.Equal(expected, rig.Mail().Count);
    }

    [Fact]
    public void FloodOfFlows_OneInstant_EventsAreBounded()
    {
        using Rig rig = Hub();
        for (int i = 0; i < 5000; i++) rig.Port.Waiting.Enqueue(new Datagram(Rig.Peer2.Address, Gre(Packet("10.2.0.1", $"10.3.{1 + i / 200}.{i % 200}"), 7)));
        rig.Run();
        Assert.InRange(rig.Mail().Count, 1, DataplaneLimits.EventBurst);
    }

    [Fact]
    public void RouteMovesAway_AfterPublication_NoLongerReported()
    {
        using Rig rig = Hub();
        rig.In(Rig.Peer2, Gre(Turning, 7));
        rig.Mail();
        rig.Table.RemoveBestRoute(Prefix("10.3.0.0/16"));
        rig.Table.Publish();
        rig.Now += TimeSpan.FromSeconds(60);
        rig.In(Rig.Peer2, Gre(Turning, 7));
        Assert.Empty(rig.Mail());
    }
}
