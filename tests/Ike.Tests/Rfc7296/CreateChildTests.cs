using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Rfc7296;

/// <summary>CREATE_CHILD_SA: modes, groups, selectors, when the new SA is used (RFC 7296 1.3, 2.8, 2.9.2, 2.18).</summary>
public sealed class CreateChildTests
{
    [Fact]
    public void RekeyedChildSa_HasTheSelectorsAndAlgorithmsOfTheOldOne_AndIsOfferedTheSame()
    {
        var pair = new Pair();
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        List<RawPayload> first = pair.Net.Payloads(pair.Net.Packets[2]);
        ChildSaInstall old = pair.B.Live[0].Install;
        pair.Net.TakeTrace();
        pair.SoftLimit(pair.A);
        pair.Net.Run(8);
        List<RawPayload> rekeying = pair.Net.Payloads(pair.Net.Packets[0]);
        foreach (IkePayloadType type in (IkePayloadType[])[IkePayloadType.TrafficSelectorInitiator, IkePayloadType.TrafficSelectorResponder]) Assert.Equal(first.Of(type).Body, rekeying.Of(type).Body);
        Assert.Equal(first.Proposals()[0].Transforms, rekeying.Proposals()[0].Transforms);
        ChildSaInstall present = pair.B.Live[0].Install;
        Assert.Equal((old.Suite, old.TunnelMode), (present.Suite, present.TunnelMode));
        Assert.Equal(old.LocalSelectors, present.LocalSelectors);
        Assert.Equal(old.RemoteSelectors, present.RemoteSelectors);
        Assert.NotEqual(old.InboundSpi, present.InboundSpi);
    }

    [Fact]
    public void SecondChildSa_WithTheSameSelectors_StandsBesideTheFirst()
    {
        Pair pair = new Pair().Up();
        uint first = pair.B.Live[0].Install.InboundSpi;
        // A's rekeying arrives as the wish for another child SA.
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: false }
            ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list.Where(static payload => payload.Notify != IkeNotifyType.RekeySa)]) : packet.Bytes;
        pair.SoftLimit(pair.A);
        pair.Net.Run(0.025);
        Assert.Equal(2, pair.B.Live.Count);
        Assert.Contains(first, pair.B.Sas.Keys);
        Assert.DoesNotContain(pair.Net.Trace, line => line.StartsWith("B > A INFO", StringComparison.Ordinal));
    }

    [Fact]
    public void Responder_ReceivesByTheNewSa_BeforeItAnswers()
    {
        Pair pair = new Pair().Up();
        int answers = 0;
        pair.Net.Lose = packet =>
        {
            if (packet is not { IsIke: true, Exchange: IkeExchangeType.CreateChildSa, IsResponse: true }) return false;
            answers++;
            Assert.Contains((uint)pair.Net.Payloads(packet).Proposals()[0].Spi, packet.From.Sas.Keys);
            return false;
        };
        pair.SoftLimit(pair.A);
        pair.Net.Run(8);
        pair.SoftLimit(pair.B);
        pair.Net.Run(8);
        Assert.Equal(2, answers);
    }

    [Fact]
    public void Rekeyings_OfManySas_AreSpreadOverTime()
    {
        var times = new List<double>();
        for (int i = 0; i < 20; i++)
        {
            var pair = new Pair(both: static config => config.With((IpsecProfile p) => p with { LifetimeSeconds = TimeSpan.FromSeconds(1000) }).With((Ikev2Profile p) => p with { Lifetime = TimeSpan.FromSeconds(1000) }));
            for (int n = 0; n < i; n++) pair.A.Engine.Core.Random.NextUInt32();
            pair.Up();
            times.Add(pair.A.Engine.ChildSas().Single().RekeyAt.Since(pair.Net.Now).TotalSeconds);
            times.Add(pair.A.IkeSas[0].RekeyAt.Since(pair.Net.Now).TotalSeconds);
            times.Add(pair.B.IkeSas[0].RekeyAt.Since(pair.Net.Now).TotalSeconds);
        }
        Assert.All(times, at => Assert.InRange(at, 799 - 1, 921));
        Assert.True(times.Max() - times.Min() > 80, $"{times.Min()} to {times.Max()}");
    }

    [Fact]
    public void KeyExchange_WithoutAGroupInTheProposal_IsIgnoredAndNotAnswered()
    {
        Pair pair = new Pair().Up();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: false }
            ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list, new RawPayload(IkePayloadType.KeyExchange, [0, 31, 0, 0, .. new byte[32]])]) : packet.Bytes;
        pair.SoftLimit(pair.A);
        pair.Net.Run(8);
        Assert.DoesNotContain(pair.Net.Payloads(pair.Net.Packets[1]), static payload => payload.Type == IkePayloadType.KeyExchange);
        Assert.Equal(1, pair.A.Engine.Statistics.ChildRekeys);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void TransportModeThatWasNotAskedFor_IsRefusedAndThePeerToldToDeleteIt()
    {
        Pair pair = new Pair(both: static config => config with { TransformSets = [config.TransformSets[0] with { TunnelMode = true }] }).Up();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: true }
            ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list, RawPayload.Of(IkeNotifyType.UseTransportMode)]) : packet.Bytes;
        pair.SoftLimit(pair.A);
        pair.Net.Run(0.1);
        // A > B request, B > A {USE_TRANSPORT_MODE}, A > B D(ESP of the new one)
        Assert.Equal("A > B INFO request 3 {D(ESP x1)}", pair.Net.Trace[2]);
        Assert.True(Assert.Single(pair.A.Live).Install.TunnelMode);
        Assert.Single(pair.B.Live);
        pair.Net.Rewrite = static packet => packet.Bytes;
        pair.Net.Run(30);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RekeyingOfTheIkeSa_WithoutKeyExchange_IsRefused(bool none)
    {
        Pair pair = new Pair().Up();
        pair.Net.Rewrite = packet => packet is not { Exchange: IkeExchangeType.CreateChildSa, IsResponse: false } ? packet.Bytes : pair.Net.Text.Rewrite(packet.Bytes, list =>
        [
            // Group NONE in the proposal, with the KE payload; or groups as they are, without KE
            .. none
                ? list.Select(payload => payload.Type == IkePayloadType.SecurityAssociation ? payload with { Body = WithoutGroup(list) } : payload)
                : list.Where(static payload => payload.Type != IkePayloadType.KeyExchange),
        ]);
        Agreement.Rekey(pair.A);
        pair.Net.Run(0.1);
        Assert.EndsWith(none ? "{N(NoProposalChosen)}" : "{N(InvalidSyntax)}", pair.Net.Trace[1], StringComparison.Ordinal);
        Assert.Equal(0, pair.B.Engine.Statistics.IkeRekeys);
        pair.Net.Rewrite = static packet => packet.Bytes;
        pair.Net.Run(40);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    private static byte[] WithoutGroup(List<RawPayload> list) => Look.Body(list.Proposals().Select(static proposal => proposal with
    {
        Transforms = [.. proposal.Transforms.Where(static transform => transform.Type != IkeTransformType.KeyExchange), new IkeTransform(IkeTransformType.KeyExchange, (ushort)DhGroup.None)],
    }));
}
