using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Dmvpn.Pki;

/// <summary>
/// The shortest of all chains, which nearly every spoke has: a certificate that an anchor signed itself. One verification with the anchor's key, and nothing else of RFC 5280 6 to think of: whatever has
/// an extension that says more than what is understood here, at either end, goes the long way, and so does everything that would be refused. Several threads may ask.
/// </summary>
internal sealed class DirectIssuers : IDisposable
{
    // RFC 5280 4.2.1.3: bits count from the first.
    private const int DigitalSignature = 0, NonRepudiation = 1, KeyCertSign = 5;

    private readonly List<(PeerCertificate Certificate, X509Certificate2 Anchor, KeyHandle Key)> _anchors = [];

    public DirectIssuers(IReadOnlyList<X509Certificate2> anchors)
    {
        foreach (X509Certificate2 anchor in anchors)
        {
            if (!PeerCertificate.TryRead(anchor.RawData, out PeerCertificate? certificate) || !IsPlain(certificate)) continue;
            if (KeyHandle.FromPublicKeyInfo(certificate.PublicKeyInfo.Span) is not { } key) continue;
            if (key.Kind is not null && certificate.IsSignedBy(key)) _anchors.Add((certificate, anchor, key));
            else key.Dispose();
        }
    }

    /// <summary>The anchor that signed the certificate, when all is well with both; null sends it the long way.</summary>
    public X509Certificate2? Find(PeerCertificate certificate, ReadOnlySpan<string> uses, DateTimeOffset now)
    {
        if (!certificate.IsValidAt(now) || !IsForSignatures(certificate, uses) || LinkStrength.HasSmallExponent(certificate.PublicKeyInfo)) return null;
        foreach ((PeerCertificate issuer, X509Certificate2 anchor, KeyHandle key) in _anchors)
        {
            if (issuer.IsValidAt(now) && certificate.Issuer.Span.SequenceEqual(issuer.Subject.Span) && certificate.IsSignedBy(key)) return anchor;
        }
        return null;
    }

    public void Dispose()
    {
        foreach ((_, _, KeyHandle key) in _anchors) key.Dispose();
    }

    /// <summary>A root that may sign certificates and puts no condition on them. A path length of any kind allows what it signs itself.</summary>
    private static bool IsPlain(PeerCertificate anchor)
    {
        if (!anchor.Subject.Span.SequenceEqual(anchor.Issuer.Span) || anchor.HasTwice()) return false;
        bool isAuthority = false;
        foreach (CertificateExtension extension in anchor.Extensions)
        {
            switch (extension.Identifier)
            {
                case CertificateExtension.BasicConstraints:
                    isAuthority = IsAuthority(extension.Value);
                    break;
                case CertificateExtension.KeyUsage:
                    if (!HasUsage(extension.Value, KeyCertSign)) return false;
                    break;
                default:
                    if (!extension.IsInformative) return false;
                    break;
            }
        }
        return isAuthority;
    }

    private static bool IsForSignatures(PeerCertificate certificate, ReadOnlySpan<string> uses)
    {
        if (certificate.HasTwice()) return false;
        foreach (CertificateExtension extension in certificate.Extensions)
        {
            switch (extension.Identifier)
            {
                case CertificateExtension.SubjectAltName:
                    break;
                case CertificateExtension.BasicConstraints:
                    if (IsAuthority(extension.Value)) return false;
                    break;
                case CertificateExtension.KeyUsage:
                    if (HasUsage(extension.Value, KeyCertSign)) return false;
                    if (!HasUsage(extension.Value, DigitalSignature) && !HasUsage(extension.Value, NonRepudiation)) return false;
                    break;
                case CertificateExtension.ExtendedKeyUsage:
                    if (!HasUse(extension.Value, uses)) return false;
                    break;
                default:
                    if (!extension.IsInformative) return false;
                    break;
            }
        }
        return true;
    }

    private static bool IsAuthority(ReadOnlyMemory<byte> constraints)
    {
        try
        {
            AsnReader sequence = new AsnReader(constraints, AsnEncodingRules.DER).ReadSequence();
            return sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && sequence.ReadBoolean();
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static bool HasUsage(ReadOnlyMemory<byte> usage, int bit)
    {
        try
        {
            byte[] bits = new AsnReader(usage, AsnEncodingRules.DER).ReadBitString(out _);
            return bits.Length > bit / 8 && (bits[bit / 8] & 0x80 >> bit % 8) != 0;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static bool HasUse(ReadOnlyMemory<byte> extendedUsage, ReadOnlySpan<string> uses)
    {
        try
        {
            AsnReader sequence = new AsnReader(extendedUsage, AsnEncodingRules.DER).ReadSequence();
            while (sequence.HasData)
            {
                if (uses.Contains(sequence.ReadObjectIdentifier())) return true;
            }
            return false;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }
}
