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
        if (File.Exists(At("ca.pem")) || File.Exists(At("ca.key"))) throw new PkiException($"{path} already holds a CA: take another directory");
        _ = NetworkOf(network);
        Directory.CreateDirectory(At("bundles"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using CertificateAuthority authority = CertificateAuthority.Create(name, kind, clock.GetUtcNow(), days, out string key);
        SecretFile.Write(At("ca.key"), key);
        SecretFile.Write(At("network.json"), JsonSerializer.Serialize(network, PkiJson.Default.NetworkSettings));
        File.WriteAllText(At("ca.pem"), authority.CertificatePem);
        WriteIssued([]);
        WriteRevocationList(authority, []);
    }

    /// <summary>Issues a certificate and writes the site's bundle, whose path is returned.</summary>
    public string Issue(string name, string? address, bool isHub, KeyKind kind, int days, out SiteBundle bundle)
    {
        if (!SiteBundle.IsName(name)) throw new PkiException($"'{name}' cannot be a site's name: use small letters, digits and '-'");
        NetworkSettings network = ReadNetwork();
        List<IssuedSite> issued = ReadIssued();
        if (issued.Exists(site => site.Name == name && site.RevokedAt is null))
            throw new PkiException($"{name} has a certificate already: 'dmvpn pki renew' makes it a new one; revoke it first when its key is lost, or take another name");
        return Issue(name, Address(network, issued, address, isHub), isHub, kind, days, network, issued, out bundle);
    }

    /// <summary>Issues a new certificate, with a new key, for a site that has one. The old one stays good until it ends, so that the site can change when it wants.</summary>
    public string Renew(string name, KeyKind kind, int days, out SiteBundle bundle)
    {
        NetworkSettings network = ReadNetwork();
        List<IssuedSite> issued = ReadIssued();
        IssuedSite last = issued.FindLast(site => site.Name == name && site.RevokedAt is null) ?? throw new PkiException($"{name} has no certificate to renew: 'dmvpn pki issue' makes one; 'dmvpn pki list' shows all");
        IpAddress tunnel = IpAddress.Parse(last.Address);
        return Issue(name, tunnel, tunnel == IpAddress.Parse(network.HubTunnel), kind, days, network, issued, out bundle);
    }

    private string Issue(string name, IpAddress tunnel, bool isHub, KeyKind kind, int days, NetworkSettings network, List<IssuedSite> issued, out SiteBundle bundle)
    {
        using CertificateAuthority authority = LoadAuthority();
        IssuedCertificate certificate = authority.Issue(name, $"{name}.{network.Domain}", [tunnel], kind, clock.GetUtcNow(), days);
        bundle = new SiteBundle
        {
            Name = name,
            IsHub = isHub,
            Address = tunnel.ToString(),
            Network = network,
            Authority = authority.CertificatePem,
            Certificate = certificate.CertificatePem,
            Key = certificate.KeyPem,
            RevocationList = File.ReadAllText(At("crl.pem")),
        };
        string file = At(Path.Combine("bundles", name + ".dmvpn"));
        if (File.Exists(file)) File.Delete(file);
        SecretFile.Write(file, JsonSerializer.Serialize(bundle, PkiJson.Default.SiteBundle));
        WriteIssued([.. issued, new IssuedSite { Name = name, Serial = certificate.SerialNumber, Address = tunnel.ToString(), NotAfter = certificate.NotAfter }]);
        return file;
    }

    /// <summary>Revokes a site's certificate and writes a new list.</summary>
    public void Revoke(string name)
    {
        List<IssuedSite> issued = ReadIssued();
        if (!issued.Exists(site => site.Name == name && site.RevokedAt is null)) throw new PkiException($"{name} has no certificate that could be revoked; 'dmvpn pki list' shows them");
        issued = issued.ConvertAll(site => site.Name == name && site.RevokedAt is null ? site with { RevokedAt = clock.GetUtcNow() } : site);
        using CertificateAuthority authority = LoadAuthority();
        WriteRevocationList(authority, issued);
        WriteIssued(issued);
    }

    /// <summary>A list of today: it must be renewed before it ends, where hubs ask for one.</summary>
    public void RenewRevocationList()
    {
        using CertificateAuthority authority = LoadAuthority();
        WriteRevocationList(authority, ReadIssued());
    }

    public List<IssuedSite> ReadIssued() => Read("issued.json", PkiJson.Default.ListIssuedSite);

    private NetworkSettings ReadNetwork() => Read("network.json", PkiJson.Default.NetworkSettings);

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
            return CertificateAuthority.Load(File.ReadAllText(At("ca.pem")), File.ReadAllText(At("ca.key")));
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

    private static IpPrefix NetworkOf(NetworkSettings network)
    {
        if (!IpPrefix.TryParse(network.Network, out IpPrefix prefix) || prefix.BitCount() - prefix.Length < 2) throw new PkiException($"'{network.Network}' is no network for a tunnel: write it as 10.255.0.0/24");
        if (!IpAddress.TryParse(network.HubTunnel, out IpAddress hub) || !prefix.Contains(hub)) throw new PkiException($"the hub's tunnel address {network.HubTunnel} is not in {prefix}");
        return prefix;
    }

    private static IpAddress Address(NetworkSettings network, List<IssuedSite> issued, string? wanted, bool isHub)
    {
        IpPrefix prefix = NetworkOf(network);
        wanted ??= isHub ? network.HubTunnel : null;
        HashSet<IpAddress> taken = [.. issued.Where(site => site.RevokedAt is null).Select(site => IpAddress.Parse(site.Address))];
        if (wanted is not null)
        {
            if (!IpAddress.TryParse(wanted, out IpAddress address) || !prefix.Contains(address)) throw new PkiException($"{wanted} is no address in {prefix}");
            return taken.Contains(address) ? throw new PkiException($"{address} belongs to another site; 'dmvpn pki list' shows them") : address;
        }
        taken.Add(IpAddress.Parse(network.HubTunnel));
        IpAddress candidate = prefix.Address.Plus(1);
        while (taken.Contains(candidate)) candidate = candidate.Plus(1);
        return prefix.Contains(candidate.Plus(1)) ? candidate : throw new PkiException($"there is no free address left in {prefix}");
    }
}

/// <summary>Files that only their owner may read.</summary>
internal static class SecretFile
{
    /// <summary>Writes a file that is not there yet.</summary>
    public static void Write(string path, string text)
    {
        try
        {
            using var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
            using var writer = new StreamWriter(stream);
            writer.Write(text);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new PkiException($"{path} is there already, and is not overwritten: move it away first");
        }
    }
}

/// <summary>Arithmetic of addresses.</summary>
internal static class AddressArithmetic
{
    public static int BitCount(this IpPrefix prefix) => prefix.Address.BitCount;

    /// <summary>The mask of an IPv4 prefix.</summary>
    public static IpAddress Mask(this IpPrefix prefix) => IpAddress.FromIPv4(prefix.Length == 0 ? 0 : uint.MaxValue << (32 - prefix.Length));

    public static IpAddress Plus(this IpAddress address, uint number) => address.IsIPv4
        ? IpAddress.FromIPv4(address.ToUInt32() + number)
        : IpAddress.FromBits(address.High + (address.Low + number < address.Low ? 1ul : 0), address.Low + number);
}
