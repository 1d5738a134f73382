using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Dmvpn.Pki;

/// <summary>
/// A certificate of a peer's, read from its DER (RFC 5280 4.1). The base class library's takes 120 µs, for it has libcrypto try every form that a public key may have; this takes
/// a few, of which a hub with thousands of spokes has as many to read. What cannot be read here in full is nobody's concern here: the library's own way goes on.
/// </summary>
internal sealed class PeerCertificate
{
    private static readonly Asn1Tag VersionTag = new(TagClass.ContextSpecific, 0), IssuerIdTag = new(TagClass.ContextSpecific, 1), SubjectIdTag = new(TagClass.ContextSpecific, 2),
        ExtensionsTag = new(TagClass.ContextSpecific, 3);

    private readonly List<CertificateExtension> _extensions = [];
    private readonly ReadOnlyMemory<byte> _der;
    private readonly ReadOnlyMemory<byte> _signed;
    private readonly SignatureAlgorithm? _algorithm;
    private readonly byte[] _signature;

    private PeerCertificate(ReadOnlyMemory<byte> der)
    {
        _der = der;
        var outer = new AsnReader(der, AsnEncodingRules.DER);
        AsnReader certificate = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        _signed = certificate.PeekEncodedValue();
        AsnReader body = certificate.ReadSequence();
        ReadOnlyMemory<byte> algorithm = certificate.ReadEncodedValue();
        _signature = certificate.ReadBitString(out int unused);
        certificate.ThrowIfNotEmpty();

        AsnReader version = body.ReadSequence(VersionTag);
        bool isThree = version.TryReadInt32(out int number) && number == 2;
        version.ThrowIfNotEmpty();
        SerialNumber = body.ReadIntegerBytes();
        // Named within what is signed too, and the same there (4.1.1.2).
        bool same = body.ReadEncodedValue().Span.SequenceEqual(algorithm.Span);
        _algorithm = isThree && same && unused == 0 ? SignatureAlgorithm.Find(algorithm.Span) : null;
        Issuer = body.ReadEncodedValue();
        AsnReader validity = body.ReadSequence();
        (NotBefore, NotAfter) = (ReadTime(validity), ReadTime(validity));
        validity.ThrowIfNotEmpty();
        Subject = body.ReadEncodedValue();
        PublicKeyInfo = body.ReadEncodedValue();
        if (body.HasData && body.PeekTag().HasSameClassAndValue(IssuerIdTag)) body.ReadEncodedValue();
        if (body.HasData && body.PeekTag().HasSameClassAndValue(SubjectIdTag)) body.ReadEncodedValue();
        if (!body.HasData) return;
        AsnReader extensions = body.ReadSequence(ExtensionsTag).ReadSequence();
        body.ThrowIfNotEmpty();
        while (extensions.HasData) _extensions.Add(CertificateExtension.Read(extensions));
    }

    /// <summary>Two's complement, big-endian.</summary>
    public ReadOnlyMemory<byte> SerialNumber { get; }

    /// <summary>DER of the name.</summary>
    public ReadOnlyMemory<byte> Issuer { get; }

    /// <summary>DER of the name.</summary>
    public ReadOnlyMemory<byte> Subject { get; }

    public DateTimeOffset NotBefore { get; }

    public DateTimeOffset NotAfter { get; }

    /// <summary>DER of the SubjectPublicKeyInfo.</summary>
    public ReadOnlyMemory<byte> PublicKeyInfo { get; }

    public IReadOnlyList<CertificateExtension> Extensions => _extensions;

    /// <summary>What is signed: all but the signature.</summary>
    public ReadOnlyMemory<byte> Signed => _signed;

    /// <summary>Its content by hash.</summary>
    public byte[] Fingerprint => SHA256.HashData(_der.Span);

    /// <summary>Reads one, version 3, with nothing before or behind it.</summary>
    public static bool TryRead(byte[] der, [NotNullWhen(true)] out PeerCertificate? certificate)
    {
        try
        {
            certificate = new PeerCertificate(der);
            return true;
        }
        catch (AsnContentException)
        {
            certificate = null;
            return false;
        }
    }

    /// <summary>The last moment is for libcrypto to judge, which does not count it in as RFC 5280 4.1.2.5 does.</summary>
    public bool IsValidAt(DateTimeOffset now) => now >= NotBefore && now < NotAfter;

    /// <summary>Is it signed with this key, by an algorithm that is believed?</summary>
    public bool IsSignedBy(KeyHandle issuer) => _algorithm is not null && issuer.IsSignature(_algorithm, _signed.Span, _signature);

    /// <summary>The extension's value; null when it is not there.</summary>
    public ReadOnlyMemory<byte>? Find(string identifier)
    {
        foreach (CertificateExtension extension in _extensions)
        {
            if (extension.Identifier == identifier) return extension.Value;
        }
        return null;
    }

    /// <summary>"A certificate MUST NOT include more than one instance of a particular extension" (RFC 5280 4.2): which of them would count?</summary>
    public bool HasTwice()
    {
        for (int i = 1; i < _extensions.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (_extensions[i].Identifier == _extensions[j].Identifier) return true;
            }
        }
        return false;
    }

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();
}

/// <summary>An extension of a certificate (RFC 5280 4.1, 4.2).</summary>
/// <param name="Identifier">Which.</param>
/// <param name="IsCritical">Who does not know it must refuse the certificate.</param>
/// <param name="Value">DER.</param>
internal readonly record struct CertificateExtension(string Identifier, bool IsCritical, ReadOnlyMemory<byte> Value)
{
    public const string CrlDistributionPoints = "2.5.29.31", KeyUsage = "2.5.29.15", SubjectAltName = "2.5.29.17", SubjectKeyIdentifier = "2.5.29.14", BasicConstraints = "2.5.29.19", ExtendedKeyUsage = "2.5.29.37", NameConstraints = "2.5.29.30";

    // Subject and authority key identifier, CRL distribution points, issuer alternative name, authority and subject information access.
    private static readonly string[] Informative = [SubjectKeyIdentifier, "2.5.29.35", CrlDistributionPoints, "2.5.29.18", "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.11"];

    /// <summary>It says nothing that the validity of a chain could depend on.</summary>
    public bool IsInformative => !IsCritical && Array.IndexOf(Informative, Identifier) >= 0;

    public static CertificateExtension Read(AsnReader from)
    {
        AsnReader extension = from.ReadSequence();
        string identifier = extension.ReadObjectIdentifier();
        bool critical = extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
        if (!extension.TryReadPrimitiveOctetString(out ReadOnlyMemory<byte> value)) throw new AsnContentException();
        extension.ThrowIfNotEmpty();
        return new CertificateExtension(identifier, critical, value);
    }
}
