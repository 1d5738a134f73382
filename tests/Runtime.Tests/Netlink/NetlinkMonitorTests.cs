using Dmvpn.Core;
using Dmvpn.Runtime.Netlink;

namespace Dmvpn.Runtime.Tests.Netlink;

public sealed class NetlinkMonitorTests : IDisposable, INetlinkObserver
{
    private readonly TestNetwork _network = TestNetwork.CreateOrSkip();
    private readonly NetworkNamespace _space;
    private readonly List<string> _events = [];
    private string _lastLink = "";
    private int _settings;

    public NetlinkMonitorTests()
    {
        _space = _network.Add();
        _network.AddLink(_space, "d0");
    }

    public void Dispose() => _network.Dispose();

    void INetlinkObserver.OnLink(LinuxLink link, bool removed)
    {
        // A veth's carrier comes and goes at its own time.
        string text = $"link {link.Name} {(removed ? "removed" : link.IsUp ? "up" : "down")}";
        if (text != _lastLink) _events.Add(text);
        _lastLink = text;
    }

    void INetlinkObserver.OnAddress(in LinuxAddress address, bool removed) => _events.Add($"address {address.Address}/{address.PrefixLength} {(removed ? "removed" : "added")}");

    void INetlinkObserver.OnRoute(LinuxRoute route, LinuxRouteChange change)
    {
        if (route.Table == LinuxRoute.LocalTable) return;
        _events.Add($"route {route.Prefix} {route.Type} table {route.Table} metric {route.Metric} protocol {route.Protocol} " +
            $"via [{string.Join(' ', route.NextHops.Select(hop => hop.Gateway.IsNone ? "link" : hop.Gateway.ToString()))}] {change}");
    }

    void INetlinkObserver.OnSettings() => _settings++;

    void INetlinkObserver.OnResync(ResyncReason reason) => _events.Add($"resync {reason}");

    [Theory]
    [InlineData("ipv4/ip_forward", false)]
    [InlineData("ipv4/conf/d0/forwarding", false)]
    [InlineData("ipv6/conf/all/forwarding", true)]
    public void Forwarding_SwitchedOnAndOff_Told(string setting, bool ipv6)
    {
        _space.Run(() => File.WriteAllText("/proc/sys/net/" + setting, "0"));
        using NetlinkMonitor monitor = _space.Run(() => new NetlinkMonitor());
        foreach (string value in new[] { "1", "0" })
        {
            _settings = 0;
            _space.Run(() => File.WriteAllText("/proc/sys/net/" + setting, value));
            monitor.Read(this);
            Assert.True(_settings > 0);
            Assert.Equal(value == "1", _space.Run(() => KernelSettings.Forwards("d0", ipv6)));
        }
    }

    [Fact]
    public void Changes_OfLinkAddressAndRoutes_AreToldInOrder()
    {
        _space.Run(() => File.WriteAllText("/proc/sys/net/ipv6/conf/d0/disable_ipv6", "1"));
        using NetlinkMonitor monitor = _space.Run(() => new NetlinkMonitor());
        TestNetwork.Ip(_space, "link set d0 up");
        TestNetwork.Ip(_space, "address add 10.1.0.1/24 dev d0");
        TestNetwork.Ip(_space, "route add 10.9.0.0/16 via 10.1.0.9 proto 191 metric 10");
        TestNetwork.Ip(_space, "route replace 10.9.0.0/16 proto 191 metric 10 nexthop via 10.1.0.8 nexthop via 10.1.0.9");
        TestNetwork.Ip(_space, "route append 10.9.0.0/16 via 10.1.0.7 proto 191 metric 10");
        TestNetwork.Ip(_space, "route add blackhole 10.8.0.0/16 table 1000");
        TestNetwork.Ip(_space, "route del 10.9.0.0/16 via 10.1.0.7");
        TestNetwork.Ip(_space, "address del 10.1.0.1/24 dev d0");
        TestNetwork.Ip(_space, "link del d0");
        Read(monitor);

        string[] expected =
        [
            "link d0 up", "resync LinkState",
            "address 10.1.0.1/24 added",
            "route 10.1.0.0/24 Unicast table 254 metric 0 protocol 2 via [link] Added",
            "route 10.9.0.0/16 Unicast table 254 metric 10 protocol 191 via [10.1.0.9] Added",
            "route 10.9.0.0/16 Unicast table 254 metric 10 protocol 191 via [10.1.0.8 10.1.0.9] Replaced",
            "route 10.9.0.0/16 Unicast table 254 metric 10 protocol 191 via [10.1.0.7] Added",
            "route 10.8.0.0/16 Blackhole table 1000 metric 0 protocol 3 via [] Added",
            "route 10.9.0.0/16 Unicast table 254 metric 10 protocol 191 via [10.1.0.7] Removed",
            "address 10.1.0.1/24 removed", "resync AddressRemoved",
            "route 10.1.0.0/24 Unicast table 254 metric 0 protocol 2 via [link] Removed",
            "link d0 down", "resync LinkState",
            "link d0 removed", "resync LinkState",
        ];
        Assert.Equal(expected, _events);
    }

    [Fact]
    public void IPv6Route_NextHopAppendedAndTakenAway_IsToldWholeAndThenInPart()
    {
        TestNetwork.Ip(_space, "link set d0 up");
        TestNetwork.Ip(_space, "address add 2001:db8:1::1/64 dev d0 nodad");
        using NetlinkMonitor monitor = _space.Run(() => new NetlinkMonitor());
        TestNetwork.Ip(_space, "-6 route add 2001:db8:9::/48 via 2001:db8:1::8 proto 191 metric 10");
        TestNetwork.Ip(_space, "-6 route append 2001:db8:9::/48 via 2001:db8:1::9 proto 191 metric 10");
        TestNetwork.Ip(_space, "-6 route del 2001:db8:9::/48 via 2001:db8:1::8 proto 191 metric 10");
        TestNetwork.Ip(_space, "-6 route del 2001:db8:9::/48 proto 191 metric 10");
        Read(monitor);
        const string Route = "route 2001:db8:9::/48 Unicast table 254 metric 10 protocol 191 via";
        Assert.Equal(
            [
                $"{Route} [2001:db8:1::8] Added",
                $"{Route} [2001:db8:1::9 2001:db8:1::8] Replaced",
                $"{Route} [2001:db8:1::8] Removed",
                $"{Route} [2001:db8:1::9] Removed",
            ],
            _events.Where(text => text.Contains("db8:9::")));
    }

    [Fact]
    public void LinkDown_WithIPv4RouteByIt_AsksForADumpBecauseTheKernelSaysNothing()
    {
        TestNetwork.Ip(_space, "link set d0 up");
        TestNetwork.Ip(_space, "address add 10.1.0.1/24 dev d0");
        TestNetwork.Ip(_space, "route add 10.9.0.0/16 via 10.1.0.9 proto 191");
        using NetlinkMonitor monitor = _space.Run(() => new NetlinkMonitor());
        using Rtnetlink rtnetlink = _space.Run(() => new Rtnetlink());
        TestNetwork.Ip(_space, "link set d0 down");
        Read(monitor);
        Assert.Contains("resync LinkState", _events);
        Assert.DoesNotContain(_events, text => text.StartsWith("route 10.9.0.0/16", StringComparison.Ordinal));
        Assert.Empty(rtnetlink.Routes(new LinuxRouteFilter { Protocol = 191 }));
    }

    [Fact]
    public void MoreChangesThanTheBufferHolds_AreToldAsAnOverrunAndADumpHasThem()
    {
        TestNetwork.Ip(_space, "link set d0 up");
        using NetlinkMonitor monitor = _space.Run(() => new NetlinkMonitor(receiveBuffer: 64 << 10));
        using Rtnetlink rtnetlink = _space.Run(() => new Rtnetlink());
        int link = rtnetlink.FindLink("d0")!.Index;
        var commands = new RouteCommand[2000];
        for (int i = 0; i < commands.Length; i++)
        {
            commands[i] = new RouteCommand(RouteCommandKind.Add, new LinuxRoute(new IpPrefix(IpAddress.FromIPv4(0x0B000000 + (uint)i), 32))
            {
                NextHops = [new LinuxNextHop(link)],
                Protocol = 191,
            });
        }
        rtnetlink.Apply(commands, new LinuxError[commands.Length]);
        Read(monitor);
        Assert.Contains("resync Overrun", _events);
        Assert.Equal(2000, rtnetlink.Routes(new LinuxRouteFilter { Protocol = 191 }).Count);

        // And it goes on listening.
        _events.Clear();
        TestNetwork.Ip(_space, "route del 11.0.0.7/32");
        Read(monitor);
        Assert.Equal("route 11.0.0.7/32 Unicast table 254 metric 0 protocol 191 via [link] Removed", Assert.Single(_events));
    }

    private void Read(NetlinkMonitor monitor)
    {
        while (monitor.Read(this, maximum: 7) >= 7)
        {
        }
    }
}
