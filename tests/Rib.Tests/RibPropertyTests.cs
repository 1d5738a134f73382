using CsCheck;
using Dmvpn.Core;
using static Dmvpn.Rib.Tests.FakeKernel;

namespace Dmvpn.Rib.Tests;

/// <summary>Any history: what is installed is the best of what is present, worked out anew by a model that remembers nothing.</summary>
public sealed class RibPropertyTests
{
    private static readonly RouteSource[] Sources = [RouteSource.Static, RouteSource.Odr, RouteSource.Ospf, RouteSource.Nhrp];
    private static readonly RibInterface[] Interfaces = [Tunnel0, Tunnel1, default];

    // What, prefix, source, next hop, interface, metric.
    private static readonly Gen<(int, int, int, int, int, uint)[]> Histories =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 5], Gen.Int[0, 3], Gen.Int[1, 4], Gen.Int[0, 2], Gen.UInt[0, 2]).Array[1, 80];

    [Fact]
    public void AnyHistory_InstalledEqualsTheBestOfWhatIsPresent() => Histories.Sample(history =>
    {
        var kernel = new FakeKernel();
        var present = new Dictionary<(IpPrefix Prefix, RouteSource Source, RibNextHop NextHop), RibRoute>();
        var up = new HashSet<RibInterface>();
        bool hasSubnet = false;
        foreach ((int what, int prefixIndex, int sourceIndex, int host, int interfaceIndex, uint metric) in history)
        {
            var prefix = IpPrefix.Parse($"192.168.{prefixIndex}.0/24");
            var nextHop = new RibNextHop(IpAddress.Parse($"10.0.0.{host}"), Interfaces[interfaceIndex]);
            RouteSource source = Sources[sourceIndex];
            switch (what)
            {
                case <= 4:
                    var route = new RibRoute(prefix, source, nextHop, RibSpec.Distance(source), metric);
                    present[(prefix, source, nextHop)] = route;
                    kernel.Do((rib, now, outbox) => rib.OnRouteLearnt(route, now, outbox));
                    break;
                case <= 6:
                    present.Remove((prefix, source, nextHop));
                    kernel.Do((rib, now, outbox) => rib.OnRouteForgotten(prefix, source, nextHop, now, outbox));
                    break;
                case 7:
                    RibInterface @interface = Interfaces[interfaceIndex % 2];
                    if (!up.Remove(@interface)) up.Add(@interface);
                    if (@interface == Tunnel0 && !up.Contains(@interface)) hasSubnet = false; // the kernel drops it without a word
                    kernel.Up(@interface, up.Contains(@interface));
                    break;
                case 8:
                    if (!up.Contains(Tunnel0)) break;
                    hasSubnet = !hasSubnet;
                    kernel.Foreign("10.0.0.0/24", 2, 0, "", Tunnel0, hasSubnet ? KernelChange.Added : KernelChange.Removed);
                    break;
                default:
                    kernel.Steal(prefix.ToString());
                    kernel.Advance(TimeSpan.FromSeconds(2));
                    break;
            }
        }
        kernel.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(Model(present.Values, up, hasSubnet), kernel.Installed);
        Assert.True(kernel.Rib.NextDeadline.IsNever);
        Assert.Equal(0, kernel.Rib.Drops[RibDrop.GivenUp]);
        Assert.Equal(kernel.Installed.Length, kernel.Rib.Mirror.Count - (hasSubnet ? 1 : 0));

        kernel.Do((rib, _, outbox) => rib.Withdraw(outbox));
        Assert.Empty(kernel.Installed);
    }, iter: 5000);

    [Fact]
    public void HundredThousandRoutes_TunnelFlaps_AllGoAndComeBack()
    {
        var kernel = new FakeKernel();
        kernel.Up(Tunnel0);
        for (uint i = 0; i < 100_000; i++)
        {
            var prefix = new IpPrefix(IpAddress.FromIPv4(0x1400_0000 + (i << 8)), 24);
            var route = new RibRoute(prefix, RouteSource.Odr, new RibNextHop(IpAddress.FromIPv4(0x0A00_0000 + i / 4), Tunnel0));
            kernel.Do((rib, now, outbox) => rib.OnRouteLearnt(route, now, outbox));
        }
        Assert.Equal(100_000, kernel.Rib.Mirror.Count);
        kernel.Up(Tunnel0, isUp: false);
        Assert.Equal(0, kernel.Rib.Mirror.Count);
        kernel.Up(Tunnel0);
        kernel.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(100_000, kernel.Rib.Mirror.Count);
        Assert.Equal(0, kernel.Rib.Drops.Total);
    }

    private static string[] Model(IEnumerable<RibRoute> present, HashSet<RibInterface> up, bool hasSubnet)
    {
        var lines = new SortedDictionary<(IpPrefix, uint), string>();
        foreach (IGrouping<(IpPrefix Prefix, bool IsShortcut), RibRoute> group in present.GroupBy(route => (route.Prefix, route.Source == RouteSource.Nhrp)))
        {
            (RibRoute Route, RibNextHop Hop)[] usable =
            [
                .. group.Select(route => (route, route.NextHop.Interface.IsNone ? route.NextHop with { Interface = Tunnel0 } : route.NextHop))
                    .Where(pair => pair.route.NextHop.Interface.IsNone ? hasSubnet && up.Contains(Tunnel0) : up.Contains(pair.Item2.Interface)),
            ];
            if (usable.Length == 0) continue;
            (byte, uint) best = usable.Min(pair => (pair.Route.Distance, pair.Route.Metric));
            RibNextHop[] hops = [.. usable.Where(pair => (pair.Route.Distance, pair.Route.Metric) == best).Select(pair => pair.Hop).Distinct().Order().Take(4)];
            uint metric = group.Key.IsShortcut ? RibKernel.ShortcutMetric : RibKernel.Metric(best.Item1, best.Item2);
            byte protocol = RibKernel.Protocol(usable.First(pair => (pair.Route.Distance, pair.Route.Metric) == best).Route.Source);
            lines[(group.Key.Prefix, metric)] =
                $"{group.Key.Prefix} {string.Join(", ", hops)} {protocol} {RibKernel.DistanceOf(metric)}/{RibKernel.MetricOf(metric)}";
        }
        return [.. lines.Values];
    }
}
