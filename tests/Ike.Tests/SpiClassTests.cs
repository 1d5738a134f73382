using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;

namespace Dmvpn.Ike.Tests;

/// <summary>Which thread of the data path an inbound SA belongs to is in its SPI: all SAs of one flow must come to one.</summary>
public sealed class SpiClassTests
{
    private const int Classes = 7;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rekeyed_ChildAndIkeSaByEitherEnd_AllSpisAreOfOneClass(bool nat)
    {
        Pair pair = Make(nat).Up();
        int a = ClassOf(pair.A), b = ClassOf(pair.B);
        var seen = new HashSet<uint> { pair.A.Live[0].Install.InboundSpi };
        foreach (Node node in (ReadOnlySpan<Node>)[pair.A, pair.B, pair.B, pair.A])
        {
            pair.SoftLimit(node);
            pair.Traffic(8);
            Assert.True(seen.Add(Assert.Single(pair.A.Live).Install.InboundSpi));
            Assert.Equal((a, b), (ClassOf(pair.A), ClassOf(pair.B)));
            Agreement.Rekey(node);
            pair.Traffic(8);
        }
    }

    [Fact]
    public void Moved_LaterSasKeepTheClass()
    {
        Pair pair = Make(nat: false).Up();
        int a = ClassOf(pair.A), b = ClassOf(pair.B);
        // One of a few places at the latest would have chosen another class.
        for (int i = 10; i < 20; i++)
        {
            pair.A.MoveTo($"192.0.2.{i}");
            pair.Net.Run(4);
            Agreement.Rekey(pair.A);
            pair.Net.Run(4);
            pair.SoftLimit(pair.B);
            pair.Traffic(8);
            Assert.Equal(IpAddress.Parse($"192.0.2.{i}"), pair.B.Peer.Nbma.Address);
            Assert.Equal((a, b), (ClassOf(pair.A), ClassOf(pair.B)));
        }
    }

    [Fact]
    public void MadeAnew_FromTheSamePlace_HasTheSameClass()
    {
        Pair pair = Make(nat: false).Up();
        int a = ClassOf(pair.A), b = ClassOf(pair.B);
        for (int i = 0; i < 5; i++)
        {
            pair.A.Crash();
            pair.A.Engine.Core.SpiClasses = Classes;
            pair.A.Want(pair.B);
            pair.Net.Run(10);
            Assert.Equal(a, ClassOf(pair.A));
            Assert.Equal(b, ClassOf(pair.B));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(64)]
    public void ManyPeers_SpreadOverAllClasses(int classes)
    {
        var pair = new Pair();
        pair.A.Engine.Core.SpiClasses = classes;
        int[] peers = new int[classes], ports = new int[classes];
        const int Each = 200;
        for (uint i = 0; i < Each * classes; i++)
        {
            peers[pair.A.Engine.Core.SpiClassOf(new IkeEndpoint(IpAddress.FromIPv4(0xC000_0200 + i * 256 + 1), 4500))]++;
            ports[pair.A.Engine.Core.SpiClassOf(new IkeEndpoint(IpAddress.FromIPv4(0xC000_0201), (ushort)(1024 + i)))]++;
        }
        Assert.All(peers, count => Assert.InRange(count, Each / 2, Each * 2));
        Assert.All(ports, count => Assert.InRange(count, Each / 2, Each * 2));
    }

    private static Pair Make(bool nat)
    {
        var pair = new Pair(natOfA: nat ? new NatBox("198.51.100.1") : null);
        pair.A.Engine.Core.SpiClasses = pair.B.Engine.Core.SpiClasses = Classes;
        return pair;
    }

    private static int ClassOf(Node node) => (int)(Assert.Single(node.Live).Install.InboundSpi % Classes);
}
