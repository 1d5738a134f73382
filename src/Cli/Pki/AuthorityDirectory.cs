using System.Security.Cryptography;
using System.Text.Json;
using Dmvpn.Core;
using Dmvpn.Pki;

namespace Dmvpn.Cli.Pki;

/// <summary>What an operator did wrong, in words for the operator.</summary>
internal sealed class PkiException(string message) : Exception(message);

/// <summary>
/// The directory of a CA:
/// <code>
/// ca.pem ca.key network.json issued.json crl.pem bundles/NAME.dmvpn
/// </code>
/// Files with keys are readable for their owner alone. Nothing is ever overwritten but lists.
/// </summary>
internal sealed class AuthorityDirectory(string path, TimeProvider clock)
{
    private const int CrlDays = 30;

    private string At(string name) => Path.Combine(path, name);

    /// <summary>Makes a CA in an empty or missing directory.</summary>
    public void Create(string name, KeyKind kind, int days, NetworkSettings network)
    {
        if (Path.Exists(At("ca.pem")) || Path.Exists(At("ca.key"))) throw new PkiException($"{path} already holds a CA: take another directory");
        _ = AddressPlan.Check(network);
        if (!SiteText.IsDomain(network.Domain)) throw new PkiException($"'{network.Domain.Escaped()}' is no domain: write it as vpn.example.net");
        SecretFile.MakeDirectory(path, At("bundles"));
        using CertificateAuthority authority = CertificateAuthority.Create(name, kind, clock.GetUtcNow(), days, out string key);
        SecretFile.Create(At("ca.key"), key);
        SecretFile.Create(At("network.json"), JsonSerializer.Serialize(network, PkiJson.Default.NetworkSettings));
        File.WriteAllText(At("ca.pem"), authority.CertificatePem);
        WriteIssued([]);
        WriteRevocationList(authority, []);
    }

    /// <summary>Issues a certificate and writes the site's bundle.</summary>
    public IssuedBundle Issue(SiteRequest request)
    {
        string name = request.Name;
        if (!SiteText.IsName(name)) throw new PkiException($"'{name.Escaped()}' cannot be a site's name: use small letters, digits and '-', at most 63");
        NetworkSettings network = ReadNetwork();
        List<IssuedSite> issued = ReadIssued();
        if (issued.Exists(site => site.Name == name && site.RevokedAt is null))
            throw new PkiException($"{name} has a certificate already: 'dmvpn pki renew' makes it a new one; revoke it first when its key is lost, or take another name");
        if (!request.IsHub && request.Place is not null) throw new PkiException("--hub says where a hub is, and needs --hub-role");
        IpAddress tunnel = AddressPlan.Assign(network, issued, request.Address ?? (request.IsHub ? FreeHub(network, issued) : null));
        List<string>? lans = AddressPlan.Lans(request.Lans, network.Prefix);
        if (request.IsHub) network = WithHub(network, issued, new HubSite { Name = name, Address = tunnel.ToString(), Place = request.Place, Networks = lans });
        else if (network.Servers.Any(hub => hub.Address == tunnel.ToString())) throw new PkiException($"{tunnel} is the hub's address: add --hub-role, or take another address");
        return Issue(request, tunnel, lans, network, issued);
    }

    /// <summary>
    /// Issues a new certificate, with a new key, for a site that has one. The old one stays good until it ends, so that the site can change when it wants.
    /// </summary>
    public IssuedBundle Renew(SiteRequest request)
    {
        NetworkSettings network = ReadNetwork();
        List<IssuedSite> issued = ReadIssued();
        IssuedSite last = issued.FindLast(site => site.Name == request.Name && site.RevokedAt is null)
            ?? throw new PkiException($"{request.Name.Escaped()} has no certificate to renew: 'dmvpn pki issue' makes one; 'dmvpn pki list' shows all");
        IpAddress tunnel = IpAddress.Parse(last.Address);
        List<string>? lans = AddressPlan.Lans(request.Lans, network.Prefix) ?? last.Networks;
        HubSite? hub = network.Servers.FirstOrDefault(hub => hub.Address == last.Address);
        if (hub is not null) network = network.With(hub with { Name = last.Name, Networks = lans });
        return Issue(request with { IsHub = last.IsHub || hub is not null }, tunnel, lans, network, issued);
    }

    private IssuedBundle Issue(SiteRequest request, IpAddress tunnel, List<string>? lans, NetworkSettings network, List<IssuedSite> issued)
    {
        using CertificateAuthority authority = LoadAuthority();
        ValueList<IpPrefix>? networks = lans is null ? null : [.. lans.Select(lan => IpPrefix.Parse(lan))];
        var rights = new SiteRights([IpPrefix.Host(tunnel)], request.IsHub ? SiteRole.Hub : SiteRole.Spoke, networks);
        IssuedCertificate certificate = authority.Issue(request.Name, $"{request.Name}.{network.Domain}", rights, request.Key, clock.GetUtcNow(), request.Days);
        var bundle = new SiteBundle
        {
            Name = request.Name,
            IsHub = request.IsHub,
            Address = tunnel.ToString(),
            Networks = lans,
            Network = network,
            Authority = authority.CertificatePem,
            Certificate = certificate.CertificatePem,
            Key = certificate.KeyPem,
            RevocationList = File.ReadAllText(At("crl.pem")),
        };
        BundleCheck.Check(bundle);
        string file = BundleOf(request.Name);
        SecretFile.Replace(file, JsonSerializer.Serialize(bundle, PkiJson.Default.SiteBundle));
        WriteIssued([.. issued, new IssuedSite
        {
            Name = request.Name,
            Serial = certificate.SerialNumber,
            Address = bundle.Address,
            IsHub = request.IsHub,
            Networks = lans,
            NotAfter = certificate.NotAfter,
        }]);
        if (request.IsHub) TellOfHubs(network, issued);
        return new IssuedBundle(file, bundle);
    }

    /// <summary>Bundles that have not been carried away learn of a new hub.</summary>
    private void TellOfHubs(NetworkSettings network, List<IssuedSite> issued)
    {
        SecretFile.Replace(At("network.json"), JsonSerializer.Serialize(network, PkiJson.Default.NetworkSettings));
        foreach (string name in issued.Where(site => site.RevokedAt is null).Select(site => site.Name).Distinct())
        {
            if (!File.Exists(BundleOf(name))) continue;
            try
            {
                SiteBundle old = BundleFile.Read(BundleOf(name));
                SecretFile.Replace(BundleOf(name), JsonSerializer.Serialize(old with { Network = network }, PkiJson.Default.SiteBundle));
            }
            catch (PkiException)
            {
                // Somebody changed it: whoever joins with it is told why it is no good.
            }
        }
    }

    /// <summary>The first hub's address while it is free; later hubs take the next one.</summary>
    private static string? FreeHub(NetworkSettings network, List<IssuedSite> issued) =>
        issued.Exists(site => site.Address == network.HubTunnel && site.RevokedAt is null) ? null : network.HubTunnel;

    private static NetworkSettings WithHub(NetworkSettings network, List<IssuedSite> issued, HubSite hub)
    {
        if (hub.Place is not null) AddressPlan.CheckPlace(hub.Place, network.Prefix);
        bool isFirst = FreeHub(network, issued) is not null;
        // The first hub may have another address than 'init' expected.
        if (isFirst && network.Hubs is null or { Count: 0 }) network = network with { HubTunnel = hub.Address };
        return network.With(hub with { Place = hub.Place ?? (isFirst ? network.Hub : null) });
    }

    private string BundleOf(string name) => At(Path.Combine("bundles", name + ".dmvpn"));

    /// <summary>Revokes a site's certificate and writes a new list.</summary>
    public void Revoke(string name)
    {
        List<IssuedSite> issued = ReadIssued();
        if (!issued.Exists(site => site.Name == name && site.RevokedAt is null)) throw new PkiException($"{name} has no certificate that could be revoked; 'dmvpn pki list' shows them");
        issued = issued.ConvertAll(site => site.Name == name && site.RevokedAt is null ? site with { RevokedAt = clock.GetUtcNow() } : site);
        using CertificateAuthority authority = LoadAuthority();
        WriteRevocationList(authority, issued);
        WriteIssued(issued);
        NetworkSettings network = ReadNetwork();
        if (network.Hubs?.Exists(hub => hub.Name == name) == true)
            SecretFile.Replace(At("network.json"), JsonSerializer.Serialize(network.Without(name), PkiJson.Default.NetworkSettings));
    }

    /// <summary>A list of today: it must be renewed before it ends, where hubs ask for one.</summary>
    public void RenewRevocationList()
    {
        using CertificateAuthority authority = LoadAuthority();
        WriteRevocationList(authority, ReadIssued());
    }

    public List<IssuedSite> ReadIssued()
    {
        List<IssuedSite> issued = Read("issued.json", PkiJson.Default.ListIssuedSite);
        return issued.TrueForAll(site => site is { Serial: not null } && SiteText.IsName(site.Name) && IpAddress.TryParse(site.Address, out _)) ? issued : throw new PkiException($"{At("issued.json")}: a site is not as it was written");
    }

    private NetworkSettings ReadNetwork()
    {
        NetworkSettings network = Read("network.json", PkiJson.Default.NetworkSettings);
        try
        {
            BundleCheck.CheckNetwork(network);
            return network;
        }
        catch (PkiException e)
        {
            throw new PkiException($"{At("network.json")} {e.Message}");
        }
    }

    private T Read<T>(string name, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(At(name)), type) ?? throw new PkiException($"{At(name)} is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PkiException($"{path} is no directory of 'dmvpn pki init': {e.Message}");
        }
        catch (JsonException e)
        {
            throw new PkiException($"{At(name)}: {e.Message}");
        }
    }

    private CertificateAuthority LoadAuthority()
    {
        try
        {
            return CertificateAuthority.Load(File.ReadAllText(At("ca.pem")), SecretFile.Read(At("ca.key")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new PkiException($"the CA in {path} cannot be read: {e.Message}");
        }
    }

    private void WriteIssued(List<IssuedSite> issued) => File.WriteAllText(At("issued.json"), JsonSerializer.Serialize(issued, PkiJson.Default.ListIssuedSite));

    private void WriteRevocationList(CertificateAuthority authority, List<IssuedSite> issued)
    {
        DateTimeOffset now = clock.GetUtcNow();
        var revoked = issued.Where(site => site.RevokedAt is not null).Select(site => (site.Serial, site.RevokedAt!.Value));
        File.WriteAllText(At("crl.pem"), authority.RevocationList(revoked, now.ToUnixTimeSeconds(), now, CrlDays));
    }
}
