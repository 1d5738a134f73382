using Dmvpn.Core;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests;

public sealed class KeepaliveTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2")]
    [InlineData("2001:db8::1", "2001:db8::2")]
    public void KeepaliveSent_ThroughThePeersReflection_ComesBackToTheProbe(string ours, string theirs)
    {
        using var a = new Rig(c => c with { Destination = Ip(theirs) }, ours);
        using var b = new Rig(c => c with { Destination = Ip(ours) }, theirs);
        using var sender = new ControlSender();

        // A → B: GRE with B's answer in it
        sender.SendKeepalive(a.Tunnel, a.Now);
        sender.Flush(a.Now);
        Datagram keepalive = Assert.Single(a.ControlPort.Sent);
        Assert.Equal((Ip(theirs), 0xC0, 255), (keepalive.Peer, keepalive.TrafficClass, keepalive.HopLimit));
        Assert.Empty(b.In(new NbmaPeer(Ip(ours)), keepalive.Bytes));

        // B → A: the answer, without a route and without the kernel
        var received = Assert.Single(b.Mail());
        Assert.Equal((ControlKind.KeepaliveReceived, new NbmaPeer(Ip(ours))), (received.Kind, received.Peer));
        sender.Reflect(b.Tunnel, received.Peer, received.Bytes, b.Now);
        sender.Flush(b.Now);
        Datagram answer = Assert.Single(b.ControlPort.Sent);
        Assert.Equal(new GreHeader(GreProtocol.KeepaliveReply, 7), Rig.Parse(answer).Header);
        a.In(new NbmaPeer(Ip(theirs)), answer.Bytes);
        Assert.Equal(ControlKind.KeepaliveReturned, Assert.Single(a.Mail()).Kind);
        Assert.Equal((1, 1), (a.Counters.ControlOut, a.Counters.ControlIn));
    }

    [Fact]
    public void Keepalive_Ipv4WithKey_IsThePeersAnswerWithinGre()
    {
        using var rig = new Rig(c => c with { Destination = Ip("192.0.2.2") });
        using var sender = new ControlSender();
        sender.SendKeepalive(rig.Tunnel, rig.Now);
        sender.Flush(rig.Now);
        byte[] expected = Convert.FromHexString("2000080000000007" + "45C0001C00000000FF2F36EF" + "C0000202C0000201" + "2000000000000007");
        Assert.Equal(expected, Assert.Single(rig.ControlPort.Sent).Bytes);
    }

    [Fact]
    public void AnswerToSomebodyElse_Received_NotReflected()
    {
        using var rig = new Rig();
        byte[] answer = Packet(Ip("192.0.2.1"), Ip("192.0.2.66"), Gre([], protocol: GreProtocol.KeepaliveReply), protocol: IpProtocol.Gre);
        rig.In(Rig.Peer2, Gre(answer, 7));
        Assert.Empty(rig.Mail());
        Assert.Equal(1, rig.Drops(DataplaneDrop.InRecursion));
    }

    [Fact]
    public void PeerSilent_AfterRetries_DownOnceAndUpWithTheFirstAnswer()
    {
        var outbox = new Outbox<KeepaliveEffect>();
        Instant start = Instant.FromSeconds(50);
        var probe = new KeepaliveProbe(Rig.Tunnel0, TimeSpan.FromSeconds(10), 3, start);
        var seen = new List<string>();
        void Tick(int second)
        {
            probe.OnDeadline(start + TimeSpan.FromSeconds(second), outbox);
            foreach (KeepaliveEffect effect in outbox.Effects) seen.Add($"{second} {effect.Kind}");
            outbox.Clear();
        }

        for (int second = 1; second <= 60; second++) Tick(second);
        Assert.Equal(["10 Send", "20 Send", "30 Send", "40 Down", "40 Send", "50 Send", "60 Send"], seen);
        Assert.False(probe.IsUp);

        probe.HandleReturned(outbox);
        Assert.Equal(KeepaliveEffectKind.Up, Assert.Single(outbox.Effects.ToArray()).Kind);
        outbox.Clear();
        probe.HandleReturned(outbox);
        Assert.True(outbox.IsEmpty);
        seen.Clear();
        for (int second = 61; second <= 99; second++) Tick(second);
        Assert.Equal(["70 Send", "80 Send", "90 Send"], seen);
        Assert.True(probe.IsUp);
    }

    [Fact]
    public void ConfigurationChanges_PeerDown_StateStaysAndPeriodIsNew()
    {
        var outbox = new Outbox<KeepaliveEffect>();
        Instant start = Instant.FromSeconds(1);
        var probe = new KeepaliveProbe(Rig.Tunnel0, TimeSpan.FromSeconds(10), 1, start);
        probe.OnDeadline(start + TimeSpan.FromSeconds(10), outbox);
        probe.OnDeadline(start + TimeSpan.FromSeconds(20), outbox);
        Assert.False(probe.IsUp);
        Instant then = start + TimeSpan.FromSeconds(21);
        probe.Apply(TimeSpan.FromSeconds(2), 5, then);
        Assert.False(probe.IsUp);
        Assert.Equal(then + TimeSpan.FromSeconds(2), probe.NextDeadline);
    }
}
