using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Pki;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>Messages in fragments (RFC 7383), in any order, doubled, lost, forged.</summary>
public sealed class FragmentationTests
{
    private static (Net Net, Node A, Node B) Narrow(int mtu = 300)
    {
        var net = new Net();
        Func<IkeConfig, IkeConfig> narrow = config => config with { FragmentationMtu = mtu };
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a", KeyKind.EcdsaP384), narrow), b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b", KeyKind.EcdsaP384), narrow);
        return (net, a, b);
    }

    [Fact]
    public void Fragments_InReverseOrderAndTwice_MakeTheMessage()
    {
        (Net net, Node a, Node b) = Narrow();
        int count = 0;
        net.Delay = packet => packet.IsIke && packet.Exchange == IkeExchangeType.Auth ? TimeSpan.FromMilliseconds(100 - 5 * (count++ % 16)) : TimeSpan.Zero;
        net.Copies = static _ => 2;
        a.Want(b);
        net.Run(0.9);
        Assert.True(net.Packets.Count(packet => packet is { Exchange: IkeExchangeType.Auth, IsResponse: false }) >= 3);
        Assert.Equal(["up b.example.org"], a.Events);
        net.Copies = static _ => 1;
        net.Run(5);
        Agreement.Check(net, a, b);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void OneFragment_Lost_TheMessageIsRepeatedAndTakenOnce(int which)
    {
        (Net net, Node a, Node b) = Narrow();
        int count = 0;
        net.Lose = packet => packet is { IsIke: true, Exchange: IkeExchangeType.Auth, IsResponse: false } && ++count == which;
        a.Want(b);
        net.Run(3);
        Assert.Equal(["up b.example.org"], a.Events);
        Assert.Equal(1, b.Engine.Statistics.EstablishedAsResponder);
        Agreement.Check(net, a, b);
    }

    [Fact]
    public void FragmentedResponse_Lost_IsRepeatedForTheFirstFragmentOnly()
    {
        (Net net, Node a, Node b) = Narrow();
        int lost = 0;
        net.Lose = packet => packet is { IsIke: true, Exchange: IkeExchangeType.Auth, IsResponse: true } && lost++ < 3;
        a.Want(b);
        net.Run(3);
        int fragments = net.Packets.Where(packet => packet is { Exchange: IkeExchangeType.Auth, IsResponse: false }).Select(packet => Convert.ToHexString(packet.Bytes)).Distinct().Count();
        int requests = net.Packets.Count(packet => packet is { Exchange: IkeExchangeType.Auth, IsResponse: false });
        int answers = net.Packets.Where(packet => packet is { Exchange: IkeExchangeType.Auth, IsResponse: true }).Select(packet => Convert.ToHexString(packet.Bytes)).Distinct().Count();
        int responses = net.Packets.Count(packet => packet is { Exchange: IkeExchangeType.Auth, IsResponse: true });
        // As often as the request was sent, not once for each of its fragments (2.6.1).
        Assert.Equal(requests / fragments, responses / answers);
        Agreement.Check(net, a, b);
    }

    [Fact]
    public void ForgedFragments_ChangeNothing()
    {
        (Net net, Node a, Node b) = Narrow();
        net.Rewrite = packet =>
        {
            if (packet.Exchange != IkeExchangeType.Auth || packet.IsResponse) return packet.Bytes;
            // A forged one in front of each genuine one: of the same message, with the same number; and of another message.
            byte[] forged = [.. packet.Bytes];
            forged[^1] ^= 1;
            net.At(net.Now, () => net.Inject(b, packet.ReceiverPath, forged));
            byte[] other = [.. packet.Bytes];
            other[23] = 9;
            net.At(net.Now, () => net.Inject(b, packet.ReceiverPath, other));
            return packet.Bytes;
        };
        a.Want(b);
        net.Run(0.9);
        Assert.Equal(["up b.example.org"], a.Events);
        Assert.True(b.Engine.Drops[IkeDrop.IntegrityFailed] > 3);
        net.Rewrite = static packet => packet.Bytes;
        net.Run(5);
        Agreement.Check(net, a, b);
    }

    [Fact]
    public void PeerWithoutFragmentation_GetsWholeMessages()
    {
        var net = new Net();
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a"), static config => config with { FragmentationMtu = 300 });
        Node b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"), static config => config with { FragmentationMtu = null });
        a.Want(b);
        net.Run(1);
        Assert.DoesNotContain("FragmentationSupported", net.Trace[1], StringComparison.Ordinal);
        Assert.DoesNotContain(net.Trace, line => line.Contains("fragment", StringComparison.Ordinal));
        Agreement.Check(net, a, b);
    }

    [Fact]
    public void RequestAndResponseWithTheSameId_InterleavedFragments_AreNotMixed()
    {
        (Net net, Node a, Node b) = Narrow(120);
        a.Want(b);
        net.Run(2);
        net.TakeTrace();
        // Both rekey the child SA: request 2 of A, request 0 of B; then a request of B with the id of A's next one.
        for (int i = 0; i < 6; i++)
        {
            var random = new SeededRandom((ulong)i);
            net.Delay = _ => TimeSpan.FromMilliseconds(random.Below(40));
            foreach (Node node in (Node[])[a, b])
            {
                foreach (DataSa sa in node.Live) node.Call((engine, now, outbox) => engine.OnSoftLimit(sa.Install.InboundSpi, now, outbox));
            }
            net.Run(12);
        }
        Assert.Contains(net.Trace, line => line.Contains("fragment 3/", StringComparison.Ordinal));
        net.Delay = static _ => TimeSpan.Zero;
        Assert.Equal(0, a.Engine.Malformed.Total);
        Assert.Empty(a.Events.Skip(1));
        net.Run(10);
        Agreement.Check(net, a, b);
    }
}
