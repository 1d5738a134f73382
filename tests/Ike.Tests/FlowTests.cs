using Dmvpn.Ike.Tests.Harness;

namespace Dmvpn.Ike.Tests;

/// <summary>A NAT gives a flow another mapping (RFC 4555 3.8): who finds out, and how soon.</summary>
public sealed class FlowTests
{
    private const double SoonEnough = 4;
    private static readonly DpdConfig Dpd =
        new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(3), Periodic: true);
    private readonly NatBox _nat = new("198.51.100.1");

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void FlowToWhoIsBehindTheNat_NatForgets_FlowsAgainSoon(bool initiator, bool dpd)
    {
        Pair pair = Build(initiator, dpd ? Dpd : null);
        for (int round = 0; round < 3; round++)
        {
            Flow(pair, pair.B, 60);
            pair.Net.Run(15);
            _nat.Forget();
            pair.Net.Run(SoonEnough);
            int received = pair.A.Received;
            pair.Net.Run(1);
            Assert.True(pair.A.Received > received, $"round {round}: nothing comes any more");
            pair.Net.Run(41);
        }
        AssertNobodyWentDown(pair);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FlowFromWhoIsBehindTheNat_NatForgets_OtherEndFollowsAtOnce(bool initiator)
    {
        Pair pair = Build(initiator, dpd: null);
        _nat.Forget();
        Assert.True(pair.A.SendTo(pair.A.Peer));
        pair.Net.Run(0.5);
        Assert.StartsWith("moved 198.51.100.1:", Assert.Single(pair.B.Events), StringComparison.Ordinal);
        pair.Traffic(1);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void BothBehindNats_OneForgetsAfterTheOther_TrafficGoesOnSoon(bool initiatorSends)
    {
        var other = new NatBox("198.51.100.2");
        var net = new Net();
        Node a = net.Add("A", "10.0.0.1", Configs.SharedKey("a") with { Dpd = Dpd }, _nat);
        Node b = net.Add("B", "10.0.1.1", Configs.SharedKey("b") with { Dpd = Dpd }, other);
        Forward(_nat, a);
        Forward(other, b);
        a.Want(b);
        net.Run(2);
        Node sender = initiatorSends ? a : b, receiver = initiatorSends ? b : a;
        for (int i = 0; i < 1200; i++)
            net.At(net.Now + TimeSpan.FromSeconds(0.05 * i), () => sender.SendTo(sender.Peer));
        net.Run(15);
        other.Forget();
        // Both at once nobody can mend: neither knows a way to the other.
        net.Run(11);
        _nat.Forget();
        net.Run(SoonEnough);
        int received = receiver.Received;
        net.Run(1);
        Assert.True(receiver.Received > received, "nothing comes any more");
        Assert.DoesNotContain(a.Events.Concat(b.Events), IsDown);
    }

    [Fact]
    public void FlowsEndAndHellosCome_FewQuestions()
    {
        Pair pair = Build(initiator: true, dpd: null);
        for (int i = 0; i < 20; i++)
        {
            Flow(pair, pair.B, 5);
            pair.Net.Run(7);
        }
        // 240 s of flows that end every 7 s: one question in 10 s.
        Assert.InRange(Questions(pair), 8, 15);
        pair.Net.Run(60);
        pair.Net.TakeTrace();
        for (int i = 0; i < 40; i++)
            pair.Net.At(pair.Net.Now + TimeSpan.FromSeconds(5 * i), () => pair.B.SendTo(pair.B.Peer));
        pair.Net.Run(200);
        // Hellos in 5 s are no flow: the keepalive's question every 20 s, and no other.
        Assert.InRange(Questions(pair), 8, 11);
    }

    [Fact]
    public void FlowBreaksOffAndPeerIsDead_DeadPeerDetectionTakesItsTime()
    {
        Pair pair = Build(initiator: true, Dpd);
        Flow(pair, pair.B, 6);
        pair.Net.Run(6);
        pair.Net.Unplug(pair.B);
        // 10 s of silence and five questions each 3 s.
        pair.Net.Run(20);
        Assert.Empty(pair.A.Events);
        pair.Net.Run(8);
        Assert.Contains(pair.A.Events, IsDown);
    }

    [Fact]
    public void OnDemand_FirstPacketAfterALongSilence_PeerIsAskedSoon()
    {
        var pair = new Pair(both: static config => config with { Dpd = Dpd with { Periodic = false } }).Up();
        pair.Net.Run(60.5);
        pair.Net.Unplug(pair.B);
        pair.A.SendTo(pair.A.Peer);
        pair.Net.TakeTrace();
        pair.Net.Run(2.5);
        Assert.Contains(pair.Net.Trace, static line => line.StartsWith("A > 192.0.2.2 INFO", StringComparison.Ordinal));
    }

    private Pair Build(bool initiator, DpdConfig? dpd)
    {
        var pair = new Pair(both: config => config with { Dpd = dpd }, natOfA: _nat);
        if (initiator) return pair.Up();
        Forward(_nat, pair.A);
        pair.B.Want(pair.A);
        pair.Net.Run(1);
        Assert.Single(pair.A.Live);
        pair.Net.TakeTrace();
        pair.A.Events.Clear();
        pair.B.Events.Clear();
        return pair;
    }

    private static void Forward(NatBox nat, Node node)
    {
        foreach (ushort port in (ushort[])[500, 4500]) nat.Forward(node, new IkeEndpoint(node.Address, port), port);
    }

    private static void Flow(Pair pair, Node from, double seconds)
    {
        for (int i = 0; i < seconds * 20; i++)
            pair.Net.At(pair.Net.Now + TimeSpan.FromSeconds(0.05 * i), () => from.SendTo(from.Peer));
    }

    private static int Questions(Pair pair) => pair.Net.Trace.Count(static line =>
        line.StartsWith("A > B INFO request", StringComparison.Ordinal) && line.Contains("NatDetection", StringComparison.Ordinal));

    private static void AssertNobodyWentDown(Pair pair) =>
        Assert.DoesNotContain(pair.A.Events.Concat(pair.B.Events), IsDown);

    private static bool IsDown(string line) => line.StartsWith("down", StringComparison.Ordinal);
}
