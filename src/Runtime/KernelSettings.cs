namespace Dmvpn.Runtime;

/// <summary>
/// Settings of the kernel (sysctl) that decide whether this machine routes. They are the administrator's: the daemon reads
/// them and warns; it writes only those of its own devices. Those of the calling thread's network namespace.
/// </summary>
public static class KernelSettings
{
    /// <summary>net.ipv4.ip_forward.</summary>
    public static bool ForwardsIPv4 => Read("ipv4/ip_forward") == 1;

    /// <summary>net.ipv6.conf.all.forwarding; false without IPv6.</summary>
    public static bool ForwardsIPv6 => Read("ipv6/conf/all/forwarding") == 1;

    /// <summary>True when what arrives by a link is forwarded: net.ipv4.conf.LINK.forwarding, or for IPv6 that of the link and of "all" (ip6_forward asks for the latter).</summary>
    public static bool Forwards(string link, bool ipv6) =>
        ipv6 ? ForwardsIPv6 && Read($"ipv6/conf/{link}/forwarding") == 1 : Read($"ipv4/conf/{link}/forwarding") == 1;

    /// <summary>False when net.ipv6.conf.LINK.disable_ipv6 is set, or the kernel has no IPv6: it takes no IPv6 address then.</summary>
    public static bool HasIPv6(string link) => Read($"ipv6/conf/{link}/disable_ipv6") == 0;

    /// <summary>
    /// The reverse path filter in force on a link: the larger number of the link's and of "all", as the kernel does. Strict
    /// drops what comes straight from a spoke while the route still leads by the hub.
    /// </summary>
    public static ReversePathFilter ReversePathFilter(string link) =>
        (ReversePathFilter)Math.Clamp(Math.Max(Read("ipv4/conf/all/rp_filter"), Read($"ipv4/conf/{link}/rp_filter")), 0, 2);

    /// <summary>net.ipv4.conf.all.send_redirects, which goes before a link's own.</summary>
    public static bool SendsRedirects => Read("ipv4/conf/all/send_redirects") == 1;

    /// <summary>Turns ICMP redirects off on a device of our own (<c>no ip redirects</c>): traffic of spokes turns round on it by design.</summary>
    public static void DisableRedirects(string link)
    {
        try
        {
            File.WriteAllText($"/proc/sys/net/ipv4/conf/{link}/send_redirects", "0");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A container's read-only /proc/sys: hosts may then get redirects, which they ignore for a gateway off their link.
        }
    }

    // -1 when there is no such setting.
    private static int Read(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText("/proc/sys/net/" + path), out int value) ? value : -1;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return -1;
        }
    }
}

/// <summary>rp_filter (RFC 3704).</summary>
public enum ReversePathFilter
{
    /// <summary>No check.</summary>
    Off = 0,

    /// <summary>A packet must come in where a reply would go out.</summary>
    Strict = 1,

    /// <summary>There must be some route back.</summary>
    Loose = 2,
}
