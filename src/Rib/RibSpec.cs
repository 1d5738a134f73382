namespace Dmvpn.Rib;

/// <summary>Numbers that IOS gives. Read first: "What Is Administrative Distance?" (Cisco, document 15986).</summary>
public static class RibSpec
{
    /// <summary>The distance of a route that is never used.</summary>
    public const byte UnusableDistance = 255;

    /// <summary>Parallel routes to one prefix, <c>maximum-paths</c> default.</summary>
    public const int MaximumPaths = 4;

    /// <summary>The administrative distance that IOS gives a source; lower is believed.</summary>
    public static byte Distance(RouteSource source) => source switch
    {
        RouteSource.Connected or RouteSource.Local => 0,
        RouteSource.Static => 1,
        RouteSource.EigrpSummary => 5,
        RouteSource.BgpExternal => 20,
        RouteSource.Eigrp => 90,
        RouteSource.Ospf => 110,
        RouteSource.Isis => 115,
        RouteSource.Rip => 120,
        RouteSource.Odr => 160,
        RouteSource.EigrpExternal => 170,
        RouteSource.BgpInternal => 200,
        RouteSource.Nhrp => 250,
        _ => 0,
    };

    /// <summary>The code letters of <c>show ip route</c>.</summary>
    public static string Code(RouteSource source) => source switch
    {
        RouteSource.Connected => "C",
        RouteSource.Local => "L",
        RouteSource.Static => "S",
        RouteSource.EigrpSummary or RouteSource.Eigrp => "D",
        RouteSource.EigrpExternal => "D EX",
        RouteSource.BgpExternal or RouteSource.BgpInternal => "B",
        RouteSource.Ospf => "O",
        RouteSource.Isis => "i",
        RouteSource.Rip => "R",
        RouteSource.Odr => "o",
        RouteSource.Nhrp => "H",
        _ => "K",
    };
}
