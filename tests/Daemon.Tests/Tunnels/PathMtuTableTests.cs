using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Ipsec;
using Dmvpn.Management.Config;
using Dmvpn.Runtime;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Daemon.Tests.Tunnels;

/// <summary>What becomes of ICMP's "too big": believed within limits, for a while, and of ESP only by SPI.</summary>
public sealed class PathMtuTableTests : IDisposable
{
    private const uint Spi = 0x1234_5678;

    private static readonly TunnelId Open = new(1), Protected = new(2);
    private static readonly IpAddress Peer = IpAddress.Parse("192.0.2.2"), Other = IpAddress.Parse("192.0.2.3");
    private static readonly IpPrefix Hop = IpPrefix.Parse("10.0.0.2/32");

    private readonly ForwardingTable _forwarding = new();
    private readonly Dictionary<TunnelId, PathMtuDiscoveryConfig> _configs = [];
    private readonly List<Action<Instant>> _posted = [];
    private readonly List<OutboundSa> _sas = [];
    private readonly PathMtuTable _table;
    private Action? _lookedAt;
    private Instant _now = Instant.FromSeconds(1000);

    public PathMtuTableTests()
    {
        _table = new PathMtuTable(_posted.Add, _forwarding, id =>
        {
            _lookedAt?.Invoke();
            return _configs.GetValueOrDefault(id);
        });
        Configure(TimeSpan.FromMinutes(10), 92);
    }

    [Fact]
    public void Report_OfTheUnderlayAddress_ShrinksItsAdjacenciesAlone()
    {
        Adjacency one = Add(Open, Hop, Peer), two = Add(Open, IpPrefix.Parse("10.0.0.3/32"), Other);
        Report(new PathMtu(Peer, 1300));
        Assert.Equal((1300, Adjacency.UnknownPathMtu), (one.PathMtu, two.PathMtu));
    }

    [Fact]
    public void Report_PointToPointTunnel_IsShrunkToo()
    {
        _forwarding.SetTunnel(new TunnelForwarding { Tunnel = Open, Destination = Peer }, null, []);
        _forwarding.Publish();
        Report(new PathMtu(Peer, 1300));
        Assert.True(_forwarding.Current.TryGet(Open, out TunnelSnapshot? tunnel));
        Assert.Equal(1300, tunnel.PointToPoint!.PathMtu);
    }

    [Fact]
    public void Report_TunnelWithoutPathMtuDiscovery_IsNotHeard()
    {
        _configs.Clear();
        Adjacency adjacency = Add(Open, Hop, Peer);
        Report(new PathMtu(Peer, 1300));
        Assert.Equal(Adjacency.UnknownPathMtu, adjacency.PathMtu);
    }

    [Theory]
    [InlineData(92, 68, DataplaneLimits.LeastPathMtu)]
    [InlineData(92, 600, 600)]
    [InlineData(1200, 600, 1200)]
    public void Report_BelowTheFloor_IsRaisedToIt(int minMtu, int told, int believed)
    {
        Configure(TimeSpan.FromMinutes(10), minMtu);
        Adjacency adjacency = Add(Open, Hop, Peer);
        Report(new PathMtu(Peer, told));
        Assert.Equal(believed, adjacency.PathMtu);
    }

    [Fact]
    public void Report_OfMore_NeverGrowsIt()
    {
        Adjacency adjacency = Add(Open, Hop, Peer);
        foreach (int told in new[] { 1300, 1400, 1299, 1500 }) Report(new PathMtu(Peer, told));
        Assert.Equal(1299, adjacency.PathMtu);
        // Nor when both came at once.
        Report(new PathMtu(Peer, 1200), new PathMtu(Peer, 1250));
        Assert.Equal(1200, adjacency.PathMtu);
    }

    [Fact]
    public void Believed_AgeTimerOver_IsForgotten()
    {
        Adjacency adjacency = Add(Open, Hop, Peer);
        Report(new PathMtu(Peer, 1300));
        Assert.Equal(_now + TimeSpan.FromMinutes(10), _table.NextDeadline);
        _now += TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1);
        _table.OnDeadline(_now);
        Assert.Equal(1300, adjacency.PathMtu);
        _now += TimeSpan.FromTicks(1);
        _table.OnDeadline(_now);
        Assert.Equal((Adjacency.UnknownPathMtu, Instant.Never), (adjacency.PathMtu, _table.NextDeadline));
    }

    [Fact]
    public void Believed_AgeTimerInfinite_Stays()
    {
        Configure(null, 92);
        Adjacency adjacency = Add(Open, Hop, Peer);
        Report(new PathMtu(Peer, 1300));
        Assert.Equal(Instant.Never, _table.NextDeadline);
        _table.OnDeadline(_now + TimeSpan.FromDays(100));
        Assert.Equal(1300, adjacency.PathMtu);
    }

    [Fact]
    public void StormOfReports_IsLookedAtFourTimesASecond_AndBounded()
    {
        Adjacency adjacency = Add(Open, Hop, Peer), other = Add(Open, IpPrefix.Parse("10.0.0.3/32"), Other);
        Report(new PathMtu(Peer, 1300));
        // A storm of forged ones, about everybody: one mark for the control thread, and memory for some.
        for (int i = 0; i < 100_000; i++) _table.Report(new PathMtu(IpAddress.FromIPv4(0x0B00_0000 + (uint)i), 1000));
        _table.Report(new PathMtu(Peer, 1200));
        _table.Report(new PathMtu(Other, 1200));
        Assert.Single(_posted);
        RunPosted();
        Assert.Equal(_now + TimeSpan.FromMilliseconds(250), _table.NextDeadline);
        _table.OnDeadline(_now);
        Assert.Equal(1300, adjacency.PathMtu);
        _now = _table.NextDeadline;
        _table.OnDeadline(_now);
        // What there was no room for comes again with the next packet.
        Assert.Equal((1300, Adjacency.UnknownPathMtu), (adjacency.PathMtu, other.PathMtu));
        Report(new PathMtu(Peer, 1200));
        Assert.Equal(1200, adjacency.PathMtu);
    }

    [Fact]
    public void ReportWhileTheTableIsRead_IsNotForgotten()
    {
        Adjacency adjacency = Add(Open, Hop, Peer);
        _table.Report(new PathMtu(Other, 1300));
        RunPosted();
        // The tunnels are looked at after the reports were taken.
        bool once = false;
        _lookedAt = () =>
        {
            if (!once) _table.Report(new PathMtu(Peer, 1300));
            once = true;
        };
        _table.OnDeadline(_now);
        Assert.Single(_posted);
        RunPosted();
        _now = _table.NextDeadline;
        _table.OnDeadline(_now);
        Assert.Equal(1300, adjacency.PathMtu);
    }

    [Theory]
    [InlineData(Spi, 0, true)]
    [InlineData(Spi + 1, 0, false)]
    [InlineData(Spi, 4500, false)]
    public void ReportOfEsp_IsBelievedOnlyByTheSpiThatIsSentBy(uint spi, ushort port, bool believed)
    {
        Adjacency adjacency = AddProtected(Peer, 0);
        Report(new PathMtu(Peer, 1300) { IsEsp = true, Port = port, Spi = spi });
        Assert.Equal(believed ? 1300 : Adjacency.UnknownPathMtu, adjacency.PathMtu);
    }

    [Fact]
    public void ReportOfEspInUdp_QuotesNoMoreThanTheUdpHeader_IsBelievedByPort()
    {
        Adjacency adjacency = AddProtected(Peer, 31_000);
        Report(new PathMtu(Peer, 1300) { IsEsp = true, Port = 31_001 });
        Report(new PathMtu(Other, 1300) { IsEsp = true, Port = 31_000 });
        Report(new PathMtu(Peer, 1299) { IsEsp = true, Port = 31_000, Spi = Spi + 1 });
        Assert.Equal(Adjacency.UnknownPathMtu, adjacency.PathMtu);
        Report(new PathMtu(Peer, 1300) { IsEsp = true, Port = 31_000 });
        Assert.Equal(1300, adjacency.PathMtu);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31_000)]
    public void KernelRefusedEspItself_IsBelieved_WhateverThePort(ushort port)
    {
        Adjacency adjacency = AddProtected(Peer, port);
        Report(new PathMtu(Other, 1400) { IsEsp = true, IsKernels = true });
        Assert.Equal(Adjacency.UnknownPathMtu, adjacency.PathMtu);
        Report(new PathMtu(Peer, 1400) { IsEsp = true, IsKernels = true });
        Assert.Equal(1400, adjacency.PathMtu);
    }

    [Fact]
    public void ReportOfRawEsp_WithoutSpi_IsNotHeard()
    {
        Adjacency adjacency = AddProtected(Peer, 0);
        Report(new PathMtu(Peer, 1300) { IsEsp = true });
        Assert.Equal(Adjacency.UnknownPathMtu, adjacency.PathMtu);
    }

    [Fact]
    public void ReportOfGre_OfAPeerWithSas_IsNotHeard_NorOfEspOfOneWithout()
    {
        Adjacency secure = AddProtected(Peer, 0), clear = Add(Open, Hop, Peer);
        Report(new PathMtu(Peer, 1300));
        Assert.Equal((Adjacency.UnknownPathMtu, 1300), (secure.PathMtu, clear.PathMtu));
        Report(new PathMtu(Peer, 1200) { IsEsp = true, Spi = Spi });
        Assert.Equal((1200, 1300), (secure.PathMtu, clear.PathMtu));
    }

    [Fact]
    public void ReportOfEsp_PeerHasMoved_IsAboutItsPresentPlace()
    {
        Adjacency adjacency = AddProtected(Peer, 0);
        _sas[0].Path = _sas[0].Path with { Remote = Other };
        Report(new PathMtu(Peer, 1300) { IsEsp = true, Spi = Spi });
        Assert.Equal(Adjacency.UnknownPathMtu, adjacency.PathMtu);
        Report(new PathMtu(Other, 1300) { IsEsp = true, Spi = Spi });
        Assert.Equal(1300, adjacency.PathMtu);
    }

    [Fact]
    public void ReportOfEsp_PeerWithoutSa_IsNotHeard()
    {
        Adjacency adjacency = AddProtected(Peer, 0);
        _forwarding.Security.SetOutbound(1, new NbmaPeer(Peer), null);
        Report(new PathMtu(Peer, 1300) { IsEsp = true, Spi = Spi });
        Report(new PathMtu(Peer, 1300) { IsEsp = true });
        Assert.Equal(Adjacency.UnknownPathMtu, adjacency.PathMtu);
    }

    public void Dispose()
    {
        foreach (OutboundSa sa in _sas) sa.Dispose();
    }

    private void Configure(TimeSpan? age, int minMtu)
    {
        _configs[Open] = _configs[Protected] = new PathMtuDiscoveryConfig(age, minMtu);
    }

    private Adjacency Add(TunnelId tunnel, IpPrefix hop, IpAddress peer)
    {
        if (!_forwarding.TryGetCounters(tunnel, out _)) _forwarding.SetTunnel(new TunnelForwarding { Tunnel = tunnel, Protection = tunnel == Protected ? 1 : null }, null, []);
        Adjacency adjacency = _forwarding.SetAdjacency(tunnel, hop, new NbmaPeer(peer))!;
        _forwarding.Publish();
        return adjacency;
    }

    private Adjacency AddProtected(IpAddress peer, ushort port)
    {
        Adjacency adjacency = Add(Protected, Hop, peer);
        var sa = new OutboundSa(Spi, new EspSuite(EncryptionId.AesGcm16, 128, IntegrityId.None, false), new SecretBytes(20), new EspPath(IpAddress.Parse("192.0.2.1"), peer, port, port != 0), 1);
        _sas.Add(sa);
        _forwarding.Security.SetOutbound(1, new NbmaPeer(peer), sa);
        return adjacency;
    }

    /// <summary>A worker's reports, and the control thread's next turns.</summary>
    private void Report(params PathMtu[] reports)
    {
        foreach (PathMtu report in reports) _table.Report(report);
        RunPosted();
        _now += TimeSpan.FromSeconds(1);
        _table.OnDeadline(_now);
    }

    private void RunPosted()
    {
        foreach (Action<Instant> action in _posted) action(_now);
        _posted.Clear();
    }
}
