using Dmvpn.Core;
using Dmvpn.Wire.Ike;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Protected;

/// <summary>UDP 500 and 4500 (RFC 3948): IKE, ESP and keepalives told apart; and where a peer behind a NAT is.</summary>
public sealed class NatPortTests
{
    private static readonly IpAddress Stranger = Ip("203.0.113.5");
    private static readonly byte[] Inner = Packet("10.2.0.1", "10.0.0.1");

    [Fact]
    public void BehindFourZeros_OnPort4500_IsIkeWithoutThem()
    {
        using var rig = new SecureRig();
        byte[] message = Pattern(200);
        rig.In(Stranger, [0, 0, 0, 0, .. message], udp: 40_000);
        var mail = Assert.Single(Rig.Mail(rig.Rig.IkeMailbox));
        Assert.Equal((ControlKind.Ike, new NbmaPeer(Stranger), rig.Rig.Underlay.LocalAddress), (mail.Kind, mail.Peer, mail.Address));
        Assert.Equal(new SecurityEnvelope(0, IkeSpec.NatPort, 40_000, 0), SecurityEnvelope.Read(mail.Bytes));
        Assert.Equal(message, mail.Bytes[SecurityEnvelope.Length..]);
        Assert.Equal(0, rig.Rig.Underlay.Drops.Total);
    }

    [Fact]
    public void OnPort500_AllIsIkeAsItIs_EvenBehindZeros()
    {
        using var rig = new SecureRig();
        byte[] message = [0, 0, 0, 0, .. Pattern(60)];
        rig.Ike.Waiting.Enqueue(new Datagram(Stranger, message, Port: 501));
        rig.Rig.Run();
        var mail = Assert.Single(Rig.Mail(rig.Rig.IkeMailbox));
        Assert.Equal(new SecurityEnvelope(0, IkeSpec.Port, 501, 0), SecurityEnvelope.Read(mail.Bytes));
        Assert.Equal(message, mail.Bytes[SecurityEnvelope.Length..]);
    }

    [Fact]
    public void EspOnPort500_IsNotTaken()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(udp: 4500);
        rig.Ike.Waiting.Enqueue(new Datagram(end.Peer.Address, end.Seal(Gre(Inner, 7)), Port: 500));
        rig.Rig.Run();
        Assert.Empty(rig.Rig.Tun.Written);
        Assert.Equal(0, end.Ours.Packets);
    }

    [Fact]
    public void OneOctet0xFF_IsAKeepalive_AndSaysNothing()
    {
        using var rig = new SecureRig();
        rig.In(Stranger, [0xFF], udp: 40_000);
        Assert.Equal(0, rig.Rig.Underlay.Drops.Total);
        Assert.Empty(Rig.Mail(rig.Rig.IkeMailbox));
        // By protocol 50 it is just too short; and so is another octet.
        rig.In(Stranger, [0xFF]);
        rig.In(Stranger, [0xFE], udp: 40_000);
        rig.In(Stranger, [0, 0, 0], udp: 40_000);
        Assert.Equal(3, rig.Drops(DataplaneDrop.InMalformedEsp));
    }

    [Fact]
    public void SpiZero_ByProtocol50_IsNoIke()
    {
        using var rig = new SecureRig();
        rig.In(Stranger, new byte[40]);
        Assert.Equal(1, rig.Drops(DataplaneDrop.InUnknownSpi));
        Assert.DoesNotContain(Rig.Mail(rig.Rig.IkeMailbox), mail => mail.Kind == ControlKind.Ike);
    }

    [Fact]
    public void IkeMailboxFull_OrMessageTooLong_IsCounted_AndEspGoesOn()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2();
        rig.In(Stranger, [0, 0, 0, 0, .. Pattern(DataplaneLimits.LongestIkeMessage + 1)], udp: 4500);
        Assert.Equal(1, rig.Drops(DataplaneDrop.InIkeMailboxFull));
        Assert.Empty(Rig.Mail(rig.Rig.IkeMailbox));
        for (int i = 0; i < 100; i++) rig.In(Stranger, [0, 0, 0, 0, .. Pattern(1000)], udp: 4500);
        Assert.InRange(rig.Drops(DataplaneDrop.InIkeMailboxFull), 30, 60);
        Assert.Single(rig.In(end, Gre(Inner, 7)));
    }

    [Theory]
    [InlineData("192.0.2.2", 5000)]
    [InlineData("198.51.100.7", 4500)]
    public void GoodPacket_FromElsewhere_IsReportedAndDelivered(string from, ushort port)
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(udp: 4500);
        Assert.Single(rig.In(Ip(from), end.Seal(Gre(Inner, 7)), port));
        Assert.Single(rig.In(Ip(from), end.Seal(Gre(Inner, 7)), port));
        var mail = Assert.Single(rig.Rig.Mail());
        Assert.Equal((ControlKind.EndpointChanged, new NbmaPeer(Ip(from))), (mail.Kind, mail.Peer));
        Assert.Equal(new SecurityEnvelope(0, IkeSpec.NatPort, port, end.Ours.Spi), SecurityEnvelope.Read(mail.Bytes));
        // IKE did not follow: a second later it hears of it again.
        rig.Now += DataplaneLimits.UnresolvedInterval;
        rig.In(Ip(from), end.Seal(Gre(Inner, 7)), port);
        Assert.Single(rig.Rig.Mail());
    }

    [Fact]
    public void PacketFromElsewhere_ForgedReplayedOrLate_IsNotReported()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(udp: 4500);
        byte[] late = end.Seal(Gre(Inner, 7)), latest = end.Seal(Gre(Inner, 7)), forged = end.Seal(Gre(Inner, 7));
        forged[^1] ^= 1;
        Assert.Single(rig.In(end.Peer.Address, latest, 4500));
        Assert.Empty(rig.In(Stranger, forged, 4500));
        Assert.Empty(rig.In(Stranger, latest, 4500));
        Assert.Single(rig.In(Stranger, late, 4500));
        Assert.Empty(rig.Rig.Mail());
    }

    [Fact]
    public void PeerMoved_NothingMoreIsReported_AndPacketsToItFollow()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(udp: 4500);
        rig.In(Stranger, end.Seal(Gre(Inner, 7)), 5001);
        rig.Rig.Mail();
        end.Ours.Path = end.FromUs.Path = end.Ours.Path with { Remote = Stranger, RemotePort = 5001 };
        rig.Now += DataplaneLimits.UnresolvedInterval;
        Assert.Single(rig.In(Stranger, end.Seal(Gre(Inner, 7)), 5001));
        Assert.Empty(rig.Rig.Mail());
        rig.Out(Packet("10.0.0.1", "10.2.0.1"));
        Datagram sent = Assert.Single(rig.Nat.Sent);
        Assert.Equal((Stranger, 5001), (sent.Peer, sent.Port));
    }
}
