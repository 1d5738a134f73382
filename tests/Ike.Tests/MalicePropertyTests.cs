using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Ike.Tests.Rfc7296;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>
/// A peer with good keys whose messages are anything: payloads left out, doubled, out of order, broken, and others added. No exception, nothing that grows; the effects are still in order
/// (<see cref="Node"/> checks), and when the peer is honest again everything is.
/// </summary>
public sealed class MalicePropertyTests(ITestOutputHelper output)
{
    private static readonly IkeNotifyType[] Notifies = Enum.GetValues<IkeNotifyType>();

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, int.Parse(Environment.GetEnvironmentVariable("IKE_SEEDS") ?? "100"))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void AuthenticMessages_ChangedAtRandom_NeverThrowAndLeaveNothing(int seed)
    {
        var random = new SeededRandom((ulong)seed * 7919);
        var net = new Net { Verbose = true, JobTime = TimeSpan.FromMilliseconds(random.Below(20)) };
        DhGroup? pfs = random.Below(2) == 0 ? DhGroup.Curve25519 : null;
        bool certificates = random.Below(3) == 0;
        IkeConfig Change(IkeConfig config) => config.With((IpsecProfile p) => p with { Pfs = pfs, LifetimeSeconds = TimeSpan.FromSeconds(120) })
            .With((Ikev2Profile p) => p with { Lifetime = TimeSpan.FromSeconds(300), Dpd = new DpdConfig(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(3), Periodic: true) });
        Node Add(string name, string address) => certificates ? Certificates.Add(net, name, address, Certificates.Of(name.ToLowerInvariant()), Change)
            : net.Add(name, address, Change(Configs.SharedKey(name.ToLowerInvariant())));
        Node a = Add("A", "192.0.2.1"), b = Add("B", "192.0.2.2");
        double malice = 0.05 + random.NextDouble() * 0.3;
        net.Rewrite = packet => random.NextDouble() < malice ? Forge(net, packet, random) : packet.Bytes;
        a.Want(b);
        net.Run(1);
        try
        {
            for (int i = 0; i < 30; i++)
            {
                Node node = random.Below(2) == 0 ? a : b;
                Operate(node, random);
                net.Run(random.NextDouble() * 6);
                Assert.InRange(node.Engine.Core.Sas.Count, 0, 40);
                Assert.InRange(node.Engine.Core.ChildSas.Count, 0, 80);
            }
            net.Rewrite = static packet => packet.Bytes;
            foreach (Node node in (Node[])[a, b]) node.Call((engine, now, outbox) => engine.ClearAll(now, outbox));
            a.Want(b);
            net.Run(400);
            for (int i = 0; i < 50 && !(Agreement.IsQuiet(a) && Agreement.IsQuiet(b)); i++) net.Run(1);
            Agreement.Check(net, a, b);
        }
        catch
        {
            foreach (string line in net.Trace.TakeLast(120)) output.WriteLine(line);
            foreach (Node node in (Node[])[a, b])
            {
                output.WriteLine($"{node.Name} jobs {node.Engine.Statistics.Jobs} half-open {node.Engine.Statistics.HalfOpen} initiating {node.Engine.Statistics.Initiating} retired {node.Sas.Values.Count(static sa => sa.IsRetired)}");
                foreach (IkeSa sa in node.Engine.Core.Sas.Values) output.WriteLine($"{node.Name} {sa} {sa.Stage} open {sa.HasOpenRequests} rekey {sa.Rekey is not null} exchanges {sa.ChildExchanges} ends {sa.EndsAt}");
            }
            output.WriteLine("A: " + string.Join(", ", a.Events));
            output.WriteLine("B: " + string.Join(", ", b.Events));
            throw;
        }
    }

    private static void Operate(Node node, SeededRandom random)
    {
        switch (random.Below(7))
        {
            case 0:
                foreach (ChildSaState child in node.Engine.ChildSas().ToArray()) node.Call((engine, now, outbox) => engine.OnSoftLimit(child.InboundSpi, now, outbox));
                break;
            case 1:
                Agreement.Rekey(node);
                break;
            case 2:
                foreach (IkeSa sa in node.Engine.Core.Sas.Values.ToArray()) node.Call((engine, now, outbox) => sa.AskLiveness(now, outbox));
                break;
            case 3 when node.Name == "A":
                node.MoveTo($"192.0.2.{100 + random.Below(100)}");
                break;
            case 4:
                foreach (IkeSa sa in node.Engine.Core.Sas.Values.ToArray())
                {
                    if (sa is { IsEstablished: true, Peer: not null }) node.Call((engine, now, outbox) => engine.Core.Initiator.Reauthenticate(sa, now, outbox));
                }
                break;
            case 5 when random.Below(4) == 0:
                node.Crash();
                break;
            default:
                // No packets: the ends of a child SA need not have the same keys.
                break;
        }
    }

    private static byte[] Forge(Net net, Packet packet, SeededRandom random)
    {
        Assert.True(IkeView.TryParse(packet.Bytes, out IkeView view, out _));
        if (packet.Exchange is IkeExchangeType.SaInit or IkeExchangeType.SessionResume) return Look.RewriteClear(packet.Bytes, payloads => Forge(payloads, random));
        if (!view.Payloads.TryFind(IkePayloadType.Encrypted, out _)) return packet.Bytes;
        // Where a nonce was changed the ends do not have the same keys, and one of them cannot be imitated.
        if (net.Text.Payloads(packet.Bytes).Contains("?")) return packet.Bytes;
        List<RawPayload> changed = Forge(net.Text.Open(packet.Bytes), random);
        IkeHeader header = view.Header;
        if (random.Below(8) == 0) header = header with { MessageId = header.MessageId + (uint)random.Below(4) };
        if (random.Below(8) == 0) header = header with { Exchange = (IkeExchangeType)(34 + random.Below(6)) };
        if (random.Below(12) == 0) header = header with { Flags = header.Flags ^ IkeFlags.Response };
        return net.Text.Seal(header, changed);
    }

    private static List<RawPayload> Forge(List<RawPayload> payloads, SeededRandom random)
    {
        for (int times = 1 + random.Below(3); times > 0; times--)
        {
            int at = payloads.Count == 0 ? -1 : random.Below(payloads.Count);
            switch (random.Below(7))
            {
                case 0 when at >= 0:
                    payloads.RemoveAt(at);
                    break;
                case 1 when at >= 0:
                    payloads.Add(payloads[at]);
                    break;
                case 2 when at >= 0 && payloads[at].Body.Length > 0:
                    byte[] body = [.. payloads[at].Body];
                    body[random.Below(body.Length)] ^= (byte)(1 << random.Below(8));
                    payloads[at] = payloads[at] with { Body = body };
                    break;
                case 3 when at >= 0:
                    payloads[at] = payloads[at] with { Body = payloads[at].Body[..random.Below(payloads[at].Body.Length + 1)] };
                    break;
                case 4:
                    payloads.Add(new RawPayload(IkePayloadType.Delete, random.Below(2) == 0 ? [1, 0, 0, 0] : [3, 4, 0, 1, .. Bytes(random, 4)]));
                    break;
                case 5 when at >= 0:
                    payloads[at] = payloads[at] with { Type = (IkePayloadType)(33 + random.Below(20)), IsCritical = random.Below(4) == 0 };
                    break;
                default:
                    payloads.Add(RawPayload.Of(Notifies[random.Below(Notifies.Length)], Bytes(random, random.Below(40))));
                    break;
            }
        }
        return payloads;
    }

    private static byte[] Bytes(SeededRandom random, int length)
    {
        byte[] bytes = new byte[length];
        random.Fill(bytes);
        return bytes;
    }
}
