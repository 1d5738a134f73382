using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>One identity at several places: each is an association of its own, and none pushes another out.</summary>
public sealed class PlacesTests
{
    private static readonly DpdConfig Dpd = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), Periodic: true);

    private readonly Net _net = new();

    [Fact]
    public void TwoTunnelsOfOneRouter_OneIdentity_BothSessionsLive()
    {
        Node hub = Add("H", "192.0.2.9", "h"), first = Add("A", "192.0.2.1", "s"), second = Add("B", "198.51.100.1", "s");
        first.Want(hub);
        second.Want(hub);
        // The second knows of the first, as two sources of one router do: it does not say INITIAL_CONTACT.
        _net.Rewrite = WithoutInitialContact(second);
        _net.Run(300);
        Assert.Equal(2, hub.Peers.Count);
        Assert.Equal(2, hub.Peers.Values.Select(peer => peer.Nbma.Address).Distinct().Count());
        Assert.DoesNotContain(hub.Events, line => line.StartsWith("down", StringComparison.Ordinal));
        foreach (DataPeer peer in hub.Peers.Values) Assert.True(hub.SendTo(peer));
        _net.Run(1);
        Assert.Equal((1, 1), (first.Received, second.Received));
    }

    [Fact]
    public void HubWithTwoAddresses_OneIdentity_EachTargetHasItsOwnAssociation()
    {
        Node first = Add("H", "192.0.2.9", "h"), second = Add("G", "192.0.2.10", "h"), spoke = Add("S", "192.0.2.1", "s");
        spoke.Want(first);
        spoke.Want(second);
        _net.Run(120);
        Assert.Equal(2, spoke.Peers.Count);
        Assert.NotEqual(spoke.Bound[first.Address], spoke.Bound[second.Address]);
        Assert.DoesNotContain(spoke.Events, line => line.StartsWith("down", StringComparison.Ordinal));
        // One goes: the other is not touched.
        _net.Unplug(first);
        _net.Run(60);
        Assert.False(spoke.Bound.ContainsKey(first.Address));
        Assert.True(spoke.SendTo(spoke.Peers[spoke.Bound[second.Address]]));
        _net.Plug(first);
        _net.Run(60);
        Assert.Equal(2, spoke.Bound.Count);
    }

    [Fact]
    public void PeerComesBackFromAnotherAddress_WithInitialContact_KeepsItsAssociation()
    {
        Node hub = Add("H", "192.0.2.9", "h"), spoke = Add("S", "192.0.2.1", "s");
        spoke.Want(hub);
        _net.Run(1);
        int association = hub.Peer.Nbma.Association;
        spoke.MoveQuietly("192.0.2.77");
        spoke.Crash();
        spoke.MoveTo("192.0.2.77");
        spoke.Want(hub);
        _net.Run(5);
        Assert.Equal(new NbmaPeer(spoke.Address, association), hub.Peer.Nbma);
    }

    [Fact]
    public void PeerWantedByItsAssociation_EndsInGoodOrder_IsReleasedOnceItIsDown()
    {
        Node hub = Add("H", "192.0.2.9", "h"), spoke = Add("S", "192.0.2.1", "s");
        spoke.Want(hub);
        _net.Run(1);
        NbmaPeer registered = hub.Peer.Nbma;
        hub.Want(registered.Address, registered.Association);
        spoke.Call((engine, now, outbox) => engine.Stop(now, outbox));
        _net.Unplug(spoke);
        _net.Run(0.1);
        Assert.Empty(hub.Peers);
        // NHRP hears that it is down, and lets go of it: by then the association is on its way to be called again.
        hub.Release(registered.Address, registered.Association);
        _net.Run(300);
        Assert.Empty(hub.Engine.Sas());
        Assert.Empty(hub.Engine.Peers());
    }

    [Fact]
    public void OneIdentityFromEverywhere_HasFewPlaces()
    {
        Node hub = Add("H", "192.0.2.9", "h");
        _net.Rewrite = packet => WithoutInitialContact(packet.From)(packet);
        for (int i = 1; i <= 20; i++)
        {
            Node copy = Add($"C{i}", $"198.51.100.{i}", "s");
            copy.Want(hub);
            _net.Run(5);
        }
        Assert.Equal(IkeLimits.MaximumPlacesPerIdentity, hub.Peers.Count);
    }

    [Fact]
    public void TwoUplinksBehindOneNat_ThePortTellsThemApart()
    {
        var nat = new NatBox("203.0.113.5");
        Node hub = Add("H", "192.0.2.9", "h"), first = Add("A", "10.0.0.1", "s", nat), second = Add("B", "10.0.0.2", "s", nat);
        first.Want(hub);
        second.Want(hub);
        _net.Rewrite = WithoutInitialContact(second);
        _net.Run(120);
        Assert.Equal(2, hub.Peers.Count);
        foreach (DataPeer peer in hub.Peers.Values) Assert.True(hub.SendTo(peer));
        _net.Run(1);
        Assert.Equal((1, 1), (first.Received, second.Received));
    }

    private Node Add(string name, string address, string identity, NatBox? nat = null) => _net.Add(name, address, Configs.SharedKey(identity) with { Dpd = Dpd }, nat);

    private Func<Packet, byte[]> WithoutInitialContact(Node node) => packet => packet.From == node && packet is { IsIke: true, Exchange: IkeExchangeType.Auth, IsResponse: false }
        ? _net.Text.Rewrite(packet.Bytes, static list => [.. list.Where(payload => payload.Notify != IkeNotifyType.InitialContact)]) : packet.Bytes;
}
