using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Pki.Tests;

/// <summary>Which revocation lists are taken, and what they say.</summary>
public sealed class RevocationTests : IDisposable
{
    private static readonly byte[] Octets = Encoding.ASCII.GetBytes("what the AUTH payload signs");
    private static readonly IkeIdentity Identity = IkeIdentity.Fqdn("s.example");

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly TestAuthority _ca = new();
    private readonly X509Certificate2 _peer;

    public RevocationTests() => _peer = _ca.Issue("CN=s", _key, names => names.AddDnsName("s.example"));

    public void Dispose() => _key.Dispose();

    [Theory]
    [InlineData(false, null, null)]
    [InlineData(true, null, "there is no revocation list of CN=Test CA")]
    [InlineData(false, 31, null)]
    [InlineData(true, 31, "is out of date since")]
    [InlineData(true, -1, "is out of date since")]
    [InlineData(true, 1, null)]
    public void ListThatIsMissingOrNotOfToday_RefusesWhereItIsRequired_AndOnlyThere(bool required, int? day, string? failure)
    {
        using Trustpoint trustpoint = Load(required, day is null ? default : _ca.RevocationListOf(), TestAuthority.Now.AddDays(day ?? 0));
        string? found = Verify(trustpoint, _peer);
        if (failure is null) Assert.Null(found);
        else Assert.Contains(failure, found);
    }

    [Fact]
    public void RevokedByAnOldList_IsRefused_AlsoWhereNoneIsRequired()
    {
        using Trustpoint trustpoint = Load(required: false, _ca.RevocationListOf(_peer), TestAuthority.Now.AddDays(90));
        Assert.Contains("CN=s is revoked by CN=Test CA", Verify(trustpoint, _peer));
    }

    [Fact]
    public void OlderList_PlayedBack_IsNotTaken()
    {
        using Trustpoint trustpoint = Load(required: true, List(TestAuthority.Now.AddHours(-1), [_peer]));
        Assert.Contains("older than the one in use", trustpoint.ReplaceRevocationList(List(TestAuthority.Now.AddHours(-2), [])));
        Assert.Contains("is revoked", Verify(trustpoint, _peer));
        Assert.Null(trustpoint.ReplaceRevocationList(List(TestAuthority.Now.AddMinutes(-1), [])));
        Assert.Null(Verify(trustpoint, _peer));
    }

    [Theory]
    // Delta CRL indicator, issuing distribution point: critical both, RFC 5280 5.2.4, 5.2.5.
    [InlineData("2.5.29.27")]
    [InlineData("2.5.29.28")]
    public void ListThatIsNotComplete_IsNotTaken(string extension)
    {
        using Trustpoint trustpoint = Load(required: true, _ca.RevocationListOf(_peer));
        Assert.Contains("a delta, or of some certificates only", trustpoint.ReplaceRevocationList(Signed(extension, critical: true)));
        Assert.Contains("is revoked", Verify(trustpoint, _peer));
        Assert.Null(trustpoint.ReplaceRevocationList(Signed(extension, critical: false)));
        Assert.Null(TrustpointLoader.Load(TestAuthority.Material(_ca) with { RevocationList = Signed(extension, critical: true) }, null!, out string failure));
        Assert.Contains("crl-file holds a revocation list of a kind that is not taken", failure);
    }

    [Fact]
    public void ListsOfSeveralAuthorities_InOneFile_AllCount()
    {
        var between = new TestAuthority(name: "CN=Between", parent: _ca);
        X509Certificate2 peer = between.Issue("CN=s", _key, names => names.AddDnsName("s.example"));
        string root = Pem(_ca.RevocationListOf()), lower = Pem(between.RevocationListOf());
        using Trustpoint one = Load(required: true, Encoding.ASCII.GetBytes(root)), both = Load(required: true, Encoding.ASCII.GetBytes(root + "\n" + lower));
        Assert.Contains("there is no revocation list of CN=Between", Verify(one, peer, between.Certificate));
        Assert.Null(Verify(both, peer, between.Certificate));
        using Trustpoint revoked = Load(required: true, Encoding.ASCII.GetBytes(Pem(_ca.RevocationListOf(between.Certificate)) + lower));
        Assert.Contains("CN=Between is revoked by CN=Test CA", Verify(revoked, peer, between.Certificate));
    }

    [Fact]
    public void Nonsense_IsNoList()
    {
        using Trustpoint trustpoint = Load(required: true, _ca.RevocationListOf());
        byte[] good = _ca.RevocationListOf();
        Assert.Contains("no revocation list", trustpoint.ReplaceRevocationList(Encoding.ASCII.GetBytes("<html>404</html>")));
        Assert.Contains("no revocation list", trustpoint.ReplaceRevocationList(default));
        for (int i = 0; i < good.Length; i++)
        {
            Assert.NotNull(trustpoint.ReplaceRevocationList(good.AsMemory(0, i)));
            byte[] flipped = [.. good];
            flipped[i] ^= 0x10;
            Assert.NotNull(trustpoint.ReplaceRevocationList(flipped));
        }
        Assert.Null(trustpoint.ReplaceRevocationList(good));
    }

    private Trustpoint Load(bool required, ReadOnlyMemory<byte> list, DateTimeOffset? at = null) => TestAuthority.Load(
        TestAuthority.Material(_ca) with { ChecksRevocation = true, RequiresRevocationList = required, RevocationList = list }, at);

    private string? Verify(Trustpoint trustpoint, X509Certificate2 peer, X509Certificate2? between = null)
    {
        using Trustpoint signer = TestAuthority.Load(TestAuthority.Material(_ca, peer, _key));
        Assert.True(signer.Key!.TrySign(Octets, [SignatureHash.Sha256], out IkeAuthMethod method, out byte[] authentication));
        return trustpoint.Verify(between is null ? [peer.RawData] : [peer.RawData, between.RawData], Identity, method, authentication, Octets).Failure;
    }

    private byte[] List(DateTimeOffset from, X509Certificate2[] revoked)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (X509Certificate2 certificate in revoked) builder.AddEntry(certificate, from);
        return builder.Build(_ca.WithKey(), 1, TestAuthority.Now.AddDays(30), HashAlgorithmName.SHA256, null, from);
    }

    /// <summary>A list that revokes nothing, with an extension.</summary>
    private byte[] Signed(string extension, bool critical)
    {
        var algorithm = new byte[] { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
        var body = new AsnWriter(AsnEncodingRules.DER);
        using (body.PushSequence())
        {
            body.WriteInteger(1);
            body.WriteEncodedValue(algorithm);
            body.WriteEncodedValue(_ca.Certificate.SubjectName.RawData);
            body.WriteUtcTime(TestAuthority.Now.AddMinutes(-1));
            body.WriteUtcTime(TestAuthority.Now.AddDays(30));
            using (body.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            using (body.PushSequence())
            using (body.PushSequence())
            {
                body.WriteObjectIdentifier(extension);
                if (critical) body.WriteBoolean(true);
                body.WriteOctetString([0x02, 0x01, 0x01]);
            }
        }
        var list = new AsnWriter(AsnEncodingRules.DER);
        using (list.PushSequence())
        {
            list.WriteEncodedValue(body.Encode());
            list.WriteEncodedValue(algorithm);
            list.WriteBitString(_ca.WithKey().GetECDsaPrivateKey()!.SignData(body.Encode(), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }
        return list.Encode();
    }

    private static string Pem(byte[] der) => PemEncoding.WriteString("X509 CRL", der) + "\n";
}
