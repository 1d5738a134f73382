namespace Dmvpn.Management.Api;

/// <summary>The family of tunnel-side addresses.</summary>
public enum AddressFamily
{
    /// <summary>IPv4.</summary>
    Ipv4,

    /// <summary>IPv6.</summary>
    Ipv6,
}
