namespace Dmvpn.Rib;

/// <summary>
/// How our routes look in the kernel's table: protocol number and metric. Both are chosen for a host where FRR or BIRD
/// runs too, and were tried with FRR 8.4's zebra.
/// <para>
/// Protocol numbers. Taken elsewhere: 0-18 and 42, 99 by the kernel's headers (12 BIRD), 186-198 by FRR. Routes with a number
/// of its own range zebra ignores while it runs; any other it takes for a competing "kernel" route. A shortcut has FRR's own
/// number for NHRP, 191, for that reason: with another number zebra withdraws its route to the same prefix in favour of
/// the shortcut, and the prefix is unrouted for a moment when the shortcut ends. All the others must be
/// seen by zebra (<c>redistribute kernel</c>), so they have numbers that nobody uses.
/// </para>
/// <para>
/// Metric. zebra reads the upper byte of a kernel route's metric as administrative distance and the rest as metric; ours are
/// built that way, so both agree who wins. Such a metric is above that of any other program, so a
/// default route by a tunnel never takes the place of the one that the underlay needs. A shortcut must win over every
/// route to the same prefix but connected ones, FRR's (20) and BIRD's (32) included.
/// </para>
/// </summary>
public static class RibKernel
{
    /// <summary>NHRP shortcuts. <c>ip route</c> prints "nhrp" wherever iproute2 knows FRR's numbers.</summary>
    public const byte NhrpProtocol = 191;

    /// <summary>Static routes of the configuration.</summary>
    public const byte StaticProtocol = 240;

    /// <summary>On-Demand Routing.</summary>
    public const byte OdrProtocol = 241;

    /// <summary>RIP; the embedded protocols that follow have the numbers from here on.</summary>
    public const byte RipProtocol = 242;

    /// <summary>EIGRP.</summary>
    public const byte EigrpProtocol = 243;

    /// <summary>OSPF.</summary>
    public const byte OspfProtocol = 244;

    /// <summary>IS-IS.</summary>
    public const byte IsisProtocol = 245;

    /// <summary>BGP.</summary>
    public const byte BgpProtocol = 246;

    /// <summary>The metric of every shortcut.</summary>
    public const uint ShortcutMetric = 10;

    private const uint MetricMask = 0x00FF_FFFF;

    /// <summary>The number for a source.</summary>
    public static byte Protocol(RouteSource source) => source switch
    {
        RouteSource.Nhrp => NhrpProtocol,
        RouteSource.Odr => OdrProtocol,
        RouteSource.Rip => RipProtocol,
        RouteSource.Eigrp or RouteSource.EigrpExternal or RouteSource.EigrpSummary => EigrpProtocol,
        RouteSource.Ospf => OspfProtocol,
        RouteSource.Isis => IsisProtocol,
        RouteSource.BgpExternal or RouteSource.BgpInternal => BgpProtocol,
        _ => StaticProtocol,
    };

    /// <summary>The kernel's metric for an administrative distance and a protocol's metric.</summary>
    public static uint Metric(byte distance, uint metric) => (uint)distance << 24 | Math.Min(metric, MetricMask);

    /// <summary>The administrative distance in a kernel metric; 0 for the small metrics of other programs.</summary>
    public static byte DistanceOf(uint kernelMetric) => (byte)(kernelMetric >> 24);

    /// <summary>The protocol's metric in a kernel metric.</summary>
    public static uint MetricOf(uint kernelMetric) => kernelMetric & MetricMask;

    /// <summary>True for a route that this program installed, now or before it crashed.</summary>
    public static bool IsOurs(KernelRoute route) => route.Protocol switch
    {
        >= StaticProtocol and <= BgpProtocol => true,
        // A running zebra that restarts takes our shortcuts for its own leftovers and installs a copy with its own metric;
        // by a tunnel of ours it can only be that. By another interface it is a shortcut of FRR's nhrpd.
        NhrpProtocol => route.Metric == ShortcutMetric || IsByTunnel(route),
        _ => false,
    };

    /// <summary>The source of a kernel route, by its protocol number (rtnetlink.h, and FRR's numbers above 185).</summary>
    public static RouteSource Source(KernelRoute route) => route.Protocol switch
    {
        _ when route.Type == KernelRouteType.Local => RouteSource.Local,
        KernelProtocol => RouteSource.Connected,
        BootProtocol or AdministratorProtocol or DhcpProtocol or 9 or 196 or StaticProtocol => RouteSource.Static,
        OdrProtocol => RouteSource.Odr,
        NhrpProtocol => RouteSource.Nhrp,
        186 or BgpProtocol => RouteSource.BgpExternal,
        187 or IsisProtocol => RouteSource.Isis,
        188 or OspfProtocol => RouteSource.Ospf,
        189 or 190 or RipProtocol => RouteSource.Rip,
        192 or EigrpProtocol => RouteSource.Eigrp,
        _ => RouteSource.Kernel,
    };

    private const byte KernelProtocol = 2;
    private const byte BootProtocol = 3;
    private const byte AdministratorProtocol = 4;
    private const byte DhcpProtocol = 16;

    private static bool IsByTunnel(KernelRoute route) => route.NextHops.Count > 0 && route.NextHops[0].Interface.Tunnel is not null;
}
