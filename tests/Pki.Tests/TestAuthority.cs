using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dmvpn.Core;

namespace Dmvpn.Pki.Tests;

/// <summary>A CA made for a test, with what it issued.</summary>
internal sealed class TestAuthority
{
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly AsymmetricAlgorithm _key;

    public TestAuthority(AsymmetricAlgorithm? key = null, string name = "CN=Test CA", TestAuthority? parent = null, Action<CertificateRequest>? change = null)
    {
        _key = key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request(name, _key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        change?.Invoke(request);
        Certificate = parent is null ? request.CreateSelfSigned(Now.AddDays(-10), Now.AddDays(3650)) : parent.Sign(request, Now.AddDays(-10), Now.AddDays(3000));
    }

    public X509Certificate2 Certificate { get; }

    public string Pem => Certificate.ExportCertificatePem();

    /// <summary>A certificate; its key is the subject's.</summary>
    public X509Certificate2 Issue(string subject, AsymmetricAlgorithm key, Action<SubjectAlternativeNameBuilder>? names = null, Action<CertificateRequest>? change = null, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        CertificateRequest request = Request(subject, key);
        if (names is not null)
        {
            var builder = new SubjectAlternativeNameBuilder();
            names(builder);
            request.CertificateExtensions.Add(builder.Build());
        }
        change?.Invoke(request);
        return Sign(request, from ?? Now.AddDays(-1), to ?? Now.AddDays(365));
    }

    public byte[] RevocationListOf(params X509Certificate2[] revoked)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (X509Certificate2 certificate in revoked) builder.AddEntry(certificate, Now);
        X509Certificate2 issuer = WithKey();
        return builder.Build(issuer, 1, Now.AddDays(30), HashAlgorithmName.SHA256, _key is RSA ? RSASignaturePadding.Pkcs1 : null, Now.AddHours(-1));
    }

    public static TrustpointMaterial Material(TestAuthority authority, X509Certificate2? own = null, AsymmetricAlgorithm? key = null) => new()
    {
        Name = "T",
        Authorities = Encoding.ASCII.GetBytes(authority.Pem),
        Certificates = own is null ? default : Encoding.ASCII.GetBytes(own.ExportCertificatePem()),
        Key = key is null ? default : Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()),
    };

    public static Trustpoint Load(TrustpointMaterial material, DateTimeOffset? at = null)
    {
        Trustpoint? trustpoint = TrustpointLoader.Load(material, new FixedClock(at ?? Now), out string failure);
        Assert.True(trustpoint is not null, failure);
        return trustpoint;
    }

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset from, DateTimeOffset to) =>
        request.Create(Certificate.SubjectName, Generator(_key), from, to, RandomNumberGenerator.GetBytes(12));

    public X509Certificate2 WithKey() => _key is RSA rsa ? Certificate.HasPrivateKey ? Certificate : Certificate.CopyWithPrivateKey(rsa) : Certificate.HasPrivateKey ? Certificate : Certificate.CopyWithPrivateKey((ECDsa)_key);

    private static X509SignatureGenerator Generator(AsymmetricAlgorithm key) =>
        key is RSA rsa ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1) : X509SignatureGenerator.CreateForECDsa((ECDsa)key);

    private static CertificateRequest Request(string subject, AsymmetricAlgorithm key) => key is RSA rsa
        ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
        : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);

    private sealed class FixedClock(DateTimeOffset now) : IWallClock
    {
        public DateTimeOffset Now => now;
    }
}
