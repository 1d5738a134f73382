using Dmvpn.Ike.Tests.Harness;

namespace Dmvpn.Ike.Tests;

/// <summary>IKE_SA_INIT and IKE_AUTH between two of ours.</summary>
public sealed class HandshakeTests
{
    [Fact]
    public void PeerWanted_NothingThere_ComesUpInTwoExchangesWithAChildSa()
    {
        var net = new Net();
        Node a = net.Add("A", "192.0.2.1", Configs.SharedKey("a"));
        Node b = net.Add("B", "192.0.2.2", Configs.SharedKey("b"));
        a.Want(b);
        net.Run(1);
        Assert.Equal(
        [
            "A > B INIT request 0 {SA, KE, Nonce, N(NatDetectionSourceIp), N(NatDetectionDestinationIp), N(FragmentationSupported), N(SignatureHashAlgorithms), V}",
            "B > A INIT response 0 {SA, KE, Nonce, N(NatDetectionSourceIp), N(NatDetectionDestinationIp), N(FragmentationSupported), N(SignatureHashAlgorithms), N(ChildlessIkev2Supported), V}",
            "A > B AUTH request 1 {IDi, N(InitialContact), AUTH, N(SetWindowSize), N(QuickCrashDetection), N(MobikeSupported), N(TicketRequest), N(UseTransportMode), N(EspTfcPaddingNotSupported), SA, TSi, TSr}",
            "B > A AUTH response 1 {IDr, AUTH, N(SetWindowSize), N(QuickCrashDetection), N(MobikeSupported), N(TicketLtOpaque), N(UseTransportMode), N(EspTfcPaddingNotSupported), SA, TSi, TSr}",
        ], net.TakeTrace());
        Assert.Equal(["up b.example.org"], a.Events);
        Assert.Equal(["up a.example.org"], b.Events);
        DataSa ours = Assert.Single(a.Live), theirs = Assert.Single(b.Live);
        Assert.Equal(ours.Install.InboundSpi, theirs.Install.OutboundSpi);
        Assert.Equal(ours.InboundKey, theirs.OutboundKey);
        Assert.False(ours.Install.TunnelMode);
        Assert.False(ours.Install.UdpEncapsulation);
        Assert.True(a.SendTo(a.Peer));
        Assert.True(b.SendTo(b.Peer));
        net.Run(1);
        Assert.Equal((1, 1), (a.Received, b.Received));
        Assert.Equal(IkeSaStatus.Ready, Assert.Single(a.IkeSas).Status);
        Assert.Equal((0, 0, 0), (b.Engine.Statistics.HalfOpen, b.Engine.Statistics.Jobs, a.Engine.Statistics.Initiating));
    }
}
