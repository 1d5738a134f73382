using System.Globalization;
using Dmvpn.Core;

namespace Dmvpn.Pki;

/// <summary>
/// Role and networks of a site as names in its certificate: uniformResourceIdentifiers of subjectAltName (RFC 5280
/// 4.2.1.6). Any authority can issue them, and whoever does not know them passes over them.
/// <code>
/// dmvpn:role:hub   dmvpn:role:spoke   dmvpn:network:10.1.0.0/16   dmvpn:network:2001:db8:1::/48   dmvpn:network:none
/// </code>
/// </summary>
internal static class SiteNames
{
    private const string Scheme = "dmvpn:", Role = Scheme + "role:", Network = Scheme + "network:", NoNetwork = Network + "none";

    /// <summary>The name of a role; null when there is nothing to say.</summary>
    public static string? Of(SiteRole role) => role == SiteRole.Unsaid ? null : Role + role.ToString().ToLowerInvariant();

    /// <summary>The names of networks; <c>none</c> when there are none.</summary>
    public static IEnumerable<string> Of(IReadOnlyList<IpPrefix> networks) =>
        networks.Count == 0 ? [NoNetwork] : networks.Select(network => string.Create(CultureInfo.InvariantCulture, $"{Network}{network}"));

    /// <summary>
    /// Adds what a name says. It fails closed: a network that cannot be read is none, and of two roles the lesser counts.
    /// </summary>
    public static SiteRights Add(SiteRights rights, string name)
    {
        if (Is(name, Role + "spoke")) return rights with { Role = SiteRole.Spoke };
        if (Is(name, Role + "hub")) return rights.Role == SiteRole.Unsaid ? rights with { Role = SiteRole.Hub } : rights;
        if (name.StartsWith(Role, StringComparison.OrdinalIgnoreCase)) return rights with { Role = SiteRole.Spoke };
        if (!name.StartsWith(Network, StringComparison.OrdinalIgnoreCase)) return rights;
        ValueList<IpPrefix> before = rights.Networks ?? [];
        bool isGood = IpPrefix.TryParse(name.AsSpan(Network.Length), out IpPrefix network) && before.Count < PkiLimits.MostNetworks;
        return rights with { Networks = isGood ? before.Add(network) : before };
    }

    private static bool Is(string name, string known) => name.Equals(known, StringComparison.OrdinalIgnoreCase);
}
