using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dmvpn.Pki;
using Dmvpn.Runtime;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Bench.Ike;

/// <summary>
/// The spokes: an identity for each, and a certificate of their own where there are certificates. They share one key pair, so that making them does not take longer than the measurement; to whom
/// verifies their signatures that is nothing.
/// </summary>
internal sealed class SpokePopulation : IDisposable
{
    private readonly CertificateAuthority _authority;
    private readonly byte[][] _certificates;

    public SpokePopulation(int count, bool certificates)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        _authority = CertificateAuthority.Create("Bench CA", KeyKind.EcdsaP256, now, 30, out string authorityKey);
        Hub = _authority.Issue("hub", "hub.example.org", [], KeyKind.EcdsaP256, now, 20);
        IssuedCertificate first = _authority.Issue("spoke", "spoke.example.org", [], KeyKind.EcdsaP256, now, 20);
        Trustpoint = TrustpointLoader.Load(new TrustpointMaterial
        {
            Name = "BENCH",
            Authorities = Encoding.ASCII.GetBytes(AuthorityPem),
            Certificates = Encoding.ASCII.GetBytes(first.CertificatePem),
            Key = Encoding.ASCII.GetBytes(first.KeyPem),
        }, SystemWallClock.Instance, out string failure) ?? throw new InvalidDataException(failure);
        _certificates = new byte[certificates ? count : 0][];
        if (!certificates) return;
        using var issuer = X509Certificate2.CreateFromPem(_authority.CertificatePem, authorityKey);
        using var key = ECDsa.Create();
        key.ImportFromPem(first.KeyPem);
        for (int i = 0; i < count; i++) _certificates[i] = Issue(issuer, key, i, now);
    }

    /// <summary>Their key, and what they believe.</summary>
    public Trustpoint Trustpoint { get; }

    public string AuthorityPem => _authority.CertificatePem;

    /// <summary>The hub's own.</summary>
    public IssuedCertificate Hub { get; }

    public static IkeIdentity Identity(int spoke) => IkeIdentity.Fqdn(NameOf(spoke));

    public byte[] Certificate(int spoke) => _certificates[spoke];

    public void Dispose()
    {
        _authority.Dispose();
        Trustpoint.Dispose();
    }

    private static string NameOf(int spoke) => $"spoke{spoke}.example.org";

    private static byte[] Issue(X509Certificate2 issuer, ECDsa key, int spoke, DateTimeOffset now)
    {
        var request = new CertificateRequest($"CN=spoke{spoke}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(NameOf(spoke));
        request.CertificateExtensions.Add(names.Build());
        byte[] serial = new byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(serial, 0x4000_0000_0000_0000 + spoke);
        using X509Certificate2 made = request.Create(issuer, now - TimeSpan.FromHours(1), now + TimeSpan.FromDays(10), serial);
        return made.RawData;
    }
}
