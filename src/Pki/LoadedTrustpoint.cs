using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Pki;

/// <summary>A trustpoint made from files.</summary>
internal sealed class LoadedTrustpoint : Trustpoint
{
    private readonly IReadOnlyList<X509Certificate2> _anchors;
    private readonly IReadOnlyList<X509Certificate2> _own;
    private readonly byte[] _anchorHashes;
    private readonly ChainCheck _chains;
    private readonly Lock _replacing = new();
    private RevocationMode _revocation;

    public LoadedTrustpoint(string name, IReadOnlyList<X509Certificate2> anchors, IReadOnlyList<X509Certificate2> own, SigningKey? key, RevocationMode revocation, IWallClock clock)
    {
        (Name, _anchors, _own, Key, _revocation) = (name, anchors, own, key, revocation);
        Chain = [.. own.Select(certificate => certificate.RawData)];
        Subject = own.Count == 0 ? null : new IkeIdentity(IkeIdType.Dn, own[0].SubjectName.RawData);
        _anchorHashes = [.. anchors.SelectMany(anchor => SHA1.HashData(anchor.PublicKey.ExportSubjectPublicKeyInfo()))];
        _chains = new ChainCheck(anchors, clock, () => Volatile.Read(ref _revocation));
    }

    public override string Name { get; }

    public override ValueList<byte[]> Chain { get; }

    public override SigningKey? Key { get; }

    public override IkeIdentity? Subject { get; }

    public override ReadOnlySpan<byte> AnchorHashes => _anchorHashes;

    public override IReadOnlyList<CertificateSummary> Certificates =>
        [.. _own.Take(1).Select(c => CertificateSummary.Of(c, Name, isAuthority: false)), .. _anchors.Select(c => CertificateSummary.Of(c, Name, isAuthority: true))];

    public override string? ReplaceRevocationList(ReadOnlyMemory<byte> file)
    {
        List<RevocationList> lists = PemFile.RevocationLists(file, out string failure);
        if (failure.Length > 0) return $"it is {failure}";
        // Intermediates that we know are those of our own chain.
        foreach (RevocationList list in lists)
            if (!_anchors.Concat(_own.Skip(1)).Any(ca => ca.SubjectName.RawData.AsSpan().SequenceEqual(list.Issuer) && list.IsSignedBy(ca))) return "it is signed by none of the CAs";
        lock (_replacing)
        {
            IReadOnlyList<RevocationList> kept = _revocation.Lists;
            foreach (RevocationList list in lists)
            {
                // An older one, played back by whoever sits between us and the CA, would bring a revoked certificate back.
                if (kept.Any(old => old.Issuer.AsSpan().SequenceEqual(list.Issuer) && old.ThisUpdate > list.ThisUpdate)) return $"it is of {list.ThisUpdate:u}, older than the one in use";
                kept = [.. kept.Where(old => !old.Issuer.AsSpan().SequenceEqual(list.Issuer)), list];
            }
            Volatile.Write(ref _revocation, _revocation with { Lists = kept });
        }
        _chains.Forget();
        return null;
    }

    public override bool IsRevoked(CertificateId certificate)
    {
        RevocationMode mode = Volatile.Read(ref _revocation);
        return mode.IsChecked && !certificate.IsNone && mode.Lists.Any(list => list.Names(certificate));
    }

    public override IReadOnlyList<RevocationListSummary> RevocationLists => [.. Volatile.Read(ref _revocation).Lists.Select(list => list.Summary())];

    public override CertificateVerdict Verify(
        IReadOnlyList<byte[]> certificates, IkeIdentity identity, IkeAuthMethod method, ReadOnlySpan<byte> authentication, ReadOnlySpan<byte> octets)
    {
        if (certificates.Count == 0) return Bad("the peer sent no certificate: it needs one of this CA, and must be told to send it");
        if (certificates.Count > PkiLimits.MostCertificates || certificates.Any(c => c.Length > PkiLimits.LongestCertificate)) return Bad("the peer sent more certificates, or longer ones, than any chain has");
        if (PeerCertificate.TryRead(certificates[0], out PeerCertificate? leaf) && VerifyQuickly(leaf, identity, method, authentication, octets) is { } verdict) return verdict;
        List<X509Certificate2> parsed = [];
        try
        {
            foreach (byte[] der in certificates) parsed.Add(X509CertificateLoader.LoadCertificate(der));
            return Verify(parsed, identity, method, authentication, octets);
        }
        catch (CryptographicException e)
        {
            return Bad($"a certificate of the peer cannot be read: {e.Message}");
        }
        finally
        {
            foreach (X509Certificate2 certificate in parsed) certificate.Dispose();
        }
    }

    public override void Dispose()
    {
        Key?.Dispose();
        _chains.Dispose();
        foreach (X509Certificate2 certificate in _anchors.Concat(_own)) certificate.Dispose();
    }

    /// <summary>The verdict about a peer with whose certificate all is well; null otherwise.</summary>
    private CertificateVerdict? VerifyQuickly(
        PeerCertificate leaf, IkeIdentity identity, IkeAuthMethod method, ReadOnlySpan<byte> authentication, ReadOnlySpan<byte> octets)
    {
        using KeyHandle? key = KeyHandle.FromPublicKeyInfo(leaf.PublicKeyInfo.Span);
        if (key?.Kind is not { } kind || !_chains.IsGood(leaf, out DateTimeOffset notAfter)) return null;
        return Judge(CertificateId.Of(leaf.Issuer.Span, leaf.SerialNumber.Span), key, kind, CertificateNames.Of(leaf), notAfter, identity, method, authentication, octets);
    }

    private CertificateVerdict Verify(
        List<X509Certificate2> certificates, IkeIdentity identity, IkeAuthMethod method, ReadOnlySpan<byte> authentication, ReadOnlySpan<byte> octets)
    {
        X509Certificate2 leaf = certificates[0];
        using KeyHandle? key = KeyHandle.FromPublicKeyInfo(leaf.PublicKey.ExportSubjectPublicKeyInfo());
        if (key?.Kind is not { } kind) return Bad($"{leaf.Subject} has a key of a kind or size that is not taken (RSA from 2048 bits, ECDSA P-256, P-384, P-521, Ed25519)");
        if (_chains.Check(leaf, certificates[1..], out DateTimeOffset notAfter) is { } failure) return Bad(failure);
        return Judge(CertificateId.Of(leaf.IssuerName.RawData, leaf.SerialNumberBytes.Span), key, kind, CertificateNames.Of(leaf), notAfter, identity, method, authentication, octets);
    }

    /// <summary>Of a certificate that is good: is the peer in it, and did it sign?</summary>
    private static CertificateVerdict Judge(
        CertificateId id, KeyHandle key, KeyKind kind, CertificateNames names, DateTimeOffset notAfter, IkeIdentity identity, IkeAuthMethod method, ReadOnlySpan<byte> authentication,
        ReadOnlySpan<byte> octets)
    {
        if (!names.Holds(identity)) return Bad($"the identity {identity} is not in the peer's certificate, which has: {names}; change 'identity local' on the peer, or its certificate");
        if (!IsSigned(key, kind, method, authentication, octets)) return Bad($"the signature is wrong, or made by a method that is not taken ({method})");
        return new CertificateVerdict(null, names.Rights, notAfter, kind) { Certificate = id };
    }

    private static bool IsSigned(KeyHandle key, KeyKind kind, IkeAuthMethod method, ReadOnlySpan<byte> authentication, ReadOnlySpan<byte> octets)
    {
        switch (method)
        {
            case IkeAuthMethod.DigitalSignature:
                if (authentication.IsEmpty || authentication[0] >= authentication.Length) return false;
                ReadOnlySpan<byte> identifier = authentication.Slice(1, authentication[0]);
                return SignatureAlgorithm.Find(identifier) is { } algorithm && key.IsSignature(algorithm, octets, authentication[(1 + identifier.Length)..]);
            case IkeAuthMethod.RsaSignature:
                return kind == KeyKind.Rsa && key.IsSignature(SignatureAlgorithm.RsaSha1, octets, authentication);
            case IkeAuthMethod.EcdsaSha256 when kind == KeyKind.EcdsaP256:
                return IsRaw(SignatureAlgorithm.EcdsaSha256, authentication, octets);
            case IkeAuthMethod.EcdsaSha384 when kind == KeyKind.EcdsaP384:
                return IsRaw(SignatureAlgorithm.EcdsaSha384, authentication, octets);
            case IkeAuthMethod.EcdsaSha512 when kind == KeyKind.EcdsaP521:
                return IsRaw(SignatureAlgorithm.EcdsaSha512, authentication, octets);
            default:
                return false;
        }

        bool IsRaw(SignatureAlgorithm algorithm, ReadOnlySpan<byte> raw, ReadOnlySpan<byte> data) =>
            raw.Length == 2 * EcdsaSignature.HalfLength(kind) && key.IsSignature(algorithm, data, EcdsaSignature.ToDer(raw));
    }

    private static CertificateVerdict Bad(string why) => new(why, SiteRights.None, default, default);
}
