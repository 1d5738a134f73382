using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Rfc7296;

/// <summary>Exchanges that cross: which SA goes, who closes it, and what is put off (RFC 7296 1.3.2, 2.8.1, 2.8.2, 2.25).</summary>
public sealed class CrossingTests
{
    [Fact]
    public void BothRekeyAChildSa_TheFourNoncesDecide_WhoMadeTheLowestDeletesThatOne()
    {
        var losers = new HashSet<string>();
        for (int round = 0; round < 12; round++)
        {
            Pair pair = new Pair().Up();
            uint oldOfA = pair.A.Live[0].Install.InboundSpi, oldOfB = pair.B.Live[0].Install.InboundSpi;
            for (int i = 0; i < round; i++) pair.A.Engine.Core.Random.NextUInt32();
            // A > B {REKEY_SA, Ni1}, B > A {REKEY_SA, Ni2}, B > A {Nr1}, A > B {Nr2}
            pair.SoftLimit(pair.A);
            pair.SoftLimit(pair.B);
            pair.Net.Run(10);
            Made a = Exchange(pair, pair.A), b = Exchange(pair, pair.B);
            Made lost = Compare(a.Lowest, b.Lowest) < 0 ? a : b;
            losers.Add(lost.Maker.Name);
            // Its maker deletes it by the SPI that it receives with; the other end deletes what both replaced.
            Assert.Equal((uint)lost.Spi, DeletedBy(pair, lost.Maker));
            Assert.Equal(lost == a ? oldOfB : oldOfA, DeletedBy(pair, (lost == a ? b : a).Maker));
            Made kept = lost == a ? b : a;
            Assert.Equal((uint)kept.Spi, kept.Maker.Live[0].Install.InboundSpi);
            Agreement.Check(pair.Net, pair.A, pair.B);
        }
        Assert.Equal(2, losers.Count);
    }

    [Fact]
    public void BothRekeyTheIkeSa_TheFourNoncesDecide_WhoMadeTheLowestDeletesThatOne()
    {
        var losers = new HashSet<string>();
        for (int round = 0; round < 12; round++)
        {
            Pair pair = new Pair().Up();
            ulong old = pair.A.IkeSas[0].LocalSpi;
            uint child = pair.A.Live[0].Install.InboundSpi;
            for (int i = 0; i < round; i++) pair.A.Engine.Core.Random.NextUInt32();
            Agreement.Rekey(pair.A);
            Agreement.Rekey(pair.B);
            pair.Net.Run(10);
            Made a = Exchange(pair, pair.A), b = Exchange(pair, pair.B);
            (Made lost, Made kept) = Compare(a.Lowest, b.Lowest) < 0 ? (a, b) : (b, a);
            losers.Add(lost.Maker.Name);
            List<Packet> deletes = [.. pair.Net.Packets.Where(packet => packet is { Exchange: IkeExchangeType.Informational, IsResponse: false } && pair.Net.Text.Of(packet.Bytes).EndsWith("{D(IKE)}", StringComparison.Ordinal))];
            // D by its maker on the SA with the lowest nonce, D by the other end on the SA that both replaced; the other new one has the child SA.
            Assert.Equal(lost.Spi, Assert.Single(deletes, packet => packet.From == lost.Maker).InitiatorSpi());
            Assert.Equal(old, Assert.Single(deletes, packet => packet.From == kept.Maker).InitiatorSpi());
            Assert.Equal(kept.Spi, Assert.Single(kept.Maker.IkeSas).LocalSpi);
            Assert.Equal([child], Assert.Single(pair.A.IkeSas).Children);
            Agreement.Check(pair.Net, pair.A, pair.B);
        }
        Assert.Equal(2, losers.Count);
    }

    [Fact]
    public void IkeSaIsBeingRekeyed_PeerMakesANewChildSa_GetsTemporaryFailure()
    {
        Pair pair = new Pair().Up();
        Agreement.Rekey(pair.A);
        pair.B.Call((engine, now, outbox) => engine.Core.Children.Start(engine.Core.Sas.Values.Single(), null, now, outbox));
        pair.Net.Run(0.015);
        // A > B rekey IKE, B > A a new child SA, A > B TEMPORARY_FAILURE
        Assert.Contains(pair.Net.Trace, line => line.StartsWith("B > A CHILD request 0 {N(UseTransportMode)", StringComparison.Ordinal));
        Assert.Contains("A > B CHILD response 0 {N(TemporaryFailure)}", pair.Net.Trace);
        pair.Net.Run(20);
        Assert.Empty(pair.A.Events);
        Assert.True(Agreement.IsQuiet(pair.A) && Agreement.IsQuiet(pair.B));
        pair.Traffic(1);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(15)]
    [InlineData(25)]
    public void IkeSaIsBeingOrHasJustBeenRekeyed_PeerDeletesAChildSaByTheOldOne_ItIsDeletedAtBothEnds(int milliseconds)
    {
        Pair pair = new Pair().Up();
        Agreement.Rekey(pair.A);
        // A > B rekey IKE, B > A the answer, B > A D(ESP) by the old IKE SA, which A has replaced by then
        pair.Net.At(pair.Net.Now + TimeSpan.FromMilliseconds(milliseconds), () => pair.B.Call((engine, now, outbox) => engine.Core.Children.Delete(engine.Core.ChildSas.Values.First(), now, outbox)));
        pair.Net.Run(20);
        Assert.Contains(pair.Net.Trace, static line => line.EndsWith("response 0 {D(ESP x1)}", StringComparison.Ordinal));
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Theory]
    [InlineData(false, 400)]
    [InlineData(true, 0)]
    [InlineData(true, 400)]
    public void ChildSaIsRekeyed_PeerDeletesTheNewOneBeforeItsMakerHasIt_IsForgottenAtBothEnds(bool overtakes, int work)
    {
        var pair = new Pair(both: config => work == 0 ? config : config.With(static (IpsecProfile p) => p with { Pfs = DhGroup.Curve25519 }));
        pair.Up();
        uint old = pair.A.Live[0].Install.InboundSpi;
        pair.Net.JobTime = TimeSpan.FromMilliseconds(work);
        if (overtakes) pair.Net.Delay = static packet => packet is { IsIke: true, Exchange: IkeExchangeType.CreateChildSa, IsResponse: true } ? TimeSpan.FromSeconds(0.5) : TimeSpan.Zero;
        pair.SoftLimit(pair.A);
        void DeleteNewest()
        {
            if (pair.B.Engine.Core.ChildSas.Values.Last() is var newest && newest.InboundSpi != pair.B.Live[0].Install.InboundSpi)
                pair.B.Call((engine, now, outbox) => engine.Core.Children.Delete(newest, now, outbox));
            else pair.Net.At(pair.Net.Now + TimeSpan.FromMilliseconds(5), DeleteNewest);
        }
        DeleteNewest();
        pair.Net.Run(1.4);
        // A > B rekey, B > A the answer, B > A D(ESP) of the new one, which A has not installed
        Assert.Contains(pair.Net.Trace, static line => line.StartsWith("B > A INFO request 0 {D(ESP x1)}", StringComparison.Ordinal));
        Assert.Equal([old], pair.A.Live.Select(static sa => sa.Install.InboundSpi));
        pair.Net.Delay = static _ => TimeSpan.Zero;
        pair.Net.Run(30);
        Assert.DoesNotContain(pair.A.Live, sa => sa.Install.InboundSpi == old);
        Assert.Empty(pair.A.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void ChildSaIsBeingDeleted_PeerRekeysTheIkeSa_GetsTemporaryFailureAndSucceedsLater()
    {
        Pair pair = new Pair().Up();
        pair.A.Call((engine, now, outbox) => engine.Core.Children.Delete(engine.Core.ChildSas.Values.First(), now, outbox));
        Agreement.Rekey(pair.B);
        pair.Net.Run(0.015);
        // A > B D(ESP), B > A rekey IKE, A > B TEMPORARY_FAILURE
        Assert.Contains("A > B CHILD response 0 {N(TemporaryFailure)}", pair.Net.Trace);
        pair.Net.Run(20);
        Assert.Equal(1, pair.B.Engine.Statistics.IkeRekeys);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void ChildSaIsBeingMade_PeerRekeysTheIkeSa_GetsTemporaryFailure()
    {
        Pair pair = new Pair().Up();
        pair.A.Call((engine, now, outbox) => engine.Core.Children.Start(engine.Core.Sas.Values.Single(), null, now, outbox));
        Agreement.Rekey(pair.B);
        pair.Net.Run(0.015);
        Assert.Contains("A > B CHILD response 0 {N(TemporaryFailure)}", pair.Net.Trace);
        pair.Net.Run(20);
        Assert.Equal(1, pair.B.Engine.Statistics.IkeRekeys);
        Assert.Empty(pair.A.Events);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void IkeSaOrChildSaIsBeingRekeyed_PeerDeletesTheIkeSa_IsAnsweredAndTheRekeyingForgotten(bool ike)
    {
        Pair pair = new Pair().Up();
        if (ike) Agreement.Rekey(pair.A);
        else pair.SoftLimit(pair.A);
        pair.B.Call((engine, now, outbox) => engine.ClearAll(now, outbox));
        pair.Net.Run(0.015);
        // A > B rekey, B > A D(IKE), A > B an empty response, and nothing of the rekeying any more
        Assert.Contains("B > A INFO request 0 {D(IKE)}", pair.Net.Trace);
        Assert.Contains("A > B INFO response 0 {}", pair.Net.Trace);
        Assert.Equal("down b.example.org DeletedByPeer", pair.A.Events[0]);
        pair.Net.TakeTrace();
        pair.A.Release(pair.B.Address);
        pair.Net.Run(0.1);
        Assert.DoesNotContain(pair.Net.Trace, line => line.StartsWith("A > B CHILD", StringComparison.Ordinal));
        Assert.Equal((0L, 0L), (pair.A.Engine.Statistics.IkeRekeys, pair.A.Engine.Statistics.ChildRekeys));
        pair.A.Want(pair.B);
        pair.Net.Run(20);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void OwnRekeyingOfTheIkeSaIsUnderWay_ChildSaIsWornOut_WaitsForTheNewIkeSa()
    {
        Pair pair = new Pair().Up();
        ulong old = pair.A.IkeSas[0].LocalSpi;
        pair.Net.Delay = packet => packet is { IsIke: true, Exchange: IkeExchangeType.CreateChildSa, IsResponse: true } ? TimeSpan.FromSeconds(0.5) : TimeSpan.Zero;
        Agreement.Rekey(pair.A);
        pair.SoftLimit(pair.A);
        pair.Net.Run(20);
        Packet rekeying = pair.Net.Packets.First(packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: false } && pair.Net.Text.Of(packet.Bytes).Contains("RekeySa", StringComparison.Ordinal));
        Assert.NotEqual(old, rekeying.InitiatorSpi());
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void TemporaryFailure_IsNotFollowedByTheSameAtOnce()
    {
        Pair pair = new Pair().Up();
        var times = new List<double>();
        pair.Net.Lose = packet =>
        {
            if (packet is { IsIke: true, Exchange: IkeExchangeType.CreateChildSa, IsResponse: false }) times.Add(pair.Net.Now.Since(Instant.Zero).TotalSeconds);
            return false;
        };
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: true }
            ? pair.Net.Text.Rewrite(packet.Bytes, static _ => [RawPayload.Of(IkeNotifyType.TemporaryFailure)]) : packet.Bytes;
        pair.SoftLimit(pair.A);
        pair.Net.Run(60);
        Assert.InRange(times.Count, 10, 31);
        Assert.All(times.Zip(times.Skip(1), (a, b) => b - a), gap => Assert.InRange(gap, 1.9, 6.1));
    }

    private static int Compare(byte[] a, byte[] b) => a.AsSpan().SequenceCompareTo(b);

    /// <summary>The rekeying that a node began: its SPI, and the lower of the two nonces.</summary>
    private static Made Exchange(Pair pair, Node maker)
    {
        Packet request = Assert.Single(pair.Net.Packets, packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: false } && packet.From == maker);
        Packet response = Assert.Single(pair.Net.Packets, packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: true } && packet.To == maker);
        List<RawPayload> asked = pair.Net.Payloads(request), answered = pair.Net.Payloads(response);
        byte[] a = asked.Of(IkePayloadType.Nonce).Body, b = answered.Of(IkePayloadType.Nonce).Body;
        return new Made(maker, asked.Proposals()[0].Spi, Compare(a, b) < 0 ? a : b);
    }

    /// <summary>The SPI in the only delete of a child SA that a node asked for.</summary>
    private static uint DeletedBy(Pair pair, Node node)
    {
        Packet request = Assert.Single(pair.Net.Packets, packet => packet is { Exchange: IkeExchangeType.Informational, IsResponse: false } && packet.From == node);
        return BinaryPrimitives.ReadUInt32BigEndian(pair.Net.Payloads(request).Of(IkePayloadType.Delete).Body.AsSpan(4));
    }

    private sealed record Made(Node Maker, ulong Spi, byte[] Lowest);
}
