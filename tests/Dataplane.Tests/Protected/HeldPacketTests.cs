using Dmvpn.Core;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Protected;

/// <summary>Packets that wait for an SA: few, in order, and not for long.</summary>
public sealed class HeldPacketTests
{
    private static readonly NbmaPeer Member2 = new(Rig.Peer2.Address, 2);

    [Fact]
    public void SaComes_WhatWaitedLeavesFirstAndInOrder()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Agree(Member2);
        for (int i = 0; i < 3; i++) Assert.Empty(rig.Out(Numbered(i)));
        rig.Use(end);
        Assert.Equal([0, 1, 2, 3], rig.Out(Numbered(3)).ConvertAll(sent => Number(end, sent)));
        Assert.Equal((4, 0), (rig.Rig.Counters.PacketsOut, rig.Rig.Counters.Drops.Total));
        Assert.Empty(rig.Out());
    }

    [Fact]
    public void SaComes_ByUdpAndInTunnelMode_WhatWaitedGoesThatWay()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Agree(Member2, SecureRig.Cbc, udp: 4500, tunnelMode: true);
        rig.Out(Numbered(5));
        rig.Use(end);
        Assert.Empty(rig.Out());
        Assert.Equal(5, Number(end, Assert.Single(rig.Nat.Sent)));
    }

    [Fact]
    public void MoreThanMayWait_TheLaterOnesAreDropped_AndAnotherPeersAreNot()
    {
        using var rig = new SecureRig();
        rig.Rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("10.0.0.3/32"), Rig.Peer3);
        rig.Rig.Table.Publish();
        for (int i = 0; i < 100; i++) rig.Out(Numbered(i));
        rig.Out(Packet("10.0.0.1", "10.0.0.3"));
        Assert.Equal(100 - DataplaneLimits.HeldPerPeer, rig.Drops(DataplaneDrop.OutNoSa));
        FarEnd two = rig.Agree(Member2), three = rig.Agree(new NbmaPeer(Rig.Peer3.Address, 3));
        rig.Use(two);
        rig.Use(three);
        List<Datagram> sent = rig.Out();
        Assert.Equal(Enumerable.Range(0, DataplaneLimits.HeldPerPeer), sent.Where(s => s.Peer == Member2.Address).Select(s => Number(two, s)));
        Assert.NotNull(three.Open(Assert.Single(sent, s => s.Peer == Rig.Peer3.Address).Bytes));
        // There is room again.
        rig.UseNone(two);
        rig.Out([.. Enumerable.Range(0, 100).Select(Numbered)]);
        rig.Use(two);
        Assert.Equal(DataplaneLimits.HeldPerPeer, rig.Out().Count);
    }

    [Fact]
    public void ManyPeersWithoutSa_MemoryIsBounded()
    {
        using var rig = new SecureRig();
        for (int i = 0; i < 200; i++) rig.Rig.Table.SetAdjacency(Rig.Tunnel0, IpPrefix.Host(Member(i)), new NbmaPeer(IpAddress.FromIPv4(0xC633_0000 + (uint)i)));
        rig.Rig.Table.Publish();
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 200; i++) rig.Out(Packet(Ip("10.0.0.1"), Member(i), Pattern(30)));
        }
        Assert.Equal(600 - DataplaneLimits.HeldPackets, rig.Drops(DataplaneDrop.OutNoSa));
    }

    [Fact]
    public void OnePeerWaitsLong_WhileOthersComeAndGo_ItsOrderStays()
    {
        using var rig = new SecureRig();
        rig.Rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("10.0.0.3/32"), Rig.Peer3);
        rig.Rig.Table.Publish();
        FarEnd two = rig.Agree(Member2), three = rig.Agree(new NbmaPeer(Rig.Peer3.Address, 3));
        for (int i = 0; i < DataplaneLimits.HeldPerPeer; i++)
        {
            rig.Out(Numbered(i));
            for (int j = 0; j < 60 + i; j++)
            {
                rig.Out(Packet("10.0.0.1", "10.0.0.3"));
                rig.Use(three);
                Assert.Single(rig.Out());
                rig.UseNone(three);
            }
        }
        rig.Use(two);
        Assert.Equal(Enumerable.Range(0, DataplaneLimits.HeldPerPeer), rig.Out().ConvertAll(sent => Number(two, sent)));
    }

    [Fact]
    public void PacketLongerThanMayWait_IsDropped()
    {
        using var rig = new SecureRig(c => c with { Mtu = 9000 });
        rig.Out(Packet("10.0.0.1", "10.2.0.1", DataplaneLimits.HeldLength));
        Assert.Equal(1, rig.Drops(DataplaneDrop.OutNoSa));
    }

    [Fact]
    public void SaComesTooLate_WhatWaitedIsDropped_AndTheNextPacketLeaves()
    {
        using var rig = new SecureRig();
        for (int i = 0; i < 3; i++) rig.Out(Numbered(i));
        rig.Now += DataplaneLimits.HeldTime;
        rig.Out(Numbered(3));
        Assert.Equal(3, rig.Drops(DataplaneDrop.OutSaTooLate));
        FarEnd end = rig.Peer2();
        Assert.Equal([3, 4], rig.Out(Numbered(4)).ConvertAll(sent => Number(end, sent)));
    }

    [Fact]
    public void TunnelGone_WhatWaitedIsForgotten()
    {
        using var rig = new SecureRig();
        rig.Out(Numbered(0));
        rig.Rig.Table.RemoveTunnel(Rig.Tunnel0);
        rig.Rig.Table.Publish();
        rig.Peer2();
        rig.Now += DataplaneLimits.HeldTime;
        rig.Rig.Run();
        Assert.Equal(0, rig.Esp.Sent.Count + rig.SentInClear);
    }

    [Fact]
    public void PacketsOfTwoTunnels_WaitForOnePeer_EachIsCountedByItsOwn()
    {
        using var rig = new SecureRig();
        var second = new TunnelId(1);
        FakeTun tun = rig.Rig.AddTunnel(new TunnelForwarding { Tunnel = second, Key = 8, Protection = SecureRig.Protection });
        rig.Rig.Table.SetAdjacency(second, Prefix("10.8.0.2/32"), Rig.Peer2);
        rig.Rig.Table.Publish();
        rig.Out(Numbered(0));
        tun.Waiting.Enqueue(Packet("10.8.0.1", "10.8.0.2"));
        rig.Rig.Run();
        FarEnd end = rig.Peer2();
        List<byte[]> gre = rig.Out().ConvertAll(sent => end.Open(sent.Bytes)!);
        Assert.Equal([7, 8], gre.ConvertAll(bytes => (int)bytes[7]));
        Assert.Equal((1, 1), (rig.Rig.Counters.PacketsOut, rig.Rig.Table.Current.Tunnels[1].Counters.PacketsOut));
    }

    [Fact]
    public void ControlPackets_Wait_AndLeaveAheadOfLaterOnes()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Agree(Member2);
        using var control = new ControlSender(rig.Security, 1);
        for (byte i = 0; i < 10; i++) control.Send(rig.Rig.Tunnel, Rig.Peer2, GreProtocol.Nhrp, [i], rig.Now);
        control.Flush(rig.Now);
        Assert.Empty(rig.EspControl.Sent);
        Assert.Equal((10 - DataplaneLimits.HeldPerPeer, 0), (rig.Drops(DataplaneDrop.OutNoSa), rig.Rig.Counters.ControlOut));
        rig.Use(end);
        control.ReleaseHeld(rig.Rig.Table.Current, rig.Now);
        control.Send(rig.Rig.Tunnel, Rig.Peer2, GreProtocol.Nhrp, [100], rig.Now);
        control.Flush(rig.Now);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 100], rig.EspControl.Sent.ConvertAll(sent => (int)end.Open(sent.Bytes)![^1]));
        Assert.Equal((9, 0), (rig.Rig.Counters.ControlOut, rig.SentInClear));
    }

    [Fact]
    public void ControlPacketsOfAnotherSource_NotFlushedYet_GoByTheirOwnPorts()
    {
        using var rig = new SecureRig();
        var other = new TunnelId(1);
        var ports = new FakePort(Ip("192.0.2.99"));
        var source = new Underlay(Ip("192.0.2.99"), [ports], ports) { Security = new SecurityPorts([ports], ports, [ports], ports, ports, ports) };
        rig.Rig.Table.SetTunnel(new TunnelForwarding { Tunnel = other, Key = 8, Protection = 2 }, source, [new FakeTun()]);
        rig.Rig.Table.Publish();
        FarEnd there = rig.Agree(new NbmaPeer(Rig.Peer3.Address, 3), protection: 2);
        rig.Use(there);
        using var control = new ControlSender(rig.Security, 1);
        control.Send(rig.Rig.Tunnel, Rig.Peer2, GreProtocol.Nhrp, [1], rig.Now);
        control.Flush(rig.Now);
        FarEnd end = rig.Peer2();
        control.Reflect(rig.Rig.Table.Current.Tunnels[1], Rig.Peer3, [3], rig.Now);
        control.ReleaseHeld(rig.Rig.Table.Current, rig.Now);
        control.Flush(rig.Now);
        Assert.Equal(1, end.Open(Assert.Single(rig.EspControl.Sent).Bytes)![^1]);
        Assert.Equal([3], there.Open(Assert.Single(ports.Sent).Bytes));
        Assert.Equal((1, 1), (rig.Rig.Counters.ControlOut, rig.Rig.Table.Current.Tunnels[1].Counters.ControlOut));
    }

    private static IpAddress Member(int i) => IpAddress.FromIPv4(0x0A00_0000 + 50 + (uint)i);

    private static byte[] Numbered(int i) => Packet(Ip("10.0.0.1"), Ip("10.2.0.1"), [(byte)i, 0, 0, 0, 0, 0, 0, 0]);

    private static int Number(FarEnd end, Datagram sent)
    {
        byte[]? gre = end.Open(sent.Bytes);
        Assert.NotNull(gre);
        Assert.True(GreView.TryParse(gre, out GreView view, out _));
        Assert.True(IpView.TryParse(view.Payload, out IpView ip, out _));
        return ip.Payload[0];
    }
}
