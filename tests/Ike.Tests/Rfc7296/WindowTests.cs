using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Rfc7296;

/// <summary>Windows, and what is remembered for them (RFC 7296 2.1 to 2.3).</summary>
public sealed class WindowTests
{
    [Fact]
    public void PeerSaysNothingOfAWindow_OneRequestIsOpenAtATime()
    {
        var pair = new Pair();
        pair.Net.Rewrite = packet => packet.Exchange == IkeExchangeType.Auth
            ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list.Where(payload => payload.Notify != IkeNotifyType.SetWindowSize)]) : packet.Bytes;
        pair.Up();
        Ask(pair.A, 4);
        Assert.Single(pair.Net.Packets);
        pair.Net.Run(1);
        // A > B 2, B > A 2, A > B 3, B > A 3 …
        Assert.Equal([(2u, false), (2u, true), (3u, false), (3u, true), (4u, false), (4u, true), (5u, false), (5u, true)], pair.Net.Packets.Select(packet => (packet.Id, packet.IsResponse)));
    }

    [Fact]
    public void SetWindowSize_InIkeAuth_HasFourOctets()
    {
        var pair = new Pair(a: static config => config with { Window = 7 });
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        Assert.Equal([0, 0, 0x40, 0x01, 0, 0, 0, 7], pair.Net.Payloads(pair.Net.Packets[2]).Of(IkeNotifyType.SetWindowSize).Body);
        Assert.Equal([0, 0, 0x40, 0x01, 0, 0, 0, 5], pair.Net.Payloads(pair.Net.Packets[3]).Of(IkeNotifyType.SetWindowSize).Body);
    }

    [Fact]
    public void AWholeWindow_AllResponsesAreLost_EachRequestAndResponseIsRepeatedAsItWas()
    {
        Pair pair = new Pair().Up();
        int lost = 0;
        pair.Net.Lose = packet => packet.IsIke && packet.IsResponse && lost++ < 5;
        Ask(pair.A, 5);
        pair.Net.Run(10);
        foreach (uint id in (uint[])[2, 3, 4, 5, 6])
        {
            foreach (bool response in (bool[])[false, true])
            {
                List<string> sent = [.. pair.Net.Packets.Where(packet => packet.Id == id && packet.IsResponse == response).Select(packet => Convert.ToHexString(packet.Bytes))];
                Assert.Equal(2, sent.Count);
                Assert.Single(sent.Distinct());
            }
        }
        Assert.Equal(5, pair.B.Engine.Statistics.Of(IkeExchangeType.Informational).RequestsReceived);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void BothHaveRequestsOfTheSameIdOpen_EachGetsItsOwnAnswer()
    {
        Pair pair = new Pair().Up();
        // Two requests of B are answered, so that both are at 2; then both ask at once.
        Ask(pair.B, 2);
        pair.Net.Run(1);
        pair.Net.TakeTrace();
        Ask(pair.A, 1);
        Ask(pair.B, 1);
        pair.Net.Run(1);
        Assert.Equal(["A > B INFO request 2 {}", "B > A INFO request 2 {}", "B > A INFO response 2 {}", "A > B INFO response 2 {}"], pair.Net.TakeTrace());
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void Response_ToNoRequest_OrToOneOfAnotherExchange_IsNotLookedAtNorAnswered()
    {
        Pair pair = new Pair().Up();
        IkeSaState sa = pair.A.IkeSas[0];
        IkeHeader header = new(sa.LocalSpi, sa.RemoteSpi, IkePayloadType.Encrypted, IkeExchangeType.Informational, IkeFlags.Response, 2);
        pair.Net.Inject(pair.A, sa.Path, pair.Net.Text.Seal(header, [new RawPayload(IkePayloadType.Delete, [1, 0, 0, 0])]));
        pair.SoftLimit(pair.A);
        pair.Net.Inject(pair.A, sa.Path, pair.Net.Text.Seal(header, []));
        Assert.Equal(2, pair.A.Engine.Drops[IkeDrop.UnexpectedResponse]);
        Assert.Single(pair.Net.Packets);
        pair.Net.Run(8);
        Assert.Equal(1, pair.A.Engine.Statistics.ChildRekeys);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void NewestResponse_MovesTheWindow_OlderOnesAreForgottenOnlyThen()
    {
        Pair pair = new Pair().Up();
        Ask(pair.A, 5);
        pair.Net.Run(1);
        List<Packet> first = [.. pair.Net.Packets.Where(packet => !packet.IsResponse)];
        pair.Net.TakeTrace();
        // All five are within the window yet, and answered again.
        foreach (Packet packet in first) pair.Net.Inject(pair.B, packet.ReceiverPath, packet.Bytes);
        Assert.Equal(5, pair.Net.TakeTrace().Count);
        Ask(pair.A, 5);
        pair.Net.Run(1);
        pair.Net.TakeTrace();
        foreach (Packet packet in first) pair.Net.Inject(pair.B, packet.ReceiverPath, packet.Bytes);
        Assert.Empty(pair.Net.Trace);
        Assert.Equal(5, pair.B.Engine.Drops[IkeDrop.AlreadyReceived]);
    }

    private static void Ask(Node node, int count)
    {
        for (int i = 0; i < count; i++) node.Call((engine, now, outbox) => engine.Core.Sas.Values.First().Submit(new LivenessRequest(null), now, outbox));
    }
}
