using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Pki.Tests;

/// <summary>Chains of CAs, what they allow, and what a certificate says of its owner.</summary>
public sealed class ChainTests : IDisposable
{
    private static readonly byte[] Octets = Encoding.ASCII.GetBytes("what the AUTH payload signs");

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP521);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void ChainOfFour_WithAllKindsOfKeys_InAnyOrder_IsBelieved()
    {
        var root = new TestAuthority(RSA.Create(2048), "CN=Root");
        var second = new TestAuthority(ECDsa.Create(ECCurve.NamedCurves.nistP384), "CN=Second", root);
        var third = new TestAuthority(ECDsa.Create(ECCurve.NamedCurves.nistP521), "CN=Third", second);
        X509Certificate2 leaf = third.Issue("CN=s", _key, names => names.AddDnsName("s.example"));
        byte[][] chain = [leaf.RawData, second.Certificate.RawData, third.Certificate.RawData];
        Assert.Null(Verify(root, chain, IkeIdentity.Fqdn("s.example")).Failure);
        Assert.Null(Verify(root, [chain[0], chain[2], chain[1]], IkeIdentity.Fqdn("s.example")).Failure);
        Assert.NotNull(Verify(root, chain[..2], IkeIdentity.Fqdn("s.example")).Failure);
        // What a peer sends is never an anchor.
        var stranger = new TestAuthority(name: "CN=Root");
        X509Certificate2 forged = stranger.Issue("CN=s", _key, names => names.AddDnsName("s.example"));
        Assert.NotNull(Verify(root, [forged.RawData, stranger.Certificate.RawData], IkeIdentity.Fqdn("s.example")).Failure);
    }

    [Theory]
    [InlineData(-9, -1)]
    [InlineData(1, 9)]
    public void CertificateThatIsNotOfToday_IsRefusedAndSaysSo(int from, int to)
    {
        var ca = new TestAuthority();
        X509Certificate2 leaf = ca.Issue("CN=s", _key, names => names.AddDnsName("s.example"), null, TestAuthority.Now.AddDays(from), TestAuthority.Now.AddDays(to));
        string failure = Verify(ca, [leaf.RawData], IkeIdentity.Fqdn("s.example")).Failure!;
        Assert.Contains("CN=s", failure);
        Assert.Contains(from < 0 ? "expired" : "not yet valid", failure);
    }

    [Fact]
    public void CertificateOfAMember_IsNoAuthority()
    {
        var ca = new TestAuthority();
        using var memberKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        X509Certificate2 member = ca.Issue("CN=member", memberKey, null, r => r.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true)));
        var request = new CertificateRequest("CN=victim", _key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("victim.example");
        request.CertificateExtensions.Add(names.Build());
        X509Certificate2 forged = request.Create(member.SubjectName, X509SignatureGenerator.CreateForECDsa(memberKey), TestAuthority.Now.AddDays(-1), TestAuthority.Now.AddDays(1), [1]);
        Assert.NotNull(Verify(ca, [forged.RawData, member.RawData], IkeIdentity.Fqdn("victim.example")).Failure);
    }

    [Theory]
    [InlineData("a.vpn.example", true)]
    [InlineData("a.other.example", false)]
    public void NameConstraints_OfAnIntermediate_AreKept(string name, bool good)
    {
        var root = new TestAuthority();
        var between = new TestAuthority(name: "CN=Between", parent: root, change: r => r.CertificateExtensions.Add(new X509Extension("2.5.29.30", PermittedDns("vpn.example"), critical: true)));
        X509Certificate2 leaf = between.Issue("CN=s", _key, names => names.AddDnsName(name));
        Assert.Equal(good, Verify(root, [leaf.RawData, between.Certificate.RawData], IkeIdentity.Fqdn(name)).IsGood);
    }

    [Fact]
    public void Addresses_AreHostsAndNetworks_AndOthersCountForNothing()
    {
        var ca = new TestAuthority();
        var names = new AsnWriter(AsnEncodingRules.DER);
        using (names.PushSequence())
        {
            foreach (string hex in (string[])["0aff000b", "0aff0100ffffff00", "20010db8000000000000000000000001", "0aff0100ff00ff00", "0aff00"])
                names.WriteOctetString(Convert.FromHexString(hex), new Asn1Tag(TagClass.ContextSpecific, 7));
            names.WriteOctetString(Encoding.ASCII.GetBytes("s.example"), new Asn1Tag(TagClass.ContextSpecific, 2));
        }
        X509Certificate2 leaf = ca.Issue("CN=s", _key, null, r => r.CertificateExtensions.Add(new X509Extension("2.5.29.17", names.Encode(), critical: false)));
        CertificateVerdict verdict = Verify(ca, [leaf.RawData], IkeIdentity.Fqdn("s.example"));
        Assert.Null(verdict.Failure);
        Assert.Equal(["10.255.0.11/32", "10.255.1.0/24", "2001:db8::1/128"], verdict.Rights.TunnelAddresses.Select(a => a.ToString()));
        // A network in a certificate lets its addresses be claimed; it does not make the peer each of them.
        Assert.True(Verify(ca, [leaf.RawData], IkeIdentity.Of(IpAddress.Parse("10.255.0.11"))).IsGood);
        Assert.False(Verify(ca, [leaf.RawData], IkeIdentity.Of(IpAddress.Parse("10.255.1.7"))).IsGood);
        Assert.True(Verify(ca, [leaf.RawData], IkeIdentity.Of(IpAddress.Parse("2001:db8::1"))).IsGood);
    }

    [Fact]
    public void BundleOfTheAuthority_IsWhatItSays()
    {
        using CertificateAuthority made = CertificateAuthority.Create("Net", KeyKind.EcdsaP384, TestAuthority.Now, 100, out string key);
        using CertificateAuthority authority = CertificateAuthority.Load(made.CertificatePem, key);
        foreach (KeyKind kind in (KeyKind[])[KeyKind.EcdsaP256, KeyKind.EcdsaP384, KeyKind.Rsa])
        {
            IssuedCertificate issued = authority.Issue("spoke1", "spoke1.net", [IpAddress.Parse("10.255.0.2")], kind, TestAuthority.Now, 1000);
            // Never longer than the CA.
            Assert.True(issued.NotAfter <= authority.NotAfter);
            Assert.DoesNotContain("PRIVATE", issued.ToString());
            using Trustpoint own = TestAuthority.Load(new TrustpointMaterial
            {
                Name = "T",
                Authorities = Encoding.ASCII.GetBytes(made.CertificatePem),
                Certificates = Encoding.ASCII.GetBytes(issued.CertificatePem),
                Key = Encoding.ASCII.GetBytes(issued.KeyPem),
                ChecksRevocation = true,
                RequiresRevocationList = true,
                RevocationList = Encoding.ASCII.GetBytes(authority.RevocationList([], 1, TestAuthority.Now, 30)),
            });
            Assert.Equal(kind, own.Key!.Kind);
            Assert.True(own.Key.TrySign(Octets, [SignatureHash.Sha256, SignatureHash.Sha384], out IkeAuthMethod method, out byte[] authentication));
            CertificateVerdict verdict = own.Verify(own.Chain.ToArray(), IkeIdentity.Fqdn("spoke1.net"), method, authentication, Octets);
            Assert.Null(verdict.Failure);
            Assert.Equal("10.255.0.2/32", Assert.Single(verdict.Rights.TunnelAddresses).ToString());
            Assert.Null(own.ReplaceRevocationList(Encoding.ASCII.GetBytes(authority.RevocationList([(issued.SerialNumber, TestAuthority.Now)], 2, TestAuthority.Now, 30))));
            Assert.Contains("is revoked", own.Verify(own.Chain.ToArray(), IkeIdentity.Fqdn("spoke1.net"), method, authentication, Octets).Failure);
        }
    }

    private CertificateVerdict Verify(TestAuthority anchor, byte[][] chain, IkeIdentity identity)
    {
        using Trustpoint verifier = TestAuthority.Load(TestAuthority.Material(anchor)), signer = TestAuthority.Load(TestAuthority.Material(anchor, anchor.Issue("CN=x", _key), _key));
        Assert.True(signer.Key!.TrySign(Octets, [SignatureHash.Sha512], out IkeAuthMethod method, out byte[] authentication));
        return verifier.Verify(chain, identity, method, authentication, Octets);
    }

    private static byte[] PermittedDns(string domain)
    {
        var constraints = new AsnWriter(AsnEncodingRules.DER);
        using (constraints.PushSequence())
        using (constraints.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        using (constraints.PushSequence())
            constraints.WriteOctetString(Encoding.ASCII.GetBytes(domain), new Asn1Tag(TagClass.ContextSpecific, 2));
        return constraints.Encode();
    }
}
