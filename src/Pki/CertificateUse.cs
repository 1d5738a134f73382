using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dmvpn.Pki;

/// <summary>What a certificate may be used for by its extensions (RFC 5280 4.2.1, RFC 4945 5.1.3), beyond what a chain's builder looks at.</summary>
internal static class CertificateUse
{
    /// <summary>Null for the certificate of a peer; else why it is none.</summary>
    public static string? OfPeer(X509Certificate2 leaf, string[] uses)
    {
        if (HasTwice(leaf)) return $"{leaf.Subject} has an extension twice";
        foreach (X509Extension extension in leaf.Extensions)
        {
            // Whoever has an authority's key can be anybody: it belongs into a safe, not into a router (RFC 4945 5.1.3.9).
            if (extension is X509BasicConstraintsExtension { CertificateAuthority: true } || UsageOf(extension) is { } sign && (sign & X509KeyUsageFlags.KeyCertSign) != 0)
                return $"{leaf.Subject} is the certificate of an authority (basicConstraints CA or keyUsage keyCertSign): a peer needs one of its own, issued by that authority";
            if (extension.Oid?.Value == CertificateExtension.NameConstraints) return $"{leaf.Subject} has name constraints, which only an authority's certificate can have";
            if (UsageOf(extension) is { } usage && (usage & (X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation)) == 0)
                return $"{leaf.Subject} may not be used for signatures (keyUsage)";
        }
        return IsFor(leaf, uses) ? null : $"{leaf.Subject} may not be used for IKE (extendedKeyUsage): have it issued without that extension, or with ipsecIKE (1.3.6.1.5.5.7.3.17) in it";
    }

    /// <summary>Null for a certificate between the peer's and the anchor; else why it is none.</summary>
    public static string? OfAuthority(X509Certificate2 authority, string[] uses) =>
        HasTwice(authority) ? $"{authority.Subject} has an extension twice"
        : IsFor(authority, uses) ? null : $"{authority.Subject} may not issue certificates for IKE (extendedKeyUsage)";

    private static X509KeyUsageFlags? UsageOf(X509Extension extension) => extension is X509KeyUsageExtension usage ? usage.KeyUsages : null;

    private static bool IsFor(X509Certificate2 certificate, string[] uses)
    {
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension is X509EnhancedKeyUsageExtension extended) return extended.EnhancedKeyUsages.Cast<Oid>().Any(use => uses.Contains(use.Value));
        }
        return true;
    }

    private static bool HasTwice(X509Certificate2 certificate) =>
        certificate.Extensions.Select(static extension => extension.Oid?.Value).Distinct().Count() != certificate.Extensions.Count;
}
