using Dmvpn.Ike;
using Dmvpn.Management.Api;
using Dmvpn.Pki;

namespace Dmvpn.Daemon.Screens;

/// <summary><c>show crypto pki certificates</c>. Control thread only.</summary>
internal static class CertificateScreens
{
    public static CertificateState Of(IEnumerable<Trustpoint> trustpoints, IkeConfig config, ScreenQuery query, DateTimeOffset now)
    {
        var entries = new List<CertificateEntry>();
        foreach (Trustpoint trustpoint in trustpoints.OrderBy(static t => t.Name, StringComparer.Ordinal))
        {
            if (!query.MatchesName(trustpoint.Name)) continue;
            TrustpointConfig? files = config.Trustpoints.FirstOrDefault(t => t.Name == trustpoint.Name);
            foreach (CertificateSummary certificate in trustpoint.Certificates.OrderBy(static c => c.IsAuthority)) entries.Add(Entry(certificate, files, now));
        }
        return new CertificateState { Certificates = entries };
    }

    private static CertificateEntry Entry(CertificateSummary certificate, TrustpointConfig? files, DateTimeOffset now) => new()
    {
        Trustpoint = certificate.Trustpoint,
        Authority = certificate.IsAuthority,
        SerialNumber = certificate.SerialNumber,
        Issuer = certificate.Issuer,
        Subject = certificate.Subject,
        Names = certificate.Names,
        CrlDistributionPoints = [.. certificate.CrlDistributionPoints],
        NotBefore = certificate.NotBefore,
        NotAfter = certificate.NotAfter,
        Status = now < certificate.NotBefore ? CertificateStatus.Pending : now > certificate.NotAfter ? CertificateStatus.Expired : CertificateStatus.Available,
        Storage = (certificate.IsAuthority ? files?.CaFile : files?.CertificateFile) ?? files?.Pkcs12File,
    };
}
