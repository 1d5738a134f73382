using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dmvpn.Core;

namespace Dmvpn.Pki;

/// <summary>
/// A small certificate authority for the routers of one network: its own certificate, certificates for sites, revocation lists. Keys are ECDSA or RSA. Time is always given: it has no clock.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    private const string IpsecIke = "1.3.6.1.5.5.7.3.17";

    // Clocks of routers without a battery are wrong by minutes, not by more.
    private static readonly TimeSpan Backdated = TimeSpan.FromHours(1);

    private readonly X509Certificate2 _certificate;

    private CertificateAuthority(X509Certificate2 certificate) => _certificate = certificate;

    /// <summary>Its certificate, PEM.</summary>
    public string CertificatePem => _certificate.ExportCertificatePem() + "\n";

    /// <summary>When it ends.</summary>
    public DateTimeOffset NotAfter => _certificate.NotAfter.ToUniversalTime();

    /// <summary>A new one. <paramref name="keyPem"/> is its key, a secret.</summary>
    public static CertificateAuthority Create(string name, KeyKind kind, DateTimeOffset now, int days, out string keyPem)
    {
        using AsymmetricAlgorithm key = NewKey(kind);
        CertificateRequest request = Request(Name(name), key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        keyPem = key.ExportPkcs8PrivateKeyPem() + "\n";
        return new CertificateAuthority(request.CreateSelfSigned(now - Backdated, now + TimeSpan.FromDays(days)));
    }

    /// <summary>One that was made before.</summary>
    /// <exception cref="CryptographicException">The files are not what <see cref="Create"/> gave.</exception>
    public static CertificateAuthority Load(string certificatePem, string keyPem) => new(X509Certificate2.CreateFromPem(certificatePem, keyPem));

    /// <summary>A certificate that says of a site nothing but its tunnel addresses.</summary>
    /// <inheritdoc cref="Issue(string, string, SiteRights, KeyKind, DateTimeOffset, int)"/>
    public IssuedCertificate Issue(string commonName, string domainName, IEnumerable<IpAddress> addresses, KeyKind kind, DateTimeOffset now, int days) =>
        Issue(commonName, domainName, new SiteRights([.. addresses.Select(IpPrefix.Host)], SiteRole.Unsaid, null), kind, now, days);

    /// <summary>A certificate for a site, with a key of its own.</summary>
    /// <param name="commonName">The site's name.</param>
    /// <param name="domainName">Its IKE identity: subjectAltName dNSName.</param>
    /// <param name="rights">What it may have: its tunnel addresses become subjectAltName iPAddress, role and networks names of our own (<see cref="SiteNames"/>).</param>
    /// <param name="kind">ECDSA or RSA.</param>
    /// <param name="now">The present.</param>
    /// <param name="days">How long it lasts; not beyond the authority.</param>
    public IssuedCertificate Issue(string commonName, string domainName, SiteRights rights, KeyKind kind, DateTimeOffset now, int days)
    {
        using AsymmetricAlgorithm key = NewKey(kind);
        CertificateRequest request = Request(Name(commonName), key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(IpsecIke)], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(domainName);
        foreach (IpPrefix address in rights.TunnelAddresses) names.AddIpAddress(new IPAddress(address.Address.ToBytes()));
        if (SiteNames.Of(rights.Role) is { } role) names.AddUri(new Uri(role));
        foreach (string network in rights.Networks is null ? [] : SiteNames.Of(rights.Networks)) names.AddUri(new Uri(network));
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset until = now + TimeSpan.FromDays(days);
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)(serial[0] & 0x7F | 0x40);
        using X509Certificate2 issued = request.Create(_certificate.SubjectName, Signer(), now - Backdated, until < NotAfter ? until : NotAfter, serial);
        return new IssuedCertificate(issued.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n", issued.SerialNumber, issued.NotAfter.ToUniversalTime());
    }

    /// <summary>A revocation list, PEM.</summary>
    /// <param name="revoked">Serial numbers in hexadecimal, and since when.</param>
    /// <param name="number">Higher than that of the list before.</param>
    /// <param name="now">The present.</param>
    /// <param name="days">When the next one is due.</param>
    public string RevocationList(IEnumerable<(string Serial, DateTimeOffset At)> revoked, long number, DateTimeOffset now, int days)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach ((string serial, DateTimeOffset at) in revoked) builder.AddEntry(Convert.FromHexString(serial), at);
        byte[] der = builder.Build(_certificate, number, now + TimeSpan.FromDays(days), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, now - TimeSpan.FromMinutes(1));
        return PemEncoding.WriteString("X509 CRL", der) + "\n";
    }

    /// <summary>Forgets the key.</summary>
    public void Dispose() => _certificate.Dispose();

    private X509SignatureGenerator Signer() => _certificate.GetECDsaPrivateKey() is { } ec
        ? X509SignatureGenerator.CreateForECDsa(ec)
        : X509SignatureGenerator.CreateForRSA(_certificate.GetRSAPrivateKey()!, RSASignaturePadding.Pkcs1);

    private static X500DistinguishedName Name(string commonName)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(commonName);
        return builder.Build();
    }

    private static CertificateRequest Request(X500DistinguishedName name, AsymmetricAlgorithm key) => key is RSA rsa
        ? new CertificateRequest(name, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
        : new CertificateRequest(name, (ECDsa)key, HashAlgorithmName.SHA256);

    private static AsymmetricAlgorithm NewKey(KeyKind kind) => kind switch
    {
        KeyKind.Rsa => RSA.Create(3072),
        KeyKind.EcdsaP384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        _ => ECDsa.Create(ECCurve.NamedCurves.nistP256),
    };
}

/// <summary>A certificate with its key.</summary>
/// <param name="CertificatePem">The certificate.</param>
/// <param name="KeyPem">The key. A secret.</param>
/// <param name="SerialNumber">In hexadecimal.</param>
/// <param name="NotAfter">When it ends.</param>
public sealed record IssuedCertificate(string CertificatePem, string KeyPem, string SerialNumber, DateTimeOffset NotAfter)
{
    /// <summary>Without the key.</summary>
    public override string ToString() => $"certificate {SerialNumber}";
}
