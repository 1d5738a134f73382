using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Rfc7296;

/// <summary>Message ids have 32 bits and never begin anew within an IKE SA (RFC 7296 2.2): a request of long ago would be a new one.</summary>
public sealed class MessageIdTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Ids_ThreeQuartersAreUsed_TheIkeSaIsRekeyedAndTheyBeginAt0(bool ours)
    {
        Pair pair = At(IkeLimits.RekeyMessageId - 3, out IkeSa a, out IkeSa b);
        ulong old = a.LocalSpi;
        // Who sends them rekeys; and so does who gets them, when it has only that end's word: both at once are sorted out.
        if (!ours) a.NextRequestId = 2;
        if (!ours) b.ExpectedRequestId = 2;
        if (!ours) (b.NextRequestId, a.ExpectedRequestId) = (IkeLimits.RekeyMessageId - 3, IkeLimits.RekeyMessageId - 3);
        for (int i = 0; i < 5; i++)
        {
            IkeSa asks = ours ? a : b;
            (ours ? pair.A : pair.B).Call((_, now, outbox) => asks.AskLiveness(now, outbox));
            pair.Net.Run(0.1);
        }
        pair.Traffic(5);
        pair.Net.Run(20);
        IkeSaState state = Assert.Single(pair.A.IkeSas);
        Assert.NotEqual(old, state.LocalSpi);
        Assert.InRange(Math.Max(state.LocalRequestId, state.RemoteRequestId), 1u, 3u);
        Assert.Empty(pair.A.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void Ids_NoneAreLeft_RekeyingFails_TheIkeSaIsClosedAndMadeAnew()
    {
        Pair pair = At(IkeLimits.LastMessageId - 3, out IkeSa a, out _);
        ulong old = a.LocalSpi;
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.CreateChildSa, IsResponse: true }
            ? pair.Net.Text.Rewrite(packet.Bytes, static _ => [RawPayload.Of(IkeNotifyType.TemporaryFailure)]) : packet.Bytes;
        for (int i = 0; i < 6; i++)
        {
            Agreement.Rekey(pair.A);
            pair.Net.Run(5);
        }
        List<Packet> sent = [.. pair.Net.Packets.Where(packet => packet.InitiatorSpi() == old && packet.From == pair.A && !packet.IsResponse)];
        Assert.Equal(IkeLimits.LastMessageId, sent[^1].Id);
        Assert.Equal(sent.Select(static packet => packet.Id).Order(), sent.Select(static packet => packet.Id));
        // The last one is the delete, and there is another SA.
        Assert.EndsWith("{D(IKE)}", pair.Net.Text.Of(sent[^1].Bytes), StringComparison.Ordinal);
        Assert.Contains("down b.example.org Expired", pair.A.Events);
        Assert.Equal("up b.example.org", pair.A.Events[^1]);
        pair.Net.Rewrite = static packet => packet.Bytes;
        pair.Net.Run(30);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void PeerGoesOnToTheLastId_WhatComesThenIsNeverTakenForNew()
    {
        Pair pair = At(uint.MaxValue - 2, out IkeSa a, out IkeSa b);
        byte[] first = pair.Net.Text.Seal(pair.Request(0), []);
        foreach (uint id in (uint[])[uint.MaxValue - 2, uint.MaxValue - 1, uint.MaxValue]) pair.InjectIntoB(pair.Net.Text.Seal(pair.Request(id), []));
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.OutsideWindow]);
        Assert.Equal(uint.MaxValue, b.ExpectedRequestId);
        pair.Net.TakeTrace();
        pair.InjectIntoB(first);
        pair.InjectIntoB(pair.Net.Text.Seal(pair.Request(1), []));
        Assert.Equal(2, pair.B.Engine.Drops[IkeDrop.AlreadyReceived]);
        Assert.Empty(pair.Net.Trace);
        Assert.True(a.IsEstablished);
    }

    /// <summary>A pair whose A has sent so many requests.</summary>
    private static Pair At(uint id, out IkeSa a, out IkeSa b)
    {
        Pair pair = new Pair().Up();
        (a, b) = (pair.A.Engine.Core.Sas.Values.Single(), pair.B.Engine.Core.Sas.Values.Single());
        a.NextRequestId = id;
        b.ExpectedRequestId = id;
        return pair;
    }
}
