using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dmvpn.Core;

namespace Dmvpn.Pki.Tests;

/// <summary>Role and networks of a site, in its certificate.</summary>
public sealed class SiteNameTests
{
    private static readonly TheoryData<string, SiteRole, string?> Cases = new()
    {
        { "", SiteRole.Unsaid, null },
        { "dmvpn:role:hub", SiteRole.Hub, null },
        { "DMVPN:Role:Hub", SiteRole.Hub, null },
        { "dmvpn:role:spoke", SiteRole.Spoke, null },
        { "dmvpn:role:hub dmvpn:role:spoke", SiteRole.Spoke, null },
        { "dmvpn:role:spoke dmvpn:role:hub", SiteRole.Spoke, null },
        { "dmvpn:role:hubs", SiteRole.Spoke, null },
        { "dmvpn:network:10.1.0.0/16 dmvpn:network:2001:db8:1::/48", SiteRole.Unsaid, "10.1.0.0/16 2001:db8:1::/48" },
        { "dmvpn:network:none", SiteRole.Unsaid, "" },
        { "dmvpn:network:", SiteRole.Unsaid, "" },
        { "dmvpn:network:10.1.0.1/16", SiteRole.Unsaid, "" },
        { "dmvpn:network:10.1.0.0/33 dmvpn:network:10.2.0.0/16", SiteRole.Unsaid, "10.2.0.0/16" },
        { "dmvpn:network:10.2.0.0/16 dmvpn:network:none", SiteRole.Unsaid, "10.2.0.0/16" },
        { "https://example.net/dmvpn:role:hub dmvpn:other xdmvpn:role:hub", SiteRole.Unsaid, null },
    };

    public static TheoryData<string, SiteRole, string?> Names => Cases;

    [Theory]
    [MemberData(nameof(Names))]
    public void UriOfTheCertificate_SaysRoleAndNetworks_AndFailsClosed(string uris, SiteRole role, string? networks)
    {
        CertificateNames names = NamesOf(builder =>
        {
            builder.AddDnsName("s.example");
            foreach (string uri in uris.Split(' ', StringSplitOptions.RemoveEmptyEntries)) builder.AddUri(new Uri(uri));
        });
        Assert.Equal(role, names.Rights.Role);
        Assert.Equal(networks, names.Rights.Networks is { } all ? string.Join(' ', all) : null);
        foreach (string uri in uris.Split(' ', StringSplitOptions.RemoveEmptyEntries)) Assert.Contains("URI ", names.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void UnreadableNames_LetNobodyHaveAnything()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ca = new TestAuthority();
        // A context-specific [6] that is longer than what follows.
        X509Certificate2 own = ca.Issue("CN=s", key, change: r => r.CertificateExtensions.Add(new X509Extension("2.5.29.17", [0x30, 0x04, 0x86, 0x7F, 0x64, 0x6D], false)));
        SiteRights rights = CertificateNames.Of(own).Rights;
        Assert.Equal((SiteRole.Spoke, 0, 0), (rights.Role, rights.TunnelAddresses.Count, rights.Networks?.Count));
    }

    [Fact]
    public void ManyNetworks_AreBounded()
    {
        CertificateNames names = NamesOf(builder =>
        {
            for (int i = 0; i < 400; i++) builder.AddUri(new Uri($"dmvpn:network:10.{i / 256}.{i % 256}.0/24"));
        });
        Assert.Equal(PkiLimits.MostNetworks, names.Rights.Networks!.Count);
    }

    private static CertificateNames NamesOf(Action<SubjectAlternativeNameBuilder> build)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 own = new TestAuthority().Issue("CN=s", key, build);
        Assert.True(PeerCertificate.TryRead(own.RawData, out PeerCertificate? read));
        CertificateNames names = CertificateNames.Of(read);
        Assert.Equal(CertificateNames.Of(own).Rights, names.Rights);
        return names;
    }
}
