using Dmvpn.Core;

namespace Dmvpn.Odr;

/// <summary>Numbers of IOS's On-Demand Routing.</summary>
public static class OdrSpec
{
    /// <summary>The metric of every ODR route: <c>[160/1]</c>.</summary>
    public const uint Metric = 1;

    /// <summary>The administrative distance of the default route that a stub takes.</summary>
    public const byte Distance = 160;

    /// <summary>
    /// <c>maximum-prefix</c> when it is not configured. IOS has no limit; a branch has a handful of subnets, and a neighbour
    /// that says a thousand fills the table of every router behind the hub.
    /// </summary>
    public const int MaximumPrefixes = 128;

    /// <summary>A prefix shorter than this is no branch's LAN: two of /1 are a default route.</summary>
    public const int ShortestLength = 8;

    /// <summary>Addresses that no network has (RFC 1122 3.2.1.3, RFC 1112 4).</summary>
    internal static readonly IpPrefix ThisNetwork = IpPrefix.Parse("0.0.0.0/8"), Reserved = IpPrefix.Parse("240.0.0.0/4");

    /// <summary>What a hub offers to its stubs.</summary>
    public static readonly IpPrefix DefaultRoute = IpPrefix.DefaultIPv4;

    /// <summary>
    /// The networks of RFC 1918, which no provider routes: where another default route wins over the one of the hub, a stub
    /// takes these by the hub, so that what is private does not go to the provider in the clear.
    /// </summary>
    public static readonly ValueList<IpPrefix> PrivateNetworks = [IpPrefix.Parse("10.0.0.0/8"), IpPrefix.Parse("172.16.0.0/12"), IpPrefix.Parse("192.168.0.0/16")];
}
