using Dmvpn.Core;
using Dmvpn.Daemon.Routing;
using Dmvpn.Rib;
using Dmvpn.Runtime.Netlink;

namespace Dmvpn.Daemon.Tests.Routing;

public sealed class RouteTranslationTests
{
    private static readonly IpPrefix Lan = IpPrefix.Parse("192.168.1.0/24");
    private static readonly IpAddress Spoke = IpAddress.Parse("10.0.0.2");
    private static readonly RibInterface Tunnel = RibInterface.Of(new TunnelId(0));
    private static readonly RibInterface Eth = RibInterface.Of("eth0");

    [Fact]
    public void FromKernel_UnicastByTwoHops_BothInOrder()
    {
        KernelRoute? route = From(new LinuxRoute(Lan)
        {
            Protocol = RibKernel.OdrProtocol,
            Metric = 77,
            NextHops = [new LinuxNextHop(9, Spoke), new LinuxNextHop(2)],
        });
        Assert.Equal(
            new KernelRoute(Lan, KernelRouteType.Unicast, RibKernel.OdrProtocol, 77, [new RibNextHop(Spoke, Tunnel), new RibNextHop(IpAddress.None, Eth)]),
            route);
    }

    [Fact]
    public void FromKernel_LocalTable_Local() =>
        Assert.Equal(KernelRouteType.Local, From(new LinuxRoute(Lan) { Type = LinuxRouteType.Local, Table = LinuxRoute.LocalTable })!.Type);

    [Theory]
    [InlineData(LinuxRouteType.Blackhole)]
    [InlineData(LinuxRouteType.Unreachable)]
    [InlineData(LinuxRouteType.Prohibit)]
    public void FromKernel_RouteThatLeadsNowhere_Discard(LinuxRouteType type) =>
        Assert.Equal(KernelRouteType.Discard, From(new LinuxRoute(Lan) { Type = type })!.Type);

    [Theory]
    [InlineData(LinuxRouteType.Unicast, 100u)]
    [InlineData(LinuxRouteType.Unicast, LinuxRoute.LocalTable)]
    [InlineData(LinuxRouteType.Blackhole, 100u)]
    [InlineData(LinuxRouteType.Local, LinuxRoute.MainTable)]
    [InlineData(LinuxRouteType.Broadcast, LinuxRoute.LocalTable)]
    [InlineData(LinuxRouteType.Multicast, LinuxRoute.LocalTable)]
    [InlineData(LinuxRouteType.Throw, LinuxRoute.MainTable)]
    public void FromKernel_TableOrTypeOfOthers_Ignored(LinuxRouteType type, uint table) =>
        Assert.Null(From(new LinuxRoute(Lan) { Type = type, Table = table }));

    [Fact]
    public void FromKernel_ForOneTypeOfService_Ignored() => Assert.Null(From(new LinuxRoute(Lan) { TypeOfService = 16 }));

    [Fact]
    public void ToKernel_GatewaysByTunnelAndOther_OnlyTheTunnelsIsOnLink()
    {
        RouteCommand command = To(RibEffectKind.InstallRoute, new RibNextHop(Spoke, Tunnel), new RibNextHop(Spoke, Eth), new RibNextHop(IpAddress.None, Tunnel))!.Value;
        Assert.Equal(RouteCommandKind.Replace, command.Kind);
        Assert.Equal(
            new LinuxRoute(Lan)
            {
                Protocol = RibKernel.StaticProtocol,
                Metric = 5,
                NextHops = [new LinuxNextHop(9, Spoke) { OnLink = true }, new LinuxNextHop(2, Spoke), new LinuxNextHop(9)],
            },
            command.Route);
    }

    [Fact]
    public void ToKernel_Null0_BlackholeWithoutNextHops()
    {
        RouteCommand command = To(RibEffectKind.InstallRoute, new RibNextHop(IpAddress.None, RibInterface.Null))!.Value;
        Assert.Equal(LinuxRouteType.Blackhole, command.Route.Type);
        Assert.Empty(command.Route.NextHops);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ToKernel_Removal_NamesPrefixMetricAndProtocolOnly(bool discard)
    {
        RibNextHop hop = discard ? new RibNextHop(IpAddress.None, RibInterface.Null) : new RibNextHop(Spoke, Tunnel);
        RouteCommand command = To(RibEffectKind.RemoveRoute, hop)!.Value;
        Assert.Equal(RouteCommandKind.Delete, command.Kind);
        Assert.Equal(new LinuxRoute(Lan) { Type = LinuxRouteType.Unspecified, Protocol = RibKernel.StaticProtocol, Metric = 5 }, command.Route);
    }

    [Fact]
    public void ToKernel_InterfaceGone_NothingToDo() =>
        Assert.Null(To(RibEffectKind.InstallRoute, new RibNextHop(Spoke, Tunnel), new RibNextHop(Spoke, RibInterface.Of("eth7"))));

    [Fact]
    public void ToKernelAndBack_Route_IsTheSame()
    {
        RouteCommand command = To(RibEffectKind.InstallRoute, new RibNextHop(Spoke, Tunnel))!.Value;
        Assert.Equal(new KernelRoute(Lan, KernelRouteType.Unicast, RibKernel.StaticProtocol, 5, [new RibNextHop(Spoke, Tunnel)]), From(command.Route));
    }

    private static KernelRoute? From(LinuxRoute route) => RouteTranslation.FromKernel(route, index => index == 9 ? Tunnel : Eth);

    private static RouteCommand? To(RibEffectKind kind, params RibNextHop[] hops) => RouteTranslation.ToKernel(
        new RibEffect(kind, Lan, ValueList.Create<RibNextHop>(hops), RibKernel.StaticProtocol, 5),
        @interface => @interface == Tunnel ? 9 : @interface == Eth ? 2 : 0);
}
