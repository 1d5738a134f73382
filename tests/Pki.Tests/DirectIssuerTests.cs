using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dmvpn.Pki.Tests;

/// <summary>The quick way to believe a certificate believes nothing that the long one does not, and reads the same in it.</summary>
public sealed class DirectIssuerTests
{
    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static readonly Dictionary<string, Action<CertificateRequest>> Changes = new()
    {
        ["plain"] = static _ => { },
        ["end entity"] = static r => r.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true)),
        ["key usage"] = static r => r.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true)),
        ["non-repudiation"] = static r => r.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.NonRepudiation, true)),
        ["wrong key usage"] = static r => r.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.CrlSign, true)),
        ["key usage in nine bits"] = static r => r.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DecipherOnly, true)),
        ["IPsec use"] = static r => r.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.3"), new("1.3.6.1.5.5.7.3.17")], true)),
        ["wrong use"] = static r => r.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.3")], false)),
        ["key identifiers"] = static r => r.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(r.PublicKey, false)),
        ["unknown"] = static r => r.CertificateExtensions.Add(new X509Extension("1.2.3.4", [5, 0], false)),
        ["unknown and critical"] = static r => r.CertificateExtensions.Add(new X509Extension("1.2.3.4", [5, 0], true)),
        ["name constraints"] = static r => r.CertificateExtensions.Add(new X509Extension("2.5.29.30", [0x30, 0x0A, 0xA0, 0x08, 0x30, 0x06, 0x82, 0x04, (byte)'e', (byte)'x', (byte)'a', (byte)'m'], true)),
        ["policy"] = static r => r.CertificateExtensions.Add(new X509Extension("2.5.29.32", [0x30, 0x06, 0x30, 0x04, 0x06, 0x02, 0x2A, 0x03], false)),
    };

    public static TheoryData<string> Names => [.. Changes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void LeafOfEveryKind_QuickWay_BelievesNothingThatTheLongWayDoesNot(string name)
    {
        var ca = new TestAuthority();
        X509Certificate2 leaf = ca.Issue("CN=s", Key, static names => names.AddDnsName("s.example"), Changes[name]);
        (bool quick, bool thorough) = Both(ca, leaf, TestAuthority.Now);
        Assert.True(thorough || !quick, $"{name}: only the quick way believes it");
        Assert.Equal(name is "plain" or "end entity" or "key usage" or "non-repudiation" or "IPsec use" or "key identifiers", quick);
    }

    [Fact]
    public void Validity_OfLeafAndAuthority_CountsToTheSecond()
    {
        var ca = new TestAuthority();
        X509Certificate2 leaf = ca.Issue("CN=s", Key);
        foreach (DateTimeOffset at in (DateTimeOffset[])
        [
            leaf.NotBefore, leaf.NotBefore.AddSeconds(-1), leaf.NotAfter, leaf.NotAfter.AddSeconds(1), ca.Certificate.NotBefore.AddSeconds(-1), ca.Certificate.NotAfter.AddSeconds(1),
        ])
        {
            (bool quick, bool thorough) = Both(ca, leaf, at);
            Assert.Equal(at >= leaf.NotBefore && at < leaf.NotAfter, quick);
            Assert.True(thorough || !quick, $"{at}");
        }
    }

    [Fact]
    public void Authority_ThatIsNone_OrOfAnotherKeyOrName_IsNotBelieved()
    {
        var ca = new TestAuthority();
        X509Certificate2 leaf = ca.Issue("CN=s", Key);
        Assert.Equal((true, true), Both(ca, leaf, TestAuthority.Now));
        Assert.Equal((false, false), Both(new TestAuthority(), leaf, TestAuthority.Now));
        Assert.Equal((false, false), Both(new TestAuthority(name: "CN=Other"), leaf, TestAuthority.Now));
        // An anchor that is no root, or no authority, or may not sign certificates: the long way decides.
        var root = new TestAuthority(RSA.Create(2048));
        var between = new TestAuthority(name: "CN=Between", parent: root);
        Assert.Equal((false, false), Both(between, between.Issue("CN=s", Key), TestAuthority.Now));
        Assert.False(new Trial(Anchor(static _ => { })).IsQuick());
        Assert.True(new Trial(Anchor(static r => r.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true)))).IsQuick());
        Assert.False(new Trial(Anchor(static r => r.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true)))).IsQuick());
        Assert.False(new Trial(Anchor(static r =>
        {
            r.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            r.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        })).IsQuick());
        Assert.False(new Trial(Anchor(static r =>
        {
            r.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            Changes["name constraints"](r);
        })).IsQuick());
    }

    [Fact]
    public void RevokedLeaf_QuickWay_IsNotBelieved()
    {
        var ca = new TestAuthority();
        X509Certificate2 good = ca.Issue("CN=g", Key), revoked = ca.Issue("CN=r", Key);
        var list = RevocationList.Read(ca.RevocationListOf(revoked), out _)!;
        foreach ((RevocationMode mode, bool forGood) in ((RevocationMode, bool)[])
        [
            (new RevocationMode(true, true, [list]), true), (new RevocationMode(true, true, []), false), (new RevocationMode(true, false, []), true),
            (new RevocationMode(true, true, [RevocationList.Read(new TestAuthority().RevocationListOf(), out _)!]), false),
        ])
        {
            using var check = new ChainCheck([ca.Certificate], new Clock(TestAuthority.Now), () => mode);
            Assert.Equal(forGood, check.IsGood(Parse(good), out _));
            Assert.Equal(forGood && mode.Lists.Count == 0, check.IsGood(Parse(revoked), out _));
        }
    }

    [Fact]
    public void Certificate_AnyBitChangedOrCut_IsNotBelieved()
    {
        var ca = new TestAuthority();
        byte[] leaf = ca.Issue("CN=s", Key, static names => names.AddDnsName("s.example"), Changes["key usage"]).RawData;
        using var check = new ChainCheck([ca.Certificate], new Clock(TestAuthority.Now), static () => new RevocationMode(false, false, []));
        for (int bit = 0; bit < leaf.Length * 8; bit++)
        {
            byte[] changed = [.. leaf];
            changed[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(PeerCertificate.TryRead(changed, out PeerCertificate? read) && check.IsGood(read, out _));
        }
        for (int length = 0; length < leaf.Length; length++) Assert.False(PeerCertificate.TryRead(leaf[..length], out _));
        Assert.False(PeerCertificate.TryRead([.. leaf, 0], out _));
        Assert.True(PeerCertificate.TryRead(leaf, out PeerCertificate? whole) && check.IsGood(whole, out _));
    }

    [Fact]
    public void Certificate_ReadQuickly_SaysTheSame()
    {
        var ca = new TestAuthority(RSA.Create(2048), "CN=Test CA, O=Ärger, C=DE");
        foreach (AsymmetricAlgorithm key in (AsymmetricAlgorithm[])[Key, RSA.Create(2048), ECDsa.Create(ECCurve.NamedCurves.nistP384)])
        {
            X509Certificate2 certificate = ca.Issue("CN=spoke, O=Example", key, static names =>
            {
                names.AddDnsName("s.example");
                names.AddIpAddress(System.Net.IPAddress.Parse("10.1.2.3"));
            }, to: TestAuthority.Now.AddYears(30));
            PeerCertificate read = Parse(certificate);
            Assert.Equal(certificate.NotBefore.ToUniversalTime(), read.NotBefore.UtcDateTime);
            Assert.Equal(certificate.NotAfter.ToUniversalTime(), read.NotAfter.UtcDateTime);
            Assert.Equal(certificate.SubjectName.RawData, read.Subject.ToArray());
            Assert.Equal(certificate.IssuerName.RawData, read.Issuer.ToArray());
            Assert.Equal(certificate.PublicKey.ExportSubjectPublicKeyInfo(), read.PublicKeyInfo.ToArray());
            Assert.Equal(certificate.SerialNumberBytes.ToArray(), read.SerialNumber.ToArray());
            Assert.Equal(CertificateNames.Of(certificate).ToString(), CertificateNames.Of(read).ToString());
            Assert.Equal(certificate.GetCertHashString(HashAlgorithmName.SHA256), Convert.ToHexString(read.Fingerprint));
            using KeyHandle? handle = KeyHandle.FromPublicKeyInfo(read.PublicKeyInfo.Span);
            Assert.Equal(read.PublicKeyInfo.ToArray(), handle!.PublicKeyInfo());
        }
    }

    [Fact]
    public void PublicKey_NoPointOfTheCurve_IsNoKey()
    {
        byte[] info = Key.ExportSubjectPublicKeyInfo();
        for (int at = info.Length - 64; at < info.Length; at += 7)
        {
            byte[] changed = [.. info];
            changed[at] ^= 1;
            Assert.Null(KeyHandle.FromPublicKeyInfo(changed));
        }
        info.AsSpan(info.Length - 64).Clear();
        Assert.Null(KeyHandle.FromPublicKeyInfo(info));
    }

    private static PeerCertificate Parse(X509Certificate2 certificate)
    {
        Assert.True(PeerCertificate.TryRead(certificate.RawData, out PeerCertificate? read));
        return read;
    }

    private static (bool Quick, bool Thorough) Both(TestAuthority ca, X509Certificate2 leaf, DateTimeOffset at)
    {
        using var one = new ChainCheck([ca.Certificate], new Clock(at), static () => new RevocationMode(false, false, []));
        using var other = new ChainCheck([ca.Certificate], new Clock(at), static () => new RevocationMode(false, false, []));
        return (one.IsGood(Parse(leaf), out _), other.Check(leaf, [], out _) is null);
    }

    private static X509Certificate2 Anchor(Action<CertificateRequest> change)
    {
        var request = new CertificateRequest("CN=Root", ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        change(request);
        return request.CreateSelfSigned(TestAuthority.Now.AddDays(-1), TestAuthority.Now.AddDays(100));
    }

    /// <summary>Is a certificate that the anchor signed believed quickly?</summary>
    private sealed class Trial(X509Certificate2 anchor)
    {
        public bool IsQuick()
        {
            var request = new CertificateRequest("CN=s", Key, HashAlgorithmName.SHA256);
            X509Certificate2 leaf = request.Create(anchor.SubjectName, X509SignatureGenerator.CreateForECDsa(anchor.GetECDsaPrivateKey()!), TestAuthority.Now, TestAuthority.Now.AddDays(9), [1, 2, 3]);
            using var check = new ChainCheck([anchor], new Clock(TestAuthority.Now), static () => new RevocationMode(false, false, []));
            return check.IsGood(Parse(leaf), out _);
        }
    }

    private sealed class Clock(DateTimeOffset now) : Core.IWallClock
    {
        public DateTimeOffset Now => now;
    }
}
