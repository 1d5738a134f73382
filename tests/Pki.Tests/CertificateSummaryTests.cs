using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dmvpn.Core;

namespace Dmvpn.Pki.Tests;

public sealed class CertificateSummaryTests : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void CrlDistributionPoints_AreReadInOrder()
    {
        string[] places = ["http://crl.example/1.crl", "ldap://crl.example/cn=1"];
        Assert.Equal(places, Of(r => r.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension(places))));
        Assert.Empty(Of(null));
    }

    [Theory]
    [InlineData("3000")]
    [InlineData("30023000")]
    [InlineData("30073005A003820130")]
    [InlineData("300AA0088606687474703A2F")]
    [InlineData("05")]
    public void CrlDistributionPoints_OtherOrBroken_AreNone(string der) =>
        Assert.Empty(Of(r => r.CertificateExtensions.Add(new X509Extension("2.5.29.31", Convert.FromHexString(der), critical: false))));

    private ValueList<string> Of(Action<CertificateRequest>? change) =>
        CertificateSummary.Of(new TestAuthority().Issue("CN=s", _key, null, change), "TP", isAuthority: false).CrlDistributionPoints;
}
