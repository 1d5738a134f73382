using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dmvpn.Pki;

/// <summary>
/// Is every link of a chain strong enough? Security level 2 of OpenSSL: 112 bits and more (RFC 8247 4.1.1, NIST SP 800-57
/// 5.6.1). One weak link is enough to forge all below it: a certificate that a broken hash or a small key vouches for.
/// </summary>
internal static class LinkStrength
{
    private const int LeastSecurityBits = 112;

    private const string Pss = "1.2.840.113549.1.1.10";

    // RFC 4055, RFC 5758, RFC 8410: RSA and ECDSA with SHA-256, SHA-384, SHA-512; Ed25519, Ed448.
    private static readonly string[] Believed =
    [
        "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13", "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3",
        "1.2.840.10045.4.3.4", "1.3.101.112", "1.3.101.113",
    ];

    private static readonly string[] BelievedHashes = ["2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"];

    /// <summary>What is too weak in a chain, the peer's certificate first and an anchor last; null when nothing is.</summary>
    public static string? Find(X509ChainElementCollection chain)
    {
        for (int i = 0; i < chain.Count; i++)
        {
            X509Certificate2 certificate = chain[i].Certificate;
            // The configuration vouches for an anchor, not its signature; what it signs depends on its key all the same.
            bool isAnchor = i == chain.Count - 1;
            if (!isAnchor && !HasStrongSignature(certificate))
                return $"{certificate.Subject} is signed by {NameOf(certificate.SignatureAlgorithm)}, which can be forged: have it issued again with SHA-256 or better";
            if (!HasStrongKey(certificate.PublicKey.ExportSubjectPublicKeyInfo(), isAnchor))
                return $"the key of {certificate.Subject} is too weak, or of a kind that is not taken: RSA needs 2048 bits and the exponent 65537 or more, ECDSA 224 bits";
        }
        return null;
    }

    private static bool HasStrongSignature(X509Certificate2 certificate)
    {
        string? identifier = certificate.SignatureAlgorithm.Value;
        return Believed.Contains(identifier) || identifier == Pss && HashOfPss(certificate.RawData) is { } hash && BelievedHashes.Contains(hash);
    }

    private static bool HasStrongKey(byte[] info, bool isAnchor)
    {
        using KeyHandle? key = KeyHandle.FromPublicKeyInfo(info);
        return key is not null && key.SecurityBits >= LeastSecurityBits && (isAnchor || !HasSmallExponent(info));
    }

    /// <summary>The hash that RSASSA-PSS names (RFC 4055 3.1); null for its default, SHA-1, and for what cannot be read.</summary>
    private static string? HashOfPss(byte[] certificate)
    {
        try
        {
            AsnReader outer = new AsnReader(certificate, AsnEncodingRules.DER).ReadSequence();
            outer.ReadEncodedValue();
            AsnReader algorithm = outer.ReadSequence();
            algorithm.ReadObjectIdentifier();
            AsnReader parameters = algorithm.ReadSequence();
            var hash = new Asn1Tag(TagClass.ContextSpecific, 0);
            return parameters.HasData && parameters.PeekTag().HasSameClassAndValue(hash)
                ? parameters.ReadSequence(hash).ReadSequence().ReadObjectIdentifier() : null;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    /// <summary>
    /// An RSA key with an exponent below 65537 (FIPS 186-5 A.1.1): with 1 a signature is the message, and with 3 nothing is left of
    /// the margin for verifiers' mistakes.
    /// </summary>
    public static bool HasSmallExponent(ReadOnlyMemory<byte> info)
    {
        try
        {
            AsnReader outer = new AsnReader(info, AsnEncodingRules.DER).ReadSequence();
            if (!outer.ReadSequence().ReadObjectIdentifier().StartsWith("1.2.840.113549.1.1.", StringComparison.Ordinal)) return false;
            AsnReader key = new AsnReader(outer.ReadBitString(out _), AsnEncodingRules.DER).ReadSequence();
            key.ReadInteger();
            return key.ReadInteger() < 65537;
        }
        catch (AsnContentException)
        {
            return true;
        }
    }

    private static string NameOf(Oid algorithm) => algorithm.FriendlyName ?? algorithm.Value ?? "an algorithm without a name";
}
