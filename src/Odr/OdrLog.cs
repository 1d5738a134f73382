using Dmvpn.Core;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Odr;

/// <summary>All log messages of CDP and ODR; event ids 1600-1699.</summary>
internal static partial class OdrLog
{
    [LoggerMessage(1600, LogLevel.Information, "CDP neighbor {DeviceId} ({Address}) on {Tunnel}")]
    public static partial void NeighborUp(ILogger logger, string deviceId, IpAddress address, TunnelId tunnel);

    [LoggerMessage(1601, LogLevel.Information, "CDP neighbor {DeviceId} ({Address}) on {Tunnel} is gone: {Reason}")]
    public static partial void NeighborGone(ILogger logger, string deviceId, IpAddress address, TunnelId tunnel, string reason);

    [LoggerMessage(1602, LogLevel.Debug, "ODR route {Prefix} via {NextHop}, {Tunnel}")]
    public static partial void RouteLearnt(ILogger logger, IpPrefix prefix, IpAddress nextHop, TunnelId tunnel);

    [LoggerMessage(1603, LogLevel.Debug, "ODR route {Prefix} via {NextHop}, {Tunnel} is gone")]
    public static partial void RouteForgotten(ILogger logger, IpPrefix prefix, IpAddress nextHop, TunnelId tunnel);

    [LoggerMessage(1604, LogLevel.Warning, "ODR routes via {NextHop}, {Tunnel} are invalid: no hello for {Invalid}")]
    public static partial void RoutesInvalid(ILogger logger, IpAddress nextHop, TunnelId tunnel, TimeSpan invalid);

    [LoggerMessage(1606, LogLevel.Warning, "{Count} routes of {DeviceId} ({Address}) on {Tunnel} are not used: {Prefix}: {Reason}")]
    public static partial void RoutesRefused(ILogger logger, int count, string deviceId, IpAddress address, TunnelId tunnel, IpPrefix prefix, string reason);

    [LoggerMessage(1605, LogLevel.Debug, "CDP packet from {Peer} on {Tunnel} dropped: {Reason}")]
    public static partial void Dropped(ILogger logger, NbmaPeer peer, TunnelId tunnel, OdrDrop reason);
}
