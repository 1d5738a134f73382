using System.Security.Cryptography.X509Certificates;

namespace Dmvpn.Pki;

/// <summary>What a screen shows of a certificate.</summary>
/// <param name="Trustpoint">Whose it is.</param>
/// <param name="IsAuthority">A CA's; otherwise the own one.</param>
/// <param name="SerialNumber">In hexadecimal.</param>
/// <param name="Issuer">Name of the issuer.</param>
/// <param name="Subject">Name of the subject.</param>
/// <param name="Names">Its other names.</param>
/// <param name="NotBefore">Valid from.</param>
/// <param name="NotAfter">Valid to.</param>
public sealed record CertificateSummary(
    string Trustpoint, bool IsAuthority, string SerialNumber, string Issuer, string Subject, string Names, DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    internal static CertificateSummary Of(X509Certificate2 certificate, string trustpoint, bool isAuthority) => new(
        trustpoint, isAuthority, certificate.SerialNumber, certificate.Issuer, certificate.Subject, CertificateNames.Of(certificate).ToString(),
        certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
}
