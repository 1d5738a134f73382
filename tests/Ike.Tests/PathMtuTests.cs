using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>
/// Paths that carry less than the tunnel's packets, and say nothing (RFC 4821, RFC 8899).
/// </summary>
public sealed class PathMtuTests
{
    private const int Full = 1466;

    private static readonly DpdConfig Dpd = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), Periodic: true);

    private static readonly Ikev2Proposal Blocks = Configs.Quick with { Encryption = [new(EncryptionId.AesCbc, 256)], Integrity = [IntegrityId.HmacSha512] };

    private static IEnumerable<Packet> Probes(Net net) => net.Packets.Where(static packet => packet is { Exchange: IkeExchangeType.Informational, IsResponse: false, Size: > 576 });

    /// <summary>A's data path sends to B all the time.</summary>
    private static void Use(Pair pair, double seconds, bool dontFragment = false, int longest = Full)
    {
        for (int i = 0; i < seconds; i++)
        {
            pair.Net.At(pair.Net.Now + TimeSpan.FromSeconds(i), () =>
            {
                foreach (DataPeer peer in pair.A.Peers.Values.ToArray())
                    pair.A.Call((engine, now, outbox) => engine.OnPathUsed(peer.Nbma.Association, longest, dontFragment, now, outbox));
            });
        }
        pair.Net.Run(seconds);
    }

    /// <summary>
    /// Nothing longer arrives, by fragments neither; A's answers from B come as they are.
    /// </summary>
    private static void Narrow(Net net, int mtu) => net.Lose = packet => packet.IsIke && packet.Size > mtu;

    [Fact]
    public void WidePath_OneLongMessageInTwentySeconds_AndNothingIsSaid()
    {
        Pair pair = new Pair().Up();
        Use(pair, 60);
        Assert.InRange(Probes(pair.Net).Count(), 3, 4);
        Assert.All(Probes(pair.Net), static probe => Assert.Equal((Full, false), (probe.Size, probe.DontFragment)));
        Assert.Empty(pair.A.Events);
    }

    [Fact]
    public void UnusedPath_IsNotTried()
    {
        Pair pair = new Pair().Up();
        pair.Net.Run(300);
        Assert.Empty(Probes(pair.Net));
    }

    [Theory]
    [InlineData(1400, 1400)]
    [InlineData(1464, 1460)]
    [InlineData(1280, 1280)]
    [InlineData(900, 850)]
    [InlineData(576, 576)]
    public void NarrowPath_IsFoundWithinAMinute_AndOnce(int mtu, int found)
    {
        Pair pair = new Pair().Up();
        Use(pair, 30);
        Narrow(pair.Net, mtu);
        Use(pair, 55);
        string line = Assert.Single(pair.A.Events);
        Assert.StartsWith($"path {found} ", line, StringComparison.Ordinal);
        Use(pair, 120);
        Assert.Single(pair.A.Events);
        Assert.DoesNotContain(pair.B.Events, static line => line.StartsWith("down", StringComparison.Ordinal));
    }

    /// <summary>
    /// Whatever blocks the cipher has, a size that is tried is that size, up to the octet.
    /// </summary>
    [Theory]
    [InlineData(1400, Full)]
    [InlineData(1465, Full)]
    [InlineData(1466, Full)]
    [InlineData(1463, 1464)]
    [InlineData(1461, 1462)]
    public void CipherWithBlocks_ExactSizes(int mtu, int longest)
    {
        Pair pair = new Pair(static config => config with { Proposals = [Blocks] }).Up();
        Narrow(pair.Net, mtu);
        Use(pair, 15, longest: longest);
        Assert.Contains(Probes(pair.Net), probe => probe.Size == longest);
        if (mtu >= longest) Assert.Empty(pair.A.Events);
        else Assert.StartsWith($"path {(mtu == 1400 ? 1400 : 1460)} ", Assert.Single(pair.A.Events), StringComparison.Ordinal);
    }

    [Fact]
    public void NarrowPath_FromTheStart_IsFoundInSeconds()
    {
        Pair pair = new Pair().Up();
        Narrow(pair.Net, 1400);
        Use(pair, 8);
        Assert.Equal(["path 1400 1410"], pair.A.Events);
    }

    [Fact]
    public void FragmentsPass_WithoutPathMtuDiscovery_ThereIsNoLimit_AndWithItThereIs()
    {
        Pair pair = new Pair().Up();
        pair.Net.Lose = static packet => packet is { IsIke: true, DontFragment: true, Size: > 1400 };
        Use(pair, 60);
        Assert.Empty(pair.A.Events);
        Use(pair, 60, dontFragment: true);
        Assert.Equal(["path 1400 1410"], pair.A.Events);
    }

    [Fact]
    public void DeadPeer_IsDead_AndNoNarrowPath()
    {
        Pair pair = new Pair(config => config with { Dpd = Dpd }).Up();
        Use(pair, 30);
        pair.Net.Lose = static packet => packet.IsIke;
        Use(pair, 60);
        Assert.Equal("down b.example.org DeadPeer", pair.A.Events[0]);
        Assert.DoesNotContain(pair.A.Events, static line => line.StartsWith("path", StringComparison.Ordinal));
    }

    [Fact]
    public void ShortOutage_IsNoNarrowPath()
    {
        Pair pair = new Pair().Up();
        Use(pair, 30);
        for (int i = 0; i < 20; i++)
        {
            int start = i;
            Instant from = pair.Net.Now;
            pair.Net.Lose = packet => packet.IsIke && pair.Net.Now < from + TimeSpan.FromSeconds(0.5 + start * 0.25);
            Use(pair, 40);
        }
        Assert.Empty(pair.A.Events);
    }

    [Fact]
    public void FullQueue_AnswersComeLate_IsNoNarrowPath()
    {
        Pair pair = new Pair().Up();
        Use(pair, 30);
        pair.Net.Delay = static packet => packet is { IsIke: true, IsResponse: true } ? TimeSpan.FromSeconds(2) : TimeSpan.Zero;
        Use(pair, 120);
        Assert.Empty(pair.A.Events);
    }

    [Fact]
    public void PathGrows_IsFoundAfterTenMinutes_NotBefore()
    {
        Pair pair = new Pair().Up();
        Narrow(pair.Net, 1400);
        Use(pair, 30);
        Narrow(pair.Net, 1440);
        Use(pair, 500);
        Assert.Equal(["path 1400 1410"], pair.A.Events);
        Use(pair, 150);
        Assert.Equal(["path 1400 1410", "path 1440 1450"], pair.A.Events);
        pair.Net.Lose = static _ => false;
        Use(pair, 700);
        Assert.Equal(["path 1400 1410", "path 1440 1450", "path 0 0"], pair.A.Events);
    }

    [Fact]
    public void PathShrinksOnceMore_IsFound()
    {
        Pair pair = new Pair().Up();
        Narrow(pair.Net, 1400);
        Use(pair, 30);
        Narrow(pair.Net, 1300);
        Use(pair, 55);
        Assert.Equal(["path 1400 1410", "path 1300 1320"], pair.A.Events);
    }

    [Fact]
    public void PeerThatKnowsNoFragments_NarrowPath_IsFoundToo()
    {
        Pair pair = new Pair(b: config => config with { FragmentationMtu = null }).Up();
        Narrow(pair.Net, 1400);
        Use(pair, 30);
        Assert.Equal(["path 1400 1410"], pair.A.Events);
        Assert.Single(pair.B.Live);
    }

    [Fact]
    public void TunnelsLongestPacketBecomesShorterThanThePath_TheLimitGoes()
    {
        Pair pair = new Pair().Up();
        Narrow(pair.Net, 1400);
        Use(pair, 30);
        Use(pair, 30, longest: 1350);
        Assert.Equal(["path 1400 1410", "path 0 0"], pair.A.Events);
    }

    [Fact]
    public void PeerMoves_NothingIsKnownOfTheOtherPath()
    {
        Pair pair = new Pair().Up();
        Narrow(pair.Net, 1400);
        Use(pair, 30);
        pair.Net.Lose = static _ => false;
        pair.A.MoveTo("192.0.2.9");
        Use(pair, 30);
        Assert.Equal(["path 1400 1410", "path 0 0", "moved 192.0.2.2:4500"], pair.A.Events);
    }

    [Fact]
    public void WhileAPathIsTried_RekeyingsAndTheEndComeThrough()
    {
        Pair pair = new Pair(config => config.With((IpsecProfile profile) => profile with { LifetimeSeconds = TimeSpan.FromSeconds(120) })).Up();
        Narrow(pair.Net, 1400);
        Use(pair, 200);
        Assert.Equal(["path 1400 1410"], pair.A.Events);
        Narrow(pair.Net, 1300);
        Use(pair, 22);
        pair.A.Call(static (engine, now, outbox) => engine.ClearAll(now, outbox));
        pair.Net.Run(10);
        Assert.Contains(pair.B.Events, static line => line.StartsWith("down a.example.org DeletedByPeer", StringComparison.Ordinal));
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void LossyPath_IsNotTakenForANarrowOne()
    {
        Pair pair = new Pair().Up();
        var random = new SeededRandom(7);
        pair.Net.Lose = packet => packet.IsIke && random.NextDouble() < 0.1;
        Use(pair, 3600);
        Assert.DoesNotContain(pair.A.Events, static line => line.StartsWith("path", StringComparison.Ordinal));
    }

    [Fact]
    public void AnswersOfAnybodyElse_ChangeNothing()
    {
        Pair pair = new Pair().Up();
        Use(pair, 30);
        // The long ones are kept back, and somebody answers them who has no key.
        pair.Net.Lose = packet =>
        {
            if (packet is not { IsIke: true, IsResponse: false, Size: > 1400 }) return false;
            byte[] forged = [.. packet.Bytes.AsSpan(0, 120)];
            forged[19] = (byte)(IkeFlags.Response | (IkeFlags)(packet.Bytes[19] & (byte)IkeFlags.Initiator ^ (byte)IkeFlags.Initiator));
            pair.Net.At(pair.Net.Now, () => pair.Net.Inject(pair.A, packet.SenderPath, forged));
            return true;
        };
        Use(pair, 55);
        Assert.Equal(["path 1400 1410"], pair.A.Events);
    }
}
