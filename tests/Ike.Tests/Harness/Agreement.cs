namespace Dmvpn.Ike.Tests.Harness;

/// <summary>Do two routers have the same SAs, and nothing half-done?</summary>
internal static class Agreement
{
    public static void Rekey(Node node)
    {
        foreach (IkeSa sa in node.Engine.Core.Sas.Values.ToArray())
        {
            if (sa is { IsEstablished: true, Peer: not null }) node.Call((engine, now, outbox) => engine.Core.Rekeying.Start(sa, now, outbox));
        }
    }

    public static bool IsQuiet(Node node) =>
        node.Engine.Statistics is { Jobs: 0, HalfOpen: 0, Initiating: 0 }
        && node.Engine.Core.Sas.Values.All(sa => sa.IsEstablished && !sa.HasOpenRequests && sa.Rekey is null && sa.ChildExchanges == 0)
        && node.Sas.Values.All(sa => !sa.IsRetired);

    /// <summary>Both are connected by one IKE SA and one child SA, over which packets pass both ways.</summary>
    public static void Check(Net net, Node a, Node b)
    {
        Assert.True(IsQuiet(a), "A is not quiet");
        Assert.True(IsQuiet(b), "B is not quiet");
        Assert.Equal(
            a.IkeSas.Select(sa => (sa.LocalSpi, sa.RemoteSpi, sa.IsInitiator)).Order(), b.IkeSas.Select(sa => (LocalSpi: sa.RemoteSpi, RemoteSpi: sa.LocalSpi, IsInitiator: !sa.IsInitiator)).Order());
        Assert.Equal(
            a.Sas.Values.Select(sa => (sa.Install.InboundSpi, sa.Install.OutboundSpi, Convert.ToHexString(sa.InboundKey))).Order(),
            b.Sas.Values.Select(sa => (InboundSpi: sa.Install.OutboundSpi, OutboundSpi: sa.Install.InboundSpi, Convert.ToHexString(sa.OutboundKey))).Order());
        Assert.Single(a.IkeSas);
        Assert.Single(a.Sas);
        (int atA, int atB) = (a.Received, b.Received);
        Assert.True(a.SendTo(a.Peer), "A cannot send");
        Assert.True(b.SendTo(b.Peer), "B cannot send");
        net.Run(0.5);
        Assert.Equal((atA + 1, atB + 1), (a.Received, b.Received));
        foreach (Node node in (Node[])[a, b])
        {
            Assert.Equal(node.Engine.Core.ChildSas.Count, node.Sas.Count);
            Assert.Equal(0, node.Engine.Core.Responder.HalfOpen);
            Assert.Equal(1, node.Engine.Core.Peers.Count);
        }
    }
}
