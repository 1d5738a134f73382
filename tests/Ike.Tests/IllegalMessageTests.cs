using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>Messages that can be decoded and are not legal, from somebody who has the keys (RFC 7296 2.5, 2.21).</summary>
public sealed class IllegalMessageTests
{
    private static readonly RawPayload Unknown = new((IkePayloadType)200, [1, 2, 3]);

    [Fact]
    public void UnknownPayload_NotCritical_IsPassedOver()
    {
        var pair = new Pair();
        pair.Net.Rewrite = packet => packet.Exchange == IkeExchangeType.Auth ? pair.Net.Text.Rewrite(packet.Bytes, static list => [Unknown, .. list, Unknown]) : packet.Bytes;
        pair.Up();
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void UnknownNotifiesAndVendorIds_AreIgnoredInEveryMessage()
    {
        var pair = new Pair();
        RawPayload[] extra = [RawPayload.Of((IkeNotifyType)40_000, 1, 2), RawPayload.Of((IkeNotifyType)17_000), new(IkePayloadType.VendorId, [9, 9, 9]), RawPayload.Of(IkeNotifyType.HttpCertLookupSupported)];
        pair.Net.Rewrite = packet => packet.Exchange == IkeExchangeType.SaInit ? packet.Bytes : pair.Net.Text.Rewrite(packet.Bytes, list => [.. extra, .. list]);
        pair.Up();
        pair.SoftLimit(pair.A);
        pair.Net.Run(8);
        Agreement.Rekey(pair.B);
        pair.Net.Run(12);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void UnknownErrorNotify_InAnAnswer_MeansThatTheRequestFailed()
    {
        Pair pair = new Pair().Up();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: true }
            ? pair.Net.Text.Rewrite(packet.Bytes, static _ => [RawPayload.Of((IkeNotifyType)9000)]) : packet.Bytes;
        pair.SoftLimit(pair.A);
        pair.Net.Run(1);
        Assert.Contains(pair.A.Log.Lines, line => line.Contains("9000", StringComparison.Ordinal));
        Assert.Empty(pair.A.Events);
    }

    [Theory]
    [InlineData(IkeExchangeType.Auth)]
    [InlineData(IkeExchangeType.CreateChildSa)]
    [InlineData(IkeExchangeType.Informational)]
    public void UnknownCriticalPayload_InARequest_IsAnsweredWithItsTypeAndNothingElse(IkeExchangeType exchange)
    {
        var pair = new Pair();
        if (exchange == IkeExchangeType.Auth) pair.A.Want(pair.B);
        else pair.Up();
        pair.Net.Rewrite = packet => packet.Exchange == exchange && !packet.IsResponse ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list, Unknown with { IsCritical = true }]) : packet.Bytes;
        if (exchange == IkeExchangeType.CreateChildSa) pair.SoftLimit(pair.A);
        if (exchange == IkeExchangeType.Informational) pair.A.Call((engine, now, outbox) => engine.Core.Sas.Values.First().AskLiveness(now, outbox));
        pair.Net.Run(0.1);
        RawPayload notify = Assert.Single(pair.Net.Text.Open(pair.Net.Packets.Last(packet => packet.IsResponse && packet.Exchange == exchange).Bytes));
        Assert.Equal([0, 0, 0, 1, 200], notify.Body);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.UnsupportedCriticalPayload]);
        // In IKE_AUTH the SA is not made; later it is not ended by that (2.21.2, 2.21.3).
        if (exchange == IkeExchangeType.Auth) Assert.Empty(pair.B.Peers);
        else Assert.Single(pair.B.Peers);
    }

    [Fact]
    public void CriticalBitOnAKnownPayload_IsIgnored()
    {
        var pair = new Pair();
        pair.Net.Rewrite = packet => packet.Exchange == IkeExchangeType.Auth ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list.Select(payload => payload with { IsCritical = true })]) : packet.Bytes;
        pair.Up();
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Theory]
    [InlineData(IkePayloadType.IdInitiator)]
    [InlineData(IkePayloadType.Authentication)]
    [InlineData(IkePayloadType.TrafficSelectorInitiator)]
    public void PayloadMissingInIkeAuth_IsInvalidSyntaxAndNoSaIsMade(IkePayloadType missing)
    {
        var pair = new Pair();
        pair.A.Want(pair.B);
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.Auth, IsResponse: false } ? pair.Net.Text.Rewrite(packet.Bytes, list => [.. list.Where(payload => payload.Type != missing)]) : packet.Bytes;
        pair.Net.Run(0.1);
        Assert.EndsWith("AUTH response 1 {N(InvalidSyntax)}", pair.Net.Trace[3], StringComparison.Ordinal);
        Assert.Empty(pair.B.Peers);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.IllegalPayload]);
        pair.A.Release(pair.B.Address);
        pair.Net.Run(40);
        Assert.Empty(pair.B.IkeSas);
    }

    [Theory]
    [InlineData(IkePayloadType.Nonce)]
    [InlineData(IkePayloadType.SecurityAssociation)]
    public void PayloadMissingInAnAuthenticatedRequest_IsFatalAtBothEndsAndTheSaIsMadeAnew(IkePayloadType missing)
    {
        Pair pair = new Pair().Up();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: false } ? pair.Net.Text.Rewrite(packet.Bytes, list => [.. list.Where(payload => payload.Type != missing)]) : packet.Bytes;
        pair.SoftLimit(pair.A);
        pair.Net.Run(0.1);
        Assert.EndsWith("CHILD response 2 {N(InvalidSyntax)}", pair.Net.Trace[1], StringComparison.Ordinal);
        // No Delete goes either way (2.21.3).
        Assert.DoesNotContain(pair.Net.Trace, line => line.Contains("D(IKE)", StringComparison.Ordinal));
        Assert.Equal(["down b.example.org DeletedByPeer"], pair.A.Events);
        pair.Net.Rewrite = static packet => packet.Bytes;
        pair.Net.Run(10);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void PayloadOfAnotherExchange_IsIllegal()
    {
        Pair pair = new Pair().Up();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.Informational, IsResponse: false } ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list, new(IkePayloadType.KeyExchange, new byte[36])]) : packet.Bytes;
        pair.A.Call((engine, now, outbox) => engine.Core.Sas.Values.First().AskLiveness(now, outbox));
        pair.Net.Run(0.1);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.IllegalPayload]);
    }

    [Fact]
    public void ChainThatRunsPastTheEnd_Authentic_IsInvalidSyntax()
    {
        Pair pair = new Pair().Up();
        IkeSaState sa = pair.A.IkeSas[0];
        var header = new IkeHeader(sa.LocalSpi, sa.RemoteSpi, IkePayloadType.Encrypted, IkeExchangeType.Informational, IkeFlags.Initiator, 2);
        byte[] message = pair.Net.Text.SealRaw(header, IkePayloadType.Notify, [0, 0, 0, 200, 1, 2, 3, 4]);
        pair.Net.Inject(pair.B, sa.Path with { Local = sa.Path.Remote, Remote = sa.Path.Local }, message);
        Assert.EndsWith("{N(InvalidSyntax)}", Assert.Single(pair.Net.Trace), StringComparison.Ordinal);
        Assert.Equal(1, pair.B.Engine.Malformed[Wire.Malformed.PayloadTruncated]);
        Assert.Equal(["down a.example.org DeletedByPeer"], pair.B.Events);
    }

    [Fact]
    public void IllegalAnswer_IsNotAnsweredAndTheSaIsMadeAnew()
    {
        Pair pair = new Pair().Up();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: true } ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list.Where(payload => payload.Type != IkePayloadType.Nonce)]) : packet.Bytes;
        pair.SoftLimit(pair.A);
        pair.Net.Run(0.03);
        Assert.Equal("A > B INFO request 3 {D(IKE)}", pair.Net.Trace[2]);
        pair.Net.Rewrite = static packet => packet.Bytes;
        pair.Net.Run(10);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Theory]
    [InlineData(IkeExchangeType.CreateChildSa)]
    [InlineData(IkeExchangeType.Informational)]
    public void ExchangeBeforeAuthentication_IsNotLookedAt(IkeExchangeType exchange)
    {
        var pair = new Pair();
        pair.A.Want(pair.B);
        pair.Net.Rewrite = packet =>
        {
            if (packet is not { Exchange: IkeExchangeType.Auth, IsResponse: false }) return packet.Bytes;
            Assert.True(IkeView.TryParse(packet.Bytes, out IkeView view, out _));
            return pair.Net.Text.Seal(view.Header with { Exchange = exchange }, [new(IkePayloadType.Delete, [1, 0, 0, 0])]);
        };
        pair.Net.Run(0.7);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.UnexpectedExchange]);
        pair.Net.Rewrite = static packet => packet.Bytes;
        pair.Net.Run(1);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void IkeAuthAgain_OnAnEstablishedSa_IsNotLookedAt()
    {
        Pair pair = new Pair().Up();
        IkeSaState sa = pair.A.IkeSas[0];
        var header = new IkeHeader(sa.LocalSpi, sa.RemoteSpi, IkePayloadType.Encrypted, IkeExchangeType.Auth, IkeFlags.Initiator, 2);
        pair.Net.Inject(pair.B, sa.Path with { Local = sa.Path.Remote, Remote = sa.Path.Local }, pair.Net.Text.Seal(header, [new(IkePayloadType.IdInitiator, [2, 0, 0, 0, 65])]));
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.UnexpectedExchange]);
        Assert.Empty(pair.Net.Trace);
    }

    [Fact]
    public void ProtectedMessage_InTheClear_IsNotObeyed()
    {
        Pair pair = new Pair().Up();
        IkeSaState sa = pair.A.IkeSas[0];
        var writer = new IkePayloadWriter(new byte[64]);
        writer.DeleteIke();
        byte[] message = IkeSealing.Clear(new IkeHeader(sa.LocalSpi, sa.RemoteSpi, writer.First, IkeExchangeType.Informational, IkeFlags.Initiator, 2), writer);
        pair.Net.Inject(pair.B, sa.Path with { Local = sa.Path.Remote, Remote = sa.Path.Local }, message);
        Assert.Empty(pair.Net.Trace);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.NotProtected]);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void BadPublicValue_OfAnInitiator_MakesNoSa()
    {
        var pair = new Pair();
        pair.Net.Rewrite = packet =>
        {
            if (packet is not { Exchange: IkeExchangeType.SaInit, IsResponse: false }) return packet.Bytes;
            Assert.True(IkeView.TryParse(packet.Bytes, out IkeView view, out _));
            Assert.True(view.Payloads.TryFind(IkePayloadType.KeyExchange, out IkePayloadView ke));
            byte[] zero = [.. packet.Bytes];
            zero.AsSpan(28 + ke.Offset + 8, 32).Clear(); // a point of order 2: an all-zero secret (RFC 8031 5)
            return zero;
        };
        pair.A.Want(pair.B);
        pair.Net.Run(0.5);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.BadPublicValue]);
        Assert.Empty(pair.B.IkeSas);
        Assert.Equal(0, pair.B.Engine.Statistics.HalfOpen);
    }

    [Fact]
    public void DeleteOfChildSasThatAreUnknown_IsAnsweredWithoutDeletePayload()
    {
        Pair pair = new Pair().Up();
        IkeSaState sa = pair.A.IkeSas[0];
        var header = new IkeHeader(sa.LocalSpi, sa.RemoteSpi, IkePayloadType.Encrypted, IkeExchangeType.Informational, IkeFlags.Initiator, 2);
        pair.Net.Inject(pair.B, sa.Path with { Local = sa.Path.Remote, Remote = sa.Path.Local }, pair.Net.Text.Seal(header, [new(IkePayloadType.Delete, [3, 4, 0, 1, 9, 9, 9, 9]), new(IkePayloadType.Delete, [2, 4, 0, 1, 9, 9, 9, 9])]));
        Assert.Equal("B > A INFO response 2 {}", Assert.Single(pair.Net.Trace));
        Assert.Single(pair.B.Live);
    }
}
