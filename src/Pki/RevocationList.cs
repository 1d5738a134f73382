using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Pki;

/// <summary>A certificate revocation list (RFC 5280 5): read once, its signature verified with its issuer's key when it is used.</summary>
internal sealed class RevocationList
{
    private static readonly Asn1Tag ExtensionsTag = new(TagClass.ContextSpecific, 0);

    private readonly byte[] _signed;
    private readonly byte[] _algorithm;
    private readonly byte[] _signature;
    private readonly HashSet<CertificateId> _revoked = [];
    private X509Certificate2? _signer;

    private RevocationList(AsnReader outer)
    {
        AsnReader list = outer.ReadSequence();
        _signed = list.PeekEncodedValue().ToArray();
        AsnReader body = list.ReadSequence();
        _algorithm = list.ReadEncodedValue().ToArray();
        _signature = list.ReadBitString(out _);
        if (body.PeekTag().HasSameClassAndValue(Asn1Tag.Integer)) body.ReadInteger();
        body.ReadSequence();
        Issuer = body.ReadEncodedValue().ToArray();
        ThisUpdate = ReadTime(body);
        NextUpdate = body.HasData && IsTime(body.PeekTag()) ? ReadTime(body) : null;
        if (body.HasData && body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            AsnReader revoked = body.ReadSequence();
            while (revoked.HasData) AddRevoked(revoked.ReadSequence());
        }
        if (body.HasData && body.PeekTag().HasSameClassAndValue(ExtensionsTag)) HasUnknownPart |= HasCritical(body.ReadSequence(ExtensionsTag).ReadSequence());
    }

    /// <summary>
    /// It has a critical extension. All that there are say that the list is less than it seems (a delta, of some certificates only, for other issuers): then it must not be used
    /// (RFC 5280 5.2, 5.3).
    /// </summary>
    public bool HasUnknownPart { get; private set; }

    /// <summary>Who made it: the DER of the name.</summary>
    public byte[] Issuer { get; }

    public DateTimeOffset ThisUpdate { get; }

    /// <summary>When another one is due; null when that is not said.</summary>
    public DateTimeOffset? NextUpdate { get; }

    /// <summary>How many certificates it names.</summary>
    public int Count => _revoked.Count;

    /// <summary>From DER; null when it is none, or one that must not be used.</summary>
    public static RevocationList? Read(ReadOnlyMemory<byte> der, out string failure)
    {
        failure = PemFile.NoList;
        try
        {
            var list = new RevocationList(new AsnReader(der, AsnEncodingRules.DER));
            failure = list.HasUnknownPart ? "a revocation list of a kind that is not taken: a delta, or of some certificates only; name the complete one" : "";
            return list.HasUnknownPart ? null : list;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    /// <summary>For a screen and the log.</summary>
    public RevocationListSummary Summary() =>
        new(DistinguishedName.TryFormat(Issuer, out string? issuer) && issuer is not null ? issuer : "?", ThisUpdate, NextUpdate, Count);

    public bool IsCurrent(DateTimeOffset now) => now >= ThisUpdate && (NextUpdate is not { } next || now <= next);

    public bool Names(CertificateId certificate) => _revoked.Contains(certificate);

    /// <summary>Verified once for each issuer: a list is asked with every certificate.</summary>
    public bool IsSignedBy(X509Certificate2 issuer)
    {
        if (ReferenceEquals(Volatile.Read(ref _signer), issuer)) return true;
        if (SignatureAlgorithm.Find(_algorithm) is not { } algorithm) return false;
        using KeyHandle? key = KeyHandle.FromPublicKeyInfo(issuer.PublicKey.ExportSubjectPublicKeyInfo());
        if (key?.Kind is null || !key.IsSignature(algorithm, _signed, _signature)) return false;
        Volatile.Write(ref _signer, issuer);
        return true;
    }

    private void AddRevoked(AsnReader entry)
    {
        _revoked.Add(CertificateId.Of(Issuer, entry.ReadIntegerBytes().Span));
        ReadTime(entry);
        if (entry.HasData) HasUnknownPart |= HasCritical(entry.ReadSequence());
    }

    private static bool HasCritical(AsnReader extensions)
    {
        bool critical = false;
        while (extensions.HasData)
        {
            AsnReader extension = extensions.ReadSequence();
            extension.ReadObjectIdentifier();
            if (extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean)) critical |= extension.ReadBoolean();
        }
        return critical;
    }

    private static bool IsTime(Asn1Tag tag) => tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime);

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();
}
