using CsCheck;
using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Cdp;
using static Dmvpn.Odr.Tests.OdrNetwork;

namespace Dmvpn.Odr.Tests;

/// <summary>What a hub believes, and what it refuses by name.</summary>
public sealed class OdrInputTests
{
    private readonly OdrInstance _hub = new(new SeededRandom(1));
    private readonly Outbox<OdrEffect> _outbox = new();
    private readonly Instant _now = Instant.FromSeconds(10);

    [Fact]
    public void Hello_FromAPeerThatNhrpDoesNotKnow_IsRefused()
    {
        Start(Hub());
        _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(2), IpAddress.None), Hello("192.168.2.0/24"), _now, _outbox);
        Assert.Equal(1, _hub.Drops[OdrDrop.NoMapping]);
        Assert.Empty(Learnt());
        Assert.Equal(0, _hub.NeighborCount);
    }

    [Fact]
    public void Hello_OnAPointToPointTunnel_IsBelievedByItsAddressTlv()
    {
        OdrConfig config = Hub();
        Start(config with { Tunnels = [config.Tunnels[0] with { IsMultipoint = false }] });
        byte[] hello = new CdpPacket
        {
            TimeToLive = 180,
            Tlvs = [CdpTlv.Addresses([Address(2)]), CdpTlv.OdrPrefixes([IpPrefix.Parse("192.168.2.0/24")])],
        }.ToBytes();
        _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(2), IpAddress.None), hello, _now, _outbox);
        Assert.Equal(["192.168.2.0/24 via 10.0.0.2"], Learnt());
    }

    [Fact]
    public void Hello_WithAForgedAddressTlv_LeadsToTheSenderOnly()
    {
        Start(Hub());
        byte[] hello = new CdpPacket
        {
            TimeToLive = 180,
            Tlvs = [CdpTlv.Addresses([Address(99)]), CdpTlv.OdrPrefixes([IpPrefix.Parse("192.168.2.0/24")])],
        }.ToBytes();
        _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(2), Address(2)), hello, _now, _outbox);
        Assert.Equal(["192.168.2.0/24 via 10.0.0.2"], Learnt());
    }

    [Fact]
    public void Hello_OwnPacketComesBack_IsRefused()
    {
        Start(Hub());
        _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(1), Address(1)), Hello("192.168.2.0/24"), _now, _outbox);
        Assert.Equal(1, _hub.Drops[OdrDrop.FromSelf]);
        Assert.Equal(0, _hub.NeighborCount);
    }

    [Theory]
    [InlineData("0.0.0.0/0", OdrDrop.BadPrefix)]
    [InlineData("224.0.0.0/4", OdrDrop.BadPrefix)]
    [InlineData("127.0.0.0/8", OdrDrop.BadPrefix)]
    [InlineData("169.254.0.0/16", OdrDrop.BadPrefix)]
    [InlineData("172.16.0.0/24", OdrDrop.HoldsNbmaAddress)] // 172.16.0.2 sent it: IOS stubs say the underlay's subnet too
    public void Prefix_ThatWouldDoHarm_IsRefusedByName(string prefix, OdrDrop reason)
    {
        Start(Hub());
        _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(2), Address(2)), Hello(prefix, "192.168.2.0/24"), _now, _outbox);
        Assert.Equal(["192.168.2.0/24 via 10.0.0.2"], Learnt());
        Assert.Equal(1, _hub.Drops[reason]);
    }

    [Fact]
    public void Prefixes_WithADistributeList_FirstMatchDecides()
    {
        Start(Hub(new RouterOdrConfig
        {
            DistributeIn =
            [
                new OdrFilter
                {
                    Prefixes =
                    [
                        OdrFilterRule.Within(false, IpPrefix.Parse("192.168.2.0/24")),
                        OdrFilterRule.Within(true, IpPrefix.Parse("192.168.0.0/16"), maximumLength: 24),
                    ],
                },
            ],
        }));
        _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(2), Address(2)), Hello("192.168.2.0/24", "192.168.3.0/24", "192.168.4.4/32", "10.9.0.0/16"), _now, _outbox);
        Assert.Equal(["192.168.3.0/24 via 10.0.0.2"], Learnt());
        Assert.Equal(3, _hub.Drops[OdrDrop.Filtered]);
    }

    [Fact]
    public void NetworkStatement_OfOtherAddresses_ExcludesTheTunnel()
    {
        Start(Hub(new RouterOdrConfig { Networks = [IpPrefix.Parse("10.99.0.0/16")] }));
        _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(2), Address(2)), Hello("192.168.2.0/24"), _now, _outbox);
        Assert.Empty(Learnt());
        Assert.Equal(1, _hub.Drops[OdrDrop.NotHub]);
        Assert.DoesNotContain(Sent(), packet => packet.Contains("00070008", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    public void PassiveInterface_OffersNoDefault_ButLearns(bool byDefault, bool listed, bool offers)
    {
        Start(Hub(new RouterOdrConfig { PassiveByDefault = byDefault, PassiveTunnels = listed ? [Tunnel] : [] }));
        _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(2), Address(2)), Hello("192.168.2.0/24"), _now, _outbox);
        Assert.Single(Learnt());
        Assert.Equal(offers, Sent().Any(packet => packet.Contains("000700080A000001", StringComparison.Ordinal)));
    }

    [Fact]
    public void Prefixes_MoreThanTheLimit_AreCutAndCounted()
    {
        Start(Hub());
        string[] prefixes = [.. Enumerable.Range(0, OdrLimits.PrefixesPerNeighbor + 5).Select(i => $"20.{i / 256}.{i % 256}.0/24")];
        _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(2), Address(2)), Hello(prefixes), _now, _outbox);
        Assert.Equal(OdrSpec.MaximumPrefixes, Learnt().Length);
        Assert.Equal(prefixes.Length - OdrSpec.MaximumPrefixes, _hub.Drops[OdrDrop.TooManyPrefixes]);
        _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(3), Address(3)), new byte[OdrLimits.PacketLength + 1], _now, _outbox);
        Assert.Equal(1, _hub.Drops[OdrDrop.PacketTooLong]);
    }

    [Fact]
    public void Hello_Undecodable_IsCountedTwice_ByReasonAndAsDropped()
    {
        Start(Hub());
        _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(2), Address(2)), [9, 9, 9, 9], _now, _outbox);
        Assert.Equal(1, _hub.Drops[OdrDrop.Malformed]);
        Assert.Equal(1, _hub.MalformedPackets[Malformed.UnknownVersion]);
    }

    [Fact]
    public void Hello_TheSameAgain_AllocatesNothing()
    {
        Start(Hub());
        byte[] hello = Hello("192.168.2.0/24");
        for (int i = 0; i < 50; i++) _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(2), Address(2)), hello, _now, _outbox);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(2), Address(2)), hello, _now, _outbox);
        Dmvpn.Tests.Allocation.AssertNone(GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Spoke_Moves_KeepsItsRoutes()
    {
        Start(Hub());
        _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(2), Address(2)), Hello("192.168.2.0/24"), _now, _outbox);
        _outbox.Clear();
        _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(77), Address(2)), Hello("192.168.2.0/24"), _now, _outbox);
        Assert.True(_outbox.IsEmpty);
        Assert.Equal(Nbma(77), Assert.Single(_hub.Neighbors(_now)).Peer);
    }

    [Fact]
    public void TenThousandSpokes_ComeAndAge_AndNothingIsLeft()
    {
        Start(Hub());
        const int Count = 10_000;
        for (int i = 2; i < Count + 2; i++)
        {
            _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(i), Address(i)), Hello($"20.{i / 256}.{i % 256}.0/24", $"30.{i / 256}.{i % 256}.0/24"), _now, _outbox);
        }
        Assert.Equal(2 * Count, Learnt().Length);
        Assert.Equal(Count, _hub.Neighbors(_now).Count);
        _outbox.Clear();
        _hub.OnDeadline(_now + TimeSpan.FromSeconds(180), _outbox);
        Assert.Equal(2 * Count, _outbox.Effects.ToArray().Count(effect => effect.Kind == OdrEffectKind.ForgetRoute));
        _hub.OnDeadline(_now + TimeSpan.FromSeconds(240), _outbox);
        Assert.Equal(0, _hub.NeighborCount);
    }

    [Fact]
    public void AnyBytesInAnyOrder_Hub_NeverThrowsAndRoutesAddUp()
    {
        // Operations: a hello with some prefixes, garbage, time, a lost peer, a reload.
        Gen.Select(Gen.Int[0, 5], Gen.Int[2, 5], Gen.Int[0, 15], Gen.Byte.Array[0, 40]).Array[1, 60].Sample(operations =>
        {
            var hub = new OdrInstance(new SeededRandom(7));
            var outbox = new Outbox<OdrEffect>();
            Instant now = Instant.FromSeconds(1);
            hub.OnTunnel(Tunnel, true, now, outbox);
            hub.Apply(Hub(), now, outbox);
            var present = new HashSet<(IpPrefix, IpAddress)>();
            foreach ((int kind, int peer, int mask, byte[] garbage) in operations)
            {
                switch (kind)
                {
                    case 0 or 1:
                        string[] prefixes = [.. Enumerable.Range(0, 4).Where(bit => (mask >> bit & 1) != 0).Select(bit => $"20.{bit}.0.0/16")];
                        hub.HandleCdp(new OdrArrival(Tunnel, Nbma(peer), Address(peer)), Hello(prefixes), now, outbox);
                        break;
                    case 2:
                        hub.HandleCdp(new OdrArrival(Tunnel, Nbma(peer), Address(peer)), [2, 180, 0, 0, .. garbage], now, outbox);
                        break;
                    case 3:
                        now += TimeSpan.FromSeconds(mask * 10);
                        hub.OnDeadline(now, outbox);
                        Assert.True(hub.NextDeadline > now);
                        break;
                    case 4:
                        hub.OnPeerLost(Tunnel, Address(peer), Nbma(peer), outbox);
                        break;
                    default:
                        hub.Apply(Hub(mask % 2 == 0 ? new RouterOdrConfig() : new RouterOdrConfig { DistributeIn = [new OdrFilter { Prefixes = [OdrFilterRule.Within(true, IpPrefix.Parse("20.0.0.0/15"))] }] }), now, outbox);
                        break;
                }
                foreach (OdrEffect effect in outbox.Effects)
                {
                    if (effect.Kind == OdrEffectKind.LearnRoute) Assert.True(present.Add((effect.Prefix, effect.NextHop)));
                    if (effect.Kind == OdrEffectKind.ForgetRoute) Assert.True(present.Remove((effect.Prefix, effect.NextHop)));
                }
                outbox.Clear();
            }
            Assert.Equal(present.Count, hub.Sources(now).Sum(source => source.RouteCount));
            hub.Withdraw(outbox);
            Assert.Equal(present.Count, outbox.Effects.ToArray().Count(effect => effect.Kind == OdrEffectKind.ForgetRoute));
            Assert.Equal(0, hub.NeighborCount);
        }, iter: 2000);
    }

    private void Start(OdrConfig config)
    {
        _hub.OnTunnel(Tunnel, true, _now, _outbox);
        _hub.Apply(config, _now, _outbox);
    }

    private static byte[] Hello(params string[] prefixes) => new CdpPacket
    {
        TimeToLive = 180,
        Tlvs = [CdpTlv.Text(CdpTlvType.DeviceId, "S"), CdpTlv.OdrPrefixes([.. prefixes.Select(text => IpPrefix.Parse(text))])],
    }.ToBytes();

    private string[] Learnt() =>
        [.. _outbox.Effects.ToArray().Where(effect => effect.Kind == OdrEffectKind.LearnRoute).Select(effect => $"{effect.Prefix} via {effect.NextHop}")];

    private string[] Sent() =>
        [.. _outbox.Effects.ToArray().Where(effect => effect.Kind == OdrEffectKind.Transmit).Select(effect => Convert.ToHexString(_outbox.Bytes(effect.Packet)))];
}
