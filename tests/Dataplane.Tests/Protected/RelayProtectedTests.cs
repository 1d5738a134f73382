using CsCheck;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Protected;

/// <summary>Between two peers with SAs: opened, sealed again in the same bytes or in a copy, and never in clear text.</summary>
public sealed class RelayProtectedTests
{
    private static readonly EspSuite[] Suites =
    [
        SecureRig.Gcm, SecureRig.Cbc, new(EncryptionId.AesCbc, 128, IntegrityId.HmacSha512, Esn: false), new(EncryptionId.Null, 0, IntegrityId.HmacSha512, Esn: false),
        new(EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None, Esn: false),
    ];

    [Fact]
    public void SameHeadersBothWays_ViewOfAMessage_SealedWhereItLies()
    {
        using SecureRig rig = Hub();
        rig.Nat.AsViews = true;
        rig.Use(rig.Agree(new NbmaPeer(Rig.Peer2.Address, 2), udp: 4500));
        FarEnd from = rig.Agree(new NbmaPeer(Rig.Peer3.Address, 3), udp: 4500);
        byte[] first = from.Seal(Gre(Packet("10.3.0.1", "10.2.0.1", 100), 7)), second = from.Seal(Gre(Packet("10.3.0.1", "10.2.0.1", 100), 7));
        foreach (byte[] esp in new[] { first, second }) rig.Nat.Waiting.Enqueue(new Datagram(Rig.Peer3.Address, esp, Port: 4500));
        rig.Rig.Run();
        Assert.Equal(2, rig.Nat.Sent.Count);
        Assert.Equal(first.Length, (int)(rig.Nat.Sent[1].Address - rig.Nat.Sent[0].Address));
    }

    /// <summary>A batch of packets that lie close together, some for the kernel, others for one peer or another: each arrives whole, whatever headers go in and out.</summary>
    [Fact]
    public void AnySuitesAndPackets_Batch_ArriveUnchangedButForTheirTtl() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 4], Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool), Gen.Select(Gen.Int[0, 3], Gen.Int[0, 1300]).Array[1, 100]).Sample((a, b, c, flags, sizes) =>
        {
            (bool udp, bool tunnelMode, bool views, bool checksum) = flags;
            using SecureRig rig = Hub(t => t with { Checksum = checksum, SequenceNumbers = checksum });
            rig.Nat.AsViews = rig.Esp.AsViews = views;
            FarEnd from = rig.Agree(new NbmaPeer(Rig.Peer3.Address, 3), Suites[a], udp ? (ushort)4500 : (ushort)0, tunnelMode);
            FarEnd two = rig.Agree(new NbmaPeer(Rig.Peer2.Address, 2), Suites[b], 4500);
            FarEnd four = rig.Agree(new NbmaPeer(Ip("192.0.2.4"), 4), Suites[c], tunnelMode: !tunnelMode);
            rig.Use(two);
            rig.Use(four);
            List<byte[]> toTwo = [], toFour = [], toKernel = [];
            uint number = 0;
            foreach ((int kind, int size) in sizes)
            {
                byte[] packet = kind switch
                {
                    0 => Packet("10.3.0.1", "10.9.0.9", size),
                    1 => Packet("10.3.0.1", "10.4.0.1", size),
                    2 => Packet("fd03::1", "fd02::1", size),
                    _ => Packet("10.3.0.1", "10.2.0.1", size),
                };
                (kind == 0 ? toKernel : kind == 1 ? toFour : toTwo).Add(kind == 0 ? packet : RelayHub.Forwarded(packet) ?? []);
                byte[] esp = from.Seal(Gre(packet, 7, checksum ? number++ : null, checksum));
                (udp ? rig.Nat : rig.Esp).Waiting.Enqueue(new Datagram(Rig.Peer3.Address, esp, Port: udp ? (ushort)4500 : (ushort)0));
            }
            rig.Rig.Run();
            Assert.Equal(toKernel, rig.Rig.Tun.Written);
            Assert.Equal(toTwo, Opened(two, rig.Nat.Sent));
            Assert.Equal(toFour, Opened(four, rig.Esp.Sent));
            Assert.Equal(0, rig.SentInClear);
            TunnelCounters counters = rig.Rig.Counters;
            Assert.Equal((sizes.Length, toTwo.Count + toFour.Count, toTwo.Count + toFour.Count), (counters.PacketsIn, counters.PacketsOut, counters.PacketsRelayed));
        }, iter: 300);

    [Fact]
    public void NoSaYet_WaitsAndLeavesWhenThereIsOne()
    {
        using SecureRig rig = Hub();
        rig.Esp.AsViews = true;
        FarEnd from = rig.Agree(new NbmaPeer(Rig.Peer3.Address, 3));
        byte[] packet = Packet("10.3.0.1", "10.2.0.1");
        Assert.Empty(rig.In(from, Gre(packet, 7)));
        Assert.Empty(rig.Esp.Sent);
        FarEnd two = rig.Agree(new NbmaPeer(Rig.Peer2.Address, 2), SecureRig.Cbc);
        rig.Use(two);
        rig.Rig.Run();
        Assert.Equal([RelayHub.Forwarded(packet)!], Opened(two, rig.Esp.Sent));
        Assert.Equal(0, rig.SentInClear);
    }

    [Fact]
    public void NoSaAtAll_DroppedAndCounted_NeverInTheClear()
    {
        using SecureRig rig = Hub();
        FarEnd from = rig.Agree(new NbmaPeer(Rig.Peer3.Address, 3));
        for (int i = 0; i < 20; i++) rig.In(from, Gre(Packet("10.3.0.1", "10.2.0.1"), 7));
        Assert.Equal(20 - DataplaneLimits.HeldPerPeer, rig.Drops(DataplaneDrop.OutNoSa));
        Assert.Equal((0, 0), (rig.SentInClear, rig.Esp.Sent.Count));
    }

    [Fact]
    public void LongerThanThePathOfTheSa_GoesToTheKernel()
    {
        using SecureRig rig = Hub(t => t with { PathMtuDiscovery = true });
        rig.Peer2();
        FarEnd from = rig.Agree(new NbmaPeer(Rig.Peer3.Address, 3));
        Assert.True(rig.Rig.Table.TryGetAdjacency(Rig.Tunnel0, Prefix("10.0.0.2/32"), out Adjacency? adjacency));
        adjacency.PathMtu = 1000;
        Assert.Empty(rig.In(from, Gre(Packet("10.3.0.1", "10.2.0.1", 900, dontFragment: true), 7)));
        Assert.Single(rig.In(from, Gre(Packet("10.3.0.1", "10.2.0.1", 950, dontFragment: true), 7)));
    }

    private static SecureRig Hub(Func<TunnelForwarding, TunnelForwarding>? change = null)
    {
        var rig = new SecureRig(c => (change ?? (same => same))(RelayHub.Relaying(c)));
        RelayHub.Prepare(rig.Rig);
        rig.Rig.Table.SetRoute(Rig.Tunnel0, Prefix("10.4.0.0/16"), [Ip("10.0.0.4")]);
        rig.Rig.Table.SetBestRoute(Prefix("10.4.0.0/16"), Rig.Tunnel0);
        rig.Rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("10.0.0.4/32"), new NbmaPeer(Ip("192.0.2.4")));
        rig.Rig.Table.Publish();
        return rig;
    }

    private static List<byte[]> Opened(FarEnd end, List<Datagram> sent) => sent.ConvertAll(s =>
    {
        byte[] gre = end.Open(s.Bytes) ?? [];
        Assert.NotEmpty(gre);
        return Rig.Parse(s with { Bytes = gre }).Payload.ToArray();
    });
}
