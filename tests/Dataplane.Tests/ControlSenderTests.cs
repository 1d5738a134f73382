using Dmvpn.Core;
using Dmvpn.Wire.Gre;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests;

public sealed class ControlSenderTests
{
    [Fact]
    public void NhrpPackets_Sent_LeaveAtFlushInOneCallAsIosSendsThem()
    {
        using var rig = new Rig();
        using var sender = new ControlSender();
        sender.Send(rig.Tunnel, Rig.Peer2, GreProtocol.Nhrp, Pattern(108), rig.Now);
        sender.Send(rig.Tunnel, Rig.Peer3, GreProtocol.Nhrp, Pattern(109), rig.Now);
        Assert.Empty(rig.ControlPort.Sent);
        sender.Flush(rig.Now);
        Assert.Equal([Rig.Peer2.Address, Rig.Peer3.Address], rig.ControlPort.Sent.ConvertAll(s => s.Peer));
        Datagram sent = rig.ControlPort.Sent[1];
        Assert.Equal((1, 0xC0, 255), (sent.Call, sent.TrafficClass, sent.HopLimit));
        Assert.Equal(Gre(Pattern(109), 7, protocol: GreProtocol.Nhrp), sent.Bytes);
        Assert.Equal((2, 0), (rig.Counters.ControlOut, rig.Counters.PacketsOut));
        sender.Flush(rig.Now);
        Assert.Equal(2, rig.ControlPort.Sent.Count);
    }

    [Fact]
    public void MorePacketsThanABatch_OverTwoTunnels_AllLeaveInOrder()
    {
        using var rig = new Rig();
        rig.AddTunnel(new TunnelForwarding { Tunnel = new TunnelId(1), Key = 8 });
        using var sender = new ControlSender();
        for (int i = 0; i < 300; i++) sender.Send(rig.Table.Current.Tunnels[i / 100 % 2], Rig.Peer2, GreProtocol.Cdp, [(byte)i, (byte)(i >> 8)], rig.Now);
        sender.Flush(rig.Now);
        Assert.Equal(300, rig.ControlPort.Sent.Count);
        for (int i = 0; i < 300; i++)
        {
            GreView gre = Rig.Parse(rig.ControlPort.Sent[i]);
            Assert.Equal((i / 100 % 2 == 0 ? 7u : 8u, i), (gre.Key!.Value, gre.Payload[0] | gre.Payload[1] << 8));
        }
    }

    [Fact]
    public void Replicate_ManyMulticastPeers_EachGetsOne()
    {
        using var rig = new Rig();
        for (uint i = 0; i < 1000; i++) rig.Table.AddMulticast(Rig.Tunnel0, new NbmaPeer(IpAddress.FromIPv4(i + 1)));
        rig.Table.Publish();
        using var sender = new ControlSender();
        sender.Replicate(rig.Tunnel, GreProtocol.Cdp, Pattern(80), rig.Now);
        sender.Flush(rig.Now);
        Assert.Equal(1000, rig.ControlPort.Sent.Select(s => s.Peer).Distinct().Count());
        Assert.All(rig.ControlPort.Sent, s => Assert.Equal(Gre(Pattern(80), 7, protocol: GreProtocol.Cdp), s.Bytes));
    }

    [Fact]
    public void NoSourceAddress_OrTooLong_DroppedAndCounted()
    {
        using var rig = new Rig();
        using var sender = new ControlSender();
        sender.Send(rig.Tunnel, Rig.Peer2, GreProtocol.Nhrp, new byte[65530], rig.Now);
        Assert.Equal(1, rig.Drops(DataplaneDrop.OutTooBig));
        rig.Table.SetTunnel(rig.Config, null, [rig.Tun]);
        rig.Table.Publish();
        sender.Send(rig.Tunnel, Rig.Peer2, GreProtocol.Nhrp, Pattern(50), rig.Now);
        sender.SendKeepalive(rig.Tunnel, rig.Now);
        sender.Flush(rig.Now);
        Assert.Equal(1, rig.Drops(DataplaneDrop.OutNoUnderlay));
        Assert.Empty(rig.ControlPort.Sent);
    }
}
