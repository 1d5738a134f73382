using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography.X509Certificates;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Pki;

/// <summary>The certificate of a site before the site uses it: does it belong to its key and to its authority, and what does it say?</summary>
public sealed class SiteCertificate
{
    private readonly CertificateNames _names;

    private SiteCertificate(CertificateNames names) => _names = names;

    /// <summary>What it lets its owner have.</summary>
    public SiteRights Rights => _names.Rights;

    /// <summary>True when this domain name is one of its names.</summary>
    public bool Names(string domainName) => _names.Holds(IkeIdentity.Fqdn(domainName));

    /// <summary>
    /// Reads it, with its key and its authority. False when they do not belong together, with the reason. Validity is not
    /// looked at: the clock of a new machine may be wrong.
    /// </summary>
    public static bool TryRead(TrustpointMaterial material, [NotNullWhen(true)] out SiteCertificate? certificate, out string failure)
    {
        certificate = null;
        using Trustpoint? trustpoint = TrustpointLoader.Load(material, Epoch.Instance, out failure);
        if (trustpoint is null) return false;
        List<X509Certificate2> own = PemFile.Certificates(material.Certificates), authorities = PemFile.Certificates(material.Authorities);
        try
        {
            if (own.Count == 0 || trustpoint.Key is null) failure = "there is no certificate with its key";
            else if (!PeerCertificate.TryRead(own[0].RawData, out PeerCertificate? leaf) || !authorities.Exists(authority => IsOf(leaf, authority))) failure = "its certificate is not signed by its authority";
            else certificate = new SiteCertificate(CertificateNames.Of(own[0]));
        }
        finally
        {
            foreach (X509Certificate2 read in own.Concat(authorities)) read.Dispose();
        }
        return certificate is not null;
    }

    private static bool IsOf(PeerCertificate leaf, X509Certificate2 authority)
    {
        using KeyHandle? key = KeyHandle.FromPublicKeyInfo(authority.PublicKey.ExportSubjectPublicKeyInfo());
        return key is not null && leaf.Issuer.Span.SequenceEqual(authority.SubjectName.RawData) && leaf.IsSignedBy(key);
    }

    private sealed class Epoch : IWallClock
    {
        public static readonly Epoch Instance = new();

        public DateTimeOffset Now => DateTimeOffset.UnixEpoch;
    }
}
