using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Pki.Tests;

public sealed class TrustpointTests
{
    private static readonly byte[] Octets = Encoding.ASCII.GetBytes("what the AUTH payload signs");
    private static readonly SignatureHash[] AllHashes = [SignatureHash.Sha256, SignatureHash.Sha384, SignatureHash.Sha512, SignatureHash.Identity];

    public static TheoryData<string> Keys { get; } = ["rsa", "p256", "p384", "p521"];

    [Theory]
    [MemberData(nameof(Keys))]
    public void CertificateOfTheCa_SignsByBothWays_IsBelieved(string kind)
    {
        using AsymmetricAlgorithm key = Key(kind);
        var ca = new TestAuthority();
        X509Certificate2 own = ca.Issue("CN=spoke1", key, names => names.AddDnsName("spoke1.example"));
        using Trustpoint signer = TestAuthority.Load(TestAuthority.Material(ca, own, key)), verifier = TestAuthority.Load(TestAuthority.Material(ca));
        foreach (SignatureHash[] hashes in (SignatureHash[][])[AllHashes, [SignatureHash.Sha512], []])
        {
            Assert.True(signer.Key!.TrySign(Octets, hashes, out IkeAuthMethod method, out byte[] authentication));
            Assert.Equal(hashes.Length > 0, method == IkeAuthMethod.DigitalSignature);
            CertificateVerdict verdict = verifier.Verify([own.RawData], IkeIdentity.Fqdn("spoke1.example"), method, authentication, Octets);
            Assert.Null(verdict.Failure);
            Assert.NotNull(verifier.Verify([own.RawData], IkeIdentity.Fqdn("spoke1.example"), method, authentication, [.. Octets, 0]).Failure);
            authentication[^3] ^= 1;
            Assert.NotNull(verifier.Verify([own.RawData], IkeIdentity.Fqdn("spoke1.example"), method, authentication, Octets).Failure);
        }
    }

    [Fact]
    public void Identity_IsComparedWithEveryName()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ca = new TestAuthority();
        X509Certificate2 own = ca.Issue("CN=spoke1, O=Example", key, names =>
        {
            names.AddDnsName("spoke1.example");
            names.AddEmailAddress("ops@example");
            names.AddIpAddress(IPAddress.Parse("10.255.0.11"));
        });
        foreach ((IkeIdentity identity, bool fits) in ((IkeIdentity, bool)[])
        [
            (IkeIdentity.Fqdn("SPOKE1.example"), true), (IkeIdentity.Fqdn("spoke2.example"), false), (IkeIdentity.Fqdn("*.example"), false),
            (IkeIdentity.Email("ops@example"), true), (IkeIdentity.Email("x@example"), false),
            (IkeIdentity.Of(IpAddress.Parse("10.255.0.11")), true), (IkeIdentity.Of(IpAddress.Parse("10.255.0.12")), false),
            (new IkeIdentity(IkeIdType.Dn, own.SubjectName.RawData), true), (new IkeIdentity(IkeIdType.Dn, ca.Certificate.SubjectName.RawData), false),
            (IkeIdentity.KeyId("spoke1"), false),
        ])
        {
            CertificateVerdict verdict = Verdict(ca, own, key, identity);
            Assert.Equal(fits, verdict.IsGood);
            if (fits) Assert.Equal(["10.255.0.11/32"], verdict.Rights.TunnelAddresses.Select(a => a.ToString()));
            else Assert.Contains("is not in the peer's certificate", verdict.Failure);
        }
    }

    [Fact]
    public void BadCertificates_AreRefusedWithTheReason()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ca = new TestAuthority();
        IkeIdentity identity = IkeIdentity.Fqdn("s.example");
        X509Certificate2 Issue(TestAuthority by, Action<CertificateRequest>? change = null, int from = -1, int to = 365) =>
            by.Issue("CN=s", key, names => names.AddDnsName("s.example"), change, TestAuthority.Now.AddDays(from), TestAuthority.Now.AddDays(to));

        Assert.Null(Verdict(ca, Issue(ca), key, identity).Failure);
        Assert.NotNull(Verdict(ca, Issue(new TestAuthority()), key, identity).Failure);
        Assert.NotNull(Verdict(ca, Issue(ca, from: -9, to: -1), key, identity).Failure);
        Assert.NotNull(Verdict(ca, Issue(ca, from: 1, to: 9), key, identity).Failure);
        Assert.Contains("keyUsage", Verdict(ca, Issue(ca, r => r.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyEncipherment, true))), key, identity).Failure);
        Assert.Contains("extendedKeyUsage", Verdict(ca, Issue(ca, r => r.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.3")], true))), key, identity).Failure);
        Assert.Null(Verdict(ca, Issue(ca, r => r.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.17")], true))), key, identity).Failure);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Contains("signature", Verdict(ca, Issue(ca), other, identity).Failure);
    }

    [Fact]
    public void Intermediate_IsSentAndUsed()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var root = new TestAuthority(RSA.Create(2048));
        var between = new TestAuthority(name: "CN=Between", parent: root);
        X509Certificate2 own = between.Issue("CN=s", key, names => names.AddDnsName("s.example"));
        using Trustpoint verifier = TestAuthority.Load(TestAuthority.Material(root));
        (IkeAuthMethod method, byte[] authentication) = Sign(key);
        Assert.NotNull(verifier.Verify([own.RawData], IkeIdentity.Fqdn("s.example"), method, authentication, Octets).Failure);
        Assert.Null(verifier.Verify([own.RawData, between.Certificate.RawData], IkeIdentity.Fqdn("s.example"), method, authentication, Octets).Failure);
        Assert.NotNull(verifier.Verify([.. Enumerable.Repeat(own.RawData, 9)], IkeIdentity.Fqdn("s.example"), method, authentication, Octets).Failure);
    }

    [Fact]
    public void RevokedCertificate_IsRefused_AlsoAfterItWasBelieved()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ca = new TestAuthority();
        X509Certificate2 own = ca.Issue("CN=s", key, names => names.AddDnsName("s.example"));
        (IkeAuthMethod method, byte[] authentication) = Sign(key);
        TrustpointMaterial material = TestAuthority.Material(ca) with { ChecksRevocation = true, RequiresRevocationList = true };
        using Trustpoint without = TestAuthority.Load(material);
        Assert.Contains("no revocation list", without.Verify([own.RawData], IkeIdentity.Fqdn("s.example"), method, authentication, Octets).Failure);
        using Trustpoint with = TestAuthority.Load(material with { RevocationList = ca.RevocationListOf() });
        Assert.Null(with.Verify([own.RawData], IkeIdentity.Fqdn("s.example"), method, authentication, Octets).Failure);
        Assert.NotNull(with.ReplaceRevocationList(new TestAuthority().RevocationListOf(own)));
        Assert.Null(with.Verify([own.RawData], IkeIdentity.Fqdn("s.example"), method, authentication, Octets).Failure);
        Assert.Null(with.ReplaceRevocationList(ca.RevocationListOf(own)));
        Assert.Contains("revoked", with.Verify([own.RawData], IkeIdentity.Fqdn("s.example"), method, authentication, Octets).Failure);
        using Trustpoint late = TestAuthority.Load(material with { RevocationList = ca.RevocationListOf() }, TestAuthority.Now.AddDays(31));
        Assert.Contains("out of date", late.Verify([own.RawData], IkeIdentity.Fqdn("s.example"), method, authentication, Octets).Failure);
    }

    [Fact]
    public void AnyBytes_AsCertificatesOrSignature_AreRefusedWithoutException()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ca = new TestAuthority();
        X509Certificate2 own = ca.Issue("CN=s", key, names => names.AddDnsName("s.example"));
        using Trustpoint verifier = TestAuthority.Load(TestAuthority.Material(ca));
        (IkeAuthMethod method, byte[] authentication) = Sign(key);
        for (int i = 0; i < own.RawData.Length; i++)
        {
            Assert.False(verifier.Verify([own.RawData[..i]], IkeIdentity.Fqdn("s.example"), method, authentication, Octets).IsGood);
            byte[] flipped = [.. own.RawData];
            flipped[i] ^= 0x40;
            Assert.False(verifier.Verify([flipped], IkeIdentity.Fqdn("s.example"), method, authentication, Octets).IsGood);
        }
        for (int i = 0; i < authentication.Length; i++)
            Assert.False(verifier.Verify([own.RawData], IkeIdentity.Fqdn("s.example"), method, authentication.AsSpan(0, i), Octets).IsGood);
        foreach (IkeAuthMethod any in Enum.GetValues<IkeAuthMethod>())
            if (any != method) Assert.False(verifier.Verify([own.RawData], IkeIdentity.Fqdn("s.example"), any, authentication, Octets).IsGood);
    }

    [Fact]
    public void KeyOfAnotherCertificate_Loaded_IsNamed()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ca = new TestAuthority();
        TrustpointMaterial material = TestAuthority.Material(ca, ca.Issue("CN=s", key), other);
        Assert.Null(TrustpointLoader.Load(material, null!, out string failure));
        Assert.Contains("the key is not the one of CN=s", failure);
        Assert.Null(TrustpointLoader.Load(material with { Key = Encoding.ASCII.GetBytes("nonsense") }, null!, out failure));
        Assert.Contains("key-file", failure);
        Assert.Null(TrustpointLoader.Load(material with { Authorities = Encoding.ASCII.GetBytes("nonsense") }, null!, out failure));
        Assert.Contains("ca-file", failure);
    }

    private static CertificateVerdict Verdict(TestAuthority ca, X509Certificate2 own, AsymmetricAlgorithm key, IkeIdentity identity)
    {
        using Trustpoint verifier = TestAuthority.Load(TestAuthority.Material(ca));
        (IkeAuthMethod method, byte[] authentication) = Sign(key);
        return verifier.Verify([own.RawData], identity, method, authentication, Octets);
    }

    private static (IkeAuthMethod Method, byte[] Authentication) Sign(AsymmetricAlgorithm key)
    {
        var ca = new TestAuthority();
        using Trustpoint signer = TestAuthority.Load(TestAuthority.Material(ca, ca.Issue("CN=x", key), key));
        Assert.True(signer.Key!.TrySign(Octets, AllHashes, out IkeAuthMethod method, out byte[] authentication));
        return (method, authentication);
    }

    private static AsymmetricAlgorithm Key(string kind) => kind switch
    {
        "rsa" => RSA.Create(2048),
        "p256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        "p384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        _ => ECDsa.Create(ECCurve.NamedCurves.nistP521),
    };
}
