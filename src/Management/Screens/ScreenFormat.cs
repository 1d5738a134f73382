using Dmvpn.Core;
using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary>How IOS writes times, addresses and interface names; every screen uses these.</summary>
internal static class ScreenFormat
{
    private const long Minute = 60, Hour = 3600, Day = 86400, Week = 7 * Day, Year = 365 * Day;

    /// <summary>"never", "00:29:40", "6d12h", "3w5d", "1y15w": two units, the larger ones that fit.</summary>
    public static string Age(long? seconds) => seconds switch
    {
        null => "never",
        < Day => $"{Math.Max(0, seconds.Value) / Hour:00}:{seconds / Minute % 60:00}:{seconds % 60:00}",
        < Week => $"{seconds / Day}d{seconds % Day / Hour:00}h",
        < Year => $"{seconds / Week}w{seconds % Week / Day}d",
        _ => $"{seconds / Year}y{seconds % Year / Week}w",
    };

    /// <summary>"1 hour, 5 minutes": as in <c>show version</c>.</summary>
    public static string LongAge(long seconds)
    {
        var parts = new List<string>();
        Add(seconds / Year, "year");
        Add(seconds % Year / Week, "week");
        Add(seconds % Year % Week / Day, "day");
        Add(seconds % Day / Hour, "hour");
        if (seconds % Hour / Minute is var minutes && (minutes > 0 || parts.Count == 0)) parts.Add(Plural(minutes, "minute"));
        return string.Join(", ", parts);

        void Add(long number, string unit)
        {
            if (number > 0) parts.Add(Plural(number, unit));
        }
    }

    /// <summary>"1 entry", "2 entries", "0 routes".</summary>
    public static string Plural(long number, string noun) =>
        number == 1 ? $"1 {noun}" : noun.EndsWith('y') && noun != "day" ? $"{number} {noun[..^1]}ies" : $"{number} {noun}s";

    /// <summary>An address; IPv6 in capitals, as IOS prints it.</summary>
    public static string Text(this IpAddress address) => address.IsIPv4 ? address.ToString() : address.ToString().ToUpperInvariant();

    /// <summary>A prefix; IPv6 in capitals.</summary>
    public static string Text(this IpPrefix prefix) => prefix.IsIPv4 ? prefix.ToString() : prefix.ToString().ToUpperInvariant();

    /// <summary>"IPv4" or "IPv6".</summary>
    public static string Text(this AddressFamily family) => family == AddressFamily.Ipv4 ? "IPv4" : "IPv6";

    /// <summary>"Tu1".</summary>
    public static string Short(this TunnelId tunnel) => $"Tu{tunnel.Number}";

    /// <summary>"multi-GRE/IP".</summary>
    public static string Text(this TunnelMode mode) => mode switch
    {
        TunnelMode.GreIp => "GRE/IP",
        TunnelMode.GreMultipoint => "multi-GRE/IP",
        TunnelMode.GreIpv6 => "GRE/IPv6",
        _ => "multi-GRE/IPv6",
    };
}
