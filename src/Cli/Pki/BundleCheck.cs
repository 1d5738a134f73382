using Dmvpn.Core;
using Dmvpn.Pki;

namespace Dmvpn.Cli.Pki;

/// <summary>
/// Is a bundle what it should be? Its words become lines of a configuration and names of files, so nothing passes that has
/// another meaning there; and key, certificate and words must belong together.
/// </summary>
internal static class BundleCheck
{
    private const int MostHubs = 16, MostCompany = 64;

    /// <exception cref="PkiException">It is not; the message follows the name of the file.</exception>
    public static void Check(SiteBundle bundle)
    {
        if (!SiteText.IsName(bundle.Name)) throw Bad("name");
        CheckNetwork(bundle.Network ?? throw Bad("network"));
        IpPrefix tunnel = bundle.Network.Prefix;
        IpAddress address = InWords(() =>
        {
            CheckNetworks(bundle.Networks, tunnel);
            return AddressPlan.Address(tunnel, bundle.Address ?? "");
        });
        if (!bundle.IsHub && bundle.Network.Servers.Any(hub => hub.Address == bundle.Address)) throw new PkiException($"is not as it was made: {address} is the hub's address, and this is no hub");
        CheckKeys(bundle, address);
    }

    /// <summary>The settings that all sites share.</summary>
    public static void CheckNetwork(NetworkSettings network)
    {
        if (!SiteText.IsDomain(network.Domain)) throw Bad("domain");
        if (!SiteText.IsAuthentication(network.Authentication)) throw Bad("authentication");
        if (network.NetworkId == 0) throw Bad("networkId");
        if (network.Network is null || network.HubTunnel is null) throw Bad("network' or 'hubTunnel");
        if (network.Hubs?.Count > MostHubs || network.Hubs?.Exists(hub => hub is null || hub.Address is null || !SiteText.IsName(hub.Name)) == true) throw Bad("hubs");
        if (network.Company?.Count > MostCompany || network.Company?.Contains(null!) == true) throw Bad("company");
        InWords(() =>
        {
            IpPrefix tunnel = AddressPlan.Check(network);
            foreach (HubSite hub in network.Hubs ?? []) CheckNetworks(hub.Networks, tunnel);
            return tunnel;
        });
    }

    private static void CheckNetworks(List<string>? networks, IpPrefix tunnel)
    {
        if (networks is { Count: > 0 }) AddressPlan.Lans([.. networks.Select(network => network ?? "")], tunnel);
    }

    private static T InWords<T>(Func<T> check)
    {
        try
        {
            return check();
        }
        catch (PkiException e)
        {
            throw new PkiException($"is not as it was made: {e.Message}");
        }
    }

    private static void CheckKeys(SiteBundle bundle, IpAddress address)
    {
        var material = new TrustpointMaterial
        {
            Name = "bundle",
            Authorities = Pem(bundle.Authority, "authority"),
            Certificates = Pem(bundle.Certificate, "certificate"),
            Key = Pem(bundle.Key, "key"),
            RevocationList = bundle.RevocationList is null ? default : Pem(bundle.RevocationList, "revocationList"),
        };
        if (!SiteCertificate.TryRead(material, out SiteCertificate? certificate, out string failure)) throw new PkiException($"is not as it was made: {failure}");
        string identity = $"{bundle.Name}.{bundle.Network.Domain}";
        if (!certificate.Names(identity)) throw new PkiException($"is not as it was made: its certificate is not for {identity}");
        if (!certificate.Rights.Holds(address)) throw new PkiException($"is not as it was made: its certificate is not for {address}");
        if (certificate.Rights.Role == SiteRole.Spoke == bundle.IsHub && certificate.Rights.Role != SiteRole.Unsaid)
            throw new PkiException($"is not as it was made: it is for a {(bundle.IsHub ? "hub" : "spoke")}, and its certificate is not");
    }

    /// <summary>Text of one or more PEM blocks, and nothing else in it.</summary>
    private static byte[] Pem(string? text, string field)
    {
        if (text is null || !text.StartsWith("-----BEGIN ", StringComparison.Ordinal) || !text.EndsWith("-----\n", StringComparison.Ordinal) || text.AsSpan().ContainsAnyExceptInRange('\n', '~'))
            throw Bad(field);
        return System.Text.Encoding.ASCII.GetBytes(text);
    }

    private static PkiException Bad(string field) => new($"is not as it was made: '{field}' is missing, or is not what it should be");
}
