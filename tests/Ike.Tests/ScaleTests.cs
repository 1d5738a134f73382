using Dmvpn.Ike.Tests.Harness;

namespace Dmvpn.Ike.Tests;

/// <summary>What a hub keeps of a spoke, and what many spokes at once do to it.</summary>
[Collection(Alone.Name)]
public sealed class ScaleTests(ITestOutputHelper output)
{
    [Fact]
    public void TwoThousandSpokes_Idle_EachTakesFewKilobytesOfTheHub()
    {
        const int Spokes = 2000;
        var net = new Net();
        Node hub = net.Add("H", "192.0.2.9", Configs.SharedKey("h"));
        Bring(net, hub, 0, 100);
        long before = Used(net);
        Bring(net, hub, 100, Spokes);
        net.Run(150);
        long each = (Used(net) - before) / (Spokes - 100);
        output.WriteLine($"{each} octets of managed memory for each spoke; {hub.Engine.Core.Timers.Count} deadlines");
        Assert.Equal(Spokes, hub.Peers.Count);
        // Of the 12 KB that a spoke may take altogether. About 2.3 KB are the engine's, the rest is what this test and its network keep.
        Assert.InRange(each, 500, 5000);
    }

    [Fact]
    public void ThousandSpokes_CallAtOnce_AllComeUpInSecondsWithBoundedWork()
    {
        const int Spokes = 1000;
        var net = new Net { JobTime = TimeSpan.FromMilliseconds(20) };
        Node hub = net.Add("H", "192.0.2.9", Configs.SharedKey("h"));
        var spokes = new List<Node>();
        for (int i = 0; i < Spokes; i++) spokes.Add(Spoke(net, i));
        foreach (Node spoke in spokes) spoke.Want(hub);
        net.Run(6);
        Assert.Equal(Spokes, hub.Peers.Count);
        Assert.All(spokes, spoke => Assert.Equal(["up h.example.org"], spoke.Events));
        Assert.True(hub.Engine.Statistics.CookiesSent > 0);
        Assert.Equal(0, hub.Engine.Statistics.HalfOpen);
        // Fifty lines, then one that tells how many more there were.
        Assert.InRange(hub.Log.Lines.Count, 1, 60 * 4);
        Assert.Contains(hub.Log.Lines, line => line.Contains("more lines about peers", StringComparison.Ordinal));
    }

    [Fact]
    public void HubRestarts_ThousandSpokesWithTickets_ComeBackWithoutASingleKeyExchange()
    {
        const int Spokes = 1000;
        var net = new Net();
        Node hub = net.Add("H", "192.0.2.9", Configs.SharedKey("h"));
        var spokes = new List<Node>();
        for (int i = 0; i < Spokes; i++) spokes.Add(Spoke(net, i));
        foreach (Node spoke in spokes) spoke.Want(hub);
        net.Run(60);
        Assert.Equal(Spokes, hub.Peers.Count);
        hub.Crash();
        long inits = net.Packets.Count(packet => packet.Exchange == Wire.Ike.IkeExchangeType.SaInit);
        for (int i = 0; i < 15; i++)
        {
            foreach (Node spoke in spokes) spoke.SendToIfUp();
            net.Run(1);
        }
        Assert.Equal(Spokes, hub.Peers.Count);
        Assert.Equal(Spokes, hub.Engine.Statistics.Resumed);
        Assert.Equal(inits, net.Packets.Count(packet => packet.Exchange == Wire.Ike.IkeExchangeType.SaInit));
    }

    private static Node Spoke(Net net, int number) => net.Add($"s{number}", $"10.{number / 62500 + 1}.{number / 250 % 250}.{number % 250 + 1}", Configs.SharedKey($"s{number}"));

    /// <summary>Spokes come up and are forgotten by everybody but the hub.</summary>
    private static void Bring(Net net, Node hub, int from, int to)
    {
        for (int i = from; i < to; i += 50)
        {
            var batch = new List<Node>();
            for (int n = i; n < Math.Min(i + 50, to); n++) batch.Add(Spoke(net, n));
            foreach (Node spoke in batch) spoke.Want(hub);
            net.Run(0.2);
            foreach (Node spoke in batch)
            {
                Assert.Equal(["up h.example.org"], spoke.Events);
                net.Forget(spoke);
            }
        }
    }

    private static long Used(Net net)
    {
        net.TakeTrace();
        net.Text.Forget();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
