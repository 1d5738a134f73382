namespace Dmvpn.Lab.Networks;

/// <summary>
/// The address plan: every address of a site follows from its number. The underlay is 203.0.113.0/24 and 2001:db8::/56 in
/// pieces (RFC 5737, RFC 3849), the tunnel 10.255.0.0/24, the LANs 10.1.0.0/16.
/// </summary>
/// <param name="Number">0 is the hub; 1 to 7 are spokes.</param>
public sealed record SiteAddresses(int Number)
{
    /// <summary>All of the internet.</summary>
    public const string Underlay = "203.0.113.0/24";

    /// <summary>All of the IPv6 internet.</summary>
    public const string Underlay6 = "2001:db8::/56";

    /// <summary>What the site is reached by on the internet; outside of its NAT if it has one.</summary>
    public string Public => $"203.0.113.{16 * Number + 1}";

    /// <summary>The internet's router on the site's wire.</summary>
    public string PublicGateway => $"203.0.113.{16 * Number + 14}";

    /// <summary>Where <c>lab move</c> takes the site, and the router there.</summary>
    public SiteAddresses Elsewhere => new(Number + 8);

    /// <summary>IPv6 on the internet.</summary>
    public string Public6 => $"2001:db8:0:{Number:x}::1";

    /// <summary>The internet's router on the site's wire, IPv6.</summary>
    public string PublicGateway6 => $"2001:db8:0:{Number:x}::fe";

    /// <summary>The node's own address behind its NAT, and the NAT's on that side.</summary>
    public string Private => $"10.9.{Number}.2";

    /// <summary>The NAT's inner address.</summary>
    public string PrivateGateway => $"10.9.{Number}.1";

    /// <summary>Address on the tunnel.</summary>
    public string Tunnel => Number == 0 ? "10.255.0.1" : $"10.255.0.{10 + Number}";

    /// <summary>IPv6 address on the tunnel.</summary>
    public string Tunnel6 => Number == 0 ? "2001:db8:0:ff00::1" : $"2001:db8:0:ff00::{10 + Number}";

    /// <summary>The DMVPN router on its LAN.</summary>
    public string LanRouter => $"10.1.{Number}.1";

    /// <summary>The LAN.</summary>
    public string Lan => $"10.1.{Number}.0/24";

    /// <summary>The host on the LAN.</summary>
    public string LanHost => $"10.1.{Number}.10";

    /// <summary>The DMVPN router on its LAN, IPv6.</summary>
    public string LanRouter6 => $"2001:db8:0:100{Number:x}::1";

    /// <summary>The LAN, IPv6.</summary>
    public string Lan6 => $"2001:db8:0:100{Number:x}::/64";

    /// <summary>The host on the LAN, IPv6.</summary>
    public string LanHost6 => $"2001:db8:0:100{Number:x}::10";
}
