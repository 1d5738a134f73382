using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>
/// Whatever two routers do, and whatever the network loses, doubles and delays meanwhile: when it is quiet again both have the same SAs, with the same keys, and nothing half-done is left.
/// </summary>
public sealed class StatePropertyTests(ITestOutputHelper output)
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, int.Parse(Environment.GetEnvironmentVariable("IKE_SEEDS") ?? "150"))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void RandomOperations_OnABadNetwork_EndWithBothSidesAgreed(int seed) => Run(seed, moves: false);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void RandomOperations_WithEndsThatMoveAndANatThatForgets_EndWithBothSidesAgreed(int seed) => Run(seed, moves: true);

    private void Run(int seed, bool moves)
    {
        var random = new SeededRandom((ulong)seed);
        var net = new Net { Verbose = true, JobTime = TimeSpan.FromMilliseconds(random.Below(30)) };
        DhGroup? pfs = random.Below(2) == 0 ? DhGroup.Curve25519 : null;
        IkeConfig Config(string name) => Configs.SharedKey(name).With((IpsecProfile p) => p with { Pfs = pfs, LifetimeSeconds = TimeSpan.FromSeconds(120) })
            .With((Ikev2Profile p) => p with { Lifetime = TimeSpan.FromSeconds(300), Dpd = new DpdConfig(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(3), Periodic: true) });
        NatBox? nat = moves && random.Below(2) == 0 ? new NatBox("198.51.100.1") : null;
        Node a = net.Add("A", nat is null ? "192.0.2.1" : "10.0.0.1", Config("a"), nat), b = net.Add("B", "192.0.2.2", Config("b"));
        double loss = random.NextDouble() * 0.3;
        net.Lose = _ => random.NextDouble() < loss;
        net.Copies = _ => random.NextDouble() < 0.1 ? 2 : 1;
        net.Delay = _ => TimeSpan.FromMilliseconds(random.NextDouble() < 0.2 ? random.Below(1500) : random.Below(20));
        a.Want(b);
        if (!moves && random.Below(2) == 0) b.Want(a);
        var done = new List<string>();
        for (int i = 0; i < 40; i++)
        {
            Node node = random.Below(2) == 0 ? a : b, other = node == a ? b : a;
            int what = random.Below(12);
            if (moves && random.Below(4) == 0)
            {
                done.Add($"{net.Now} move");
                if (nat is not null && random.Below(2) == 0) nat.Forget();
                else if (random.Below(3) == 0) MoveResponder(a, b, random);
                else a.MoveTo(nat is null ? $"192.0.2.{100 + random.Below(100)}" : $"10.0.0.{1 + random.Below(100)}");
            }
            // Nobody can call A behind its NAT, or where it was before.
            bool calls = !moves || node == a;
            if (!calls && what is 6 or 7) what = 11;
            done.Add($"{net.Now} {node.Name} {what}");
            Operate(node, other, what, calls, random);
            net.Run(random.NextDouble() < 0.5 ? random.NextDouble() * 0.1 : random.NextDouble() * 10);
        }
        net.Lose = static _ => false;
        net.Copies = static _ => 1;
        net.Delay = static _ => TimeSpan.Zero;
        a.Want(b);
        net.Run(200);
        // A moment without a rekeying under way.
        for (int i = 0; i < 50 && !IsQuiet(a, b); i++) net.Run(1);
        try
        {
            Agreement.Check(net, a, b);
        }
        catch
        {
            foreach (string line in done) output.WriteLine(line);
            foreach (string line in net.Trace.TakeLast(160)) output.WriteLine(line);
            output.WriteLine("A: " + string.Join(", ", a.Events));
            output.WriteLine("B: " + string.Join(", ", b.Events));
            foreach (Node node in (Node[])[a, b])
            {
                foreach (IkePeer peer in node.Engine.Core.Peers.All)
                    output.WriteLine($"{node.Name} knows {peer.Nbma}, wants {peer.Wants}, target {peer.Target?.Address} ({peer.Target?.Wants}), SAs {peer.Sas.Count}, due {peer.Deadline}");
                foreach (IkeSaState sa in node.Engine.Sas()) output.WriteLine($"{node.Name} established {sa.Established} {sa.Status} {sa.LocalSpi:X}/{sa.RemoteSpi:X} initiator {sa.IsInitiator} children {string.Join(',', sa.Children)}");
            }
            throw;
        }
    }

    private static bool IsQuiet(Node a, Node b) => Agreement.IsQuiet(a) && Agreement.IsQuiet(b);

    /// <summary>Who calls it is told where it is now, as NHRP would.</summary>
    private static void MoveResponder(Node a, Node b, SeededRandom random)
    {
        IpAddress before = b.Address;
        b.MoveTo($"192.0.2.{200 + random.Below(50)}");
        if (b.Address == before) return;
        a.Want(b);
        for (int i = 0; i < 60; i++) a.Release(before);
    }

    private static void Operate(Node node, Node other, int what, bool calls, SeededRandom random)
    {
        switch (what)
        {
            case 0 or 1:
                foreach (ChildSaState child in node.Engine.ChildSas().ToArray()) node.Call((engine, now, outbox) => engine.OnSoftLimit(child.InboundSpi, now, outbox));
                break;
            case 2:
                // Both at once.
                foreach (Node each in (Node[])[node, other])
                {
                    foreach (ChildSaState child in each.Engine.ChildSas().ToArray()) each.Call((engine, now, outbox) => engine.OnSoftLimit(child.InboundSpi, now, outbox));
                }
                break;
            case 3:
                Agreement.Rekey(node);
                break;
            case 4:
                Agreement.Rekey(node);
                Agreement.Rekey(other);
                break;
            case 5:
                node.Call((engine, now, outbox) => engine.ClearAll(now, outbox));
                break;
            case 6:
                node.Want(other);
                break;
            case 7:
                node.Release(other.Address);
                break;
            case 8:
                foreach (IkeSa sa in node.Engine.Core.Sas.Values.ToArray())
                {
                    if (sa is { IsEstablished: true, Peer: not null }) node.Call((engine, now, outbox) => engine.Core.Initiator.Reauthenticate(sa, now, outbox));
                }
                break;
            case 9:
                if (node.Live.Count > 0)
                {
                    uint spi = node.Live[random.Below(node.Live.Count)].Install.InboundSpi;
                    node.Call((engine, now, outbox) => engine.OnHardLimit(spi, now, outbox));
                }
                break;
            case 10 when random.Below(3) == 0:
                node.Crash();
                if (calls) node.Want(other);
                break;
            default:
                foreach (DataPeer peer in node.Peers.Values.ToArray()) node.SendTo(peer);
                break;
        }
    }
}
