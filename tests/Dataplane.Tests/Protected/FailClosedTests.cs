using CsCheck;
using Dmvpn.Core;
using Dmvpn.Wire.Gre;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Protected;

/// <summary>A tunnel with protection sends nothing but ESP and takes nothing else, whatever is missing.</summary>
public sealed class FailClosedTests
{
    [Fact]
    public void NoSa_PacketsOfEveryKind_NothingLeaves()
    {
        using var rig = new SecureRig();
        rig.Rig.Table.AddMulticast(Rig.Tunnel0, Rig.Peer3);
        rig.Rig.Table.Publish();
        using var control = new ControlSender(rig.Security, 1);
        rig.Out(Packet("10.0.0.1", "10.2.0.1"), Packet("fd00::1", "fd02::1"), Packet("10.0.0.1", "224.0.0.5"), Syn("10.0.0.1", "10.0.0.2", 1460));
        control.Send(rig.Rig.Tunnel, Rig.Peer3, GreProtocol.Nhrp, Pattern(80), rig.Now);
        control.Send(rig.Rig.Tunnel, new NbmaPeer(Rig.Peer3.Address, 9), GreProtocol.Nhrp, Pattern(80), rig.Now);
        control.Replicate(rig.Rig.Tunnel, GreProtocol.Cdp, Pattern(80), rig.Now);
        control.Reflect(rig.Rig.Tunnel, Rig.Peer3, Gre(Pattern(4), 7, protocol: GreProtocol.KeepaliveReply), rig.Now);
        control.Flush(rig.Now);
        Assert.Equal(0, rig.SentInClear + rig.Esp.Sent.Count + rig.Nat.Sent.Count + rig.EspControl.Sent.Count + rig.NatControl.Sent.Count);
        Assert.Equal(5, rig.Drops(DataplaneDrop.OutNoSa));
    }

    [Fact]
    public void NoSecurityTable_ControlPacket_IsDropped()
    {
        using var rig = new SecureRig();
        using var control = new ControlSender();
        control.Send(rig.Rig.Tunnel, Rig.Peer2, GreProtocol.Nhrp, Pattern(80), rig.Now);
        control.Flush(rig.Now);
        Assert.Equal((0, 1), (rig.SentInClear, rig.Drops(DataplaneDrop.OutNoSa)));
    }

    [Fact]
    public void PointToPointTunnel_Keepalive_LeavesByTheSaOnly()
    {
        using var rig = new SecureRig(c => c with { Destination = Rig.Peer2.Address });
        using var control = new ControlSender(rig.Security, 1);
        control.SendKeepalive(rig.Rig.Tunnel, rig.Now);
        control.Flush(rig.Now);
        Assert.Equal((0, 0), (rig.SentInClear, rig.EspControl.Sent.Count));
        FarEnd end = rig.Peer2();
        control.SendKeepalive(rig.Rig.Tunnel, rig.Now);
        control.Flush(rig.Now);
        byte[] gre = end.Open(Assert.Single(rig.EspControl.Sent).Bytes)!;
        Assert.True(GreView.TryParse(gre, out GreView view, out _));
        Assert.Equal((0, GreProtocol.Ipv4), (rig.SentInClear, view.Protocol));
    }

    [Fact]
    public void SourceWithoutSecurityPorts_SealedPackets_AreThrownAway()
    {
        using var rig = new SecureRig();
        rig.Peer2();
        rig.Rig.Underlay.Security = null;
        rig.Out(Packet("10.0.0.1", "10.2.0.1"));
        Assert.Equal((0, 1), (rig.SentInClear, rig.Drops(DataplaneDrop.OutNoUnderlay)));
    }

    [Theory]
    [InlineData(GreProtocol.Ipv4)]
    [InlineData(GreProtocol.Nhrp)]
    [InlineData(GreProtocol.Cdp)]
    [InlineData(GreProtocol.KeepaliveReply)]
    public void GreInClear_ForAProtectedTunnel_IsDroppedAndCounted(GreProtocol protocol)
    {
        using var rig = new SecureRig();
        rig.Peer2();
        byte[] payload = protocol == GreProtocol.Ipv4 ? Packet("10.2.0.1", "10.0.0.1") : Pattern(60);
        Assert.Empty(rig.Rig.In(Rig.Peer2, Gre(payload, 7, protocol: protocol)));
        // The log is told of it; nothing that it carries goes to an engine.
        Assert.All(rig.Rig.Mail(), mail => Assert.Equal(ControlKind.GreRefused, mail.Kind));
        Assert.Equal((1, 0, 0), (rig.Drops(DataplaneDrop.InCleartext), rig.Rig.Counters.PacketsIn, rig.Rig.Counters.ControlIn));
    }

    [Fact]
    public void SaOfAnotherProtection_IntoThisTunnel_IsDroppedAndCounted()
    {
        using var rig = new SecureRig();
        FarEnd stranger = rig.Agree(new NbmaPeer(Rig.Peer2.Address, 3), protection: 2);
        Assert.Empty(rig.In(stranger, Gre(Packet("10.2.0.1", "10.0.0.1"), 7)));
        Assert.Empty(rig.In(stranger, Gre(Pattern(60), 7, protocol: GreProtocol.Nhrp)));
        Assert.Empty(rig.Rig.Mail());
        Assert.Equal(2, rig.Drops(DataplaneDrop.InWrongProtection));
    }

    [Fact]
    public void Sa_IntoATunnelWithoutProtection_IsDropped()
    {
        using var rig = new SecureRig();
        FakeTun open = rig.Rig.AddTunnel(new TunnelForwarding { Tunnel = new TunnelId(1), Key = 8, Addresses = [Ip("10.8.0.1")] });
        FarEnd end = rig.Peer2();
        rig.In(end, Gre(Packet("10.8.0.2", "10.8.0.1"), 8));
        Assert.Empty(open.Written);
        Assert.Equal(1, rig.Rig.Table.Current.Tunnels[1].Counters.Drops[DataplaneDrop.InWrongProtection]);
    }

    [Fact]
    public void TwoTunnelsOfOneProtection_EachByItsKey_GetTheirPackets()
    {
        using var rig = new SecureRig();
        FakeTun other = rig.Rig.AddTunnel(new TunnelForwarding { Tunnel = new TunnelId(1), Key = 8, Addresses = [Ip("10.8.0.1")], Protection = SecureRig.Protection });
        FarEnd end = rig.Peer2();
        Assert.Single(rig.In(end, Gre(Packet("10.2.0.1", "10.0.0.1"), 7)));
        Assert.Empty(rig.In(end, Gre(Packet("10.8.0.2", "10.8.0.1"), 8)));
        Assert.Single(other.Written);
    }

    [Fact]
    public void PacketsThatWait_ProtectionIsAnotherOneMeanwhile_AreDropped()
    {
        using var rig = new SecureRig();
        rig.Out(Packet("10.0.0.1", "10.2.0.1"));
        rig.Rig.Table.SetTunnel(rig.Rig.Config with { Protection = 2 }, rig.Rig.Underlay, [rig.Rig.Tun]);
        rig.Rig.Table.Publish();
        rig.Peer2();
        rig.Now += DataplaneLimits.HeldTime;
        Assert.Empty(rig.Out());
        Assert.Equal((0, 1), (rig.SentInClear, rig.Drops(DataplaneDrop.OutSaTooLate)));
    }

    [Fact]
    public void PacketsThatWait_ProtectionIsTakenAway_DoNotLeaveInClearNorByTheOldSa()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Agree(new NbmaPeer(Rig.Peer2.Address, 2));
        Adjacency before = Assert.IsType<Adjacency>(rig.Rig.Table.TryGetAdjacency(Rig.Tunnel0, Prefix("10.0.0.2/32"), out Adjacency? adjacency) ? adjacency : null);
        // Somebody else keeps the old protection's peer alive: the shared tunnel.
        rig.Security.Acquire(SecureRig.Protection, Rig.Peer2);
        rig.Out(Packet("10.0.0.1", "10.2.0.1"));
        rig.Rig.Table.SetTunnel(rig.Rig.Config with { Protection = null }, rig.Rig.Underlay, [rig.Rig.Tun]);
        rig.Rig.Table.Publish();
        rig.Use(end);
        Assert.NotNull(before.Security!.Outbound);
        Assert.Empty(rig.Out());
        Assert.Equal((0, 1), (rig.SentInClear, rig.Drops(DataplaneDrop.OutNoSa)));
    }

    [Fact]
    public void AnyOrderOfEvents_NothingInClearLeavesOrComesIn() => Gen.Int[0, 11].Array[1, 120].Sample(steps =>
    {
        using var rig = new SecureRig();
        using var control = new ControlSender(rig.Security, 1);
        var ends = new List<FarEnd>();
        int protection = SecureRig.Protection;
        foreach (int step in steps)
        {
            switch (step)
            {
                case 0:
                    ends.Add(rig.Peer2(ends.Count % 2 == 0 ? SecureRig.Gcm : SecureRig.Cbc, udp: (ushort)(ends.Count % 3 * 1000)));
                    break;
                case 1 when ends.Count > 0:
                    rig.UseNone(ends[^1]);
                    break;
                case 2 when ends.Count > 0:
                    rig.UseNone(ends[^1]);
                    rig.Security.Remove(ends[^1].Ours.Spi, rig.Rig.Table.Current.Version);
                    rig.Rig.Table.Touch();
                    rig.Rig.Table.Publish();
                    break;
                case 3:
                    protection = 3 - protection;
                    rig.Rig.Table.SetTunnel(rig.Rig.Config with { Protection = protection }, rig.Rig.Underlay, [rig.Rig.Tun]);
                    rig.Rig.Table.Publish();
                    break;
                case 4:
                    rig.Rig.Table.RemoveAdjacency(Rig.Tunnel0, Prefix("10.0.0.2/32"));
                    rig.Rig.Table.AddMulticast(Rig.Tunnel0, Rig.Peer2);
                    rig.Rig.Table.Publish();
                    break;
                case 5:
                    rig.Rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("10.0.0.2/32"), Rig.Peer2);
                    rig.Rig.Table.Publish();
                    break;
                case 6:
                    rig.Now += TimeSpan.FromSeconds(3);
                    control.ReleaseHeld(rig.Rig.Table.Current, rig.Now);
                    break;
                case 7:
                    control.Send(rig.Rig.Tunnel, Rig.Peer2, GreProtocol.Nhrp, Pattern(99), rig.Now);
                    control.Replicate(rig.Rig.Tunnel, GreProtocol.Cdp, Pattern(50), rig.Now);
                    control.Flush(rig.Now);
                    break;
                case 8:
                    rig.Out(Packet("10.0.0.1", "224.0.0.5"), Packet("10.0.0.1", "10.2.0.1", 2000), Packet("fd00::1", "fd02::1"));
                    break;
                case 9:
                    Assert.Empty(rig.Rig.In(Rig.Peer2, Gre(Packet("10.2.0.1", "10.0.0.1"), 7)));
                    break;
                case 10 when ends.Count > 0:
                    bool mayPass = protection == SecureRig.Protection && rig.Security.TryFind(ends[^1].Ours.Spi, out _);
                    Assert.Equal(mayPass ? 1 : 0, rig.In(ends[^1], Gre(Packet("10.2.0.1", "10.0.0.1"), 7)).Count);
                    break;
                default:
                    rig.Out(Packet("10.0.0.1", "10.2.0.1"), Packet("10.0.0.1", "10.2.0.2"));
                    break;
            }
            Assert.Equal(0, rig.SentInClear);
            foreach (Datagram sent in rig.Esp.Sent.Concat(rig.Nat.Sent).Concat(rig.EspControl.Sent).Concat(rig.NatControl.Sent))
            {
                uint spi = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(sent.Bytes);
                Assert.Contains(ends, end => end.FromUs.Spi == spi);
            }
        }
    }, iter: 300);
}
