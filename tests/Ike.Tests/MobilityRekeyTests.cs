using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>Moves of IKE SAs that are rekeyed or reauthenticated (RFC 4555 1.3: whoever rekeys, the initiator of the first IKE SA decides about addresses).</summary>
public sealed class MobilityRekeyTests
{
    [Fact]
    public void ResponderHasRekeyed_FirstInitiatorMoves_ItUpdatesAsBefore()
    {
        Pair pair = new Pair().Up();
        Agreement.Rekey(pair.B);
        pair.Net.Run(10);
        Assert.False(Assert.Single(pair.A.IkeSas).IsInitiator);
        pair.Net.TakeTrace();
        pair.A.MoveTo("192.0.2.77");
        pair.Net.Run(1);
        Assert.StartsWith("A > B INFO request 0 {N(UpdateSaAddresses)", pair.Net.Trace[0], StringComparison.Ordinal);
        Assert.DoesNotContain(pair.Net.Trace, static line => line.Contains("NoAdditionalAddresses", StringComparison.Ordinal));
        pair.B.MoveTo("192.0.2.88");
        pair.Net.Run(1);
        Assert.Contains(pair.Net.Trace, static line => line.StartsWith("B > A INFO request", StringComparison.Ordinal) && line.EndsWith("{N(NoAdditionalAddresses)}", StringComparison.Ordinal));
        pair.Traffic(1);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void ResponderHasRekeyed_AuthenticationEnds_FirstInitiatorRenewsIt()
    {
        Pair pair = new Pair(both: static config => config.With((Ikev2Profile p) => p with { Reauthentication = TimeSpan.FromSeconds(300) })).Up();
        Agreement.Rekey(pair.B);
        pair.Net.Run(400);
        List<string> calls = [.. pair.Net.Trace.Where(static line => line.Contains("AUTH request", StringComparison.Ordinal))];
        Assert.NotEmpty(calls);
        Assert.All(calls, static line => Assert.StartsWith("A > B", line, StringComparison.Ordinal));
        Assert.Empty(pair.A.Events);
        Assert.Empty(pair.B.Events);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reauthenticates_OneEndMovesMeanwhile_TheCallIsMadeAgainFromThere(bool caller)
    {
        Pair pair = new Pair().Up();
        ulong old = pair.A.IkeSas[0].LocalSpi;
        // IKE_AUTH of the first call is not answered where the caller was, or not heard where the peer was.
        pair.A.Call((engine, now, outbox) => engine.Core.Initiator.Reauthenticate(engine.Core.Sas.Values.Single(), now, outbox));
        pair.Net.Run(0.025);
        Assert.Contains(pair.Net.Trace, static line => line.Contains("AUTH request", StringComparison.Ordinal));
        if (caller) pair.A.MoveTo("192.0.2.77");
        else pair.B.MoveTo("192.0.2.88");
        pair.Net.Run(0.2);
        pair.Traffic(20);
        pair.Net.Run(10);
        Assert.NotEqual(old, Assert.Single(pair.A.IkeSas).LocalSpi);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void Reauthenticates_PeerRekeysTheOldSaMeanwhile_TheNewOneStaysAndTheRekeyedOneGoes()
    {
        for (int round = 0; round < 6; round++)
        {
            Pair pair = new Pair().Up();
            for (int i = 0; i < round; i++) pair.B.Engine.Core.Random.NextUInt32();
            pair.Net.Delay = static packet => packet is { IsIke: true, Exchange: IkeExchangeType.Auth, IsResponse: false } ? TimeSpan.FromSeconds(1) : TimeSpan.Zero;
            pair.A.Call((engine, now, outbox) => engine.Core.Initiator.Reauthenticate(engine.Core.Sas.Values.Single(), now, outbox));
            pair.Net.Run(0.1);
            Agreement.Rekey(pair.B);
            pair.Traffic(6);
            pair.Net.Run(20);
            // A began it, so the one that was authenticated anew is A's and the rekeyed one was B's.
            Assert.True(Assert.Single(pair.A.IkeSas).IsInitiator);
            Assert.Empty(pair.A.Events);
            Agreement.Check(pair.Net, pair.A, pair.B);
        }
    }
}
