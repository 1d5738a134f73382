using Dmvpn.Core;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Rib;

/// <summary>All log messages of the RIB; event ids 1500-1599.</summary>
internal static partial class RibLog
{
    [LoggerMessage(1500, LogLevel.Debug, "Route {Prefix} installed: {Source}, {NextHops}")]
    public static partial void Installed(ILogger logger, IpPrefix prefix, RouteSource source, string nextHops);

    [LoggerMessage(1501, LogLevel.Debug, "Route {Prefix} removed: {Source}")]
    public static partial void Removed(ILogger logger, IpPrefix prefix, RouteSource source);

    [LoggerMessage(1502, LogLevel.Warning, "Route {Prefix}: its next hops resolve by each other; it is left as it is until something changes")]
    public static partial void RecursionLoop(ILogger logger, IpPrefix prefix);

    [LoggerMessage(1503, LogLevel.Information, "Route {Prefix} ({Source}) was missing in the kernel and is installed again")]
    public static partial void Reinstalled(ILogger logger, IpPrefix prefix, RouteSource source);

    [LoggerMessage(1504, LogLevel.Warning, "Route {Prefix} ({Source}) does not stay in the kernel; given up until it changes")]
    public static partial void GivenUp(ILogger logger, IpPrefix prefix, RouteSource source);

    [LoggerMessage(1505, LogLevel.Information, "Stale route {Prefix} (protocol {Protocol}, metric {Metric}) removed from the kernel")]
    public static partial void StaleRemoved(ILogger logger, IpPrefix prefix, byte protocol, uint metric);

    [LoggerMessage(1506, LogLevel.Debug, "Interface {Interface} is {State}")]
    public static partial void InterfaceChanged(ILogger logger, RibInterface @interface, string state);
}
