using static Dmvpn.Rib.Tests.FakeKernel;

namespace Dmvpn.Rib.Tests;

/// <summary>The kernel's table is not ours alone: leftovers, other programs, lost messages.</summary>
public sealed class ReconcileTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly FakeKernel _kernel = new();

    [Fact]
    public void FirstDump_RoutesOfACrashedPredecessor_AreRemovedUnlessInstalledAgain()
    {
        _kernel.Up(Tunnel0);
        _kernel.Learn("192.168.1.0/24", RouteSource.Static, "10.0.0.1", Tunnel0);
        _kernel.Foreign("192.168.1.0/24", RibKernel.OdrProtocol, RibKernel.Metric(160, 1), "10.0.0.7", Tunnel0);
        _kernel.Foreign("192.168.2.0/24", RibKernel.OdrProtocol, RibKernel.Metric(160, 1), "10.0.0.7", Tunnel0);
        _kernel.Foreign("192.168.3.0/24", RibKernel.NhrpProtocol, RibKernel.ShortcutMetric, "10.0.0.7", Eth0);
        _kernel.Foreign("192.168.4.0/24", RibKernel.NhrpProtocol, 20, "192.0.2.7", Eth0); // FRR nhrpd's own, by an interface of its own
        _kernel.Foreign("192.168.5.0/24", 188, 20, "10.0.0.7", Tunnel0);
        _kernel.Dump();
        Assert.Equal(["192.168.1.0/24 10.0.0.1 Tunnel0 240 1/0"], _kernel.Installed);
        Assert.Equal(3, _kernel.Rib.Drops[RibDrop.StaleRemoved]);
        Assert.NotNull(_kernel.Lookup("192.168.4.1"));
        Assert.NotNull(_kernel.Lookup("192.168.5.1"));
    }

    [Fact]
    public void AnotherProgramRemovesARouteOfOurs_ComesBackAfterASecond()
    {
        _kernel.Up(Tunnel0);
        _kernel.Learn("192.168.2.0/24", RouteSource.Odr, "10.0.0.2", Tunnel0, metric: 1);
        _kernel.Advance(10 * Second);
        _kernel.Steal("192.168.2.0/24");
        Assert.Empty(_kernel.Installed);
        Assert.False(_kernel.Rib.Routes(ipv6: false, _kernel.Now)[0].IsInKernel);
        _kernel.Advance(Second);
        Assert.Single(_kernel.Installed);
        Assert.Equal(1, _kernel.Rib.Drops[RibDrop.Reinstalled]);
        _kernel.Advance(5 * Second);
        Assert.True(_kernel.Rib.NextDeadline.IsNever);
    }

    [Fact]
    public void ZebraCopiesAShortcut_OverOurTunnel_TheCopyIsRemoved()
    {
        _kernel.Up(Tunnel0);
        _kernel.Learn("192.168.2.0/24", RouteSource.Nhrp, "10.0.0.2", Tunnel0);
        _kernel.Foreign("192.168.2.0/24", RibKernel.NhrpProtocol, 20, "10.0.0.2", Tunnel0);
        _kernel.Advance(2 * Second);
        Assert.Equal(["192.168.2.0/24 10.0.0.2 Tunnel0 191 0/10"], _kernel.Installed);
        Assert.Equal(1, _kernel.Rib.Mirror.Count);
    }

    [Fact]
    public void KernelRefuses_ARoute_IsTriedAFewTimesAndGivenUp()
    {
        _kernel.Up(Tunnel0);
        _kernel.Obeys = false;
        _kernel.Learn("192.168.2.0/24", RouteSource.Odr, "10.0.0.2", Tunnel0, metric: 1);
        _kernel.Advance(60 * Second);
        Assert.Equal(5, _kernel.Log.Count);
        Assert.Equal(1, _kernel.Rib.Drops[RibDrop.GivenUp]);
        Assert.True(_kernel.Rib.NextDeadline.IsNever);
        _kernel.Obeys = true;
        _kernel.Dump(); // a dump is a new start
        Assert.Single(_kernel.Installed);
    }

    [Fact]
    public void MessagesWereLost_NextDump_PutsTheMirrorRight()
    {
        _kernel.Up(Eth0);
        _kernel.Foreign("10.0.0.0/24", 2, 0, "", Eth0);
        _kernel.Learn("172.16.0.0/16", RouteSource.Static, "10.0.0.1");
        Assert.Single(_kernel.Installed);
        _kernel.Rib.OnDumpStarted();
        _kernel.Do((rib, now, outbox) => rib.OnDumpEnded(now, outbox)); // the kernel has nothing any more
        Assert.Equal("-172.16.0.0/16 10.0.0.1 eth0", _kernel.Log[^1]);
        Assert.Equal(0, _kernel.Rib.Mirror.Count);
    }
}
