using Dmvpn.Core;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ike;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Protected;

/// <summary>What comes by the ports of a protected source: delivered, or dropped for one reason and counted.</summary>
public sealed class EspInTests
{
    private const byte NextGre = 47;

    private static readonly byte[] Inner = Packet("10.2.0.1", "10.0.0.1");

    [Fact]
    public void GreInEsp_OfEveryProtocol_GoesWhereItWouldWithoutProtection()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2();
        Assert.Equal(Inner, Assert.Single(rig.In(end, Gre(Inner, 7))));
        Assert.Empty(rig.In(end, Gre(Pattern(60), 7, protocol: GreProtocol.Nhrp)));
        Assert.Empty(rig.In(end, Gre(Pattern(61), 7, protocol: GreProtocol.Cdp)));
        // Whose they are is what IKE proved, not where they came from.
        Assert.Equal([(ControlKind.Nhrp, end.Peer, 60), (ControlKind.Cdp, end.Peer, 61)], rig.Rig.Mail().ConvertAll(m => (m.Kind, m.Peer, m.Bytes.Length)));
        Assert.Equal((1, 2, 0), (rig.Rig.Counters.PacketsIn, rig.Rig.Counters.ControlIn, rig.Rig.Counters.Drops.Total + rig.Rig.Underlay.Drops.Total));
    }

    // RFC 7296 2.23: "both raw and UDP-encapsulated ESP at any time".
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 4500)]
    [InlineData(0, 31_000)]
    [InlineData(4500, 0)]
    [InlineData(4500, 4500)]
    public void Esp_WithAndWithoutUdp_IsTakenAtAnyTime(ushort agreed, ushort used)
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(udp: agreed);
        Assert.Single(rig.In(end.Peer.Address, end.Seal(Gre(Inner, 7)), used));
        Assert.Single(rig.In(end.Peer.Address, end.Seal(Gre(Inner, 7)), agreed));
        Assert.Equal(2, end.Ours.Packets);
    }

    [Fact]
    public void TwoPeersBehindOneNat_AreToldApartBySpi()
    {
        using var rig = new SecureRig();
        FarEnd one = rig.Agree(new NbmaPeer(Rig.Peer2.Address, 11), udp: 1024), two = rig.Agree(new NbmaPeer(Rig.Peer2.Address, 12), udp: 1025);
        foreach (FarEnd end in new[] { one, two, one }) rig.In(end, Gre(Pattern(60), 7, protocol: GreProtocol.Nhrp));
        Assert.Equal([one.Peer, two.Peer, one.Peer], rig.Rig.Mail().ConvertAll(m => m.Peer));
    }

    [Fact]
    public void CutShort_OrNoWholeBlocks_IsMalformed()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(SecureRig.Cbc);
        byte[] packet = end.Seal(Gre(Inner, 7));
        foreach (int length in new[] { 0, 1, 4, 8, 9, packet.Length - 1, packet.Length - 15 }) rig.In(end.Peer.Address, packet[..length]);
        Assert.Equal(7, rig.Drops(DataplaneDrop.InMalformedEsp));
        Assert.Single(rig.In(end.Peer.Address, packet));
    }

    [Fact]
    public void UnknownSpi_IsReportedToIkesMailboxOncePerSecondAndSender()
    {
        using var rig = new SecureRig();
        byte[] esp = [0, 0, 0x99, 1, .. Pattern(60)];
        for (int i = 0; i < 5; i++) rig.In(Ip("203.0.113.9"), esp, udp: 4501);
        var report = Assert.Single(Rig.Mail(rig.Rig.IkeMailbox));
        Assert.Equal((ControlKind.UnknownSpi, new NbmaPeer(Ip("203.0.113.9"))), (report.Kind, report.Peer));
        Assert.Equal(new SecurityEnvelope(0, IkeSpec.NatPort, 4501, 0x9901), SecurityEnvelope.Read(report.Bytes));
        Assert.Empty(rig.Rig.Mail());
        rig.Now += DataplaneLimits.UnresolvedInterval;
        rig.In(Ip("203.0.113.9"), esp);
        Assert.Equal(0, SecurityEnvelope.Read(Assert.Single(Rig.Mail(rig.Rig.IkeMailbox)).Bytes).LocalPort);
        Assert.Equal(6, rig.Drops(DataplaneDrop.InUnknownSpi));
    }

    [Fact]
    public void SameAgain_IsReplayed_AlsoByAnotherWorker()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2();
        byte[] packet = end.Seal(Gre(Inner, 7)), next = end.Seal(Gre(Inner, 7));
        Assert.Single(rig.In(end.Peer.Address, packet));
        Assert.Empty(rig.In(end.Peer.Address, packet));
        Assert.Empty(rig.In(end.Peer.Address, packet, udp: 4500));
        Assert.Equal((2, 2), (rig.Drops(DataplaneDrop.InReplayed), end.Ours.Replays));

        // The window is the SA's, whoever looks.
        using var other = new Decapsulator(0, new ControlMailbox(4096), null, rig.Security);
        rig.Esp.Waiting.Enqueue(new Datagram(end.Peer.Address, packet));
        rig.Esp.Waiting.Enqueue(new Datagram(end.Peer.Address, next));
        other.RunProtected(rig.Rig.Table.Current, rig.Rig.Underlay, rig.Rig.Underlay.Security!, rig.Now);
        Assert.Single(rig.Rig.Tun.Written);
        Assert.Empty(rig.In(end.Peer.Address, next));
        Assert.Equal(4, rig.Drops(DataplaneDrop.InReplayed));
    }

    [Fact]
    public void OneBitWrong_Anywhere_IsForgedAndChangesNothing()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2();
        byte[] packet = end.Seal(Gre(Inner, 7));
        // The SPI apart: it would be another SA's, or nobody's.
        for (int bit = 32; bit < packet.Length * 8; bit++)
        {
            byte[] wrong = [.. packet];
            wrong[bit / 8] ^= (byte)(0x80 >> bit % 8);
            // Number 0 is never sent, and is refused before the ICV is looked at.
            if (wrong.AsSpan(4, 4).IndexOfAnyExcept((byte)0) < 0) continue;
            Assert.Empty(rig.In(end.Peer.Address, wrong));
        }
        Assert.Equal((packet.Length - 4) * 8 - 1, rig.Drops(DataplaneDrop.InForged));
        Assert.Empty(rig.Rig.Mail());
        Assert.Single(rig.In(end.Peer.Address, packet));
    }

    [Fact]
    public void PaddingNotCountedUp_IsDropped()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2();
        byte[] gre = Gre(Inner, 7);
        Assert.Empty(rig.In(end.Peer.Address, end.Craft([.. gre, 1, 2, 4, 4, 1, 2, 6, NextGre], 1)));
        Assert.Empty(rig.In(end.Peer.Address, end.Craft([1, 2, 7, NextGre], 2)));
        Assert.Equal(2, rig.Drops(DataplaneDrop.InEspPadding));
        Assert.Single(rig.In(end.Peer.Address, end.Craft([.. gre, 1, 2, 2, NextGre], 3)));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(41)]
    [InlineData(6)]
    [InlineData(17)]
    [InlineData(50)]
    [InlineData(0)]
    public void TransportMode_AnythingButGre_IsOutsideTheSelectors(byte next)
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2();
        Assert.Empty(rig.In(end.Peer.Address, end.Craft([.. Inner, 1, 2, 2, next], 1)));
        Assert.Equal(1, rig.Drops(DataplaneDrop.InWrongSelector));
    }

    [Fact]
    public void TunnelMode_OtherEndsOrOtherProtocolInside_IsOutsideTheSelectors()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(tunnelMode: true);
        (IpAddress here, IpAddress there) = (rig.Rig.Underlay.LocalAddress, end.Peer.Address);
        byte[] gre = Gre(Inner, 7);
        uint sequence = 0;
        bool Passes(IpAddress from, IpAddress to, Wire.Ip.IpProtocol protocol, byte next = 4)
        {
            byte[] packet = Packet(from, to, gre, protocol: protocol);
            byte[] padding = [.. Enumerable.Range(1, (6 - packet.Length % 4) % 4).Select(i => (byte)i)];
            return rig.In(there, end.Craft([.. packet, .. padding, (byte)padding.Length, next], ++sequence)).Count == 1;
        }

        Assert.True(Passes(there, here, Wire.Ip.IpProtocol.Gre));
        Assert.False(Passes(there, here, Wire.Ip.IpProtocol.Udp));
        Assert.False(Passes(Ip("192.0.2.77"), here, Wire.Ip.IpProtocol.Gre));
        Assert.False(Passes(there, Ip("192.0.2.77"), Wire.Ip.IpProtocol.Gre));
        Assert.False(Passes(there, here, Wire.Ip.IpProtocol.Gre, next: 41));
        Assert.False(Passes(there, here, Wire.Ip.IpProtocol.Gre, next: NextGre));
        Assert.Equal(5, rig.Drops(DataplaneDrop.InWrongSelector));
    }

    [Fact]
    public void DummyPacket_IsNoDropAndNoPacket()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2();
        Assert.Empty(rig.In(end.Peer.Address, end.Craft([1, 2, 3, 4, 5, 6, 0, EspSpec.NoNextHeader], 1)));
        Assert.Equal((0, rig.Now), (rig.Rig.Counters.Drops.Total + rig.Rig.Underlay.Drops.Total, end.Ours.LastUsed));
    }

    [Fact]
    public void GreInside_WrongForTheTunnel_IsCountedAsWithoutProtection()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2();
        byte[] wrong = Gre(Inner, 7, checksum: true);
        wrong[^1] ^= 1;
        rig.In(end, wrong);
        rig.In(end, [0, 0]);
        rig.In(end, Gre(Inner, 9));
        Assert.Equal((1, 1, 1), (rig.Drops(DataplaneDrop.InChecksum), rig.Drops(DataplaneDrop.InMalformedGre), rig.Drops(DataplaneDrop.InNoTunnel)));
        (ControlKind kind, NbmaPeer peer, _, byte[] bytes) = Assert.Single(rig.Rig.Mail());
        Assert.Equal((ControlKind.GreRefused, end.Peer, new RefusedGre(rig.Rig.Underlay.Number, DataplaneDrop.InNoTunnel, 9)), (kind, peer, RefusedGre.Read(bytes)));
    }

    [Fact]
    public void PointToPointTunnel_AnotherMembersSa_IsNoWayIn()
    {
        using var rig = new SecureRig(c => c with { Destination = Rig.Peer2.Address });
        FarEnd right = rig.Peer2(), other = rig.Agree(new NbmaPeer(Rig.Peer3.Address, 3));
        Assert.Single(rig.In(right, Gre(Inner, 7)));
        Assert.Empty(rig.In(other, Gre(Inner, 7)));
        // Nor by a forged source: what counts is where IKE knows the SA's peer to be.
        Assert.Empty(rig.In(right.Peer.Address, other.Seal(Gre(Inner, 7))));
        Assert.Equal(2, rig.Drops(DataplaneDrop.InUnknownPeer));
    }

    [Fact]
    public void SaTakenOut_ItsPacketsHaveAnUnknownSpi()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2();
        rig.UseNone(end);
        rig.Security.Remove(end.Ours.Spi, rig.Rig.Table.Current.Version);
        Assert.Empty(rig.In(end, Gre(Inner, 7)));
        Assert.Equal(1, rig.Drops(DataplaneDrop.InUnknownSpi));
    }

    [Fact]
    public void Rekey_OldAndNewSa_AreBothTaken()
    {
        using var rig = new SecureRig();
        FarEnd old = rig.Peer2(), fresh = rig.Peer2();
        Assert.Single(rig.In(fresh, Gre(Inner, 7)));
        Assert.Single(rig.In(old, Gre(Inner, 7)));
    }
}
