using System.Globalization;

namespace Dmvpn.Runtime;

/// <summary>What the kernel lets this process do (capabilities(7)).</summary>
public static class Capabilities
{
    /// <summary>The set that is in force; null when it cannot be told.</summary>
    public static Capability? Effective
    {
        get
        {
            try
            {
                foreach (string line in File.ReadLines("/proc/self/status"))
                {
                    if (line.StartsWith("CapEff:", StringComparison.Ordinal)
                        && ulong.TryParse(line.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong bits))
                        return (Capability)bits;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Without /proc the kernel's own refusal must do.
            }
            return null;
        }
    }

    /// <summary>Those of <paramref name="wanted"/> that are missing, as the kernel names them; empty when none is, or it cannot be told.</summary>
    public static IReadOnlyList<string> Missing(Capability wanted)
    {
        if (Effective is not { } effective) return [];
        var missing = new List<string>();
        foreach ((Capability capability, string name) in Names)
        {
            if ((wanted & ~effective & capability) != 0) missing.Add(name);
        }
        return missing;
    }

    /// <summary>The first port that needs no capability (net.ipv4.ip_unprivileged_port_start); 1024 when it cannot be told.</summary>
    public static int FirstFreePort
    {
        get
        {
            try
            {
                return int.Parse(File.ReadAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start"), CultureInfo.InvariantCulture);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
            {
                return 1024;
            }
        }
    }

    private static readonly (Capability Capability, string Name)[] Names =
    [
        (Capability.NetAdmin, "CAP_NET_ADMIN"),
        (Capability.NetRaw, "CAP_NET_RAW"),
        (Capability.NetBindService, "CAP_NET_BIND_SERVICE"),
        (Capability.SysAdmin, "CAP_SYS_ADMIN"),
    ];
}

/// <summary>The capabilities that a router has a use for; bits as in the kernel.</summary>
[Flags]
public enum Capability : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Ports below 1024: IKE's 500.</summary>
    NetBindService = 1UL << 10,

    /// <summary>Devices, addresses, routes.</summary>
    NetAdmin = 1UL << 12,

    /// <summary>Raw sockets: GRE and ESP.</summary>
    NetRaw = 1UL << 13,

    /// <summary>Entering network namespaces: <c>tunnel vrf</c>.</summary>
    SysAdmin = 1UL << 21,
}
