using Dmvpn.Core;

namespace Dmvpn.Odr;

/// <summary>Numbers of IOS's On-Demand Routing.</summary>
public static class OdrSpec
{
    /// <summary>The metric of every ODR route: <c>[160/1]</c>.</summary>
    public const uint Metric = 1;

    /// <summary>The administrative distance of the default route that a stub takes.</summary>
    public const byte Distance = 160;

    /// <summary>What a hub offers to its stubs.</summary>
    public static readonly IpPrefix DefaultRoute = IpPrefix.DefaultIPv4;
}
