using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Dmvpn.Core;

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
    private const int UriTag = 6;

    private static readonly Asn1Tag FirstTag = new(TagClass.ContextSpecific, 0);

    /// <summary>Where its issuer puts revocation lists (RFC 5280 4.2.1.13). Shown, never fetched: <c>crl url</c> says what is.</summary>
    public ValueList<string> CrlDistributionPoints { get; private init; } = [];

    internal static CertificateSummary Of(X509Certificate2 certificate, string trustpoint, bool isAuthority) => new(
        trustpoint, isAuthority, certificate.SerialNumber, certificate.Issuer, certificate.Subject, CertificateNames.Of(certificate).ToString(),
        certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime())
    { CrlDistributionPoints = [.. PointsOf(certificate)] };

    private static List<string> PointsOf(X509Certificate2 certificate)
    {
        var places = new List<string>();
        if (certificate.Extensions[CertificateExtension.CrlDistributionPoints] is not { } extension) return places;
        try
        {
            AsnReader points = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (points.HasData)
            {
                AsnReader point = points.ReadSequence();
                // A point may have other members, and its name another form than a full one.
                if (!Begins(point)) continue;
                AsnReader name = point.ReadSequence(FirstTag);
                if (Begins(name)) AddUris(name.ReadSequence(FirstTag), places);
            }
        }
        catch (AsnContentException)
        {
            places.Clear();
        }
        return places;
    }

    private static bool Begins(AsnReader reader) => reader.HasData && reader.PeekTag().HasSameClassAndValue(FirstTag);

    private static void AddUris(AsnReader names, List<string> places)
    {
        var uri = new Asn1Tag(TagClass.ContextSpecific, UriTag);
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(uri)) places.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, uri));
            else names.ReadEncodedValue();
        }
    }
}
