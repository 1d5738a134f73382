using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Rfc7296;

/// <summary>
/// What one end begins, the other end begins too, or something else, 0 to 110 ms later: that is, before, while and after the first message is on its way, is worked on, its answer is on its way, and the delete
/// that follows (RFC 7296 2.8, 2.25). Whatever happens on the way, both ends agree in the end, and packets pass.
/// </summary>
public sealed class EveryCrossingTests
{
    public enum Operation
    {
        RekeyChild,
        RekeyIke,
        DeleteChild,
        DeleteIke,
        Reauthenticate,
        Move,
        MoveResponder,
    }

    public static TheoryData<Operation, Operation> Pairs()
    {
        var pairs = new TheoryData<Operation, Operation>();
        foreach (Operation first in Enum.GetValues<Operation>())
        {
            foreach (Operation second in Enum.GetValues<Operation>())
            {
                if (AreOfUse(first, second)) pairs.Add(first, second);
            }
        }
        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void TwoOperations_AtAnyDistance_EndWithBothSidesAgreed(Operation first, Operation second)
    {
        foreach (int milliseconds in (int[])[0, 7, 25])
        {
            // Of each end, and of the same end twice.
            for (int later = 0; later <= 110; later += 5)
            {
                Run(first, second, later, milliseconds, sameEnd: false);
                if (later % 20 == 0) Run(first, second, later, milliseconds, sameEnd: true);
            }
        }
    }

    private static void Run(Operation first, Operation second, int later, int work, bool sameEnd)
    {
        Pair pair = new Pair(both: config => work == 0 ? config : config.With(static (IpsecProfile p) => p with { Pfs = DhGroup.Curve25519 })).Up();
        pair.Net.JobTime = TimeSpan.FromMilliseconds(work);
        Node other = sameEnd ? pair.A : pair.B;
        Begin(pair, pair.A, first, "192.0.2.77");
        pair.Net.At(pair.Net.Now + TimeSpan.FromMilliseconds(later), () => Begin(pair, other, second, "192.0.2.88"));
        pair.Net.Run(60);
        try
        {
            Agreement.Check(pair.Net, pair.A, pair.B);
        }
        catch (Exception problem)
        {
            Assert.Fail($"{first}, {(sameEnd ? "A" : "B")} {second} after {later} ms, work {work} ms: {problem.Message}\n{string.Join('\n', pair.Net.Trace)}\n{string.Join('\n', pair.A.Events)}");
        }
        // Without deletes the peers never are without a child SA.
        if (!IsDelete(first) && !IsDelete(second)) Assert.DoesNotContain(pair.A.Events.Concat(pair.B.Events), static line => line.StartsWith("down", StringComparison.Ordinal));
    }

    /// <summary>Left out: both ends move and cannot find each other, or the responder is not any more where it is called.</summary>
    private static bool AreOfUse(Operation first, Operation second)
    {
        Operation[] both = [first, second];
        return !both.Contains(Operation.MoveResponder) || !both.Contains(Operation.Move) && !both.Contains(Operation.DeleteIke);
    }

    private static bool IsDelete(Operation operation) => operation is Operation.DeleteChild or Operation.DeleteIke;

    private static void Begin(Pair pair, Node node, Operation operation, string address)
    {
        switch (operation)
        {
            case Operation.RekeyChild:
                pair.SoftLimit(node);
                break;
            case Operation.RekeyIke:
                Agreement.Rekey(node);
                break;
            case Operation.DeleteChild:
                node.Call((engine, now, outbox) =>
                {
                    foreach (ChildSa child in engine.Core.ChildSas.Values.ToArray())
                    {
                        if (child.IsLive) engine.Core.Children.Delete(child, now, outbox);
                    }
                });
                break;
            case Operation.DeleteIke:
                node.Call((engine, now, outbox) => engine.ClearAll(now, outbox));
                break;
            case Operation.Reauthenticate:
                foreach (IkeSa sa in node.Engine.Core.Sas.Values.ToArray())
                {
                    if (sa is { IsEstablished: true, Peer: not null }) node.Call((engine, now, outbox) => engine.Core.Initiator.Reauthenticate(sa, now, outbox));
                }
                break;
            case Operation.MoveResponder:
                pair.B.MoveTo(address);
                break;
            default:
                pair.A.MoveTo(address);
                break;
        }
    }
}
