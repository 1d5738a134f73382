using CsCheck;
using Dmvpn.Core;
using Dmvpn.Wire.Cdp;
using static Dmvpn.Odr.Tests.OdrNetwork;

namespace Dmvpn.Odr.Tests;

/// <summary>What a member that lies in every hello cannot have: another one's prefix, the underlay, this router's networks, the default route.</summary>
public sealed class OdrTrustTests
{
    private static readonly SiteRights Branch = new([IpPrefix.Parse("10.0.0.2/32")], SiteRole.Spoke, [IpPrefix.Parse("192.168.2.0/23")]);

    private readonly Underlay _underlay = new();
    private readonly LogLines _log = new();
    private readonly OdrInstance _hub;
    private readonly Outbox<OdrEffect> _outbox = new();
    private readonly HashSet<string> _routes = [];
    private Instant _now = Instant.FromSeconds(10);

    public OdrTrustTests()
    {
        _hub = new OdrInstance(new SeededRandom(5), _log, _underlay);
        _hub.OnTunnel(Tunnel, true, _now, _outbox);
        _hub.Apply(Hub(), _now, _outbox);
    }

    [Theory]
    [InlineData("192.168.2.0/24")] // the same
    [InlineData("192.168.2.128/25")] // a part
    [InlineData("192.168.2.7/32")] // a host
    [InlineData("192.168.0.0/16")] // all around it
    public void Prefix_OfALiveNeighbor_IsRefusedAndNamed(string stolen)
    {
        Hear(2, "192.168.2.0/24");
        Hear(6, stolen, "192.168.6.0/24");
        Assert.Equal(["192.168.2.0/24 via 10.0.0.2", "192.168.6.0/24 via 10.0.0.6"], _routes.Order());
        Assert.Equal(1, _hub.Drops[OdrDrop.ClaimedByOther]);
        Assert.Contains(_log.Lines, line => line.Contains(stolen, StringComparison.Ordinal) && line.Contains("10.0.0.2", StringComparison.Ordinal));
    }

    [Fact]
    public void ClaimGivenUp_TheNextClaimant_HasItASecondLater()
    {
        Hear(2, "192.168.2.0/24");
        Hear(6, "192.168.2.0/24");
        _hub.OnPeerLost(Tunnel, Address(2), Nbma(2), _outbox);
        Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(["192.168.2.0/24 via 10.0.0.6"], _routes);
    }

    [Fact]
    public void OneRouterByTwoTunnels_IsOneClaimant()
    {
        var second = new TunnelId(1);
        OdrConfig config = Hub();
        _hub.Apply(config with { Tunnels = config.Tunnels.Add(config.Tunnels[0] with { Tunnel = second, Addresses = [IpAddress.Parse("10.9.0.1")] }) }, _now, _outbox);
        _hub.OnTunnel(second, true, _now, _outbox);
        Hear(new OdrArrival(Tunnel, Nbma(2), Address(2)) { Identity = "s2" }, "192.168.2.0/24");
        Hear(new OdrArrival(second, Nbma(77), IpAddress.Parse("10.9.0.2")) { Identity = "s2" }, "192.168.2.0/24");
        Hear(new OdrArrival(second, Nbma(78), IpAddress.Parse("10.9.0.3")) { Identity = "s3" }, "192.168.2.0/24");
        Assert.Equal(["192.168.2.0/24 via 10.0.0.2", "192.168.2.0/24 via 10.9.0.2"], _routes.Order());
    }

    [Fact]
    public void UnderlayAddress_InsideAPrefix_IsRefused_AlsoWhenItComesLater()
    {
        _underlay.Addresses.Add(IpAddress.Parse("198.51.100.7"));
        Hear(6, "198.51.100.0/24", "198.51.100.7/32", "203.0.113.0/24");
        Assert.Equal(["203.0.113.0/24 via 10.0.0.6"], _routes);
        Assert.Equal(2, _hub.Drops[OdrDrop.HoldsNbmaAddress]);
        IpAddress later = IpAddress.Parse("203.0.113.9");
        _underlay.Addresses.Add(later);
        _hub.OnUnderlayAddress(later, _now, _outbox);
        Take();
        Assert.Empty(_routes);
    }

    [Fact]
    public void OwnNetworks_AndPartsOfThem_AreRefused_AlsoWhenTheyComeLater()
    {
        _hub.OnOwnNetworks([IpPrefix.Parse("10.50.0.0/24"), IpPrefix.Parse("10.0.0.0/16")], _now, _outbox);
        Hear(6, "10.50.0.0/24", "10.50.0.128/25", "10.0.0.2/32", "10.0.0.0/8", "10.51.0.0/24");
        Assert.Equal(["10.51.0.0/24 via 10.0.0.6"], _routes);
        Assert.Equal(4, _hub.Drops[OdrDrop.OwnNetwork]);
        _hub.OnOwnNetworks([IpPrefix.Parse("10.50.0.0/24"), IpPrefix.Parse("10.0.0.0/16"), IpPrefix.Parse("10.51.0.0/24")], _now, _outbox);
        Take();
        Assert.Empty(_routes);
    }

    [Fact]
    public void DefaultRouteInPieces_WithoutACertificate_IsTooWide()
    {
        Hear(6, "128.0.0.0/1", "64.0.0.0/2", "32.0.0.0/3");
        Assert.Empty(_routes);
        Assert.Equal(3, _hub.Drops[OdrDrop.TooWide]);
    }

    [Fact]
    public void Certificate_NamesNetworks_OnlyTheseAreUsed()
    {
        Hear(new OdrArrival(Tunnel, Nbma(2), Address(2)) { Identity = "s2", Rights = Branch }, "192.168.2.0/24", "192.168.3.128/25", "192.168.4.0/24", "192.168.0.0/16");
        Assert.Equal(["192.168.2.0/24 via 10.0.0.2", "192.168.3.128/25 via 10.0.0.2"], _routes.Order());
        Assert.Equal(2, _hub.Drops[OdrDrop.NotInCertificate]);
    }

    [Fact]
    public void CertificateWithFewerNetworks_AtTheNextHello_TheOthersGo()
    {
        var arrival = new OdrArrival(Tunnel, Nbma(2), Address(2)) { Identity = "s2" };
        Hear(arrival, "192.168.2.0/24", "192.168.4.0/24");
        Assert.Equal(2, _routes.Count);
        Hear(arrival with { Rights = Branch }, "192.168.2.0/24", "192.168.4.0/24");
        Assert.Equal(["192.168.2.0/24 via 10.0.0.2"], _routes);
    }

    [Fact]
    public void Gateway_FromWhoIsNoServer_IsRefused()
    {
        _hub.Apply(Stub(1), _now, _outbox);
        byte[] hello = new CdpPacket { TimeToLive = 180, Tlvs = [CdpTlv.OdrGateway(Address(6))] }.ToBytes();
        _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(6), Address(6)), hello, _now, _outbox);
        Take();
        Assert.Empty(_routes);
        Assert.Equal(1, _hub.Drops[OdrDrop.GatewayNotServer]);
        _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(7), Address(7)) { IsServer = true }, hello, _now, _outbox);
        Take();
        Assert.Equal(["0.0.0.0/0 via 10.0.0.7"], _routes);
    }

    [Fact]
    public void MaximumPrefix_AsConfigured_TheFirstOnesAreUsed()
    {
        _hub.Apply(Hub(new RouterOdrConfig { MaximumPrefixes = 2 }), _now, _outbox);
        Hear(2, "192.168.2.0/24", "192.168.3.0/24", "192.168.4.0/24");
        Assert.Equal(2, _routes.Count);
        Assert.Equal(1, _hub.Drops[OdrDrop.TooManyPrefixes]);
    }

    [Fact]
    public void ContenderComesAndGoes_ForEver_NothingPilesUp()
    {
        Hear(2, "192.168.2.0/24");
        for (int i = 0; i < 10_000; i++)
        {
            Hear(6, "192.168.2.0/24");
            _hub.HandleCdp(new OdrArrival(Tunnel, Nbma(6), Address(6)), new CdpPacket { TimeToLive = 0 }.ToBytes(), _now, _outbox);
            Take();
        }
        Assert.Equal(0, _hub.ContenderCount);
        Assert.True(_log.Lines.Count(line => line.Contains("are not used", StringComparison.Ordinal)) <= 10_000);
    }

    /// <summary>The invariant: whoever says what in whatever order, nobody draws an address that another one held first.</summary>
    [Fact]
    public void MembersLieInEveryHello_NoPrefixOverlapsAnothers_NoRouteHoldsTheUnderlay() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[2, 6], Gen.Select(Gen.UInt[0, 255], Gen.Int[0, 32]).Array[0, 6], Gen.Int[0, 200]).Array[1, 40].Sample(steps =>
        {
            var underlay = new Underlay();
            var hub = new OdrInstance(new SeededRandom(5), null, underlay);
            var outbox = new Outbox<OdrEffect>();
            Instant now = Instant.FromSeconds(1);
            hub.OnTunnel(Tunnel, true, now, outbox);
            hub.Apply(Hub(), now, outbox);
            var routes = new Dictionary<(IpPrefix Prefix, IpAddress NextHop), bool>();
            foreach ((int kind, int peer, (uint Octet, int Length)[] said, int seconds) in steps)
            {
                IpPrefix[] prefixes = [.. said.Select(one => new IpPrefix(IpAddress.FromIPv4(0x0B00_0000 | one.Octet << 16), one.Length))];
                if (kind <= 3) hub.HandleCdp(new OdrArrival(Tunnel, Nbma(peer), Address(peer)), Hello(prefixes), now, outbox);
                if (kind == 4) hub.OnPeerLost(Tunnel, Address(peer), Nbma(peer), outbox);
                if (kind == 5 && prefixes.Length > 0)
                {
                    underlay.Addresses.Add(prefixes[0].Address);
                    hub.OnUnderlayAddress(prefixes[0].Address, now, outbox);
                }
                now += TimeSpan.FromSeconds(seconds);
                hub.OnDeadline(now, outbox);
                Assert.True(hub.NextDeadline > now);
                foreach (OdrEffect effect in outbox.Effects)
                {
                    if (effect.Kind == OdrEffectKind.LearnRoute) Assert.True(routes.TryAdd((effect.Prefix, effect.NextHop), true));
                    if (effect.Kind == OdrEffectKind.ForgetRoute) Assert.True(routes.Remove((effect.Prefix, effect.NextHop)));
                }
                outbox.Clear();
                foreach ((IpPrefix prefix, IpAddress nextHop) in routes.Keys)
                {
                    Assert.DoesNotContain(underlay.Addresses, prefix.Contains);
                    Assert.DoesNotContain(routes.Keys, other => other.NextHop != nextHop && (other.Prefix.Contains(prefix) || prefix.Contains(other.Prefix)));
                }
            }
        }, iter: 2000);

    private void Hear(int peer, params string[] prefixes) => Hear(new OdrArrival(Tunnel, Nbma(peer), Address(peer)), prefixes);

    private void Hear(OdrArrival arrival, params string[] prefixes)
    {
        _hub.HandleCdp(arrival, Hello([.. prefixes.Select(text => IpPrefix.Parse(text))]), _now, _outbox);
        Take();
    }

    private void Advance(TimeSpan span)
    {
        for (Instant end = _now + span; _hub.NextDeadline <= end;)
        {
            if (_hub.NextDeadline > _now) _now = _hub.NextDeadline;
            _hub.OnDeadline(_now, _outbox);
            Assert.True(_hub.NextDeadline > _now);
            Take();
        }
    }

    private void Take()
    {
        foreach (OdrEffect effect in _outbox.Effects)
        {
            string route = $"{effect.Prefix} via {effect.NextHop}";
            if (effect.Kind == OdrEffectKind.LearnRoute) _routes.Add(route);
            if (effect.Kind == OdrEffectKind.ForgetRoute) _routes.Remove(route);
        }
        _outbox.Clear();
    }

    private static byte[] Hello(IReadOnlyList<IpPrefix> prefixes) => new CdpPacket
    {
        TimeToLive = 180,
        Tlvs = [CdpTlv.Text(CdpTlvType.DeviceId, "S"), CdpTlv.OdrPrefixes([.. prefixes])],
    }.ToBytes();

    private sealed class Underlay : IUnderlayAddresses
    {
        public HashSet<IpAddress> Addresses { get; } = [];

        public bool TryFindWithin(IpPrefix prefix, out IpAddress address)
        {
            address = Addresses.FirstOrDefault(prefix.Contains);
            return !address.IsNone;
        }
    }
}
