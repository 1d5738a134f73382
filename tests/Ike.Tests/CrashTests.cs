using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Ike.Tests;

/// <summary>Ends that lose their state (RFC 7296 1.5, 2.21.4; RFC 6290) and come back quickly (RFC 5723).</summary>
public sealed class CrashTests
{
    private static readonly IkePath FromStranger = new(null, new IkeEndpoint(Parse("192.0.2.1"), 4500), new IkeEndpoint(Parse("203.0.113.66"), 4500));

    [Fact]
    public void PeerRestarts_EspArrivesThere_ItsTokenEndsTheSaAtOnceAndATicketBringsItBack()
    {
        Pair pair = new Pair().Up();
        pair.Net.Run(60);
        pair.B.Crash();
        int association = pair.A.Peer.Nbma.Association;
        pair.A.SendTo(pair.A.Peer);
        Instant start = pair.Net.Now;
        pair.Net.Run(0.5);
        // ESP, INVALID_SPI, "are you there", INVALID_IKE_SPI and token, IKE_SESSION_RESUME, IKE_AUTH
        Assert.Equal(
        [
            "B > A INFO request 0 {N(InvalidSpi)}",
            "A > B INFO request 2 {}",
            "B > A INFO response 2 {N(InvalidIkeSpi), N(QuickCrashDetection)}",
            "A > B RESUME request 0 {Nonce, N(TicketOpaque), N(NatDetectionSourceIp), N(NatDetectionDestinationIp), N(FragmentationSupported)}",
            "B > A RESUME response 0 {Nonce, N(NatDetectionSourceIp), N(NatDetectionDestinationIp), N(FragmentationSupported)}",
            "A > B AUTH request 1 {IDi, N(InitialContact), AUTH, N(SetWindowSize), N(QuickCrashDetection), N(MobikeSupported), N(TicketRequest), N(UseTransportMode), N(EspTfcPaddingNotSupported), SA, TSi, TSr}",
            "B > A AUTH response 1 {IDr, AUTH, N(SetWindowSize), N(QuickCrashDetection), N(MobikeSupported), N(TicketLtOpaque), N(UseTransportMode), N(EspTfcPaddingNotSupported), SA, TSi, TSr}",
        ], pair.Net.TakeTrace());
        Assert.Equal(["down b.example.org Crashed", "up b.example.org"], pair.A.Events);
        Assert.Equal(association, pair.A.Peer.Nbma.Association);
        Assert.True(Assert.Single(pair.B.IkeSas).IsResumed);
        Assert.Equal(1, pair.B.Engine.Statistics.Resumed);
        Assert.Equal(IkeAuthMethod.SharedKey, pair.B.Peer.Identity.Method);
        pair.Traffic(1);
        Agreement.Check(pair.Net, pair.A, pair.B);
        Assert.Contains(pair.A.Log.Lines, line => line.Contains("has lost its state", StringComparison.Ordinal));
    }

    [Fact]
    public void ResumedSession_CrashesAgain_IsResumedByTheNewTicket()
    {
        Pair pair = new Pair().Up();
        for (int i = 0; i < 4; i++)
        {
            pair.Net.Run(60);
            pair.B.Crash();
            pair.A.SendTo(pair.A.Peer);
            pair.Net.Run(5);
        }
        Assert.Equal(4, pair.A.Engine.Statistics.Resumed);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void ForgedToken_OrNone_IsAHintAtMostAndHintsAreLimited()
    {
        Pair pair = new Pair().Up();
        pair.Net.Run(60);
        IkeSaState sa = pair.A.IkeSas[0];
        for (int i = 0; i < 50; i++) pair.Net.Inject(pair.A, FromStranger, Unprotected(sa, new byte[32]));
        for (int i = 0; i < 50; i++) pair.Net.Inject(pair.A, FromStranger, Unprotected(sa, null));
        pair.Net.Run(1);
        // One liveness check; nothing else happens.
        Assert.Equal(["A > B INFO request 2 {}", "B > A INFO response 2 {}"], pair.Net.TakeTrace());
        Assert.Equal(50, pair.A.Engine.Drops[IkeDrop.WrongToken]);
        Assert.Empty(pair.A.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void Hints_ForALongTime_HaveThePeerAskedNowAndThenOnly()
    {
        Pair pair = new Pair().Up();
        pair.Net.Run(60);
        IkeSaState sa = pair.A.IkeSas[0];
        for (int i = 0; i < 300; i++)
        {
            pair.Net.Inject(pair.A, FromStranger, Unprotected(sa, null));
            pair.Net.Run(0.1);
        }
        Assert.Equal(6, pair.Net.Trace.Count(line => line.StartsWith("A > B INFO request", StringComparison.Ordinal)));
    }

    [Fact]
    public void TrueToken_FromAnyAddress_EndsTheSa()
    {
        Pair pair = new Pair().Up();
        IkeSaState sa = pair.A.IkeSas[0];
        pair.Net.Inject(pair.A, FromStranger, Unprotected(sa, QcdToken.Of(Node.SecretsOf("B").QuickCrashDetection, sa.LocalSpi, sa.RemoteSpi)));
        Assert.Equal(["down b.example.org Crashed"], pair.A.Events);
    }

    [Fact]
    public void StrangerAsksForTheTokenOfALiveSa_WithTheWrongFlagOrSpis_GetsNone()
    {
        Pair pair = new Pair().Up();
        IkeSaState sa = pair.B.IkeSas[0];
        foreach ((ulong i, ulong r) in ((ulong, ulong)[])[(sa.RemoteSpi, sa.LocalSpi), (sa.LocalSpi, sa.RemoteSpi), (sa.LocalSpi, 5), (5, sa.LocalSpi)])
        {
            foreach (IkeFlags flags in (IkeFlags[])[IkeFlags.None, IkeFlags.Initiator])
            {
                byte[] message = new byte[28 + 4 + 32];
                new IkeHeader(i, r, IkePayloadType.Encrypted, IkeExchangeType.Informational, flags, 9).Write(message, message.Length);
                message[31] = 36;
                pair.Net.Inject(pair.B, FromStranger with { Local = new IkeEndpoint(pair.B.Address, 4500) }, message);
            }
        }
        Assert.DoesNotContain(pair.Net.Trace, line => line.Contains("QuickCrashDetection", StringComparison.Ordinal));
    }

    [Fact]
    public void UnknownSa_ManyRequests_AreAnsweredWithinARate()
    {
        Pair pair = new Pair().Up();
        for (int i = 1; i < 2000; i++)
        {
            byte[] message = new byte[28 + 4 + 32];
            new IkeHeader((ulong)i, 7, IkePayloadType.Encrypted, IkeExchangeType.Informational, IkeFlags.Initiator, 9).Write(message, message.Length);
            message[31] = 36;
            pair.Net.Inject(pair.B, FromStranger with { Local = new IkeEndpoint(pair.B.Address, 4500) }, message);
        }
        Assert.Equal(IkeLimits.AnswersPerSource, pair.Net.Trace.Count);
        Assert.Equal(1999 - IkeLimits.AnswersPerSource, pair.B.Engine.Drops[IkeDrop.RateLimited]);
    }

    [Fact]
    public void ResponsesOfUnknownSas_AreNeverAnswered()
    {
        Pair pair = new Pair().Up();
        byte[] message = new byte[28 + 4 + 32];
        new IkeHeader(5, 7, IkePayloadType.Encrypted, IkeExchangeType.Informational, IkeFlags.Initiator | IkeFlags.Response, 9).Write(message, message.Length);
        message[31] = 36;
        pair.Net.Inject(pair.B, FromStranger with { Local = new IkeEndpoint(pair.B.Address, 4500) }, message);
        pair.Net.Run(1);
        Assert.Empty(pair.Net.Trace);
    }

    [Fact]
    public void InvalidSpi_OfNobody_IsNotAnswered()
    {
        Pair pair = new Pair().Up();
        var writer = new IkePayloadWriter(new byte[64]);
        writer.Notify(IkeNotifyType.InvalidSpi, [1, 2, 3, 4]);
        byte[] message = IkeSealing.Clear(new IkeHeader(0, 0, writer.First, IkeExchangeType.Informational, IkeFlags.Initiator, 0), writer);
        pair.Net.Inject(pair.B, FromStranger with { Local = new IkeEndpoint(pair.B.Address, 500) }, message);
        pair.Net.Run(1);
        Assert.Empty(pair.Net.Trace);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.HintIgnored]);
    }

    [Fact]
    public void TicketIsRefused_ByARouterWithOtherSecrets_AFullExchangeFollowsAtOnce()
    {
        Pair pair = new Pair().Up();
        pair.Net.Run(60);
        // Another machine takes over the address: it has B's keys, but not its secrets.
        pair.Net.Unplug(pair.B);
        pair.Net.Nodes.Remove(pair.B);
        Node other = pair.Net.Add("O", "192.0.2.2", Configs.SharedKey("b"));
        for (int i = 0; i < 80; i++)
        {
            pair.A.SendToIfUp();
            pair.Net.Run(1);
        }
        Assert.Contains(pair.Net.Trace, line => line.EndsWith("{N(TicketNack)}", StringComparison.Ordinal));
        Assert.Equal(["down b.example.org DeadPeer", "up b.example.org"], pair.A.Events);
        Assert.False(Assert.Single(pair.A.IkeSas).IsResumed);
        Agreement.Check(pair.Net, pair.A, other);
    }

    [Fact]
    public void WantedByItsAssociation_ThenByItsAddress_IsResumedAllTheSame()
    {
        Pair pair = new Pair().Up();
        // As NHRP does: once the hub has answered, its mapping is that of the association; when that is lost, it asks for the address again.
        int association = pair.A.Peer.Nbma.Association;
        pair.A.Want(pair.B.Address, association);
        pair.A.Release(pair.B.Address);
        pair.Net.Run(60);
        pair.B.Crash();
        for (int i = 0; i < 100 && pair.A.Events is not [.., "down b.example.org Crashed"]; i++)
        {
            pair.A.SendToIfUp();
            pair.Net.Run(0.1);
        }
        pair.A.Release(pair.B.Address, association);
        pair.A.Want(pair.B.Address);
        pair.Net.Run(1);
        Assert.Equal(["down b.example.org Crashed", "up b.example.org"], pair.A.Events);
        Assert.True(Assert.Single(pair.A.IkeSas).IsResumed);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void InterruptedAndNotWantedAgain_IsForgotten()
    {
        Pair pair = new Pair().Up();
        pair.Net.Unplug(pair.B);
        for (int i = 0; i < 120; i++)
        {
            pair.A.SendToIfUp();
            pair.Net.Run(1);
        }
        pair.A.Release(pair.B.Address);
        Assert.Equal(1, pair.A.Engine.Core.Peers.Count);
        pair.Net.Run(90);
        Assert.Equal(0, pair.A.Engine.Core.Peers.Count);
    }

    [Fact]
    public void AwayForLong_IsResumedAllTheSame()
    {
        Pair pair = new Pair().Up();
        pair.Net.Run(60);
        pair.Net.Unplug(pair.B);
        for (int i = 0; i < 560; i++)
        {
            pair.A.SendToIfUp();
            pair.Net.Run(1);
        }
        Assert.Contains("down b.example.org DeadPeer", pair.A.Events);
        pair.B.Crash();
        pair.Net.Plug(pair.B);
        for (int i = 0; i < 300 && pair.A.Events[^1] != "up b.example.org"; i++) pair.Net.Run(1);
        Assert.Equal("up b.example.org", pair.A.Events[^1]);
        Assert.True(Assert.Single(pair.A.IkeSas).IsResumed);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void Ticket_ExpiredOrForAKeyThatChanged_IsNotUsed()
    {
        Pair pair = new Pair().Up();
        pair.Net.Run(60);
        pair.B.Crash();
        pair.B.Configure(Configs.SharedKey("b", "changed"));
        pair.A.SendTo(pair.A.Peer);
        pair.Net.Run(1);
        Assert.Contains(pair.Net.Trace, line => line.EndsWith("{N(TicketNack)}", StringComparison.Ordinal));
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.TicketRefused]);

        Pair old = new Pair().Up();
        old.Net.Run(60);
        old.Net.Clock.Offset = TimeSpan.FromHours(13);
        old.B.Crash();
        old.A.SendTo(old.A.Peer);
        old.Net.Run(1);
        Assert.DoesNotContain(old.Net.Trace, line => line.Contains("RESUME", StringComparison.Ordinal));
        Agreement.Check(old.Net, old.A, old.B);
    }

    [Fact]
    public void Ticket_PresentedTwice_IsRefusedTheSecondTime()
    {
        Pair pair = new Pair().Up();
        pair.Net.Run(60);
        pair.B.Crash();
        pair.A.SendTo(pair.A.Peer);
        pair.Net.Run(1);
        Packet request = pair.Net.Packets.First(packet => packet is { Exchange: IkeExchangeType.SessionResume, IsResponse: false });
        byte[] again = [.. request.Bytes];
        again[0] ^= 1; // another initiator's SPI
        pair.Net.Run(40);
        pair.Net.TakeTrace();
        pair.Net.Inject(pair.B, request.ReceiverPath, again);
        Assert.EndsWith("{N(TicketNack)}", Assert.Single(pair.Net.Trace), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("client", "B")]
    [InlineData("gateway", "A")]
    public void ResumedWithAnIdentityThatIsNotTheTickets_IsRefused(string who, string refuses)
    {
        Pair pair = new Pair().Up();
        pair.Net.Run(60);
        // A says that it is somebody else, or takes B for somebody else; whoever looks has SK_d and so the keys are right (RFC 5723 4.3.3).
        IkePeer peer = pair.A.Engine.Core.Sas.Values.First().Peer!;
        using (SessionTicket session = peer.Ticket!.Take()!)
        {
            var other = IkeIdentity.Fqdn("z.example.org");
            peer.Ticket = new HeldTicket(peer.Ticket.Octets, new SessionTicket
            {
                Suite = session.Suite,
                SkD = new SecretBytes(session.SkD.Span),
                Client = who == "client" ? other : session.Client,
                Gateway = who == "gateway" ? other : session.Gateway,
                ClientMethod = session.ClientMethod,
                GatewayMethod = session.GatewayMethod,
                Credential = session.Credential,
                Issued = session.Issued,
                Lifetime = session.Lifetime,
            });
        }
        pair.B.Crash();
        pair.A.SendTo(pair.A.Peer);
        pair.Net.Run(0.5);
        Node refusing = refuses == "A" ? pair.A : pair.B;
        Assert.Contains(refusing.Log.Lines, line => line.Contains("the identity of a resumed session is not the one in the ticket", StringComparison.Ordinal));
        pair.Net.Run(20);
        Assert.Equal(0, pair.A.Engine.Statistics.Resumed);
        Assert.DoesNotContain("up z.example.org", pair.B.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void PeerDeletesTheSa_ItsTicketIsForgotten()
    {
        Pair pair = new Pair().Up();
        pair.Net.Run(60);
        pair.B.Call((engine, now, outbox) => engine.ClearAll(now, outbox));
        pair.Net.Run(2);
        Assert.DoesNotContain(pair.Net.Trace, line => line.Contains("RESUME", StringComparison.Ordinal));
        Assert.Contains(pair.Net.Trace, line => line.Contains("INIT request", StringComparison.Ordinal));
    }

    [Fact]
    public void ResumptionOff_NoTicketIsAskedForNorGiven()
    {
        Pair pair = new(both: static config => config with { Resumption = false });
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        Assert.DoesNotContain(pair.Net.Trace, line => line.Contains("Ticket", StringComparison.Ordinal));
        Pair half = new(b: static config => config with { Resumption = false });
        half.A.Want(half.B);
        half.Net.Run(1);
        Assert.Contains("N(TicketNack)", half.Net.Trace[3], StringComparison.Ordinal);
        Agreement.Check(half.Net, half.A, half.B);
    }

    [Fact]
    public void TokenAndTicket_AfterTheIkeSaIsRekeyed_AreThoseOfTheNewSa()
    {
        Pair pair = new Pair().Up();
        Agreement.Rekey(pair.B);
        pair.Net.Run(60);
        pair.B.Crash();
        pair.A.SendTo(pair.A.Peer);
        pair.Net.Run(1);
        Assert.Equal(["down b.example.org Crashed", "up b.example.org"], pair.A.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void InitiatorRestarts_ResponderStillSends_IsToldByTheInitiatorsToken()
    {
        Pair pair = new Pair().Up();
        pair.Net.Run(60);
        pair.A.Crash();
        pair.B.SendTo(pair.B.Peer);
        pair.Net.Run(1);
        Assert.Equal(["down a.example.org Crashed"], pair.B.Events);
    }

    private static byte[] Unprotected(IkeSaState sa, byte[]? token)
    {
        var writer = new IkePayloadWriter(new byte[256]);
        writer.Notify(IkeNotifyType.InvalidIkeSpi);
        if (token is not null) writer.Notify(IkeProtocolId.Ike, default, IkeNotifyType.QuickCrashDetection, token);
        IkeFlags flags = sa.IsInitiator ? IkeFlags.Response : IkeFlags.Response | IkeFlags.Initiator;
        (ulong i, ulong r) = sa.IsInitiator ? (sa.LocalSpi, sa.RemoteSpi) : (sa.RemoteSpi, sa.LocalSpi);
        return IkeSealing.Clear(new IkeHeader(i, r, writer.First, IkeExchangeType.Informational, flags, 2), writer);
    }
}
