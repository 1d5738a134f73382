using Dmvpn.Core;
using Dmvpn.Wire.Gre;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Protected;

/// <summary>Lifetimes in bytes: IKE hears of the soft one once, and behind the hard one nothing passes.</summary>
public sealed class SaLimitTests
{
    private static readonly byte[] FromKernel = Packet("10.0.0.1", "10.2.0.1", 100 - 28), FromPeer = Gre(Packet("10.2.0.1", "10.0.0.1", 100 - 28), 7);

    [Fact]
    public void SoftLimit_Out_IsReportedOnceWithOurSpi_AndPacketsGoOn()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(softBytes: 250);
        for (int i = 0; i < 2; i++) rig.Out(FromKernel);
        Assert.Empty(rig.Rig.Mail());
        for (int i = 0; i < 5; i++)
        {
            Assert.Single(rig.Out(FromKernel));
            rig.Now += TimeSpan.FromSeconds(5);
        }
        AssertReport(ControlKind.SaSoftLimit, end, rig.Rig.Mail());
    }

    [Fact]
    public void SoftLimit_In_IsReportedOnceWithOurSpi_AndPacketsGoOn()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(softBytes: 250);
        for (int i = 0; i < 2; i++) rig.In(end, FromPeer);
        Assert.Empty(rig.Rig.Mail());
        for (int i = 0; i < 5; i++)
        {
            Assert.Single(rig.In(end, FromPeer));
            rig.Now += TimeSpan.FromSeconds(5);
        }
        AssertReport(ControlKind.SaSoftLimit, end, rig.Rig.Mail());
    }

    [Fact]
    public void SoftLimit_OfControlPackets_IsReportedByTheSender()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(softBytes: 250);
        using var control = new ControlSender(rig.Security, 1);
        for (int i = 0; i < 5; i++) control.Send(rig.Rig.Tunnel, Rig.Peer2, GreProtocol.Nhrp, Pattern(92), rig.Now);
        control.Flush(rig.Now);
        Assert.Equal(5, rig.EspControl.Sent.Count);
        AssertReport(ControlKind.SaSoftLimit, end, Rig.Mail(control.Events));
        Assert.Empty(rig.Rig.Mail());
    }

    [Fact]
    public void SoftLimit_MailboxFull_IsReportedLater()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(softBytes: 250);
        while (rig.Rig.Mailbox.TryWrite(ControlKind.Cdp, default, default, default, Pattern(20), rig.Now)) { }
        for (int i = 0; i < 4; i++) rig.Out(FromKernel);
        for (int i = 0; i < 4; i++) rig.In(end, FromPeer);
        Assert.Equal(2, rig.Drops(DataplaneDrop.EventLost));
        rig.Rig.Mail();
        rig.Now += DataplaneLimits.UnresolvedInterval;
        rig.Out(FromKernel);
        AssertReport(ControlKind.SaSoftLimit, end, rig.Rig.Mail());
        rig.In(end, FromPeer);
        AssertReport(ControlKind.SaSoftLimit, end, rig.Rig.Mail());
    }

    [Fact]
    public void HardLimit_Out_NothingMoreLeaves_AndIkeIsTold()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(hardBytes: 250);
        Assert.Equal(2, rig.Out(FromKernel, FromKernel).Count);
        for (int i = 0; i < 3; i++) Assert.Empty(rig.Out(FromKernel));
        AssertReport(ControlKind.SaHardLimit, end, rig.Rig.Mail());
        Assert.Equal((3, 0, 200), (rig.Drops(DataplaneDrop.OutSaExhausted), rig.SentInClear, end.FromUs.Bytes));
        // IKE did nothing about it yet: it is told again, once a second.
        rig.Now += DataplaneLimits.UnresolvedInterval;
        rig.Out(FromKernel);
        AssertReport(ControlKind.SaHardLimit, end, rig.Rig.Mail());
    }

    [Fact]
    public void HardLimit_In_NothingMoreComesIn_AndIkeIsTold()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(hardBytes: 250);
        for (int i = 0; i < 5; i++) Assert.Equal(i < 2 ? 1 : 0, rig.In(end, FromPeer).Count);
        AssertReport(ControlKind.SaHardLimit, end, rig.Rig.Mail());
        Assert.Equal((3, 200), (rig.Drops(DataplaneDrop.InSaExhausted), end.Ours.Bytes));
    }

    [Fact]
    public void HardLimit_OfControlPackets_NothingMoreLeaves()
    {
        using var rig = new SecureRig();
        FarEnd end = rig.Peer2(hardBytes: 250);
        using var control = new ControlSender(rig.Security, 1);
        for (int i = 0; i < 5; i++) control.Send(rig.Rig.Tunnel, Rig.Peer2, GreProtocol.Nhrp, Pattern(92), rig.Now);
        control.Flush(rig.Now);
        Assert.Equal((2, 0, 3), (rig.EspControl.Sent.Count, rig.SentInClear, rig.Drops(DataplaneDrop.OutSaExhausted)));
        AssertReport(ControlKind.SaHardLimit, end, Rig.Mail(control.Events));
    }

    private static void AssertReport(ControlKind kind, FarEnd end, List<(ControlKind Kind, NbmaPeer Peer, IpAddress Address, byte[] Bytes)> mail)
    {
        (ControlKind found, _, _, byte[] bytes) = Assert.Single(mail);
        Assert.Equal((kind, end.Ours.Spi), (found, SecurityEnvelope.Read(bytes).Spi));
    }
}
